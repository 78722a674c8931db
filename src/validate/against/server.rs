//! The parser of the publish gate (SP), which alone decides (contract/registry.md §1.2–1.4): it refuses unknown keys at
//! the top only, knows no vocabulary of capabilities, and stores what passes in a form of its own.

use super::checks::{At, Issues};
use crate::manifest::{is_blank, normalise, stored_path, trim};
use crate::validate::identity::is_version;
use serde_json::{Map, Value, json};

/// The keys the top may have.
const KEYS: [&str; 9] =
    ["name", "publisher", "version", "runtime", "capabilities", "ui", "api", "assets", "precompiled"];
/// The methods, in any case.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
/// The hooks it looks at; it drops all others.
const HOOKS: [&str; 2] = ["appMenu", "clientPortalMenu"];

/// Judges a manifest; what publishing stores of it (contract/registry.md §1.2, last column).
pub(super) fn judge(value: &Value, issues: &mut Issues) -> Option<Value> {
    let root = At::root(value);
    root.object(issues)?;
    let name = text(&root.key("name"), issues);
    let publisher = root.key("publisher");
    let publisher = publisher.is_there().then(|| text(&publisher, issues)).flatten();
    let version = text(&root.key("version"), issues);
    if version.is_some_and(|version| !is_version(trim(version))) {
        root.key("version").complain(issues, "is neither `X.Y.Z` nor `X.Y.*`");
    }
    let runtime = text(&root.key("runtime"), issues);
    if runtime.is_some_and(|runtime| !runtime.contains(['@', '-'])) {
        root.key("runtime").complain(issues, "has neither `@` nor `-`");
    }
    let capabilities = texts(&root.key("capabilities"), issues);
    let ui = ui(&root.key("ui"), issues);
    let endpoints = endpoints(&root.key("api"), issues);
    texts(&root.key("assets"), issues);
    precompiled(&root.key("precompiled"), issues);
    root.only(issues, &KEYS);
    let entry = ui.as_ref().and_then(|ui| ui.get("entry").cloned()).unwrap_or_else(|| "main".into());
    let mut stored = json!({
        "name": name.map(trim),
        "publisher": publisher.map(trim),
        "version": version.map(trim),
        "runtime": runtime,
        "main_entry": entry,
        "capabilities": capabilities,
        "api_endpoints": endpoints,
    });
    if let (Some(members), Some(ui)) = (stored.as_object_mut(), ui) {
        members.insert("ui".into(), ui);
    }
    Some(stored)
}

/// A text with anything but blanks in it.
fn text<'a>(at: &At<'a>, issues: &mut Issues) -> Option<&'a str> {
    let text = at.text(issues)?;
    if trim(text).is_empty() {
        at.complain(issues, "is blank");
        return None;
    }
    Some(text)
}

/// A list of such texts that need not be there.
fn texts<'a>(at: &At<'a>, issues: &mut Issues) -> Vec<&'a str> {
    let items = at.is_there().then(|| at.items(issues)).flatten();
    items.iter().flatten().filter_map(|item| text(item, issues)).collect()
}

fn without_parent<'a>(at: &At<'a>, issues: &mut Issues) -> Option<&'a str> {
    let text = text(at, issues)?;
    if text.contains("..") {
        at.complain(issues, "contains `..`");
    }
    Some(text)
}

fn ui(ui: &At<'_>, issues: &mut Issues) -> Option<Value> {
    if !ui.is_there() {
        return None;
    }
    ui.object(issues)?;
    let kind = ui.key("type");
    if kind.value.and_then(Value::as_str) != Some("iframe") {
        kind.complain(issues, "is not `iframe`");
    }
    let entry = without_parent(&ui.key("entry"), issues);
    let mut kept = Map::new();
    let hooks = ui.key("hooks");
    if hooks.is_there() && hooks.object(issues).is_some() {
        for name in HOOKS {
            let hook = hooks.key(name);
            if hook.is_there()
                && hook.object(issues).is_some()
                && let Some(label) = text(&hook.key("label"), issues)
            {
                kept.insert(name.into(), json!({ "label": trim(label) }));
            }
        }
    }
    let mut stored = json!({ "type": "iframe", "entry": entry.map(normalise) });
    if let (Some(members), false) = (stored.as_object_mut(), kept.is_empty()) {
        members.insert("hooks".into(), Value::Object(kept));
    }
    Some(stored)
}

fn endpoints(api: &At<'_>, issues: &mut Issues) -> Vec<Value> {
    if !api.is_there() || api.object(issues).is_none() {
        return Vec::new();
    }
    let items = api.key("endpoints").items(issues).unwrap_or_default();
    items.iter().filter_map(|item| endpoint(item, issues)).collect()
}

fn endpoint(endpoint: &At<'_>, issues: &mut Issues) -> Option<Value> {
    endpoint.object(issues)?;
    let method = text(&endpoint.key("method"), issues).map(str::to_ascii_uppercase);
    if method.as_deref().is_some_and(|method| !METHODS.contains(&method)) {
        endpoint.key("method").complain(issues, "is no method");
    }
    let path = without_parent(&endpoint.key("path"), issues);
    if path.is_some_and(|path| path.contains(is_blank)) {
        endpoint.key("path").complain(issues, "contains a blank");
    }
    let handler = without_parent(&endpoint.key("handler"), issues);
    Some(json!({ "method": method, "path": path.map(stored_path), "handler": handler.map(normalise) }))
}

fn precompiled(precompiled: &At<'_>, issues: &mut Issues) {
    if !precompiled.is_there() || precompiled.object(issues).is_none() {
        return;
    }
    for (key, member) in precompiled.members() {
        if trim(key).is_empty() {
            member.complain(issues, "is a blank key");
        }
        text(&member, issues);
    }
}
