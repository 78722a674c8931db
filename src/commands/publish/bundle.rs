//! What is published.

use crate::bundle::{Container, Packing};
use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::release::{self, PackOptions, Sbom};
use std::path::PathBuf;

/// The bundle that was named, or the project's, packed.
pub(super) fn find(arguments: &cli::Publish, session: &Session) -> Result<PathBuf, Error> {
    if let Some(bundle) = &arguments.bundle {
        return Ok(session.path(bundle));
    }
    let spinner = session.output.spinner("packing");
    let options = PackOptions {
        build: session.build_options(),
        out: None,
        packing: Packing { container: Container::TarZst, fast: false },
        sbom: Sbom::Beside,
        epoch: None,
    };
    let packed = release::pack(&session.project()?, &options);
    spinner.finish_and_clear();
    let packed = packed?;
    packed.warnings.iter().for_each(|warning| session.output.warn(warning));
    Ok(packed.path)
}
