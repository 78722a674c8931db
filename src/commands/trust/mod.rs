//! `trust`: whom to believe, and what keys say about keys.

mod change;
mod show;
mod state;

use super::Session;
use crate::cli::{self, TrustCommand};
use crate::error::Error;
use crate::exit::Exit;
use crate::release;
use crate::signing::{self, trust::FirstUse};
use serde_json::json;
use std::path::Path;

/// Runs `trust`.
pub(super) fn run(arguments: &cli::Trust, session: &Session) -> Result<Exit, Error> {
    match &arguments.command {
        TrustCommand::Init(arguments) => init(arguments, session)?,
        TrustCommand::Add(arguments) => change::add(arguments, session)?,
        TrustCommand::Remove(arguments) => change::remove(arguments, session)?,
        TrustCommand::Rotate(arguments) => state::rotate(arguments, session)?,
        TrustCommand::Revoke(arguments) => state::revoke(arguments, session)?,
        TrustCommand::List(arguments) => show::list(arguments, session)?,
        TrustCommand::Explain(arguments) => return show::explain(arguments, session),
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

/// The id of a key as the user typed it.
fn key_id(text: &str) -> Result<String, Error> {
    signing::key_id(text).ok_or_else(|| Error::Usage {
        what: format!("`{text}` is no key's id"),
        hint: Some("it is 16 hex digits; `alga-ext trust list` and `alga-ext keys list` show them".into()),
    })
}
