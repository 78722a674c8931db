//! `convert`: the same files in another container.

use super::Session;
use crate::bundle::Packing;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::release::{self, ConvertOptions};
use serde_json::json;

/// Runs `convert`.
pub(super) fn run(arguments: &cli::Convert, session: &Session) -> Result<Exit, Error> {
    let out = arguments.out.as_deref().map(|out| session.path(out));
    let packing = Packing { container: arguments.to.into(), fast: arguments.fast };
    let spinner = session.output.spinner("converting");
    let options = ConvertOptions { out: out.as_deref(), packing };
    let converted = release::convert(&session.path(&arguments.bundle), &options);
    spinner.finish_and_clear();
    let converted = converted?;
    for warning in &converted.warnings {
        session.output.warn(warning);
    }
    let is_same = converted.old == converted.digest;
    let document = json!({
        "bundle": converted.path,
        "from": converted.from.to_string(),
        "to": packing.container.to_string(),
        "content_hash": converted.digest,
        "old_content_hash": converted.old,
        "files_digest": converted.files_digest,
        "size": converted.size,
        "must_be_signed": !is_same,
        "warnings": converted.warnings,
    });
    session.output.data(&document, || converted.path.display().to_string())?;
    session.output.say(&format!("converted {} to {}: {}", converted.from, packing.container, {
        if is_same {
            format!("the bytes are the same, {}", converted.digest)
        } else {
            format!("the content hash changed to {}, so it must be signed again", converted.digest)
        }
    }));
    Ok(Exit::Done)
}
