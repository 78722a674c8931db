//! How much a bundle may unpack to, and the meter that counts while it does.

use super::Error;
use std::cell::Cell;
use std::io::{self, Read};

/// The most a bundle may hold unpacked: 512 MiB.
pub const UNPACKED: u64 = 512 << 20;
/// The most files and folders an archive may list.
pub const ENTRIES: usize = 10_000;
/// How many times its own size an archive may unpack to, once it is beyond [`RATIO_FREE`].
pub const RATIO: u64 = 1_000;
/// Unpacked bytes below which the ratio does not matter: 1 MiB.
pub const RATIO_FREE: u64 = 1 << 20;
/// The longest path, in bytes.
pub const PATH: usize = 1_024;
/// The longest name between two slashes, in bytes: what file systems take.
pub const NAME: usize = 255;
/// The longest index: what [`ENTRIES`] of the longest paths need.
pub const INDEX: usize = 16 << 20;

/// Counts unpacked bytes against what an archive of a given size may unpack to.
#[derive(Debug)]
pub(super) struct Meter {
    allowed: u64,
    spent: Cell<u64>,
}

impl Meter {
    /// For an archive of `length` bytes.
    pub(super) fn new(length: u64) -> Meter {
        let allowed = length.saturating_mul(RATIO).clamp(RATIO_FREE, UNPACKED);
        Meter { allowed, spent: Cell::new(0) }
    }

    /// Counts `bytes` more; fails when that is too many.
    pub(super) fn spend(&self, bytes: u64) -> Result<(), Error> {
        self.spent.set(self.spent.get().saturating_add(bytes));
        if self.spent.get() <= self.allowed {
            Ok(())
        } else if self.allowed == UNPACKED {
            Err(Error::TooLarge { entry: None })
        } else {
            Err(Error::Ratio { entry: None })
        }
    }

    /// `inner`, counted; it stops with an error at the limit.
    pub(super) fn reading<R: Read>(&self, inner: R) -> Metered<'_, R> {
        Metered { inner, meter: self }
    }
}

/// A reader that counts.
#[derive(Debug)]
pub(super) struct Metered<'a, R> {
    inner: R,
    meter: &'a Meter,
}

impl<R> Metered<'_, R> {
    /// What it read from.
    pub(super) fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.meter.spend(u64::try_from(count).unwrap_or(u64::MAX)).map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_counts_only_beyond_a_mebibyte() {
        let meter = Meter::new(10);
        assert!(meter.spend(1 << 20).is_ok());
        assert!(matches!(meter.spend(1), Err(Error::Ratio { .. })));
    }

    #[test]
    fn no_archive_is_long_enough_to_pass_the_limit() {
        let meter = Meter::new(600 << 20);
        assert!(meter.spend(512 << 20).is_ok());
        assert!(matches!(meter.spend(1), Err(Error::TooLarge { .. })));
    }
}
