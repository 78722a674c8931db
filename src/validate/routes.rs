//! Declared endpoints against the code on both sides of them: the paths a handler knows, and the routes a page calls
//! (contract/registry.md §5.4, contract/ui.md §1.5).

use super::Overlay;
use super::judge::{Judge, with_help};
use crate::build::javascript::{self, Call, Literal, Literals, Said};
use crate::findings::{Code, Finding, nearest};
use crate::manifest::source::Node;
use crate::manifest::{Endpoint, Manifest, Match};
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// The largest source that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The most files that are read, of a handler and of a UI.
const MOST_FILES: usize = 500;
/// Findings of one file that say what was probably meant; finding that out compares with every endpoint.
const SUGGESTED: usize = 20;
/// What a request can be.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// A call of a route, as a page's source says it.
struct Route<'a> {
    /// None when the source does not tell.
    method: Option<String>,
    literal: &'a Literal,
    /// The route; what of the literal leads to the gateway is left out.
    path: String,
    /// Whether the route ends where the literal does.
    is_whole: bool,
}

/// What the sources of a page below `folder` call and the manifest does not declare. `shown` is the folder's name.
pub(super) fn pages(folder: &Path, shown: &str, manifest: &Manifest, overlay: &Overlay) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut waiting = vec![(folder.to_path_buf(), shown.to_owned())];
    let mut read = 0;
    while let Some((folder, shown)) = waiting.pop() {
        let Ok(entries) = fs_err::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = format!("{shown}/{name}");
            let kind = entry.file_type();
            if name.starts_with('.') || read >= MOST_FILES {
                continue;
            }
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) && file.matches('/').count() < 32 {
                waiting.push((entry.path(), file));
            } else if is_script(&name) && kind.is_ok_and(|kind| kind.is_file()) {
                read += 1;
                let bytes = overlay.read(&entry.path(), LARGEST).unwrap_or_default();
                findings.extend(script(&bytes, &file, manifest));
            }
        }
    }
    findings
}

/// The same for the scripts of a bundle; `head` gives the first so many bytes of a file.
pub(super) fn bundle(
    paths: &[&str],
    head: &dyn Fn(&str, u64) -> Vec<u8>,
    manifest: &Manifest,
) -> Vec<Finding> {
    let scripts = paths.iter().filter(|path| path.starts_with("ui/") && is_script(path));
    let judged = scripts.take(MOST_FILES).map(|path| script(&head(path, LARGEST + 1), path, manifest));
    judged.flatten().collect()
}

fn is_script(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("js"))
}

fn is_too_large(bytes: &[u8]) -> bool {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST
}

fn script(bytes: &[u8], file: &str, manifest: &Manifest) -> Vec<Finding> {
    let begins_path = |pair: &[u8]| matches!(pair, [b'"' | b'\'' | b'`', b'/']);
    if is_too_large(bytes) || !bytes.windows(2).any(begins_path) {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(found) = javascript::literals(body, Path::new(file)) else { return Vec::new() };
    let mut judge = Judge::new(text, file);
    let messages = found.objects.iter().filter_map(message);
    for route in found.calls.iter().filter_map(call).chain(messages) {
        undeclared(&mut judge, &route, manifest);
    }
    judge.findings
}

/// The route of a call: the bridge's own functions, `fetch` of the gateway, and any function that takes a method and a
/// path.
fn call(call: &Call) -> Option<Route<'_>> {
    let argument = |index: usize| call.arguments.get(index);
    let text = |index: usize| argument(index).and_then(Said::text);
    let method_in = |index: usize, default: &str| match argument(index) {
        None | Some(Said::Object(_)) => {
            let named = argument(index).and_then(|options| options.get("method"));
            match named {
                None => Some(default.to_owned()),
                Some(named) => method(named.text()?),
            }
        }
        Some(_) => None,
    };
    match call.name.as_str() {
        "callProxy" | "callRoute" => route(text(0)?, method_in(2, "POST")),
        "callHandlerJson" => route(text(1)?, method_in(2, "GET")),
        "fetch" => {
            let literal = text(0)?;
            let rest =
                ["/api/ext-proxy/", "/api/ext/"].iter().find_map(|front| literal.text.strip_prefix(front))?;
            // Behind the extension's id, which must be part of the literal for its route to be.
            let (_, rest) = rest.split_once('/')?;
            let (path, is_whole) = path(&format!("/{rest}"), literal);
            Some(Route { method: method_in(1, "GET"), literal, path, is_whole })
        }
        _ => {
            let method = method(text(0)?)?;
            route(text(1)?, Some(method))
        }
    }
}

