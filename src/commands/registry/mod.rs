//! `registry`: the client that every part but `serve` calls.

mod fetch;
mod install;
mod list;
mod serve;

use super::Session;
use crate::cli::{self, RegistryCommand, Remote};
use crate::error::Error;
use crate::exit::Exit;
use crate::registry;
use crate::registry::client::{self, Address, Client};

/// The largest file that can hold an API key.
const LARGEST_KEY_FILE: u64 = 4096;

/// Runs `registry`.
pub(super) fn run(arguments: &cli::Registry, session: &Session) -> Result<Exit, Error> {
    match &arguments.command {
        RegistryCommand::Serve(arguments) => serve::serve(arguments, session),
        RegistryCommand::Ls(arguments) => list::ls(arguments, session),
        RegistryCommand::Versions(arguments) => list::versions(arguments, session),
        RegistryCommand::Fetch(arguments) => fetch::fetch(arguments, session),
        RegistryCommand::Install(arguments) => install::install(arguments, session),
        RegistryCommand::Uninstall(arguments) => install::uninstall(arguments, session),
    }
}

/// The client of the registry that was named, with the key from the environment or a file.
pub(in crate::commands) fn connect(remote: &Remote, session: &Session) -> Result<Client, Error> {
    let address = Address::parse(&remote.registry).map_err(registry::Error::from)?;
    if address.is_exposed() {
        session.output.warn(&format!("`{address}` is plain http: anyone on the way can read the API key"));
    }
    let key = match &remote.api_key_file {
        Some(file) => {
            let bytes = crate::release::read_bounded(&session.path(file), LARGEST_KEY_FILE)?;
            String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned()
        }
        None => remote.api_key.clone().unwrap_or_default(),
    };
    let output = session.output.clone();
    let client = Client::new(client::Options {
        address,
        tenant: remote.tenant.as_deref(),
        key: &key,
        timeout: remote.timeout,
        retries: remote.retries,
        pause: remote.retry_pause,
        hear: Box::new(move |line| output.say(line)),
    });
    Ok(client.map_err(registry::Error::from)?)
}

/// Runs a call to its end.
fn call<T>(session: &Session, call: impl Future<Output = Result<T, client::Error>>) -> Result<T, Error> {
    session.block_on(async { Ok(call.await.map_err(registry::Error::from)?) })
}
