//! Reading: the end record, then the central directory, then the local files from the first byte on, each of which must
//! be where and what the directory says.

use super::{CENTRAL, DEFLATED, END, LOCAL, STORED, UTF8};
use crate::bundle::limits::{self, Meter};
use crate::bundle::walk::Walk;
use crate::bundle::{Container, Error, path as names};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::collections::HashMap;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Take};
use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};

/// The end record without a comment, a central header and a local header without names and extra fields.
const END_LENGTH: usize = 22;
const CENTRAL_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;
/// The longest central directory that is read.
const LONGEST_DIRECTORY: usize = limits::ENTRIES * (CENTRAL_LENGTH + limits::PATH + 512);
/// The flags that change nothing for a reader: how hard deflate tried, and UTF-8.
const HARMLESS: u16 = 0b110 | UTF8;

/// A file as the central directory describes it.
struct Entry {
    name: Vec<u8>,
    /// Version needed, flags, method, time, checksum, sizes: what the local header repeats.
    shared: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    start: u64,
}

/// Reads a zip of `length` bytes.
pub(in crate::bundle) fn read<R: BufRead + Seek, E: From<Error>>(
    mut reader: R,
    length: u64,
    walk: &mut Walk<'_, E>,
) -> Result<(), E> {
    let (entries, start) = directory(&mut reader, length)?;
    agree(&mut reader, &entries)?;
    reader.rewind().map_err(Error::Io)?;
    let meter = Meter::new(length);
    let mut at = 0;
    for entry in &entries {
        let shown = names::shown(&entry.name);
        walk.count().map_err(|error| error.at(&shown))?;
        if entry.start != at {
            return Err(fault("its files overlap, leave a gap, or come in another order").at(&shown).into());
        }
        let header = local(&mut reader, entry).map_err(|error| error.at(&shown))?;
        at = entry.start.saturating_add(header).saturating_add(entry.packed);
        if at > start {
            return Err(fault("it reaches into the central directory").at(&shown).into());
        }
        if entry.name.ends_with(b"/") {
            if entry.size != 0 || entry.packed != 0 {
                return Err(Error::Kind { path: shown, kind: "a folder with contents" }.into());
            }
            walk.folder(&entry.name)?;
            continue;
        }
        walk.room(entry.size).map_err(|error| error.at(&shown))?;
        let packed = reader.by_ref().take(entry.packed);
        let bytes = match entry.method {
            STORED => Bytes::Stored(packed),
            _ => Bytes::Deflated(Inflate { packed, state: Decompress::new(false), is_done: false }),
        };
        let mut body = Body { bytes: meter.reading(bytes), crc: Crc::new(), left: entry.size, entry };
        walk.file(&entry.name, &mut body)?;
        if body.left != 0 {
            return Err(fault("a file's size is not the one its header states").at(&shown).into());
        }
        let rest = match body.bytes.into_inner() {
            Bytes::Stored(packed) => packed.limit(),
            Bytes::Deflated(inflate) => inflate.packed.limit(),
        };
        if rest != 0 {
            return Err(fault("something is hidden after the end of a file").at(&shown).into());
        }
    }
    if at != start {
        return Err(fault("something lies between its files and the central directory").into());
    }
    Ok(())
}

