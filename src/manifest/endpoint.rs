//! One declared endpoint, and how a request is matched against it.

use super::trim;
use serde::Serialize;
use serde_json::Value;

/// One entry of `api.endpoints`, normalised as publishing does (contract/registry.md §1.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Upper case.
    pub method: String,
    /// Begins with `/`; segments that begin with `:` are parameters.
    pub path: String,
    /// Stored, never used to choose code.
    pub handler: String,
}

/// What a request is to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Method and path fit.
    Yes,
    /// The path fits, the method does not.
    Path,
    /// Neither.
    No,
}

impl Endpoint {
    /// Reads an entry; one that lacks a member, or is OPTIONS, can never be reached and reads as none.
    pub fn read(value: &Value) -> Option<Endpoint> {
        let text =
            |key: &str| value.get(key).and_then(Value::as_str).map(trim).filter(|text| !text.is_empty());
        let method = text("method")?.to_ascii_uppercase();
        let path = stored_path(text("path")?);
        (method != "OPTIONS").then_some(Endpoint { method, path, handler: normalise(text("handler")?) })
    }

    /// Compares segment by segment; HEAD counts as GET (contract/registry.md §5.4).
    pub fn matches(&self, method: &str, path: &str) -> Match {
        let mut wanted = segments(&self.path);
        let mut given = segments(path);
        let fits = loop {
            match (wanted.next(), given.next()) {
                (None, None) => break true,
                (Some(pattern), Some(segment)) => {
                    let parameter = pattern.starts_with(':') && !segment.is_empty();
                    if !parameter && pattern != segment {
                        break false;
                    }
                }
                _ => break false,
            }
        };
        let is_get = |method: &str| matches!(method, "GET" | "HEAD");
        match (fits, self.method == method || (is_get(&self.method) && is_get(method))) {
            (true, true) => Match::Yes,
            (true, false) => Match::Path,
            (false, _) => Match::No,
        }
    }

    /// Whether a schedule may call it: GET or POST without path parameters (contract/registry.md §7.2).
    pub fn is_schedulable(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "POST") && !self.path.contains([':', '{', '}'])
    }
}

/// As the gateway splits a path: without the slashes around it (contract/registry.md §5.4).
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    let trimmed = path.trim_matches('/');
    trimmed.split('/').filter(move |_| !trimmed.is_empty())
}

/// Leading `./` removed, runs of `/` collapsed, as publishing does to paths (contract/registry.md §1.4).
pub fn normalise(text: &str) -> String {
    let mut text = text;
    while let Some(rest) = text.strip_prefix("./") {
        text = rest;
    }
    let mut squeezed = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != '/' || !squeezed.ends_with('/') {
            squeezed.push(letter);
        }
    }
    squeezed
}

/// An endpoint's path as publishing stores it: normalised, with a `/` in front.
pub fn stored_path(text: &str) -> String {
    let path = normalise(trim(text));
    if path.starts_with('/') { path } else { format!("/{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_match_segment_by_segment() {
        let endpoint = |method: &str, path: &str| Endpoint {
            method: method.into(),
            path: path.into(),
            handler: "dist/main".into(),
        };
        for (declared, method, path, expected) in [
            ("/", "GET", "", Match::Yes),
            ("/", "GET", "/x", Match::No),
            ("/a/:id", "GET", "/a/5/", Match::Yes),
            ("/a/:id", "HEAD", "/a/5", Match::Yes),
            ("/a/:id", "POST", "/a/5", Match::Path),
            ("/a/:id", "GET", "/a", Match::No),
            ("/a", "GET", "/A", Match::No),
        ] {
            assert_eq!(
                endpoint("GET", declared).matches(method, path),
                expected,
                "{declared} {method} {path}"
            );
        }
    }

    #[test]
    fn paths_are_normalised_as_publishing_does() {
        let value =
            serde_json::json!({"method": "\u{feff}post ", "path": ".//a//b", "handler": "./dist/main"});
        let endpoint = Endpoint::read(&value).unwrap();
        assert_eq!((endpoint.method.as_str(), endpoint.path.as_str()), ("POST", "/a/b"));
        assert_eq!(endpoint.handler, "dist/main");
    }
}
