//! The platform's JSON Schema, draft 7 (JS; contract/registry.md §1.2, §1.5): closed nearly everywhere, with a vocabulary
//! of capabilities that nothing else on the platform knows.
//!
//! Where the contract does not say so of a nested key, it is taken as wanted when its siblings are (`api.endpoints`, an
//! endpoint's three keys), and `ui` as closed.

use super::checks::{At, Issues};
use serde_json::Value;
use std::collections::HashSet;

/// The obsolete names.
const CAPABILITIES: [&str; 7] =
    ["http.fetch", "storage.kv", "secrets.get", "events.emit", "events.subscribe", "log", "metrics"];
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const KEYS: [&str; 11] = [
    "name",
    "publisher",
    "version",
    "runtime",
    "capabilities",
    "ui",
    "api",
    "assets",
    "precompiled",
    "sbom",
    "events",
];

/// Judges a manifest. A schema keeps nothing and changes nothing.
pub(super) fn judge(value: &Value, issues: &mut Issues) -> Option<Value> {
    let root = At::root(value);
    root.object(issues)?;
    for key in ["name", "publisher", "version"] {
        filled(&root.key(key), issues);
    }
    one_of(&root.key("runtime"), &["wasm-js@1"], issues);
    capabilities(&root.key("capabilities"), issues);
    ui(&root.key("ui"), issues);
    let api = root.key("api");
    if api.is_there() && api.object(issues).is_some() {
        endpoints(&api.key("endpoints"), issues);
        api.only(issues, &["endpoints"]);
    }
    for item in optional(&root.key("assets"), issues) {
        item.text(issues);
    }
    let precompiled = root.key("precompiled");
    if precompiled.is_there() && precompiled.object(issues).is_some() {
        for (_, member) in precompiled.members() {
            member.text(issues);
        }
    }
    if root.key("sbom").is_there() {
        root.key("sbom").text(issues);
    }
    for event in optional(&root.key("events"), issues) {
        closed(&event, &["topic", "handler"], issues);
    }
    root.only(issues, &KEYS);
    None
}

fn filled(at: &At<'_>, issues: &mut Issues) {
    if at.text(issues) == Some("") {
        at.complain(issues, "is empty");
    }
}

fn one_of(at: &At<'_>, words: &[&str], issues: &mut Issues) {
    if at.text(issues).is_some_and(|text| !words.contains(&text)) {
        at.complain(issues, format!("is not one of {}", words.join(", ")));
    }
}

/// The items of a list that need not be there.
fn optional<'a>(at: &At<'a>, issues: &mut Issues) -> Vec<At<'a>> {
    at.is_there().then(|| at.items(issues)).flatten().unwrap_or_default()
}

/// An object with these texts and nothing else.
fn closed(at: &At<'_>, keys: &[&str], issues: &mut Issues) {
    if at.object(issues).is_some() {
        for key in keys {
            at.key(key).text(issues);
        }
        at.only(issues, keys);
    }
}

fn capabilities(at: &At<'_>, issues: &mut Issues) {
    let mut seen = HashSet::new();
    for item in optional(at, issues) {
        one_of(&item, &CAPABILITIES, issues);
        if !seen.insert(item.value.map(Value::to_string)) {
            item.complain(issues, "stands there already");
        }
    }
}

fn ui(ui: &At<'_>, issues: &mut Issues) {
    if ui.object(issues).is_none() {
        return;
    }
    one_of(&ui.key("type"), &["iframe"], issues);
    filled(&ui.key("entry"), issues);
    let hooks = ui.key("hooks");
    if hooks.is_there() && hooks.object(issues).is_some() && hooks.key("appMenu").is_there() {
        closed(&hooks.key("appMenu"), &["label"], issues);
    }
    for route in optional(&ui.key("routes"), issues) {
        closed(&route, &["path", "iframePath"], issues);
    }
    ui.only(issues, &["type", "entry", "hooks", "routes"]);
}

fn endpoints(endpoints: &At<'_>, issues: &mut Issues) {
    let Some(items) = endpoints.items(issues) else { return };
    if items.is_empty() {
        endpoints.complain(issues, "is empty");
    }
    for item in items {
        if item.object(issues).is_some() {
            one_of(&item.key("method"), &METHODS, issues);
            filled(&item.key("path"), issues);
            filled(&item.key("handler"), issues);
            item.only(issues, &["method", "path", "handler"]);
        }
    }
}
