//! Writing: sizes and checksums stand before the bytes, so that no reader has to search where a file ends.

use super::{CENTRAL, DEFLATED, END, LOCAL, UTF8};
use crate::bundle::{Error, Part};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::{self, Seek, SeekFrom, Write};

/// Deflate needs a reader of version 2.0.
const VERSION: u16 = 20;
/// Unix, for the mode that follows.
const UNIX: u16 = 3 << 8;
/// A plain file that its owner may write and everybody read.
const MODE: u32 = 0o100_644 << 16;
/// 1980-01-01, midnight: the earliest time a zip can say.
const DATE: u16 = 0x21;
/// Where the checksum and both sizes lie in a local header.
const SUMS: u64 = 14;

/// What a header says of a file.
struct Sums {
    crc: u32,
    packed: u32,
    size: u32,
}

/// The zip of these files, in their order.
pub(in crate::bundle) fn write(
    parts: &[&Part],
    fast: bool,
    out: &mut (impl Write + Seek),
) -> Result<(), Error> {
    let level = if fast { Compression::fast() } else { Compression::best() };
    let mut directory = Vec::new();
    for part in parts {
        let start = out.stream_position()?;
        let flags = if part.path.is_ascii() { 0 } else { UTF8 };
        let shared = |sums: &Sums| {
            let mut header = Vec::with_capacity(64);
            for half in [VERSION, flags, DEFLATED, 0, DATE] {
                header.extend_from_slice(&half.to_le_bytes());
            }
            for word in [sums.crc, sums.packed, sums.size] {
                header.extend_from_slice(&word.to_le_bytes());
            }
            header.extend_from_slice(&narrow::<u16>(part.path.len())?.to_le_bytes());
            header.extend_from_slice(&0_u16.to_le_bytes());
            Ok::<_, Error>(header)
        };
        let mut sums = Sums { crc: 0, packed: 0, size: narrow(part.size)? };
        out.write_all(&LOCAL)?;
        out.write_all(&shared(&sums)?)?;
        out.write_all(part.path.as_bytes())?;
        let data = out.stream_position()?;
        let crc;
        {
            let mut summed = Summed { inner: DeflateEncoder::new(&mut *out, level), crc: Crc::new() };
            part.copy_to(&mut summed)?;
            crc = summed.crc.sum();
            summed.inner.finish()?;
        }
        sums.crc = crc;
        let end = out.stream_position()?;
        sums.packed = narrow(end - data)?;
        out.seek(SeekFrom::Start(start + SUMS))?;
        for word in [sums.crc, sums.packed] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.seek(SeekFrom::Start(end))?;
        directory.extend_from_slice(&CENTRAL);
        directory.extend_from_slice(&(UNIX | VERSION).to_le_bytes());
        directory.extend_from_slice(&shared(&sums)?);
        // No comment, the first disk, nothing about the contents.
        directory.extend_from_slice(&[0; 6]);
        for word in [MODE, narrow(start)?] {
            directory.extend_from_slice(&word.to_le_bytes());
        }
        directory.extend_from_slice(part.path.as_bytes());
    }
    let (start, count): (u32, u16) = (narrow(out.stream_position()?)?, narrow(parts.len())?);
    out.write_all(&directory)?;
    out.write_all(&END)?;
    out.write_all(&[0; 4])?;
    for half in [count, count] {
        out.write_all(&half.to_le_bytes())?;
    }
    for word in [narrow(directory.len())?, start] {
        out.write_all(&word.to_le_bytes())?;
    }
    Ok(out.write_all(&[0; 2])?)
}

/// A number in the room a zip has for it; what has none is larger than any bundle.
fn narrow<T: TryFrom<u64>>(number: impl TryInto<u64>) -> Result<T, Error> {
    let number = number.try_into().ok().and_then(|number| T::try_from(number).ok());
    number.ok_or(Error::TooLarge { entry: None })
}

/// A writer that sums what goes through it.
struct Summed<W> {
    inner: W,
    crc: Crc,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.crc.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
