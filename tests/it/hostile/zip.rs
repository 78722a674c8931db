//! Hostile zips, built field by field.

use super::{Case, NAMES, PAIRS, case, long_names};
use flate2::Crc;
use std::io::Write;

/// A file, and how its headers lie about it.
#[derive(Clone)]
struct File {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    made_by: u16,
    attributes: u32,
    extra: Vec<u8>,
    local_extra: Vec<u8>,
    comment: Vec<u8>,
    disk: u16,
    data: Vec<u8>,
    /// Changes the local header alone.
    local: fn(&mut File),
    /// Moves the offset in the central header.
    shift: i64,
}

fn file(name: &[u8], body: &[u8]) -> File {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    let data = encoder.finish().unwrap();
    let mut crc = Crc::new();
    crc.update(body);
    File {
        name: name.to_vec(),
        flags: 1 << 11,
        method: 8,
        crc: crc.sum(),
        packed: data.len() as u32,
        size: body.len() as u32,
        made_by: 3 << 8 | 20,
        attributes: 0o100_644 << 16,
        extra: Vec::new(),
        local_extra: Vec::new(),
        comment: Vec::new(),
        disk: 0,
        data,
        local: |_| (),
        shift: 0,
    }
}

fn with(change: impl FnOnce(&mut File)) -> File {
    let mut file = file(b"a", b"123456");
    change(&mut file);
    file
}

impl File {
    fn shared(&self, extra: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for half in [20, self.flags, self.method, 0, 0x21] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [self.crc, self.packed, self.size] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend((self.name.len() as u16).to_le_bytes());
        bytes.extend((extra.len() as u16).to_le_bytes());
        bytes
    }
}

/// The end record: counts, size and start of the central directory, comment.
fn end(count: u16, size: usize, start: usize, comment: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend([(size as u32).to_le_bytes(), (start as u32).to_le_bytes()].concat());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
    bytes
}

/// The local files and the central directory.
fn parts(files: &[File]) -> (Vec<u8>, Vec<u8>) {
    let (mut locals, mut central) = (Vec::new(), Vec::new());
    for file in files {
        let start = u32::try_from(locals.len() as i64 + file.shift).unwrap();
        let mut local = file.clone();
        (file.local)(&mut local);
        locals.extend(b"PK\x03\x04");
        locals.extend(local.shared(&local.local_extra));
        locals.extend(&local.name);
        locals.extend(&local.local_extra);
        locals.extend(&local.data);
        central.extend(b"PK\x01\x02");
        central.extend(file.made_by.to_le_bytes());
        central.extend(file.shared(&file.extra));
        central.extend((file.comment.len() as u16).to_le_bytes());
        central.extend(file.disk.to_le_bytes());
        central.extend([0; 2]);
        central.extend(file.attributes.to_le_bytes());
        central.extend(start.to_le_bytes());
        central.extend(&file.name);
        central.extend(&file.extra);
        central.extend(&file.comment);
    }
    (locals, central)
}

fn archive(files: &[File]) -> Vec<u8> {
    let (locals, central) = parts(files);
    let count = files.len() as u16;
    [&locals[..], &central, &end(count, central.len(), locals.len(), b"")].concat()
}

/// A zip of zeros.
pub(super) fn zeros(files: usize, size: usize) -> Vec<u8> {
    let body = file(b"", &vec![0; size]);
    let named = |at: usize| File { name: format!("ui/{at}").into_bytes(), ..body.clone() };
    archive(&(0..files).map(named).collect::<Vec<_>>())
}