/// Every entry, and where the central directory starts.
///
/// The end record must be the last 22 bytes: no comment, no second disk, no zip64 (bundles are far below it).
fn directory<R: Read + Seek>(reader: &mut R, length: u64) -> Result<(Vec<Entry>, u64), Error> {
    let end = length.checked_sub(END_LENGTH as u64).ok_or_else(|| fault("it is cut short"))?;
    reader.seek(SeekFrom::Start(end))?;
    let record = take(reader, END_LENGTH)?;
    if record.get(..4) != Some(&END) || half(&record, 20) != 0 {
        return Err(fault("it does not end with an end record, or something follows it"));
    }
    let (count, size, start) = (half(&record, 10), word(&record, 12), u64::from(word(&record, 16)));
    if count == u16::MAX || size == u32::MAX || start == u64::from(u32::MAX) {
        return Err(fault("it is a zip64, which no bundle needs to be"));
    }
    let fits = start.checked_add(u64::from(size)) == Some(end);
    if half(&record, 4) != 0 || half(&record, 6) != 0 || half(&record, 8) != count || !fits {
        return Err(fault("its end record does not fit its central directory"));
    }
    if usize::from(count) > limits::ENTRIES {
        return Err(Error::TooManyEntries { entry: None });
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > LONGEST_DIRECTORY {
        return Err(fault("its central directory is longer than any bundle's"));
    }
    reader.seek(SeekFrom::Start(start))?;
    let directory = take(reader, size)?;
    let mut rest = directory.as_slice();
    let mut entries = Vec::new();
    for _ in 0..count {
        let (entry, length) = central(rest)?;
        rest = rest.get(length..).unwrap_or_default();
        entries.push(entry);
    }
    if !rest.is_empty() {
        return Err(fault("its central directory lists more than the end record counts"));
    }
    Ok((entries, start))
}

/// Fails unless the `zip` crate, which reads as tools do, finds the same files at the same places.
fn agree<R: Read + Seek>(reader: &mut R, entries: &[Entry]) -> Result<(), Error> {
    let other = || fault("another reader of zips finds other files in it");
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let archive = ZipArchive::with_config(config, reader).map_err(|error| fault(&error.to_string()))?;
    // A name that is there twice it counts once; that is refused in its place, by name.
    let mut seen = HashMap::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        *seen.entry(entry.name.as_slice()).or_insert(index) = index;
    }
    if archive.len() != seen.len() || archive.offset() != 0 {
        return Err(other());
    }
    for (name, index) in seen {
        let found = archive.index_for_name_raw(name).map(|at| archive.by_index_data(at));
        let (Some(Ok(found)), Some(entry)) = (found, entries.get(index)) else { return Err(other()) };
        let same = found.header_start() == entry.start
            && found.size() == entry.size
            && found.compressed_size() == entry.packed
            && found.crc32() == entry.crc;
        if !same {
            return Err(other().at(&names::shown(name)));
        }
    }
    Ok(())
}

/// The entry that `bytes` begin with, and how long its header is.
fn central(bytes: &[u8]) -> Result<(Entry, usize), Error> {
    let cut = || fault("its central directory lists less than the end record counts");
    let header = bytes.get(..CENTRAL_LENGTH).filter(|header| header.starts_with(&CENTRAL)).ok_or_else(cut)?;
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(half(header, at)));
    let length = CENTRAL_LENGTH + name + extra + comment;
    let rest = bytes.get(CENTRAL_LENGTH..length).ok_or_else(cut)?;
    let (name, rest) = rest.split_at_checked(name).ok_or_else(cut)?;
    let extra = rest.get(..extra).ok_or_else(cut)?;
    let entry = Entry {
        name: name.to_vec(),
        shared: header.get(6..28).unwrap_or_default().to_vec(),
        flags: half(header, 8),
        method: half(header, 10),
        crc: word(header, 16),
        packed: u64::from(word(header, 20)),
        size: u64::from(word(header, 24)),
        start: u64::from(word(header, 42)),
    };
    let shown = names::shown(name);
    entry.check(header, extra).map_err(|error| error.at(&shown))?;
    if comment != 0 {
        return Err(fault("a file has a comment, which may hide anything").at(&shown));
    }
    Ok((entry, length))
}

impl Entry {
    /// Fails on anything but a plain file or folder of certain name and size.
    fn check(&self, header: &[u8], extra: &[u8]) -> Result<(), Error> {
        let kind = |kind| Err(Error::Kind { path: names::shown(&self.name), kind });
        let is = |flag: u16| self.flags & flag != 0;
        let (system, attributes) = (half(header, 4) >> 8, word(header, 38));
        let mode = attributes >> 16 & 0o170_000;
        if is(1) || is(1 << 6) || is(1 << 13) || self.method == 99 {
            return kind("encrypted");
        }
        if is(1 << 3) {
            return Err(fault("it says its size only after its end, in a data descriptor"));
        }
        if self.flags & !HARMLESS != 0 {
            return Err(fault("it is packed in a way that readers do not share"));
        }
        if !matches!(self.method, STORED | DEFLATED) {
            return Err(fault("it is neither stored nor deflated"));
        }
        if self.packed == u64::from(u32::MAX) || self.size == u64::from(u32::MAX) || half(header, 34) != 0 {
            return Err(fault("it is a zip64, or of several disks, which no bundle needs to be"));
        }
        if self.start == u64::from(u32::MAX) {
            return Err(fault("it is a zip64, which no bundle needs to be"));
        }
        if self.method == STORED && self.packed != self.size {
            return Err(fault("it is stored, and has two sizes"));
        }
        if !self.name.is_ascii() && !is(UTF8) {
            let why = "is not marked as UTF-8, so that its name depends on the reader";
            return Err(Error::Path { path: names::shown(&self.name), why });
        }
        // Some readers heed the mode whatever system made the zip.
        match mode {
            0o120_000 => return kind("a symbolic link"),
            0o020_000 | 0o060_000 => return kind("a device"),
            0o010_000 => return kind("a pipe"),
            0 | 0o040_000 | 0o100_000 => {}
            _ => return kind("no plain file"),
        }
        let is_folder = self.name.ends_with(b"/");
        if (mode == 0o040_000 || (system == 0 && attributes & 0x10 != 0)) && !is_folder {
            return kind("a folder by its mode and a file by its name");
        }
        extras(extra)
    }
}

