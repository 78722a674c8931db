//! `POST /v1/execute`: the runner's own interface (contract/runner.md §3.1 to §3.6). The answer is always an
//! envelope with status 200 once the JSON could be read.

use super::events::{Event, RequestEvent, shorten};
use super::replays::{Found, Key, Replays};
use super::state::State;
use super::{answer, forward, gateway};
use crate::config::{Limits, User, UserType};
use crate::host::{Call, Ids};
use crate::manifest::Capability;
use crate::runner::{Failure, FailureKind, Outcome, Request};
use crate::serve::{self, Unread};
use axum::body::{Body, Bytes};
use axum::extract;
use axum::http::{HeaderMap, Response, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// The largest envelope (contract/runner.md §3.1).
pub(super) const MAX_ENVELOPE: usize = 2 * 1024 * 1024;
/// How long a caller may take to send a body.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest a call may be allowed.
const MAX_TIMEOUT_MS: u64 = 600_000;
/// The most memory a call may be allowed: all a 32-bit module can have.
const MAX_MEMORY_MB: u64 = 4096;

/// What is sent (contract/runner.md §3.2). Unknown members are ignored, as the platform does.
#[derive(Debug, Deserialize)]
struct Sent {
    context: Context,
    http: Http,
    #[serde(default)]
    limits: SentLimits,
    #[serde(default)]
    secret_envelope: Option<SecretEnvelope>,
    #[serde(default)]
    providers: Vec<String>,
    #[serde(default)]
    user: Option<SentUser>,
}

#[derive(Debug, Deserialize)]
struct Context {
    request_id: Option<String>,
    tenant_id: String,
    extension_id: String,
    install_id: Option<String>,
    content_hash: String,
    version_id: Option<String>,
    #[serde(default, rename = "config")]
    _config: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
    path: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body_b64: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct SentLimits {
    timeout_ms: Option<u64>,
    memory_mb: Option<u64>,
    fuel: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct SecretEnvelope {
    ciphertext_b64: String,
    algorithm: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SentUser {
    user_id: String,
    user_email: String,
    user_name: String,
    user_type: String,
    #[serde(default, alias = "company_name")]
    client_name: String,
    client_id: Option<String>,
    #[serde(default)]
    additional_fields: BTreeMap<String, String>,
}

/// What is answered (contract/runner.md §3.4).
#[derive(Debug, Serialize)]
struct Envelope {
    status: u16,
    headers: BTreeMap<String, String>,
    body_b64: Option<String>,
    error: Option<String>,
}

impl Envelope {
    fn failed(status: u16, error: impl Into<String>) -> Envelope {
        Envelope { status, headers: BTreeMap::new(), body_b64: None, error: Some(error.into()) }
    }

    fn of(outcome: &Outcome, as_production: bool) -> Envelope {
        match &outcome.result {
            Ok(guest) => Envelope {
                status: guest.status,
                headers: guest.headers.iter().cloned().collect(),
                body_b64: guest.body.as_ref().map(|body| STANDARD.encode(body)),
                error: None,
            },
            Err(failure) => {
                Envelope::failed(500, format!("execute_failed: {}", words(failure, as_production)))
            }
        }
    }
}

/// A failure's words; the platform gives the outermost line alone, which for a trap says nothing (§3.5).
fn words(failure: &Failure, as_production: bool) -> String {
    match failure.kind {
        FailureKind::Trap | FailureKind::Timeout if as_production => {
            "error while executing at wasm backtrace:".to_owned()
        }
        _ if as_production => failure.message.clone(),
        _ => answer::words(failure),
    }
}

/// Answers `POST /v1/execute`.
pub(super) async fn handle(state: extract::State<Arc<State>>, request: extract::Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    match read(&parts.headers, body).await {
        Ok((sent, bytes)) => answer(&state, &parts.headers, sent, &bytes).await,
        Err((status, words)) => super::ui::text(status, words),
    }
}

/// The envelope, and the bytes it was read from.
async fn read(headers: &HeaderMap, body: Body) -> Result<(Sent, Bytes), (StatusCode, String)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        let words = "Expected request with `Content-Type: application/json`".to_owned();
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, words));
    }
    let read = serve::read_body(body, MAX_ENVELOPE);
    let bytes = match tokio::time::timeout(BODY_TIMEOUT, read).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(Unread::TooLong)) => {
            let words = format!("the envelope is longer than {MAX_ENVELOPE} bytes");
            return Err((StatusCode::PAYLOAD_TOO_LARGE, words));
        }
        Ok(Err(Unread::Broken)) => return Err((StatusCode::BAD_REQUEST, "the envelope ended early".into())),
        Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "the envelope came too slowly".into())),
    };
    let sent = serde_json::from_slice(&bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            let words = format!("Failed to deserialize the JSON body into the target type: {error}");
            (StatusCode::UNPROCESSABLE_ENTITY, words)
        }
        _ => (StatusCode::BAD_REQUEST, format!("Failed to parse the request body as JSON: {error}")),
    })?;
    Ok((sent, bytes))
}

