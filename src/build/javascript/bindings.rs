//! Which host bindings a handler gets, and which interfaces its component imports for them.

use super::Script;
use super::testing::{answer, build_text, call, imports, project, try_build};

#[test]
fn the_host_bindings_are_the_sdks_and_only_their_interfaces_are_imported() {
    let text = "
        import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';
        export const handler: Handler = async (request, host) => {
            const { storage, user } = host;
            const entry = await storage.get('n', 'k');
            const absent = await storage.get('n', 'missing');
            const error = await host.secrets.get('missing').catch((error) => error.message);
            const invoice = await host.invoicing.createManualInvoice({ clientId: 'c', items: [] });
            const created = await host.scheduler.create({ endpoint: '/a', cron: 'x', payload: { a: 1 } });
            let http; try { host.clients } catch (error) { http = error.message.slice(0, 14); }
            return jsonResponse([new TextDecoder().decode(entry), absent, error, await host.secrets.list(),
                (await user.getUser()).additionalFields, invoice.invoice.invoiceId, invoice.total, created]);
        };";
    let built = build_text(text);
    let mut imports = imports(&built.component);
    imports.retain(|name| name.starts_with("alga:"));
    imports.sort();
    let expected = ["clients", "invoicing", "logging", "scheduler", "secrets", "storage", "types", "user-v2"];
    assert_eq!(imports, expected.map(|name| format!("alga:extension/{name}")));
    let expected = r#"["v",null,"missing",["a","b"],{"locale":"de"},"i1",100,{"success":false,"error":"Validation failed","fieldErrors":{"cron":"Invalid"}}]"#;
    assert_eq!(call(&built.component).body(), expected);
}

#[test]
fn a_host_that_is_handed_on_brings_what_the_source_mentions() {
    let files = [
        (
            "src/handler.ts",
            "import { load } from './load'; const wrap = (f) => (request, host) => f(request, host);
            export const handler = wrap(async (request, host) => ({ body: await load(host) }));",
        ),
        ("src/load.ts", "export async function load(bindings) { return bindings.secrets.get('k'); }"),
    ];
    let built = try_build(&files).unwrap();
    assert_eq!(call(&built.component).body(), "s3cret");
    let imports = imports(&built.component);
    assert!(!imports.iter().any(|name| name.ends_with("/http") || name.ends_with("/storage")), "{imports:?}");
}

#[test]
fn what_the_installed_sdk_mocks_is_not_what_the_source_uses() {
    let built = try_build(&[
        (
            "node_modules/@alga-psa/extension-runtime/package.json",
            r#"{ "name": "@alga-psa/extension-runtime", "type": "module", "exports": "./dist/index.js" }"#,
        ),
        ("node_modules/@alga-psa/extension-runtime/dist/index.js", "export { mock } from './mock.js'; export const answer = (body) => ({ status: 200, headers: [], body });"),
        ("node_modules/@alga-psa/extension-runtime/dist/mock.js", "export const mock = (own) => { const base = {}; return [base.secrets, own.storage.get, own.invoicing]; };"),
        (
            "src/handler.ts",
            "import { answer } from '@alga-psa/extension-runtime';
            const greet = async (host) => { await host.logging.info('hello'); return answer('ok'); };
            export const handler = (request, host) => greet(host);",
        ),
    ])
    .unwrap();
    let imports = imports(&built.component);
    for unused in ["secrets", "storage", "invoicing"] {
        assert!(!imports.contains(&format!("alga:extension/{unused}")), "{imports:?}");
    }
    assert_eq!(call(&built.component).body(), "ok");
}

#[test]
fn a_wrapped_handler_without_a_host_imports_no_interface_for_it() {
    let text = "const wrap = (f) => (request) => f(request);
        const unused = (host) => host.secrets.get('k');
        export const handler = wrap(() => ({ body: 'ok' }));";
    let built = build_text(text);
    assert!(!imports(&built.component).iter().any(|name| name.ends_with("/secrets")));
    assert_eq!(call(&built.component).body(), "ok");
}

