//! Events printed as they come.

use super::lines;
use crate::dev::{Event, Record};
use crate::error::Error;
use crate::output::{Output, plain_lines};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// How long events gather before they are printed, after the first. Under load one write carries many, and requests
/// need not wake the printing thread each time.
const GATHER: Duration = Duration::from_millis(5);
/// Events printed with one write.
const BATCH: usize = 1024;

/// Prints events until there are no more, or nobody reads them.
pub(super) fn all(output: &Output, mut events: Receiver<Arc<Record>>) -> Result<(), Error> {
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
            output.refuse(&plain_lines(message), None);
        }
    }
}
