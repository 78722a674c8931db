//! `--watch`: one judgement per change, until Ctrl-C.

use super::print::Printer;
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::findings::Findings;
use crate::interrupt;
use crate::output::plain;
use crate::validate::Subject;
use crate::watch::{Next, Signal, Watch};
use std::sync::mpsc::Sender;

/// Judges now and after each change. The exit is the last judgement's.
pub(super) fn run(
    subject: &Subject,
    judge: impl Fn() -> Result<Findings, Error>,
    printer: &Printer,
    session: &Session,
) -> Result<Exit, Error> {
    if !printer.can_repeat() {
        return Err(Error::Usage {
            what: "`--watch` prints judgement after judgement, which this format has no form for".into(),
            hint: Some("use `--format human` or `--format json`".into()),
        });
    }
    let _graceful = interrupt::graceful();
    let failed = |error: notify::Error| Error::Io(std::io::Error::other(error));
    let folder = fs_err::canonicalize(subject.folder())?;
    // Before the first judgement, so that no change after it is missed.
    let (mut watch, end) = Watch::<()>::new(&folder).map_err(failed)?;
    end_on_interrupt(end)?;
    let mut last = judge()?;
    printer.again(&last)?;
    session.output.say("watching; Ctrl-C ends it");
    while let Some(next) = watch.next() {
        let Next::Changed(paths, _) = next else { continue };
        if !paths.iter().any(|path| subject.concerns(path)) {
            continue;
        }
        let shown: Vec<String> = paths
            .iter()
            .map(|path| path.strip_prefix(&folder).unwrap_or(path).display().to_string())
            .take(3)
            .collect();
        session.output.say(&format!("\n{} changed", plain(&shown.join(", "))));
        match judge() {
            Ok(findings) => {
                printer.again(&findings)?;
                last = findings;
            }
            // What is half moved is there again soon.
            Err(error) => session.output.warn(&error.to_string()),
        }
    }
    Ok(super::exit(&last))
}

/// Ends the watch when the process is told to end.
fn end_on_interrupt(end: Sender<Signal<()>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let wait = move || {
        runtime.block_on(interrupt::told());
        // Nobody watches any more when this fails.
        let _ = end.send(Signal::End);
    };
    std::thread::Builder::new().name("watch".into()).spawn(wait)?;
    Ok(())
}
