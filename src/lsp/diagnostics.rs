//! Findings as diagnostics: judged with the texts that are open, said by file, taken back when they are gone.

use super::Server;
use super::document::{self, Kind};
use super::message::notification;
use super::position::{Lines, Range};
use crate::files;
use crate::findings::{Finding, Severity};
use crate::project::{CONFIG, MANIFEST};
use crate::validate::{self, Overlay, Subject};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The largest file that findings are placed in, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What is said of a folder.
#[derive(Debug, Default)]
pub(super) struct Judged {
    is_stale: bool,
    pub(super) findings: Vec<Finding>,
    /// The files that something was said of.
    told: BTreeSet<String>,
}

impl Judged {
    pub(super) fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// What it was judged by has changed.
    pub(super) fn stale(&mut self) {
        self.is_stale = true;
    }

    /// The messages that take everything back.
    pub(super) fn clear(self) -> impl Iterator<Item = Value> {
        self.told.into_iter().map(|uri| publish(&uri, None, &[]))
    }
}

impl Server {
    /// Judges a folder, and says what is found.
    pub(super) fn judge(&mut self, root: &Path) {
        let findings = match self.findings(root) {
            Ok(findings) => findings,
            Err(error) => {
                let message = format!("`{}` cannot be judged: {error}", root.display());
                let log = json!({ "type": 2, "message": message });
                self.outgoing.push(notification("window/logMessage", log));
                Vec::new()
            }
        };
        let mut by_file: BTreeMap<String, (Option<i64>, Vec<Value>)> = BTreeMap::new();
        for (uri, document) in self.documents.iter().filter(|(_, document)| document.root == root) {
            by_file.insert(uri.clone(), (document.version, Vec::new()));
        }
        let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in &findings {
            files.entry(finding.file.as_deref().unwrap_or(MANIFEST)).or_default().push(finding);
        }
        for (file, findings) in files {
            let path = root.join(file);
            let open = self.document_at(&path).map(|(uri, document)| (uri.clone(), document));
            let Some(uri) = open.as_ref().map(|(uri, _)| uri.clone()).or_else(|| document::uri(&path)) else {
                continue;
            };
            let text = open.map(|(_, document)| document.text.clone());
            // Editors do not count a byte order mark in a file; one in an open text is a character of it.
            let (text, mark) = match text {
                Some(text) => (text, 0),
                None => without_mark(files::read_text(&path, LARGEST).unwrap_or_default()),
            };
            let lines = Lines::new(&text, self.client.encoding);
            let told = findings.into_iter().map(|finding| diagnostic(finding, &lines, mark));
            by_file.entry(uri).or_default().1.extend(told);
        }
        let judged = self.judged.entry(root.to_path_buf()).or_default();
        for uri in std::mem::take(&mut judged.told) {
            by_file.entry(uri).or_default();
        }
        (judged.is_stale, judged.findings) = (false, findings);
        for (uri, (version, told)) in by_file {
            self.outgoing.push(publish(&uri, version, &told));
            if !told.is_empty() || version.is_some() {
                judged.told.insert(uri);
            }
        }
    }

    /// What `validate` finds with the open texts in place of their files.
    fn findings(&self, root: &Path) -> Result<Vec<Finding>, validate::Error> {
        let mut overlay = Overlay::default();
        let (mut manifest, mut config) = (None, None);
        for document in self.documents.values().filter(|document| document.root == root) {
            overlay.set(&document.path, &document.text);
            match document.kind {
                Kind::Manifest => manifest = Some(document.path.clone()),
                Kind::Config => config = Some(document.path.clone()),
            }
        }
        if root.join(MANIFEST).exists() {
            return Ok(Subject::Project(root.to_path_buf()).judge(&overlay, &[])?.findings);
        }
        // What was never saved has no project around it yet.
        let manifest = manifest.map(|path| Subject::Manifest { path, shown: MANIFEST.into() });
        let config = config.map(|path| Subject::Config { path, shown: CONFIG.into() });
        let mut findings = Vec::new();
        for subject in manifest.into_iter().chain(config) {
            findings.extend(subject.judge(&overlay, &[])?.findings);
        }
        Ok(findings)
    }

    /// The findings of an open document, as of now.
    pub(super) fn findings_of(&mut self, uri: &str) -> Vec<(Range, Finding)> {
        let Some(root) = self.documents.get(uri).map(|document| document.root.clone()) else {
            return Vec::new();
        };
        if self.judged.get(&root).is_none_or(Judged::is_stale) {
            self.judge(&root);
        }
        let (Some(document), Some(judged)) = (self.documents.get(uri), self.judged.get(&root)) else {
            return Vec::new();
        };
        let lines = Lines::new(&document.text, self.client.encoding);
        let own = |finding: &&Finding| finding.file.as_deref().unwrap_or(MANIFEST) == document.file();
        let found = judged.findings.iter().filter(own);
        found.map(|finding| (range(finding, &lines, 0), finding.clone())).collect()
    }
}

fn without_mark(text: String) -> (String, usize) {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => (rest.to_owned(), text.len() - rest.len()),
        None => (text, 0),
    }
}

/// Where a finding stands; one about the whole file stands at its beginning.
fn range(finding: &Finding, lines: &Lines, mark: usize) -> Range {
    let span = finding.span.map(|span| span.start.saturating_sub(mark)..span.end.saturating_sub(mark));
    span.map(|bytes| lines.range(bytes)).unwrap_or_default()
}

fn diagnostic(finding: &Finding, lines: &Lines, mark: usize) -> Value {
    said(finding, range(finding, lines, mark))
}

/// A finding as a diagnostic.
pub(super) fn said(finding: &Finding, range: Range) -> Value {
    let severity = match finding.severity {
        Severity::Error => 1,
        Severity::Warning => 2,
    };
    json!({
        "range": range,
        "severity": severity,
        "code": finding.code,
        "source": "alga-ext",
        "message": finding.said(),
    })
}

fn publish(uri: &str, version: Option<i64>, told: &[Value]) -> Value {
    let mut params = json!({ "uri": uri, "diagnostics": told });
    if let (Value::Object(members), Some(version)) = (&mut params, version) {
        members.insert("version".into(), version.into());
    }
    notification("textDocument/publishDiagnostics", params)
}

/// The request to be told when the files change that a project is judged by.
pub(super) fn watch() -> Value {
    let watchers: Vec<Value> = ["manifest.json", "alga-ext.yaml", "{src,ui}/**", "dist/main.wasm"]
        .iter()
        .map(|glob| json!({ "globPattern": format!("**/{glob}") }))
        .collect();
    json!({
        "jsonrpc": "2.0",
        "id": "watch",
        "method": "client/registerCapability",
        "params": { "registrations": [{
            "id": "watch",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        }] },
    })
}
