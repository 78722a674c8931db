//! A bundle file looked through from end to end, and nothing of it kept but what it says of itself.

use super::open::LARGEST_MANIFEST;
use super::{Error, Kind};
use crate::bundle::{self, COMPONENT, Digest, File, Listing, MANIFEST, Spooled, limits};
use crate::manifest::Manifest;
use crate::signing::Identity;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

/// A bundle and what it says of itself.
#[derive(Debug)]
pub struct Surveyed {
    /// Where it is.
    pub path: PathBuf,
    /// The archive's length in bytes.
    pub size: u64,
    /// The content hash: SHA-256 of the archive.
    pub digest: Digest,
    /// Its files and its index.
    pub listing: Listing,
    /// The manifest at the root.
    pub manifest: Manifest,
    /// The archive, open: what is read from it later is what was looked through.
    pub(super) file: std::fs::File,
}

/// Looks through the bundle at `path`.
pub fn survey(path: &Path) -> Result<Surveyed, Error> {
    let (mut file, digest, size) = opened(path)?;
    let Walked { listing, manifest } = walk(path, &mut file, &mut |_, _| Ok(()))?;
    Ok(Surveyed { path: path.to_path_buf(), size, digest, listing, manifest, file })
}

/// Looks through the bundle at `path`, and keeps its component if it has one.
pub fn survey_component(path: &Path) -> Result<(Surveyed, Option<Vec<u8>>), Error> {
    let (mut file, digest, size) = opened(path)?;
    let (Walked { listing, manifest }, component) = walk_component(path, &mut file)?;
    Ok((Surveyed { path: path.to_path_buf(), size, digest, listing, manifest, file }, component))
}

fn opened(path: &Path) -> Result<(std::fs::File, Digest, u64), Error> {
    let mut file = Kind::Bundle.open(path, limits::UNPACKED)?;
    let (digest, size) = Digest::of_reader(&mut file)?;
    Ok((file, digest, size))
}

/// What is inside a bundle, whatever its hash.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) listing: Listing,
    pub(super) manifest: Manifest,
}

/// Looks through the bundle in `file`, and keeps its component if it has one.
pub(super) fn walk_component(
    path: &Path,
    file: &mut std::fs::File,
) -> Result<(Walked, Option<Vec<u8>>), Error> {
    let mut component = None;
    let walked = walk(path, file, &mut |name, body| {
        if name == COMPONENT {
            body.read_to_end(component.insert(Vec::new()))?;
        }
        Ok(())
    })?;
    Ok((walked, component))
}

/// Looks through the bundle in `file`, and shows each of its files to `visit`.
pub(super) fn walk(
    path: &Path,
    file: &mut std::fs::File,
    visit: &mut bundle::Visit<'_, Error>,
) -> Result<Walked, Error> {
    let mut text = None;
    let listing = bundle::walk(file, &mut |name: &str, body: &mut dyn Read| {
        if name != MANIFEST {
            return visit(name, body);
        }
        let mut bytes = Vec::new();
        // One byte more than is read shows that it is longer.
        body.take(LARGEST_MANIFEST + 1).read_to_end(&mut bytes)?;
        visit(name, &mut bytes.as_slice())?;
        text = Some(bytes);
        Ok(())
    });
    let listing = listing.map_err(|error| match error {
        Error::Unread(source) => Error::Bundle { path: path.to_path_buf(), source },
        error => error,
    })?;
    let names = listing.files.iter().map(|file| file.path.as_str());
    let manifest = super::open::manifest(path, text.as_deref(), names)?.0;
    Ok(Walked { listing, manifest })
}

/// What a signature of a bundle with this manifest and content hash vouches for.
pub(super) fn identity(manifest: &Manifest, digest: Digest) -> Identity {
    Identity {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        publisher: manifest.publisher.clone().unwrap_or_default(),
        content_hash: digest.to_string(),
    }
}

impl Surveyed {
    /// The file of this name, or words about why there is none.
    pub fn find(&self, wanted: &str) -> Result<&File, Error> {
        let found = self.listing.files.iter().find(|file| file.path == wanted);
        found.ok_or_else(|| {
            let names = self.listing.files.iter().map(|file| file.path.as_str());
            let last = wanted.rsplit('/').next().unwrap_or(wanted);
            let like = |name: &&str| !last.is_empty() && name.rsplit('/').next() == Some(last);
            let like = names.into_iter().find(like).map(str::to_owned);
            Error::NotInBundle { bundle: self.path.clone(), wanted: wanted.to_owned(), like }
        })
    }

    /// Unpacks the files on disk, to be looked at in any order.
    pub fn spool(&mut self) -> Result<Spooled, Error> {
        self.file.rewind()?;
        Spooled::read(&mut self.file).map_err(|source| Error::Bundle { path: self.path.clone(), source })
    }

    /// The archive alone, open.
    pub fn into_archive(self) -> std::fs::File {
        self.file
    }

    /// Goes through the files once more.
    pub fn visit<E: From<bundle::Error>>(&mut self, visit: &mut bundle::Visit<'_, E>) -> Result<(), E> {
        self.file.rewind().map_err(bundle::Error::from)?;
        bundle::walk(&mut self.file, visit).map(drop)
    }

    /// What a signature of this bundle vouches for.
    pub fn identity(&self) -> Identity {
        identity(&self.manifest, self.digest)
    }
}
