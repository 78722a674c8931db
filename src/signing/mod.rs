//! Keys, detached signatures, signed statements, and whom to trust. The formats are minisign's and DSSE's.

mod claim;
mod envelope;
mod minisig;
mod public;
mod secret;
mod time;
pub mod trust;

pub use claim::{Claim, Identity};
pub use envelope::{Envelope, Signed};
pub use minisig::{Prehash, Signature, assemble, sign};
pub use public::{PublicKey, key_id};
pub use secret::SecretKey;
pub use time::Time;

use crate::exit::Exit;

/// What makes the Ed25519 signature of the bytes it is given.
pub type Raw<'a, E> = dyn FnMut(&[u8]) -> Result<Vec<u8>, E> + 'a;

/// Why nothing was signed, or a signature was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no public key.
    #[error("this is no minisign public key: {why}")]
    PublicKey {
        /// What was found.
        why: &'static str,
    },
    /// The text is no secret key, or a damaged one.
    #[error("this is no minisign secret key: {why}")]
    SecretKey {
        /// What was found.
        why: &'static str,
    },
    /// The secret key is encrypted.
    #[error("the secret key is encrypted, and no password was given")]
    NeedsPassword,
    /// The password does not open the key.
    #[error("the password is not this secret key's")]
    WrongPassword,
    /// The text is no signature.
    #[error("this is no minisign signature: {why}")]
    Malformed {
        /// What was found.
        why: &'static str,
    },
    /// The signature names another key.
    #[error("the signature was made by key {found}, and the trusted key is {trusted}")]
    OtherKey {
        /// The signature's key.
        found: String,
        /// The trusted one.
        trusted: String,
    },
    /// The signature is not one of these bytes.
    #[error("the signature does not fit the bytes: one of them was changed after signing")]
    Bytes,
    /// The trusted comment is not the one that was signed.
    #[error("the signature's trusted comment was changed after signing")]
    Comment,
    /// What was to sign made something else.
    #[error("what should be a signature of key {key}, {length} bytes long, is none that the public key fits")]
    NotSigned {
        /// The public key's id.
        key: String,
        /// How many bytes it made.
        length: usize,
    },
    /// A signed statement cannot be read or written.
    #[error("this is no signed statement: {why}")]
    Statement {
        /// What was found.
        why: String,
    },
    /// What should be signed does not fit into a comment.
    #[error("the name, version and publisher take {length} bytes in the signature; minisign reads {limit}")]
    CommentTooLong {
        /// The comment's length.
        length: usize,
        /// The most there may be.
        limit: usize,
    },
    /// The machine has no randomness, or a library failed otherwise.
    #[error("the signing library failed: {why}")]
    Library {
        /// What did.
        why: &'static str,
    },
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::PublicKey { .. }
            | Error::SecretKey { .. }
            | Error::NeedsPassword
            | Error::WrongPassword
            | Error::NotSigned { .. }
            | Error::Library { .. } => Exit::NotJudged,
            Error::CommentTooLong { .. } => Exit::AtFault,
            Error::Malformed { .. } | Error::Statement { .. } | Error::Bytes | Error::Comment => {
                Exit::Disagrees
            }
            Error::OtherKey { .. } => Exit::OtherKey,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::PublicKey { .. } => {
                "give the `.pub` file that `alga-ext keys generate` wrote, or its second line"
            }
            Error::SecretKey { .. } => {
                "give the file that `alga-ext keys generate --out <file>` wrote, not its `.pub`"
            }
            Error::NeedsPassword => PASSWORD_WAYS,
            Error::WrongPassword => "it is the one that was given to `alga-ext keys generate`",
            Error::Malformed { .. } => "fetch the signature again, or sign again with `alga-ext sign`",
            Error::OtherKey { .. } => "trust the key only if its owner confirms it some other way",
            Error::Bytes | Error::Comment => "do not use this bundle; fetch it and its signature again",
            Error::NotSigned { .. } => {
                "the command gets bytes on standard input and prints their Ed25519 signature, 64 bytes and nothing \
                 else; `--public-key` names the key it signs with"
            }
            Error::Statement { .. } => "fetch it again from whoever made it",
            Error::CommentTooLong { .. } => "shorten them in manifest.json",
            Error::Library { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// How a password reaches the tool.
pub const PASSWORD_WAYS: &str = "type it on a terminal, set `ALGA_EXT_KEY_PASSWORD`, or name a file that holds it with \
                                 `--password-file`, or an open descriptor with `--password-fd`";
