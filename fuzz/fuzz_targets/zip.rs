//! Reads the input as a zip: no panic, no hang, and what is read can be written and read again.
#![no_main]

use alga_ext::bundle::Container;

#[path = "check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check::archive(bytes);
    check::read(&[b"PK\x03\x04", bytes].concat(), Container::Zip);
});
