//! What UI files hold: pages, scripts and styles against the policy and the sandbox they run under, secrets, weight.

use super::declared::Declared;
use super::judge::with_help;
use super::{Bounds, pages, secrets, ui_scripts, ui_styles};
use crate::bundle;
use crate::findings::{Code, Finding};
use crate::manifest::Manifest;
use std::collections::{BTreeMap, HashSet};

/// Bytes beyond which a file makes the first page slow: it is sent without compression, and stays in memory while the
/// bundle is unpacked.
const LARGE: u64 = 5 << 20;

/// What a UI that calls routes has in it: the bridge's functions and message, or the gateway's address.
const CALLS: [&str; 5] = ["callProxy", "callRoute", "callHandlerJson", "apiproxy", "/api/ext"];

/// More findings than anyone reads.
const MOST: usize = 10_000;

/// What to do with a file that is too large to be judged.
const SPLIT: &str = "split it: what the first page does not need can be loaded later";

/// What the files of one UI show together.
#[derive(Debug)]
pub(super) struct Contents<'m> {
    /// The page's name in findings.
    page: String,
    bounds: Bounds,
    /// The file from which on nothing was looked into, because so much was said.
    stopped_at: Option<String>,
    /// The routes that scripts may call.
    declared: Option<Declared<'m>>,
    has_page: bool,
    has_script: bool,
    /// Whether anything in the UI calls routes.
    calls: bool,
    /// Last words of endpoints that no file of the UI has; none once a file was not looked into.
    unnamed: HashSet<&'m str>,
    ready: Ready,
    /// Each path as file systems see it that heed neither case nor composition.
    seen: BTreeMap<String, String>,
    findings: Vec<Finding>,
}

/// Where the word stands that the host waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ready {
    Nowhere,
    /// In a script inside a page, which does not run.
    Inline,
    /// In a script's file.
    Script,
}

/// What a file is, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Script,
    Style,
    /// Text of another kind, or none.
    Other,
    /// Pictures and fonts.
    Binary,
}

