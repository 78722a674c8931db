//! The endpoints: methods, paths, handlers, and which of them can be reached.

use super::judge::Judge;
use super::suggest;
use crate::findings::Code;
use crate::manifest::normalise;
use crate::manifest::source::Node;
use std::collections::HashMap;

/// The methods publishing accepts.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

/// An endpoint that stands before another.
struct Earlier {
    index: usize,
    method: String,
    path: String,
    segments: Vec<String>,
}

/// Judges `api.endpoints`.
pub(super) fn judge(judge: &mut Judge, root: &Node) {
    let endpoints =
        root.get("api").and_then(|api| api.get("endpoints")).and_then(Node::items).unwrap_or_default();
    if root.get("precompiled").is_some() {
        let member =
            root.members().and_then(|members| members.iter().find(|member| member.key == "precompiled"));
        if let Some(member) = member {
            let help = "remove it; the runner compiles `dist/main.wasm` itself";
            judge.key(member, Code::PrecompiledUnused, "`precompiled` is never read", help);
        }
    }
    let mut earlier: HashMap<(String, usize), Vec<Earlier>> = HashMap::new();
    for (index, endpoint) in endpoints.iter().enumerate() {
        let at = format!("api.endpoints[{index}]");
        handler(judge, &at, endpoint);
        let method = method(judge, &at, endpoint);
        let path = path(judge, &at, endpoint);
        let (Some(method), Some((node, path))) = (method, path) else { continue };
        let trimmed = path.trim_matches('/');
        let segments: Vec<String> =
            trimmed.split('/').filter(|_| !trimmed.is_empty()).map(str::to_owned).collect();
        let reached = if method == "HEAD" { "GET".to_owned() } else { method.clone() };
        let group = earlier.entry((reached, segments.len())).or_default();
        let message = group.iter().find(|first| covers(&first.segments, &segments)).map(|first| {
            let (other, named) = (first.index, format!("{} {}", first.method, first.path));
            if first.method == method && first.path == path {
                (Code::EndpointDuplicate, format!("`{at}` repeats `{named}` of `api.endpoints[{other}]`"))
            } else {
                let message = format!(
                    "`{method} {path}` is never chosen: `api.endpoints[{other}]` ({named}) \
                                       answers all its requests"
                );
                (Code::EndpointShadowed, message)
            }
        });
        if let Some((code, message)) = message {
            let help = match code {
                Code::EndpointDuplicate => "remove one of the two",
                _ => "declare the narrower path first, or remove it",
            };
            judge.value(node, code, message, help);
        }
        group.push(Earlier { index, method, path, segments });
    }
}

/// Whether every request `later` matches is matched by `first`.
fn covers(first: &[String], later: &[String]) -> bool {
    first.iter().zip(later).all(|(first, later)| first.starts_with(':') || first == later)
}

fn method(judge: &mut Judge, at: &str, endpoint: &Node) -> Option<String> {
    let node = endpoint.get("method")?;
    let written = node.as_str().filter(|text| !text.trim().is_empty())?;
    let method = written.trim().to_ascii_uppercase();
    match method.as_str() {
        "OPTIONS" => {
            let message = format!("`{at}` is an OPTIONS endpoint, which the gateway never calls");
            judge.value(node, Code::EndpointOptions, message, "remove it");
            None
        }
        "HEAD" => {
            let message = format!("`{at}` is a HEAD endpoint, which the gateway treats as GET");
            judge.value(node, Code::EndpointHead, message, "declare GET; it answers HEAD too");
            Some(method)
        }
        _ if METHODS.contains(&method.as_str()) => Some(method),
        _ => {
            let near = suggest::nearest(&method, METHODS.into_iter());
            let help = near.map_or_else(
                || "write GET, POST, PUT, PATCH or DELETE".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            judge.value(
                node,
                Code::EndpointMethod,
                format!("`{at}.method` is `{}`, no method", written.trim()),
                help,
            );
            None
        }
    }
}

/// The normalised path, when it is one.
fn path<'a>(judge: &mut Judge, at: &str, endpoint: &'a Node) -> Option<(&'a Node, String)> {
    let node = endpoint.get("path")?;
    let written = node.as_str().filter(|text| !text.trim().is_empty())?;
    if written.contains("..") {
        let message = format!("`{at}.path` is `{written}`, and publishing refuses `..`");
        judge.value(node, Code::PathParent, message, "write the path without it");
        return None;
    }
    if written.trim().contains(char::is_whitespace) {
        let message = format!("`{at}.path` is `{written}`, and publishing refuses blanks");
        judge.value(node, Code::EndpointPath, message, "write the path without blanks");
        return None;
    }
    if let Some(letter) = written.chars().find(|letter| matches!(letter, '?' | '#')) {
        let message = format!("`{at}.path` is `{written}`: `{letter}` is in no path the gateway compares");
        judge.value(
            node,
            Code::EndpointPath,
            message,
            "declare the path alone; the handler finds the query in its url",
        );
        return None;
    }
    let path = normalise(written.trim());
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    if let Some(part) = path.split('/').find(|part| is_no_pattern(part)) {
        let name = part.rsplit(':').next().unwrap_or(part);
        let name: String = name.chars().filter(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        let message = format!("`{part}` in `{path}` is taken literally");
        let help = if part.contains('*') {
            "there are no wildcards; declare each path, `:name` stands for one whole segment".to_owned()
        } else {
            format!("a parameter is a whole segment: `:{}`", if name.is_empty() { "name" } else { &name })
        };
        judge.value(node, Code::EndpointPattern, message, help);
    }
    Some((node, path))
}

/// Whether a segment looks like a pattern and is none.
fn is_no_pattern(segment: &str) -> bool {
    let inside = segment.strip_prefix(':').unwrap_or(segment);
    inside.contains(['{', '}', '*', ':']) || segment == ":"
}

fn handler(judge: &mut Judge, at: &str, endpoint: &Node) {
    let Some(node) = endpoint.get("handler") else { return };
    let Some(written) = node.as_str().filter(|text| !text.trim().is_empty()) else { return };
    if written.contains("..") {
        let message = format!("`{at}.handler` is `{written}`, and publishing refuses `..`");
        judge.value(node, Code::PathParent, message, "write `dist/main`");
    } else if normalise(written.trim()) != "dist/main" {
        let message =
            format!("`{at}.handler` is `{written}`, and the component's one `handler` is called anyway");
        judge.value(node, Code::EndpointHandler, message, "write `dist/main`");
    }
}
