//! `cat`: one file of a bundle, as it is.

use super::Session;
use crate::bundle;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::release;
use std::io::Read;

/// Bytes handed on at once.
const PIECE: usize = 64 << 10;

/// Runs `cat`. The bundle is looked through first, so that nothing of a false one is printed.
pub(super) fn run(arguments: &cli::Cat, session: &Session) -> Result<Exit, Error> {
    let mut surveyed = release::survey(&session.path(&arguments.bundle))?;
    surveyed.find(&arguments.path)?;
    surveyed.visit::<Error>(&mut |name: &str, body: &mut dyn Read| {
        if name != arguments.path {
            return Ok(());
        }
        let mut piece = vec![0; PIECE];
        loop {
            match body.read(&mut piece).map_err(bundle::Error::from)? {
                0 => return Ok(()),
                count => session.output.raw(piece.get(..count).unwrap_or_default())?,
            }
        }
    })?;
    Ok(Exit::Done)
}
