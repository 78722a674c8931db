//! `verify`: whether a bundle is what its publisher signed, and whether the publisher is believed.

mod many;
mod rebuild;
mod remember;
mod say;

pub(super) use say::{checks, tell};

use super::Session;
use crate::bundle::Digest;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::release::{self, Against, Requirement, VerifyOptions};
use std::path::Path;

/// Runs `verify`.
pub(super) fn run(arguments: &cli::Verify, session: &Session) -> Result<Exit, Error> {
    let expected = arguments.expect_hash.as_deref().map(hash).transpose()?;
    let offered =
        arguments.key.as_deref().map(|key| release::public_key(&session.directory, key)).transpose()?;
    let file = arguments.trust.as_deref().map(|path| session.path(path));
    let trust = file.as_deref().map(release::read_trust).transpose()?;
    let against = match (&trust, &offered) {
        (Some(trust), offered) => Against::Trust { trust, offered: offered.as_ref() },
        (None, Some(key)) => Against::Key(key),
        (None, None) => return rebuild::run(arguments, None, session),
    };
    let signature = arguments.signature.as_deref().map(|path| session.path(path));
    let require: Vec<Requirement> = arguments.require.iter().map(|require| (*require).into()).collect();
    let at = session.time(arguments.at.as_deref())?;
    let options = VerifyOptions { against, signature: signature.as_deref(), expected, at, require: &require };
    if let Some(folder) = &arguments.dir {
        return many::run(&session.path(folder), &options, session);
    }
    let bundle = session.path(arguments.bundle.as_deref().unwrap_or(Path::new("")));
    let verification = release::verify(&bundle, &options)?;
    if !(arguments.rebuild && session.output.is_json()) {
        session.output.data(&verification, || checks(&verification))?;
    }
    tell(&verification, arguments.bundle.as_deref().unwrap_or(&bundle), session);
    let mut exit = verification.reason.exit();
    if arguments.rebuild && verification.verified {
        exit = rebuild::run(arguments, Some(verification.content_hash), session)?;
    }
    if let (true, Exit::Done, Some(path)) = (arguments.remember, exit, &file) {
        exit = remember::run(path, &verification, offered.as_ref(), session)?;
    }
    Ok(exit)
}

/// A content hash as the user typed it.
pub(in crate::commands) fn hash(text: &str) -> Result<Digest, Error> {
    Digest::parse(text).ok_or_else(|| Error::Usage {
        what: format!("`{text}` is no content hash"),
        hint: Some("it is 64 hex digits, with or without `sha256:` before them".into()),
    })
}

impl From<cli::Requirement> for Requirement {
    fn from(requirement: cli::Requirement) -> Requirement {
        match requirement {
            cli::Requirement::Tests => Requirement::Tests,
            cli::Requirement::Validate => Requirement::Validate,
        }
    }
}
