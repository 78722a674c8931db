//! `pack`: the project → `dist/bundle.tar.zst` and its checksum.

use super::Session;
use crate::bundle::{Container, Packing};
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::release::{self, PackOptions, Sbom};
use serde_json::json;

/// Runs `pack`.
pub(super) fn run(arguments: &cli::Pack, session: &Session) -> Result<Exit, Error> {
    let project = session.project()?;
    let out = arguments.out.as_deref().map(|out| session.path(out));
    let sbom = match arguments.sbom {
        cli::Sbom::Beside => Sbom::Beside,
        cli::Sbom::Embed => Sbom::Embed,
        cli::Sbom::None => Sbom::None,
    };
    let options = PackOptions {
        build: session.build_options(),
        out: out.as_deref(),
        packing: Packing { container: arguments.container.into(), fast: arguments.fast },
        sbom,
        epoch: arguments.source_date_epoch,
    };
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
        "files_digest": packed.files_digest,
        "size": packed.size,
        "entries": packed.entries,
        "sbom": packed.sbom,
        "unchanged": packed.unchanged,
        "warnings": packed.warnings,
    });
    session.output.data(&document, || packed.path.display().to_string())?;
    let count = packed.entries.len();
    let files = if count == 1 { "file" } else { "files" };
    let packed_or_not = if packed.unchanged { "unchanged:" } else { "packed" };
    session
        .output
        .say(&format!("{packed_or_not} {count} {files} in {} bytes, {}", packed.size, packed.digest));
    Ok(Exit::Done)
}

impl From<cli::Container> for Container {
    fn from(container: cli::Container) -> Container {
        match container {
            cli::Container::TarZst => Container::TarZst,
            cli::Container::TarGz => Container::TarGz,
            cli::Container::Zip => Container::Zip,
        }
    }
}