/// The route of a message to the page around: `{ type: 'apiproxy', payload: { route, method } }`.
fn message(object: &Said) -> Option<Route<'_>> {
    if object.get("type")?.text()?.text != "apiproxy" {
        return None;
    }
    let payload = object.get("payload")?;
    let method = match payload.get("method") {
        None => Some("POST".to_owned()),
        Some(named) => named.text().and_then(method),
    };
    route(payload.get("route")?.text()?, method)
}

fn method(literal: &Literal) -> Option<String> {
    let word = literal.text.to_ascii_uppercase();
    (literal.is_whole && METHODS.contains(&word.as_str())).then_some(word)
}

fn route(literal: &Literal, method: Option<String>) -> Option<Route<'_>> {
    let (path, is_whole) = path(&literal.text, literal);
    // A second slash begins a host, and a path of the gateway is no route.
    let is_route = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/api/ext");
    is_route.then_some(Route { method, literal, path, is_whole })
}

/// The path alone, and whether it ends where the literal does.
fn path(text: &str, literal: &Literal) -> (String, bool) {
    match text.split_once(['?', '#']) {
        Some((path, _)) => (path.to_owned(), true),
        None => (text.to_owned(), literal.is_whole),
    }
}

/// Says so when no endpoint answers the route.
fn undeclared(judge: &mut Judge, route: &Route, manifest: &Manifest) {
    let answers = |endpoint: &&Endpoint| route.is_answered(endpoint);
    let fitting: Vec<&Endpoint> = manifest.endpoints.iter().filter(answers).collect();
    let method_fits = |endpoint: &&Endpoint| {
        route.method.as_deref().is_none_or(|method| endpoint.matches(method, &endpoint.path) == Match::Yes)
    };
    if fitting.iter().any(method_fits) {
        return;
    }
    let path = &route.path;
    let shown = if route.is_whole { path.clone() } else { format!("{path}…") };
    let method = route.method.as_deref().map(|method| format!("{method} ")).unwrap_or_default();
    let declared: BTreeSet<&str> = fitting.iter().map(|endpoint| endpoint.method.as_str()).collect();
    let message = format!("`{method}{shown}` is called and not declared: the gateway answers 404");
    let help = if judge.findings.len() > SUGGESTED {
        String::new()
    } else if declared.is_empty() {
        let lower = path.to_lowercase();
        let near = nearest(&lower, manifest.endpoints.iter().map(|endpoint| endpoint.path.as_str()));
        let same = manifest.endpoints.iter().map(|endpoint| endpoint.path.as_str());
        let near = same.clone().find(|same| same.eq_ignore_ascii_case(path)).or(near);
        near.map_or_else(
            || "declare it in `api.endpoints` of the manifest".to_owned(),
            |near| format!("did you mean `{near}`? paths are compared letter by letter"),
        )
    } else {
        let declared: Vec<&str> = declared.into_iter().collect();
        format!("declared for this path: {}", declared.join(", "))
    };
    judge.add(route.literal.start, route.literal.end, with_help(Code::UI_CALL_UNDECLARED, message, help));
}

impl Route<'_> {
    /// Whether the endpoint's path can answer the route, whatever stands behind the literal.
    fn is_answered(&self, endpoint: &Endpoint) -> bool {
        if self.is_whole {
            return endpoint.matches("GET", &self.path) != Match::No;
        }
        let mut declared = endpoint.path.trim_matches('/').split('/');
        let mut called = self.path.trim_start_matches('/').split('/').peekable();
        while let Some(part) = called.next() {
            let is_last = called.peek().is_none();
            let Some(wanted) = declared.next() else { return false };
            let fits = if is_last { wanted.starts_with(part) } else { wanted == part };
            if !fits && !wanted.starts_with(':') {
                return false;
            }
        }
        true
    }
}

