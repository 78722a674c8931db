//! Reads the input as a gzip bundle, and as the tar in one: no panic, no hang, and what is read can be written and read
//! again.
#![no_main]

use alga_ext::bundle::Container;
use std::io::Write;

#[path = "check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check::archive(&[b"\x1f\x8b", bytes].concat());
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    if encoder.write_all(bytes).is_ok()
        && let Ok(framed) = encoder.finish()
    {
        check::read(&framed, Container::TarGz);
    }
});
