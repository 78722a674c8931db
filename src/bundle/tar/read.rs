//! Reading: every header checked before it is believed, and no byte of the tar without a meaning.

use super::BLOCK;
use crate::bundle::walk::Walk;
use crate::bundle::{Container, Error, limits, path as names};
use std::io::{self, Read};
use tar::Header;

/// The longest pax header or GNU long name that is read, in bytes.
const LONGEST_NOTE: u64 = 64 << 10;
/// Where a header says its form; tars older than that have zeros there.
const MAGIC: std::ops::Range<usize> = 257..265;

/// What an entry before another one says of that.
#[derive(Default)]
struct Note {
    /// Its name, when the header has no room for it.
    name: Option<Vec<u8>>,
    /// Its size, as a pax record repeats it.
    size: Option<u64>,
    /// Whether there was a note at all.
    is_there: bool,
}

/// Reads the tar in `reader` to its very end.
pub(in crate::bundle) fn read<E: From<Error>>(
    reader: &mut dyn Read,
    walk: &mut Walk<'_, E>,
) -> Result<(), E> {
    let container = walk.container;
    let mut note = Note::default();
    loop {
        let Some(block) = next(reader, container)? else {
            let why = "the tar is cut short: its two closing blocks are missing";
            return Err(fault(container, why).into());
        };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(end(reader, container, &note)?);
        }
        let header = Header::from_byte_slice(&block);
        let stated = name(header, container)?;
        let shown = names::shown(note.name.as_deref().unwrap_or(&stated));
        let size = size(header, container).map_err(|error| error.at(&shown))?;
        match header.entry_type().as_byte() {
            kind @ (b'x' | b'L') => {
                if note.is_there || size > LONGEST_NOTE {
                    let why = if note.is_there { "an entry has two names" } else { "a name is too long" };
                    return Err(fault(container, why).at(&shown).into());
                }
                let mut text = Vec::new();
                Body { inner: reader, left: size }
                    .read_to_end(&mut text)
                    .map_err(|error| Error::reading(container, error).at(&shown))?;
                padding(reader, size, container).map_err(|error| error.at(&shown))?;
                note = if kind == b'x' { pax(&text) } else { long_name(&text) }
                    .map_err(|why| fault(container, why).at(&shown))?;
            }
            kind => {
                let Note { name, size: repeated, .. } = std::mem::take(&mut note);
                if repeated.is_some_and(|repeated| repeated != size) {
                    return Err(fault(container, "an entry has two sizes").at(&shown).into());
                }
                let name = name.unwrap_or(stated);
                walk.count().map_err(|error| error.at(&shown))?;
                match kind {
                    // Old tars know no type for folders but the last slash.
                    b'0' | 0 if name.ends_with(b"/") && size == 0 => walk.folder(&name)?,
                    b'0' | 0 => {
                        walk.room(size).map_err(|error| error.at(&shown))?;
                        let mut body = Body { inner: reader, left: size };
                        walk.file(&name, &mut body)?;
                        padding(reader, size, container).map_err(|error| error.at(&shown))?;
                    }
                    b'5' if size == 0 => walk.folder(&name)?,
                    kind => return Err(Error::Kind { path: shown, kind: word(kind) }.into()),
                }
            }
        }
    }
}

/// The name in the header, once its checksum and magic are right.
fn name(header: &Header, container: Container) -> Result<Vec<u8>, Error> {
    let mut summed = header.clone();
    summed.set_cksum();
    let stated = octal(&header.as_old().cksum);
    if stated.is_none() || stated != octal(&summed.as_old().cksum) {
        return Err(fault(container, "a header's checksum is not that of its bytes"));
    }
    let posix = header.as_ustar();
    let is_blank = || header.as_bytes().get(MAGIC).is_some_and(|magic| magic.iter().all(|byte| *byte == 0));
    if posix.is_none() && header.as_gnu().is_none() && !is_blank() {
        return Err(fault(container, "a header is of no known form"));
    }
    let cut = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at(end);
        rest.iter().all(|byte| *byte == 0).then(|| text.to_vec())
    };
    let hidden = || fault(container, "a name goes on after its end");
    let name = cut(&header.as_old().name).ok_or_else(hidden)?;
    let Some(posix) = posix else { return Ok(name) };
    let prefix = cut(&posix.prefix).ok_or_else(hidden)?;
    Ok(if prefix.is_empty() { name } else { [prefix.as_slice(), b"/", &name].concat() })
}

fn size(header: &Header, container: Container) -> Result<u64, Error> {
    let bytes = &header.as_old().size;
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Err(fault(container, "a size is written in the form for more than 8 GiB"));
    }
    // The crate reads it too, with more patience.
    let size = octal(bytes).filter(|size| header.entry_size().is_ok_and(|other| other == *size));
    size.ok_or_else(|| fault(container, "a size is no number"))
}

