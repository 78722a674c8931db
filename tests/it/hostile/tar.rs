//! Hostile tars, built block by block.

use super::{Case, NAMES, PAIRS, case, gzip, long_names, zstd};

/// A header with whatever one likes in it; the checksum is right.
fn header(name: &[u8], kind: u8, size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..124 + size.len()].copy_from_slice(size);
    block[136..148].copy_from_slice(b"00000000000\0");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    sum(block)
}

fn sum(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn octal(size: usize) -> Vec<u8> {
    format!("{size:011o}\0").into_bytes()
}

/// An entry with its padding.
fn entry(name: &[u8], kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, &octal(body.len()));
    bytes.extend_from_slice(body);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str) -> Vec<u8> {
    entry(name.as_bytes(), b'0', b"1")
}

/// A pax record with its length.
fn record(text: &[u8]) -> Vec<u8> {
    let mut length = text.len() + 3;
    loop {
        let record = [length.to_string().as_bytes(), b" ", text, b"\n"].concat();
        if record.len() == length {
            return record;
        }
        length = record.len();
    }
}

/// A file after a pax header of these records.
fn with_pax(records: &[&[u8]], name: &str) -> Vec<u8> {
    let body: Vec<u8> = records.iter().flat_map(|text| record(text)).collect();
    [entry(b"pax", b'x', &body), file(name)].concat()
}

/// Closes a tar.
fn end(entries: &[&[u8]]) -> Vec<u8> {
    [&entries.concat()[..], &[0; 1024]].concat()
}

