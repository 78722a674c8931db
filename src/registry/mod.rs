//! The registry: wire shapes both sides share, the client, the embedded server.

pub mod client;
pub mod server;
pub mod wire;

use crate::exit::Exit;

/// Why the registry refused, or could not be reached or run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A registry refused, lied, or could not be reached.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// The embedded registry could not run.
    #[error(transparent)]
    Server(#[from] server::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Client(error) => error.exit(),
            Error::Server(error) => error.exit(),
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Client(error) => error.hint(),
            Error::Server(error) => error.hint(),
        }
    }
}
