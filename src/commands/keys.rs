//! `keys`: key pairs in minisign's format, anywhere or in the user's own folder.

use super::Session;
use super::password::{Purpose, new_password, password};
use crate::cli::{self, KeysCommand};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::table;
use crate::release::{self, KeyFiles};
use crate::signing::PublicKey;
use serde_json::json;
use std::path::Path;
use zeroize::Zeroizing;

/// Runs `keys`.
pub(super) fn run(arguments: &cli::Keys, session: &Session) -> Result<Exit, Error> {
    match &arguments.command {
        KeysCommand::Generate(arguments) => generate(arguments, session)?,
        KeysCommand::Import(arguments) => import(arguments, session)?,
        KeysCommand::Export(arguments) => export(arguments, session)?,
        KeysCommand::List(arguments) => list(arguments, session)?,
        KeysCommand::ChangePassword(arguments) => change_password(arguments, session)?,
        KeysCommand::Default(arguments) => default(arguments, session)?,
    }
    Ok(Exit::Done)
}

fn generate(arguments: &cli::KeysGenerate, session: &Session) -> Result<(), Error> {
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
    if let (Some(publisher), Some(name)) = (&arguments.publisher, &arguments.name) {
        session.keyring(&arguments.folder)?.set_default(publisher, name)?;
    }
    stored("made", &files, &key, session)
}

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

fn import(arguments: &cli::KeysImport, session: &Session) -> Result<(), Error> {
    let files = KeyFiles::free(&session.keyring(&arguments.folder)?.files(&arguments.name)?.secret)?;
    let path = session.path(&arguments.file);
    let text = release::read_secret(&path)?;
    let ask = || password(&arguments.password, Purpose::Give, session);
    let key = release::open_secret(&path.display().to_string(), &text, ask)?;
    let password = new_password(&arguments.new, session)?;
    let key = release::import_key(&files, &key, password.as_deref().map(String::as_str))?;
    stored("imported", &files, &key, session)
}

fn export(arguments: &cli::KeysExport, session: &Session) -> Result<(), Error> {
    let secret = session.keyring(&arguments.folder)?.find(&session.directory, &arguments.key);
    let key = release::public_key(&session.directory, &KeyFiles::at(&secret).public.to_string_lossy())?;
    let document = json!({ "key_id": key.id(), "key": key.to_string(), "file": key.file() });
    session.output.data(&document, || key.file().trim_end().to_owned())
}

fn list(arguments: &cli::KeysList, session: &Session) -> Result<(), Error> {
    let keyring = session.keyring(&arguments.folder)?;
    let keys = keyring.list()?;
    let document = json!({ "folder": keyring.folder, "keys": keys });
    session.output.data(&document, || {
        let row = |key: &release::KeyEntry| {
            let state = if key.encrypted { "encrypted" } else { "no password" };
            [key.name.clone(), key.key_id.clone(), state.to_owned(), key.publishers.join(", ")]
        };
        table(&keys.iter().map(row).collect::<Vec<_>>())
    })?;
    if keys.is_empty() {
        session.output.say(&format!("there are no keys in `{}`", keyring.folder.display()));
    }
    Ok(())
}

fn change_password(arguments: &cli::KeysChangePassword, session: &Session) -> Result<(), Error> {
    let path = session.keyring(&arguments.folder)?.find(&session.directory, &arguments.key);
    let text = release::read_secret(&path)?;
    let ask = || password(&arguments.password, Purpose::Give, session);
    let key = release::open_secret(&path.display().to_string(), &text, ask)?;
    let password: Option<Zeroizing<String>> = new_password(&arguments.new, session)?;
    release::change_password(&path, &key, password.as_deref().map(String::as_str))?;
    let document =
        json!({ "key_id": key.public().id(), "secret_key": path, "encrypted": password.is_some() });
    session.output.data(&document, String::new)?;
    let now = if password.is_some() { "another password" } else { "no password" };
    session.output.say(&format!("key {} has {now} now", key.public().id()));
    Ok(())
}

fn default(arguments: &cli::KeysDefault, session: &Session) -> Result<(), Error> {
    let keyring = session.keyring(&arguments.folder)?;
    if let (Some(publisher), Some(name)) = (&arguments.publisher, &arguments.name) {
        keyring.set_default(publisher, name)?;
        session.output.say(&format!("key `{name}` signs for `{publisher}`"));
    }
    let mut defaults = keyring.defaults()?;
    if let Some(publisher) = &arguments.publisher {
        defaults.retain(|name, _| name == publisher);
    }
    let rows: Vec<[String; 2]> = defaults.iter().map(|(name, key)| [name.clone(), key.clone()]).collect();
    session.output.data(&json!({ "defaults": defaults }), || table(&rows))
}
