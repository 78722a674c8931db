//! How often a route may be called: a sliding window, as on the platform (contract/registry.md §3.1).

use super::refusal::Refusal;
use axum::http::StatusCode;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The window.
const WINDOW: Duration = Duration::from_mins(1);

/// The calls of one route within the window.
#[derive(Debug)]
pub(super) struct Limit {
    most: usize,
    calls: Mutex<VecDeque<Instant>>,
}

impl Limit {
    /// At most `most` calls a minute.
    pub(super) fn new(most: usize) -> Limit {
        Limit { most, calls: Mutex::default() }
    }

    /// Counts a call made at `now`, or refuses it.
    pub(super) fn admit(&self, now: Instant) -> Result<(), Refusal> {
        // A thread that panicked here left at worst one call uncounted.
        let mut calls = self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while calls.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            calls.pop_front();
        }
        if calls.len() >= self.most {
            let message = format!("more than {} calls in a minute", self.most);
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT", message);
            return Err(refusal.why("rate_limited"));
        }
        calls.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let limit = Limit::new(2);
        let start = Instant::now();
        limit.admit(start).unwrap();
        limit.admit(start + Duration::from_secs(30)).unwrap();
        assert_eq!(limit.admit(start + Duration::from_secs(59)).unwrap_err().code, Some("RATE_LIMIT"));
        limit.admit(start + Duration::from_mins(1)).unwrap();
        assert!(limit.admit(start + Duration::from_secs(61)).is_err());
    }
}
