//! `trust list` and `trust explain`.

use crate::cli;
use crate::commands::Session;
use crate::commands::verify::{checks, tell};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{plain, table};
use crate::release::{self, Against, VerifyOptions};
use crate::signing::PublicKey;
use crate::signing::trust;
use serde_json::json;

pub(super) fn list(arguments: &cli::TrustFile, session: &Session) -> Result<(), Error> {
    let trust = release::read_trust(&session.path(&arguments.trust))?;
    let now = session.now();
    let (mut keys, mut rows) = (Vec::new(), Vec::new());
    let revoked = trust::all_revoked(&trust);
    for (publisher, listed) in &trust.publishers {
        if listed.threshold > 1 {
            let must = format!("{} keys must sign", listed.threshold);
            rows.push([plain(publisher), must, String::new(), String::new()]);
        }
        for known in trust::known(&trust, publisher) {
            let (from, until, valid) = (known.from, known.until, known.is_valid(now));
            let id = known.key.id();
            let is_theirs = |by: &str| by.is_empty() || by == publisher;
            let is_revoked = revoked
                .iter()
                .any(|(by, one)| is_theirs(by) && one.key.as_ref() == Some(&id) && one.at <= now);
            let state = match (&known.compromised, is_revoked, valid) {
                (Some(_), _, _) | (None, true, _) => "revoked",
                (None, false, true) => "valid",
                (None, false, false) => "not valid now",
            };
            let end = until.map(|until| format!("until {until}")).unwrap_or_default();
            rows.push([plain(publisher), known.chain.join(" → "), state.to_owned(), end]);
            keys.push(
                json!({ "publisher": publisher, "key_id": known.key.id(), "key": known.key.to_string(),
                "chain": known.chain, "from": from, "until": until, "state": state }),
            );
        }
    }
    for key in trust.revokers.iter().filter_map(|key| PublicKey::parse(key).ok()) {
        rows.push(["may revoke".into(), key.id(), String::new(), String::new()]);
    }
    for (_, revoked) in &revoked {
        let what = revoked.key.as_deref().or(revoked.content_hash.as_deref()).unwrap_or_default();
        rows.push([
            "revoked".into(),
            plain(what),
            revoked.reason.to_string(),
            format!("since {} {}", revoked.at, plain(&revoked.note)),
        ]);
    }
    for (name, seen) in &trust.seen {
        rows.push([
            "accepted".into(),
            format!("{} {}", plain(name), plain(&seen.version)),
            String::new(),
            format!("at {}", seen.at),
        ]);
    }
    let document = json!({ "keys": keys, "revoked": revoked.iter().map(|(_, one)| one).collect::<Vec<_>>(), "seen": trust.seen, "first_use": trust.first_use });
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
