//! Tar inside a bundle: headers that never differ to write, and a strict reading of what others write. The `tar` crate
//! knows where a header's fields lie and what they sum to; what they may say is decided here.

mod read;
mod write;

pub(super) use read::read;
pub(super) use write::{length, write};

/// A tar block.
const BLOCK: usize = 512;
