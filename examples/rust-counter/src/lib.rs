//! Counters that many requests may raise at once without losing a count.

use alga::extension::storage;
use alga::extension::types::{HttpHeader, StorageEntry, StorageError};

wit_bindgen::generate!({ world: "runner", path: "../../wit" });

const NAMESPACE: &str = "counters";
/// How often a raise is tried again when another request came between.
const ATTEMPTS: usize = 5;
const NAME_LIMIT: usize = 64;

struct Handler;
export!(Handler);

impl Guest for Handler {
    fn handler(request: ExecuteRequest) -> ExecuteResponse {
        let path = request.http.url.split('?').next().unwrap_or_default();
        let outcome = match (request.http.method.as_str(), path.strip_prefix("/counters")) {
            ("GET", Some("")) => list(),
            ("GET", Some(rest)) => name(rest).and_then(|name| read(name)),
            ("POST", Some(rest)) => name(rest).and_then(|name| raise(name)),
            _ => Err((404, "no such endpoint")),
        };
        match outcome {
            Ok(body) => answer(200, body),
            Err((status, reason)) => answer(status, format!("{{\"error\":\"{reason}\"}}")),
        }
    }
}

/// A status, and why.
type Failure = (u16, &'static str);

/// The counter's name: letters that need no escaping in JSON.
fn name(rest: &str) -> Result<&str, Failure> {
    let name = rest.trim_matches('/');
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if plain && (1..=NAME_LIMIT).contains(&name.len()) {
        Ok(name)
    } else {
        Err((400, "a name has 1 to 64 letters, digits, - or _"))
    }
}

fn list() -> Result<String, Failure> {
    let entries = storage::list_entries(NAMESPACE, None).map_err(failure)?;
    let counters: Vec<String> =
        entries.iter().map(|entry| counter(&entry.key, count(&entry.value))).collect();
    Ok(format!("{{\"counters\":[{}]}}", counters.join(",")))
}

fn read(name: &str) -> Result<String, Failure> {
    let entry = storage::get(NAMESPACE, name).map_err(failure)?;
    Ok(counter(name, count(&entry.value)))
}

/// Reads, adds one, writes if nobody wrote since, and begins again if somebody did.
fn raise(name: &str) -> Result<String, Failure> {
    for _ in 0..ATTEMPTS {
        let (before, revision) = match storage::get(NAMESPACE, name) {
            Ok(entry) => (count(&entry.value), entry.revision),
            Err(StorageError::Missing) => (0, None),
            Err(error) => return Err(failure(error)),
        };
        let after = before.saturating_add(1);
        let value = after.to_string().into_bytes();
        let entry = StorageEntry { namespace: NAMESPACE.into(), key: name.into(), value, revision };
        match storage::put(&entry) {
            Ok(_) => return Ok(counter(name, after)),
            Err(StorageError::Conflict) => {}
            Err(error) => return Err(failure(error)),
        }
    }
    Err((409, "too many requests raise this counter at once"))
}

fn count(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn counter(name: &str, count: u64) -> String {
    format!("{{\"name\":\"{name}\",\"count\":{count}}}")
}

fn failure(error: StorageError) -> Failure {
    match error {
        StorageError::Missing => (404, "no such counter"),
        StorageError::Conflict => (409, "somebody else wrote it"),
        StorageError::Denied => (403, "cap:storage.kv is not granted, or storage is full"),
        StorageError::Internal => (500, "storage failed"),
    }
}

fn answer(status: u16, body: String) -> ExecuteResponse {
    let content_type = HttpHeader { name: "content-type".into(), value: "application/json".into() };
    ExecuteResponse { status, headers: vec![content_type], body: Some(body.into_bytes()) }
}
