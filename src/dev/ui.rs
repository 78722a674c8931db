//! The UI's files, held in memory as one version, and the platform's rules for serving them (contract/runner.md §5).

use super::Error;
use crate::bundle::Digest;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The content security policy of every HTML file (contract/runner.md §5.4), framed by nobody but the host page,
/// with the place where browsers report what it blocked.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; \
     frame-ancestors 'self'; report-uri /__alga/csp";

/// Bytes of UI that are held in memory; a bundle may hold no more either (`inspect`'s cap).
const MAX_BYTES: u64 = 512 << 20;
/// Files of a UI, as many as a bundle may hold.
const MAX_FILES: usize = 10_000;
/// Folders within folders.
const MAX_DEPTH: usize = 32;

/// The extensions the platform serves and their content types (contract/runner.md §5.2, §5.3).
const TYPES: [(&str, &str); 12] = [
    ("html", "text/html"),
    ("js", "text/javascript"),
    ("css", "text/css"),
    ("json", "application/json"),
    ("map", "text/plain"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("woff", "application/font-woff"),
    ("woff2", "font/woff2"),
];

/// One version of the UI.
#[derive(Debug, Clone)]
pub(super) struct Files {
    files: BTreeMap<String, Asset>,
    digest: Digest,
}

/// One file.
#[derive(Debug, Clone)]
struct Asset {
    bytes: Bytes,
    digest: Digest,
}

/// Why a path is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// The platform answers 400 to any path of this form.
    Path(String),
    /// The file type is not on the platform's list.
    Type(String),
}

impl Refused {
    /// What is wrong with the path.
    fn reason(&self) -> String {
        match self {
            Refused::Path(what) => what.clone(),
            Refused::Type(extension) => {
                let served: Vec<&str> = TYPES.iter().map(|(extension, _)| *extension).collect();
                format!("the platform serves no `.{extension}` files, only {}", served.join(" "))
            }
        }
    }
}

impl Files {
    /// Reads every file under `folder` that a bundle would hold: no dot files, no links. An absent folder is none.
    pub(super) fn read(folder: &Path) -> Result<Option<Files>, Error> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let mut files = BTreeMap::new();
        let mut left = MAX_BYTES;
        gather(&mut files, folder, "", 0, &mut left)?;
        Ok(Some(Files::new(files)))
    }

    fn new(files: BTreeMap<String, Asset>) -> Files {
        let mut listing = String::new();
        for (path, asset) in &files {
            // Writing to a string cannot fail.
            let _ = writeln!(listing, "{} {} ui/{path}", asset.digest.hex(), asset.bytes.len());
        }
        Files { digest: Digest::of(listing.as_bytes()), files }
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// The digest of all of them.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// Calls the platform ignores or refuses that appear in the sources: what to warn of, once each.
    pub(super) fn pitfalls(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (path, asset) in &self.files {
            let Some(extension) = path.rsplit_once('.').map(|(_, extension)| extension) else { continue };
            if content_type(path).is_none() {
                found.push(format!("`ui/{path}`: the platform serves no `.{extension}` files"));
            }
            let Ok(text) = std::str::from_utf8(&asset.bytes) else { continue };
            if extension == "html" && has_inline_script(text) {
                found.push(format!(
                    "`ui/{path}`: inline scripts are blocked by the platform's content security policy"
                ));
            }
        }
        found.truncate(20);
        found
    }

    /// Answers a request for `path`, decoded, below the version's address.
    pub(super) fn answer(&self, path: &str, request: &HeaderMap, as_production: bool) -> Response<Body> {
        let path = match clean(path) {
            Ok(path) => path,
            Err(_) if as_production => return text(StatusCode::BAD_REQUEST, "invalid path".into()),
            Err(refused) => {
                return text(StatusCode::BAD_REQUEST, format!("invalid path: {}", refused.reason()));
            }
        };
        if let Some(asset) = self.files.get(&path) {
            return asset.respond(&path, request);
        }
        let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        if is_file && !as_production && !path.is_empty() && path != "index.html" {
            let words = format!(
                "`ui/{path}` does not exist. The platform answers such a path with `ui/index.html` and status 200, \
                 which a browser then refuses to run; `dev --as-production` does the same."
            );
            return text(StatusCode::NOT_FOUND, words);
        }
        match self.files.get("index.html") {
            Some(asset) => asset.respond("index.html", request),
            None if as_production => empty(StatusCode::NOT_FOUND),
            None => text(StatusCode::NOT_FOUND, "the UI has no `ui/index.html`".into()),
        }
    }
}

/// Adds what lies in a folder, of which `left` bytes may be read.
fn gather(
    files: &mut BTreeMap<String, Asset>,
    folder: &Path,
    prefix: &str,
    depth: usize,
    left: &mut u64,
) -> Result<(), Error> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.') && !name.contains("..")) else {
            continue;
        };
        let kind = entry.file_type()?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            if depth >= MAX_DEPTH {
                return Err(Error::TooMuchUi { what: format!("folders deeper than {MAX_DEPTH} levels") });
            }
            gather(files, &entry.path(), &format!("{path}/"), depth + 1, left)?;
        } else if kind.is_file() {
            *left = left
                .checked_sub(entry.metadata()?.len())
                .ok_or_else(|| Error::TooMuchUi { what: format!("more than {} MiB", MAX_BYTES >> 20) })?;
            if files.len() >= MAX_FILES {
                return Err(Error::TooMuchUi { what: format!("more than {MAX_FILES} files") });
            }
            let bytes = Bytes::from(fs_err::read(entry.path())?);
            files.insert(path, Asset { digest: Digest::of(&bytes), bytes });
        }
    }
    Ok(())
}

