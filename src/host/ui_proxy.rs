//! `alga:extension/ui-proxy`: the platform's own routes, answered from `routes` of the data file.
//!
//! Route and status rules are the platform's (contract/runner.md §4.7). No request leaves the machine, so there
//! are no redirects to follow and no API key to send (§8 B26, B27).

use super::bindings::{ProxyError, ui_proxy};
use super::journal::{Level, Seat, Stream};
use super::{Call, Platform, body_of};
use std::sync::Arc;

/// The routes a call may use.
#[derive(Debug, Default)]
pub(super) struct UiProxy {
    platform: Option<Arc<Platform>>,
}

impl UiProxy {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, _: &Arc<Call>) -> UiProxy {
        UiProxy { platform: Some(Arc::clone(platform)) }
    }

    /// The answer, and what to explain about it.
    fn call(&self, route: &str, posts: bool) -> (Result<Vec<u8>, ProxyError>, Option<String>) {
        let Some(platform) = &self.platform else { return (Err(ProxyError::Denied), None) };
        let Some(path) = normalise(route) else {
            let why = format!("the route `{route}` is empty or has a `.` or `..` segment");
            return (Err(ProxyError::BadRequest), Some(why));
        };
        let method = if posts { "POST" } else { "GET" };
        let found = platform.config.routes.iter().find(|candidate| {
            let method_fits =
                candidate.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            method_fits && fits(&candidate.route, &path)
        });
        let Some(found) = found else {
            let why = format!("no entry of `routes` in the platform data answers {method} /{path}");
            return (Err(ProxyError::RouteNotFound), Some(why));
        };
        let error = match found.status {
            200..=299 => return (Ok(body_of(&found.body)), None),
            401 | 403 | 429 => ProxyError::Denied,
            404 => ProxyError::RouteNotFound,
            400..=499 => ProxyError::BadRequest,
            _ => ProxyError::Internal,
        };
        (Err(error), Some(format!("{method} /{path} answered {}", found.status)))
    }
}

/// Without query, leading slashes and empty segments; none when nothing is left or a segment is `.` or `..`.
fn normalise(route: &str) -> Option<String> {
    let path = route.trim().split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let dots = segments.iter().any(|segment| matches!(*segment, "." | ".."));
    (!segments.is_empty() && !dots).then(|| segments.join("/"))
}

fn fits(declared: &str, path: &str) -> bool {
    match declared.trim().strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix.trim_start_matches('/')),
        None => normalise(declared).is_some_and(|declared| declared == path),
    }
}

impl ui_proxy::Host for Seat<'_, UiProxy> {
    fn call_route(&mut self, route: String, payload: Option<Vec<u8>>) -> Result<Vec<u8>, ProxyError> {
        let method = if payload.is_some() { "POST" } else { "GET" };
        let started = self.journal.begin("ui-proxy", "call-route", || format!("{method} {route}"));
        let (answer, why) = self.capability.call(&route, payload.is_some());
        self.journal.end(started, answer.as_ref().err().map_or("ok", |error| error.name()));
        if let Some(why) = why {
            self.journal.log(Level::Warn, Stream::Host, format!("ui-proxy.call-route: {why}"));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::{call, platform};

    #[test]
    fn routes_answer_as_the_table_says() {
        let platform = platform(
            "routes:
  - { route: /api/tickets, body: [1] }
  - { route: /api/tickets, method: POST, body: made }
  - { route: api/files/*, body: { a: 1 } }
  - { route: s/400, status: 400 }
  - { route: s/401, status: 401 }
  - { route: s/403, status: 403 }
  - { route: s/404, status: 404 }
  - { route: s/409, status: 409 }
  - { route: s/429, status: 429 }
  - { route: s/500, status: 500 }
  - { route: s/204, status: 204 }
",
        );
        let proxy = UiProxy::granted(&platform, &call(&platform));
        for (route, posts, expected) in [
            ("/api/tickets", false, Ok("[1]")),
            ("api//tickets/?page=2", false, Ok("[1]")),
            (" /api/tickets ", false, Ok("[1]")),
            ("/api/files/a/b", true, Ok(r#"{"a":1}"#)),
            ("s/204", false, Ok("")),
            ("", false, Err(ProxyError::BadRequest)),
            ("?x=1", false, Err(ProxyError::BadRequest)),
            ("/api/../x", false, Err(ProxyError::BadRequest)),
            ("/api/./x", false, Err(ProxyError::BadRequest)),
            ("/other", false, Err(ProxyError::RouteNotFound)),
            ("s/400", false, Err(ProxyError::BadRequest)),
            ("s/401", false, Err(ProxyError::Denied)),
            ("s/403", false, Err(ProxyError::Denied)),
            ("s/404", false, Err(ProxyError::RouteNotFound)),
            ("s/409", false, Err(ProxyError::BadRequest)),
            ("s/429", false, Err(ProxyError::Denied)),
            ("s/500", false, Err(ProxyError::Internal)),
        ] {
            let (answer, _) = proxy.call(route, posts);
            assert_eq!(answer, expected.map(|text| text.as_bytes().to_vec()), "{route}");
        }
        assert_eq!(UiProxy::default().call("/api/tickets", false).0, Err(ProxyError::Denied));
    }
}
