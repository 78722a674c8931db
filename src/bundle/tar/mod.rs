//! Tar inside a bundle: ustar headers that never differ to write, and a strict reading of what others write.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::{length, write};

/// A tar block.
const BLOCK: usize = 512;

/// Where the fields of a header lie.
mod field {
    use std::ops::Range;

    pub(super) const NAME: Range<usize> = 0..100;
    pub(super) const MODE: Range<usize> = 100..108;
    pub(super) const UID: Range<usize> = 108..116;
    pub(super) const GID: Range<usize> = 116..124;
    pub(super) const SIZE: Range<usize> = 124..136;
    pub(super) const TIME: Range<usize> = 136..148;
    pub(super) const CHECKSUM: Range<usize> = 148..156;
    pub(super) const TYPE: usize = 156;
    pub(super) const MAGIC: Range<usize> = 257..265;
    pub(super) const PREFIX: Range<usize> = 345..500;
}

/// The magic and version of POSIX.
const USTAR: &[u8; 8] = b"ustar\x0000";
/// The magic and version of GNU's older form.
const GNU: &[u8; 8] = b"ustar  \0";

/// The sum of a header's bytes, its checksum taken for spaces.
fn checksum(header: &[u8; BLOCK]) -> u32 {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let written = header.get(field::CHECKSUM).map(sum).unwrap_or_default();
    sum(header) - written + 8 * u32::from(b' ')
}
