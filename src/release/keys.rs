//! Key files: pairs side by side, anywhere or in the user's own folder, where each publisher may have a default.

use super::{Error, Kind, beside, sign::TEXT};
use crate::signing::{PublicKey, SecretKey};
use crate::{files, wipe, yaml};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// How the names of secret keys end in the user's folder.
const EXTENSION: &str = ".key";
/// Which key is a publisher's, in the user's folder.
const DEFAULTS: &str = "defaults.yaml";

/// Where a key pair is stored.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    /// The secret key.
    pub secret: PathBuf,
    /// The public key: `<secret>.pub`.
    pub public: PathBuf,
}

impl KeyFiles {
    /// The pair at `secret`.
    pub fn at(secret: &Path) -> KeyFiles {
        KeyFiles { secret: secret.to_path_buf(), public: beside(secret, ".pub") }
    }

    /// The pair at `secret`, where nothing may be yet.
    pub fn free(secret: &Path) -> Result<KeyFiles, Error> {
        let files = KeyFiles::at(secret);
        for path in [&files.secret, &files.public] {
            if fs_err::symlink_metadata(path).is_ok() {
                return Err(Error::KeyExists { path: path.clone() });
            }
        }
        Ok(files)
    }

    /// Writes a new pair. The public key goes first: a secret key alone would be there to stay.
    fn write(&self, key: &SecretKey, password: Option<&str>) -> Result<PublicKey, Error> {
        let public = key.public();
        let text = key.close(password)?;
        files::create_with_mode(&self.public, public.file().as_bytes(), 0o644)?;
        if let Err(error) = files::create_with_mode(&self.secret, text.as_bytes(), 0o600) {
            let _ = fs_err::remove_file(&self.public);
            return Err(error.into());
        }
        Ok(public)
    }
}

/// Makes a key pair, readable by its owner alone and encrypted when there is a password.
pub fn generate_keys(files: &KeyFiles, password: Option<&str>) -> Result<PublicKey, Error> {
    files.write(&SecretKey::generate()?, password)
}

/// Stores a key that was made elsewhere, under a password of its own.
pub fn import_key(files: &KeyFiles, key: &SecretKey, password: Option<&str>) -> Result<PublicKey, Error> {
    files.write(key, password)
}

/// Gives a secret key's file another password, or none.
pub fn change_password(path: &Path, key: &SecretKey, password: Option<&str>) -> Result<(), Error> {
    let text = key.close(password)?;
    // Where a link leads: beside it, the old secret would be there to stay.
    Ok(files::write_with_mode(&files::followed(path), text.as_bytes(), 0o600)?)
}

/// The text of a secret key's file.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, Error> {
    wipe::from_now_on();
    let bytes = Zeroizing::new(Kind::SecretKey.read(path, TEXT)?);
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Opens the text of a secret key, called `name` in errors; `password` is asked only when it is encrypted.
pub fn open_secret<E: From<Error>>(
    name: &str,
    text: &str,
    password: impl FnOnce() -> Result<Zeroizing<String>, E>,
) -> Result<SecretKey, E> {
    let named = |source| match source {
        source @ crate::signing::Error::SecretKey { .. } => Error::Key { key: name.to_owned(), source },
        source => Error::Signing(source),
    };
    let opened = if SecretKey::is_encrypted(text).map_err(named)? {
        SecretKey::open(text, Some(&password()?))
    } else {
        SecretKey::open(text, None)
    };
    Ok(opened.map_err(named)?)
}

/// The user's own folder of keys.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// Where it is.
    pub folder: PathBuf,
}

/// One key of the folder.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its name: `sign --key <name>` finds it too.
    pub name: String,
    /// The public key's id.
    pub key_id: String,
    /// The secret key's file.
    pub secret_key: PathBuf,
    /// The public key.
    pub key: String,
    /// Whether a password protects it.
    pub encrypted: bool,
    /// Whose default it is.
    pub publishers: Vec<String>,
}

impl Keyring {
    /// The files of the key `name`, which is one word.
    pub fn files(&self, name: &str) -> Result<KeyFiles, Error> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(Error::KeyName { name: name.to_owned() });
        }
        Ok(KeyFiles::at(&self.folder.join(format!("{name}{EXTENSION}"))))
    }

    /// The secret key a user means: a file, or the name of one of this folder.
    pub fn find(&self, directory: &Path, key: &Path) -> PathBuf {
        let path = directory.join(key);
        let named = key.to_str().and_then(|name| self.files(name).ok());
        match named {
            Some(files) if (!path.exists() || path.is_dir()) && files.secret.is_file() => files.secret,
            _ => path,
        }
    }

    /// Every key, by name, and what is wrong with files that look like one and are none.
    pub fn list(&self) -> Result<(Vec<Entry>, Vec<Error>), Error> {
        let defaults = self.defaults()?;
        let (mut entries, mut faults) = (Vec::new(), Vec::new());
        let folder = match fs_err::read_dir(&self.folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((entries, faults)),
            Err(error) => return Err(error.into()),
        };
        for file in folder {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            let Some(name) = name.strip_suffix(EXTENSION) else { continue };
            if file.path().is_dir() {
                continue;
            }
            match self.entry(name, &defaults) {
                Ok(entry) => entries.push(entry),
                Err(fault) => faults.push(fault),
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((entries, faults))
    }

    fn entry(&self, name: &str, defaults: &BTreeMap<String, String>) -> Result<Entry, Error> {
        let files = self.files(name)?;
        let text = read_secret(&files.secret)?;
        let shown = files.secret.display().to_string();
        let encrypted = SecretKey::is_encrypted(&text).map_err(|source| Error::Key { key: shown, source })?;
        let key = super::public_key(&self.folder, &files.public.to_string_lossy())?;
        let mine = defaults.iter().filter(|(_, key)| *key == name);
        Ok(Entry {
            name: name.to_owned(),
            key_id: key.id(),
            secret_key: files.secret,
            key: key.to_string(),
            encrypted,
            publishers: mine.map(|(publisher, _)| publisher.clone()).collect(),
        })
    }

    /// Which key is whose, by publisher.
    pub fn defaults(&self) -> Result<BTreeMap<String, String>, Error> {
        let path = self.folder.join(DEFAULTS);
        match files::read_text(&path, TEXT) {
            Ok(text) => yaml::parse(&text).map_err(|source| Error::Defaults { path, source }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the key `name` the publisher's.
    pub fn set_default(&self, publisher: &str, name: &str) -> Result<(), Error> {
        let files = self.files(name)?;
        if !files.secret.exists() {
            return Err(Error::Missing { kind: Kind::SecretKey, path: files.secret });
        }
        let mut defaults = self.defaults()?;
        defaults.insert(publisher.to_owned(), name.to_owned());
        let path = self.folder.join(DEFAULTS);
        let text = yaml::print(&defaults).map_err(|source| Error::Defaults { path: path.clone(), source })?;
        Ok(files::write(&files::followed(&path), text.as_bytes())?)
    }

    /// The secret key's file of the publisher's default.
    pub fn default_of(&self, publisher: &str) -> Result<Option<PathBuf>, Error> {
        let name = self.defaults()?.remove(publisher);
        name.map(|name| self.files(&name).map(|files| files.secret)).transpose()
    }
}
