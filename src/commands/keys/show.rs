//! `keys export` and `keys list`.

use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::output::{plain, table};
use crate::release::{self, KeyFiles};
use serde_json::json;

/// Runs `keys export`.
pub(super) fn export(arguments: &cli::KeysExport, session: &Session) -> Result<(), Error> {
    let secret = session.keyring(&arguments.folder)?.find(&session.directory, &arguments.key);
    let key = release::public_key(&session.directory, &KeyFiles::at(&secret).public.to_string_lossy())?;
    let document = json!({ "key_id": key.id(), "key": key.to_string(), "file": key.file() });
    session.output.data(&document, || key.file().trim_end().to_owned())
}

/// Runs `keys list`.
pub(super) fn list(arguments: &cli::KeysList, session: &Session) -> Result<(), Error> {
    let keyring = session.keyring(&arguments.folder)?;
    let (keys, faults) = keyring.list()?;
    for fault in faults {
        session.output.warn(&plain(&fault.to_string()));
    }
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
