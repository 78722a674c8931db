//! One call as the gateway makes it, without a server: what `invoke` sends.

use super::forward::{self, Surface};
use crate::host::Platform;
use crate::manifest::Manifest;
use crate::runner::{Outcome, Request, Response};

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// In any case.
    pub method: String,
    /// The endpoint's path, with its query.
    pub target: String,
    /// In order.
    pub headers: Vec<(String, String)>,
    /// None and empty differ.
    pub body: Option<Vec<u8>>,
}

/// What the gateway makes of it.
#[derive(Debug)]
pub struct Prepared {
    /// What the handler is called with, or what the gateway answers by itself.
    pub request: Result<Request, Box<Outcome>>,
    /// What it changed or why it refused, in sentences.
    pub warnings: Vec<String>,
}

/// Looks the endpoint up and writes query and headers as the gateway does. Headers it would drop are kept and
/// named, unless as in production.
pub fn prepare(asked: Asked, manifest: &Manifest, platform: &Platform, request_id: &str) -> Prepared {
    let target = asked.target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = format!("/{}", path.trim_start_matches('/'));
    let method = asked.method.to_ascii_uppercase();
    if manifest.endpoint(&method, &path).is_none() {
        let warnings = vec![not_declared(manifest, &method, &path)];
        return Prepared { request: Err(Box::new(refusal())), warnings };
    }
    let (pairs, repeated) = forward::query(query);
    let mut warnings: Vec<String> =
        repeated.iter().map(|key| format!("the gateway keeps one value of `{key}`: the last")).collect();
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in asked.headers {
        let name = name.to_ascii_lowercase();
        if !Surface::Proxy.request_headers().iter().any(|known| known == name.as_str()) {
            warnings.push(format!("the platform's gateway does not let `{name}` through"));
            if platform.is_as_production() {
                continue;
            }
        }
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value));
    }
    let ids = platform.ids();
    let mut own = vec![
        ("x-request-id", request_id),
        ("x-alga-tenant", ids.tenant_id.as_str()),
        ("x-alga-extension", ids.extension_id.as_str()),
    ];
    if method != "GET" {
        own.push(("x-idempotency-key", request_id));
    }
    for (name, value) in own {
        if !headers.iter().any(|(known, _)| known == name) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    let request = Request { url: forward::url(&path, pairs), method, headers, body: asked.body };
    Prepared { request: Ok(request), warnings }
}

fn not_declared(manifest: &Manifest, method: &str, path: &str) -> String {
    let declared =
        manifest.endpoints.iter().map(|endpoint| format!("`{} {}`", endpoint.method, endpoint.path));
    let declared: Vec<String> = declared.collect();
    let rest = if declared.is_empty() {
        "it declares none".to_owned()
    } else {
        format!("declared are {}", declared.join(", "))
    };
    format!("`{method} {path}` is no endpoint of manifest.json, so the gateway answers by itself; {rest}")
}

/// What the gateway answers when no endpoint fits (contract/runner.md §3.7).
fn refusal() -> Outcome {
    Outcome::answered(Response {
        status: 404,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Some(br#"{"error":"endpoint_not_found"}"#.to_vec()),
    })
}
