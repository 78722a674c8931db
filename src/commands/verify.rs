//! `verify`: whether a bundle is what its publisher signed.

use super::Session;
use crate::bundle::Digest;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::release::{self, Reason, VerifyOptions};

/// Runs `verify`.
pub(super) fn run(arguments: &cli::Verify, session: &Session) -> Result<Exit, Error> {
    let expected = match arguments.expect_hash.as_deref() {
        None => None,
        Some(text) => Some(Digest::parse(text).ok_or_else(|| Error::Usage {
            what: format!("`{text}` is no content hash"),
            hint: Some("it is 64 hex digits, with or without `sha256:` before them".into()),
        })?),
    };
    let key = release::public_key(&session.directory, &arguments.key)?;
    let signature = arguments.signature.as_deref().map(|path| session.path(path));
    let options = VerifyOptions { key: &key, signature: signature.as_deref(), expected };
    let verification = release::verify(&session.path(&arguments.bundle), &options)?;
    session.output.data(&verification, String::new)?;
    let bundle = arguments.bundle.display();
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
    Ok(verification.reason.exit())
}