/// A tar of zeros.
pub(super) fn zeros(files: usize, size: usize) -> Vec<u8> {
    let mut tar = Vec::with_capacity(files * (512 + size) + 1024);
    for at in 0..files {
        tar.extend_from_slice(&header(format!("ui/{at}").as_bytes(), b'0', &octal(size)));
        tar.resize(tar.len() + size.next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

/// Few files in folders without end, whose names would take gigabytes.
pub(super) fn deep() -> Vec<u8> {
    let one = |at: usize| {
        let path = format!("path={at}/{}x", "d/".repeat(500));
        with_pax(&[path.as_bytes()], "x")
    };
    let files: Vec<Vec<u8>> = (0..100).map(one).collect();
    end(&files.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Every case, in this frame.
pub(super) fn cases(frame: fn(&[u8]) -> Vec<u8>) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name, tar: Vec<u8>, said| cases.push(case(name, frame(&tar), said));
    for (name, path, said) in NAMES {
        add(name, end(&[&entry(path, b'0', b"1")]), said);
    }
    for (name, [one, two], said) in PAIRS {
        add(name, end(&[&file(one), &file(two)]), said);
    }
    for (name, path, said) in long_names() {
        add(name, end(&[&with_pax(&[format!("path={path}").as_bytes()], "short")]), said);
        let gnu = [entry(b"././@LongLink", b'L', &[path.as_bytes(), b"\0"].concat()), file("short")].concat();
        add(name, end(&[&gnu]), said);
    }
    for (name, kind, said) in [
        ("hard link", b'1', &["`a`", "is a hard link"][..]),
        ("symbolic link", b'2', &["`a`", "is a symbolic link"]),
        ("character device", b'3', &["`a`", "is a device"]),
        ("block device", b'4', &["`a`", "is a device"]),
        ("pipe", b'6', &["`a`", "is a pipe"]),
        ("continuous", b'7', &["`a`", "is no plain file"]),
        ("sparse", b'S', &["`a`", "is a sparse file"]),
        ("global pax", b'g', &["`a`", "is no plain file"]),
        ("long link", b'K', &["`a`", "is no plain file"]),
        ("volume", b'V', &["`a`", "is no plain file"]),
    ] {
        add(name, end(&[&entry(b"a", kind, b"")]), said);
    }
    add("folder with contents", end(&[&entry(b"a/", b'5', b"x")]), &["`a/`", "a folder with contents"]);
    add("sparse by pax", end(&[&with_pax(&[b"GNU.sparse.major=1"], "a")]), &["it holds a sparse file"]);
    add("two names", end(&[&with_pax(&[b"path=b", b"path=c"], "a")]), &["an entry has two names"]);
    add("two sizes", end(&[&with_pax(&[b"size=7"], "a")]), &["`a`", "an entry has two sizes"]);
    add("two sizes in pax", end(&[&with_pax(&[b"size=1", b"size=1"], "a")]), &["an entry has two sizes"]);
    add("link by pax", end(&[&with_pax(&[b"linkpath=/etc"], "a")]), &["only links and odd names"]);
    add("pax in no charset", end(&[&with_pax(&[b"hdrcharset=BINARY"], "a")]), &["only links and odd names"]);
    for (name, body) in [
        ("pax without a length", &b"path=a\n"[..]),
        ("pax too long", b"99 path=a\n"),
        ("pax too short", b"3 path=a\n"),
        ("pax of nothing", b"0 path=a\n"),
        ("pax length that overflows", b"99999999999999999999 path=a\n"),
        ("pax length with a sign", b"+9 path=a\n"),
        ("pax without a value", b"8 patha\n"),
    ] {
        add(name, end(&[&entry(b"pax", b'x', body), &file("a")]), &["a pax record is malformed"]);
    }
    let pax = entry(b"pax", b'x', &record(b"path=b"));
    add("two pax headers", end(&[&pax, &pax, &file("a")]), &["an entry has two names"]);
    let long = entry(b"long", b'L', b"b\0");
    add("pax and a long name", end(&[&pax, &long, &file("a")]), &["an entry has two names"]);
    add("a name for nobody", end(&[&file("a"), &pax]), &["a name is given to no entry"]);
    add(
        "a long name without end",
        end(&[&entry(b"l", b'L', b"b"), &file("a")]),
        &["does not end where it says"],
    );
    add("a long name that ends twice", end(&[&entry(b"l", b'L', b"b\0c\0"), &file("a")]), &["does not end"]);
    let huge = [b"path=".to_vec(), vec![b'a'; 70_000]].concat();
    add("a name without bounds", end(&[&with_pax(&[&huge], "a")]), &["a name is too long"]);
    for (name, size, said) in [
        ("a size in base 256", &b"\x80\0\0\0\0\0\0\0\0\0\0\x01"[..], &["`a`", "more than 8 GiB"][..]),
        (
            "a size that overflows",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            &["`a`", "more than 8 GiB"],
        ),
        ("a size of no digits", b"", &["`a`", "a size is no number"]),
        ("a size with a sign", b"-1\0", &["`a`", "a size is no number"]),
        ("a size in decimal", b"00000000009\0", &["`a`", "a size is no number"]),
        ("a size beyond the bounds", b"77777777777\0", &["`a`", "512 MiB"]),
        ("a size beyond the archive", b"00000100000\0", &["`a`", "it is cut short"]),
    ] {
        add(name, end(&[&header(b"a", b'0', size)]), said);
    }
    let mut wrong = file("a");
    wrong[0] = b'b';
    add("a wrong checksum", end(&[&wrong]), &["a header's checksum is not that of its bytes"]);
    let mut odd = file("a");
    odd[257..263].copy_from_slice(b"posix!");
    let odd = [sum(odd[..512].to_vec()), odd[512..].to_vec()].concat();
    add("an unknown form", end(&[&odd]), &["a header is of no known form"]);
    let mut hidden = file("a");
    hidden[1000] = 1;
    add("something in the padding", end(&[&hidden]), &["`a`", "hidden after the end of a file"]);
    add("a name after its end", end(&[&entry(b"a\0b", b'0', b"1")]), &["a name goes on after its end"]);
    add("no end", file("a"), &["two closing blocks are missing"]);
    add("half an end", [file("a"), vec![0; 512]].concat(), &["two closing blocks are missing"]);
    add("half a block", [end(&[&file("a")]), vec![0; 100]].concat(), &["it is cut short"]);
    add(
        "two tars",
        [end(&[&file("a")]), end(&[&file("b")])].concat(),
        &["something follows the end of the tar"],
    );
    add(
        "a byte after the tar",
        [end(&[&file("a")]), [vec![0; 511], vec![1]].concat()].concat(),
        &["something follows the end of the tar"],
    );
    add("nothing at all", Vec::new(), &["two closing blocks are missing"]);
    let whole = end(&[&file("a")]);
    add("a frame in a frame", zstd(&whole), &["it is cut short"]);
    add("another frame in a frame", gzip(&whole), &["it is cut short"]);
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(2048, 0);
        bytes
    };
    add("a padded frame in a frame", padded(zstd(&whole)), &["a header's checksum"]);
    let one = frame(&whole);
    cases.push(case("two frames", [&one[..], &one].concat(), &["bytes follow the end of the archive"]));
    cases.push(case(
        "an empty frame after it",
        [one.clone(), frame(b"")].concat(),
        &["bytes follow the end"],
    ));
    cases.push(case(
        "a tar in two frames",
        [frame(&whole[..512]), frame(&whole[512..])].concat(),
        &["it is cut short"],
    ));
    let skippable = [&b"\x50\x2a\x4d\x18\x04\0\0\0"[..], b"evil"].concat();
    cases.push(case(
        "a skippable frame after it",
        [&one[..], &skippable].concat(),
        &["12 bytes follow the end"],
    ));
    cases.push(case(
        "a skippable frame before it",
        [&skippable[..], &one].concat(),
        &["no tar.zst, tar.gz or zip"],
    ));
    cases.push(case(
        "a changed checksum",
        [&one[..one.len() - 1], &[!one[one.len() - 1]]].concat(),
        &["damaged"],
    ));
    cases
}

/// A frame that asks for 128 MiB of memory to be read.
#[test]
fn a_frame_with_a_huge_window_is_refused() {
    use std::io::Write;
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&end(&[&file("a")])).unwrap();
    let error = alga_ext::bundle::read(&encoder.finish().unwrap()).unwrap_err().to_string();
    assert!(error.contains("memory"), "{error}");
}
