//! Bundles: archives made the same on every machine, and read with bounds. Neither way holds more than pieces of them
//! in memory.

mod contents;
mod digest;
mod error;
mod frame;
mod index;
pub mod limits;
mod part;
mod path;
mod spooled;
mod tar;
mod walk;
mod zip;

pub use contents::{COMPONENT, MANIFEST};
pub use digest::{Digest, Running, hex};
pub use error::Error;
pub use index::{About, File, INDEX, Index, Lock, Requires, SBOM, Tool, files_digest};
pub use part::Part;
pub use path::folded;
pub use spooled::Spooled;
pub use walk::{Listing, Visit, walk};

use std::fmt;
use std::io::{Cursor, Read, Seek, Write};

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
    /// Its index, which lists exactly these files; none when another tool made the bundle.
    pub index: Option<Index>,
}

impl Bundle {
    /// The bytes of the file at `path`.
    pub fn entry(&self, path: &str) -> Option<&[u8]> {
        let index = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        self.entries.get(index).map(|entry| entry.bytes.as_slice())
    }
}

/// How a bundle is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// How it is held together.
    pub container: Container,
    /// Whether it is to be quick rather than small.
    pub fast: bool,
}

/// Writes `parts`, in whatever order they come, to `out`, which is empty: the same parts are the same bytes on every
/// machine, at any time. Returns how many bytes it wrote.
///
/// `manifest.json` comes first, because the platform takes the first manifest it meets for the bundle's
/// (contract/registry.md §2.5), then the index; the rest is sorted by path. Fails on what [`walk`] would refuse.
pub fn write_to(parts: &[Part], packing: Packing, out: &mut (impl Write + Seek)) -> Result<u64, Error> {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by_key(|part| (part.path != MANIFEST, part.path != INDEX, part.path.as_str()));
    let mut contents = contents::Contents::default();
    for part in &sorted {
        contents.count().map_err(|error| error.at(&part.path))?;
        path::check(&part.path)?;
        contents.file(part.path.as_bytes())?;
    }
    let unpacked = match packing.container {
        Container::TarZst | Container::TarGz => tar::length(&sorted)?,
        Container::Zip => sorted.iter().map(|part| part.size).sum(),
    };
    if unpacked > limits::UNPACKED {
        return Err(Error::TooLarge { entry: None });
    }
    match packing.container {
        Container::TarZst => frame::write_zstd(&sorted, packing.fast, out)?,
        Container::TarGz => frame::write_gzip(&sorted, packing.fast, out)?,
        Container::Zip => zip::write(&sorted, packing.fast, out)?,
    }
    let length = out.stream_position()?;
    limits::Meter::new(length).spend(unpacked)?;
    Ok(length)
}

/// [`write_to`], of files that are in memory, to memory.
pub fn write(entries: &[Entry], container: Container) -> Result<Vec<u8>, Error> {
    let part = |entry: &Entry| Part::of_bytes(entry.path.clone(), entry.bytes.clone());
    let parts: Vec<Part> = entries.iter().map(part).collect();
    let mut out = Cursor::new(Vec::new());
    write_to(&parts, Packing { container, fast: false }, &mut out)?;
    Ok(out.into_inner())
}

/// [`walk`], keeping all files in memory.
pub fn read(bytes: &[u8]) -> Result<Bundle, Error> {
    let mut entries = Vec::new();
    let listing = walk(Cursor::new(bytes), &mut |path: &str, body: &mut dyn Read| {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        entries.push(Entry { path: path.to_owned(), bytes });
        Ok::<_, Error>(())
    })?;
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Bundle { container: listing.container, entries, index: listing.index })
}

#[cfg(test)]
mod tests;
