//! Reads the input as a gzip bundle, and as the tar in one, with and without its checksums mended: no panic, no hang,
//! and what is read can be written and read again.
#![no_main]

use alga_ext::bundle::Container;
use std::io::Write;

#[path = "check.rs"]
mod check;
#[path = "tar_of.rs"]
mod tar_of;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check::archive(&[b"\x1f\x8b", bytes].concat());
    for tar in [bytes, &tar_of::summed(bytes)] {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        if encoder.write_all(tar).is_ok()
            && let Ok(framed) = encoder.finish()
        {
            check::read(&framed, Container::TarGz);
        }
    }
});
