//! Keys and types: every object against the table of keys, and no key twice.

use super::judge::Judge;
use super::suggest;
use crate::findings::{Code, Edit, Fix};
use crate::manifest::keys::{self, Key, Want};
use crate::manifest::source::{Kind, Node};
use crate::manifest::trim;
use std::collections::HashSet;

/// Judges the whole tree against the table.
pub(super) fn judge(judge: &mut Judge, root: &Node) {
    duplicates(judge, root);
    object(judge, "", "", root);
}

/// Keys that stand twice, anywhere.
fn duplicates(judge: &mut Judge, node: &Node) {
    for item in node.items().unwrap_or_default() {
        duplicates(judge, item);
    }
    let mut seen = HashSet::new();
    if judge.is_full() {
        return;
    }
    for member in node.members().unwrap_or_default() {
        if !seen.insert(member.key.as_str()) {
            let message = format!("`{}` stands twice; the platform takes the last one", member.key);
            judge.key(member, Code::DUPLICATE_KEY, message, "keep one of the two");
        }
        duplicates(judge, &member.value);
    }
}

/// One object: unknown keys, missing keys, then each value.
fn object(judge: &mut Judge, parent: &str, path: &str, node: &Node) {
    let mut there = None;
    for (index, member) in node.members().unwrap_or_default().iter().enumerate() {
        if keys::of(parent).all(|key| key.name != member.key) && !judge.is_full() {
            let names = || keys::of(parent).map(|key| key.name).filter(|name| node.get(name).is_some());
            let there: &Vec<&str> = there.get_or_insert_with(|| names().collect());
            unknown(judge, parent, path, node, index, there);
        }
    }
    for key in keys::of(parent) {
        let path = join(path, key.name);
        match node.get(key.name) {
            Some(value) => check(judge, key, &path, value),
            None if key.required => {
                let message = format!("`{path}` is missing");
                judge.add(
                    node.start,
                    node.start + 1,
                    super::judge::with_help(Code::MISSING_KEY, message, missing(key)),
                );
            }
            None => {}
        }
    }
}

/// A value against what its key wants.
fn check(judge: &mut Judge, key: &Key, path: &str, value: &Node) {
    match key.want {
        Want::Text => text(judge, path, value),
        Want::Texts => match value.items() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    text(judge, &format!("{path}[{index}]"), item);
                }
            }
            None => wrong(judge, path, value, "an array of strings"),
        },
        Want::TextMap => match value.members() {
            Some(members) => {
                for member in members {
                    if trim(&member.key).is_empty() {
                        judge.key(member, Code::BLANK_VALUE, format!("a key of `{path}` is blank"), "");
                    }
                    text(judge, &join(path, &member.key), &member.value);
                }
            }
            None => wrong(judge, path, value, "an object"),
        },
        Want::Object if value.members().is_some() => object(judge, &key.path(), path, value),
        Want::Object => wrong(judge, path, value, "an object"),
        Want::Objects => match value.items() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    match item.kind {
                        Kind::Object(_) => object(judge, &format!("{}[]", key.path()), &path, item),
                        _ => wrong(judge, &path, item, "an object"),
                    }
                }
            }
            None => wrong(judge, path, value, "an array of objects"),
        },
    }
}

/// A text that is not blank.
fn text(judge: &mut Judge, path: &str, value: &Node) {
    match value.as_str() {
        None => wrong(judge, path, value, "a string"),
        Some(text) if trim(text).is_empty() => {
            judge.value(value, Code::BLANK_VALUE, format!("`{path}` is blank"), "write a text, or remove it");
        }
        Some(_) => {}
    }
}

fn wrong(judge: &mut Judge, path: &str, value: &Node, wanted: &str) {
    let message = format!("`{path}` is {}, and {wanted} is wanted", value.type_name());
    judge.value(value, Code::WRONG_TYPE, message, "");
}

/// A value that publishing stores in another form.
pub(super) fn rewritten(judge: &mut Judge, node: &Node, path: &str, stored: &str) {
    let Some(written) = node.as_str().filter(|written| *written != stored) else { return };
    let message = format!("`{path}` is `{written}`, and publishing stores `{stored}`");
    let fix = judge.rewrite(node, stored);
    judge.value(node, Code::VALUE_REWRITTEN, message, format!("write `{stored}`")).fix(fix);
}

