//! `trust list` and `trust explain`.

use crate::cli;
use crate::commands::Session;
use crate::commands::verify::{checks, tell};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{plain, table};
use crate::release::{self, Against, VerifyOptions};
use crate::signing::trust::{self, Revocation, Revoked};
use serde_json::json;

pub(super) fn list(arguments: &cli::TrustFile, session: &Session) -> Result<(), Error> {
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
            keys.push(
                json!({ "publisher": publisher, "key_id": known.key.id(), "key": known.key.to_string(),
                "chain": known.chain, "from": from, "until": until, "state": state }),
            );
        }
    }
    let revoked: Vec<Revoked> = trust
        .revocations
        .iter()
        .filter_map(|one| Revocation::read(one).ok())
        .flat_map(|list| list.revoked)
        .collect();
    for revoked in &revoked {
        let what = revoked.key.as_ref().or(revoked.content_hash.as_ref()).cloned().unwrap_or_default();
        rows.push([
            "revoked".into(),
            what,
            revoked.reason.to_string(),
            format!("since {} {}", revoked.at, plain(&revoked.note)),
        ]);
    }
    let document =
        json!({ "keys": keys, "revoked": revoked, "seen": trust.seen, "first_use": trust.first_use });
    session.output.data(&document, || table(&rows))
}

pub(super) fn explain(arguments: &cli::TrustExplain, session: &Session) -> Result<Exit, Error> {
    let trust = release::read_trust(&session.path(&arguments.file.trust))?;
    let offered =
        arguments.key.as_deref().map(|key| release::public_key(&session.directory, key)).transpose()?;
    let against = Against::Trust { trust: &trust, offered: offered.as_ref() };
    let at = session.time(arguments.at.as_deref())?;
    let options = VerifyOptions { against, signature: None, expected: None, at, require: &[] };
    let verification = release::verify(&session.path(&arguments.bundle), &options)?;
    session.output.data(&verification, || checks(&verification))?;
    tell(&verification, &arguments.bundle, session);
    Ok(verification.reason.exit())
}