/// The handler's own sources, as far as they can be followed.
fn sources(root: &Path, entry: &Path, overlay: &Overlay) -> Option<Literals> {
    let mut all = Literals::default();
    let mut seen = HashSet::from([entry.to_path_buf()]);
    let mut waiting = vec![entry.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let bytes = overlay.read(&path, LARGEST).ok().filter(|bytes| !is_too_large(bytes))?;
        let found = javascript::literals(&String::from_utf8_lossy(&bytes), &path)?;
        if found.imports_unknown || seen.len() > MOST_FILES {
            return None;
        }
        all.texts.extend(found.texts);
        all.says_404 |= found.says_404;
        let folder = path.parent().unwrap_or(root);
        for specifier in &found.imports {
            if specifier.starts_with('.') {
                let next = file(&folder.join(specifier))?;
                if seen.insert(next.clone()) {
                    waiting.push(next);
                }
            } else if specifier.starts_with(['#', '~', '/']) || specifier.starts_with("@/") {
                // An alias leads to sources of the project that are not looked for here.
                return None;
            }
        }
    }
    Some(all)
}

/// The file a relative specifier means; `.js` may be written for `.ts`.
fn file(path: &Path) -> Option<PathBuf> {
    const EXTENSIONS: [&str; 7] = ["ts", "tsx", "mts", "js", "mjs", "cjs", "json"];
    let with = |extension: &str| PathBuf::from(format!("{}.{extension}", path.display()));
    let beside = EXTENSIONS.iter().map(|extension| with(extension));
    let typed = ["ts", "tsx", "mts"].iter().map(|extension| path.with_extension(extension));
    let inside = EXTENSIONS.iter().map(|extension| path.join(format!("index.{extension}")));
    std::iter::once(path.to_path_buf()).chain(beside).chain(typed).chain(inside).find(|path| path.is_file())
}

/// Endpoints that the handler at `entry` cannot tell from a path it does not know, and so answers with its 404.
pub(super) fn unanswered(judge: &mut Judge, tree: &Node, root: &Path, entry: &Path, overlay: &Overlay) {
    let Some(list) = tree.get("api").and_then(|api| api.get("endpoints")) else { return };
    let Some(found) = sources(root, entry, overlay).filter(|found| found.says_404) else { return };
    let known = Known::of(&found.texts);
    if known.fronts.is_empty() {
        return;
    }
    for endpoint in list.items().unwrap_or_default() {
        let Some(node) = endpoint.get("path") else { continue };
        let Some(path) = node.as_str().map(str::trim).filter(|path| !known.knows(path)) else { continue };
        let message = format!("`{path}` is declared, and no text of the handler's source names it");
        let help = "a path the handler does not know ends in its 404; answer it, or remove the endpoint";
        judge.add(node.start, node.end, with_help(Code::ENDPOINT_UNANSWERED, message, help));
    }
}

/// What a handler's texts name.
struct Known {
    words: HashSet<String>,
    /// Texts that are paths or begin ones, as segments.
    fronts: HashSet<Vec<String>>,
}

impl Known {
    fn of(texts: &[String]) -> Known {
        let mut words = HashSet::new();
        let mut fronts = HashSet::new();
        for text in texts {
            let plain = text.replace('\\', "");
            words.extend(words_of(&plain).map(str::to_owned));
            let path = plain.trim_start_matches('^');
            let path = path
                .split_once(' ')
                .filter(|(method, _)| METHODS.contains(method))
                .map_or(path, |(_, path)| path);
            if path.starts_with('/') {
                let front = path.split(['(', '[', '{', '*', '+', '$', '?']).next().unwrap_or_default();
                let segments: Vec<String> =
                    front.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
                fronts.insert(segments);
            }
        }
        Known { words, fronts }
    }

