//! One call: a fresh instance, its bounds, and what became of it.

use super::outcome::{Failure, FailureKind, Outcome, Request, Response};
use super::source::{self, Loaded};
use super::state::State;
use super::{Handler, MAX_BODY_BYTES, MAX_HEADER_BYTES, MAX_HEADERS};
use crate::host::bindings;
use crate::host::{Call, Host, Log, Platform, Stream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::{Store, Trap, UpdateDeadline, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// The longest a call may be allowed to take.
const MAX_TIMEOUT: Duration = Duration::from_hours(24);
/// Bytes of strings and lists that one host call may bring over, so that lists of overlapping strings cannot
/// ask the host for more memory than the guest has.
const MAX_LIFTED_BYTES: usize = 96 << 20;
/// Frames of a backtrace that are shown.
const MAX_FRAMES: usize = 12;

/// Where a call failed.
enum Error {
    /// Before the handler ran.
    Instantiate(wasmtime::Error),
    /// While it ran.
    Handle(wasmtime::Error),
    /// The time was up while the guest waited.
    Waited,
}

pub(super) async fn call(
    handler: &Handler,
    platform: &Arc<Platform>,
    call: Call,
    request: Request,
) -> Outcome {
    let Handler { inner, pre, script, .. } = handler;
    // A semaphore that is never closed always gives a permit.
    let _place = inner.places.acquire().await;
    let _running = inner.ticker.run();
    let started = Instant::now();
    let call = Arc::new(call);
    let timeout = Duration::from_millis(call.limits.timeout_ms.max(1)).min(MAX_TIMEOUT);
    let deadline = started + timeout;
    let memory = usize::try_from(call.limits.memory_mb.saturating_mul(1 << 20)).unwrap_or(usize::MAX);
    let host = Host::new(platform, &call);
    let ready = Loaded::take(handler, memory);
    let (mut store, ready, waiting) = match (ready, script) {
        (Some(Loaded { mut store, instance, .. }), _) => {
            store.data_mut().begin(host, memory);
            (store, Some(instance), None)
        }
        (None, None) => (Store::new(&inner.engine, State::new(host, memory)), None, None),
        (None, Some(script)) => {
            (Store::new(&inner.engine, State::loading(memory)), None, Some((script, host)))
        }
    };
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(MAX_LIFTED_BYTES);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if Instant::now() >= deadline { Ok(UpdateDeadline::Interrupt) } else { Ok(UpdateDeadline::Yield(1)) }
    });
    let request = execute_request(&call, request);
    let running = async {
        let instance = match (ready, waiting) {
            (Some(instance), _) => instance,
            (None, None) => pre.instantiate_async(&mut store).await.map_err(Error::Instantiate)?,
            (None, Some((script, host))) => {
                let instance = source::load(pre, &mut store, script).await.map_err(Error::Handle)?;
                store.data_mut().begin(host, memory);
                instance
            }
        };
        instance.call_handler(&mut store, &request).await.map_err(Error::Handle)
    };
    let result = match tokio::time::timeout_at(deadline.into(), running).await {
        Ok(result) => result,
        Err(_) => Err(Error::Waited),
    };
    let state = store.into_data();
    let (others, dropped) = state.stdio();
    let result = match result {
        Ok(response) => bounded(response),
        Err(error) => Err(failure(&error, &state, &others, timeout)),
    };
    let peak_memory = state.memory.used;
    let (host_calls, logs) = state.host.journal.finish(others, dropped);
    Outcome { result, duration: started.elapsed(), peak_memory, host_calls, logs }
}

fn execute_request(call: &Call, request: Request) -> bindings::ExecuteRequest {
    let headers = request.headers.into_iter().map(|(name, value)| bindings::HttpHeader { name, value });
    bindings::ExecuteRequest {
        context: bindings::ContextData {
            request_id: call.request_id.clone(),
            tenant_id: call.ids.tenant_id.clone(),
            extension_id: call.ids.extension_id.clone(),
            install_id: call.ids.install_id.clone(),
            version_id: call.ids.version_id.clone(),
        },
        http: bindings::HttpRequest {
            method: request.method,
            url: request.url,
            headers: headers.collect(),
            body: request.body,
        },
    }
}

