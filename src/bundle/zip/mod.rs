//! Zip bundles: written by the `zip` crate without times or systems, and read only when every byte of the file has one
//! meaning, to us and to the crate.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;

/// What a local header begins with.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// What a header of the central directory begins with.
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
/// What the end record begins with.
const END: [u8; 4] = *b"PK\x05\x06";

/// Bytes as they are.
const STORED: u16 = 0;
/// Bytes compressed with deflate.
const DEFLATED: u16 = 8;
/// The flag of names in UTF-8.
const UTF8: u16 = 1 << 11;