impl<'m> Contents<'m> {
    /// Nothing yet.
    pub(super) fn new(page: String, manifest: Option<&'m Manifest>, bounds: Bounds) -> Contents<'m> {
        Contents {
            page,
            bounds,
            stopped_at: None,
            declared: manifest.map(Declared::of),
            has_page: false,
            has_script: false,
            calls: false,
            unnamed: manifest.into_iter().flat_map(words).collect(),
            ready: Ready::Nowhere,
            seen: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    /// Judges one file. `path` is where it stands in the bundle, `file` its name in findings; `bytes` reads it, and is
    /// asked only where what is in it matters.
    pub(super) fn add(&mut self, path: &str, file: &str, size: u64, bytes: impl FnOnce() -> Vec<u8>) {
        self.has_page |= file == self.page;
        if self.findings.len() >= MOST {
            // The rest of a hostile bundle is not looked into.
            self.stopped_at.get_or_insert_with(|| file.to_owned());
            self.miss();
            return;
        }
        self.findings.extend(shipped(path, file));
        if let Some(first) = self.seen.insert(bundle::folded(path), path.to_owned()) {
            let [path, first] = [path, &first].map(|path| path.escape_default().to_string());
            let message = format!(
                "`{path}` and `{first}` differ in case or composition alone, and are one file on some systems"
            );
            self.findings.push(with_help(Code::UI_PATH_CASE, message, "rename one of them").in_file(file));
        }
        if size > LARGE {
            let message = format!("`{path}` has {:.1} MiB, and is sent without compression", mebibytes(size));
            let help = "make it smaller, or split it: what the first page does not need can be loaded later";
            self.findings.push(with_help(Code::UI_FILE_LARGE, message, help).in_file(file));
        }
        let kind = kind(path);
        if kind == Kind::Binary {
            return;
        }
        if size > self.bounds.text {
            let message = format!("`{path}` has {:.1} MiB, and is not looked into", mebibytes(size));
            self.findings.push(with_help(Code::FINDINGS_LIMIT, message, SPLIT).in_file(file));
            self.miss();
            return;
        }
        let bytes = bytes();
        self.findings.extend(secrets::judge(path, file, &bytes));
        let Ok(text) = std::str::from_utf8(&bytes) else { return };
        self.calls |= CALLS.iter().any(|word| text.contains(word));
        if !self.unnamed.is_empty() {
            for run in text.split(|letter: char| !letter.is_alphanumeric() && !"-_.%~".contains(letter)) {
                self.unnamed.remove(run);
                for part in run.split(['-', '_', '.']) {
                    self.unnamed.remove(part);
                }
            }
        }
        match kind {
            Kind::Page => {
                self.has_script |= text.contains("<script");
                self.ready = self.ready.max(ready(text, Ready::Inline));
                self.findings.extend(pages::judge(text, file));
            }
            Kind::Script => {
                self.has_script = true;
                self.ready = self.ready.max(ready(text, Ready::Script));
                if size > self.bounds.script {
                    let message =
                        format!("`{path}` has {:.1} MiB, and its calls are not looked at", mebibytes(size));
                    self.findings.push(with_help(Code::FINDINGS_LIMIT, message, SPLIT).in_file(file));
                } else {
                    self.findings.extend(ui_scripts::judge(path, file, text, self.declared.as_ref()));
                }
            }
            Kind::Style => self.findings.extend(ui_styles::judge(file, text)),
            Kind::Other | Kind::Binary => {}
        }
    }

    /// A file was not looked into: what it names nobody knows.
    pub(super) fn miss(&mut self) {
        self.unnamed.clear();
    }

    /// Whether the UI calls routes, and none of its files has the last word of this one.
    pub(super) fn forgets(&self, path: &str) -> bool {
        self.calls && last_word(path).is_some_and(|word| self.unnamed.contains(word))
    }

    /// Everything that is to be said.
    pub(super) fn finish(&mut self) -> Vec<Finding> {
        if let Some(file) = self.stopped_at.take() {
            let message = format!("more than {MOST} findings in the UI; the rest of it is not looked into");
            self.findings.push(Finding::new(Code::FINDINGS_LIMIT, message).in_file(file));
        } else if self.has_page && self.has_script && self.ready < Ready::Script {
            let message = if self.ready == Ready::Inline {
                "`ready` is sent by an inline script, which does not run, so the host never learns that the page is up"
            } else {
                "no script sends `ready`, so the host shows its loading cover for 1.5 seconds and sends no theme"
            };
            let help = "send `{ alga: true, version: '1', type: 'ready', payload: {} }` to `window.parent`, or call `bridge.ready()`";
            self.findings.push(with_help(Code::UI_READY_MISSING, message, help).in_file(self.page.clone()));
        }
        std::mem::take(&mut self.findings)
    }
}

/// The last words of all endpoints.
fn words(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.endpoints.iter().filter_map(|endpoint| last_word(&endpoint.path))
}

/// The last segment of a path that is no parameter.
fn last_word(path: &str) -> Option<&str> {
    path.rsplit('/').find(|segment| !segment.is_empty() && !segment.starts_with(':'))
}

/// The message's type as a string of the source, however it is quoted; the SDK has it too.
fn ready(text: &str, place: Ready) -> Ready {
    let says = ["'ready'", "\"ready\"", "`ready`"].iter().any(|word| text.contains(word));
    if says { place } else { Ready::Nowhere }
}

/// Files that tests and debuggers read, and nobody is served.
fn shipped(path: &str, file: &str) -> Option<Finding> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 1 && parts.last() == Some(&"map") {
        let message = format!("`{path}` shows the source to everyone who can open the UI");
        let help = "leave source maps out of the build (Vite: `build.sourcemap: false`)";
        return Some(with_help(Code::UI_SOURCE_MAP, message, help).in_file(file));
    }
    let is_test = parts.iter().skip(1).any(|part| matches!(*part, "test" | "spec" | "stories"))
        || path.split('/').any(|part| matches!(part, "__tests__" | "__mocks__" | "__snapshots__"));
    is_test.then(|| {
        let message = format!("`{path}` looks like a test, and is served to everyone");
        with_help(Code::UI_TEST_FILE, message, "keep tests outside of the UI folder").in_file(file)
    })
}

fn kind(path: &str) -> Kind {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("html" | "htm") => Kind::Page,
        Some("js" | "mjs" | "cjs") => Kind::Script,
        Some("css") => Kind::Style,
        Some(
            "png" | "jpg" | "jpeg" | "webp" | "gif" | "ico" | "avif" | "woff" | "woff2" | "ttf" | "otf"
            | "eot" | "mp4" | "webm" | "pdf",
        ) => Kind::Binary,
        _ => Kind::Other,
    }
}

fn mebibytes(size: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a size for people has two digits")]
    let size = size as f64;
    size / 1024.0 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(files: &[(&str, &str)]) -> Vec<Code> {
        let mut contents = Contents::new("ui/index.html".into(), None, Bounds::USUAL);
        for (path, text) in files {
            contents.add(path, path, text.len() as u64, || text.as_bytes().to_vec());
        }
        contents.finish().into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_page_with_scripts_says_that_it_is_ready() {
        let page = ("ui/index.html", "<script src=app.js></script>");
        assert_eq!(codes(&[page, ("ui/app.js", "post('load')")]), [Code::UI_READY_MISSING]);
        assert_eq!(codes(&[page, ("ui/app.js", "post('ready')")]), []);
        assert_eq!(codes(&[("ui/index.html", "<p>text</p>")]), []);
        let inline = ("ui/index.html", "<script>post('ready')</script>");
        assert_eq!(codes(&[inline]), [Code::UI_INLINE_SCRIPT, Code::UI_READY_MISSING]);
    }

    #[test]
    fn tests_maps_heavy_files_and_names_of_one_file_are_told() {
        assert_eq!(codes(&[("ui/App.css", ""), ("ui/app.css", ""), ("ui/b.css", "")]), [Code::UI_PATH_CASE]);
        assert_eq!(codes(&[("ui/\u{e9}.css", ""), ("ui/e\u{301}.css", "")]), [Code::UI_PATH_CASE]);
        assert_eq!(codes(&[("ui/app.js.map", "{}")]), [Code::UI_SOURCE_MAP]);
        assert_eq!(codes(&[("ui/app.test.js", "")]), [Code::UI_TEST_FILE]);
        assert_eq!(codes(&[("ui/__tests__/a.js", "")]), [Code::UI_TEST_FILE]);
        assert_eq!(codes(&[("ui/test.js", ""), ("ui/latest.js", "")]), []);
        let long = "fetch('https://example.com');\n".repeat(80_000);
        assert_eq!(codes(&[("ui/long.js", &long)]), [Code::FINDINGS_LIMIT]);
        let mut contents = Contents::new("ui/index.html".into(), None, Bounds::USUAL);
        contents.add("ui/a.png", "ui/a.png", 6 << 20, Vec::new);
        assert_eq!(contents.finish()[0].code, Code::UI_FILE_LARGE);
    }

    #[test]
    fn of_very_many_files_with_very_many_findings_the_first_are_looked_into() {
        let page = "<p onclick=a>".repeat(2_000);
        let files: Vec<String> = (0..200).map(|number| format!("ui/{number}.html")).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), page.as_str())).collect();
        let codes = codes(&files);
        assert!((MOST..2 * MOST).contains(&codes.len()), "{}", codes.len());
        assert_eq!(codes.last(), Some(&Code::FINDINGS_LIMIT));
    }

    #[test]
    fn what_is_too_large_for_the_bounds_is_told_and_not_read() {
        let mut contents = Contents::new("ui/index.html".into(), None, Bounds::TIGHT);
        contents.add("ui/a.json", "ui/a.json", Bounds::TIGHT.text + 1, || unreachable!());
        let message = &contents.finish()[0].message;
        assert_eq!(message, "`ui/a.json` has 4.0 MiB, and is not looked into");
    }
}
