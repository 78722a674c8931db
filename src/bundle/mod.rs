//! Bundles: archives made the same on every machine, and read with bounds.

mod contents;
mod digest;
mod frame;
pub mod limits;
mod path;
mod tar;
mod zip;

pub use contents::MANIFEST;
pub use digest::Digest;

use crate::exit::Exit;
use std::fmt;

/// How a bundle is held together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// What the platform runs.
    TarZst,
    /// For tools without zstd.
    TarGz,
    /// For archives people open.
    Zip,
}

impl Container {
    /// Every container.
    pub const ALL: [Container; 3] = [Container::TarZst, Container::TarGz, Container::Zip];

    /// The container bytes begin like, if they begin like one.
    pub fn of(bytes: &[u8]) -> Option<Container> {
        if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Container::TarZst)
        } else if bytes.starts_with(&[0x1f, 0x8b]) {
            Some(Container::TarGz)
        } else if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            Some(Container::Zip)
        } else {
            None
        }
    }
}

/// Its file extension.
impl fmt::Display for Container {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Container::TarZst => "tar.zst",
            Container::TarGz => "tar.gz",
            Container::Zip => "zip",
        })
    }
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative, `/`-separated, UTF-8.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// An archive, unpacked in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// How it was held together.
    pub container: Container,
    /// Its files, sorted by path; each path once.
    pub entries: Vec<Entry>,
}

impl Bundle {
    /// The bytes of the file at `path`.
    pub fn entry(&self, path: &str) -> Option<&[u8]> {
        let index = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        self.entries.get(index).map(|entry| entry.bytes.as_slice())
    }
}

/// Packs `entries`, in whatever order they come: the same entries are the same bytes on every machine, at any time.
///
/// `manifest.json` comes first, because the platform takes the first manifest it meets for the bundle's
/// (contract/registry.md §2.5); the rest is sorted by path. Fails on what [`read`] would refuse.
pub fn write(entries: &[Entry], container: Container) -> Result<Vec<u8>, Error> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| (entry.path != MANIFEST, entry.path.as_str()));
    let mut contents = contents::Contents::default();
    for entry in &sorted {
        contents.count()?;
        path::check(&entry.path)?;
        contents.file(entry.path.as_bytes(), Vec::new())?;
    }
    let (bytes, unpacked) = match container {
        Container::TarZst | Container::TarGz => {
            let tar = tar::write(&sorted)?;
            let bytes = if container == Container::TarZst { frame::zstd(&tar)? } else { frame::gzip(&tar)? };
            (bytes, tar.len())
        }
        Container::Zip => (zip::write(&sorted)?, sorted.iter().map(|entry| entry.bytes.len()).sum()),
    };
    limits::Meter::new(bytes.len()).spend(unpacked)?;
    Ok(bytes)
}

/// Unpacks a bundle of any container, told by its first bytes, within the bounds of [`limits`].
///
/// Refused: names that lead out of the archive or have two spellings, links and devices, anything cut short, and any
/// byte that is not part of the archive.
pub fn read(bytes: &[u8]) -> Result<Bundle, Error> {
    match Container::of(bytes) {
        Some(Container::TarZst) => frame::read_zstd(bytes),
        Some(Container::TarGz) => frame::read_gzip(bytes),
        Some(Container::Zip) => zip::read(bytes),
        None => Err(Error::NoArchive),
    }
}

/// Why a bundle could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The first bytes are no container's.
    #[error("this is no tar.zst, tar.gz or zip archive")]
    NoArchive,
    /// The archive contradicts itself, or ends too soon.
    #[error("the {container} archive is damaged: {why}")]
    Damaged {
        /// The container.
        container: Container,
        /// What was found.
        why: String,
    },
    /// Bytes after the archive's end.
    #[error("{count} bytes follow the end of the archive")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// A name that must not be.
    #[error("the path `{path}` {why}")]
    Path {
        /// The path, escaped.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A link, a device, an encrypted file.
    #[error("`{path}` is {kind}; a bundle holds plain files only")]
    Kind {
        /// The entry.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// The same name twice, or a file that is a folder too.
    #[error("`{path}` is there twice")]
    Duplicate {
        /// The name.
        path: String,
    },
    /// Another manifest comes before the one at the root.
    #[error("`{path}` comes before `manifest.json`, and the platform would take it for the manifest")]
    ManifestShadowed {
        /// The other one.
        path: String,
    },
    /// More than [`limits::UNPACKED`].
    #[error("it unpacks to more than 512 MiB")]
    TooLarge,
    /// More than [`limits::ENTRIES`].
    #[error("it lists more than 10,000 files and folders")]
    TooManyEntries,
    /// More than [`limits::RATIO`].
    #[error("it unpacks to more than 1,000 times its size")]
    Ratio,
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::NoArchive
            | Error::Damaged { .. }
            | Error::Trailing { .. }
            | Error::Path { .. }
            | Error::Kind { .. }
            | Error::Duplicate { .. }
            | Error::ManifestShadowed { .. }
            | Error::TooLarge
            | Error::TooManyEntries
            | Error::Ratio => Exit::AtFault,
            Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::NoArchive | Error::Damaged { .. } | Error::Trailing { .. } => {
                Some("make it again with `alga-ext pack`, or fetch it again".into())
            }
            Error::Path { .. }
            | Error::Kind { .. }
            | Error::Duplicate { .. }
            | Error::ManifestShadowed { .. } => {
                Some("`alga-ext pack` makes bundles that every reader understands alike".into())
            }
            Error::TooLarge | Error::TooManyEntries | Error::Ratio => {
                Some("an extension is its manifest, one component and the files of its UI".into())
            }
            Error::Io(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