/// Octal digits between spaces, with spaces or zeros after them to the field's end.
fn octal(bytes: &[u8]) -> Option<u64> {
    let start = bytes.iter().position(|byte| *byte != b' ')?;
    let bytes = bytes.get(start..)?;
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (digits, rest) = bytes.split_at(end);
    if digits.is_empty() || rest.iter().any(|byte| !matches!(byte, 0 | b' ')) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

/// What pax records say: readers of tar disagree about which of two statements counts, so there may be one.
fn pax(text: &[u8]) -> Result<Note, &'static str> {
    const MALFORMED: &str = "a pax record is malformed";
    let mut note = Note { is_there: true, ..Note::default() };
    let mut rest = text;
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ').ok_or(MALFORMED)?;
        let digits = rest.get(..space).unwrap_or_default();
        let is_number = (1..=5).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
        let length =
            std::str::from_utf8(digits).ok().filter(|_| is_number).and_then(|text| text.parse().ok());
        let record: &[u8] = length.and_then(|length: usize| rest.get(..length)).ok_or(MALFORMED)?;
        rest = rest.get(record.len()..).unwrap_or_default();
        let record =
            record.get(space + 1..).and_then(|record| record.strip_suffix(b"\n")).ok_or(MALFORMED)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or(MALFORMED)?;
        let (key, value) =
            (record.get(..equals).unwrap_or_default(), record.get(equals + 1..).unwrap_or_default());
        match key {
            b"path" if note.name.is_some() => return Err("an entry has two names"),
            b"path" => note.name = Some(value.to_vec()),
            b"size" => {
                let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                if note.size.replace(size.ok_or(MALFORMED)?).is_some() {
                    return Err("an entry has two sizes");
                }
            }
            key if key.starts_with(b"GNU.sparse.") => return Err("it holds a sparse file"),
            b"linkpath" | b"hdrcharset" => {
                return Err("a pax record says what only links and odd names need");
            }
            // Times, owners, comments: nobody reads them.
            _ => {}
        }
    }
    Ok(note)
}

/// GNU's long name: the name and a zero byte.
fn long_name(text: &[u8]) -> Result<Note, &'static str> {
    match text.strip_suffix(b"\0") {
        Some(name) if !name.contains(&0) => {
            Ok(Note { name: Some(name.to_vec()), is_there: true, ..Note::default() })
        }
        _ => Err("a long name does not end where it says"),
    }
}

/// After the first closing block: another one, and nothing but zeros in whole blocks.
fn end(reader: &mut dyn Read, container: Container, note: &Note) -> Result<(), Error> {
    if note.is_there {
        return Err(fault(container, "a name is given to no entry"));
    }
    let mut zeros = 0;
    while let Some(block) = next(reader, container)? {
        if block.iter().any(|byte| *byte != 0) {
            return Err(fault(container, "something follows the end of the tar"));
        }
        zeros += 1;
    }
    if zeros == 0 {
        return Err(fault(container, "the tar is cut short: its two closing blocks are missing"));
    }
    Ok(())
}

/// The next block; none at the end.
fn next(reader: &mut dyn Read, container: Container) -> Result<Option<[u8; BLOCK]>, Error> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(fault(container, "it is cut short")),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::reading(container, error)),
        }
    }
    Ok(Some(block))
}

/// The zeros between the end of a file and that of its last block.
fn padding(reader: &mut dyn Read, size: u64, container: Container) -> Result<(), Error> {
    let block = BLOCK as u64;
    let length = usize::try_from(size.next_multiple_of(block) - size).unwrap_or_default();
    let mut rest = [0; BLOCK];
    let rest = rest.get_mut(..length).unwrap_or_default();
    reader.read_exact(rest).map_err(|error| Error::reading(container, error))?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(fault(container, "something is hidden after the end of a file"));
    }
    Ok(())
}

fn fault(container: Container, why: &str) -> Error {
    Error::Damaged { container, entry: None, why: why.to_owned() }
}

fn word(kind: u8) -> &'static str {
    match kind {
        b'1' => "a hard link",
        b'2' => "a symbolic link",
        b'3' | b'4' => "a device",
        b'5' => "a folder with contents",
        b'6' => "a pipe",
        b'S' => "a sparse file",
        _ => "no plain file",
    }
}

/// A file's bytes: exactly as many as its header says.
struct Body<'a> {
    inner: &'a mut dyn Read,
    left: u64,
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        match self.inner.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
                Ok(count)
            }
        }
    }
}

const _: () = assert!(LONGEST_NOTE > limits::PATH as u64);
