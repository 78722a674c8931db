//! What an archive holds, gathered name by name: no name twice, no file that is also a folder, no two names that are
//! one on some file system.

use super::{Error, limits, path};
use std::collections::{BTreeSet, HashMap};

/// The manifest's place in a bundle.
pub const MANIFEST: &str = "manifest.json";
/// The component's place in a bundle (contract/runner.md §6.3).
pub const COMPONENT: &str = "dist/main.wasm";

/// The names of an archive as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Contents {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
    /// Every name as [`path::folded`] makes it, with how it was spelled first.
    folded: HashMap<String, String>,
    listed: usize,
    /// A manifest one folder deep, found before the one at the root.
    nested: Option<String>,
}

impl Contents {
    /// Counts one entry, of whatever kind; fails past the limit.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        self.listed += 1;
        if self.listed > limits::ENTRIES { Err(Error::TooManyEntries { entry: None }) } else { Ok(()) }
    }

    /// Checks a folder's name, and keeps it to see that no file has the same.
    pub(super) fn folder(&mut self, raw: &[u8]) -> Result<(), Error> {
        let path = path::read(raw.strip_suffix(b"/").unwrap_or(raw))?;
        if path.is_empty() {
            return Ok(());
        }
        self.folders_to(&path)
    }

    /// Adds a file; returns its path.
    pub(super) fn file(&mut self, raw: &[u8]) -> Result<String, Error> {
        let path = path::read(raw)?;
        if path.is_empty() {
            return Err(Error::Path { path: ".".into(), why: "is no file's name" });
        }
        if let Some((above, _)) = path.rsplit_once('/') {
            self.folders_to(above)?;
        }
        if self.folders.contains(&path) || self.files.contains(&path) {
            return Err(Error::Duplicate { path });
        }
        self.fold(&path)?;
        let is_nested = path.split_once('/').is_some_and(|(_, name)| name == MANIFEST);
        if is_nested && self.nested.is_none() && !self.files.contains(MANIFEST) {
            self.nested = Some(path.clone());
        }
        self.files.insert(path.clone());
        Ok(path)
    }

    /// Keeps a folder and those it lies in.
    fn folders_to(&mut self, path: &str) -> Result<(), Error> {
        let mut folder = path;
        while !self.folders.contains(folder) {
            if self.files.contains(folder) {
                return Err(Error::Duplicate { path: folder.to_owned() });
            }
            // Names of folders that no entry spells out are kept too, and must not be without end.
            if self.folders.len() >= limits::ENTRIES {
                return Err(Error::TooManyEntries { entry: Some(path.to_owned()) });
            }
            self.fold(folder)?;
            self.folders.insert(folder.to_owned());
            match folder.rsplit_once('/') {
                Some((above, _)) => folder = above,
                None => break,
            }
        }
        Ok(())
    }

    fn fold(&mut self, path: &str) -> Result<(), Error> {
        let other = self.folded.entry(path::folded(path)).or_insert_with(|| path.to_owned());
        if other == path {
            return Ok(());
        }
        let (path, other) = (path::shown(path.as_bytes()), path::shown(other.as_bytes()));
        Err(Error::Alike { path, other })
    }

    /// The platform takes the first `manifest.json` or `<folder>/manifest.json` of an archive for its manifest
    /// (contract/registry.md §2.5), so an archive whose root manifest comes second would be two things at once.
    pub(super) fn finish(self) -> Result<(), Error> {
        match self.nested {
            Some(path) if self.files.contains(MANIFEST) => Err(Error::ManifestShadowed { path }),
            _ => Ok(()),
        }
    }
}
