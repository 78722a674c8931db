//! Signing a bundle: the signature vouches for the bytes, and for the name they go by.

use super::{Error, Kind, signature_path, survey};
use crate::files;
use crate::signing::{self, Identity, SecretKey};
use std::io::Seek;
use std::path::{Path, PathBuf};

/// A signature that was written.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Where.
    pub path: PathBuf,
    /// The key's id.
    pub key_id: String,
    /// What it vouches for.
    pub identity: Identity,
}

/// The largest key or signature file that is read.
pub(super) const TEXT: u64 = 1 << 16;

/// Signs the bundle at `path`. `password` is asked only when the key is encrypted, and after everything else that could
/// fail has been checked.
pub fn sign<E: From<Error>>(
    path: &Path,
    key: &Path,
    password: impl FnOnce() -> Result<String, E>,
) -> Result<Signed, E> {
    let mut surveyed = survey(path)?;
    let text = Kind::SecretKey.read(key, TEXT)?;
    let text = String::from_utf8_lossy(&text);
    let named = |source| match source {
        source @ signing::Error::SecretKey { .. } => Error::Key { key: key.display().to_string(), source },
        source => Error::Signing(source),
    };
    let secret = if SecretKey::is_encrypted(&text).map_err(named)? {
        SecretKey::open(&text, Some(&password()?)).map_err(named)?
    } else {
        SecretKey::open(&text, None).map_err(named)?
    };
    let identity = surveyed.identity();
    surveyed.file.rewind().map_err(Error::from)?;
    let signature = signing::sign(&secret, &surveyed.file, &identity).map_err(Error::from)?;
    let key_id = secret.public().map_err(Error::from)?.id();
    let path = signature_path(path);
    files::write(&path, signature.as_bytes()).map_err(Error::from)?;
    Ok(Signed { path, key_id, identity })
}
