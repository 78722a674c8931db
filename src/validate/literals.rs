//! Literals of the handler's source against what the platform will make of them when they are called with.

use super::judge::{Judge, with_help};
use crate::build::javascript::survey::{Literal, Survey};
use crate::findings::Code;
use crate::host::refusals;
use crate::manifest::Manifest;

/// The last names of the calls whose arguments are looked at.
pub(super) const CALLS: [&str; 14] = [
    "get",
    "put",
    "delete",
    "list",
    "listEntries",
    "create",
    "createSchedule",
    "update",
    "updateSchedule",
    "createManualInvoice",
    "listClients",
    "listServices",
    "jsonResponse",
    "emptyResponse",
];

/// The namespace of the platform's interfaces.
const PLATFORM: &str = "alga:extension/";

/// Judges what one file shows.
pub(super) fn judge(survey: &Survey, manifest: &Manifest, judge: &mut Judge) {
    for call in &survey.calls {
        let [.., group, function] = call.path.as_slice() else {
            // `jsonResponse(body, { headers })`
            let is_json = call.path.iter().any(|name| name == "jsonResponse");
            if let Some(init) = call.arguments.get(usize::from(is_json)) {
                headers(init, judge);
            }
            continue;
        };
        let interface = group.strip_prefix(PLATFORM);
        if interface.is_none() && !call.is_host {
            continue;
        }
        match (interface.unwrap_or(group), function.as_str()) {
            ("storage", "put") => {
                if let Some(entry) = call.arguments.first() {
                    stored(entry, judge);
                }
            }
            ("storage", "get" | "delete" | "list" | "listEntries") => {
                storage_text(call.arguments.first(), refusals::namespace, judge);
                if !function.starts_with("list") {
                    storage_text(call.arguments.get(1), refusals::key, judge);
                }
            }
            ("scheduler", "create" | "createSchedule") => scheduled(call.arguments.first(), manifest, judge),
            ("scheduler", "update" | "updateSchedule") => scheduled(call.arguments.get(1), manifest, judge),
            ("invoicing", "createManualInvoice") => invoice(call.arguments.first(), judge),
            ("clients", "list" | "listClients") | ("services", "list" | "listServices") => {
                page(call.arguments.first(), judge);
            }
            _ => {}
        }
    }
    for response in &survey.responses {
        headers(response, judge);
    }
}

/// Says why the platform refuses a literal, when it does.
fn refused(literal: &Literal, code: Code, why: Option<String>, help: &str, judge: &mut Judge) {
    if let Some(why) = why {
        judge.add(literal.span.start, literal.span.end, with_help(code, why, help));
    }
}

/// A namespace or a key.
pub(super) fn storage_text(literal: Option<&Literal>, check: fn(&str) -> Option<String>, judge: &mut Judge) {
    let Some((literal, text)) = literal.and_then(|literal| Some((literal, literal.text()?))) else { return };
    let why = check(text).map(|why| format!("storage refuses it: {why}"));
    refused(literal, Code::STORAGE_REFUSED, why, "the guest sees `internal`, without the reason", judge);
}

pub(super) fn stored(entry: &Literal, judge: &mut Judge) {
    storage_text(entry.get("namespace"), refusals::namespace, judge);
    storage_text(entry.get("key"), refusals::key, judge);
    if let Some((value, length)) = entry.get("value").and_then(|value| Some((value, value.length()?)))
        && length > refusals::LARGEST_VALUE
    {
        let why = format!(
            "storage refuses it: {length} bytes, and a value holds at most {}",
            refusals::LARGEST_VALUE
        );
        refused(
            value,
            Code::STORAGE_REFUSED,
            Some(why),
            "store it in parts, each under a key of its own",
            judge,
        );
    }
}

