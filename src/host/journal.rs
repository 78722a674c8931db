//! What one call did: every host call and every log line, in order and bounded.

use serde::Serialize;
use std::borrow::Cow;
use std::time::Instant;

/// Host calls kept for one call; later ones are only counted.
pub const MAX_HOST_CALLS: usize = 1_000;
/// Log lines kept for one call; later ones are only counted.
pub const MAX_LOG_LINES: usize = 1_000;
/// Bytes of log text kept for one call.
pub const MAX_LOG_BYTES: usize = 1 << 20;
/// Bytes of one log line; the platform cuts its copies here too (contract/runner.md §4.6).
pub const MAX_LINE_BYTES: usize = 8_192;
/// Bytes of one summary.
const MAX_SUMMARY_BYTES: usize = 200;

/// One call of a host function by the guest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostCall {
    /// The interface, without its package.
    pub interface: &'static str,
    /// The function.
    pub function: &'static str,
    /// How long it took; 0 while it has not ended.
    pub duration_us: u64,
    /// `ok`, the error case's name, `failed` for a result that says so, or `unfinished`.
    pub outcome: Cow<'static, str>,
    /// What was asked for, cut short; never a secret's value.
    pub summary: String,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Of interest.
    Info,
    /// Odd.
    Warn,
    /// Wrong.
    Error,
}

impl Level {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// Where a log line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// The `logging` interface.
    Log,
    /// WASI standard output; the platform never shows it.
    Stdout,
    /// WASI standard error.
    Stderr,
    /// The dev host itself, explaining an answer it gave.
    Host,
}

impl Stream {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Stream::Log => "log",
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
            Stream::Host => "host",
        }
    }
}

/// One log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Log {
    /// Microseconds since the call began.
    pub at_us: u64,
    /// How loud.
    pub level: Level,
    /// From where.
    pub stream: Stream,
    /// What it says, cut at [`MAX_LINE_BYTES`].
    pub message: String,
}

/// The record of one call.
#[derive(Debug)]
pub struct Journal {
    started: Instant,
    calls: Vec<HostCall>,
    dropped_calls: u64,
    logs: Vec<Log>,
    log_bytes: usize,
    dropped_logs: u64,
}

/// A host call that has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Started {
    index: Option<usize>,
    at: Instant,
}

impl Journal {
    /// An empty record that begins now.
    pub fn new() -> Journal {
        Journal {
            started: Instant::now(),
            calls: Vec::new(),
            dropped_calls: 0,
            logs: Vec::new(),
            log_bytes: 0,
            dropped_logs: 0,
        }
    }

    /// Notes that a host call begins, so that one cut off by the timeout is still seen.
    pub(super) fn begin(
        &mut self,
        interface: &'static str,
        function: &'static str,
        summary: impl FnOnce() -> String,
    ) -> Started {
        let at = Instant::now();
        if self.calls.len() >= MAX_HOST_CALLS {
            self.dropped_calls += 1;
            return Started { index: None, at };
        }
        let mut summary = summary();
        cut(&mut summary, MAX_SUMMARY_BYTES);
        let outcome = Cow::Borrowed("unfinished");
        self.calls.push(HostCall { interface, function, duration_us: 0, outcome, summary });
        Started { index: Some(self.calls.len() - 1), at }
    }

    /// Notes how a host call ended.
    pub(super) fn end(&mut self, started: Started, outcome: impl Into<Cow<'static, str>>) {
        let call = started.index.and_then(|index| self.calls.get_mut(index));
        if let Some(call) = call {
            call.duration_us = micros(started.at);
            call.outcome = outcome.into();
        }
    }

    /// Notes a log line.
    pub fn log(&mut self, level: Level, stream: Stream, mut message: String) {
        let at_us = micros(self.started);
        cut(&mut message, MAX_LINE_BYTES);
        self.keep(Log { at_us, level, stream, message });
    }

    fn keep(&mut self, log: Log) {
        if self.logs.len() >= MAX_LOG_LINES || self.log_bytes + log.message.len() > MAX_LOG_BYTES {
            self.dropped_logs += 1;
            return;
        }
        self.log_bytes += log.message.len();
        self.logs.push(log);
    }

    /// When the call began.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The last line, when it is an error from the `logging` interface: what a guest says before it traps.
    pub fn last_words(&self) -> Option<&str> {
        let last = self.logs.last()?;
        (last.level == Level::Error && last.stream == Stream::Log).then_some(last.message.as_str())
    }

    /// The host call that has not ended, if any.
    pub fn unfinished(&self) -> Option<&HostCall> {
        self.calls.last().filter(|call| call.outcome == "unfinished")
    }

    /// Adds lines captured elsewhere, then gives everything in order of time.
    pub fn finish(mut self, others: Vec<Log>, dropped: u64) -> (Vec<HostCall>, Vec<Log>) {
        let merge = !others.is_empty();
        self.dropped_logs += dropped;
        for log in others {
            self.keep(log);
        }
        if merge {
            self.logs.sort_by_key(|log| log.at_us);
        }
        let at_us = micros(self.started);
        for (count, what) in [(self.dropped_logs, "log lines"), (self.dropped_calls, "host calls")] {
            if count > 0 {
                let message = format!("{count} more {what} were not kept");
                self.logs.push(Log { at_us, level: Level::Warn, stream: Stream::Host, message });
            }
        }
        (self.calls, self.logs)
    }
}

impl Default for Journal {
    fn default() -> Self {
        Journal::new()
    }
}

/// A capability while the guest calls it: its state, and the journal of the call.
#[derive(Debug)]
pub(super) struct Seat<'a, C> {
    pub(super) capability: &'a mut C,
    pub(super) journal: &'a mut Journal,
}

/// Names [`Seat`] as the data wasmtime hands to host functions of one capability.
#[derive(Debug)]
pub(super) struct Of<C>(std::marker::PhantomData<C>);

impl<C: 'static> wasmtime::component::HasData for Of<C> {
    type Data<'a> = Seat<'a, C>;
}

/// Microseconds since then.
fn micros(then: Instant) -> u64 {
    u64::try_from(then.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Cuts text at a character boundary and marks the cut. What is cut off is let go of, not merely hidden: a journal
/// keeps a thousand texts, and each may have come as a guest's whole memory.
pub(super) fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_takes_no_memory() {
        let long = || "é".repeat(1 << 20);
        let mut journal = Journal::new();
        let started = journal.begin("secrets", "get", long);
        journal.end(started, "missing");
        journal.log(Level::Info, Stream::Log, long());
        let (calls, logs) = journal.finish(Vec::new(), 0);
        let (summary, message) = (&calls[0].summary, &logs[0].message);
        assert!(
            summary.ends_with("é…") && summary.capacity() < 2 * MAX_SUMMARY_BYTES,
            "{}",
            summary.capacity()
        );
        assert!(message.ends_with("é…") && message.capacity() < 2 * MAX_LINE_BYTES, "{}", message.capacity());
    }
}
