//! The host page: its files, what it has to know, the stream of events it follows.

use super::events::{Event, Record, shorten};
use super::state::{Served, State};
use super::ui;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The page runs its own scripts, frames its own extension and talks to its own server; nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// How often an idle stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// The largest violation report read.
const MAX_REPORT: usize = 64 * 1024;

/// The page's files: name, content type, text.
const FILES: [(&str, &str, &str); 10] = [
    ("page.css", "text/css", include_str!("page/page.css")),
    ("icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("main.js", "text/javascript", include_str!("page/main.js")),
    ("stage.js", "text/javascript", include_str!("page/stage.js")),
    ("bridge.js", "text/javascript", include_str!("page/bridge.js")),
    ("theme.js", "text/javascript", include_str!("page/theme.js")),
    ("activity.js", "text/javascript", include_str!("page/activity.js")),
    ("details.js", "text/javascript", include_str!("page/details.js")),
    ("console.js", "text/javascript", include_str!("page/console.js")),
    ("elements.js", "text/javascript", include_str!("page/elements.js")),
];

/// Answers `/` and the addresses the platform shows an extension at.
pub(super) async fn index() -> Response<Body> {
    let mut response = file("text/html; charset=utf-8", include_str!("page/index.html"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// Answers `/__alga/{name}`.
pub(super) async fn asset(Path(name): Path<String>) -> Response<Body> {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => file(kind, text),
        None => ui::empty(StatusCode::NOT_FOUND),
    }
}

fn file(kind: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Answers `/__alga/state`: what the page shows.
pub(super) async fn document(state: Shared<Arc<State>>) -> Response<Body> {
    let served = state.served();
    super::answer::json(StatusCode::OK, &describe(&state, &served))
}

fn describe(state: &State, served: &Served) -> Value {
    let manifest = &served.manifest;
    let ids = served.platform.as_ref().map(|platform| platform.ids());
    let ui = manifest.ui.as_ref();
    let users: Vec<Value> = served
        .users()
        .into_iter()
        .map(|(key, user)| {
            json!({
                "key": key, "name": user.name, "email": user.email, "type": user.user_type,
                "client_id": user.client_id,
            })
        })
        .collect();
    let endpoints: Vec<Value> = manifest
        .endpoints
        .iter()
        .map(|endpoint| json!({ "method": endpoint.method, "path": endpoint.path }))
        .collect();
    json!({
        "name": manifest.name,
        "publisher": manifest.publisher,
        "version": manifest.version,
        "folder": state.root.display().to_string(),
        "hash": state.is_ready().then_some(served.digest),
        "registry_id": ids.map(|ids| &ids.extension_id),
        "install_id": ids.and_then(|ids| ids.install_id.as_ref()),
        "tenant": ids.map(|ids| &ids.tenant_id),
        "tenant_name": served.config.tenant.name,
        "ready": state.is_ready(),
        "handler": served.handler.is_some(),
        "component": served.component,
        "ui": served.ui.as_ref().map(|ui| ui.len()),
        "menus": {
            "app": ui.and_then(|ui| ui.app_menu.as_ref()),
            "client_portal": ui.and_then(|ui| ui.client_portal_menu.as_ref()),
        },
        "endpoints": endpoints,
        "capabilities": served.platform.as_ref().map(|platform| platform.grants()),
        "users": users,
        "as_production": state.options.as_production,
        "watching": state.options.watch,
        "problem": served.problem,
    })
}

/// The number of the last event a listener saw.
#[derive(Debug, Default, Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

/// Answers `/__alga/events`: what was kept, then what happens, until the server ends.
pub(super) async fn events(
    state: Shared<Arc<State>>,
    headers: HeaderMap,
    after: Query<After>,
) -> Response<Body> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let (kept, receiver) = state.events.subscribe(last.unwrap_or(after.0.after));
    let follower = Follower { kept: kept.into(), receiver, ending: state.ending.subscribe() };
    let stream = stream::unfold(follower, |mut follower| async move {
        let chunk = follower.next().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(chunk), follower))
    });
    let mut response = Response::new(Body::from_stream(stream));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

struct Follower {
    kept: VecDeque<Arc<Record>>,
    receiver: Receiver<Arc<Record>>,
    ending: tokio::sync::watch::Receiver<bool>,
}

impl Follower {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(record) = self.kept.pop_front() {
            return Some(line(&record));
        }
        tokio::select! {
            received = self.receiver.recv() => match received {
                Ok(record) => Some(line(&record)),
                Err(RecvError::Lagged(missed)) => Some(Bytes::from(format!("event: missed\ndata: {missed}\n\n"))),
                Err(RecvError::Closed) => None,
            },
            () = tokio::time::sleep(HEARTBEAT) => Some(Bytes::from_static(b": alive\n\n")),
            _ = self.ending.wait_for(|ending| *ending) => None,
        }
    }
}

fn line(record: &Record) -> Bytes {
    let document = json!({ "number": record.number, "at_ms": record.at_ms, "what": record.event });
    Bytes::from(format!("id: {}\ndata: {document}\n\n", record.number))
}

/// Answers `/__alga/csp`: what the browser reports that the extension's policy blocked.
pub(super) async fn report(state: Shared<Arc<State>>, body: Body) -> Response<Body> {
    let read = tokio::time::timeout(HEARTBEAT, axum::body::to_bytes(body, MAX_REPORT)).await;
    let report: Option<Value> =
        read.ok().and_then(Result::ok).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(report) = report.as_ref().and_then(|report| report.get("csp-report")) {
        let text =
            |key: &str| shorten(report.get(key).and_then(Value::as_str).unwrap_or_default().to_owned());
        let place = report.get("line-number").and_then(Value::as_u64).map(|line| format!(":{line}"));
        state.events.publish(Event::CspBlocked {
            blocked: text("blocked-uri"),
            directive: text("effective-directive"),
            source: format!("{}{}", in_project(&text("source-file")), place.unwrap_or_default()),
        });
    }
    ui::empty(StatusCode::NO_CONTENT)
}

/// The project's name for an address below `/ext-ui/<id>/<hash>/`.
fn in_project(address: &str) -> String {
    let below = address.split_once("/ext-ui/").and_then(|(_, rest)| rest.splitn(3, '/').nth(2));
    below.map_or_else(|| address.to_owned(), |path| format!("ui/{}", path.split('?').next().unwrap_or(path)))
}

/// Answers `/ext-ui/{id}/{hash}/{path}` (contract/runner.md §5).
pub(super) async fn extension_ui(
    state: Shared<Arc<State>>,
    Path((id, hash, path)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    let served = state.once_ready().await;
    let hex = hash.strip_prefix("sha256:").unwrap_or_default();
    if hex.is_empty() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return ui::text(StatusCode::BAD_REQUEST, "invalid content hash".into());
    }
    let not_found = |words: String| {
        if state.options.as_production {
            ui::empty(StatusCode::NOT_FOUND)
        } else {
            ui::text(StatusCode::NOT_FOUND, words)
        }
    };
    if !served.is_named(&id) {
        return not_found(format!(
            "no extension `{id}` is installed here; this is `{}`",
            served.manifest.name
        ));
    }
    if !served.digest.hex().eq_ignore_ascii_case(hex) {
        let now = served.digest;
        return not_found(format!(
            "`{hash}` is not served any more: each change has its own hash, now `{now}`"
        ));
    }
    match &served.ui {
        Some(files) => files.answer(&path, &headers, state.options.as_production),
        None => not_found("the extension has no UI: there is no `ui/` folder".into()),
    }
}

/// Answers everything else.
pub(super) async fn nowhere() -> Response<Body> {
    ui::text(StatusCode::NOT_FOUND, "there is nothing here; the host page is at `/`".into())
}
