//! Zip bundles: written without times or systems, and read only when every byte of the file has one meaning.

use super::contents::Contents;
use super::limits::{self, Meter};
use super::{Container, Entry, Error, path};
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};
use std::io::{Cursor, Read, Write};

/// The end record without a comment.
const END: usize = 22;
/// A central header without name and extras.
const CENTRAL: usize = 46;
/// A local header without name and extras.
const LOCAL: usize = 30;

/// The zip of `entries`, in their order.
pub(super) fn write(entries: &[&Entry]) -> Result<Vec<u8>, Error> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        writer.start_file(entry.path.as_str(), options).map_err(|error| malformed(&error))?;
        writer.write_all(&entry.bytes)?;
    }
    Ok(writer.finish().map_err(|error| malformed(&error))?.into_inner())
}

/// Reads a zip.
pub(super) fn read(bytes: &[u8]) -> Result<super::Bundle, Error> {
    let directory = Directory::find(bytes)?;
    if directory.count > limits::ENTRIES {
        return Err(Error::TooManyEntries);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| malformed(&error))?;
    let names: Vec<Vec<u8>> = check_layout(bytes, &directory, &mut archive)?;
    let meter = Meter::new(bytes.len());
    let mut contents = Contents::default();
    for (index, name) in names.iter().enumerate() {
        contents.count()?;
        let file = archive.by_index(index).map_err(|error| malformed(&error))?;
        let shown = || path::shown(name);
        if file.is_symlink() {
            return Err(Error::Kind { path: shown(), kind: "a symbolic link" });
        }
        let kind = file.unix_mode().unwrap_or(0) & 0o170_000;
        if !matches!(kind, 0 | 0o040_000 | 0o100_000) {
            return Err(Error::Kind { path: shown(), kind: "no plain file" });
        }
        if name.ends_with(b"/") {
            if file.size() != 0 {
                return Err(Error::Kind { path: shown(), kind: "a folder with contents" });
            }
            contents.folder(name)?;
            continue;
        }
        let stated = file.size();
        let mut unpacked = Vec::new();
        let outcome = meter.reading(file).read_to_end(&mut unpacked);
        meter.check()?;
        outcome.map_err(|error| super::frame::damaged(Container::Zip, &error))?;
        if u64::try_from(unpacked.len()).ok() != Some(stated) {
            return Err(fault("a file's size is not the one its header states"));
        }
        contents.file(name, unpacked)?;
    }
    contents.finish(Container::Zip)
}

/// The end record's account of the central directory.
struct Directory {
    start: usize,
    end: usize,
    count: usize,
}

impl Directory {
    /// The end record must be the last 22 bytes: no comment, no second disk, no zip64 (bundles are far below it).
    fn find(bytes: &[u8]) -> Result<Directory, Error> {
        let at = bytes.len().checked_sub(END).ok_or_else(|| fault("it is cut short"))?;
        if bytes.get(at..at + 4) != Some(b"PK\x05\x06") || number(bytes, at + 20, 2) != Some(0) {
            return Err(fault("it does not end with an end record, or something follows it"));
        }
        let field = |offset, width| number(bytes, at + offset, width).unwrap_or(usize::MAX);
        let (start, size, count) = (field(16, 4), field(12, 4), field(10, 2));
        if field(4, 2) != 0 || field(6, 2) != 0 || field(8, 2) != count || start.checked_add(size) != Some(at)
        {
            return Err(fault("its end record does not fit its central directory"));
        }
        Ok(Directory { start, end: at, count })
    }
}

