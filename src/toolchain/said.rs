//! What a program says: passed on while it runs, kept, and quoted when it failed.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// More output than this is nobody's honest answer: 256 MiB.
pub(super) const MOST_OUTPUT: usize = 256 << 20;
/// How many lines of one stream a failure quotes.
const QUOTED_LINES: usize = 40;
/// How much of its end is kept of a stream that is only talk.
const TAIL_BYTES: usize = 16 << 10;

/// What a program said on one stream, or the end of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Whole lines, without the last line's end.
    pub text: String,
    /// How many lines came before.
    pub left_out: usize,
}

impl Said {
    /// Whether there is nothing to quote.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// From the first line that begins with `word`; what came before is not missed.
    pub(super) fn from(self, word: &str) -> Said {
        match self.text.lines().position(|line| line.starts_with(word)) {
            Some(start) => {
                let text = self.text.lines().skip(start).collect::<Vec<_>>().join("\n");
                Said { text, left_out: 0 }
            }
            None => self,
        }
    }
}

/// Its last lines, each behind a bar, and how many there are before them.
impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<&str> = self.text.lines().collect();
        let (before, quoted) = lines.split_at(lines.len().saturating_sub(QUOTED_LINES));
        match self.left_out + before.len() {
            0 => {}
            1 => formatter.write_str("\n  | … after 1 line that is not quoted")?,
            count => write!(formatter, "\n  | … after {count} lines that are not quoted")?,
        }
        quoted.iter().try_for_each(|line| write!(formatter, "\n  | {line}"))
    }
}

/// How much of a stream is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Everything.
    All,
    /// Its end.
    Tail,
}

/// What was read of a stream so far.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    /// How many line ends are gone from its beginning.
    lines_gone: usize,
    /// Whether it begins within a line.
    is_cut: bool,
    /// Whether it was more than [`MOST_OUTPUT`].
    pub(super) is_too_much: bool,
}

impl Kept {
    fn add(&mut self, bytes: &[u8], keep: Keep) {
        self.is_too_much |= keep == Keep::All && self.bytes.len() + bytes.len() > MOST_OUTPUT;
        if self.is_too_much {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        if keep == Keep::Tail && self.bytes.len() > 2 * TAIL_BYTES {
            let gone = self.bytes.drain(..self.bytes.len() - TAIL_BYTES);
            let (mut last, mut lines) = (b'\n', 0);
            for byte in gone {
                lines += usize::from(byte == b'\n');
                last = byte;
            }
            self.lines_gone += lines;
            self.is_cut = last != b'\n';
        }
    }

    /// As bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// As words for people.
    pub(super) fn into_said(self) -> Said {
        let text = String::from_utf8_lossy(&self.bytes);
        let mut said = Said { text: text.trim_end().to_owned(), left_out: self.lines_gone };
        // Half a line is told only when there is no whole one.
        if let (true, Some((_, whole))) = (self.is_cut, said.text.split_once('\n')) {
            (said.text, said.left_out) = (whole.to_owned(), said.left_out + 1);
        }
        said
    }
}

/// A stream that is read on a thread of its own.
pub(super) struct Reading {
    kept: Arc<Mutex<Kept>>,
    end: Receiver<()>,
}

impl Reading {
    /// Reads `stream` to its end; what it says is passed on to standard error when `is_told`.
    pub(super) fn begin(mut stream: impl Read + Send + 'static, keep: Keep, is_told: bool) -> Reading {
        let kept = Arc::<Mutex<Kept>>::default();
        let (at_end, end) = mpsc::channel();
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            loop {
                let bytes = match stream.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => buffer.get(..count).unwrap_or_default(),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                if is_told {
                    // Nobody may be listening any more; the program's work goes on.
                    let _ = io::stderr().lock().write_all(bytes);
                }
                lock(&shared).add(bytes, keep);
            }
            at_end.send(())
        });
        Reading { kept, end }
    }

    /// What was read up to its end, or up to `deadline` where something else keeps the stream open: all that the program
    /// itself said is there by then.
    pub(super) fn until(self, deadline: Instant) -> Kept {
        let _ = self.end.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        std::mem::take(&mut *lock(&self.kept))
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_much_talk_the_end_is_kept_in_whole_lines_and_all_lines_are_counted() {
        let mut kept = Kept::default();
        for line in 1..=10_000 {
            kept.add(format!("line {line}\n").as_bytes(), Keep::Tail);
        }
        assert!(kept.bytes.len() <= 2 * TAIL_BYTES);
        let said = kept.into_said();
        let first: usize = said.text.lines().next().unwrap().strip_prefix("line ").unwrap().parse().unwrap();
        assert_eq!((said.left_out, said.text.lines().count()), (first - 1, 10_001 - first));
        let shown = said.to_string();
        assert!(
            shown.starts_with("\n  | … after 9960 lines that are not quoted\n  | line 9961\n"),
            "{shown}"
        );
        assert!(shown.ends_with("\n  | line 10000"), "{shown}");
    }

    #[test]
    fn of_one_long_line_the_end_is_kept() {
        let mut kept = Kept::default();
        kept.add(&vec![b'x'; 5 * TAIL_BYTES], Keep::Tail);
        assert_eq!(kept.into_said(), Said { text: "x".repeat(TAIL_BYTES), left_out: 0 });
    }

    #[test]
    fn what_is_kept_whole_is_quoted_in_part() {
        let mut kept = Kept::default();
        kept.add("one\n".repeat(41).as_bytes(), Keep::All);
        let said = kept.into_said();
        assert_eq!((said.text.lines().count(), said.left_out), (41, 0));
        assert!(said.to_string().starts_with("\n  | … after 1 line that is not quoted\n  | one\n"));
    }
}
