//! The endpoints: methods, paths, handlers, and which of them can be reached.

use super::judge::Judge;
use super::reach::Tree;
use super::shape::rewritten;
use super::suggest;
use crate::findings::{Code, Fix};
use crate::manifest::source::Node;
use crate::manifest::{self, is_blank, normalise, trim};
use std::collections::{HashMap, HashSet};

/// The methods publishing accepts.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];
/// The handler every endpoint has, whatever is written.
const HANDLER: &str = "dist/main";

/// An endpoint whose method and path are what they should be.
struct Endpoint<'a> {
    index: usize,
    list: &'a Node,
    path_node: &'a Node,
    method: String,
    path: String,
}

/// Judges `api.endpoints`.
pub(super) fn judge(judge: &mut Judge, root: &Node) {
    precompiled(judge, root);
    let Some(list) = root.get("api").and_then(|api| api.get("endpoints")) else { return };
    let endpoints = list.items().unwrap_or_default();
    let declared: HashSet<String> =
        endpoints.iter().filter(|endpoint| is_get(endpoint)).filter_map(stored_path).collect();
    let mut good = Vec::new();
    for (index, endpoint) in endpoints.iter().enumerate() {
        if judge.is_full() {
            return;
        }
        let at = format!("api.endpoints[{index}]");
        handler(judge, &at, endpoint);
        let lone = || stored_path(endpoint).is_some_and(|path| !declared.contains(&path));
        let method = method(judge, &at, endpoint, lone);
        let path = path(judge, &at, endpoint);
        if let (Some(method), Some((path_node, path))) = (method, path) {
            good.push(Endpoint { index, list, path_node, method, path });
        }
    }
    reachable(judge, &good);
    case(judge, &good);
}

/// Paths that differ from an earlier one only in case.
fn case(judge: &mut Judge, endpoints: &[Endpoint]) {
    let mut seen: HashMap<String, &Endpoint> = HashMap::new();
    for endpoint in endpoints {
        let first = *seen.entry(endpoint.path.to_lowercase()).or_insert(endpoint);
        if first.path != endpoint.path {
            let message = format!(
                "`{}` and `{}` of `api.endpoints[{}]` differ only in case",
                endpoint.path, first.path, first.index
            );
            let fix = judge.suggest(endpoint.path_node, &first.path);
            let help = "the gateway tells them apart, people do not; write both alike";
            judge.value(endpoint.path_node, Code::ENDPOINT_CASE, message, help).fix(fix);
        }
    }
}

fn is_get(endpoint: &Node) -> bool {
    let method = endpoint.get("method").and_then(Node::as_str);
    method.is_some_and(|method| trim(method).eq_ignore_ascii_case("GET"))
}

/// The path as publishing stores it.
fn stored_path(endpoint: &Node) -> Option<String> {
    Some(manifest::stored_path(endpoint.get("path")?.as_str()?))
}

fn precompiled(judge: &mut Judge, root: &Node) {
    let members = root.members().unwrap_or_default();
    for (index, member) in members.iter().enumerate().filter(|(_, member)| member.key == "precompiled") {
        let help = "remove it; the runner compiles `dist/main.wasm` itself";
        let fix = Fix::safe("remove `precompiled`", vec![judge.without(root, index)]);
        judge.key(member, Code::PRECOMPILED_UNUSED, "`precompiled` is never read", help).fix(fix);
    }
}

/// Endpoints that an earlier one answers for.
fn reachable(judge: &mut Judge, endpoints: &[Endpoint]) {
    let mut trees: HashMap<&str, Tree> = HashMap::new();
    for (position, endpoint) in endpoints.iter().enumerate() {
        let Endpoint { index, method, path, .. } = endpoint;
        let reached = if method == "HEAD" { "GET" } else { method.as_str() };
        let tree = trees.entry(reached).or_default();
        let Some(first) = tree.enter(path, position).and_then(|first| endpoints.get(first)) else { continue };
        let (other, named) = (first.index, format!("{} {}", first.method, first.path));
        if first.method == *method && first.path == *path {
            let message = format!("`api.endpoints[{index}]` repeats `{named}` of `api.endpoints[{other}]`");
            let fix =
                Fix::probable("remove the repeated endpoint", vec![judge.without(endpoint.list, *index)]);
            judge
                .value(endpoint.path_node, Code::ENDPOINT_DUPLICATE, message, "remove one of the two")
                .fix(fix);
        } else {
            let message = format!(
                "`{method} {path}` is never chosen: `api.endpoints[{other}]` ({named}) answers all its requests"
            );
            let help = "declare the narrower path first, or remove it";
            judge.value(endpoint.path_node, Code::ENDPOINT_SHADOWED, message, help);
        }
    }
}

