//! A key's password: from a file, the environment or a prompt; never from an argument.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::release;
use crate::signing::{self, PASSWORD_WAYS};
use dialoguer::Password;
use std::io::IsTerminal;

/// Whether a new password is chosen or an old one given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Asked twice.
    Choose,
    /// Asked once.
    Give,
}

/// The longest password file that is read, in bytes.
const LONGEST: u64 = 4_096;

/// The password, from the first source that has one.
pub(super) fn password(
    arguments: &cli::Password,
    purpose: Purpose,
    session: &Session,
) -> Result<String, Error> {
    if let Some(file) = &arguments.password_file {
        let bytes = release::read_bounded(&session.path(file), LONGEST)?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            let what = format!("the first line of `{}` holds no password", file.display());
            return Err(Error::Usage { what, hint: None });
        }
        return Ok(line.to_owned());
    }
    if let Some(password) = arguments.password.as_ref().filter(|password| !password.is_empty()) {
        return Ok(password.clone());
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(match purpose {
            Purpose::Give => signing::Error::NeedsPassword.into(),
            Purpose::Choose => Error::Usage {
                what: "a new key needs a password, and there is no terminal to ask for one".into(),
                hint: Some(format!("{PASSWORD_WAYS}; `--no-password` makes a key without one")),
            },
        });
    }
    let prompt = Password::new().with_prompt("Password of the secret key");
    let prompt = match purpose {
        Purpose::Choose => prompt.with_confirmation("The same again", "These are two different passwords"),
        Purpose::Give => prompt,
    };
    prompt.interact().map_err(|dialoguer::Error::IO(error)| Error::Io(error))
}
