//! From what the handler did to what the caller gets.

use super::events::{RequestEvent, shorten};
use super::forward::{self, Surface};
use crate::runner::{Failure, FailureKind, Response as Guest};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// What the platform's runner writes on everything (contract/runner.md §5.6).
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A JSON answer.
pub(super) fn json(status: StatusCode, document: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(document.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The gateway's answer to a call; what was dropped or differs is noted in `seen`.
pub(super) fn of(
    surface: Surface,
    result: Result<Guest, Failure>,
    as_production: bool,
    seen: &mut RequestEvent,
) -> Response<Body> {
    match result {
        Ok(guest) => of_guest(surface, guest, as_production, seen),
        Err(failure) => of_failure(&failure, as_production, seen),
    }
}

fn of_guest(surface: Surface, guest: Guest, as_production: bool, seen: &mut RequestEvent) -> Response<Body> {
    let Some(status) = StatusCode::from_u16(guest.status).ok().filter(|_| (200..600).contains(&guest.status))
    else {
        let detail =
            format!("the handler answered status {}, which is none between 200 and 599", guest.status);
        seen.error = Some("invalid_status".into());
        seen.detail = Some(detail.clone());
        return if as_production {
            json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "access_policy_unavailable" }))
        } else {
            json(StatusCode::BAD_GATEWAY, &json!({ "error": "invalid_status", "detail": detail }))
        };
    };
    let (kept, dropped) = forward::response_headers(surface, &guest.headers);
    if !dropped.is_empty() {
        seen.notes.push(format!("the gateway drops these response headers: {}", dropped.join(", ")));
    }
    let bodiless = matches!(guest.status, 204 | 205 | 304);
    if bodiless && guest.body.as_ref().is_some_and(|body| !body.is_empty()) {
        seen.notes.push(format!("status {} carries no body; the handler's was dropped", guest.status));
    }
    let body = guest.body.filter(|_| !bodiless).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if as_production && surface == Surface::Direct {
        // The platform filters the runner's own headers here, not the handler's (contract/runner.md §8 A2).
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
        return response;
    }
    if surface == Surface::Direct && !kept.is_empty() {
        seen.notes.push(
            "on the platform `/api/ext` loses the handler's headers and answers `application/json`, cached for a year"
                .into(),
        );
    }
    for (name, value) in kept {
        match HeaderValue::from_str(&value) {
            Ok(value) => drop(headers.insert(name, value)),
            Err(_) => {
                seen.notes.push(format!("the header `{name}` holds a control character and was dropped"));
            }
        }
    }
    response
}

fn of_failure(failure: &Failure, as_production: bool, seen: &mut RequestEvent) -> Response<Body> {
    let (status, code) = match failure.kind {
        FailureKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "gateway_timeout"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "execute_failed"),
    };
    seen.error = Some(code.to_owned());
    seen.detail = Some(shorten(words(failure)));
    if as_production {
        return match failure.kind {
            FailureKind::Timeout => {
                json(StatusCode::BAD_GATEWAY, &json!({ "error": "bad_gateway", "requestId": seen.id }))
            }
            // The runner's words are lost on the way (contract/runner.md §8 A25).
            _ => super::ui::empty(StatusCode::INTERNAL_SERVER_ERROR),
        };
    }
    let document = json!({
        "error": code,
        "kind": failure.kind,
        "detail": words(failure),
        "request_id": seen.id,
    });
    json(status, &document)
}

/// A failure in one text.
pub(super) fn words(failure: &Failure) -> String {
    match &failure.detail {
        Some(detail) => format!("{}\n{detail}", failure.message),
        None => failure.message.clone(),
    }
}
