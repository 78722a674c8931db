//! `alga:extension/http`: requests to the outside.
//!
//! Rules are the platform's (contract/runner.md §4.3). Done right unless as in production (§8 B24): an empty list of
//! allowed hosts lets nothing out (there everything), and the log says which line would allow it. `replies` of the
//! data file answer first, so that a handler runs without the network. A response beyond 32 MiB is `internal`.

mod egress;

pub(super) use egress::Egress;

use super::bindings::{HttpError, HttpRequest, HttpResponse, http};
use super::journal::{Level, Seat, Stream};
use super::{Call, Platform};
use std::sync::Arc;

/// The way out.
#[derive(Debug, Default)]
pub(super) struct Http {
    platform: Option<Arc<Platform>>,
}

impl Http {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, _: &Arc<Call>) -> Http {
        Http { platform: Some(Arc::clone(platform)) }
    }
}

impl http::Host for Seat<'_, Http> {
    async fn fetch(&mut self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let started = self.journal.begin("http", "fetch", || egress::summary(&request));
        let Some(platform) = self.capability.platform.clone() else {
            self.journal.end(started, HttpError::NotAllowed.name());
            return Err(HttpError::NotAllowed);
        };
        let answer = platform.egress.fetch(&platform, request).await;
        match answer {
            Ok(response) => {
                self.journal.end(started, "ok");
                Ok(response)
            }
            Err((error, why)) => {
                self.journal.end(started, error.name());
                self.journal.log(Level::Warn, Stream::Host, format!("http.fetch: {why}"));
                Err(error)
            }
        }
    }
}