    /// Whether the texts name the last literal segment of the path, or a front of it that may stand for all behind.
    fn knows(&self, path: &str) -> bool {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some(last) = segments.iter().rposition(|part| !part.starts_with(':')) else { return true };
        let named = |word: &&str| self.words.contains(*word);
        let is_named = segments.get(last).is_none_or(|word| {
            named(word)
                || words_of(word).filter(|part| part != word && part.len() > 2).any(|part| named(&part))
        });
        let mut fronts = (1..=last).filter_map(|length| segments.get(..length));
        is_named
            || fronts.any(|front| {
                let front: Vec<String> = front.iter().map(|part| (*part).to_owned()).collect();
                self.fronts.contains(&front)
            })
    }
}

/// Runs of letters, digits, `-`, `_` and `.`, and the parts of these.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |letter: char| letter.is_alphanumeric() || "-_.%".contains(letter);
    let runs = text.split(move |letter: char| !is_word(letter)).filter(|run| !run.is_empty());
    runs.flat_map(|run| {
        std::iter::once(run).chain(run.split(['-', '_', '.']).filter(move |part| *part != run))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(endpoints: &[(&str, &str)]) -> Manifest {
        let endpoint = |(method, path): &(&str, &str)| Endpoint {
            method: (*method).into(),
            path: (*path).into(),
            handler: "dist/main".into(),
        };
        Manifest { endpoints: endpoints.iter().map(endpoint).collect(), ..Manifest::default() }
    }

    fn complaints(source: &str) -> Vec<String> {
        let declared =
            manifest(&[("GET", "/notes"), ("POST", "/notes"), ("DELETE", "/notes/:id"), ("GET", "/")]);
        let findings = script(source.as_bytes(), "ui/app.js", &declared);
        findings
            .into_iter()
            .map(|finding| finding.message.split('`').nth(1).unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn routes_that_are_declared_pass_in_every_form() {
        for source in [
            "call('GET', '/notes')",
            "call('GET', '/notes?after=5')",
            "call('GET', `/notes${query}`)",
            "call('DELETE', `/notes/${id}`)",
            "call('DELETE', '/notes/' + id)",
            "bridge.uiProxy.callRoute('/notes', bytes)",
            "callHandlerJson(bridge, '/notes')",
            "callHandlerJson(bridge, '/notes', { method: 'POST', body })",
            "fetch('/api/ext-proxy/com.acme.reports/notes')",
            "fetch(`/api/ext-proxy/${id}/anything`)",
            "fetch('./data.json'); fetch('/other')",
            "parent.postMessage({ type: 'apiproxy', payload: { route: '/notes', method: 'GET' } }, '*')",
            "call(method, '/nothing'); load('/nothing'); call('GET', `/${name}`); call('GET', '/')",
            "headers.set('GET', 'notes'); call('GET', '//cdn.example.com/x')",
        ] {
            assert_eq!(complaints(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn routes_that_are_not_declared_are_told_with_their_method() {
        for (source, expected) in [
            ("call('GET', '/note')", "GET /note"),
            ("call('PUT', '/notes')", "PUT /notes"),
            ("call('GET', '/Notes')", "GET /Notes"),
            ("call('PATCH', `/notes/${id}`)", "PATCH /notes/…"),
            ("call('GET', `/notes/${id}/tags`)", "GET /notes/…"),
            ("bridge.callProxy('/sync')", "POST /sync"),
            ("callHandlerJson(bridge, '/sync')", "GET /sync"),
            ("fetch('/api/ext-proxy/com.acme.reports/sync', { method: 'post' })", "POST /sync"),
            ("post({ alga: true, type: 'apiproxy', payload: { route: '/sync' } })", "POST /sync"),
        ] {
            assert_eq!(complaints(source), [expected], "{source}");
        }
    }

    #[test]
    fn a_handler_knows_the_paths_its_texts_name_or_begin() {
        let texts = ["/notes", "^\\/clients\\/(\\d+)$", "status", "GET /api/report", "/files/"];
        let known = Known::of(&texts.map(str::to_owned));
        for path in [
            "/notes",
            "/notes/:id",
            "/clients/:id",
            "/v1/status",
            "/api/report",
            "/files/:a/raw",
            "/",
            "/:any",
        ] {
            assert!(known.knows(path), "{path}");
        }
        for path in ["/Notes", "/api/other", "/tickets/:id", "/note"] {
            assert!(!known.knows(path), "{path}");
        }
    }
}
