//! The exit codes, in one place: documented in `--help`, the man page and the README.

/// How a command ended, as the process says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// 0: done.
    Done = 0,
    /// 1: the extension, bundle or test is at fault.
    AtFault = 1,
    /// 2: nothing was judged; usage or environment.
    NotJudged = 2,
    /// 3: the registry refused or could not be reached.
    Registry = 3,
    /// 4: published but not installed.
    NotInstalled = 4,
    /// 10: there is no signature.
    NoSignature = 10,
    /// 11: bytes, comment or expected hash disagree.
    Disagrees = 11,
    /// 12: made by another key than the trusted one.
    OtherKey = 12,
    /// 13: the key or bundle is revoked or expired.
    Revoked = 13,
}

impl Exit {
    /// Every code with its meaning, in order; the source of every table that lists them.
    pub const TABLE: [(Exit, &'static str); 9] = [
        (Exit::Done, "done"),
        (Exit::AtFault, "the extension, bundle or test is at fault"),
        (Exit::NotJudged, "nothing was judged: usage or environment"),
        (Exit::Registry, "the registry refused or could not be reached"),
        (Exit::NotInstalled, "published but not installed"),
        (Exit::NoSignature, "verify: no signature"),
        (Exit::Disagrees, "verify: bytes, comment or expected hash disagree"),
        (Exit::OtherKey, "verify: made by another key than the trusted one"),
        (Exit::Revoked, "verify: key or bundle revoked or expired"),
    ];

    /// The number the process exits with.
    pub fn code(self) -> u8 {
        self as u8
    }
}
