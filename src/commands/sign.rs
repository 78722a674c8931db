//! `sign`: a bundle → `<bundle>.minisig`.

use super::Session;
use super::password::{Purpose, password};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::{cli, release};
use serde_json::json;

/// Runs `sign`.
pub(super) fn run(arguments: &cli::Sign, session: &Session) -> Result<Exit, Error> {
    let ask = || password(&arguments.password, Purpose::Give, session);
    let signed = release::sign(&session.path(&arguments.bundle), &session.path(&arguments.key), ask)?;
    let identity = &signed.identity;
    let document = json!({
        "signature": signed.path,
        "key_id": signed.key_id,
        "name": identity.name,
        "version": identity.version,
        "publisher": identity.publisher,
        "content_hash": identity.content_hash,
        "trusted_comment": identity.to_string(),
    });
    session.output.data(&document, || signed.path.display().to_string())?;
    let (name, version) = (plain(&identity.name), plain(&identity.version));
    session.output.say(&format!("signed {name} {version} with key {}", signed.key_id));
    Ok(Exit::Done)
}
