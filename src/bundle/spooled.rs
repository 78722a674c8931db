//! A bundle unpacked into one file without a name, for those who look at its files in an order of their own: in memory is
//! only what they look at.

use super::{Container, Error, Listing, walk};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom};

/// An archive, unpacked on disk until it is dropped, or the process is gone.
#[derive(Debug)]
pub struct Spooled {
    listing: Listing,
    /// Where each file begins, and how long it is.
    places: HashMap<String, (u64, u64)>,
    bytes: RefCell<File>,
}

impl Spooled {
    /// [`walk`], keeping all files on disk.
    pub fn read(reader: impl Read + Seek) -> Result<Spooled, Error> {
        let mut out = BufWriter::new(tempfile::tempfile()?);
        let (mut places, mut end) = (HashMap::new(), 0);
        let listing = walk(reader, &mut |path: &str, body: &mut dyn Read| {
            let length = io::copy(body, &mut out)?;
            places.insert(path.to_owned(), (end, length));
            end += length;
            Ok::<_, Error>(())
        })?;
        let bytes = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spooled { listing, places, bytes: RefCell::new(bytes) })
    }

    /// How it was held together.
    pub fn container(&self) -> Container {
        self.listing.container
    }

    /// Its files' paths and sizes, sorted.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.listing.files.iter().map(|file| (file.path.as_str(), file.size))
    }

    /// The first bytes of the file at `path`, `limit` at most; none when there is no such file.
    pub fn head(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((start, length)) = self.places.get(path) else { return Ok(None) };
        let length = limit.min(*length);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        let mut file = self.bytes.borrow_mut();
        file.seek(SeekFrom::Start(*start))?;
        Read::by_ref(&mut *file).take(length).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Entry, write};
    use std::io::Cursor;

    #[test]
    fn files_are_there_in_any_order_and_as_far_as_they_are_wanted() {
        let entry = |path: &str, bytes: &[u8]| Entry { path: path.into(), bytes: bytes.into() };
        let entries = [entry("manifest.json", b"{}"), entry("ui/b", b""), entry("ui/a", b"12345")];
        for container in Container::ALL {
            let archive = write(&entries, container).unwrap();
            let spooled = Spooled::read(Cursor::new(&archive)).unwrap();
            assert_eq!(spooled.container(), container);
            assert_eq!(spooled.files().collect::<Vec<_>>(), [("manifest.json", 2), ("ui/a", 5), ("ui/b", 0)]);
            assert_eq!(spooled.head("ui/a", 3).unwrap().as_deref(), Some(&b"123"[..]));
            assert_eq!(spooled.head("manifest.json", u64::MAX).unwrap().as_deref(), Some(&b"{}"[..]));
            assert_eq!(spooled.head("ui/b", 9).unwrap().as_deref(), Some(&b""[..]));
            assert_eq!(spooled.head("ui/c", 9).unwrap(), None);
            assert!(Spooled::read(Cursor::new(&archive[..archive.len() - 1])).is_err());
        }
    }
}
