//! What happens on the dev server, told to everybody who listens: the terminal, NDJSON readers, the host page.

use crate::runner::HostCall;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::broadcast;

/// Events kept for a page that opens later.
const KEPT: usize = 200;
/// Events a slow listener may lag behind before it misses some.
const LAG: usize = 4096;
/// The longest text an event carries; a guest controls what is in it.
const LONGEST: usize = 16 * 1024;

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The server answers at this address; always the first event.
    Listening {
        /// The host page.
        url: String,
        /// The manifest's name.
        extension: String,
    },
    /// A build began.
    Building,
    /// The source became a component.
    Built {
        /// Bytes of the component, when there is one.
        size: Option<u64>,
        /// Its hash, hex.
        sha256: Option<String>,
        /// What built it.
        engine: serde_json::Value,
        /// How long it took.
        duration_us: u64,
        /// What may be wrong with it.
        warnings: Vec<String>,
    },
    /// The source, manifest or data could not be used; what was good before still answers.
    BuildFailed {
        /// What is wrong, with its causes.
        message: String,
        /// Whether an earlier version answers meanwhile.
        still_serving: bool,
    },
    /// A version began to answer, in place.
    Swapped {
        /// The digest of its files, as it stands in the UI's address.
        hash: String,
        /// What differs from the one before: `handler`, `ui`, `manifest`, `config`.
        changed: Vec<&'static str>,
        /// From the first change seen to the swap.
        duration_us: u64,
    },
    /// A request to the extension was answered.
    Request(Box<RequestEvent>),
    /// The guest wrote a line.
    Log {
        /// The request it was written for.
        request_id: String,
        /// `info`, `warn` or `error`.
        level: &'static str,
        /// `log`, `stdout`, `stderr`, or `host` for what the platform's stand-in explains.
        stream: &'static str,
        /// The line.
        message: String,
    },
    /// The UI did something the platform's content security policy forbids.
    CspBlocked {
        /// What was blocked.
        blocked: String,
        /// The directive that forbids it.
        directive: String,
        /// The file and line it was asked from.
        source: String,
    },
    /// Something the author should know.
    Warning {
        /// What.
        message: String,
    },
}

/// A request to the extension and its answer.
#[derive(Debug, Clone, Serialize)]
pub struct RequestEvent {
    /// Its `x-request-id`.
    pub id: String,
    /// `ext`, `ext-proxy` or `execute`.
    pub surface: &'static str,
    /// The method the endpoint was looked up with.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The status the caller got.
    pub status: u16,
    /// The whole request, in the server.
    pub duration_us: u64,
    /// Who called: a user's id, or `none`.
    pub user: String,
    /// The code of a refusal or failure.
    pub error: Option<String>,
    /// Why, in words.
    pub detail: Option<String>,
    /// What differs on the platform, or was dropped on the way.
    pub notes: Vec<String>,
    /// The calls the guest made to the platform.
    pub host_calls: Vec<HostCall>,
}

/// An event with its place in the order.
#[derive(Debug)]
pub struct Record {
    /// Counted from 1.
    pub number: u64,
    /// Milliseconds since the server started.
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
}

/// The stream of events.
#[derive(Debug)]
pub(super) struct Events {
    started: Instant,
    sender: broadcast::Sender<Arc<Record>>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    number: u64,
    records: VecDeque<Arc<Record>>,
    /// The first event was told.
    opened: bool,
    /// What happened before it.
    early: Vec<Event>,
}

impl Events {
    /// No events yet.
    pub(super) fn new() -> Events {
        Events { started: Instant::now(), sender: broadcast::channel(LAG).0, kept: Mutex::default() }
    }

    /// Tells everybody.
    pub(super) fn publish(&self, event: Event) {
        self.publish_all([event]);
    }

    /// Tells everybody of events that nothing comes between. What happens before the first event, [`Event::Listening`],
    /// is told after it.
    pub(super) fn publish_all(&self, events: impl IntoIterator<Item = Event>) {
        let at_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            if kept.opened {
                self.tell(&mut kept, at_ms, event);
            } else if matches!(event, Event::Listening { .. }) {
                kept.opened = true;
                self.tell(&mut kept, at_ms, event);
                for event in std::mem::take(&mut kept.early) {
                    self.tell(&mut kept, at_ms, event);
                }
            } else if kept.early.len() < KEPT {
                kept.early.push(event);
            }
        }
    }

    fn tell(&self, kept: &mut Kept, at_ms: u64, event: Event) {
        kept.number += 1;
        let record = Arc::new(Record { number: kept.number, at_ms, event });
        if kept.records.len() == KEPT {
            kept.records.pop_front();
        }
        kept.records.push_back(Arc::clone(&record));
        // Nobody listening is no failure. Sent under the lock, so that the order is the numbers'.
        let _ = self.sender.send(record);
    }

    /// The events kept after `number`, and those to come.
    pub(super) fn subscribe(&self, number: u64) -> (Vec<Arc<Record>>, broadcast::Receiver<Arc<Record>>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // A listener that counts further than we do knew another server on this port.
        let number = if number > kept.number { 0 } else { number };
        let records = kept.records.iter().filter(|record| record.number > number).cloned().collect();
        (records, self.sender.subscribe())
    }
}

/// `text`, cut at a character when it is longer than an event carries.
pub(super) fn shorten(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}… ({} bytes in all)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening() -> Event {
        Event::Listening { url: "http://127.0.0.1:1/".into(), extension: "com.acme.notes".into() }
    }

    #[test]
    fn the_first_event_is_the_address_whatever_happened_before() {
        let events = Events::new();
        let mut receiver = events.subscribe(0).1;
        events.publish(Event::Warning { message: "changes cannot be watched".into() });
        assert!(receiver.try_recv().is_err());
        events.publish(listening());
        let told: Vec<Arc<Record>> = std::iter::from_fn(|| receiver.try_recv().ok()).collect();
        assert!(matches!(told[0].event, Event::Listening { .. }), "{told:?}");
        assert!(matches!(told[1].event, Event::Warning { .. }), "{told:?}");
    }

    #[test]
    fn a_late_listener_gets_what_was_kept_and_then_the_rest_in_order() {
        let events = Events::new();
        events.publish(listening());
        for _ in 1..KEPT + 5 {
            events.publish(Event::Building);
        }
        let (kept, mut later) = events.subscribe(0);
        assert_eq!((kept.len(), kept[0].number), (KEPT, 6));
        events.publish(Event::Warning { message: "x".into() });
        assert_eq!(later.try_recv().unwrap().number, 206);
        assert_eq!(events.subscribe(205).0.len(), 1);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let cut = shorten("é".repeat(LONGEST));
        assert!(cut.len() < LONGEST + 64 && cut.contains('…'));
        assert_eq!(shorten("é".into()), "é");
    }
}
