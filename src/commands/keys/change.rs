//! `keys change-password` and `keys default`.

use super::make::open;
use crate::cli;
use crate::commands::Session;
use crate::commands::password::new_password;
use crate::error::Error;
use crate::output::table;
use crate::release;
use serde_json::json;

/// Runs `keys change-password`.
pub(super) fn password_of(arguments: &cli::KeysChangePassword, session: &Session) -> Result<(), Error> {
    let cli::Rekey { password: old, new, folder } = &arguments.rekey;
    let path = session.keyring(folder)?.find(&session.directory, &arguments.key);
    // Neither the key nor a password is kept while somebody reads what is said.
    let (id, encrypted) = {
        let key = open(&path, old, session)?;
        let password = new_password(new, session)?;
        release::change_password(&path, &key, password.as_deref().map(String::as_str))?;
        (key.public().id(), password.is_some())
    };
    session.output.data(&json!({ "key_id": id, "secret_key": path, "encrypted": encrypted }), String::new)?;
    let now = if encrypted { "another password" } else { "no password" };
    session.output.say(&format!("key {id} has {now} now"));
    Ok(())
}

/// Runs `keys default`.
pub(super) fn default(arguments: &cli::KeysDefault, session: &Session) -> Result<(), Error> {
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
