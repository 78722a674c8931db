//! `alga:extension/logging`: log lines, kept with the call. Without the grant they vanish, as on the platform.
//! They are not repeated among the host calls.

use super::bindings::logging;
use super::journal::{Level, Seat, Stream};
use super::{Call, Platform};
use std::sync::Arc;

/// Whether lines are kept.
#[derive(Debug, Default)]
pub(super) struct Logging {
    granted: bool,
}

impl Logging {
    /// With the grant.
    pub(super) fn granted(_: &Arc<Platform>, _: &Arc<Call>) -> Logging {
        Logging { granted: true }
    }
}

impl Seat<'_, Logging> {
    fn line(&mut self, level: Level, message: String) {
        if self.capability.granted {
            self.journal.log(level, Stream::Log, message);
        }
    }
}

impl logging::Host for Seat<'_, Logging> {
    fn log_info(&mut self, message: String) {
        self.line(Level::Info, message);
    }

    fn log_warn(&mut self, message: String) {
        self.line(Level::Warn, message);
    }

    fn log_error(&mut self, message: String) {
        self.line(Level::Error, message);
    }
}
