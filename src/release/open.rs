//! A bundle file, read and understood.

use super::{Error, Kind};
use crate::bundle::{self, Bundle, Digest, MANIFEST};
use crate::files;
use crate::manifest::Manifest;
use fs_err::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// A bundle with what it says of itself.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The archive, as it is.
    pub bytes: Vec<u8>,
    /// The content hash: SHA-256 of `bytes`.
    pub digest: Digest,
    /// The files.
    pub bundle: Bundle,
    /// The manifest at the root.
    pub manifest: Manifest,
    /// The manifest's text.
    pub manifest_text: String,
}

/// Reads the bundle at `path`.
pub fn open(path: &Path) -> Result<Opened, Error> {
    Opened::read(Kind::Bundle.read(path, bundle::limits::UNPACKED)?, path)
}

impl Opened {
    /// Understands a bundle that is in memory; `path` is what errors call it.
    pub fn read(bytes: Vec<u8>, path: &Path) -> Result<Opened, Error> {
        let bundle =
            bundle::read(&bytes).map_err(|source| Error::Bundle { path: path.to_path_buf(), source })?;
        let paths = bundle.entries.iter().map(|entry| entry.path.as_str());
        let (manifest, manifest_text) = manifest(path, bundle.entry(MANIFEST), paths)?;
        let digest = Digest::of(&bytes);
        Ok(Opened { bytes, digest, bundle, manifest, manifest_text })
    }
}

/// The largest manifest that is read, in bytes.
pub(super) const LARGEST_MANIFEST: u64 = 16 << 20;

/// Reads the manifest of the bundle at `path`, which holds files of these names.
pub(super) fn manifest<'a>(
    path: &Path,
    bytes: Option<&[u8]>,
    paths: impl Iterator<Item = &'a str>,
) -> Result<(Manifest, String), Error> {
    let Some(bytes) = bytes else {
        let nested = paths.filter(|path| path.ends_with("/manifest.json")).min_by_key(|path| path.len());
        return Err(Error::NoManifest { path: path.to_path_buf(), nested: nested.map(str::to_owned) });
    };
    // Half of a manifest may read as another one.
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST_MANIFEST {
        return Err(Error::TooLarge { path: path.join(MANIFEST), limit: LARGEST_MANIFEST });
    }
    let text = String::from_utf8(bytes.to_vec()).map_err(|_| Error::Encoding { path: path.to_path_buf() })?;
    let manifest =
        Manifest::parse(&text).map_err(|source| Error::Manifest { path: path.to_path_buf(), source })?;
    Ok((manifest, text))
}

/// Opens a file of at most `limit` bytes to be read more than once; what can be read only once is copied first.
pub(super) fn open_bounded(path: &Path, limit: u64) -> Result<std::fs::File, Error> {
    if path.is_dir() {
        return Err(Error::Folder { path: path.to_path_buf() });
    }
    files::open_bounded(path, limit).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => Error::TooLarge { path: path.to_path_buf(), limit },
        _ => error.into(),
    })
}

/// Reads a file of at most `limit` bytes, whatever its size claims to be.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(Error::Folder { path: path.to_path_buf() });
    }
    let mut bytes = Vec::new();
    if metadata.len() <= limit {
        // Room for all of it, and one more to see that nothing comes after it: it is not copied while it grows.
        bytes.reserve(usize::try_from(metadata.len()).unwrap_or_default().saturating_add(1));
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    if metadata.len() > limit || u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(Error::TooLarge { path: path.to_path_buf(), limit });
    }
    Ok(bytes)
}
