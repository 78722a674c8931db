//! Reads the input as a bundle, and as the tar in one: no panic, no hang, and what is read can be written and read again.
#![no_main]

use alga_ext::bundle::Container;

#[path = "check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check::archive(&[b"\x28\xb5\x2f\xfd", bytes].concat());
    if let Ok(framed) = zstd::bulk::compress(bytes, 1) {
        check::read(&framed, Container::TarZst);
    }
});
