//! `dev`

mod lines;

use super::Session;
use crate::cli;
use crate::dev::{self, Event, Record};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;
use crate::serve;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

/// How long events gather before they are printed, after the first. Under load one write carries many, and requests
/// need not wake the printing thread each time.
const GATHER: Duration = Duration::from_millis(5);
/// Events printed with one write.
const BATCH: usize = 1024;
/// How long the last events may take to be printed when the server has ended.
const LAST: Duration = Duration::from_millis(500);

/// Runs `dev`.
pub(super) fn run(arguments: &cli::Dev, session: &Session) -> Result<Exit, Error> {
    let project = session.project()?;
    let options = dev::Options {
        port: arguments.port,
        data: arguments.data.as_ref().map(|path| session.path(path)),
        watch: !arguments.no_watch,
        as_production: arguments.as_production,
        cache: session.cache.clone(),
        tools: session.tools.clone(),
    };
    session.block_on(async {
        // Nothing is sent: it closes when nothing is printed any more.
        let (printing, mut printed) = watch::channel(());
        let output = session.output.clone();
        let follow = |events| {
            // Printing may block on a slow reader; requests must not wait for it.
            std::thread::spawn(move || {
                // A reader that went away ends the server.
                let _ = print(&output, events);
                drop(printing);
            });
        };
        let stop = async {
            tokio::select! {
                () = serve::interrupted() => {}
                _ = printed.changed() => {}
            }
        };
        dev::run(project, options, follow, stop).await?;
        let _ = tokio::time::timeout(LAST, printed.changed()).await;
        Ok(Exit::Done)
    })
}

/// Prints events until there are no more, or nobody reads them.
fn print(output: &Output, mut events: Receiver<Arc<Record>>) -> Result<(), Error> {
    let missed = |count| output.detail(&format!("{count} events were not printed"));
    loop {
        let mut records = Vec::new();
        match events.blocking_recv() {
            Ok(record) => records.push(record),
            Err(RecvError::Lagged(count)) => missed(count),
            Err(RecvError::Closed) => return Ok(()),
        }
        while records.len() < BATCH {
            match events.try_recv() {
                Ok(record) => records.push(record),
                Err(TryRecvError::Lagged(count)) => missed(count),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let events = records.iter().map(|record| &record.event);
        if output.is_silent() {
            failures(output, events);
        } else {
            output.events(events, |event| lines::of(output, event))?;
        }
        std::thread::sleep(GATHER);
    }
}

/// What even the quiet are told: that what they saved could not be used.
fn failures<'a>(output: &Output, events: impl Iterator<Item = &'a Event>) {
    for event in events {
        if let Event::BuildFailed { message, .. } = event {
            output.refuse(message, None);
        }
    }
}
