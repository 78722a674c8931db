//! Answers kept for idempotency keys (contract/runner.md §3.6). The platform looks at the key alone and keeps the answer
//! for ever (§8 A7); here, unless as in production, a key belongs to one installation, holds for a day, and repeats an
//! answer only to the same request of the same version.

use crate::bundle::Digest;
use axum::body::Bytes;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Answers kept, and their bytes in all; the platform keeps them without bound.
const MAX_REPLAYS: usize = 256;
/// See [`MAX_REPLAYS`].
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// How long a key holds.
const AGE: Duration = Duration::from_hours(24);

/// What a caller's key stands for.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// Whose key, and the key.
    name: [String; 4],
    /// The envelope, without what names only this attempt.
    request: Digest,
    /// What is served.
    version: Digest,
}

/// What there is for a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is new, or was forgotten.
    Nothing,
    /// The answer to repeat, and its status.
    Answer(Bytes, u16),
    /// An answer to something else, and what is.
    Other(&'static str),
}

/// The answers, oldest first.
#[derive(Debug, Default)]
pub(super) struct Replays {
    kept: VecDeque<Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    key: Key,
    answer: Bytes,
    status: u16,
    at: Instant,
}

impl Key {
    /// The key `name` in its scope, for this envelope, while `version` is served.
    pub(super) fn of(scope: [&str; 3], name: &str, envelope: &[u8], version: Digest) -> Key {
        let [tenant, extension, install] = scope.map(str::to_owned);
        let mut document: Value = serde_json::from_slice(envelope).unwrap_or_default();
        for (part, member) in [("/context", "request_id"), ("/http/headers", "x-request-id")] {
            if let Some(part) = document.pointer_mut(part).and_then(Value::as_object_mut) {
                part.shift_remove(member);
            }
        }
        let request = Digest::of(document.to_string().as_bytes());
        Key { name: [tenant, extension, install, name.to_owned()], request, version }
    }
}

impl Replays {
    /// What to do with a call that names `key` at `now`.
    pub(super) fn find(&self, key: &Key, as_production: bool, now: Instant) -> Found {
        let Some(kept) = self.kept.iter().find(|kept| kept.key.name == key.name) else {
            return Found::Nothing;
        };
        if !as_production {
            if now.saturating_duration_since(kept.at) >= AGE {
                return Found::Nothing;
            }
            if kept.key.request != key.request {
                return Found::Other("the request differs");
            }
            if kept.key.version != key.version {
                return Found::Other("the extension was changed");
            }
        }
        Found::Answer(kept.answer.clone(), kept.status)
    }

    /// Keeps an answer in the place of an older one.
    pub(super) fn keep(&mut self, key: Key, answer: Bytes, status: u16, at: Instant) {
        if let Some(index) = self.kept.iter().position(|kept| kept.key.name == key.name)
            && let Some(older) = self.kept.remove(index)
        {
            self.bytes -= older.answer.len();
        }
        if answer.len() > MAX_BYTES {
            return;
        }
        self.bytes += answer.len();
        self.kept.push_back(Kept { key, answer, status, at });
        while self.kept.len() > MAX_REPLAYS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.answer.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, envelope: &str, version: &str) -> Key {
        Key::of(["t", "e", "i"], name, envelope.as_bytes(), Digest::of(version.as_bytes()))
    }

    #[test]
    fn an_answer_is_repeated_to_the_same_request_for_a_day() {
        let (mut replays, start) = (Replays::default(), Instant::now());
        let first = key("k", r#"{"context": {"request_id": "1"}, "http": {"path": "/a"}}"#, "v1");
        replays.keep(first, Bytes::from_static(b"x"), 201, start);
        let again = key("k", r#"{"context": {"request_id": "2"}, "http": {"path": "/a"}}"#, "v1");
        let answer = Found::Answer(Bytes::from_static(b"x"), 201);
        assert_eq!(replays.find(&again, false, start), answer);
        assert_eq!(replays.find(&again, false, start + AGE), Found::Nothing);
        assert_eq!(replays.find(&again, true, start + AGE), answer);
        let other = key("k", r#"{"context": {}, "http": {"path": "/b"}}"#, "v1");
        assert_eq!(replays.find(&other, false, start), Found::Other("the request differs"));
        assert_eq!(replays.find(&other, true, start), answer);
        let later = Key { version: Digest::of(b"v2"), ..again };
        assert_eq!(replays.find(&later, false, start), Found::Other("the extension was changed"));
    }

    #[test]
    fn kept_answers_are_bounded() {
        let (mut replays, now) = (Replays::default(), Instant::now());
        let named = |name: &str| key(name, "{}", "v1");
        for number in 0..=MAX_REPLAYS {
            replays.keep(named(&number.to_string()), Bytes::from_static(b"x"), 200, now);
        }
        let is_kept = |replays: &Replays, name: &str| replays.find(&named(name), true, now) != Found::Nothing;
        assert!(!is_kept(&replays, "0") && is_kept(&replays, "1"));
        for _ in 0..2 {
            replays.keep(named("big"), Bytes::from(vec![0; MAX_BYTES]), 200, now);
            assert_eq!(replays.kept.len(), 1);
        }
        replays.keep(named("bigger"), Bytes::from(vec![0; MAX_BYTES + 1]), 200, now);
        assert!(!is_kept(&replays, "bigger") && replays.bytes == MAX_BYTES);
    }
}
