//! `doctor`: checks the machine.

use super::Session;
use crate::doctor::{self, Check, Verdict};
use crate::error::Error;
use crate::exit::Exit;
use serde_json::json;
use std::time::UNIX_EPOCH;

/// Runs `doctor`: 0 when everything every extension needs is there, 2 otherwise.
pub(super) fn run(session: &Session) -> Result<Exit, Error> {
    let directory = session.project_root().unwrap_or_else(|_| session.directory.clone());
    #[expect(clippy::disallowed_methods, reason = "the clock is what is judged")]
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let options =
        doctor::Options { cache: &session.cache, directory: &directory, tools: &session.tools, now };
    let checks = doctor::examine(&options);
    let is_ready = checks.iter().all(|check| check.verdict != Verdict::Bad);
    let document = json!({ "ready": is_ready, "checks": checks });
    session.output.data(&document, || checks.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    if !session.output.is_json() {
        session.output.say(if is_ready { "the machine is ready" } else { "the machine is not ready" });
    }
    Ok(if is_ready { Exit::Done } else { Exit::NotJudged })
}

/// `ok  cargo: cargo 1.95.0`, and below it what to do.
fn line(check: &Check) -> String {
    let word = match check.verdict {
        Verdict::Good => "ok",
        Verdict::Optional => "--",
        Verdict::Bad => "!!",
    };
    let remedy = check.remedy.as_ref().map(|remedy| format!("\n      fix: {remedy}")).unwrap_or_default();
    format!("{word}  {}: {}{remedy}", check.name, check.found)
}
