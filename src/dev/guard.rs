//! Keeps other sites out: what a foreign page may not do to a server on the developer's machine.

use super::gateway;
use crate::serve;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what another site's page sends, and marks every answer as this server's own business.
pub(super) async fn refuse_foreign(
    request: Request<Body>,
    answer: impl AsyncFnOnce(Request<Body>) -> Response<Body>,
) -> Response<Body> {
    if is_foreign(request.method(), request.uri().path(), request.headers()) {
        let detail = "another site's page sent this request; the dev server answers only its own pages";
        return gateway::refusal(StatusCode::FORBIDDEN, "foreign_origin", Some(detail));
    }
    let mut response = answer(request).await;
    let headers = response.headers_mut();
    // The platform marks everything, even errors, as immutable for a year; here nothing is to be kept.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Whether a browser says that a page of another origin sent the request. Programs send neither header.
fn is_foreign(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE).and_then(|value| value.to_str().ok());
    let is_page = method == Method::GET && !path.starts_with("/api/") && !path.starts_with("/__alga/");
    (site == Some("cross-site") && !is_page) || serve::has_foreign_origin(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_own_pages_and_programs_get_in() {
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], bool);
        let cases: [Case<'_>; 9] = [
            ("POST", "/api/ext/a", &[("host", "localhost:1")], false),
            ("POST", "/api/ext/a", &[("host", "localhost:1"), ("origin", "http://localhost:1")], false),
            ("POST", "/api/ext/a", &[("host", "localhost:1"), ("origin", "http://127.0.0.1:1")], true),
            ("POST", "/v1/execute", &[("host", "localhost:1"), ("origin", "null")], true),
            (
                "POST",
                "/v1/execute",
                &[
                    ("host", "localhost:1"),
                    ("origin", "http://localhost:1"),
                    ("origin", "http://evil.example"),
                ],
                true,
            ),
            ("GET", "/api/ext/a", &[("host", "localhost:1"), ("origin", "https://evil.example")], true),
            ("GET", "/api/ext/a", &[("host", "localhost:1"), ("sec-fetch-site", "cross-site")], true),
            ("GET", "/", &[("host", "localhost:1"), ("sec-fetch-site", "cross-site")], false),
            ("GET", "/__alga/events", &[("host", "localhost:1"), ("sec-fetch-site", "same-origin")], false),
        ];
        for (method, path, list, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in list {
                headers.append(
                    axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                );
            }
            let method: Method = method.parse().unwrap();
            assert_eq!(is_foreign(&method, path, &headers), expected, "{method} {path} {list:?}");
        }
    }
}