/// The interfaces of the platform that a handler's script imports, the log aside.
#[track_caller]
fn reached(handler: &str) -> Vec<String> {
    let folder = project(&[("src/handler.js", handler)]);
    let script = Script::link(folder.path(), &folder.path().join("src/handler.js"), false);
    let script = script.unwrap_or_else(|error| panic!("{error}\n{handler}"));
    let names = script.interfaces.keys().filter_map(|name| name.strip_prefix("alga:extension/"));
    names.filter(|name| *name != "logging").map(str::to_owned).collect()
}

#[test]
fn a_default_export_gets_its_host_whatever_else_has_no_name() {
    let more = "
        class Ledger { constructor(one) { this.one = one; } add(amount) { return this.one + amount; } static async of() { return new Ledger(1); } }
        const table = { handler(request) { return request; }, get() { return (function (a) { return a; })(1); } };
        export const later = [function handler(request) { return request; }, table];
        { const handler = () => 1; later.push(handler); }";
    for handler in [
        "export default async (request, host) => ({ body: `${(await host.user.getUser()).userId}${new Ledger(1).add(1)}` });",
        "export default async function (request, host) { return { body: `${(await host.user.getUser()).userId}${new Ledger(1).add(1)}` }; }",
        "export default (async function own(request, { user }) { return { body: `${(await user.getUser()).userId}${new Ledger(1).add(1)}` }; });",
        "export const handler = (async (request, host) => ({ body: `${(await host['user'].getUser()).userId}${new Ledger(1).add(1)}` }));",
        "export async function handler(request, host) { return { body: `${(await host.user.getUser()).userId}${new Ledger(1).add(1)}` }; }",
    ] {
        for text in [format!("{handler}{more}"), format!("{more}{handler}")] {
            assert_eq!(reached(&text), ["user-v2"], "{text}");
        }
    }
    let handler = "export default async (request, host) => ({ body: `${(await host.user.getUser()).userId}${new Ledger(1).add(1)}` });";
    assert_eq!(answer(&format!("{handler}{more}")), "u12");
}

#[test]
fn a_host_that_is_taken_apart_with_a_rest_keeps_what_is_named() {
    for handler in [
        "(request, host) => { const { storage, ...rest } = host; return load(storage, rest); }",
        "(request, { storage, ...rest }) => load(storage, rest)",
        "(request, host) => { const { secrets } = host; return load(host['storage'], { secrets }); }",
    ] {
        let text = format!(
            "const load = async (kept, others) => ({{ body: `${{new TextDecoder().decode(await kept.get('n', 'k'))}} ${{await others.secrets.get('k')}}` }});
            export const handler = async {handler};"
        );
        assert_eq!(reached(&text), ["secrets", "storage"], "{text}");
    }
    let text = "const load = (rest) => rest.secrets.get('k');
        export const handler = async (request, { http, ...rest }) => ({ body: await load(rest) + typeof http.fetch });";
    assert_eq!(reached(text), ["http", "secrets"]);
    assert_eq!(answer(text), "s3cretfunction");
}

#[test]
fn what_a_handler_takes_of_its_request_is_none_of_the_hosts() {
    for takes in [
        "const path = r.http.url;",
        "const { http } = r; const path = http.url;",
        "const http = r.http, path = http.url;",
        "const { url: path } = r.http;",
        "const path = (() => r['http'].url)();",
        "const path = route({ r }, r);",
        "const path = route(null, r, r.context.tenantId);",
    ] {
        let text = format!(
            "const load = (host) => host.secrets.get('k');
            function route(_, r) {{ const {{ url }} = r.http; return r.http.method ? url : r.context.requestId; }}
            export const handler = async (r, host) => {{ {takes} return {{ body: path + await load(host) }}; }};"
        );
        assert_eq!(reached(&text), ["secrets"], "{text}");
    }
    // The first parameter of any other function may be the bindings.
    let text = "const load = async (r) => { const { http } = r; return (await http.fetch({ method: 'GET', url: 'https://a.example/', headers: [], body: null })).status + await send(r); };
        async function send(event) { return (await event.context.get()).tenantId; }
        export const handler = (request, host) => load(host);";
    assert_eq!(reached(text), ["context", "http"]);
}
