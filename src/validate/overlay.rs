//! Texts that stand in for files: what a fix would write, or what an editor has open and not saved.

use super::Bounds;
use crate::files;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Texts by absolute path. A file without one is read from the disk, within bounds.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    texts: BTreeMap<PathBuf, String>,
    pub(super) bounds: Bounds,
}

impl Overlay {
    /// No texts, and these bounds.
    pub(super) fn within(bounds: Bounds) -> Overlay {
        Overlay { bounds, ..Overlay::default() }
    }

    /// Lets `text` stand in for the file at `path`.
    pub fn set(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) {
        self.texts.insert(path.into(), text.into());
    }

    /// Lets the file itself count again.
    pub fn remove(&mut self, path: &Path) {
        self.texts.remove(path);
    }

    /// The text that stands in for the file.
    pub fn get(&self, path: &Path) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The texts and the files they stand in for.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// At most `limit` and one bytes of the file: one more than `limit` says that it is larger.
    pub(super) fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        use io::Read;
        let limit = limit.saturating_add(1);
        let mut bytes = Vec::new();
        if let Some(text) = self.get(path) {
            text.as_bytes().take(limit).read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
        let file = fs_err::File::open(path)?;
        // Grown step by step it would take three times as much for a moment.
        let length = file.metadata().map_or(0, |metadata| metadata.len()).min(limit);
        bytes.reserve_exact(usize::try_from(length).unwrap_or_default());
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The file's text as a whole, when it is one of at most `limit` bytes and no pipe.
    pub(super) fn text(&self, path: &Path, limit: u64) -> io::Result<String> {
        if let Some(text) = self.get(path) {
            return Ok(text.to_owned());
        }
        files::refuse_special(path)?;
        files::read_text(path, limit)
    }
}
