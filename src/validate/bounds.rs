//! How large a file of the UI may be to be looked into: what is read and parsed is in memory.

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The largest script whose calls are looked at: parsed, it takes thirty times its size.
    pub script: u64,
    /// The largest file that is read.
    pub text: u64,
}

impl Bounds {
    /// For 128 MB in all.
    pub const USUAL: Bounds = Bounds { script: 2 << 20, text: 16 << 20 };
    /// For 32 MB in all.
    pub const TIGHT: Bounds = Bounds { script: 256 << 10, text: 4 << 20 };
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds::USUAL
    }
}
