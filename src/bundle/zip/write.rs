//! Writing: the `zip` crate goes back to each file's header once it knows sizes and checksum, so that they stand before the
//! bytes and no reader has to search where a file ends.

use crate::bundle::{Error, Part};
use std::cell::RefCell;
use std::io::{self, Seek, SeekFrom, Write};
use zip::write::{FileOptions, SimpleFileOptions};
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// The zip of these files, in their order.
pub(in crate::bundle) fn write(
    parts: &[&Part],
    fast: bool,
    out: &mut (impl Write + Seek),
) -> Result<(), Error> {
    // Nothing of this machine: neither its clock nor its system nor its umask.
    let options: SimpleFileOptions = FileOptions::DEFAULT
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(if fast { 1 } else { 9 }))
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o644);
    let failure = RefCell::new(None);
    let mut writer = ZipWriter::new(Unfailing { inner: out, position: 0, length: 0, failure: &failure });
    for part in parts {
        writer.start_file(part.path.as_str(), options).map_err(io::Error::from)?;
        io::copy(&mut part.open()?, &mut writer)?;
        if let Some(failure) = failure.take() {
            return Err(failure.into());
        }
    }
    writer.finish().map_err(io::Error::from)?;
    failure.take().map_or(Ok(()), |failure| Err(failure.into()))
}

/// A file that takes everything, and keeps in mind what went wrong first.
///
/// The crate ends an archive when its writer is dropped, whatever happened before, and says on stderr that it cannot: it
/// must not see that a disk is full.
struct Unfailing<'a, W> {
    inner: &'a mut W,
    position: u64,
    length: u64,
    failure: &'a RefCell<Option<io::Error>>,
}

impl<W> Unfailing<'_, W> {
    fn attempt(&mut self, what: impl FnOnce(&mut W) -> io::Result<()>) {
        let mut failure = self.failure.borrow_mut();
        if failure.is_none() {
            *failure = what(self.inner).err();
        }
    }
}

impl<W: Write> Write for Unfailing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|inner| inner.write_all(bytes));
        self.position += bytes.len() as u64;
        self.length = self.length.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(Write::flush);
        Ok(())
    }
}

impl<W: Seek> Seek for Unfailing<'_, W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        let position = position.ok_or(io::ErrorKind::InvalidInput)?;
        self.attempt(|inner| inner.seek(SeekFrom::Start(position)).map(drop));
        self.position = position;
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A disk of a few bytes.
    struct Full(Cursor<Vec<u8>>, usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let end = usize::try_from(self.0.position()).unwrap() + bytes.len();
            if end > self.1 { Err(io::ErrorKind::StorageFull.into()) } else { self.0.write(bytes) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Full {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn a_disk_that_is_full_at_any_byte_is_told_as_it_is() {
        let parts = [Part::of_bytes("a", *b"one"), Part::of_bytes("ui/b", vec![7; 9_000])];
        let parts: Vec<&Part> = parts.iter().collect();
        let mut whole = Full(Cursor::new(Vec::new()), usize::MAX);
        write(&parts, false, &mut whole).unwrap();
        for room in 0..whole.0.get_ref().len() {
            let error = write(&parts, false, &mut Full(Cursor::new(Vec::new()), room)).unwrap_err();
            assert!(
                matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::StorageFull),
                "{room}"
            );
        }
    }
}
