//! Install, gateway and runner (RT; contract/registry.md §1.5, §5.4, runner.md §6): they refuse nothing and drop without a
//! word what they do not know. The issues say what is dropped, the rest is what works.

use super::checks::{At, Issues};
use crate::manifest::{Capability, Endpoint, Manifest, trim};
use serde_json::{Map, Value, json};

/// The methods the gateway lets through; HEAD counts as GET (contract/registry.md §5.3).
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
/// The page that is served, whatever `ui.entry` says (contract/ui.md §1.8).
const PAGE: &str = "ui/index.html";

/// What is left of a manifest at run time.
pub(super) fn judge(value: &Value, issues: &mut Issues) -> Option<Value> {
    let root = At::root(value);
    root.object(issues)?;
    let capabilities = capabilities(&root.key("capabilities"), issues);
    let endpoints = endpoints(&root.key("api").key("endpoints"), issues);
    let ui = root.key("ui");
    let menus = menus(&ui.key("hooks"), issues);
    let entry = ui.key("entry");
    if entry.value.and_then(Value::as_str).is_some_and(|entry| crate::manifest::normalise(entry) != PAGE) {
        entry.complain(issues, format!("is not used: the platform serves `{PAGE}`"));
    }
    for key in ["precompiled", "assets"] {
        if root.key(key).is_there() {
            root.key(key).complain(issues, "is not read");
        }
    }
    Some(json!({
        "capabilities": capabilities,
        "endpoints": endpoints,
        "menus": menus,
        "page": ui.value.filter(|ui| ui.is_object()).map(|_| PAGE),
        "component": (!endpoints.is_empty()).then_some("dist/main.wasm"),
    }))
}

/// Those of the table, trimmed and in lower case, with the three that everyone has.
fn capabilities(list: &At<'_>, issues: &mut Issues) -> Vec<&'static str> {
    let mut asked = Vec::new();
    for item in
        list.value.filter(|list| list.is_array()).and_then(|_| list.items(issues)).into_iter().flatten()
    {
        match item.value.and_then(Value::as_str).map(|name| Capability::named(trim(name))) {
            Some(Some(capability)) => asked.push(capability.id().to_owned()),
            _ => item.complain(issues, "is no capability: installing drops it"),
        }
    }
    let manifest = Manifest { capabilities: asked, ..Manifest::default() };
    manifest.known_capabilities().into_iter().map(Capability::id).collect()
}

/// As the gateway's lenient parser reads what publishing stored.
fn endpoints(list: &At<'_>, issues: &mut Issues) -> Vec<Value> {
    let mut kept = Vec::new();
    for item in
        list.value.filter(|list| list.is_array()).and_then(|_| list.items(issues)).into_iter().flatten()
    {
        let method = item.key("method");
        let named = method.value.and_then(Value::as_str).map(|method| trim(method).to_ascii_uppercase());
        match (named.as_deref(), item.value.and_then(Endpoint::read)) {
            (Some("OPTIONS"), _) => method.complain(issues, "is OPTIONS: the gateway drops the endpoint"),
            (_, None) => item.complain(issues, "lacks its method, path or handler: the gateway drops it"),
            (Some(named), Some(_)) if !METHODS.contains(&named) => {
                method
                    .complain(issues, "is no method the gateway lets through: nothing reaches the endpoint");
            }
            (named, Some(endpoint)) => {
                if named == Some("HEAD") {
                    method.complain(issues, "is HEAD: the gateway reads it as GET");
                }
                let read = if named == Some("HEAD") { "GET" } else { endpoint.method.as_str() };
                let is_schedulable = Endpoint { method: read.into(), ..endpoint.clone() }.is_schedulable();
                kept.push(json!({
                    "method": read,
                    "path": endpoint.path,
                    "handler": endpoint.handler,
                    "schedulable": is_schedulable,
                }));
            }
        }
        for (key, member) in item.members() {
            if !["method", "path", "handler"].contains(&key) {
                member.complain(issues, "is dropped");
            }
        }
    }
    kept
}

/// The menus that lead to the UI.
fn menus(hooks: &At<'_>, issues: &mut Issues) -> Map<String, Value> {
    let mut menus = Map::new();
    for (key, hook) in hooks.members() {
        let label = hook.key("label");
        let label = label.value.and_then(Value::as_str).map(trim).filter(|label| !label.is_empty());
        match (["appMenu", "clientPortalMenu"].contains(&key), label) {
            (true, Some(label)) => {
                menus.insert(key.to_owned(), label.into());
            }
            (true, None) => hook.complain(issues, "has no label: the menu is dropped"),
            (false, _) => hook.complain(issues, "is no hook: it is dropped"),
        }
    }
    menus
}
