//! What the gateway lets through: headers in and out, the query, the `__method` override (contract/runner.md §3.7).

use crate::host::Ids;
use crate::runner::Request;
use axum::http::{HeaderMap, HeaderName, header};
use serde_json::Value;
use url::form_urlencoded;

/// Names a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Names a call that is to be made once.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("x-idempotency-key");

/// Which of the two gateway routes a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    /// `/api/ext/…`, called by programs.
    Direct,
    /// `/api/ext-proxy/…`, called by the bridge.
    Proxy,
}

impl Surface {
    /// Request headers the guest sees, beside the tenant's and the extension's.
    pub(super) fn request_headers(self) -> &'static [HeaderName] {
        static DIRECT: [HeaderName; 5] =
            [REQUEST_ID, header::ACCEPT, header::CONTENT_TYPE, header::ACCEPT_ENCODING, header::USER_AGENT];
        static PROXY: [HeaderName; 6] = [
            header::ACCEPT,
            header::CONTENT_TYPE,
            header::ACCEPT_ENCODING,
            header::USER_AGENT,
            REQUEST_ID,
            IDEMPOTENCY_KEY,
        ];
        match self {
            Surface::Direct => &DIRECT,
            Surface::Proxy => &PROXY,
        }
    }

    /// Guest headers the caller sees.
    fn response_headers(self) -> &'static [&'static str] {
        match self {
            Surface::Direct => &["content-type", "cache-control", "etag"],
            Surface::Proxy => &crate::host::refusals::KEPT_HEADERS,
        }
    }

    /// The name shown in events.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Surface::Direct => "ext",
            Surface::Proxy => "ext-proxy",
        }
    }
}

/// Whether a method asks for something and changes nothing.
pub(super) fn is_read(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

/// A request that was let through.
#[derive(Debug)]
pub(super) struct Passed<'a> {
    /// The way it came.
    pub(super) surface: Surface,
    /// The method the endpoint was looked up with.
    pub(super) method: String,
    /// The endpoint's path.
    pub(super) path: &'a str,
    /// The query, one value a key.
    pub(super) query: Vec<(String, String)>,
    /// All that were sent.
    pub(super) headers: &'a HeaderMap,
    /// None when the override left nothing of it.
    pub(super) body: Option<Vec<u8>>,
    /// The request's id.
    pub(super) id: &'a str,
    /// Whom it is for.
    pub(super) ids: &'a Ids,
}

impl Passed<'_> {
    /// What the handler is called with: no body for what only reads, and for the rest of the proxy's calls a key, the
    /// sender's or a new one (contract/registry.md §5.1).
    pub(super) fn request(self, new_key: impl FnOnce() -> String) -> Request {
        let is_read = is_read(&self.method);
        let mut own = vec![
            ("x-request-id", self.id),
            ("x-alga-tenant", self.ids.tenant_id.as_str()),
            ("x-alga-extension", self.ids.extension_id.as_str()),
        ];
        let wants_key =
            self.surface == Surface::Proxy && !is_read && !self.headers.contains_key(IDEMPOTENCY_KEY);
        let key = wants_key.then(new_key);
        own.extend(key.as_deref().map(|key| ("x-idempotency-key", key)));
        Request {
            url: url(self.path, self.query),
            headers: request_headers(self.surface, self.headers, &own),
            body: self.body.filter(|_| !is_read),
            method: self.method,
        }
    }
}

/// A path as the route takes it: the proxy drops empty segments; neither decodes anything.
pub(super) fn path(surface: Surface, path: &str) -> String {
    match surface {
        Surface::Direct => format!("/{path}"),
        Surface::Proxy => {
            let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
            format!("/{}", segments.join("/"))
        }
    }
}