/// The method in upper case, when it is one that is called. `lone`: no GET endpoint has the same path.
fn method(judge: &mut Judge, at: &str, endpoint: &Node, lone: impl Fn() -> bool) -> Option<String> {
    let node = endpoint.get("method")?;
    let written = node.as_str().filter(|text| !trim(text).is_empty())?;
    let bare = trim(written);
    let method = bare.to_ascii_uppercase();
    if bare != written && METHODS.contains(&method.as_str()) {
        let message = format!("`{at}.method` is `{written}`, and publishing refuses blanks around a method");
        let fix = judge.rewrite(node, &method);
        judge.value(node, Code::ENDPOINT_METHOD, message, format!("write `{method}`")).fix(fix);
        return Some(method);
    }
    match method.as_str() {
        "OPTIONS" => {
            let message = format!("`{at}` is an OPTIONS endpoint, which the gateway never calls");
            judge.value(node, Code::ENDPOINT_OPTIONS, message, "remove it");
            None
        }
        "HEAD" => {
            let message = format!("`{at}` is a HEAD endpoint, which the gateway treats as GET");
            let fix = if lone() { judge.rewrite(node, "GET") } else { judge.suggest(node, "GET") };
            judge.value(node, Code::ENDPOINT_HEAD, message, "declare GET; it answers HEAD too").fix(fix);
            Some(method)
        }
        _ if METHODS.contains(&method.as_str()) => {
            rewritten(judge, node, &format!("{at}.method"), &method);
            Some(method)
        }
        _ => {
            let near = suggest::nearest(&method, METHODS.into_iter());
            let help = near.map_or_else(
                || "write GET, POST, PUT, PATCH or DELETE".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let fix = near.map(|near| judge.suggest(node, near));
            let message = format!("`{at}.method` is `{bare}`, no method");
            judge.value(node, Code::ENDPOINT_METHOD, message, help).maybe(fix);
            None
        }
    }
}

/// The path as it is stored, when it is one.
fn path<'a>(judge: &mut Judge, at: &str, endpoint: &'a Node) -> Option<(&'a Node, String)> {
    let node = endpoint.get("path")?;
    let written = node.as_str().filter(|text| !trim(text).is_empty())?;
    if written.contains("..") {
        let message = format!("`{at}.path` is `{written}`, and publishing refuses `..`");
        judge.value(node, Code::PATH_PARENT, message, "write the path without it");
        return None;
    }
    if written.contains(is_blank) {
        let message = format!("`{at}.path` is `{written}`, and publishing refuses blanks");
        let alone = Some(trim(written)).filter(|alone| !alone.contains(is_blank));
        let fix = alone.map(|alone| judge.rewrite(node, alone));
        judge.value(node, Code::ENDPOINT_PATH, message, "write the path without blanks").maybe(fix);
        return None;
    }
    if let Some(letter) = written.chars().find(|letter| matches!(letter, '?' | '#')) {
        let message = format!("`{at}.path` is `{written}`: `{letter}` is in no path the gateway compares");
        let help = "declare the path alone; the handler finds the query in its url";
        let alone = trim(written.split(['?', '#']).next().unwrap_or_default());
        let fix = (!alone.is_empty()).then(|| judge.suggest(node, alone));
        judge.value(node, Code::ENDPOINT_PATH, message, help).maybe(fix);
        return None;
    }
    let path = stored_path(endpoint)?;
    if path.split('/').any(|part| part == ".") {
        let message = format!("`{at}.path` is `{written}`, and no request has a segment `.`");
        let parts: Vec<&str> = path.split('/').filter(|part| *part != ".").collect();
        let fix = judge.suggest(node, &parts.join("/"));
        judge.value(node, Code::ENDPOINT_PATH, message, "write the path without it").fix(fix);
        return None;
    }
    if let Some(letter) = path.chars().find(|letter| is_encoded(*letter)) {
        let message = format!("`{at}.path` is `{written}`: requests may carry `{letter}` percent-encoded");
        let help = "the gateway compares letter by letter; use ASCII letters, digits, `-`, `.`, `_` and `~`";
        judge.value(node, Code::ENDPOINT_ENCODED, message, help);
    }
    if let Some(part) = path.split('/').find(|part| is_no_pattern(part)) {
        pattern(judge, node, &path, part);
    } else {
        rewritten(judge, node, &format!("{at}.path"), &path);
    }
    Some((node, path))
}

/// Whether an address cannot hold a letter as it is, or says another one with it. Braces and `*` are told as patterns.
fn is_encoded(letter: char) -> bool {
    !letter.is_ascii() || letter.is_ascii_control() || "%\"<>\\^`|".contains(letter)
}

/// A segment that looks like a pattern.
fn pattern(judge: &mut Judge, node: &Node, path: &str, part: &str) {
    let name = part.rsplit(':').next().unwrap_or(part);
    let name: String = name.chars().filter(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    let message = format!("`{part}` in `{path}` is taken literally");
    let help = if part.contains('*') {
        "there are no wildcards; declare each path, `:name` stands for one whole segment".to_owned()
    } else {
        format!("a parameter is a whole segment: `:{}`", if name.is_empty() { "name" } else { &name })
    };
    let whole = part.starts_with('{') && part.ends_with('}') && !name.is_empty();
    let fix = whole.then(|| {
        let parts =
            path.split('/').map(|other| if other == part { format!(":{name}") } else { other.into() });
        judge.suggest(node, &parts.collect::<Vec<String>>().join("/"))
    });
    judge.value(node, Code::ENDPOINT_PATTERN, message, help).maybe(fix);
}

/// Whether a segment looks like a pattern and is none.
fn is_no_pattern(segment: &str) -> bool {
    let inside = segment.strip_prefix(':').unwrap_or(segment);
    inside.contains(['{', '}', '*', ':']) || segment == ":"
}

fn handler(judge: &mut Judge, at: &str, endpoint: &Node) {
    let Some(node) = endpoint.get("handler") else { return };
    let Some(written) = node.as_str().filter(|text| !trim(text).is_empty()) else { return };
    let fix = judge.rewrite(node, HANDLER);
    if written.contains("..") {
        let message = format!("`{at}.handler` is `{written}`, and publishing refuses `..`");
        judge.value(node, Code::PATH_PARENT, message, format!("write `{HANDLER}`")).fix(fix);
    } else if normalise(trim(written)) == HANDLER {
        rewritten(judge, node, &format!("{at}.handler"), HANDLER);
    } else {
        let message =
            format!("`{at}.handler` is `{written}`, and the component's one `handler` is called anyway");
        judge.value(node, Code::ENDPOINT_HANDLER, message, format!("write `{HANDLER}`")).fix(fix);
    }
}
