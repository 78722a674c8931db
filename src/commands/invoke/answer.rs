//! What came of a call, as `invoke` says it.

use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::runner::{self, Outcome};

/// The answer on standard output, what happened on the way on standard error.
pub(super) fn show(outcome: &Outcome, session: &Session) -> Result<Exit, Error> {
    let output = &session.output;
    if output.is_json() {
        output.data(&outcome.document(), String::new)?;
        return Ok(if outcome.result.is_ok() { Exit::Done } else { Exit::AtFault });
    }
    for call in &outcome.host_calls {
        let line = format!("{}.{} {} → {}", call.interface, call.function, call.summary, call.outcome);
        output.detail(&format!("{line} ({} µs)", call.duration_us));
    }
    for log in &outcome.logs {
        output.say(&format!("[{} {}] {}", log.stream.as_str(), log.level.as_str(), log.message));
    }
    match &outcome.result {
        Ok(response) => {
            output.raw(&response.text())?;
            output.detail(&format!("answered in {} µs", outcome.duration.as_micros()));
            Ok(Exit::Done)
        }
        Err(failure) => {
            // Last words are among the log lines already.
            let is_said = |detail: &&String| !outcome.logs.iter().any(|log| log.message == **detail);
            output.say(failure.detail.as_ref().filter(is_said).map_or("", String::as_str));
            Err(runner::Error::Call(failure.clone()).into())
        }
    }
}
