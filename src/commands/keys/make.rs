//! `keys generate` and `keys import`: a pair where there was none.

use crate::cli;
use crate::commands::Session;
use crate::commands::password::{Purpose, new_password, password};
use crate::error::Error;
use crate::release::{self, KeyFiles};
use crate::signing::{PublicKey, SecretKey};
use serde_json::json;
use std::path::Path;

/// Runs `keys generate`.
pub(super) fn generate(arguments: &cli::KeysGenerate, session: &Session) -> Result<(), Error> {
    // Looked at before the password is asked for; nobody wants to think of one in vain.
    let files = match (&arguments.name, &arguments.out) {
        (Some(name), _) => KeyFiles::free(&session.keyring(&arguments.folder)?.files(name)?.secret)?,
        (None, out) => KeyFiles::free(&session.path(out.as_deref().unwrap_or(Path::new("alga-ext.key"))))?,
    };
    let password = if arguments.no_password {
        None
    } else {
        Some(password(&arguments.password, Purpose::Choose, session)?)
    };
    let key = release::generate_keys(&files, password.as_deref().map(String::as_str))?;
    drop(password);
    if let (Some(publisher), Some(name)) = (&arguments.publisher, &arguments.name) {
        session.keyring(&arguments.folder)?.set_default(publisher, name)?;
    }
    stored("made", &files, &key, session)
}

/// Runs `keys import`.
pub(super) fn import(arguments: &cli::KeysImport, session: &Session) -> Result<(), Error> {
    let cli::Rekey { password: old, new, folder } = &arguments.rekey;
    let files = KeyFiles::free(&session.keyring(folder)?.files(&arguments.name)?.secret)?;
    let key = {
        let key = open(&session.path(&arguments.file), old, session)?;
        let password = new_password(new, session)?;
        release::import_key(&files, &key, password.as_deref().map(String::as_str))?
    };
    stored("imported", &files, &key, session)
}

/// Opens a secret key's file; its password is asked for when it has one.
pub(super) fn open(path: &Path, old: &cli::Password, session: &Session) -> Result<SecretKey, Error> {
    let text = release::read_secret(path)?;
    release::open_secret(&path.display().to_string(), &text, || password(old, Purpose::Give, session))
}

/// Says what was stored.
fn stored(what: &str, files: &KeyFiles, key: &PublicKey, session: &Session) -> Result<(), Error> {
    let document = json!({
        "key_id": key.id(),
        "secret_key": files.secret,
        "public_key": files.public,
        "key": key.to_string(),
    });
    session.output.data(&document, || key.to_string())?;
    let (secret, public) = (files.secret.display(), files.public.display());
    session.output.say(&format!(
        "{what} key {}: keep `{secret}` secret, give `{public}` to those who verify",
        key.id()
    ));
    Ok(())
}
