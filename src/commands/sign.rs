//! `sign`: a bundle → `<bundle>.minisig`, or `<bundle>.<key id>.minisig` beside another key's.

use super::Session;
use super::signer::signer;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::release::SignOptions;
use crate::signing::Claim;
use crate::{cli, release};
use serde_json::json;

/// Runs `sign`.
pub(super) fn run(arguments: &cli::Sign, session: &Session) -> Result<Exit, Error> {
    let expires = arguments.expires.as_deref().map(|text| session.time(Some(text))).transpose()?;
    let created = session.created(&arguments.epoch)?;
    if let Some(expires) = expires.filter(|expires| *expires <= created) {
        let what = format!("the signature would expire at {expires}, before it is made");
        return Err(Error::Usage { what, hint: None });
    }
    let options = SignOptions { created, expires };
    let bundle = session.path(&arguments.bundle);
    let signed =
        release::sign(&bundle, options, |identity| signer(&arguments.key, &identity.publisher, session))?;
    let Claim { identity, key_id, .. } = &signed.claim;
    let document = json!({
        "signature": signed.path,
        "key_id": key_id,
        "name": identity.name,
        "version": identity.version,
        "publisher": identity.publisher,
        "content_hash": identity.content_hash,
        "created": created,
        "expires": expires,
        "trusted_comment": signed.claim.to_string(),
        "warnings": signed.warnings,
    });
    session.output.data(&document, || signed.path.display().to_string())?;
    for warning in &signed.warnings {
        session.output.warn(warning);
    }
    let (name, version) = (plain(&identity.name), plain(&identity.version));
    let until = expires.map(|expires| format!(", until {expires}")).unwrap_or_default();
    session.output.say(&format!("signed {name} {version} with key {key_id}{until}"));
    Ok(Exit::Done)
}