impl Asset {
    fn respond(&self, path: &str, request: &HeaderMap) -> Response<Body> {
        let tag = format!("\"sha256-{}\"", self.digest.hex());
        let kind = content_type(path).unwrap_or("application/octet-stream");
        let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let known =
            known.flat_map(|value| value.split(',')).map(str::trim).any(|known| known == "*" || known == tag);
        let mut response = if known {
            empty(StatusCode::NOT_MODIFIED)
        } else {
            Response::new(Body::from(self.bytes.clone()))
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        if !known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        if kind == "text/html" {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        }
        response
    }
}

/// The content type of an extension on the list, whatever its case.
fn content_type(path: &str) -> Option<&'static str> {
    let extension = path.rsplit('/').next()?.rsplit_once('.')?.1;
    TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension)).map(|(_, kind)| *kind)
}

/// Applies the path rules of contract/runner.md §5.2 to a decoded path.
fn clean(path: &str) -> Result<String, Refused> {
    if path.starts_with('/') {
        return Err(Refused::Path("it begins with a second `/`".into()));
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Err(Refused::Path("it holds a backslash or a control character".into()));
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if let Some(segment) = segments.iter().find(|segment| segment.starts_with('.')) {
        return Err(Refused::Path(format!("`{segment}` begins with a dot")));
    }
    if let Some((_, extension)) = segments.last().and_then(|name| name.rsplit_once('.'))
        && !TYPES.iter().any(|(known, _)| known.eq_ignore_ascii_case(extension))
    {
        return Err(Refused::Type(extension.to_owned()));
    }
    Ok(segments.join("/"))
}

/// Whether an HTML text holds a `<script>` without `src`; data blocks such as JSON do not count.
fn has_inline_script(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.split("<script").skip(1).any(|rest| {
        let Some((attributes, body)) = rest.split_once('>') else { return false };
        let content = body.split("</script").next().unwrap_or_default();
        !attributes.contains("src=") && !attributes.contains("json") && !content.trim().is_empty()
    })
}

/// A plain text answer.
pub(super) fn text(status: StatusCode, words: String) -> Response<Body> {
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        let asset = |text: &str| Asset { digest: Digest::of(text.as_bytes()), bytes: text.to_owned().into() };
        Files::new(entries.iter().map(|(path, text)| ((*path).to_owned(), asset(text))).collect())
    }

    #[test]
    fn paths_keep_the_platforms_rules() {
        for (path, expected) in [
            ("", Some("")),
            ("index.html", Some("index.html")),
            ("a//b/", Some("a/b")),
            ("a/B.JS", Some("a/B.JS")),
            ("settings/users", Some("settings/users")),
            ("/x.js", None),
            ("../x.js", None),
            ("a/./x.js", None),
            (".well-known/x.json", None),
            ("a\\x.js", None),
            ("a\0.js", None),
            ("favicon.ico", None),
            ("x.", None),
        ] {
            assert_eq!(clean(path).ok().as_deref(), expected, "{path:?}");
        }
    }

    #[test]
    fn a_missing_script_is_404_by_default_and_html_on_the_platform() {
        let files = files(&[("index.html", "<p>hi")]);
        let ask =
            |path, as_production| files.answer(path, &HeaderMap::new(), as_production).status().as_u16();
        assert_eq!((ask("gone.js", false), ask("gone.js", true)), (404, 200));
        assert_eq!((ask("some/route", false), ask("some/route", true)), (200, 200));
        assert_eq!((ask("x.ico", false), ask("x.ico", true)), (400, 400));
    }

    #[test]
    fn html_carries_the_policy_and_a_known_tag_is_not_sent_again() {
        let files = files(&[("index.html", "<p>hi"), ("a.js", "1")]);
        let first = files.answer("", &HeaderMap::new(), false);
        assert!(first.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        assert_eq!(first.headers()[header::CONTENT_TYPE], "text/html");
        let script = files.answer("a.js", &HeaderMap::new(), false);
        assert!(!script.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        let mut known = HeaderMap::new();
        known.insert(header::IF_NONE_MATCH, script.headers()[header::ETAG].clone());
        assert_eq!(files.answer("a.js", &known, false).status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn inline_scripts_are_found_and_data_blocks_are_not() {
        assert!(has_inline_script("<SCRIPT>go()</SCRIPT>"));
        assert!(!has_inline_script(
            r#"<script src="a.js"></script><script type="application/json">{}</script>"#
        ));
    }

    #[test]
    fn dot_files_and_links_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("index.html"), "x").unwrap();
        fs_err::write(folder.path().join(".env"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("passwd.json")).unwrap();
        let files = Files::read(folder.path()).unwrap().unwrap();
        assert_eq!(files.files.keys().collect::<Vec<_>>(), ["index.html"]);
        assert!(Files::read(&folder.path().join("none")).unwrap().is_none());
    }
}
