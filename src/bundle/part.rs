//! A file on its way into a bundle: hashed first, then read again piece by piece.

use super::digest::{PIECE, Running};
use super::{Digest, Error, File};
use std::io::{self, Read, Write};
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
                let mut head = Vec::new();
                fs_err::File::open(file)?.take(limit).read_to_end(&mut head)?;
                Ok(head)
            }
        }
    }

    /// Writes its bytes, which must still be those that were hashed.
    pub(super) fn copy_to(&self, out: &mut dyn Write) -> Result<(), Error> {
        let file = match &self.source {
            Source::Memory(bytes) => return Ok(out.write_all(bytes)?),
            Source::Disk(file) => file,
        };
        let mut reader = fs_err::File::open(file)?;
        let mut running = Running::default();
        let mut piece = vec![0; PIECE];
        let mut left = self.size;
        loop {
            let count = match reader.read(&mut piece) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let bytes = piece.get(..count).unwrap_or_default();
            running.update(bytes);
            if count == 0 && running.clone().finish() == (self.sha256, self.size) {
                return Ok(());
            }
            left = match left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX)) {
                Some(left) if count > 0 => left,
                _ => return Err(Error::Changed { path: file.clone() }),
            };
            out.write_all(bytes)?;
        }
    }
}
