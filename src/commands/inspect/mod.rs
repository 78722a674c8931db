//! `inspect`: what is in a bundle or a wasm file.

mod facts;
mod modules;

use super::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::{cli, release};

/// Runs `inspect`.
pub(super) fn run(arguments: &cli::Inspect, session: &Session) -> Result<Exit, Error> {
    let inspection = release::inspect(&session.path(&arguments.path))?;
    let show = if arguments.modules { modules::table } else { facts::table };
    session.output.data(&inspection, || show(&inspection))?;
    Ok(Exit::Done)
}
