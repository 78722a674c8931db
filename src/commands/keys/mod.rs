//! `keys`: key pairs in minisign's format, anywhere or in the user's own folder.

mod change;
mod make;
mod show;

use super::Session;
use crate::cli::{self, KeysCommand};
use crate::error::Error;
use crate::exit::Exit;

/// Runs `keys`.
pub(super) fn run(arguments: &cli::Keys, session: &Session) -> Result<Exit, Error> {
    match &arguments.command {
        KeysCommand::Generate(arguments) => make::generate(arguments, session)?,
        KeysCommand::Import(arguments) => make::import(arguments, session)?,
        KeysCommand::Export(arguments) => show::export(arguments, session)?,
        KeysCommand::List(arguments) => show::list(arguments, session)?,
        KeysCommand::ChangePassword(arguments) => change::password_of(arguments, session)?,
        KeysCommand::Default(arguments) => change::default(arguments, session)?,
    }
    Ok(Exit::Done)
}
