//! The handler: called once for each request, in a fresh instance.

use alga::extension::types::{HttpHeader, UserError};
use alga::extension::{logging, user_v2};
use serde_json::{Value, json};

wit_bindgen::generate!({ world: "runner", path: "wit" });

/// Minutes a started block is rounded up to.
const BLOCK_MINUTES: u64 = 15;

struct Handler;
export!(Handler);

impl Guest for Handler {
    fn handler(request: ExecuteRequest) -> ExecuteResponse {
        let url = request.http.url.as_str();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        match (request.http.method.as_str(), path) {
            ("GET", "/hello") => hello(parameter(query, "greeting").unwrap_or_else(|| "Hello".into())),
            ("POST", "/time-entries/round") => round(request.http.body.as_deref().unwrap_or_default()),
            (method, path) => answer(404, &json!({ "error": format!("no endpoint {method} {path}") })),
        }
    }
}

fn hello(greeting: String) -> ExecuteResponse {
    match user_v2::get_user() {
        Ok(user) => {
            logging::log_info(&format!("greeting {}", user.user_id));
            let message = format!("{greeting}, {}!", user.user_name);
            answer(200, &json!({ "message": message, "company": user.client_name }))
        }
        Err(UserError::NotAvailable) => answer(400, &json!({ "error": "nobody is calling" })),
        Err(UserError::NotAllowed) => answer(403, &json!({ "error": "cap:user.read is not granted" })),
    }
}

fn round(body: &[u8]) -> ExecuteResponse {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match body["minutes"].as_u64() {
        Some(minutes) => {
            let billed = minutes.div_ceil(BLOCK_MINUTES).saturating_mul(BLOCK_MINUTES);
            answer(200, &json!({ "minutes": minutes, "billed": billed, "hours": billed as f64 / 60.0 }))
        }
        None => answer(400, &json!({ "error": "send {\"minutes\": <a whole number>}" })),
    }
}

/// A response with a JSON body.
fn answer(status: u16, body: &Value) -> ExecuteResponse {
    let content_type = HttpHeader { name: "content-type".into(), value: "application/json".into() };
    ExecuteResponse { status, headers: vec![content_type], body: Some(body.to_string().into_bytes()) }
}

/// The value of a query parameter, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    let mut decoded = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => u8::try_from(digit()? * 16 + digit()?).ok()?,
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}
