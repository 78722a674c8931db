//! `trust`: whom to believe, and what keys say about keys.

use super::Session;
use super::signer::signer;
use super::verify::{checks, hash, tell};
use crate::cli::{self, TrustCommand};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{plain, table};
use crate::release::{self, Added, Against, VerifyOptions};
use crate::signing::trust::{self, FirstUse, Reason, Revocation, Revoked, Rotation};
use crate::signing::{Envelope, PublicKey};
use serde_json::json;
use std::path::Path;

/// Runs `trust`.
pub(super) fn run(arguments: &cli::Trust, session: &Session) -> Result<Exit, Error> {
    match &arguments.command {
        TrustCommand::Init(arguments) => init(arguments, session)?,
        TrustCommand::Add(arguments) => add(arguments, session)?,
        TrustCommand::Remove(arguments) => remove(arguments, session)?,
        TrustCommand::Rotate(arguments) => rotate(arguments, session)?,
        TrustCommand::Revoke(arguments) => revoke(arguments, session)?,
        TrustCommand::List(arguments) => list(arguments, session)?,
        TrustCommand::Explain(arguments) => return explain(arguments, session),
    }
    Ok(Exit::Done)
}

fn init(arguments: &cli::TrustInit, session: &Session) -> Result<(), Error> {
    let path = session.path(&arguments.file.trust);
    let first_use = match arguments.first_use {
        cli::FirstUse::Refuse => FirstUse::Refuse,
        cli::FirstUse::Pin => FirstUse::Pin,
    };
    release::init_trust(&path, first_use)?;
    changed(&path, "made, and trusts nobody yet", session)
}

/// Says what became of the trust file.
fn changed(path: &Path, what: &str, session: &Session) -> Result<(), Error> {
    session.output.data(&json!({ "trust": path, "change": what }), String::new)?;
    session.output.say(&format!("`{}` is {what}", path.display()));
    Ok(())
}

fn add(arguments: &cli::TrustAdd, session: &Session) -> Result<(), Error> {
    let path = session.path(&arguments.file.trust);
    let mut trust = release::read_trust(&path)?;
    let mut what = Vec::new();
    if let Some(statement) = &arguments.statement {
        let bytes = release::read_bounded(&session.path(statement), 16 << 20)?;
        what.push(match release::add_statement(&mut trust, &bytes, session.now())? {
            Added::Rotation(rotation) => {
                let new = PublicKey::parse(&rotation.new)?.id();
                format!("key {} of `{}` introduces key {new}", rotation.old, rotation.publisher)
            }
            Added::Revocation(list) => format!("{} revoked of `{}`", list.revoked.len(), list.publisher),
        });
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

fn remove(arguments: &cli::TrustRemove, session: &Session) -> Result<(), Error> {
    let path = session.path(&arguments.file.trust);
    let mut trust = release::read_trust(&path)?;
    release::remove(&mut trust, &arguments.publisher, arguments.key_id.as_deref())?;
    release::write_trust(&path, &trust)?;
    let what = arguments.key_id.as_ref().map_or_else(String::new, |id| format!("key {id} of "));
    changed(&path, &format!("changed: {what}`{}` is trusted no more", arguments.publisher), session)
}

fn rotate(arguments: &cli::TrustRotate, session: &Session) -> Result<(), Error> {
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

fn revoke(arguments: &cli::TrustRevoke, session: &Session) -> Result<(), Error> {
    let content_hash = arguments.hash.as_deref().map(hash).transpose()?.map(|hash| hash.to_string());
    let signer = signer(&arguments.key, &arguments.publisher, session)?;
    let created = session.created(&arguments.epoch)?;
    let since = arguments.since.as_deref().map(|text| session.time(Some(text))).transpose()?;
    let reason = match arguments.reason {
        cli::RevokeReason::Compromised => Reason::Compromised,
        cli::RevokeReason::Superseded => Reason::Superseded,
        cli::RevokeReason::Withdrawn => Reason::Withdrawn,
    };
    let revoked = Revoked {
        key: arguments.revoked_key.clone(),
        content_hash,
        reason,
        note: arguments.note.clone(),
        at: since.unwrap_or(created),
    };
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

fn list(arguments: &cli::TrustFile, session: &Session) -> Result<(), Error> {
    let trust = release::read_trust(&session.path(&arguments.trust))?;
    let now = session.now();
    let (mut keys, mut rows) = (Vec::new(), Vec::new());
    for publisher in trust.publishers.keys() {
        for known in trust::known(&trust, publisher) {
            let (from, until, valid) = (known.from, known.until, known.is_valid(now));
            let state = match (&known.compromised, valid) {
                (Some(_), _) => "revoked",
                (None, true) => "valid",
                (None, false) => "not valid now",
            };
            let end = until.map(|until| format!("until {until}")).unwrap_or_default();
            rows.push([plain(publisher), known.chain.join(" → "), state.to_owned(), end]);
            keys.push(json!({ "publisher": publisher, "key_id": known.key.id(), "key": known.key.to_string(),
                "chain": known.chain, "from": from, "until": until, "state": state }));
        }
    }
    let revoked: Vec<Revoked> = trust.revocations.iter().filter_map(|one| Revocation::read(one).ok()).flat_map(|list| list.revoked).collect();
    for revoked in &revoked {
        let what = revoked.key.as_ref().or(revoked.content_hash.as_ref()).cloned().unwrap_or_default();
        rows.push(["revoked".into(), what, revoked.reason.to_string(), format!("since {} {}", revoked.at, plain(&revoked.note))]);
    }
    let document = json!({ "keys": keys, "revoked": revoked, "seen": trust.seen, "first_use": trust.first_use });
    session.output.data(&document, || table(&rows))
}

fn explain(arguments: &cli::TrustExplain, session: &Session) -> Result<Exit, Error> {
    let trust = release::read_trust(&session.path(&arguments.file.trust))?;
    let offered = arguments.key.as_deref().map(|key| release::public_key(&session.directory, key)).transpose()?;
    let against = Against::Trust { trust: &trust, offered: offered.as_ref() };
    let at = session.time(arguments.at.as_deref())?;
    let options = VerifyOptions { against, signature: None, expected: None, at, require: &[] };
    let verification = release::verify(&session.path(&arguments.bundle), &options)?;
    session.output.data(&verification, || checks(&verification))?;
    tell(&verification, &arguments.bundle, session);
    Ok(verification.reason.exit())
}