async fn answer(state: &State, headers: &HeaderMap, sent: Sent, bytes: &[u8]) -> Response<Body> {
    let started = Instant::now();
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        value.filter(|value| !value.is_empty())
    };
    let (Some(tenant), Some(extension)) = (text("x-alga-tenant"), text("x-alga-extension")) else {
        return respond(&Envelope::failed(400, "missing_routing_headers"));
    };
    let as_production = state.options.as_production;
    let mut seen = RequestEvent {
        id: gateway::request_id(headers),
        surface: "execute",
        method: shorten(sent.http.method.clone()),
        path: shorten(forward::url(&sent.http.path, &sent.http.query)),
        status: 0,
        duration_us: 0,
        user: sent.user.as_ref().map_or_else(|| "none".to_owned(), |user| shorten(user.user_id.clone())),
        error: None,
        detail: None,
        notes: Vec::new(),
        host_calls: Vec::new(),
    };
    let mut key = None;
    if let Some(named) = text("x-idempotency-key") {
        let install = sent.context.install_id.as_deref().unwrap_or_default();
        let scope = if as_production { ["", "", ""] } else { [tenant, extension, install] };
        let named = Key::of(scope, named, bytes, state.once_ready().await.digest);
        let found = lock(state).find(&named, as_production, started);
        match found {
            Found::Nothing => {}
            Found::Answer(answer, status) => {
                seen.notes.push("replayed: the answer to the first call with this `x-idempotency-key`".into());
                publish(state, seen, status, started, Vec::new());
                return envelope(answer);
            }
            Found::Other(why) => seen.notes.push(format!(
                "{why} since the first call with this `x-idempotency-key`; the platform repeats its answer all the same"
            )),
        }
        key = Some(named);
    }
    let mut events = Vec::new();
    let (answered, keep) = match call(state, sent, &mut seen).await {
        Ok(mut outcome) => {
            gateway::observe(state, &mut outcome, &mut seen, &mut events);
            (Envelope::of(&outcome, as_production), outcome.result.is_ok())
        }
        Err(failed) => (failed, false),
    };
    if let Some(error) = &answered.error {
        seen.error = error.split(':').next().map(str::to_owned);
        seen.detail = Some(shorten(error.clone()));
    }
    publish(state, seen, answered.status, started, events);
    let bytes = Bytes::from(serde_json::to_vec(&answered).unwrap_or_default());
    if let Some(key) = key.filter(|_| keep) {
        lock(state).keep(key, bytes.clone(), answered.status, started);
    }
    envelope(bytes)
}

/// Tells of a request after what it did.
fn publish(state: &State, mut seen: RequestEvent, status: u16, started: Instant, mut events: Vec<Event>) {
    seen.status = status;
    seen.duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    events.push(Event::Request(Box::new(seen)));
    state.events.publish_all(events);
}

