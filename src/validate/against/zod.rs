//! The zod schema of the legacy registry (ZD; contract/registry.md §1.2, §1.3): strict in names, versions and methods,
//! wants a `ui`, and forgets every key it does not know.

use super::checks::{At, Issues};
use crate::validate::identity::{is_reverse_domain, is_semantic};
use serde_json::{Map, Value};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Judges a manifest; what parsing it returns.
pub(super) fn judge(value: &Value, issues: &mut Issues) -> Option<Value> {
    let root = At::root(value);
    root.object(issues)?;
    let name = root.key("name");
    if name.text(issues).is_some_and(|text| !is_reverse_domain(text)) {
        name.complain(issues, "is not in reverse-domain form");
    }
    filled(&root.key("publisher"), issues);
    let version = root.key("version");
    if version.text(issues).is_some_and(|text| !is_semantic(text)) {
        version.complain(issues, "is no semantic version");
    }
    literal(&root.key("runtime"), "wasm-js@1", issues);
    texts(&root.key("capabilities"), issues);
    let mut kept = Map::new();
    let ui = root.key("ui");
    if ui.object(issues).is_some() {
        literal(&ui.key("type"), "iframe", issues);
        filled(&ui.key("entry"), issues);
        hooks(&ui.key("hooks"), issues);
        kept.insert("ui".into(), only(&ui, &["type", "entry", "hooks"]));
    }
    let api = root.key("api");
    if api.is_there() && api.object(issues).is_some() {
        let endpoints = endpoints(&api.key("endpoints"), issues);
        kept.insert("api".into(), serde_json::json!({ "endpoints": endpoints }));
    }
    texts(&root.key("assets"), issues);
    let precompiled = root.key("precompiled");
    if precompiled.is_there() && precompiled.object(issues).is_some() {
        for (_, member) in precompiled.members() {
            member.text(issues);
        }
    }
    let sbom = root.key("sbom");
    if sbom.is_there() {
        sbom.text(issues);
    }
    let plain = ["name", "publisher", "version", "runtime", "capabilities", "assets", "precompiled", "sbom"];
    if let Value::Object(mut members) = only(&root, &plain) {
        members.entry("capabilities").or_insert_with(|| Value::Array(Vec::new()));
        members.append(&mut kept);
        kept = members;
    }
    Some(Value::Object(kept))
}

/// The object without its other keys.
fn only(at: &At<'_>, keys: &[&str]) -> Value {
    let members = at.members().into_iter().filter(|(key, _)| keys.contains(key));
    Value::Object(members.filter_map(|(key, at)| Some((key.to_owned(), at.value?.clone()))).collect())
}

fn filled(at: &At<'_>, issues: &mut Issues) {
    if at.text(issues) == Some("") {
        at.complain(issues, "is empty");
    }
}

fn literal(at: &At<'_>, wanted: &str, issues: &mut Issues) {
    if at.value.and_then(Value::as_str) != Some(wanted) {
        at.complain(issues, format!("is not `{wanted}`"));
    }
}

fn texts(at: &At<'_>, issues: &mut Issues) {
    let items = at.is_there().then(|| at.items(issues)).flatten();
    for item in items.iter().flatten() {
        item.text(issues);
    }
}

fn hooks(hooks: &At<'_>, issues: &mut Issues) {
    if !hooks.is_there() || hooks.object(issues).is_none() {
        return;
    }
    for name in ["appMenu", "clientPortalMenu"] {
        let hook = hooks.key(name);
        if hook.is_there() && hook.object(issues).is_some() {
            filled(&hook.key("label"), issues);
        }
    }
}

fn endpoints(endpoints: &At<'_>, issues: &mut Issues) -> Vec<Value> {
    let Some(items) = endpoints.items(issues) else { return Vec::new() };
    if items.is_empty() {
        endpoints.complain(issues, "is empty");
    }
    for item in &items {
        if item.object(issues).is_none() {
            continue;
        }
        let method = item.key("method");
        if method.text(issues).is_some_and(|text| !METHODS.contains(&text)) {
            method.complain(issues, "is none of GET, POST, PUT, PATCH and DELETE");
        }
        filled(&item.key("path"), issues);
        filled(&item.key("handler"), issues);
    }
    items.iter().map(|item| only(item, &["method", "path", "handler"])).collect()
}
