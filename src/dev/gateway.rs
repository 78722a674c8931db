//! `/api/ext/…` and `/api/ext-proxy/…`: the checks, the call, and the answer as the platform's gateway gives it
//! (contract/registry.md §5, contract/runner.md §3.7).

use super::access::{self, Refusal};
use super::answer;
use super::events::{Event, RequestEvent, shorten};
use super::execute::{BODY_TIMEOUT, MAX_ENVELOPE};
use super::forward::{self, Passed, Surface};
use super::state::{self, Served, State};
use crate::runner::{Log, Outcome};
use crate::serve::{self, Unread};
use axum::body::{Body, HttpBody};
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts,
};
use serde_json::json;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, PoisonError};
use std::time::Instant;

/// The largest body the gateway takes (contract/registry.md §5.1).
const MAX_BODY: usize = 10 * 1024 * 1024;
const TENANT: HeaderName = HeaderName::from_static("x-alga-tenant");
const TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");

/// The surface a path belongs to: `/api/ext/<id>…` or `/api/ext-proxy/<id>…`.
pub(super) fn surface(path: &str) -> Option<Surface> {
    let surfaces = [("/api/ext/", Surface::Direct), ("/api/ext-proxy/", Surface::Proxy)];
    let (id, surface) =
        surfaces.into_iter().find_map(|(prefix, surface)| Some((path.strip_prefix(prefix)?, surface)))?;
    (!id.is_empty() && !id.starts_with('/')).then_some(surface)
}

/// A refusal's JSON: the platform's code, and our words where there are any.
pub(super) fn refusal(status: StatusCode, code: &str, detail: Option<&str>) -> Response<Body> {
    let document = match detail {
        Some(detail) => json!({ "error": code, "detail": detail }),
        None => json!({ "error": code }),
    };
    answer::json(status, &document)
}

/// Answers a call of the extension.
pub(super) async fn handle(state: &State, surface: Surface, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let (id, path) = address(surface, parts.uri.path());
    let mut seen = RequestEvent {
        id: request_id(&parts.headers),
        surface: surface.as_str(),
        method: parts.method.as_str().to_owned(),
        path: path.clone(),
        status: 0,
        duration_us: 0,
        user: state::persona(&parts.headers),
        error: None,
        detail: None,
        notes: Vec::new(),
        host_calls: Vec::new(),
    };
    if parts.method == Method::OPTIONS {
        return preflight(surface);
    }
    let asked = Asked { surface, id, path, parts, body };
    let mut events = Vec::new();
    let response = match answer(state, asked, &mut seen, &mut events).await {
        Ok(response) => response,
        Err(refused) => {
            seen.error = Some(refused.code.to_owned());
            seen.detail = Some(refused.detail.clone());
            let detail = (!state.options.as_production).then_some(refused.detail.as_str());
            let mut response = refusal(refused.status, refused.code, detail);
            if let Some(seconds) = refused.retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    };
    seen.status = response.status().as_u16();
    seen.duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    (seen.path, seen.user) = (shorten(seen.path), shorten(seen.user));
    events.push(Event::Request(Box::new(seen)));
    state.events.publish_all(events);
    response
}

/// A request as it came, its address taken apart.
struct Asked {
    surface: Surface,
    id: String,
    path: String,
    parts: Parts,
    body: Body,
}

async fn answer(
    state: &State,
    asked: Asked,
    seen: &mut RequestEvent,
    events: &mut Vec<Event>,
) -> Result<Response<Body>, Refusal> {
    let Asked { surface, id, path, parts, body } = asked;
    let served = state.once_ready().await;
    let Some(platform) = served.platform.clone() else {
        let detail = served.problem.clone().unwrap_or_else(|| "the platform data could not be read".into());
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "access_policy_unavailable", detail));
    };
    let Some(user) = served.user(&seen.user) else {
        let detail =
            format!("nobody is signed in (`{}`): choose a user on the host page", shorten(seen.user.clone()));
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail));
    };
    seen.user.clone_from(&user.id);
    let ids = platform.ids();
    check_tenant(&parts.headers, &ids.tenant_id)?;
    if !served.is_named(&id) {
        let detail = format!(
            "no extension `{id}` is installed here; this is `{}`, registry id `{}`",
            served.manifest.name, ids.extension_id
        );
        return Err(Refusal::new(StatusCode::NOT_FOUND, "extension_not_available", detail));
    }
    let sent = forward::query(parts.uri.query().unwrap_or_default());
    let (method, query, body) = match surface {
        Surface::Direct => {
            access::authorize(&served.manifest, &user, &seen.method, &path)?;
            (seen.method.clone(), sent.0, Some(read(body).await?))
        }
        Surface::Proxy => {
            let body = read(body).await?;
            let overridden = forward::override_method(&seen.method, sent.0, Some(body));
            seen.method.clone_from(&overridden.method);
            access::authorize(&served.manifest, &user, &overridden.method, &path)?;
            (overridden.method, overridden.query, overridden.body)
        }
    };
    for key in sent.1 {
        seen.notes.push(format!("the query repeats `{key}`: only the last value reaches the handler"));
    }
    if state.options.as_production {
        state.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())?;
    }
    check_envelope(surface, body.as_deref(), state.options.as_production, &mut seen.notes)?;
    let (headers, id) = (&parts.headers, seen.id.as_str());
    let passed = Passed { surface, method, path: &path, query, headers, body, id, ids };
    let request = passed.request(new_id);
    seen.path.clone_from(&request.url);
    let handler = served.handler.as_ref().ok_or_else(|| no_handler(&served))?;
    let call = platform.call(Some(user), Some(seen.id.clone()));
    let mut outcome = handler.call(&platform, call, request).await;
    observe(state, &mut outcome, seen, events);
    Ok(answer::of(surface, outcome.result, state.options.as_production, seen))
}

