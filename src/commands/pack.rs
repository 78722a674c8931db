//! `pack`: the project → `dist/bundle.tar.zst` and its checksum.

use super::Session;
use crate::bundle::Container;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::release::{self, PackOptions};
use serde_json::json;

/// Runs `pack`.
pub(super) fn run(arguments: &cli::Pack, session: &Session) -> Result<Exit, Error> {
    let project = session.project()?;
    let out = arguments.out.as_deref().map(|out| session.path(out));
    let container = match arguments.container {
        cli::Container::TarZst => Container::TarZst,
        cli::Container::TarGz => Container::TarGz,
        cli::Container::Zip => Container::Zip,
    };
    let options = PackOptions { build: session.build_options(), out: out.as_deref(), container };
    let spinner = session.output.spinner("packing");
    let packed = release::pack(&project, &options);
    spinner.finish_and_clear();
    let packed = packed?;
    for warning in &packed.warnings {
        session.output.warn(warning);
    }
    let document = json!({
        "bundle": packed.path,
        "content_hash": packed.digest,
        "size": packed.size,
        "entries": packed.entries,
        "warnings": packed.warnings,
    });
    session.output.data(&document, || packed.path.display().to_string())?;
    let count = packed.entries.len();
    let files = if count == 1 { "file" } else { "files" };
    session.output.say(&format!("packed {count} {files} in {} bytes, {}", packed.size, packed.digest));
    Ok(Exit::Done)
}
