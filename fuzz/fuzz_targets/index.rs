//! Reads a bundle whose index is the input: no panic, and an index that passes lists the one other file.
#![no_main]

use alga_ext::bundle::{self, Container, Entry, INDEX};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let entry = |path: &str, bytes: &[u8]| Entry { path: path.into(), bytes: bytes.to_vec() };
    let entries = [entry("manifest.json", b"{}"), entry(INDEX, bytes)];
    let Ok(archive) = bundle::write(&entries, Container::Zip) else { return };
    if let Ok(read) = bundle::read(&archive) {
        let index = read.index.expect("a bundle with an index has one");
        assert_eq!(index.files.len(), 1);
        assert_eq!(index.files[0].path, "manifest.json");
    }
});