/// A key that is not in the table: the member `index` of `node`, which has these that are.
fn unknown(judge: &mut Judge, parent: &str, path: &str, node: &Node, index: usize, there: &[&str]) {
    let Some(member) = node.members().and_then(|members| members.get(index)) else { return };
    let key = &member.key;
    let whole = join(path, key);
    let near = suggest::nearest(key, keys::of(parent).map(|key| key.name));
    let meant = near.map(|near| format!("did you mean `{}`?", join(path, near)));
    let slip = near.filter(|near| !there.contains(near));
    let fix = remove_or_rename(judge, parent, node, index, slip);
    let added = match parent {
        "" => {
            let known =
                keys::REFUSED.iter().find(|(name, _)| name == key).map(|(_, help)| (*help).to_owned());
            let help = known.or(meant).unwrap_or_else(|| format!("remove it; the keys are {}", list(parent)));
            judge.key(member, Code::UNKNOWN_KEY, format!("publishing refuses the key `{key}`"), help)
        }
        "ui.hooks" => {
            let message = format!("`{whole}` is no hook, and publishing drops it");
            let help = meant.unwrap_or_else(|| "the hooks are `appMenu` and `clientPortalMenu`".into());
            judge.key(member, Code::HOOK_UNKNOWN, message, help)
        }
        "api.endpoints[]" if key == "schedulable" && is_true(&member.value) && !can_be_scheduled(node) => {
            let message = format!("`{whole}` is true, and no schedule may call this endpoint");
            let help = "remove it; only GET and POST endpoints without path parameters can be scheduled";
            judge.key(member, Code::ENDPOINT_NOT_SCHEDULABLE, message, help)
        }
        "api.endpoints[]" if key == "schedulable" => {
            let help = "remove it; GET and POST endpoints without path parameters can be scheduled";
            judge.key(member, Code::ENDPOINT_SCHEDULABLE, format!("`{whole}` is ignored"), help)
        }
        _ => {
            let message = format!("`{whole}` is dropped at publishing; `{path}` has no such key");
            let dropped = keys::DROPPED.iter().find(|(of, name, _)| *of == parent && name == key);
            let known = dropped.map(|(_, _, why)| format!("remove it; {why}"));
            let help = known.or(meant).unwrap_or_else(|| format!("remove it; the keys are {}", list(parent)));
            judge.key(member, Code::UNKNOWN_NESTED_KEY, message, help)
        }
    };
    added.maybe(fix);
}

/// Whether a boolean is `true`: the tree keeps its bytes only, and `false` has five.
fn is_true(node: &Node) -> bool {
    node.kind == Kind::Boolean && node.end - node.start == "true".len()
}

/// Whether the platform lets a schedule call the endpoint (contract/registry.md §7.3).
fn can_be_scheduled(endpoint: &Node) -> bool {
    let text = |key: &str| endpoint.get(key).and_then(Node::as_str).unwrap_or_default();
    let method = trim(text("method"));
    let is_called = method.eq_ignore_ascii_case("GET") || method.eq_ignore_ascii_case("POST");
    is_called && !text("path").contains([':', '{', '}'])
}

/// What mends an unknown key. Below the top the platform drops it, so removing it changes nothing; at the top only keys
/// whose values say nothing to people or the platform go unasked. A slip for a key that is not there is renamed, when
/// asked.
fn remove_or_rename(
    judge: &Judge,
    parent: &str,
    node: &Node,
    index: usize,
    slip: Option<&str>,
) -> Option<Fix> {
    let member = node.members()?.get(index)?;
    if let Some(meant) = slip {
        let edit = Edit::new(judge.span(member.start..member.end), format!("\"{meant}\""));
        return Some(Fix::probable(format!("rename it to `{meant}`"), vec![edit]));
    }
    let known = keys::REFUSED.iter().find(|(name, _)| parent.is_empty() && *name == member.key);
    if known.is_some_and(|(_, help)| !help.starts_with("remove")) {
        // Its value belongs elsewhere.
        return None;
    }
    let title = format!("remove `{}`", member.key.chars().take(80).collect::<String>());
    let edits = vec![judge.without(node, index)];
    let says_nothing = !parent.is_empty() || keys::WITHOUT_MEANING.contains(&member.key.as_str());
    Some(if says_nothing { Fix::safe(title, edits) } else { Fix::probable(title, edits) })
}

/// What to write for a missing key.
fn missing(key: &Key) -> String {
    match key.path().as_str() {
        "name" => "write a unique name in reverse-domain form: `\"name\": \"com.acme.reports\"`".into(),
        "publisher" => "write who publishes it; a first publish without it fails in the database".into(),
        "version" => "write `\"version\": \"0.1.0\"`".into(),
        "runtime" => "write `\"runtime\": \"wasm-js@1\"`".into(),
        "ui.type" => "write `\"type\": \"iframe\"`".into(),
        "ui.entry" => "write `\"entry\": \"ui/index.html\"`".into(),
        "api.endpoints" => "write `\"endpoints\": []`, or remove `api`".into(),
        "api.endpoints[].handler" => "write `\"handler\": \"dist/main\"`".into(),
        _ => format!("write `\"{}\": …`: {}", key.name, key.summary),
    }
}

fn join(path: &str, key: &str) -> String {
    let key: String = key.chars().take(80).collect();
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn list(parent: &str) -> String {
    let names: Vec<String> = keys::of(parent).map(|key| format!("`{}`", key.name)).collect();
    names.join(", ")
}
