//! `completions`: a script for the user's shell.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use clap::CommandFactory;

/// Prints the completion script.
pub(super) fn run(arguments: &cli::Completions, session: &Session) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut cli::Cli::command(), "alga-ext", &mut script);
    session.output.raw(&script)?;
    Ok(Exit::Done)
}
