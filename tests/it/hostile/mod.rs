//! Archives that nobody honest makes, for every container: each is refused in words that say what is wrong and where.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::decimal_bitwise_operands,
    clippy::too_many_lines,
    reason = "headers are written as the formats spell them, and a table is as long as it is"
)]

mod tar;
mod zip;

use crate::harness::Sandbox;
use alga_ext::bundle;
use std::io::Write;

/// One archive and how it is refused.
pub(super) struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// Words of the error, the entry's name among them where there is one.
    said: &'static [&'static str],
}

/// A case.
pub(super) fn case(name: &'static str, bytes: Vec<u8>, said: &'static [&'static str]) -> Case {
    Case { name, bytes, said }
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::bulk::compress(bytes, 3).unwrap()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Names that no container may hold, with the reason.
pub(super) const NAMES: [(&str, &[u8], &[&str]); 17] = [
    ("traversal", b"../evil", &["`../evil`", "leads out of the bundle"]),
    ("inner traversal", b"a/../../b", &["leads out of the bundle"]),
    ("last traversal", b"a/..", &["leads out of the bundle"]),
    ("absolute", b"/etc/passwd", &["`/etc/passwd`", "is absolute"]),
    ("network path", b"//host/x", &["is absolute"]),
    ("drive", b"C:/x", &["is absolute"]),
    ("drive-relative", b"c:x", &["is absolute"]),
    ("stream", b"ui/a.js:b", &["holds a colon"]),
    ("backslash", b"a\\b", &["holds a backslash"]),
    ("backslash traversal", b"..\\a", &["holds a backslash"]),
    ("line feed", b"a\nb", &["holds a control character"]),
    ("escape", b"a\x1b[2J", &["holds a control character"]),
    ("not UTF-8", b"a\xff", &["is not UTF-8"]),
    ("overlong UTF-8", b"a\xc0\xaf", &["is not UTF-8"]),
    ("two slashes", b"a//b", &["has an empty segment"]),
    ("a dot", b"a/./b", &["has a `.` segment"]),
    ("nothing", b"", &["is empty"]),
];

/// Pairs of names that no container may hold.
pub(super) const PAIRS: [(&str, [&str; 2], &[&str]); 12] = [
    ("twice", ["ui/a", "ui/a"], &["`ui/a`", "is there twice"]),
    ("twice, spelled otherwise", ["ui/a", "./ui/a"], &["`ui/a`", "is there twice"]),
    ("a file that is a folder", ["ui", "ui/a"], &["`ui`", "is there twice"]),
    ("a folder that is a file", ["ui/a", "ui"], &["`ui`", "is there twice"]),
    ("case", ["ui/a.js", "ui/A.js"], &["`ui/A.js`", "`ui/a.js`", "differ in case or composition alone"]),
    ("case of a folder", ["ui/a", "UI/b"], &["`UI`", "`ui`", "differ in case or composition alone"]),
    ("case beyond ASCII", ["ui/é", "ui/É"], &["`ui/\\u{c9}`", "`ui/\\u{e9}`", "differ in case or"]),
    ("composition", ["ui/\u{e9}", "ui/e\u{301}"], &["`ui/e\\u{301}`", "`ui/\\u{e9}`", "differ in case or"]),
    (
        "case that takes two letters",
        ["ui/stra\u{df}e", "ui/STRASSE"],
        &["differ in case or composition alone"],
    ),
    ("a name Windows shortens", ["ui/a", "ui/a."], &["ends with a dot or space"]),
    ("a name that reads backwards", ["ui/a", "ui/\u{202e}sj.a"], &["nobody sees"]),
    ("two manifests", ["a/manifest.json", "manifest.json"], &["`a/manifest.json`", "comes before"]),
];

/// Names that are too long, with the reason.
pub(super) fn long_names() -> [(&'static str, String, &'static [&'static str]); 2] {
    [
        ("long name", "n".repeat(256), &["has a name longer than 255 bytes"]),
        ("long path", "abc/".repeat(260) + "d", &["is longer than 1,024 bytes"]),
    ]
}

#[test]
fn every_hostile_archive_is_refused_and_told_apart() {
    let sandbox = Sandbox::new();
    let mut count = 0;
    for (container, cases) in
        [("tar.zst", tar::cases(zstd)), ("tar.gz", tar::cases(gzip)), ("zip", zip::cases())]
    {
        for Case { name, bytes, said } in cases {
            let error = match bundle::read(&bytes) {
                Ok(_) => panic!("{container}, {name}: it is read"),
                Err(error) => error.to_string(),
            };
            for words in said {
                assert!(error.contains(words), "{container}, {name}: `{words}` is not in: {error}");
            }
            sandbox.write("bundle", &bytes);
            // Through the binary the same words, and an escaped name.
            let run = sandbox.run("inspect bundle").expect_code(1);
            let words = error.lines().next().unwrap();
            assert!(run.stderr.contains(words), "{container}, {name}: {}", run.stderr);
            assert!(!run.stderr.contains('\u{1b}'));
            count += 1;
        }
    }
    assert!(count > 150, "{count}");
}

#[test]
fn what_is_cut_anywhere_or_followed_by_anything_is_refused() {
    let files = [("manifest.json", "{}"), ("ui/index.html", "<!doctype html>"), ("ui/empty", "")];
    let entries = files.map(|(path, text)| bundle::Entry { path: path.into(), bytes: text.into() });
    for container in bundle::Container::ALL {
        let whole = bundle::write(&entries, container).unwrap();
        bundle::read(&whole).unwrap();
        for length in 0..whole.len() {
            assert!(bundle::read(&whole[..length]).is_err(), "{container} cut at {length}");
        }
        for more in [&b"\0"[..], b"x", &[0; 1024], &whole] {
            assert!(bundle::read(&[&whole[..], more].concat()).is_err(), "{container}");
        }
        assert!(bundle::read(&[&b"x"[..], &whole].concat()).is_err(), "{container}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_bomb_is_refused_before_it_takes_memory() {
    let sandbox = Sandbox::new();
    let bombs = [
        ("ratio.tar.zst", zstd(&tar::zeros(1, 64 << 20)), "1,000 times its size"),
        ("ratio.tar.gz", gzip(&tar::zeros(1, 520 << 20)), "512 MiB"),
        ("total.tar.gz", gzip(&tar::zeros(600, 1 << 20)), "512 MiB"),
        ("ratio.zip", zip::zeros(1, 64 << 20), "1,000 times its size"),
        ("total.zip", zip::zeros(600, 1 << 20), "512 MiB"),
        ("count.tar.zst", zstd(&tar::zeros(10_001, 0)), "more than 10,000 files and folders"),
        ("count.zip", zip::zeros(10_001, 0), "more than 10,000 files and folders"),
        ("folders.tar.zst", zstd(&tar::deep()), "more than 10,000 files and folders"),
    ];
    for (name, bytes, said) in bombs {
        sandbox.write(name, &bytes);
        for command in ["inspect", "unpack"] {
            let (run, peak) = crate::bundles::measured(&sandbox, &format!("{command} {name}"));
            let run = run.expect_code(1);
            assert!(run.stderr.contains(said), "{command} {name}: {}", run.stderr);
            assert!(peak < 100, "{command} {name} took {peak} MiB");
        }
    }
    let left = fs_err::read_dir(sandbox.root()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with(".alga-ext-")));
}