pub(super) fn scheduled(input: Option<&Literal>, manifest: &Manifest, judge: &mut Judge) {
    let Some(input) = input.filter(|_| !judge.is_full()) else { return };
    let mut check = |key: &str, check: &dyn Fn(&str) -> Option<String>, help: &str| {
        if let Some((literal, text)) = input.get(key).and_then(|literal| Some((literal, literal.text()?))) {
            let why =
                check(text).map(|why| format!("the schedule is refused, or never does what it says: {why}"));
            refused(literal, Code::SCHEDULE_REFUSED, why, help, judge);
        }
    };
    check("cron", &refusals::cron, CRON);
    check("timezone", &refusals::timezone, "write an IANA name, such as `Europe/Berlin`");
    check("name", &refusals::schedule_name, "shorten it");
    check("endpoint", &|selector| refusals::scheduled_endpoint(manifest, selector), ENDPOINT);
}

/// How a cron expression is written.
pub(super) const CRON: &str =
    "five fields (minute, hour, day of month, month, day of week), at least 5 minutes apart";
/// What a schedule can call.
pub(super) const ENDPOINT: &str = "name a GET or POST endpoint of `api.endpoints` without parameters";

pub(super) fn invoice(input: Option<&Literal>, judge: &mut Judge) {
    let Some(input) = input else { return };
    let mut check = |of: &Literal, key: &str, check: fn(&str) -> Option<String>| {
        if let Some((literal, text)) = of.get(key).and_then(|literal| Some((literal, literal.text()?))) {
            let why = check(text).map(|why| format!("the invoice is refused: `{key}`: {why}"));
            refused(literal, Code::INVOICE_REFUSED, why, "the guest gets `success: false`", judge);
        }
    };
    check(input, "clientId", refusals::id);
    check(input, "invoiceDate", refusals::invoice_date);
    check(input, "dueDate", refusals::invoice_date);
    check(input, "poNumber", refusals::po_number);
    let items = input.get("items").map(Literal::items).unwrap_or_default();
    for item in items {
        check(item, "serviceId", refusals::id);
        check(item, "description", refusals::description);
    }
    for (literal, quantity) in
        items.iter().filter_map(|item| item.get("quantity").and_then(|it| Some((it, it.number()?))))
    {
        let why = (quantity <= 0.0)
            .then(|| format!("the invoice is refused: `quantity` is {quantity}, and must be > 0"));
        refused(literal, Code::INVOICE_REFUSED, why, "the guest gets `success: false`", judge);
    }
}

pub(super) fn page(input: Option<&Literal>, judge: &mut Judge) {
    let Some(input) = input.filter(|_| !judge.is_full()) else { return };
    let mut check = |key: &str, check: fn(f64) -> Option<String>| {
        if let Some((literal, number)) = input.get(key).and_then(|literal| Some((literal, literal.number()?)))
        {
            let help = "read page after page; `totalCount` says how many rows there are";
            refused(literal, Code::PAGE_REFUSED, check(number), help, judge);
        }
    };
    check("page", refusals::page);
    check("pageSize", refusals::page_size);
}

/// The headers of a response: a list of names and values, of pairs, or an object.
pub(super) fn headers(response: &Literal, judge: &mut Judge) {
    let Some(headers) = response.get("headers") else { return };
    let mut names: Vec<(String, &Literal)> = Vec::new();
    for item in headers.items() {
        let name = item.get("name").or_else(|| item.items().first());
        names.extend(name.and_then(|name| Some((name.text()?.to_owned(), name))));
    }
    names.extend(headers.members().iter().map(|(name, value)| (name.clone(), value)));
    for (name, literal) in names {
        if !refusals::KEPT_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let message = format!("the gateway drops the response header `{name}`");
            let kept = refusals::KEPT_HEADERS.map(|name| format!("`{name}`")).join(", ");
            let help = format!("say it in the body; only {kept} reach the caller");
            judge.add(literal.span.start, literal.span.end, with_help(Code::HEADER_DROPPED, message, help));
        }
    }
}
