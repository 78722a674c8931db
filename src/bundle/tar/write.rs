//! Writing: one ustar header a file, a pax record before it where the path is too long for one, and nothing in either
//! that depends on the machine.

use super::{BLOCK, USTAR, checksum, field};
use crate::bundle::{Error, Part};
use std::io::Write;
use std::ops::Range;

/// 1980-01-01, the earliest time that every container can say.
const TIME: u64 = 315_532_800;
/// What closes a tar.
const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// How long the tar of these files is.
pub(in crate::bundle) fn length(parts: &[&Part]) -> u64 {
    let block = BLOCK as u64;
    let file = |part: &&Part| {
        let record = split(&part.path).is_none().then(|| record(&part.path).len() as u64);
        let pax = record.map_or(0, |length| block + length.next_multiple_of(block));
        pax + block + part.size.next_multiple_of(block)
    };
    parts.iter().map(file).sum::<u64>() + END.len() as u64
}

/// The tar of these files, in their order.
pub(in crate::bundle) fn write(parts: &[&Part], out: &mut impl Write) -> Result<(), Error> {
    for part in parts {
        let (prefix, name) = if let Some(names) = split(&part.path) {
            names
        } else {
            let record = record(&part.path);
            out.write_all(&header(b'x', "", "PaxHeader", record.len() as u64))?;
            out.write_all(record.as_bytes())?;
            pad(record.len() as u64, out)?;
            let end = (0..=90).rev().find(|end| part.path.is_char_boundary(*end)).unwrap_or(0);
            ("", part.path.get(..end).unwrap_or_default().trim_end_matches('/'))
        };
        out.write_all(&header(b'0', prefix, name, part.size))?;
        part.copy_to(out)?;
        pad(part.size, out)?;
    }
    Ok(out.write_all(&END)?)
}

fn pad(length: u64, out: &mut impl Write) -> Result<(), Error> {
    let missing = length.next_multiple_of(BLOCK as u64) - length;
    let zeros = END.get(..usize::try_from(missing).unwrap_or(BLOCK)).unwrap_or_default();
    Ok(out.write_all(zeros)?)
}

/// A path in the two fields of a header, when it fits: 155 bytes before a slash and 100 after it.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= field::NAME.len() {
        return Some(("", path));
    }
    let fits = |at: &usize| *at <= field::PREFIX.len() && path.len() - at - 1 <= field::NAME.len();
    let at = path.match_indices('/').map(|(at, _)| at).find(fits)?;
    Some((path.get(..at)?, path.get(at + 1..)?))
}

/// The pax record of a path: its own length in decimal, `path=`, the path, a line feed.
fn record(path: &str) -> String {
    let rest = format!(" path={path}\n");
    let mut length = rest.len();
    loop {
        let record = format!("{length}{rest}");
        if record.len() == length {
            return record;
        }
        length = record.len();
    }
}

fn header(kind: u8, prefix: &str, name: &str, size: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |place: Range<usize>, bytes: &[u8]| {
        for (to, from) in header.iter_mut().skip(place.start).take(place.len()).zip(bytes) {
            *to = *from;
        }
    };
    put(field::NAME, name.as_bytes());
    put(field::PREFIX, prefix.as_bytes());
    put(field::MODE, b"0000644\0");
    put(field::UID, b"0000000\0");
    put(field::GID, b"0000000\0");
    put(field::SIZE, format!("{size:011o}\0").as_bytes());
    put(field::TIME, format!("{TIME:011o}\0").as_bytes());
    put(field::TYPE..field::TYPE + 1, &[kind]);
    put(field::MAGIC, USTAR);
    let sum = format!("{:06o}\0 ", checksum(&header));
    for (to, from) in header.iter_mut().skip(field::CHECKSUM.start).zip(sum.bytes()) {
        *to = from;
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_itself() {
        for path in ["a".repeat(101), "b".repeat(989), "c".repeat(990), "d".repeat(1024)] {
            let record = record(&path);
            let (length, _) = record.split_once(' ').unwrap();
            assert_eq!(length.parse(), Ok(record.len()));
        }
    }

    #[test]
    fn a_path_is_split_at_a_slash_or_not_at_all() {
        assert_eq!(split("ui/a"), Some(("", "ui/a")));
        let (long, name) = ("f".repeat(120), "n".repeat(90));
        assert_eq!(split(&format!("{long}/{name}")), Some((long.as_str(), name.as_str())));
        assert_eq!(split(&format!("{long}/{}", "n".repeat(101))), None);
        assert_eq!(split(&"n".repeat(101)), None);
    }
}
