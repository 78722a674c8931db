//! `unpack`: a bundle's files in a new folder.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::release;
use serde_json::json;

/// Runs `unpack`.
pub(super) fn run(arguments: &cli::Unpack, session: &Session) -> Result<Exit, Error> {
    let bundle = session.path(&arguments.bundle);
    let out = match &arguments.out {
        Some(out) => session.path(out),
        None => session.directory.join(release::stem(&bundle)),
    };
    let unpacked = release::unpack(&bundle, &out)?;
    let document = json!({
        "folder": unpacked.path,
        "files_digest": unpacked.listing.files_digest(),
        "has_index": unpacked.listing.index.is_some(),
        "files": unpacked.listing.files,
    });
    session.output.data(&document, || unpacked.path.display().to_string())?;
    let count = unpacked.listing.files.len();
    let files = if count == 1 { "file" } else { "files" };
    let checked = match unpacked.listing.index {
        Some(_) => "as its index lists them",
        None => "and no index lists them",
    };
    session.output.say(&format!("unpacked {count} {files}, {checked}"));
    Ok(Exit::Done)
}
