//! Limits that calls of the platform will meet, where literals of the source show it.

use crate::findings::code::{file, rules};

rules! {
    STORAGE_REFUSED: "storage-refused", Error {
        summary: "Storage refuses this namespace, key or value",
        why: "A namespace has 1 to 128 characters, a key 1 to 256 and no `/`, a value at most 49,149 bytes. The call fails with `internal`, which does not say why.",
        platform: "runner.md §4.5",
        example: file(
            "src/handler.ts",
            "export function handler(request, host) {\n  host.storage.put({ namespace: 'notes', key: 'a/b', value: new Uint8Array(1) });\n  return { status: 204, headers: [] };\n}",
            "export function handler(request, host) {\n  host.storage.put({ namespace: 'notes', key: 'a:b', value: new Uint8Array(1) });\n  return { status: 204, headers: [] };\n}",
        ),
    }
    SCHEDULE_REFUSED: "schedule-refused", Error {
        summary: "A schedule the platform refuses, or that does not do what it says",
        why: "Cron expressions have five fields of digits, `*`, `/`, `,` and `-`, set day of month or day of week and not both, and fire at least 5 minutes apart. The platform lets some through that break its own rule or never fire. The endpoint is a declared GET or POST without parameters, the time zone an IANA name.",
        platform: "runner.md §4.9, registry.md §7.1, registry.md §7.2",
        example: file(
            "src/handler.ts",
            "export async function handler(request, host) {\n  await host.scheduler.create({ endpoint: 'GET /', cron: '*/2 * * * *' });\n  return { status: 204, headers: [] };\n}",
            "export async function handler(request, host) {\n  await host.scheduler.create({ endpoint: 'GET /', cron: '*/5 * * * *' });\n  return { status: 204, headers: [] };\n}",
        ),
    }
    INVOICE_REFUSED: "invoice-refused", Error {
        summary: "An invoice the platform refuses",
        why: "Ids are UUIDs, dates `YYYY-MM-DD`, descriptions have 1 to 500 characters, order numbers at most 128, quantities are more than 0.",
        platform: "runner.md §4.10",
        example: file(
            "src/handler.ts",
            "export async function handler(request, host) {\n  await host.invoicing.createManualInvoice({ clientId: request.http.url, dueDate: '31.1.2027', items: [] });\n  return { status: 204, headers: [] };\n}",
            "export async function handler(request, host) {\n  await host.invoicing.createManualInvoice({ clientId: request.http.url, dueDate: '2027-01-31', items: [] });\n  return { status: 204, headers: [] };\n}",
        ),
    }
    PAGE_REFUSED: "page-refused", Error {
        summary: "A page of clients or services the platform refuses",
        why: "Pages are counted from 1 to 10,000 and have 1 to 100 rows, 25 when nothing is said; anything else is `invalid-input`.",
        platform: "runner.md §4.11, runner.md §4.12",
        example: file(
            "src/handler.ts",
            "export async function handler(request, host) {\n  await host.clients.list({ pageSize: 500 });\n  return { status: 204, headers: [] };\n}",
            "export async function handler(request, host) {\n  await host.clients.list({ pageSize: 100 });\n  return { status: 204, headers: [] };\n}",
        ),
    }
    HEADER_DROPPED: "header-dropped", Warning {
        summary: "A response header that no caller sees",
        why: "Of a handler's headers the gateway keeps content-type, cache-control, x-ext-request-id and x-ext-warning; the direct route keeps none of them. Cookies, redirects and headers of your own get lost.",
        platform: "runner.md §3.7, ui.md §1.6",
        example: file(
            "src/handler.ts",
            "export function handler() {\n  return { status: 302, headers: [{ name: 'Location', value: '/' }] };\n}",
            "export function handler() {\n  return { status: 200, headers: [{ name: 'content-type', value: 'text/plain' }] };\n}",
        ),
    }
}
