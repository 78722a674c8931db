//! `wit`: the interface extensions are built against.

use super::Session;
use crate::component;
use crate::error::Error;
use crate::exit::Exit;

/// Prints the WIT package.
pub(super) fn run(session: &Session) -> Result<Exit, Error> {
    let document =
        serde_json::json!({ "package": "alga:extension", "world": "runner", "text": component::WIT });
    session.output.data(&document, || component::WIT.trim_end().to_owned())?;
    Ok(Exit::Done)
}
