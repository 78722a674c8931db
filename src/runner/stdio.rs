//! What a guest writes to WASI standard output and error, as log lines, bounded.

use crate::host::{Level, Log, MAX_LINE_BYTES, MAX_LOG_BYTES, MAX_LOG_LINES, Stream};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// One of the two streams; clones write to the same lines.
#[derive(Debug, Clone)]
pub(super) struct Capture {
    stream: Stream,
    started: Instant,
    lines: Arc<Mutex<Lines>>,
}

#[derive(Debug, Default)]
struct Lines {
    done: Vec<Log>,
    bytes: usize,
    dropped: u64,
    /// The line that has no end yet, and whether more of it was cut off.
    open: Vec<u8>,
}

impl Capture {
    /// A stream whose times count from `started`.
    pub(super) fn new(stream: Stream, started: Instant) -> Capture {
        Capture { stream, started, lines: Arc::default() }
    }

    /// The lines so far, the unfinished one included, and how many were not kept.
    pub(super) fn take(&self) -> (Vec<Log>, u64) {
        let mut lines = self.lock();
        if !lines.open.is_empty() {
            self.close(&mut lines);
        }
        (std::mem::take(&mut lines.done), lines.dropped)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_bytes(&self, bytes: &[u8]) {
        let mut lines = self.lock();
        let mut pieces = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            let room = MAX_LINE_BYTES.saturating_sub(lines.open.len()).min(piece.len());
            lines.open.extend(piece.iter().take(room));
            if pieces.peek().is_some() {
                self.close(&mut lines);
            }
        }
    }

    fn close(&self, lines: &mut Lines) {
        let open = std::mem::take(&mut lines.open);
        let message = String::from_utf8_lossy(&open).trim_end_matches('\r').to_owned();
        if lines.done.len() >= MAX_LOG_LINES || lines.bytes + message.len() > MAX_LOG_BYTES {
            lines.dropped += 1;
            return;
        }
        lines.bytes += message.len();
        // The platform's debug stream gives standard error this level too (contract/runner.md §7).
        let level = if self.stream == Stream::Stderr { Level::Error } else { Level::Info };
        let at_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        lines.done.push(Log { at_us, level, stream: self.stream, message });
    }
}

impl IsTerminal for Capture {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Capture {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Capture {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.write_bytes(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(1 << 16)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Capture {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Capture {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write_bytes(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_become_lines() {
        let capture = Capture::new(Stream::Stderr, Instant::now());
        for piece in ["one\ntw", "o\r\n", "\n", "three"] {
            capture.write_bytes(piece.as_bytes());
        }
        let (logs, dropped) = capture.take();
        let lines: Vec<&str> = logs.iter().map(|log| log.message.as_str()).collect();
        assert_eq!((lines, dropped), (vec!["one", "two", "", "three"], 0));
        assert!(logs.iter().all(|log| log.level == Level::Error && log.stream == Stream::Stderr));
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let capture = Capture::new(Stream::Stdout, Instant::now());
        for _ in 0..MAX_LOG_LINES + 5 {
            capture.write_bytes(b"x\n");
        }
        capture.write_bytes(&vec![b'y'; 1 << 20]);
        assert_eq!(capture.lock().open.len(), MAX_LINE_BYTES);
        let (logs, dropped) = capture.take();
        assert_eq!((logs.len(), dropped), (MAX_LOG_LINES, 6));
    }
}
