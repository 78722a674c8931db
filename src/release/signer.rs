//! What signs: a secret key in memory, or a command that has one.

use super::Error;
use crate::signing::{PublicKey, SecretKey};
use crate::toolchain;
use std::path::PathBuf;

/// What makes signatures.
pub enum Signer {
    /// A key that was opened.
    Key(SecretKey),
    /// A key held elsewhere.
    External(External),
}

/// A command that signs.
#[derive(Debug, Clone)]
pub struct External {
    /// The command line, for the shell: it gets bytes on standard input and prints their Ed25519 signature, 64 bytes.
    pub command: String,
    /// Where it runs.
    pub directory: PathBuf,
    /// The public half of the key it signs with.
    pub public: PublicKey,
}

impl Signer {
    /// The public key that verifies what it makes.
    pub fn public(&self) -> PublicKey {
        match self {
            Signer::Key(key) => key.public(),
            Signer::External(external) => external.public.clone(),
        }
    }

    /// The Ed25519 signature of these bytes; whether it is one is for the caller to check.
    pub(super) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Signer::Key(key) => Ok(key.sign(bytes)?),
            Signer::External(External { command, directory, .. }) => {
                Ok(toolchain::feed(command, directory, bytes)?)
            }
        }
    }
}
