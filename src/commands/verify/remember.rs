//! `verify --remember`: the trust file learns what was accepted.

use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::release::{self, Verification};
use crate::signing::PublicKey;
use std::path::Path;

/// Notes what was accepted, unless it would not be any more.
pub(super) fn run(
    path: &Path,
    verification: &Verification,
    offered: Option<&PublicKey>,
    session: &Session,
) -> Result<Exit, Error> {
    let file = path.display();
    if let Err((reason, why)) = release::remember(path, verification, offered)? {
        let what = format!("`{file}` has changed meanwhile and refuses the bundle: {}", plain(&why));
        session.output.refuse(&what, reason.hint());
        return Ok(reason.exit());
    }
    session.output.say(&format!("noted in `{file}`"));
    Ok(Exit::Done)
}
