//! A key's password: from a file, a descriptor, the environment or a prompt; never from an argument.

mod files;
#[cfg(unix)]
mod terminal;

pub(super) use files::{descriptor, secret};

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::signing::{self, PASSWORD_WAYS};
use crate::wipe;
use files::first_line;
use std::io::IsTerminal;
use zeroize::Zeroizing;

/// Whether a new password is chosen or an old one given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Asked twice.
    Choose,
    /// Asked once.
    Give,
}

/// The password, from the first source that has one.
pub(super) fn password(
    arguments: &cli::Password,
    purpose: Purpose,
    session: &Session,
) -> Result<Zeroizing<String>, Error> {
    let file = arguments.password_file.as_ref().map(|file| session.path(file));
    if let Some(file) = file.or_else(|| arguments.password_fd.map(descriptor)) {
        return first_line(&file);
    }
    if let Some(password) = &arguments.password {
        return Ok(password.0.clone());
    }
    ask("Password of the secret key", purpose, session)
}

/// The password a key gets, none when it is to have none.
pub(super) fn new_password(
    arguments: &cli::NewPassword,
    session: &Session,
) -> Result<Option<Zeroizing<String>>, Error> {
    if arguments.no_password {
        return Ok(None);
    }
    if let Some(file) = &arguments.new_password_file {
        return first_line(&session.path(file)).map(Some);
    }
    if let Some(password) = &arguments.new_password {
        return Ok(Some(password.0.clone()));
    }
    ask("New password of the secret key", Purpose::Choose, session).map(Some)
}

fn ask(prompt: &str, purpose: Purpose, session: &Session) -> Result<Zeroizing<String>, Error> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(match purpose {
            Purpose::Give => signing::Error::NeedsPassword.into(),
            Purpose::Choose => Error::Usage {
                what: "a new key needs a password, and there is no terminal to ask for one".into(),
                hint: Some(format!("{PASSWORD_WAYS}; `--no-password` makes a key without one")),
            },
        });
    }
    wipe::from_now_on();
    loop {
        let password = typed(prompt)?;
        if password.is_empty() {
            continue;
        }
        if purpose == Purpose::Give || password == typed("The same again")? {
            return Ok(password);
        }
        session.output.say("these are two different passwords");
    }
}

/// What is typed on the terminal and not shown.
fn typed(prompt: &str) -> Result<Zeroizing<String>, Error> {
    // Not by way of dialoguer: what it reads stays in the buffer of standard input until the process ends.
    #[cfg(unix)]
    let typed = terminal::hidden_line(prompt)?;
    #[cfg(not(unix))]
    let typed = Zeroizing::new(rpassword::prompt_password(format!("{prompt}: "))?);
    Ok(typed)
}
