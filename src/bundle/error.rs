//! Why a bundle could not be made or read.

use super::{Container, INDEX};
use crate::exit::Exit;
use std::io;
use std::path::PathBuf;

/// Why a bundle could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The first bytes are no container's.
    #[error("this is no tar.zst, tar.gz or zip archive")]
    NoArchive,
    /// The archive contradicts itself, or ends too soon.
    #[error("the {container} archive is damaged{}: {why}", place(entry.as_deref()))]
    Damaged {
        /// The container.
        container: Container,
        /// The entry at which, when it is one's.
        entry: Option<String>,
        /// What was found.
        why: String,
    },
    /// Bytes after the archive's end.
    #[error("{count} bytes follow the end of the archive")]
    Trailing {
        /// How many.
        count: u64,
    },
    /// A name that must not be.
    #[error("the path `{path}` {why}")]
    Path {
        /// The path, escaped.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A link, a device, an encrypted file.
    #[error("`{path}` is {kind}; a bundle holds plain files only")]
    Kind {
        /// The entry.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// The same name twice, or a file that is a folder too.
    #[error("`{path}` is there twice")]
    Duplicate {
        /// The name.
        path: String,
    },
    /// Two names that some file systems take for one.
    #[error("`{path}` and `{other}` differ in case or composition alone, and are one file on some systems")]
    Alike {
        /// The name that comes second.
        path: String,
        /// The one that was there.
        other: String,
    },
    /// Another manifest comes before the one at the root.
    #[error("`{path}` comes before `manifest.json`, and the platform would take it for the manifest")]
    ManifestShadowed {
        /// The other one.
        path: String,
    },
    /// More than [`super::limits::UNPACKED`].
    #[error("it unpacks to more than 512 MiB{}", place(entry.as_deref()))]
    TooLarge {
        /// Where that was seen.
        entry: Option<String>,
    },
    /// More than [`super::limits::ENTRIES`].
    #[error("it lists more than 10,000 files and folders{}", place(entry.as_deref()))]
    TooManyEntries {
        /// The first that is too many.
        entry: Option<String>,
    },
    /// More than [`super::limits::RATIO`].
    #[error("it unpacks to more than 1,000 times its size{}", place(entry.as_deref()))]
    Ratio {
        /// Where that was seen.
        entry: Option<String>,
    },
    /// The index is none, or lists other files than there are.
    #[error("`{INDEX}` does not list what is in the bundle: {why}")]
    Index {
        /// What differs.
        why: String,
    },
    /// A file was written to between two readings.
    #[error("`{}` changed while it was packed", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The system said no.
    #[error(transparent)]
    Io(io::Error),
}

/// Words after a sentence about the whole archive.
fn place(entry: Option<&str>) -> String {
    entry.map(|entry| format!(", at `{entry}`")).unwrap_or_default()
}

/// An error that went through a reader comes out as what it was.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        if !error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Error>) {
            return Error::Io(error);
        }
        match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::Io(error),
        }
    }
}

impl Error {
    /// What reading an archive's bytes failed with: a limit that was passed, or bytes no decoder reads.
    pub(super) fn reading(container: Container, error: io::Error) -> Error {
        let kind = error.kind();
        match Error::from(error) {
            Error::Io(_) if kind == io::ErrorKind::UnexpectedEof => {
                Error::Damaged { container, entry: None, why: "it is cut short".into() }
            }
            Error::Io(error) => Error::Damaged { container, entry: None, why: error.to_string() },
            error => error,
        }
    }

    /// The same, said of one entry.
    pub(super) fn at(mut self, path: &str) -> Error {
        if let Error::Damaged { entry, .. }
        | Error::TooLarge { entry }
        | Error::TooManyEntries { entry }
        | Error::Ratio { entry } = &mut self
        {
            entry.get_or_insert_with(|| super::path::shown(path.as_bytes()));
        }
        self
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::NoArchive
            | Error::Damaged { .. }
            | Error::Trailing { .. }
            | Error::Path { .. }
            | Error::Kind { .. }
            | Error::Duplicate { .. }
            | Error::Alike { .. }
            | Error::ManifestShadowed { .. }
            | Error::TooLarge { .. }
            | Error::TooManyEntries { .. }
            | Error::Ratio { .. }
            | Error::Index { .. } => Exit::AtFault,
            Error::Changed { .. } | Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::NoArchive | Error::Damaged { .. } | Error::Trailing { .. } | Error::Index { .. } => {
                Some("make it again with `alga-ext pack`, or fetch it again".into())
            }
            Error::Path { .. }
            | Error::Kind { .. }
            | Error::Duplicate { .. }
            | Error::ManifestShadowed { .. } => {
                Some("`alga-ext pack` makes bundles that every reader understands alike".into())
            }
            Error::Alike { .. } => Some("rename one of them".into()),
            Error::TooLarge { .. } | Error::TooManyEntries { .. } | Error::Ratio { .. } => {
                Some("an extension is its manifest, one component and the files of its UI".into())
            }
            Error::Changed { .. } => Some("pack again when nothing writes to it".into()),
            Error::Io(_) => None,
        }
    }
}
