//! What came of a call, as `invoke` says it: what the guest wrote cannot take hold of the terminal, but for the body,
//! which is the answer and stays as it is.

use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{plain, plain_lines};
use crate::runner::{self, Failure, Outcome, Response};
use std::fmt::Write;

/// The answer on standard output, what happened on the way on standard error.
pub(super) fn show(outcome: &Outcome, session: &Session) -> Result<Exit, Error> {
    let output = &session.output;
    if output.is_json() {
        output.data(&outcome.document(), String::new)?;
        return Ok(if outcome.result.is_ok() { Exit::Done } else { Exit::AtFault });
    }
    for call in &outcome.host_calls {
        let line = format!("{}.{} {} → {}", call.interface, call.function, call.summary, call.outcome);
        output.detail(&format!("{} ({} µs)", plain(&line), call.duration_us));
    }
    for log in &outcome.logs {
        let message = plain_lines(&log.message);
        output.say(&format!("[{} {}] {message}", log.stream.as_str(), log.level.as_str()));
    }
    match &outcome.result {
        Ok(response) => {
            output.raw(&text(response))?;
            output.detail(&format!("answered in {} µs", outcome.duration.as_micros()));
            Ok(Exit::Done)
        }
        Err(failure) => {
            // Last words are among the log lines already.
            let is_said = |detail: &&String| !outcome.logs.iter().any(|log| log.message == **detail);
            output.say(&plain_lines(failure.detail.as_ref().filter(is_said).map_or("", String::as_str)));
            let message = plain_lines(&failure.message);
            Err(runner::Error::Call(Failure { message, ..failure.clone() }).into())
        }
    }
}

/// Status line, headers, an empty line and the body, which ends its last line if it is text.
fn text(response: &Response) -> Vec<u8> {
    let mut head = format!("HTTP {}\n", response.status);
    for (name, value) in &response.headers {
        // Writing to a string cannot fail.
        let _ = writeln!(head, "{}: {}", plain(name), plain(value));
    }
    head.push('\n');
    let mut bytes = head.into_bytes();
    let body = response.body.as_deref().unwrap_or_default();
    bytes.extend_from_slice(body);
    if !body.is_empty() && !body.ends_with(b"\n") && std::str::from_utf8(body).is_ok() {
        bytes.push(b'\n');
    }
    bytes
}
