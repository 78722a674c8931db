//! One call as the gateway makes it, without a server: what `invoke` sends.

use super::access::{self, Refusal};
use super::forward::{self, Passed, Surface};
use super::gateway;
use crate::config::User;
use crate::host::Platform;
use crate::manifest::Manifest;
use crate::runner::{Outcome, Request, Response};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// In any case.
    pub method: String,
    /// The endpoint's path, with its query.
    pub target: String,
    /// In order.
    pub headers: Vec<(String, String)>,
    /// The gateway hands on an empty one where there is none, and none where the method only reads.
    pub body: Option<Vec<u8>>,
}

/// What the gateway makes of it.
#[derive(Debug)]
pub struct Prepared {
    /// What the handler is called with, or what the gateway answers by itself.
    pub request: Result<Request, Box<Outcome>>,
    /// The request's id: the one that was sent, or the one that was given.
    pub request_id: String,
    /// What it changed or why it refused, in sentences.
    pub warnings: Vec<String>,
}

/// Checks and writes a call as the gateway's proxy route does. A call without a user is a schedule's or a service's,
/// which nobody has to be allowed. Headers that would be dropped are kept and named, unless as in production.
pub fn prepare(
    asked: Asked,
    user: Option<&User>,
    manifest: &Manifest,
    platform: &Platform,
    request_id: String,
) -> Prepared {
    let mut warnings = Vec::new();
    let (sent, mut extra) = headers(&asked.headers, &mut warnings);
    let request_id = gateway::sent_id(&sent).unwrap_or(request_id);
    let request = pass(asked, user, manifest, platform, (&sent, &request_id), &mut warnings);
    if platform.is_as_production() {
        extra.clear();
    }
    let request = request.map_err(|refused| {
        warnings.push(refused.detail.clone());
        Box::new(answer(&refused))
    });
    let request = request.map(|mut request| {
        extra.retain(|(name, _)| !request.headers.iter().any(|(known, _)| known == name));
        extra.append(&mut request.headers);
        Request { headers: extra, ..request }
    });
    Prepared { request, request_id, warnings }
}

/// All headers that can be sent, and of those the ones the gateway drops.
fn headers(asked: &[(String, String)], warnings: &mut Vec<String>) -> (HeaderMap, Vec<(String, String)>) {
    let (mut sent, mut extra) = (HeaderMap::new(), Vec::new());
    for (name, value) in asked {
        let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        let (Ok(name), Ok(parsed)) = parsed else {
            warnings
                .push(format!("`{name}: {value}` is not sent: HTTP does not allow the name or the value"));
            continue;
        };
        if !Surface::Proxy.request_headers().contains(&name) {
            warnings.push(format!("the platform's gateway does not let `{name}` through"));
            extra.retain(|(known, _)| *known != name.as_str());
            extra.push((name.as_str().to_owned(), value.clone()));
        }
        sent.append(name, parsed);
    }
    (sent, extra)
}

fn pass(
    asked: Asked,
    user: Option<&User>,
    manifest: &Manifest,
    platform: &Platform,
    (headers, id): (&HeaderMap, &str),
    warnings: &mut Vec<String>,
) -> Result<Request, Refusal> {
    let ids = platform.ids();
    gateway::check_tenant(headers, &ids.tenant_id)?;
    let target = asked.target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = forward::path(Surface::Proxy, path);
    let (query, repeated) = forward::query(query);
    let has_body = asked.body.as_ref().is_some_and(|body| !body.is_empty());
    let overridden = forward::override_method(
        &asked.method.to_ascii_uppercase(),
        query,
        Some(asked.body.unwrap_or_default()),
    );
    let forward::Overridden { method, query, body } = overridden;
    match user {
        Some(user) => access::authorize(manifest, user, &method, &path)?,
        None => access::declared(manifest, &method, &path)?,
    }
    warnings.extend(repeated.iter().map(|key| format!("the gateway keeps one value of `{key}`: the last")));
    if has_body && forward::is_read(&method) {
        warnings.push(format!("the gateway drops the body of a {method}"));
    }
    gateway::check_envelope(Surface::Proxy, body.as_deref(), platform.is_as_production(), warnings)?;
    let passed = Passed { surface: Surface::Proxy, method, path: &path, query, headers, body, id, ids };
    Ok(passed.request(|| id.to_owned()))
}

/// What the gateway answers when it lets a call not through (contract/registry.md §5.3).
fn answer(refused: &Refusal) -> Outcome {
    Outcome::answered(Response {
        status: refused.status.as_u16(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Some(json!({ "error": refused.code }).to_string().into_bytes()),
    })
}
