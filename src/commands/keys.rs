//! `keys generate`: a key pair in minisign's format.

use super::Session;
use super::password::{Purpose, password};
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::release::{self, KeyFiles};
use serde_json::json;

/// Runs `keys`.
pub(super) fn run(arguments: &cli::Keys, session: &Session) -> Result<Exit, Error> {
    match &arguments.command {
        cli::KeysCommand::Generate(arguments) => generate(arguments, session),
    }
}

fn generate(arguments: &cli::KeysGenerate, session: &Session) -> Result<Exit, Error> {
    // Looked at before the password is asked for; nobody wants to think of one in vain.
    let files = KeyFiles::free(&session.path(&arguments.out))?;
    let password = if arguments.no_password {
        None
    } else {
        Some(password(&arguments.password, Purpose::Choose, session)?)
    };
    let key = release::generate_keys(&files, password.as_deref())?;
    let document = json!({
        "key_id": key.id(),
        "secret_key": files.secret,
        "public_key": files.public,
        "key": key.to_string(),
    });
    session.output.data(&document, || key.to_string())?;
    let (secret, public) = (files.secret.display(), files.public.display());
    session
        .output
        .say(&format!("made key {}: keep `{secret}` secret, give `{public}` to those who verify", key.id()));
    Ok(Exit::Done)
}
