//! `trust rotate` and `trust revoke`: what a publisher's key says about keys.

use super::key_id;
use crate::cli;
use crate::commands::Session;
use crate::commands::signer::signer;
use crate::commands::verify::hash;
use crate::error::Error;
use crate::release;
use crate::signing::Envelope;
use crate::signing::trust::{Reason, Revoked, Rotation};
use serde_json::json;
use std::path::Path;

pub(super) fn rotate(arguments: &cli::TrustRotate, session: &Session) -> Result<(), Error> {
    let new = release::public_key(&session.directory, &arguments.to)?;
    let signer = signer(&arguments.key, &arguments.publisher, session)?;
    let time = |text: &Option<String>| text.as_deref().map(|text| session.time(Some(text))).transpose();
    let old = signer.public().id();
    let rotation = Rotation {
        publisher: arguments.publisher.clone(),
        old: old.clone(),
        new: new.to_string(),
        created: session.created(&arguments.epoch)?,
        from: time(&arguments.from)?,
        until: time(&arguments.until)?,
    };
    let sealed = release::rotation(&signer, &rotation)?;
    stated(&arguments.out, &sealed, &format!("key {old} introduces key {}", new.id()), session)
}

pub(super) fn revoke(arguments: &cli::TrustRevoke, session: &Session) -> Result<(), Error> {
    let content_hash = arguments.hash.as_deref().map(hash).transpose()?.map(|hash| hash.to_string());
    let key = arguments.revoked_key.as_deref().map(key_id).transpose()?;
    let signer = signer(&arguments.key, &arguments.publisher, session)?;
    let created = session.created(&arguments.epoch)?;
    let since = arguments.since.as_deref().map(|text| session.time(Some(text))).transpose()?;
    let reason = match arguments.reason {
        cli::RevokeReason::Compromised => Reason::Compromised,
        cli::RevokeReason::Superseded => Reason::Superseded,
        cli::RevokeReason::Withdrawn => Reason::Withdrawn,
    };
    let revoked =
        Revoked { key, content_hash, reason, note: arguments.note.clone(), at: since.unwrap_or(created) };
    let what = revoked.key.as_ref().or(revoked.content_hash.as_ref()).cloned().unwrap_or_default();
    let sealed = release::revocation(&signer, &arguments.publisher, revoked, created)?;
    stated(&arguments.out, &sealed, &format!("key {} revokes {what}", signer.public().id()), session)
}

/// Writes a statement and says what it says.
fn stated(out: &Path, sealed: &Envelope, what: &str, session: &Session) -> Result<(), Error> {
    let path = session.path(out);
    crate::files::write(&path, sealed.text()?.as_bytes())?;
    session.output.data(&json!({ "statement": path, "says": what }), || path.display().to_string())?;
    session.output.say(&format!("{what}; those who trust it run `alga-ext trust add --statement <file>`"));
    Ok(())
}
