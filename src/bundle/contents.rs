//! What an archive holds, gathered entry by entry: no name twice, no file that is also a folder.

use super::{Container, Entry, Error, limits, path};
use std::collections::{BTreeMap, BTreeSet};

/// The manifest's place in a bundle.
pub const MANIFEST: &str = "manifest.json";

/// An archive as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Contents {
    files: BTreeMap<String, Vec<u8>>,
    folders: BTreeSet<String>,
    listed: usize,
    /// A manifest one folder deep, found before the one at the root.
    nested: Option<String>,
}

impl Contents {
    /// Counts one entry, of whatever kind; fails past the limit.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        self.listed += 1;
        if self.listed > limits::ENTRIES { Err(Error::TooManyEntries) } else { Ok(()) }
    }

    /// Checks a folder's name, and keeps it to see that no file has the same.
    pub(super) fn folder(&mut self, raw: &[u8]) -> Result<(), Error> {
        let path = path::read(raw.strip_suffix(b"/").unwrap_or(raw))?;
        if path.is_empty() {
            return Ok(());
        }
        if self.files.contains_key(&path) {
            return Err(Error::Duplicate { path });
        }
        self.folders_above(&path)?;
        self.folders.insert(path);
        Ok(())
    }

    /// Adds a file.
    pub(super) fn file(&mut self, raw: &[u8], bytes: Vec<u8>) -> Result<(), Error> {
        let path = path::read(raw)?;
        if path.is_empty() {
            return Err(Error::Path { path: ".".into(), why: "is no file's name" });
        }
        self.folders_above(&path)?;
        if self.folders.contains(&path) || self.files.contains_key(&path) {
            return Err(Error::Duplicate { path });
        }
        let is_nested = path.split_once('/').is_some_and(|(_, name)| name == MANIFEST);
        if is_nested && self.nested.is_none() && !self.files.contains_key(MANIFEST) {
            self.nested = Some(path.clone());
        }
        self.files.insert(path, bytes);
        Ok(())
    }

    fn folders_above(&mut self, path: &str) -> Result<(), Error> {
        for (end, _) in path.match_indices('/') {
            let Some(folder) = path.get(..end) else { continue };
            if self.files.contains_key(folder) {
                return Err(Error::Duplicate { path: folder.to_owned() });
            }
            if !self.folders.contains(folder) {
                self.folders.insert(folder.to_owned());
            }
        }
        Ok(())
    }

    /// The files, sorted by path.
    ///
    /// The platform takes the first `manifest.json` or `<folder>/manifest.json` of an archive for its manifest
    /// (contract/registry.md §2.5), so an archive whose root manifest comes second would be two things at once.
    pub(super) fn finish(self, container: Container) -> Result<super::Bundle, Error> {
        match self.nested {
            Some(path) if self.files.contains_key(MANIFEST) => Err(Error::ManifestShadowed { path }),
            _ => {
                let entries = self.files.into_iter().map(|(path, bytes)| Entry { path, bytes }).collect();
                Ok(super::Bundle { container, entries })
            }
        }
    }
}
