//! Messages read ahead of the work, so that one that takes back another is seen in time: bounded in number and in bytes.

use super::{Error, Frame, LARGEST, frame};
use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Messages that are read ahead.
const MOST: usize = 16;

/// The messages, as they come.
#[derive(Debug)]
pub struct Ahead {
    messages: Receiver<Result<Option<Frame>, Error>>,
    held: Arc<Held>,
}

/// The bytes of the messages that nobody has taken yet.
#[derive(Debug, Default)]
struct Held {
    bytes: Mutex<usize>,
    taken: Condvar,
}

impl Held {
    /// Waits until there is room for a message; one that is larger than all room gets in alone.
    fn add(&self, size: usize) {
        let most = usize::try_from(LARGEST).unwrap_or(usize::MAX);
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |held: &mut usize| *held > 0 && held.saturating_add(size) > most;
        let mut bytes = self.taken.wait_while(bytes, is_full).unwrap_or_else(PoisonError::into_inner);
        *bytes += size;
    }

    fn take(&self, size: usize) {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) -= size;
        self.taken.notify_one();
    }
}

impl Ahead {
    /// Reads what comes in beside the work; nothing follows an end or an error.
    pub fn of(mut input: impl BufRead + Send + 'static) -> io::Result<Ahead> {
        let (sender, messages) = sync_channel(MOST);
        let held = Arc::new(Held::default());
        let holding = Arc::clone(&held);
        let read = move || {
            loop {
                let frame = frame::read(&mut input);
                if let Ok(Some(frame)) = &frame {
                    holding.add(frame.size());
                }
                let is_last = !matches!(frame, Ok(Some(_)));
                if sender.send(frame).is_err() || is_last {
                    break;
                }
            }
        };
        std::thread::Builder::new().name("lsp".into()).spawn(read)?;
        Ok(Ahead { messages, held })
    }

    /// The next message, waited for; none once the last was taken.
    pub fn next(&self) -> Option<Result<Option<Frame>, Error>> {
        self.messages.recv().ok().inspect(|next| self.took(next))
    }

    /// The next message, if it is there.
    pub fn ready(&self) -> Option<Result<Option<Frame>, Error>> {
        match self.messages.try_recv() {
            Ok(next) => {
                self.took(&next);
                Some(next)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    fn took(&self, next: &Result<Option<Frame>, Error>) {
        if let Ok(Some(frame)) = next {
            self.held.take(frame.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn more_bytes_than_are_held_come_all_the_same_and_in_order() {
        let size = usize::try_from(LARGEST).unwrap() / 3;
        let message = |letter: &str| format!("Content-Length: {size}\r\n\r\n{}", letter.repeat(size));
        let input = ["a", "b", "c", "d", "e"].map(message).concat();
        let ahead = Ahead::of(Cursor::new(input)).unwrap();
        for letter in *b"abcde" {
            let Some(Ok(Some(Frame::Message(bytes)))) = ahead.next() else { panic!() };
            assert_eq!((bytes.first(), bytes.len()), (Some(&letter), size));
            assert!(*ahead.held.bytes.lock().unwrap() <= 3 * size);
        }
        assert!(matches!(ahead.next(), Some(Ok(None))) && ahead.next().is_none() && ahead.ready().is_none());
    }
}