/// The answer, unless it breaks a bound. The platform has none; what serves the answer needs one.
fn bounded(response: bindings::ExecuteResponse) -> Result<Response, Failure> {
    let output = |message: String| Err(Failure { kind: FailureKind::Output, message, detail: None });
    let body = response.body.as_ref().map_or(0, Vec::len);
    if body > MAX_BODY_BYTES {
        return output(format!("the response body has {body} bytes, at most {MAX_BODY_BYTES} are taken"));
    }
    let count = response.headers.len();
    if count > MAX_HEADERS {
        return output(format!("the response has {count} headers, at most {MAX_HEADERS} are taken"));
    }
    let bytes: usize = response.headers.iter().map(|header| header.name.len() + header.value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        return output(format!(
            "the response headers have {bytes} bytes, at most {MAX_HEADER_BYTES} are taken"
        ));
    }
    let headers = response.headers.into_iter().map(|header| (header.name, header.value)).collect();
    Ok(Response { status: response.status, headers, body: response.body })
}

/// Names the reason of a failed call.
fn failure(error: &Error, state: &State, written: &[Log], timeout: Duration) -> Failure {
    let (error, instantiating) = match error {
        Error::Instantiate(error) => (error, true),
        Error::Handle(error) => (error, false),
        Error::Waited => return timed_out(state, timeout, None),
    };
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        return timed_out(state, timeout, backtrace(error));
    }
    let words = last_words(state, written);
    if let Some(asked) = state.memory.refused.filter(|_| ran_out(trap, words.as_deref())) {
        let message = format!(
            "the memory limit of {} MiB was reached: the guest asked for {}",
            state.memory.limit >> 20,
            mebibytes(asked)
        );
        let detail = words.or_else(|| backtrace(error));
        return Failure { kind: FailureKind::Memory, message, detail };
    }
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        let message = format!("the handler ended its process with `exit({code})` instead of answering");
        return Failure { kind: FailureKind::Trap, message, detail: None };
    }
    let root = error.root_cause().to_string();
    if instantiating && trap.is_none() {
        let message = format!("the component could not be instantiated: {root}");
        return Failure { kind: FailureKind::Link, message, detail: None };
    }
    if trap.is_none() && root.contains("fuel allocated for hostcalls") {
        let message = format!("the guest passed more than {} in one call", mebibytes(MAX_LIFTED_BYTES));
        return Failure { kind: FailureKind::Output, message, detail: None };
    }
    let reason = match trap {
        Some(Trap::UnreachableCodeReached) => "`unreachable` was reached".to_owned(),
        Some(Trap::StackOverflow) => "the call stack is exhausted".to_owned(),
        _ => root.strip_prefix("wasm trap: ").unwrap_or(&root).to_owned(),
    };
    // The guest's own words say more than the instruction it died of.
    if let Some(words) = words {
        let first = words.lines().next().unwrap_or_default();
        let message = format!("the handler trapped: {}", first.strip_prefix("uncaught ").unwrap_or(first));
        return Failure { kind: FailureKind::Trap, message, detail: Some(words) };
    }
    let message = format!("the handler trapped: {reason}");
    Failure { kind: FailureKind::Trap, message, detail: backtrace(error) }
}

/// Whether a guest that was refused memory gave up for that reason: it says so, or dies as one does that cannot go on.
/// One that coped may fail of something else later.
fn ran_out(trap: Option<Trap>, words: Option<&str>) -> bool {
    match words {
        Some(words) => words.to_ascii_lowercase().contains("memory"),
        None => matches!(trap, None | Some(Trap::UnreachableCodeReached | Trap::MemoryOutOfBounds)),
    }
}

/// What the guest logged as an error right before, else the end of what it wrote to standard error.
fn last_words(state: &State, written: &[Log]) -> Option<String> {
    if let Some(words) = state.host.journal.last_words() {
        return Some(words.to_owned());
    }
    let errors = written.iter().filter(|log| log.stream == Stream::Stderr && !log.message.is_empty());
    let mut last: Vec<&str> = errors.rev().take(MAX_FRAMES).map(|log| log.message.as_str()).collect();
    last.reverse();
    (!last.is_empty()).then(|| last.join("\n"))
}

fn timed_out(state: &State, timeout: Duration, detail: Option<String>) -> Failure {
    let waiting = match state.host.journal.unfinished() {
        Some(call) => format!(", waiting for `{}.{}` ({})", call.interface, call.function, call.summary),
        None => String::new(),
    };
    let message = format!("the time limit of {} ms was reached{waiting}", timeout.as_millis());
    Failure { kind: FailureKind::Timeout, message, detail }
}

fn mebibytes(bytes: usize) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

/// The guest's innermost frames, a line each.
fn backtrace(error: &wasmtime::Error) -> Option<String> {
    let backtrace = error.downcast_ref::<WasmBacktrace>()?;
    let frames: Vec<String> = backtrace
        .frames()
        .iter()
        .take(MAX_FRAMES)
        .map(|frame| match frame.func_name() {
            Some(name) => format!("at {name}"),
            None => format!("at function {}", frame.func_index()),
        })
        .collect();
    (!frames.is_empty()).then(|| frames.join("\n"))
}