/// Fails on extra fields that give a second name or size.
fn extras(mut extra: &[u8]) -> Result<(), Error> {
    while !extra.is_empty() {
        let (id, length) = (half(extra, 0), usize::from(half(extra, 2)));
        match id {
            0x0001 => return Err(fault("it is a zip64, which no bundle needs to be")),
            0x7075 => return Err(fault("it has a second name")),
            0x9901 | 0x0017 => return Err(fault("it is encrypted")),
            _ => {}
        }
        extra = extra.get(4 + length..).ok_or_else(|| fault("an extra field is cut short"))?;
    }
    Ok(())
}

/// Reads the local header, which must say what the central one does; returns its length.
fn local<R: Read>(reader: &mut R, entry: &Entry) -> Result<u64, Error> {
    let header = take(reader, LOCAL_LENGTH)?;
    let (name, extra) = (usize::from(half(&header, 26)), usize::from(half(&header, 28)));
    let says = |at, end| header.get(at..end);
    if !header.starts_with(&LOCAL)
        || says(4, 26) != Some(entry.shared.as_slice())
        || name != entry.name.len()
        || take(reader, name)? != entry.name
    {
        return Err(fault("a local header and the central directory disagree"));
    }
    extras(&take(reader, extra)?)?;
    Ok((LOCAL_LENGTH + name + extra) as u64)
}

/// The next `length` bytes. Callers bound it.
fn take<R: Read>(reader: &mut R, length: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    reader.by_ref().take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(fault("it is cut short")) }
}

fn half(bytes: &[u8], at: usize) -> u16 {
    let field = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    field.map_or(u16::MAX, |field| u16::from_le_bytes(*field))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    field.map_or(u32::MAX, |field| u32::from_le_bytes(*field))
}

fn fault(why: &str) -> Error {
    Error::Damaged { container: Container::Zip, entry: None, why: why.to_owned() }
}

/// A file's bytes, by how they are packed.
enum Bytes<R> {
    Stored(Take<R>),
    Deflated(Inflate<R>),
}

impl<R: BufRead> Read for Bytes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Bytes::Stored(packed) => packed.read(buffer),
            Bytes::Deflated(inflate) => inflate.read(buffer),
        }
    }
}

/// Deflated bytes, which must come to the end of their stream.
struct Inflate<R> {
    packed: Take<R>,
    state: Decompress,
    is_done: bool,
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = |after: u64, before: u64| usize::try_from(after - before).unwrap_or(usize::MAX);
        while !self.is_done && !buffer.is_empty() {
            let input = self.packed.fill_buf()?;
            let is_last = input.is_empty();
            let before = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, buffer, FlushDecompress::None);
            let status = status.map_err(|error| io::Error::other(fault(&error.to_string())))?;
            let (taken, given) =
                (count(self.state.total_in(), before.0), count(self.state.total_out(), before.1));
            self.packed.consume(taken);
            self.is_done = status == Status::StreamEnd;
            if given > 0 {
                return Ok(given);
            }
            if !self.is_done && is_last {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

/// A file's bytes, which must have the size and checksum that the headers state.
struct Body<'a, R> {
    bytes: limits::Metered<'a, Bytes<R>>,
    crc: Crc,
    left: u64,
    entry: &'a Entry,
}

impl<R: BufRead> Read for Body<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.left == 0 && self.crc.sum() != self.entry.crc {
            return Err(io::Error::other(fault("a file's checksum is not the one its header states")));
        }
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.left = match self.left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX)) {
            Some(left) => left,
            None => {
                return Err(io::Error::other(fault("a file's size is not the one its header states")));
            }
        };
        Ok(count)
    }
}
