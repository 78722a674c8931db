//! The open documents: which they are, and their texts as they change.

use super::position::{Encoding, Lines, Position, Range};
use crate::project::{CONFIG, MANIFEST};
use serde::Deserialize;
use std::path::PathBuf;
use url::Url;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Manifest,
    Config,
}

/// An open document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    /// Its folder.
    pub(super) root: PathBuf,
    pub(super) version: Option<i64>,
    pub(super) text: String,
}

/// `textDocument/didOpen`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opened {
    pub(super) text_document: OpenedDocument,
}

/// The document that was opened.
#[derive(Debug, Deserialize)]
pub(super) struct OpenedDocument {
    pub(super) uri: String,
    version: Option<i64>,
    text: String,
}

/// `textDocument/didChange`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changed {
    pub(super) text_document: Named,
    content_changes: Vec<Change>,
}

/// One change: of a range, or of everything.
#[derive(Debug, Deserialize)]
struct Change {
    range: Option<Range>,
    text: String,
}

/// `textDocument/didClose`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closed {
    pub(super) text_document: Named,
}

/// A document by its name.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) uri: String,
    version: Option<i64>,
}

/// A request about a place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct At {
    pub(super) text_document: Named,
    pub(super) position: Position,
}

impl Document {
    /// The document, when it is one of an extension. A `manifest.json` further down, such as a web app's in `ui/`, is not.
    pub(super) fn open(opened: &Opened) -> Option<Document> {
        let OpenedDocument { uri, version, text } = &opened.text_document;
        let path = path(uri)?;
        let kind = match path.file_name()?.to_str()? {
            MANIFEST => Kind::Manifest,
            CONFIG => Kind::Config,
            _ => return None,
        };
        let root = path.parent()?.to_path_buf();
        let is_inside = root.ancestors().skip(1).any(|folder| folder.join(MANIFEST).is_file());
        if kind == Kind::Manifest && is_inside && !root.join(CONFIG).is_file() {
            return None;
        }
        Some(Document { kind, path, root, version: *version, text: text.clone() })
    }

    /// The text with the changes, each made to what the one before left.
    pub(super) fn change(&mut self, changed: Changed, encoding: Encoding) {
        for change in changed.content_changes {
            match change.range {
                None => self.text = change.text,
                Some(range) => {
                    let bytes = Lines::new(&self.text, encoding).bytes(range);
                    self.text.replace_range(bytes, &change.text);
                }
            }
        }
        self.version = changed.text_document.version.or(self.version);
    }

    /// The name of the file in findings.
    pub(super) fn file(&self) -> &'static str {
        match self.kind {
            Kind::Manifest => MANIFEST,
            Kind::Config => CONFIG,
        }
    }
}

/// The file that a URI names.
fn path(uri: &str) -> Option<PathBuf> {
    let url = Url::parse(uri).ok().filter(|url| url.scheme() == "file")?;
    url.to_file_path().ok()
}

/// The URI of a file.
pub(super) fn uri(path: &std::path::Path) -> Option<String> {
    Url::from_file_path(path).ok().map(String::from)
}
