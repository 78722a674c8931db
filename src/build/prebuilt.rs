//! A core module or component that the author's own tool made, with the command that makes it.

use super::{Engine, Input, Made};
use crate::component::{self, Kind};
use crate::exit::Exit;
use crate::toolchain::{self, Tools};
use std::path::{Path, PathBuf};

/// More than this is no handler: 256 MiB.
const MOST_BYTES: u64 = 256 << 20;

/// Why there is no prebuilt component.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `build.command` failed.
    #[error("`build.command` of `alga-ext.yaml` failed")]
    Command(#[source] toolchain::Error),
    /// `build.output` is not there.
    #[error("`build.output` of `alga-ext.yaml` names `{}`, and there is no such file", output.display())]
    NoOutput {
        /// The file.
        output: PathBuf,
    },
    /// `build.output` is too large.
    #[error("`{}` has {size} bytes, and a handler may have {MOST_BYTES}", output.display())]
    TooLarge {
        /// The file.
        output: PathBuf,
        /// Its bytes.
        size: u64,
    },
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Command(error) => error.exit(),
            Error::NoOutput { .. } | Error::TooLarge { .. } => Exit::AtFault,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Command(error) => error.hint(),
            Error::NoOutput { .. } => {
                Some("build it first, or name the command that does as `build.command`".into())
            }
            Error::TooLarge { .. } => Some("build it optimised and without debugging symbols".into()),
        }
    }
}

/// Runs the author's own build.
pub(super) fn run(command: &str, root: &Path, tools: &Tools) -> Result<(), Error> {
    toolchain::shell(command, root, tools).map_err(Error::Command)
}

/// Takes the output as it is; a core module is made a component. When the author's tool writes straight to
/// `place`, our own stamp is no input.
pub(super) fn build(output: &Path, place: &Path) -> Result<Made, super::Error> {
    let bytes = read(output)?;
    let inputs = if output == place { Vec::new() } else { vec![Input::of(output, &bytes)] };
    let failed = |source| super::Error::Component { file: output.to_path_buf(), source };
    let component = match component::read(&bytes).map_err(failed)?.kind {
        Kind::Component => bytes,
        Kind::Module => component::from_module(&bytes).map_err(failed)?,
    };
    component::validate(&component).map_err(failed)?;
    Ok(Made {
        component,
        file: output.to_path_buf(),
        inputs,
        saved_meanwhile: Vec::new(),
        warnings: Vec::new(),
        packages: Vec::new(),
        script: None,
        minified: false,
        source_map: None,
    })
}

/// Whether a file is a component that this tool made of sources, and could make again. What another tool made stays that
/// tool's work with our stamp on it, and what is no wasm at all is not ours.
pub(super) fn is_ours(file: &Path) -> Result<bool, super::Error> {
    let bytes = read(file)?;
    let identity = component::read(&bytes).ok().and_then(|component| component.identity);
    Ok(identity.is_some_and(|identity| identity.engine != Engine::Prebuilt.as_str()))
}

fn read(file: &Path) -> Result<Vec<u8>, super::Error> {
    let size = match fs_err::metadata(file) {
        Ok(found) if found.is_file() => found.len(),
        Ok(_) => return Err(Error::NoOutput { output: file.to_path_buf() }.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::NoOutput { output: file.to_path_buf() }.into());
        }
        Err(error) => return Err(error.into()),
    };
    if size > MOST_BYTES {
        return Err(Error::TooLarge { output: file.to_path_buf(), size }.into());
    }
    Ok(fs_err::read(file)?)
}
