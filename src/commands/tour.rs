//! `tour`: the whole life of an extension, shown.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::{self, Undo};
use crate::tour::{self, Step};
use serde_json::json;
use std::time::Instant;

/// Runs `tour`.
pub(super) fn run(arguments: &cli::Tour, session: &Session) -> Result<Exit, Error> {
    let start = Instant::now();
    let mut builder = tempfile::Builder::new();
    builder.prefix("alga-ext-tour-");
    let (folder, guard) =
        interrupt::hold(|| builder.tempdir(), |folder| Undo::Remove(folder.path().to_path_buf()))?;
    // The folder goes first, the guard after it: an interrupt meanwhile removes what is left.
    let _guard = guard;
    let folder = folder;
    let mut steps: Vec<Step> = Vec::new();
    let mut tell = |step: &Step| {
        session.output.say(&line(step));
        steps.push(step.clone());
        Ok(())
    };
    session.block_on(tour::tour(folder.path(), &session.build_options(), session.now(), &mut tell))?;
    let duration_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let kept = arguments.keep.then(|| folder.keep());
    if session.output.is_json() {
        let document = json!({ "steps": steps, "duration_us": duration_us, "folder": kept });
        session.output.data(&document, String::new)?;
    }
    session.output.say(&format!("from an empty folder to a running bundle in {}", time(duration_us)));
    if let Some(folder) = kept {
        session.output.say(&format!("everything is in `{}`", folder.display()));
    }
    Ok(Exit::Done)
}

/// `command  time  what`, in columns.
fn line(step: &Step) -> String {
    format!("{:<24} {:>8}  {}", step.command, time(step.duration_us), step.what)
}

fn time(microseconds: u64) -> String {
    match microseconds {
        0..1_000_000 => format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100),
        _ => format!("{}.{:02} s", microseconds / 1_000_000, microseconds % 1_000_000 / 10_000),
    }
}
