//! `trust add` and `trust remove`: the trust file, changed.

use super::changed;
use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::release::{self, Added};
use crate::signing::PublicKey;

pub(super) fn add(arguments: &cli::TrustAdd, session: &Session) -> Result<(), Error> {
    let path = session.path(&arguments.file.trust);
    let mut trust = release::read_trust(&path)?;
    let mut what = Vec::new();
    if let Some(statement) = &arguments.statement {
        let bytes = release::read_bounded(&session.path(statement), 16 << 20)?;
        what.push(
            match release::add_statement(&mut trust, &bytes, session.time(arguments.at.as_deref())?)? {
                Added::Rotation(rotation) => {
                    let new = PublicKey::parse(&rotation.new)?.id();
                    format!("key {} of `{}` introduces key {new}", rotation.old, rotation.publisher)
                }
                Added::Revocation(list) => format!("{} revoked of `{}`", list.revoked.len(), list.publisher),
            },
        );
    }
    if let Some(key) = &arguments.revoker {
        let key = release::public_key(&session.directory, key)?;
        if !trust.revokers.contains(&key.to_string()) {
            trust.revokers.push(key.to_string());
        }
        what.push(format!("key {} may revoke", key.id()));
    }
    if let (Some(publisher), Some(key)) = (&arguments.publisher, &arguments.key) {
        let key = release::public_key(&session.directory, key)?;
        let time = |text: &Option<String>| text.as_deref().map(|text| session.time(Some(text))).transpose();
        let span = (time(&arguments.from)?, time(&arguments.until)?);
        release::add_key(&mut trust, publisher, &key, span, None)?;
        what.push(format!("key {} is trusted for `{publisher}`", key.id()));
    }
    if let (Some(publisher), Some(threshold)) = (&arguments.publisher, arguments.threshold) {
        release::set_threshold(&mut trust, publisher, threshold)?;
        what.push(format!("{threshold} keys must sign for `{publisher}`"));
    }
    if what.is_empty() {
        let what = "nothing was named to add".to_owned();
        return Err(Error::Usage { what, hint: Some("name a key with `--key`".into()) });
    }
    release::write_trust(&path, &trust)?;
    changed(&path, &format!("changed: {}", what.join(", ")), session)
}

pub(super) fn remove(arguments: &cli::TrustRemove, session: &Session) -> Result<(), Error> {
    let path = session.path(&arguments.file.trust);
    let mut trust = release::read_trust(&path)?;
    release::remove(&mut trust, &arguments.publisher, arguments.key_id.as_deref())?;
    release::write_trust(&path, &trust)?;
    let what = arguments.key_id.as_ref().map_or_else(String::new, |id| format!("key {id} of "));
    changed(&path, &format!("changed: {what}`{}` is trusted no more", arguments.publisher), session)
}
