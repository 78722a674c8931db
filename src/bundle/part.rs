//! A file on its way into a bundle: hashed first, then read again piece by piece.

use super::digest::{PIECE, Running};
use super::{Digest, Error, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// A file that goes into a bundle.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its place in the bundle.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its hash.
    pub sha256: Digest,
    source: Source,
}

/// Where the bytes are.
#[derive(Debug, Clone)]
enum Source {
    Memory(Vec<u8>),
    Disk(PathBuf),
}

impl Part {
    /// A file that is in memory.
    pub fn of_bytes(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Part {
        let bytes = bytes.into();
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Part { path: path.into(), size, sha256: Digest::of(&bytes), source: Source::Memory(bytes) }
    }

    /// A file on disk of at most `room` bytes. It is hashed now and read again when the bundle is written.
    pub fn of_file(path: impl Into<String>, file: &Path, room: u64) -> Result<Part, Error> {
        let mut bytes = fs_err::File::open(file)?.take(room.saturating_add(1));
        let (sha256, size) = Digest::of_reader(&mut bytes)?;
        let path = path.into();
        if size > room {
            return Err(Error::TooLarge { entry: Some(path) });
        }
        Ok(Part { path, size, sha256, source: Source::Disk(file.to_path_buf()) })
    }

    /// As the index lists it.
    pub fn file(&self) -> File {
        File { path: self.path.clone(), size: self.size, sha256: self.sha256.hex() }
    }

    /// Its first bytes, `limit` at most.
    pub fn head(&self, limit: u64) -> io::Result<Vec<u8>> {
        match &self.source {
            Source::Memory(bytes) => {
                let end = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.get(..end).unwrap_or_default().to_vec())
            }
            Source::Disk(file) => {
                // Grown step by step it would take three times as much for a moment.
                let mut head = Vec::with_capacity(usize::try_from(limit.min(self.size)).unwrap_or_default());
                fs_err::File::open(file)?.take(limit).read_to_end(&mut head)?;
                Ok(head)
            }
        }
    }

    /// Its bytes; reading fails when they are not those that were hashed any more.
    pub(super) fn open(&self) -> Result<Box<dyn Read + '_>, Error> {
        Ok(match &self.source {
            Source::Memory(bytes) => Box::new(bytes.as_slice()),
            Source::Disk(file) => Box::new(Rereading {
                reader: BufReader::with_capacity(PIECE, fs_err::File::open(file)?),
                running: Running::default(),
                left: self.size,
                sha256: self.sha256,
                file,
            }),
        })
    }
}

/// A file, hashed again.
struct Rereading<'a> {
    reader: BufReader<fs_err::File>,
    running: Running,
    left: u64,
    sha256: Digest,
    file: &'a Path,
}

impl Read for Rereading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.reader.read(buffer)?;
        self.running.update(buffer.get(..count).unwrap_or_default());
        let is_whole = || self.left == 0 && self.running.clone().finish().0 == self.sha256;
        let left = self.left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX));
        match left {
            Some(left) if count > 0 || is_whole() => self.left = left,
            _ => return Err(io::Error::other(Error::Changed { path: self.file.to_path_buf() })),
        }
        Ok(count)
    }
}
