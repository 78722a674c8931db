//! `trust add` and `trust remove`: the trust file, changed.

use super::{changed, key_id};
use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::output::plain;
use crate::release::{self, Added};
use crate::signing::PublicKey;

/// The largest statement that is read, in bytes.
const LARGEST: u64 = 16 << 20;

pub(super) fn add(arguments: &cli::TrustAdd, session: &Session) -> Result<(), Error> {
    let path = session.path(&arguments.file.trust);
    // Everything is read before the file is held.
    let key = |key: &Option<String>| {
        key.as_deref().map(|key| release::public_key(&session.directory, key)).transpose()
    };
    let time = |text: &Option<String>| text.as_deref().map(|text| session.time(Some(text))).transpose();
    let statement =
        arguments.statement.as_deref().map(|path| release::read_bounded(&session.path(path), LARGEST));
    let (statement, at) = (statement.transpose()?, session.time(arguments.at.as_deref())?);
    let (revoker, trusted) = (key(&arguments.revoker)?, key(&arguments.key)?);
    let span = (time(&arguments.from)?, time(&arguments.until)?);
    let publisher = arguments.publisher.as_deref();
    if statement.is_none() && revoker.is_none() && trusted.is_none() && arguments.threshold.is_none() {
        let what = "nothing was named to add".to_owned();
        return Err(Error::Usage { what, hint: Some("name a key with `--key`".into()) });
    }
    let (what, unknown) = release::change_trust(&path, |trust| {
        let (mut what, mut strangers) = (Vec::new(), Vec::new());
        if let Some(statement) = &statement {
            what.push(match release::add_statement(trust, statement, at)? {
                Added::Rotation(rotation) => {
                    let new = PublicKey::parse(&rotation.new)?.id();
                    format!("key {} of `{}` introduces key {new}", rotation.old, plain(&rotation.publisher))
                }
                Added::Revocation { list, unknown } => {
                    strangers = unknown;
                    format!("{} revoked of `{}`", list.revoked.len(), plain(&list.publisher))
                }
            });
        }
        if let Some(key) = &revoker {
            if !trust.revokers.contains(&key.to_string()) {
                trust.revokers.push(key.to_string());
            }
            what.push(format!("key {} may revoke", key.id()));
        }
        if let (Some(publisher), Some(key)) = (publisher, &trusted) {
            release::add_key(trust, publisher, key, span, None)?;
            what.push(format!("key {} is trusted for `{publisher}`", key.id()));
        }
        if let (Some(publisher), Some(threshold)) = (publisher, arguments.threshold) {
            release::set_threshold(trust, publisher, threshold)?;
            what.push(format!("{threshold} keys must sign for `{publisher}`"));
        }
        Ok((what, strangers))
    })?;
    for id in unknown {
        let path = path.display();
        session.output.warn(&format!(
            "key {id}, which is revoked, is none that `{path}` knows; ask whoever says so whether the id is right"
        ));
    }
    changed(&path, &format!("changed: {}", what.join(", ")), session)
}

pub(super) fn remove(arguments: &cli::TrustRemove, session: &Session) -> Result<(), Error> {
    let path = session.path(&arguments.file.trust);
    let id = arguments.key_id.as_deref().map(key_id).transpose()?;
    let (publisher, threshold) = (arguments.publisher.as_str(), arguments.threshold);
    release::change_trust(&path, |trust| release::remove(trust, publisher, id.as_deref(), threshold))?;
    let what = id.as_ref().map_or_else(String::new, |id| format!("key {id} of "));
    let must = threshold.map_or_else(String::new, |threshold| format!(", {threshold} keys must sign for it"));
    changed(&path, &format!("changed: {what}`{publisher}` is trusted no more{must}"), session)
}
