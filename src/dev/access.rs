//! Who may call what: the gateway's checks in the platform's order, fail-closed (contract/registry.md §5.3).

use crate::config::{User, UserType};
use crate::manifest::{Manifest, Match};
use axum::http::StatusCode;
use std::time::Instant;

/// Calls that may come at once before the platform slows them down, and how many are given back a second.
const BUCKET: f64 = 60.0;

/// Why a request does not reach the handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What the caller gets.
    pub(super) status: StatusCode,
    /// The platform's word for it.
    pub(super) code: &'static str,
    /// Ours; the platform gives none.
    pub(super) detail: String,
    /// Seconds to wait, for 429.
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal without a time to wait.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { status, code, detail: detail.into(), retry_after: None }
    }
}

/// Checks that the endpoint is declared.
pub(super) fn declared(manifest: &Manifest, method: &str, path: &str) -> Result<(), Refusal> {
    let not_found = |detail| Err(Refusal::new(StatusCode::NOT_FOUND, "endpoint_not_found", detail));
    if !matches!(method, "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE") {
        return not_found(format!("the gateway has no method `{method}`"));
    }
    if manifest.endpoint(method, path).is_none() {
        return not_found(why_no_endpoint(manifest, method, path));
    }
    Ok(())
}

/// Checks that the endpoint is declared and that `user` may call it.
pub(super) fn authorize(manifest: &Manifest, user: &User, method: &str, path: &str) -> Result<(), Refusal> {
    declared(manifest, method, path)?;
    let forbidden = |detail: String| Err(Refusal::new(StatusCode::FORBIDDEN, "forbidden", detail));
    match user.user_type {
        UserType::Internal => {
            let wanted = if matches!(method, "GET" | "HEAD") { "extension:read" } else { "extension:write" };
            let allowed =
                user.permissions.as_ref().is_none_or(|granted| granted.iter().any(|name| name == wanted));
            if allowed {
                Ok(())
            } else {
                forbidden(format!("`{}` has no permission `{wanted}`, which {method} needs", user.name))
            }
        }
        UserType::Client => {
            if manifest.ui.as_ref().and_then(|ui| ui.client_portal_menu.as_ref()).is_none() {
                return forbidden(
                    "client portal users may call only extensions whose manifest has \
                     `ui.hooks.clientPortalMenu.label`"
                        .into(),
                );
            }
            match user.client_id.as_deref() {
                Some(id) if !id.trim().is_empty() => Ok(()),
                _ => forbidden(format!("`{}` belongs to no client: `client_id` is missing", user.name)),
            }
        }
    }
}

fn why_no_endpoint(manifest: &Manifest, method: &str, path: &str) -> String {
    if manifest.endpoints.is_empty() {
        return "the manifest declares no endpoints (`api.endpoints`), so every call is refused".into();
    }
    let same_path =
        manifest.endpoints.iter().filter(|endpoint| endpoint.matches(method, path) == Match::Path);
    let methods: Vec<&str> = same_path.map(|endpoint| endpoint.method.as_str()).collect();
    if !methods.is_empty() {
        return format!("`{path}` is declared for {}, not for {method}", methods.join(", "));
    }
    let declared = manifest.endpoints.iter().take(12);
    let declared: Vec<String> =
        declared.map(|endpoint| format!("`{} {}`", endpoint.method, endpoint.path)).collect();
    format!("`{method} {path}` is not declared; the manifest declares {}", declared.join(", "))
}

/// The platform's token bucket: 60 calls, one more each second.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled: Option<Instant>,
}

impl Default for Bucket {
    fn default() -> Self {
        Bucket { tokens: BUCKET, filled: None }
    }
}

impl Bucket {
    /// Takes one token at `now`, or says how many seconds to wait for the next.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Refusal> {
        let elapsed = self.filled.map_or(0.0, |filled| now.saturating_duration_since(filled).as_secs_f64());
        self.filled = Some(now);
        self.tokens = (self.tokens + elapsed).min(BUCKET);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Refusal {
            retry_after: Some(1),
            ..Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "more than 60 calls at once; one more is let through each second",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn manifest(hooks: &str) -> Manifest {
        Manifest::parse(&format!(
            r#"{{"ui": {{"entry": "ui/index.html", "hooks": {hooks}}}, "api": {{"endpoints": [
                {{"method": "GET", "path": "/a", "handler": "dist/main"}},
                {{"method": "POST", "path": "/a", "handler": "dist/main"}}]}}}}"#
        ))
        .unwrap()
    }

    fn code(result: &Result<(), Refusal>) -> &str {
        result.as_ref().err().map_or("ok", |refusal| refusal.code)
    }

    #[test]
    fn staff_need_the_permission_of_the_method() {
        let manifest = manifest("{}");
        let reader = User { permissions: Some(vec!["extension:read".into()]), ..User::default() };
        for (user, method, path, expected) in [
            (User::default(), "GET", "/a", "ok"),
            (User::default(), "HEAD", "/a", "ok"),
            (User::default(), "OPTIONS", "/a", "endpoint_not_found"),
            (User::default(), "DELETE", "/a", "endpoint_not_found"),
            (User::default(), "GET", "/b", "endpoint_not_found"),
            (reader.clone(), "GET", "/a", "ok"),
            (reader, "POST", "/a", "forbidden"),
        ] {
            assert_eq!(code(&authorize(&manifest, &user, method, path)), expected, "{method} {path}");
        }
    }

    #[test]
    fn client_users_need_the_hook_and_a_client() {
        let user = |client: Option<&str>| User {
            user_type: UserType::Client,
            client_id: client.map(Into::into),
            ..User::default()
        };
        let open = manifest(r#"{"clientPortalMenu": {"label": "Mine"}}"#);
        for (manifest, user, expected) in [
            (&manifest("{}"), user(Some("c")), "forbidden"),
            (&open, user(Some("c")), "ok"),
            (&open, user(Some(" ")), "forbidden"),
            (&open, user(None), "forbidden"),
        ] {
            assert_eq!(code(&authorize(manifest, &user, "GET", "/a")), expected);
        }
    }

    #[test]
    fn the_refusal_says_which_methods_the_path_has() {
        let refusal = authorize(&manifest("{}"), &User::default(), "PUT", "/a").unwrap_err();
        assert_eq!(refusal.detail, "`/a` is declared for GET, POST, not for PUT");
    }

    #[test]
    fn the_sixty_first_call_waits_a_second() {
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        assert!((0..60).all(|_| bucket.take(start).is_ok()));
        assert_eq!(bucket.take(start).unwrap_err().retry_after, Some(1));
        assert!(bucket.take(start + Duration::from_secs(1)).is_ok());
        assert!(bucket.take(start + Duration::from_secs(1)).is_err());
    }
}
