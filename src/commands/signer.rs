//! What signs: a key from a file, a descriptor, the environment or the publisher's default; or a command.

use super::Session;
use super::password::{Purpose, descriptor, password, secret};
use crate::cli;
use crate::error::Error;
use crate::release::{self, External, Signer};

/// The signer the user means, for a bundle of this publisher. A password is asked only when the key is encrypted.
pub(super) fn signer(
    arguments: &cli::SigningKey,
    publisher: &str,
    session: &Session,
) -> Result<Signer, Error> {
    if let (Some(command), Some(key)) = (&arguments.external, &arguments.public_key) {
        let public = release::public_key(&session.directory, key)?;
        let directory = session.directory.clone();
        return Ok(Signer::External(External { command: command.clone(), directory, public }));
    }
    let ask = || password(&arguments.password, Purpose::Give, session);
    let keyring = session.keyring(&arguments.folder);
    let (name, text) = if let Some(key) = &arguments.key {
        // Without a home there are no names, only files.
        let path =
            keyring.map_or_else(|_| session.path(key), |keyring| keyring.find(&session.directory, key));
        (path.display().to_string(), release::read_secret(&path)?)
    } else if let Some(number) = arguments.key_fd {
        (format!("--key-fd {number}"), secret(&descriptor(number))?)
    } else if let Some(key) = &arguments.signing_key {
        ("ALGA_EXT_SIGNING_KEY".to_owned(), key.0.clone())
    } else {
        let path = keyring?.default_of(publisher)?.ok_or_else(|| Error::Usage {
            what: format!("no key was named, and `{publisher}` has no default one"),
            hint: Some(
                "name one with `--key`, set `ALGA_EXT_SIGNING_KEY`, or choose one with \
                 `alga-ext keys default <publisher> <name>`"
                    .into(),
            ),
        })?;
        (path.display().to_string(), release::read_secret(&path)?)
    };
    release::open_secret(&name, &text, ask).map(Signer::Key)
}