/// Takes a call's logs, to be told of before its request, and its host calls for the request's event. Errors get lines of
/// the source.
pub(super) fn observe(
    state: &State,
    outcome: &mut Outcome,
    seen: &mut RequestEvent,
    events: &mut Vec<Event>,
) {
    outcome.rewrite(|text| crate::build::javascript::quote(text, &state.root));
    let logs = std::mem::take(&mut outcome.logs).into_iter();
    events.extend(logs.map(|Log { level, stream, message, .. }| Event::Log {
        request_id: seen.id.clone(),
        level: level.as_str(),
        stream: stream.as_str(),
        message,
    }));
    seen.host_calls = std::mem::take(&mut outcome.host_calls);
}

/// Takes `/api/ext/<id>/<path>` apart.
fn address(surface: Surface, path: &str) -> (String, String) {
    let rest = path.trim_start_matches('/').splitn(3, '/').nth(2).unwrap_or_default();
    let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
    (state::decode(id), forward::path(surface, path))
}

/// The caller's request id, or a new one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    sent_id(headers).unwrap_or_else(new_id)
}

/// The caller's request id.
pub(super) fn sent_id(headers: &HeaderMap) -> Option<String> {
    let sent = headers.get(forward::REQUEST_ID).and_then(|value| value.to_str().ok());
    let sent = sent.map(str::trim).filter(|id| !id.is_empty() && id.len() <= 200);
    sent.map(str::to_owned)
}

/// A UUID nobody else has. It names a request and guards nothing, so the system is asked for randomness only once.
fn new_id() -> String {
    static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let (high, low) = (SECRET.hash_one((count, 0)), SECRET.hash_one((count, 1)));
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Refuses a caller that names another tenant than the session's.
pub(super) fn check_tenant(headers: &HeaderMap, tenant: &str) -> Result<(), Refusal> {
    for name in [TENANT, TENANT_ID] {
        let sent = headers.get(&name).map(|value| value.to_str().unwrap_or_default());
        if sent.is_some_and(|sent| sent != tenant) {
            let detail = format!("the header `{name}` names another tenant than the session's, `{tenant}`");
            return Err(Refusal::new(StatusCode::FORBIDDEN, "tenant_mismatch", detail));
        }
    }
    Ok(())
}

/// Reads a body; one that is not there is empty.
async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    if body.is_end_stream() {
        return Ok(Vec::new());
    }
    match tokio::time::timeout(BODY_TIMEOUT, serve::read_body(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(Unread::TooLong)) => {
            let detail = format!("the gateway takes {MAX_BODY} bytes at most");
            Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail))
        }
        Ok(Err(Unread::Broken)) => {
            Err(Refusal::new(StatusCode::BAD_REQUEST, "bad_request", "the body ended early"))
        }
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "bad_request", "the body came too slowly")),
    }
}

/// A body the gateway takes may still be too large for the runner behind it.
pub(super) fn check_envelope(
    surface: Surface,
    body: Option<&[u8]>,
    as_production: bool,
    notes: &mut Vec<String>,
) -> Result<(), Refusal> {
    let length = body.map_or(0, <[u8]>::len);
    if length.div_ceil(3).saturating_mul(4) < MAX_ENVELOPE - 4096 {
        return Ok(());
    }
    let detail = format!("the platform's runner refuses a body of {length} bytes: about 1.5 MB is its bound");
    if !as_production {
        notes.push(detail);
        return Ok(());
    }
    let status = match surface {
        Surface::Direct => StatusCode::BAD_GATEWAY,
        Surface::Proxy => StatusCode::PAYLOAD_TOO_LARGE,
    };
    Err(Refusal::new(status, "bad_gateway", detail))
}

/// The refusal when there is nothing to call.
pub(super) fn no_handler(served: &Served) -> Refusal {
    match &served.problem {
        Some(problem) => Refusal::new(StatusCode::BAD_GATEWAY, "build_failed", problem.clone()),
        None => Refusal::new(
            StatusCode::BAD_GATEWAY,
            "bundle_fetch_failed",
            "the extension has no handler: there is no `dist/main.wasm` and nothing to build it from",
        ),
    }
}

/// The answer to OPTIONS. No origin is named: other sites have no business here.
fn preflight(surface: Surface) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let age = match surface {
        Surface::Direct => "180",
        Surface::Proxy => "120",
    };
    for (name, value) in [
        ("access-control-allow-methods", "GET,POST,PUT,PATCH,DELETE,OPTIONS"),
        ("access-control-allow-headers", "content-type,x-request-id"),
        ("access-control-max-age", age),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_with_an_extension_belongs_to_a_surface() {
        for (path, expected) in [
            ("/api/ext/a", Some(Surface::Direct)),
            ("/api/ext-proxy/a/b", Some(Surface::Proxy)),
            ("/api/ext/", None),
            ("/api/ext//a", None),
            ("/api/extra/a", None),
            ("/v1/execute", None),
        ] {
            assert_eq!(surface(path), expected, "{path}");
        }
    }

    #[test]
    fn the_address_is_the_extension_and_its_path() {
        for (surface, path, id, rest) in [
            (Surface::Direct, "/api/ext/a", "a", "/"),
            (Surface::Direct, "/api/ext/a/", "a", "/"),
            (Surface::Direct, "/api/ext/com.acme%2Ea/x//y", "com.acme.a", "/x//y"),
            (Surface::Proxy, "/api/ext-proxy/a/x//y/", "a", "/x/y"),
            (Surface::Proxy, "/api/ext-proxy/a/%2e%2e", "a", "/%2e%2e"),
        ] {
            assert_eq!(address(surface, path), (id.to_owned(), rest.to_owned()), "{path}");
        }
    }
}
