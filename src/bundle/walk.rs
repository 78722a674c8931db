//! One way through a bundle, for every container: each file is seen once, hashed as it goes by, and nothing is kept of
//! it; what is wrong with the whole is said at the end.

use super::contents::Contents;
use super::digest::{PIECE, Running};
use super::index::{INDEX, Index, LONGEST};
use super::{Container, Digest, Error, File, files_digest, frame, limits, path, zip};
use std::io::{self, Read, Seek, SeekFrom};

/// What is done with each file: its path, and its bytes, of which it may read as many as it likes.
///
/// Nothing is certain before the walk has ended without an error: a later entry may show the archive to be false.
pub type Visit<'a, E> = dyn FnMut(&str, &mut dyn Read) -> Result<(), E> + 'a;

/// What a bundle holds, but for the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// How it is held together.
    pub container: Container,
    /// Its files, sorted by path.
    pub files: Vec<File>,
    /// Its index, which lists exactly these files; none when another tool made the bundle.
    pub index: Option<Index>,
}

impl Listing {
    /// The digest of the files, whatever holds them together: [`files_digest`].
    pub fn files_digest(&self) -> Digest {
        files_digest(&self.files)
    }
}

/// Reads a bundle of any container, told by its first bytes, from its start to its very end, within the bounds of
/// [`limits`].
///
/// Refused: names that lead out of the archive or have two spellings, links and devices, anything cut short, any byte
/// that is not part of the archive, and an index that lists something else.
pub fn walk<R: Read + Seek, E: From<Error>>(mut reader: R, visit: &mut Visit<'_, E>) -> Result<Listing, E> {
    let length = reader.seek(SeekFrom::End(0)).map_err(Error::Io)?;
    reader.rewind().map_err(Error::Io)?;
    let mut first = Vec::new();
    reader.by_ref().take(4).read_to_end(&mut first).map_err(Error::Io)?;
    reader.rewind().map_err(Error::Io)?;
    let container = Container::of(&first).ok_or(Error::NoArchive)?;
    let mut walk = Walk { container, contents: Contents::default(), files: Vec::new(), index: None, visit };
    let reader = io::BufReader::with_capacity(PIECE, reader);
    match container {
        Container::TarZst => frame::read_zstd(reader, length, &mut walk)?,
        Container::TarGz => frame::read_gzip(reader, length, &mut walk)?,
        Container::Zip => zip::read(reader, length, &mut walk)?,
    }
    walk.finish()
}

/// The walk as far as it is.
pub(super) struct Walk<'a, E> {
    pub(super) container: Container,
    contents: Contents,
    files: Vec<File>,
    index: Option<Vec<u8>>,
    visit: &'a mut Visit<'a, E>,
}

impl<E: From<Error>> Walk<'_, E> {
    /// Counts an entry that is a file or folder.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        self.contents.count()
    }

    /// Fails when a file of this size is more than any bundle holds.
    #[expect(clippy::unused_self, reason = "it is the walk's limit")]
    pub(super) fn room(&self, size: u64) -> Result<(), Error> {
        if size > limits::UNPACKED { Err(Error::TooLarge { entry: None }) } else { Ok(()) }
    }

    /// A folder.
    pub(super) fn folder(&mut self, raw: &[u8]) -> Result<(), Error> {
        self.contents.folder(raw).map_err(|error| error.at(&path::shown(raw)))
    }

    /// A file: its name is checked, then it is visited, then what the visitor left of it is read.
    pub(super) fn file(&mut self, raw: &[u8], body: &mut dyn Read) -> Result<(), E> {
        let path = self.contents.file(raw).map_err(|error| error.at(&path::shown(raw)))?;
        let mut hashed = Hashed {
            inner: body,
            running: Running::default(),
            kept: (path == INDEX).then(Vec::new),
            container: self.container,
            failure: None,
        };
        let visited = (self.visit)(&path, &mut hashed);
        let drained = if hashed.failure.is_none() { drain(&mut hashed) } else { Ok(()) };
        if let Some(failure) = hashed.failure {
            // Whatever the visitor made of it, this is what happened.
            return Err(failure.at(&path).into());
        }
        visited?;
        drained.map_err(Error::from)?;
        if hashed.kept.is_some() {
            self.index = hashed.kept;
        }
        let (digest, size) = hashed.running.finish();
        self.files.push(File { path, size, sha256: digest.hex() });
        Ok(())
    }

    fn finish(mut self) -> Result<Listing, E> {
        self.contents.finish()?;
        self.files.sort_by(|one, other| one.path.cmp(&other.path));
        let index = self.index.map(|bytes| Index::parse(&bytes)).transpose()?;
        if let Some(index) = &index {
            index.check(&self.files)?;
        }
        Ok(Listing { container: self.container, files: self.files, index })
    }
}

fn drain(reader: &mut dyn Read) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
    }
}

/// A file's bytes as they go by.
struct Hashed<'a> {
    inner: &'a mut dyn Read,
    running: Running,
    /// The bytes themselves, of the index alone.
    kept: Option<Vec<u8>>,
    container: Container,
    /// Why there are no more.
    failure: Option<Error>,
}

impl Hashed<'_> {
    fn fail(&mut self, error: Error) -> io::Error {
        let text = error.to_string();
        self.failure = Some(error);
        io::Error::other(text)
    }
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.inner.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let error = Error::reading(self.container, error);
                return Err(self.fail(error));
            }
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        self.running.update(bytes);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
            if kept.len() > LONGEST {
                return Err(self.fail(Error::Index { why: format!("it is longer than {LONGEST} bytes") }));
            }
        }
        Ok(count)
    }
}
