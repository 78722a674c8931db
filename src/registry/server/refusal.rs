//! Why a call is refused, and the envelope each family of routes says it in (contract/registry.md §3.3).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A refused call.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// None where the platform's outer layers answer: they know no codes.
    pub(super) code: Option<&'static str>,
    pub(super) message: String,
    pub(super) details: Option<Box<Value>>,
    /// `x-upload-proxy-why`.
    pub(super) why: Option<&'static str>,
    /// What the operator is told, and the client is not.
    pub(super) cause: Option<String>,
}

/// Which envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `/api/ext-bundles/*`: `{error, code, details?}`.
    Bundles,
    /// `/api/v1/*`: `{error: {code, message, details?}}`.
    V1,
    /// The runner's routes and the objects: `{error, code}`.
    Runner,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refusal {
        let message = message.into();
        Refusal { status, code: Some(code), message, details: None, why: None, cause: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// The registry's own failure: the client learns that, the operator learns why.
    pub(super) fn failed(code: &'static str, cause: impl std::fmt::Display) -> Refusal {
        let message = "the registry failed; its own output says why";
        let refusal = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, code, message);
        Refusal { cause: Some(cause.to_string()), ..refusal }
    }

    /// The answer of a layer that knows no codes.
    pub(super) fn plain(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { code: None, ..Refusal::new(status, "", message) }
    }

    pub(super) fn why(self, why: &'static str) -> Refusal {
        Refusal { why: Some(why), ..self }
    }

    pub(super) fn details(self, details: Value) -> Refusal {
        Refusal { details: Some(Box::new(details)), ..self }
    }

    /// The envelope of `family`.
    pub(super) fn answer(self, family: Family) -> Response {
        let message = self.message;
        let mut members = Map::new();
        if let Some(code) = self.code {
            members.insert("code".into(), code.into());
        }
        if let Some(details) = self.details {
            members.insert("details".into(), *details);
        }
        let body = match (family, self.code) {
            (_, None) => json!({ "error": message }),
            (Family::Bundles, Some(_)) if self.status == StatusCode::CONFLICT => {
                members.insert("message".into(), message.into());
                json!({ "success": false, "error": members })
            }
            (Family::V1, Some(_)) => {
                members.insert("message".into(), message.into());
                json!({ "error": members })
            }
            (Family::Bundles | Family::Runner, Some(_)) => {
                members.insert("error".into(), message.into());
                members.into()
            }
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(why) = self.why {
            response.headers_mut().insert("x-upload-proxy-why", HeaderValue::from_static(why));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Refusal {
        Refusal::failed("INTERNAL_ERROR", error)
    }
}
