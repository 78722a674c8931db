//! `validate`: a manifest alone, a project or a bundle.

use super::Session;
use crate::bundle;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::findings::Findings;
use crate::project::MANIFEST;
use crate::validate;
use std::path::Path;

/// Runs `validate`: findings are the data, the count is talk.
pub(super) fn run(arguments: &cli::Validate, session: &Session) -> Result<Exit, Error> {
    let findings = match &arguments.path {
        None => validate::project(&session.project_root()?)?,
        Some(path) => judge(&session.path(path), &path.display().to_string())?,
    };
    session.output.data(&findings, || findings.to_string())?;
    session.output.say(&findings.summary());
    Ok(if findings.errors > 0 { Exit::AtFault } else { Exit::Done })
}

/// A folder is a project, a bundle is what looks like one, anything else is a manifest.
fn judge(path: &Path, shown: &str) -> Result<Findings, Error> {
    let named_manifest = path.file_name().is_some_and(|name| name == MANIFEST);
    if path.is_dir() && !named_manifest {
        return Ok(validate::project(path)?);
    }
    if path.is_file() && is_bundle(path)? {
        let bytes = crate::files::read_bounded(path, bundle::limits::UNPACKED)?;
        return Ok(validate::bundle(&bundle::read(&bytes)?.entries));
    }
    Ok(validate::manifest_file(path, shown)?)
}

/// Whether the file begins as zstd, gzip or zip do, or is named as a bundle.
fn is_bundle(path: &Path) -> Result<bool, Error> {
    use std::io::Read;
    let mut first = [0; 4];
    let length = fs_err::File::open(path)?.take(4).read(&mut first)?;
    let magic = matches!(
        first.get(..length).unwrap_or_default(),
        [0x28, 0xb5, 0x2f, 0xfd] | [0x1f, 0x8b, ..] | [b'P', b'K', 3 | 5, 4 | 6]
    );
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    Ok(magic || [".tar.zst", ".tar.gz", ".tgz", ".zip", ".zst"].iter().any(|end| name.ends_with(end)))
}