/// The headers the guest gets: those on the list that were sent, then the gateway's own.
fn request_headers(surface: Surface, sent: &HeaderMap, own: &[(&str, &str)]) -> Vec<(String, String)> {
    let is_own = |name: &HeaderName| own.iter().any(|(known, _)| *known == name.as_str());
    let passed = surface.request_headers().iter().filter(|name| !is_own(name)).filter_map(|name| {
        let mut values = sent.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let mut joined = values.next()?.to_owned();
        for value in values {
            joined.push_str(", ");
            joined.push_str(value);
        }
        Some((name.as_str().to_owned(), joined))
    });
    passed.chain(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// The guest's headers folded as the runner does (last of a name wins), divided into those the caller gets and the
/// names of those it does not.
pub(super) fn response_headers(
    surface: Surface,
    guest: &[(String, String)],
) -> (Vec<(HeaderName, String)>, Vec<String>) {
    let mut kept: Vec<(HeaderName, String)> = Vec::new();
    let mut dropped = Vec::new();
    for (name, value) in guest {
        let lower = name.to_ascii_lowercase();
        let Some(known) = surface.response_headers().iter().find(|known| **known == lower) else {
            if !dropped.contains(&lower) {
                dropped.push(lower);
            }
            continue;
        };
        let header = HeaderName::from_static(known);
        match kept.iter_mut().find(|(name, _)| *name == header) {
            Some((_, kept)) => kept.clone_from(value),
            None => kept.push((header, value.clone())),
        }
    }
    (kept, dropped)
}

/// A query as the runner rebuilds it: one value a key, the last; the second value names the keys that repeated.
pub(super) fn query(raw: &str) -> (Vec<(String, String)>, Vec<String>) {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut repeated = Vec::new();
    for (key, value) in form_urlencoded::parse(raw.as_bytes()) {
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((known, last)) => {
                *last = value.into_owned();
                if !repeated.contains(known) {
                    repeated.push(known.clone());
                }
            }
            None => pairs.push((key.into_owned(), value.into_owned())),
        }
    }
    (pairs, repeated)
}

/// The guest's `http.url`: the path, and the query when there is one (contract/runner.md §3.3).
pub(super) fn url<K: AsRef<str>, V: AsRef<str>>(
    path: &str,
    query: impl IntoIterator<Item = (K, V)>,
) -> String {
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    match (encoded.is_empty(), path.contains('?')) {
        (true, _) => path.to_owned(),
        (false, true) => format!("{path}&{encoded}"),
        (false, false) => format!("{path}?{encoded}"),
    }
}

/// A request after the override of the proxy route.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Overridden {
    /// The method the endpoint is looked up with.
    pub(super) method: String,
    /// The query without the marker.
    pub(super) query: Vec<(String, String)>,
    /// The body without the marker; none when nothing is left, or for GET.
    pub(super) body: Option<Vec<u8>>,
}

