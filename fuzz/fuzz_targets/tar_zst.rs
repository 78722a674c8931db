//! Reads the input as a zstd bundle, and as the tar in one, with and without its checksums mended: no panic, no hang,
//! and what is read can be written and read again.
#![no_main]

use alga_ext::bundle::Container;

#[path = "check.rs"]
mod check;
#[path = "tar_of.rs"]
mod tar_of;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check::archive(&[b"\x28\xb5\x2f\xfd", bytes].concat());
    for tar in [bytes, &tar_of::summed(bytes)] {
        if let Ok(framed) = zstd::bulk::compress(tar, 1) {
            check::read(&framed, Container::TarZst);
        }
    }
});
