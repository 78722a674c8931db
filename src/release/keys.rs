//! Key pairs as files: the secret key readable by its owner alone, and nothing written over.

use super::{Error, beside};
use crate::files;
use crate::signing::{self, PublicKey};
use std::path::{Path, PathBuf};

/// The two files of a key pair.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    /// The secret key, mode 0600.
    pub secret: PathBuf,
    /// The public key: the secret key's name and `.pub`.
    pub public: PathBuf,
}

impl KeyFiles {
    /// The files of a new pair; fails when one of them is there already.
    pub fn free(secret: &Path) -> Result<KeyFiles, Error> {
        let files = KeyFiles { secret: secret.to_path_buf(), public: beside(secret, ".pub") };
        for path in [&files.secret, &files.public] {
            if fs_err::symlink_metadata(path).is_ok() {
                return Err(Error::KeyExists { path: path.clone() });
            }
        }
        Ok(files)
    }
}

/// Makes a key pair and writes both files, or neither.
pub fn generate_keys(files: &KeyFiles, password: Option<&str>) -> Result<PublicKey, Error> {
    let pair = signing::generate(password)?;
    files::create_with_mode(&files.secret, pair.secret.as_bytes(), 0o600)?;
    if let Err(error) = files::create_with_mode(&files.public, pair.public.as_bytes(), 0o644) {
        fs_err::remove_file(&files.secret)?;
        return Err(error.into());
    }
    Ok(pair.key)
}
