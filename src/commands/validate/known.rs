//! The baseline: read, applied and written.

use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::files;
use crate::findings::{Baseline, Findings};
use std::path::{Path, PathBuf};

/// The largest baseline that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

fn path(arguments: &cli::Validate, session: &Session) -> Option<PathBuf> {
    arguments.baseline.as_ref().map(|path| session.path(path))
}

/// The baseline that was named, unless it is to be written.
pub(super) fn read(arguments: &cli::Validate, session: &Session) -> Result<Option<Baseline>, Error> {
    match path(arguments, session) {
        Some(path) if !arguments.write_baseline => parse(&path).map(Some),
        _ => Ok(None),
    }
}

fn parse(path: &Path) -> Result<Baseline, Error> {
    let refuse = |what: String| Error::Usage {
        what: format!("`{}` is no baseline: {what}", path.display()),
        hint: Some("`alga-ext validate --baseline <FILE> --write-baseline` writes one".into()),
    };
    let text = match files::read_text(path, LARGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(refuse("there is no such file".into()));
        }
        text => text?,
    };
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    if baseline.version != 1 {
        return Err(refuse(format!("it has version {}, and this alga-ext reads 1", baseline.version)));
    }
    Ok(baseline)
}

/// The findings that are new.
pub(super) fn apply(baseline: Option<&Baseline>, findings: Findings) -> Findings {
    match baseline {
        Some(baseline) => baseline.apply(findings),
        None => findings,
    }
}

/// Writes what is found now.
pub(super) fn write(
    arguments: &cli::Validate,
    findings: &Findings,
    session: &Session,
) -> Result<Exit, Error> {
    let baseline = Baseline::of(findings);
    if let Some(path) = path(arguments, session) {
        let text = serde_json::to_string_pretty(&baseline).map_err(Error::Document)?;
        files::write(&path, format!("{text}\n").as_bytes())?;
        session.output.data(&baseline.apply(findings.clone()), String::new)?;
        let path = path.display();
        session.output.say(&match baseline.findings.len() {
            1 => format!("1 finding is in `{path}` now"),
            count => format!("{count} findings are in `{path}` now"),
        });
    }
    Ok(Exit::Done)
}
