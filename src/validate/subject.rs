//! What is judged: a project, a manifest alone, a bundle of any container, or a component.

use super::{Overlay, bundle, component, configuration, manifest, project};
use crate::bundle as archive;
use crate::exit::Exit;
use crate::findings::{Finding, Findings};
use crate::project::{self as folder, CONFIG, MANIFEST};
use std::path::{Path, PathBuf};

/// What is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The project in this folder.
    Project(PathBuf),
    /// A manifest without its project.
    Manifest {
        /// The file.
        path: PathBuf,
        /// Its name in findings.
        shown: String,
    },
    /// An `alga-ext.yaml` without its project.
    Config {
        /// The file.
        path: PathBuf,
        /// Its name in findings.
        shown: String,
    },
    /// An archive.
    Bundle(PathBuf),
    /// A component or core module.
    Component {
        /// The file.
        path: PathBuf,
        /// Its name in findings.
        shown: String,
    },
}

/// Why nothing was judged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no project to judge.
    #[error(transparent)]
    Project(#[from] folder::Error),
    /// The archive cannot be read.
    #[error(transparent)]
    Bundle(#[from] archive::Error),
    /// A mend would have to change what is built, not what it is built from.
    #[error("{what} cannot be mended")]
    NotSource {
        /// What was named.
        what: &'static str,
    },
    /// What was named holds no manifest.
    #[error("{what} has no manifest to judge")]
    NoManifest {
        /// What was named.
        what: &'static str,
    },
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Project(error) => error.exit(),
            Error::Bundle(error) => error.exit(),
            Error::NotSource { .. } | Error::NoManifest { .. } | Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Project(error) => error.hint(),
            Error::Bundle(error) => error.hint(),
            Error::NotSource { .. } => Some("mend the project it is built from, and build again".into()),
            Error::NoManifest { .. } => {
                Some("name a project, a manifest or a bundle with a `manifest.json`".into())
            }
            Error::Io(_) => None,
        }
    }
}

/// The largest component that is read, in bytes.
pub(super) const LARGEST_COMPONENT: u64 = 256 * 1024 * 1024;

impl Subject {
    /// What stands at `path`: a folder is a project, a bundle or component is what begins or is named like one,
    /// `alga-ext.yaml` is a configuration, anything else is a manifest. `shown` is its name in findings.
    pub fn of(path: &Path, shown: &str) -> std::io::Result<Subject> {
        let (path, shown) = (path.to_path_buf(), shown.to_owned());
        let named_manifest = path.file_name().is_some_and(|name| name == MANIFEST);
        if path.is_dir() && !named_manifest {
            return Ok(Subject::Project(path));
        }
        if path.is_file() {
            let first = first_bytes(&path)?;
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
            let ends = |endings: &[&str]| {
                name.as_ref().is_some_and(|name| endings.iter().any(|ending| name.ends_with(ending)))
            };
            if first.starts_with(b"\0asm") || ends(&[".wasm"]) {
                return Ok(Subject::Component { path, shown });
            }
            let magic =
                matches!(first[..], [0x28, 0xb5, 0x2f, 0xfd] | [0x1f, 0x8b, ..] | [b'P', b'K', 3 | 5, 4 | 6]);
            if magic || ends(&[".tar.zst", ".tar.gz", ".tgz", ".zip", ".zst"]) {
                return Ok(Subject::Bundle(path));
            }
        }
        if path.file_name().is_some_and(|name| name == CONFIG) {
            return Ok(Subject::Config { path, shown });
        }
        Ok(Subject::Manifest { path, shown })
    }

    /// Judges it. Fails only when there is nothing to judge. `more` was found of a project by other means: what it allows
    /// counts for them too.
    pub fn judge(&self, overlay: &Overlay, more: &[Finding]) -> Result<Findings, Error> {
        Ok(match self {
            Subject::Project(root) => project::project_with(root, overlay, super::allow::today(), more)?,
            Subject::Manifest { path, shown } => manifest::manifest_with(path, shown, overlay)?,
            Subject::Config { path, shown } => configuration::configuration_with(path, shown, overlay)?,
            Subject::Bundle(path) => {
                let file = crate::files::open_bounded(path, archive::limits::UNPACKED)?;
                bundle::spooled(&archive::Spooled::read(file)?)?
            }
            Subject::Component { path, shown } => {
                component::alone(&crate::files::read_bounded(path, LARGEST_COMPONENT)?, shown)
            }
        })
    }

    /// The folder whose changes may change the verdict.
    pub fn folder(&self) -> &Path {
        match self {
            Subject::Project(root) => root,
            Subject::Manifest { path, .. }
            | Subject::Config { path, .. }
            | Subject::Bundle(path)
            | Subject::Component { path, .. } => path.parent().unwrap_or(path),
        }
    }

    /// Whether the change of this file may change the verdict.
    pub fn concerns(&self, changed: &Path) -> bool {
        match self {
            Subject::Project(_) => true,
            Subject::Manifest { path, .. }
            | Subject::Config { path, .. }
            | Subject::Bundle(path)
            | Subject::Component { path, .. } => path.file_name() == changed.file_name(),
        }
    }

    /// The file that findings name `file`; an error where a mend has nothing to write to.
    pub fn file(&self, file: &str) -> Result<PathBuf, Error> {
        match self {
            Subject::Project(root) => Ok(root.join(file)),
            Subject::Manifest { path, .. } | Subject::Config { path, .. } => Ok(path.clone()),
            Subject::Bundle(_) => Err(Error::NotSource { what: "a bundle" }),
            Subject::Component { .. } => Err(Error::NotSource { what: "a component" }),
        }
    }
}

fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut first = Vec::new();
    fs_err::File::open(path)?.take(4).read_to_end(&mut first)?;
    Ok(first)
}