/// Applies `__method` to a POST: the query's wins over a top-level member of a JSON body; the marker is removed.
pub(super) fn override_method(
    method: &str,
    query: Vec<(String, String)>,
    body: Option<Vec<u8>>,
) -> Overridden {
    if method != "POST" {
        return Overridden { method: method.to_owned(), query, body };
    }
    let wanted = |text: &str| {
        let text = text.trim().to_ascii_uppercase();
        matches!(text.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE").then_some(text)
    };
    let in_query = query.iter().find(|(key, _)| key == "__method").and_then(|(_, value)| wanted(value));
    let mut members = body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
    let marker =
        members.as_mut().and_then(Value::as_object_mut).and_then(|members| members.shift_remove("__method"));
    let in_body = marker.as_ref().and_then(Value::as_str).and_then(wanted);
    let body = match (&marker, members) {
        (Some(_), Some(Value::Object(left))) if left.is_empty() => None,
        (Some(_), Some(left)) => serde_json::to_vec(&left).ok(),
        _ => body,
    };
    let query = query.into_iter().filter(|(key, _)| key != "__method").collect();
    let method = in_query.or(in_body).unwrap_or_else(|| method.to_owned());
    let body = if method == "GET" { None } else { body };
    Overridden { method, query, body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_listed_headers_reach_the_guest_and_the_gateways_own_win() {
        let mut sent = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer x"),
            ("cookie", "a=b"),
            ("accept", "text/html"),
            ("x-alga-tenant", "forged"),
            ("x-idempotency-key", "k"),
        ] {
            sent.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let proxied = request_headers(Surface::Proxy, &sent, &[("x-alga-tenant", "t")]);
        assert_eq!(
            proxied,
            pairs(&[("accept", "text/html"), ("x-idempotency-key", "k"), ("x-alga-tenant", "t")])
        );
        let direct = request_headers(Surface::Direct, &sent, &[("x-alga-tenant", "t")]);
        assert_eq!(direct, pairs(&[("accept", "text/html"), ("x-alga-tenant", "t")]));
    }

    #[test]
    fn what_only_reads_has_no_body_and_no_key() {
        let ids = Ids { tenant_id: "t".into(), extension_id: "e".into(), install_id: None, version_id: None };
        let sent = HeaderMap::new();
        for (surface, method, body, key) in [
            (Surface::Proxy, "GET", None, false),
            (Surface::Proxy, "HEAD", None, false),
            (Surface::Proxy, "POST", Some(Vec::new()), true),
            (Surface::Direct, "POST", Some(Vec::new()), false),
        ] {
            let passed = Passed {
                surface,
                method: method.into(),
                path: "/a",
                query: Vec::new(),
                headers: &sent,
                body: Some(Vec::new()),
                id: "r",
                ids: &ids,
            };
            let request = passed.request(|| "k".into());
            let keyed = request.headers.iter().any(|(name, _)| name == "x-idempotency-key");
            assert_eq!((request.body, keyed), (body, key), "{surface:?} {method}");
        }
    }

    #[test]
    fn the_guests_last_header_of_a_name_wins_and_others_are_named() {
        let guest =
            pairs(&[("Content-Type", "a/b"), ("Set-Cookie", "x"), ("content-type", "c/d"), ("etag", "1")]);
        let (kept, dropped) = response_headers(Surface::Proxy, &guest);
        assert_eq!(kept, [(HeaderName::from_static("content-type"), "c/d".to_owned())]);
        assert_eq!(dropped, ["set-cookie", "etag"]);
    }

    #[test]
    fn a_repeated_key_collapses_and_is_named() {
        let (query, repeated) = query("a=1&b=x+y&a=2");
        assert_eq!((query.clone(), repeated), (pairs(&[("a", "2"), ("b", "x y")]), vec!["a".to_owned()]));
        assert_eq!(url("/p", query), "/p?a=2&b=x+y");
        assert_eq!(url("/p?z=1", pairs(&[("a", "é")])), "/p?z=1&a=%C3%A9");
        assert_eq!(url("/p", pairs(&[])), "/p");
    }

    #[test]
    fn the_override_comes_from_the_query_or_the_body_of_a_post() {
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Option<&'a str>, &'a str, Option<&'a str>);
        let cases: [Case<'_>; 7] = [
            ("POST", &[("__method", "put"), ("a", "1")], Some("{}"), "PUT", Some("{}")),
            ("POST", &[], Some(r#"{"__method":"DELETE","id":1}"#), "DELETE", Some(r#"{"id":1}"#)),
            ("POST", &[], Some(r#"{"__method":"patch"}"#), "PATCH", None),
            ("POST", &[("__method", "GET")], Some("x"), "GET", None),
            ("POST", &[("__method", "TRACE")], Some("x"), "POST", Some("x")),
            ("PUT", &[("__method", "GET")], Some("x"), "PUT", Some("x")),
            ("POST", &[], Some("[1]"), "POST", Some("[1]")),
        ];
        for (method, query, body, expected, left) in cases {
            let body = body.map(|body| body.as_bytes().to_vec());
            let overridden = override_method(method, pairs(query), body);
            assert_eq!(overridden.method, expected, "{method} {query:?}");
            assert_eq!(overridden.body.as_deref(), left.map(str::as_bytes), "{method} {query:?}");
            let marked = overridden.query.iter().any(|(key, _)| key == "__method");
            assert_eq!(marked, method != "POST");
        }
    }
}
