//! What goes into a call and what comes out of it.

use crate::host::{HostCall, Level, Log};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The request the handler is called with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Verbatim.
    pub method: String,
    /// Path and query.
    pub url: String,
    /// In order, names as written.
    pub headers: Vec<(String, String)>,
    /// None and empty differ.
    pub body: Option<Vec<u8>>,
}

/// What the handler answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Verbatim, even when it is no HTTP status.
    pub status: u16,
    /// In order, with repeats.
    pub headers: Vec<(String, String)>,
    /// None and empty differ.
    pub body: Option<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// One line.
    pub message: String,
    /// More lines: the guest's last words, the backtrace.
    pub detail: Option<String>,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The time was up.
    Timeout,
    /// The memory was up.
    Memory,
    /// The guest gave up.
    Trap,
    /// The component could not be instantiated.
    Link,
    /// The answer breaks a bound.
    Output,
}

/// One call, with all it did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The answer, or why there is none.
    pub result: Result<Response, Failure>,
    /// From before the instance was made until after it was gone.
    pub duration: Duration,
    /// The most linear memory it had, in bytes.
    pub peak_memory: usize,
    /// What it asked the host.
    pub host_calls: Vec<HostCall>,
    /// What it said.
    pub logs: Vec<Log>,
}

impl Failure {
    /// What to do.
    pub fn hint(&self) -> Option<String> {
        let text = match self.kind {
            FailureKind::Timeout => {
                "`limits.timeout_ms` of the platform data sets the time; the gateway gives 30000"
            }
            FailureKind::Memory => {
                "`limits.memory_mb` of the platform data sets the memory; the platform gives 256"
            }
            FailureKind::Link => {
                "`alga-ext build` and `alga-ext inspect dist/main.wasm` say what the component wants"
            }
            FailureKind::Trap | FailureKind::Output => return None,
        };
        Some(text.into())
    }
}

impl Outcome {
    /// An answer that no guest was asked for.
    pub fn answered(response: Response) -> Outcome {
        Outcome {
            result: Ok(response),
            duration: Duration::ZERO,
            peak_memory: 0,
            host_calls: Vec::new(),
            logs: Vec::new(),
        }
    }
}

impl Outcome {
    /// Rewrites what the guest said of errors: its error lines, and the details of a failure.
    pub fn rewrite(&mut self, rewritten: impl Fn(&str) -> String) {
        for log in self.logs.iter_mut().filter(|log| log.level == Level::Error) {
            log.message = rewritten(&log.message);
        }
        if let Err(Failure { detail: Some(detail), .. }) = &mut self.result {
            *detail = rewritten(detail);
        }
    }

    /// The whole call as JSON: `status`, `headers`, `body` or `body_base64` (when it is no text), `duration_us`,
    /// `peak_memory`, `host_calls`, `logs`, `error`.
    pub fn document(&self) -> Value {
        let mut document = Map::new();
        let response = self.result.as_ref().ok();
        document.insert("status".into(), json!(response.map(|response| response.status)));
        // The runner folds headers into a map: the last of a name wins (contract/runner.md §3.4).
        let headers = response.into_iter().flat_map(|response| &response.headers);
        let headers = headers.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        document.insert("headers".into(), Value::Object(headers.collect()));
        let body = response.and_then(|response| response.body.as_deref());
        match body.map(|body| std::str::from_utf8(body).map_err(|_| body)) {
            Some(Err(bytes)) => document.insert("body_base64".into(), STANDARD.encode(bytes).into()),
            Some(Ok(text)) => document.insert("body".into(), text.into()),
            None => document.insert("body".into(), Value::Null),
        };
        let micros = u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX);
        document.insert("duration_us".into(), micros.into());
        document.insert("peak_memory".into(), self.peak_memory.into());
        document.insert("host_calls".into(), json!(self.host_calls));
        document.insert("logs".into(), json!(self.logs));
        document.insert("error".into(), json!(self.result.as_ref().err()));
        Value::Object(document)
    }
}
