//! `verify`: whether a bundle is what its publisher signed, and whether the publisher is believed.

mod rebuild;

use super::Session;
use crate::bundle::Digest;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{plain, table};
use crate::release::{self, Against, Outcome, Reason, Requirement, Verification, VerifyOptions};
use std::path::Path;

/// Runs `verify`.
pub(super) fn run(arguments: &cli::Verify, session: &Session) -> Result<Exit, Error> {
    let expected = arguments.expect_hash.as_deref().map(hash).transpose()?;
    let offered =
        arguments.key.as_deref().map(|key| release::public_key(&session.directory, key)).transpose()?;
    let file = arguments.trust.as_deref().map(|path| session.path(path));
    let mut trust = file.as_deref().map(release::read_trust).transpose()?;
    let against = match (&trust, &offered) {
        (Some(trust), offered) => Against::Trust { trust, offered: offered.as_ref() },
        (None, Some(key)) => Against::Key(key),
        (None, None) => return rebuild::run(arguments, session),
    };
    let signature = arguments.signature.as_deref().map(|path| session.path(path));
    let require: Vec<Requirement> = arguments.require.iter().map(|require| (*require).into()).collect();
    let at = session.time(arguments.at.as_deref())?;
    let options = VerifyOptions { against, signature: signature.as_deref(), expected, at, require: &require };
    if let Some(folder) = &arguments.dir {
        return many(&session.path(folder), &options, session);
    }
    let bundle = session.path(arguments.bundle.as_deref().unwrap_or(Path::new("")));
    let verification = release::verify(&bundle, &options)?;
    if !(arguments.rebuild && session.output.is_json()) {
        session.output.data(&verification, || checks(&verification))?;
    }
    tell(&verification, arguments.bundle.as_deref().unwrap_or(&bundle), session);
    if let (true, true, Some(trust), Some(path)) =
        (arguments.remember, verification.verified, &mut trust, &file)
    {
        release::remember(trust, &verification, offered.as_ref())?;
        release::write_trust(path, trust)?;
        session.output.say(&format!("noted in `{}`", path.display()));
    }
    if arguments.rebuild && verification.verified {
        return rebuild::run(arguments, session);
    }
    Ok(verification.reason.exit())
}

/// A content hash as the user typed it.
pub(in crate::commands) fn hash(text: &str) -> Result<Digest, Error> {
    Digest::parse(text).ok_or_else(|| Error::Usage {
        what: format!("`{text}` is no content hash"),
        hint: Some("it is 64 hex digits, with or without `sha256:` before them".into()),
    })
}

/// A question a line, with its answer.
pub(in crate::commands) fn checks(verification: &Verification) -> String {
    let row = |check: &release::Check| {
        let outcome = match check.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed => "NO",
            Outcome::Skipped => "-",
        };
        [check.check.as_str().to_owned(), outcome.to_owned(), plain(&check.says)]
    };
    table(&verification.checks.iter().map(row).collect::<Vec<_>>())
}

/// The outcome in a line.
pub(in crate::commands) fn tell(verification: &Verification, bundle: &Path, session: &Session) {
    let bundle = bundle.display();
    let (name, version) = (verification.name.as_deref(), verification.version.as_deref());
    let (name, version) = (plain(name.unwrap_or_default()), plain(version.unwrap_or_default()));
    let message = plain(&verification.message);
    match verification.reason {
        Reason::Verified => {
            let hash = verification.content_hash;
            session.output.say(&format!("verified {name} {version}, {message}, {hash}"));
        }
        Reason::NoIdentity => {
            session.output.say(&format!("verified `{bundle}`, which holds {name} {version}"));
            session.output.warn(&message);
        }
        _ => session.output.refuse(&format!("`{bundle}` is not verified: {message}"), verification.hint),
    }
}

fn many(folder: &Path, options: &VerifyOptions, session: &Session) -> Result<Exit, Error> {
    let summary = release::verify_all(folder, options)?;
    session.output.data(&summary, || {
        let row = |bundle: &Verification| {
            let path = bundle.path.strip_prefix(folder).unwrap_or(&bundle.path).display().to_string();
            let outcome = if bundle.verified { "ok" } else { "NO" };
            [outcome.to_owned(), plain(&path), plain(&bundle.message)]
        };
        table(&summary.bundles.iter().map(row).collect::<Vec<_>>())
    })?;
    let (all, good) =
        (summary.bundles.len(), summary.bundles.iter().filter(|bundle| bundle.verified).count());
    match summary.exit() {
        Exit::Done => session.output.say(&format!("verified {all} bundles")),
        _ => session.output.refuse(&format!("{} of {all} bundles are not verified", all - good), None),
    }
    Ok(summary.exit())
}

impl From<cli::Requirement> for Requirement {
    fn from(requirement: cli::Requirement) -> Requirement {
        match requirement {
            cli::Requirement::Tests => Requirement::Tests,
            cli::Requirement::Validate => Requirement::Validate,
        }
    }
}