/// Checks that local files and central headers lie end to end, without gap or overlap, and say the same;
/// returns the names as they are spelled in the archive.
fn check_layout(
    bytes: &[u8],
    directory: &Directory,
    archive: &mut ZipArchive<Cursor<&[u8]>>,
) -> Result<Vec<Vec<u8>>, Error> {
    if archive.has_duplicate_names() || archive.len() != directory.count {
        return Err(fault("its central directory lists a name twice, or not what the end record counts"));
    }
    let central = usize::try_from(archive.central_directory_start()).ok();
    if archive.offset() != 0 || central != Some(directory.start) {
        return Err(fault("it does not begin with its first file"));
    }
    let mut names = Vec::new();
    let mut files = Vec::new();
    let mut headers = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|error| malformed(&error))?;
        let name = file.name_raw().to_vec();
        if file.encrypted() {
            return Err(Error::Kind { path: path::shown(&name), kind: "encrypted" });
        }
        if file.name().map_err(|error| malformed(&error))?.as_bytes() != name {
            return Err(fault("a name is not UTF-8, or has a second spelling"));
        }
        let header = usize::try_from(file.central_header_start()).unwrap_or(usize::MAX);
        headers.push((header, header_end(bytes, header, CENTRAL, &[28, 30, 32])?));
        let start = usize::try_from(file.header_start()).unwrap_or(usize::MAX);
        let size = usize::try_from(file.compressed_size()).unwrap_or(usize::MAX);
        let at = |offset| header.saturating_add(offset);
        let end = local_end(bytes, start, size, &name, at(6))?;
        files.push((start, end));
        names.push(name);
    }
    contiguous(files, 0, directory.start)?;
    contiguous(headers, directory.start, directory.end)?;
    Ok(names)
}

/// Where a local file ends, its descriptor included, once it agrees with the central header whose versions end at `central`.
fn local_end(bytes: &[u8], start: usize, size: usize, name: &[u8], central: usize) -> Result<usize, Error> {
    let disagree = || fault("a local header and the central directory disagree");
    let data = header_end(bytes, start, LOCAL, &[26, 28])?;
    let flags = number(bytes, start + 6, 2).ok_or_else(disagree)?;
    if bytes.get(start..start + 4) != Some(b"PK\x03\x04")
        || bytes.get(start + LOCAL..start + LOCAL + name.len()) != Some(name)
        || number(bytes, start + 26, 2) != Some(name.len())
    {
        return Err(disagree());
    }
    let end = data.checked_add(size).filter(|end| *end <= bytes.len()).ok_or_else(disagree)?;
    // In the central header: version needed at 6, flags at 8, method at 10, crc and sizes from 16 to 28.
    let sizes = bytes.get(central + 10..central + 22).ok_or_else(disagree)?;
    if bytes.get(start + 6..start + 10) != bytes.get(central + 2..central + 6) {
        return Err(disagree());
    }
    if flags & 8 == 0 {
        return if bytes.get(start + 14..start + 26) == Some(sizes) { Ok(end) } else { Err(disagree()) };
    }
    let signed = usize::from(bytes.get(end..end + 4) == Some(b"PK\x07\x08")) * 4;
    let descriptor = end + signed;
    if bytes.get(descriptor..descriptor + 12) == Some(sizes) { Ok(descriptor + 12) } else { Err(disagree()) }
}

/// Where a header with variable parts ends: `lengths` are the offsets of their two-byte lengths.
fn header_end(bytes: &[u8], start: usize, fixed: usize, lengths: &[usize]) -> Result<usize, Error> {
    let mut end = start.checked_add(fixed);
    for offset in lengths {
        let length = start.checked_add(*offset).and_then(|at| number(bytes, at, 2));
        end = end.zip(length).and_then(|(end, length)| end.checked_add(length));
    }
    end.filter(|end| *end <= bytes.len()).ok_or_else(|| fault("a header leads beyond the end"))
}

/// Fails unless `spans`, in some order, cover `start..end` exactly.
fn contiguous(mut spans: Vec<(usize, usize)>, start: usize, end: usize) -> Result<(), Error> {
    spans.sort_unstable();
    let mut at = start;
    for (from, to) in spans {
        if from != at || to < from {
            return Err(fault("its files overlap, or leave a gap"));
        }
        at = to;
    }
    if at == end { Ok(()) } else { Err(fault("its files overlap, or leave a gap")) }
}

/// A little-endian number of `width` bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(width)?)?;
    Some(field.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

fn fault(why: &str) -> Error {
    Error::Damaged { container: Container::Zip, why: why.to_owned() }
}

fn malformed(error: &::zip::result::ZipError) -> Error {
    Error::Damaged { container: Container::Zip, why: error.to_string() }
}