async fn call(state: &State, sent: Sent, seen: &mut RequestEvent) -> Result<Outcome, Envelope> {
    let grants = grants(&sent.providers)
        .map_err(|unknown| Envelope::failed(400, format!("unknown_capabilities: {}", unknown.join(", "))));
    // The platform looks at them only once it has the bundle (contract/runner.md §3.5, §8 A18).
    let grants = if state.options.as_production { grants } else { Ok(grants?) };
    let hash = sent.context.content_hash.trim();
    if crate::bundle::Digest::parse(hash).is_none() {
        let words = "`context.content_hash` is no SHA-256: `sha256:` and 64 hex digits are wanted";
        return Err(Envelope::failed(502, format!("bundle_fetch_failed: {words}")));
    }
    let served = state.once_ready().await;
    let (Some(platform), Some(handler)) = (&served.platform, &served.handler) else {
        let refused = gateway::no_handler(&served);
        return Err(Envelope::failed(502, format!("bundle_fetch_failed: {}", refused.detail)));
    };
    let grants = Arc::new(grants?);
    let secrets = match sent.secret_envelope.as_ref().map(secrets) {
        None => Some(Arc::default()),
        Some(Some(secrets)) => Some(Arc::new(secrets)),
        Some(None) => return Err(Envelope::failed(500, "secret_decrypt_failed")),
    };
    let body = sent.http.body_b64.as_deref().map(|text| STANDARD.decode(text.trim())).transpose();
    let body =
        body.map_err(|error| Envelope::failed(500, format!("execute_failed: invalid body base64: {error}")))?;
    if sent.limits.fuel.is_some() {
        seen.notes.push("`limits.fuel` is ignored, as on the platform".into());
    }
    if sent.limits.timeout_ms.is_none() {
        if state.options.as_production {
            return Err(Envelope::failed(500, "execute_failed: error while executing at wasm backtrace:"));
        }
        seen.notes.push("without `limits.timeout_ms` every call traps at once on the platform".into());
    }
    let defaults = Limits::default();
    let limits = Limits {
        timeout_ms: sent.limits.timeout_ms.unwrap_or(defaults.timeout_ms).min(MAX_TIMEOUT_MS),
        memory_mb: sent.limits.memory_mb.unwrap_or(defaults.memory_mb).min(MAX_MEMORY_MB),
    };
    let ids = Arc::new(Ids {
        tenant_id: sent.context.tenant_id,
        extension_id: sent.context.extension_id,
        install_id: sent.context.install_id,
        version_id: sent.context.version_id,
    });
    let client_name = sent.user.as_ref().map(|user| user.client_name.clone());
    let user_type = sent.user.as_ref().map(|user| user.user_type.clone());
    let user = sent.user.map(user).map(Arc::new);
    let request_id = sent.context.request_id;
    let call = Call { request_id, ids, user, client_name, user_type, grants, limits, secrets };
    let request = Request {
        url: forward::url(&sent.http.path, &sent.http.query),
        method: sent.http.method,
        headers: sent.http.headers.into_iter().collect(),
        body,
    };
    Ok(handler.call(platform, call, request).await)
}

/// The capabilities of `providers` with the defaults, or the names nobody knows (contract/runner.md §2.2).
fn grants(providers: &[String]) -> Result<BTreeSet<Capability>, Vec<String>> {
    let names: BTreeSet<String> = providers.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let mut grants: BTreeSet<Capability> =
        Capability::ALL.into_iter().filter(|known| known.is_default()).collect();
    let mut unknown = Vec::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        match Capability::named(&name) {
            Some(capability) => drop(grants.insert(capability)),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() { Ok(grants) } else { Err(unknown) }
}

/// The secrets of an inline envelope; a vault is not within reach here (contract/runner.md §4.2).
fn secrets(envelope: &SecretEnvelope) -> Option<BTreeMap<String, String>> {
    let algorithm = envelope.algorithm.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
    if algorithm.starts_with("vault-transit") {
        return None;
    }
    let text = envelope.ciphertext_b64.trim();
    if text.is_empty() {
        return Some(BTreeMap::new());
    }
    serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()
}

fn user(sent: SentUser) -> User {
    User {
        id: sent.user_id,
        email: sent.user_email,
        name: sent.user_name,
        user_type: if sent.user_type == "client" { UserType::Client } else { UserType::Internal },
        client_id: sent.client_id,
        fields: sent.additional_fields,
        permissions: None,
    }
}

fn lock(state: &State) -> std::sync::MutexGuard<'_, Replays> {
    state.replays.lock().unwrap_or_else(PoisonError::into_inner)
}

fn respond(answered: &Envelope) -> Response<Body> {
    envelope(Bytes::from(serde_json::to_vec(answered).unwrap_or_default()))
}

fn envelope(bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    let kind = axum::http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_trimmed_lowered_and_judged() {
        let known = grants(&[" CAP:HTTP.FETCH ".into(), String::new()]).unwrap();
        assert!(known.contains(&Capability::HttpFetch) && known.len() == 4);
        assert_eq!(
            grants(&["http.fetch".into(), "cap:nope".into()]).unwrap_err(),
            ["cap:nope", "http.fetch"]
        );
    }

    #[test]
    fn inline_envelopes_open_and_others_do_not() {
        let envelope = |text: &str, algorithm: Option<&str>| SecretEnvelope {
            ciphertext_b64: text.into(),
            algorithm: algorithm.map(Into::into),
        };
        let inline = STANDARD.encode(r#"{"a":"b"}"#);
        assert_eq!(secrets(&envelope(&inline, Some("inline/base64"))).unwrap()["a"], "b");
        assert_eq!(secrets(&envelope(" ", None)).unwrap().len(), 0);
        assert!(secrets(&envelope(&inline, Some("Vault-Transit:v1"))).is_none());
        assert!(secrets(&envelope(&STANDARD.encode(r#"{"a":1}"#), None)).is_none());
        assert!(secrets(&envelope("!!", None)).is_none());
    }
}