/// Every case.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, path, said) in NAMES {
        cases.push(case(name, archive(&[file(path, b"1")]), said));
    }
    for (name, [one, two], said) in PAIRS {
        cases.push(case(name, archive(&[file(one.as_bytes(), b"1"), file(two.as_bytes(), b"2")]), said));
    }
    for (name, path, said) in long_names() {
        cases.push(case(name, archive(&[file(path.as_bytes(), b"1")]), said));
    }
    let disagree: &[&str] = &["`a`", "a local header and the central directory disagree"];
    let zip64: &[&str] = &["`a`", "zip64"];
    let lies: [(&'static str, File, &'static [&'static str]); 40] = [
        ("a name of no charset", with(|a| (a.name, a.flags) = ("é".into(), 0)), &["is not marked as UTF-8"]),
        ("encrypted", with(|a| a.flags |= 1), &["`a`", "is encrypted"]),
        ("strongly encrypted", with(|a| a.flags |= 1 << 6), &["`a`", "is encrypted"]),
        ("masked headers", with(|a| a.flags |= 1 << 13), &["`a`", "is encrypted"]),
        ("AES", with(|a| a.method = 99), &["`a`", "is encrypted"]),
        ("AES by extra field", with(|a| a.extra = b"\x01\x99\x01\0x".into()), &["`a`", "it is encrypted"]),
        ("a data descriptor", with(|a| a.flags |= 1 << 3), &["`a`", "data descriptor"]),
        ("patch data", with(|a| a.flags |= 1 << 5), &["`a`", "readers do not share"]),
        ("bzip2", with(|a| a.method = 12), &["`a`", "neither stored nor deflated"]),
        ("deflate64", with(|a| a.method = 9), &["`a`", "neither stored nor deflated"]),
        ("zip64 by size", with(|a| a.size = u32::MAX), zip64),
        ("zip64 by packed size", with(|a| a.packed = u32::MAX), zip64),
        ("zip64 by extra field", with(|a| a.extra = [b"\x01\0\x08\0".to_vec(), vec![1; 8]].concat()), zip64),
        (
            "zip64 by local extra field",
            with(|a| a.local_extra = [b"\x01\0\x08\0".to_vec(), vec![1; 8]].concat()),
            zip64,
        ),
        ("zip64 by place", with(|a| a.shift = i64::from(u32::MAX)), zip64),
        ("another disk", with(|a| a.disk = 1), &["`a`", "several disks"]),
        ("a second name", with(|a| a.extra = b"\x75\x70\x01\0x".into()), &["`a`", "it has a second name"]),
        (
            "a second local name",
            with(|a| a.local_extra = b"\x75\x70\x01\0x".into()),
            &["`a`", "it has a second name"],
        ),
        (
            "an extra field cut short",
            with(|a| a.extra = b"\x55\x54\x09\0x".into()),
            &["`a`", "an extra field is cut short"],
        ),
        ("half an extra field", with(|a| a.extra = b"\x55".into()), &["`a`", "an extra field is cut short"]),
        ("a comment of a file", with(|a| a.comment = b"PK\x01\x02".into()), &["`a`", "a file has a comment"]),
        ("a local name", with(|a| a.local = |a| a.name = b"b".into()), disagree),
        ("a longer local name", with(|a| a.local = |a| a.name = b"ab".into()), disagree),
        ("a local checksum", with(|a| a.local = |a| a.crc ^= 1), disagree),
        ("a local size", with(|a| a.local = |a| a.size += 1), disagree),
        ("a local packed size", with(|a| a.local = |a| a.packed -= 1), disagree),
        ("a local method", with(|a| a.local = |a| a.method = 0), disagree),
        ("local flags", with(|a| a.local = |a| a.flags ^= 2), disagree),
        ("a checksum", with(|a| a.crc ^= 1), &["`a`", "a file's checksum is not"]),
        ("a size too large", with(|a| a.size += 1), &["`a`", "a file's size is not"]),
        ("a size too small", with(|a| a.size -= 1), &["`a`", "a file's size is not"]),
        ("a size beyond the bounds", with(|a| a.size = 600 << 20), &["`a`", "512 MiB"]),
        (
            "bytes after the end",
            with(|a| {
                a.data.extend(b"evil");
                a.packed += 4;
            }),
            &["`a`", "hidden after the end of a file"],
        ),
        (
            "a stream without end",
            with(|a| {
                a.data.pop();
                a.packed -= 1;
            }),
            &["`a`", "damaged"],
        ),
        ("no stream", with(|a| a.data.fill(0xff)), &["`a`", "damaged"]),
        ("two sizes stored", with(|a| a.method = 0), &["`a`", "it is stored, and has two sizes"]),
        ("a symbolic link", with(|a| a.attributes = 0o120_777 << 16), &["`a`", "is a symbolic link"]),
        (
            "a symbolic link of another system",
            with(|a| (a.made_by, a.attributes) = (20, 0o120_777 << 16)),
            &["`a`", "is a symbolic link"],
        ),
        ("a device", with(|a| a.attributes = 0o020_644 << 16), &["`a`", "is a device"]),
        ("a folder by its mode", with(|a| a.attributes = 0o040_755 << 16), &["`a`", "a folder by its mode"]),
    ];
    for (name, file, said) in lies {
        cases.push(case(name, archive(&[file]), said));
    }
    cases.push(case(
        "a folder with contents",
        archive(&[file(b"a/", b"1")]),
        &["`a/`", "a folder with contents"],
    ));
    let (a, b) = (file(b"a", b"1"), file(b"b", b"1"));
    let whole = archive(&[a.clone(), b.clone()]);
    let (locals, central) = parts(&[a.clone(), b.clone()]);
    let length = central.len();
    let ended =
        |count, size, start, comment| [&locals[..], &central, &end(count, size, start, comment)].concat();
    let overlap = File { shift: -(locals.len() as i64 / 2), ..b.clone() };
    let first_length = locals.len() as i64 / 2;
    let swapped = [File { shift: first_length, ..b.clone() }, File { shift: -first_length, ..a.clone() }];
    let swapped = [&locals[..], &parts(&swapped).1, &end(2, length, locals.len(), b"")].concat();
    let gap = [&locals[..], b"gap", &central, &end(2, length, locals.len() + 3, b"")].concat();
    let locator = [&b"PK\x06\x07"[..], &[0; 16]].concat();
    for (name, bytes, said) in [
        ("overlapping files", archive(&[a, overlap]), &["`b`", "overlap"][..]),
        ("another order", swapped, &["come in another order"]),
        ("a gap", gap, &["something lies between"]),
        (
            "one listed too many",
            ended(3, length, locals.len(), b""),
            &["lists less than the end record counts"],
        ),
        (
            "one listed too few",
            ended(1, length, locals.len(), b""),
            &["lists more than the end record counts"],
        ),
        (
            "a directory too short",
            ended(2, length - 1, locals.len(), b""),
            &["does not fit its central directory"],
        ),
        (
            "a directory elsewhere",
            ended(2, length, locals.len() + 1, b""),
            &["does not fit its central directory"],
        ),
        ("a comment", ended(2, length, locals.len(), b"PK\x05\x06"), &["something follows it"]),
        ("zip64 by count", ended(u16::MAX, length, locals.len(), b""), &["zip64"]),
        ("zip64 by start", ended(2, length, u32::MAX as usize, b""), &["zip64"]),
        (
            "a zip64 locator",
            [&locals[..], &central, &locator, &end(2, length, locals.len(), b"")].concat(),
            &["does not fit"],
        ),
        (
            "a zip64 locator in the directory",
            [&locals[..], &central, &locator, &end(2, length + 20, locals.len(), b"")].concat(),
            &["lists more"],
        ),
        ("two zips", [&whole[..], &whole].concat(), &["does not fit its central directory"]),
        (
            "something before it",
            [&b"PK\x03\x04junk"[..], &whole].concat(),
            &["does not fit its central directory"],
        ),
        ("no zip", b"PK\x03\x04".repeat(20), &["does not end with an end record"]),
        ("an end alone that lies", end(1, 0, 0, b""), &["lists less"]),
    ] {
        cases.push(case(name, bytes, said));
    }
    cases
}
