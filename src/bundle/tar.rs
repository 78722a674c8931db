//! Tar inside a bundle: ustar headers that never differ to write, and a strict reading of what others write.

use super::contents::Contents;
use super::frame::damaged;
use super::{Container, Entry, Error, path as names};
use ::tar::{Archive, Builder, EntryType, Header};
use std::io::{self, Read};

/// A tar block.
const BLOCK: u64 = 512;
/// 1980-01-01, the earliest time that every container can say.
const TIME: u64 = 315_532_800;

/// The tar of `entries`, in their order.
pub(super) fn write(entries: &[&Entry]) -> Result<Vec<u8>, Error> {
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(u64::try_from(entry.bytes.len()).unwrap_or(u64::MAX));
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(TIME);
        if header.set_path(&entry.path).is_err() {
            // Longer than ustar has room for: a pax record before it says the whole path.
            builder.append_pax_extensions([("path", entry.path.as_bytes())])?;
            let end = (0..=90).rev().find(|end| entry.path.is_char_boundary(*end)).unwrap_or(0);
            let short = entry.path.get(..end).unwrap_or_default().trim_end_matches('/');
            header.set_path(short)?;
        }
        header.set_cksum();
        builder.append(&header, entry.bytes.as_slice())?;
    }
    Ok(builder.into_inner()?)
}

/// Reads the tar in `reader` to its very end.
pub(super) fn read(reader: impl Read, container: Container) -> Result<Contents, Error> {
    let fault = |why: &str| Error::Damaged { container, why: why.to_owned() };
    let mut contents = Contents::default();
    let mut archive = Archive::new(Counted { inner: reader, total: 0, zeros: 0 });
    // Where the last file ended, its padding included.
    let mut end = 0;
    for entry in archive.entries().map_err(|error| damaged(container, &error))? {
        let mut entry = entry.map_err(|error| damaged(container, &error))?;
        contents.count()?;
        let size = entry.size();
        let path = entry.path_bytes().into_owned();
        let kind = entry.header().entry_type();
        let stated = entry.header().entry_size().map_err(|error| damaged(container, &error))?;
        if let Some(why) = pax_fault(&mut entry, &path, stated).map_err(|error| damaged(container, &error))? {
            return Err(fault(why));
        }
        end = entry.raw_file_position().saturating_add(size.div_ceil(BLOCK).saturating_mul(BLOCK));
        match kind {
            // Old tars know no type for folders but the last slash.
            EntryType::Regular if path.ends_with(b"/") => contents.folder(&path)?,
            EntryType::Regular => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(|error| damaged(container, &error))?;
                if u64::try_from(bytes.len()).ok() != Some(size) {
                    return Err(fault("it is cut short"));
                }
                contents.file(&path, bytes)?;
            }
            EntryType::Directory if size == 0 => contents.folder(&path)?,
            _ => {
                return Err(Error::Kind { path: names::shown(&path), kind: name(kind) });
            }
        }
    }
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(|error| damaged(container, &error))?;
    let padding = rest.total.saturating_sub(end);
    if rest.total < end || padding < 2 * BLOCK {
        return Err(fault("the tar is cut short: its two closing blocks are missing"));
    }
    if rest.zeros < padding || rest.total % BLOCK != 0 {
        return Err(fault("something follows the end of the tar"));
    }
    Ok(contents)
}

/// What pax records may not say: readers of tar disagree about which of two statements counts.
fn pax_fault<R: Read>(
    entry: &mut ::tar::Entry<'_, R>,
    path: &[u8],
    size: u64,
) -> io::Result<Option<&'static str>> {
    let Some(records) = entry.pax_extensions()? else { return Ok(None) };
    let mut paths = 0;
    for record in records {
        let record = record?;
        match record.key_bytes() {
            b"path" if record.value_bytes() != path => return Ok(Some("an entry has two names")),
            b"path" => paths += 1,
            b"size" if record.value() != Ok(&size.to_string()) => return Ok(Some("an entry has two sizes")),
            key if key.starts_with(b"GNU.sparse.") => return Ok(Some("it holds a sparse file")),
            _ => {}
        }
    }
    Ok((paths > 1).then_some("an entry has two names"))
}

fn name(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "a symbolic link",
        EntryType::Link => "a hard link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        EntryType::Directory => "a folder with contents",
        _ => "no plain file",
    }
}

/// A reader that knows how far it is and how many zeros came last.
struct Counted<R> {
    inner: R,
    total: u64,
    zeros: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let chunk = buffer.get(..count).unwrap_or_default();
        let zeros = chunk.iter().rev().take_while(|byte| **byte == 0).count();
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.zeros = if zeros == count { self.zeros.saturating_add(of(zeros)) } else { of(zeros) };
        self.total = self.total.saturating_add(of(count));
        Ok(count)
    }
}
