//! Writing: the `tar` crate makes the headers, the pax records and the padding; what could differ between two machines is
//! set here, for every file alike.

use super::BLOCK;
use crate::bundle::{Error, Part};
use std::io::{self, Write};
use tar::{Builder, EntryType, Header};

/// 1980-01-01, the earliest time that every container can say.
const TIME: u64 = 315_532_800;
/// How much of a path too long for a header stands there nevertheless, for tools that read no pax records.
const SHORTENED: usize = 90;

/// How long the tar of these files is.
pub(in crate::bundle) fn length(parts: &[&Part]) -> Result<u64, Error> {
    let mut around = Counted(0);
    let mut builder = Builder::new(&mut around);
    for part in parts {
        append(&mut builder, part, &mut io::empty())?;
    }
    builder.finish()?;
    drop(builder);
    Ok(around.0 + parts.iter().map(|part| part.size.next_multiple_of(BLOCK as u64)).sum::<u64>())
}

/// The tar of these files, in their order.
pub(in crate::bundle) fn write(parts: &[&Part], out: &mut impl Write) -> Result<(), Error> {
    let mut builder = Builder::new(out);
    for part in parts {
        append(&mut builder, part, &mut part.open()?)?;
    }
    Ok(builder.finish()?)
}

/// One ustar header a file, and a pax record before it where the path is too long for one.
fn append(builder: &mut Builder<impl Write>, part: &Part, bytes: &mut dyn io::Read) -> io::Result<()> {
    let mut header = blank(part.size);
    if header.set_path(&part.path).is_err() {
        builder.append_pax_extensions([("path", part.path.as_bytes())])?;
        // The crate may have put half of the path into it.
        header = blank(part.size);
        let end = (0..=SHORTENED).rev().find(|end| part.path.is_char_boundary(*end)).unwrap_or(0);
        let short = part.path.get(..end).unwrap_or_default().trim_end_matches('/');
        let name = &mut header.as_old_mut().name;
        name.iter_mut().zip(short.bytes()).for_each(|(to, from)| *to = from);
    }
    header.set_cksum();
    builder.append(&header, bytes)
}

/// A header without a name.
fn blank(size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(TIME);
    header.set_size(size);
    header
}

/// A writer that only counts.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tar::Archive;

    /// The paths at which the two fields of a header, and the record that replaces them, end.
    fn paths() -> Vec<String> {
        let (long, name) = ("f".repeat(155), "n".repeat(100));
        vec![
            "ui/a".into(),
            name.clone(),
            format!("{name}n"),
            format!("{long}/{name}"),
            format!("{long}f/{name}"),
            format!("{long}/{name}n"),
            format!("{}/{}", "é".repeat(77), "é".repeat(50)),
            "d/".repeat(60) + "..d/" + &"d/".repeat(300) + "e",
        ]
    }

    #[test]
    fn the_length_is_known_before_a_byte_is_read() {
        for size in [0, 1, 511, 512, 513] {
            let parts: Vec<Part> =
                paths().into_iter().map(|path| Part::of_bytes(path, vec![1; size])).collect();
            let parts: Vec<&Part> = parts.iter().collect();
            let mut tar = Vec::new();
            write(&parts, &mut tar).unwrap();
            assert_eq!(length(&parts).unwrap(), tar.len() as u64);
        }
    }

    #[test]
    fn every_path_reads_back_as_it_was_and_says_nothing_of_this_machine() {
        for path in paths() {
            let part = Part::of_bytes(path.clone(), *b"bytes");
            let mut tar = Vec::new();
            write(&[&part], &mut tar).unwrap();
            let mut archive = Archive::new(tar.as_slice());
            let entry = archive.entries().unwrap().next().unwrap().unwrap();
            assert_eq!(entry.path_bytes(), path.as_bytes());
            let header = entry.header();
            let (mode, uid, gid) = (header.mode().unwrap(), header.uid().unwrap(), header.gid().unwrap());
            assert_eq!((mode, uid, gid, header.mtime().unwrap()), (0o644, 0, 0, TIME));
            assert_eq!(header.username_bytes(), Some(&b""[..]));
        }
    }
}
