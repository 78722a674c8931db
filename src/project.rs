//! An extension's folder, found and loaded: manifest.json, alga-ext.yaml and where things lie.

use crate::config::Config;
use crate::exit::Exit;
use crate::files;
use crate::manifest::{self, Manifest};
use crate::yaml;
use std::path::{Path, PathBuf};

/// The largest manifest, configuration or data file that is read, in bytes.
const LARGEST_TEXT: u64 = 16 * 1024 * 1024;

/// A project folder with its manifest and configuration.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `manifest.json`, absolute.
    pub root: PathBuf,
    /// The manifest, as far as it could be understood.
    pub manifest: Manifest,
    /// `alga-ext.yaml`, or its defaults when there is none.
    pub config: Config,
}

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder from here up holds a manifest.
    #[error("no manifest.json in `{}` or any folder above it", start.display())]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// The folder that was named holds no manifest.
    #[error("no manifest.json in `{}`{}", folder.display(), if folder.is_dir() { "" } else { ", which is no folder" })]
    NotThere {
        /// The folder.
        folder: PathBuf,
    },
    /// The manifest is no JSON, or no manifest.
    #[error("`{}` cannot be read as a manifest", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why.
        source: manifest::Error,
    },
    /// The configuration has a mistake.
    #[error("`{}` has a mistake", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: yaml::Error,
    },
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::NotFound { .. } | Error::NotThere { .. } | Error::Io(_) => Exit::NotJudged,
            Error::Manifest { .. } | Error::Config { .. } => Exit::AtFault,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::NotFound { .. } | Error::NotThere { .. } => {
                Some("make one with `alga-ext new <name>`, or name its folder with `-C <dir>`".into())
            }
            Error::Manifest { .. } => {
                Some("`alga-ext validate` lists everything that is wrong with it".into())
            }
            Error::Config { .. } => Some("`alga-ext schema alga-ext.yaml` prints what it may hold".into()),
            Error::Io(_) => None,
        }
    }
}

/// The manifest's file name.
pub const MANIFEST: &str = "manifest.json";
/// The configuration's file name.
pub const CONFIG: &str = "alga-ext.yaml";

impl Project {
    /// The nearest folder from `start` upwards that holds a manifest.
    pub fn find(start: &Path) -> Result<PathBuf, Error> {
        start
            .ancestors()
            .find(|folder| folder.join(MANIFEST).exists())
            .map(Path::to_path_buf)
            .ok_or_else(|| Error::NotFound { start: start.to_path_buf() })
    }

    /// Loads the project in `root`.
    pub fn load(root: &Path) -> Result<Project, Error> {
        let path = root.join(MANIFEST);
        if !path.exists() {
            return Err(Error::NotThere { folder: root.to_path_buf() });
        }
        for name in [MANIFEST, CONFIG] {
            files::refuse_special(&root.join(name))?;
        }
        let text = files::read_text(&path, LARGEST_TEXT)?;
        let manifest = Manifest::parse(&text).map_err(|source| Error::Manifest { path, source })?;
        let config = load_config(&root.join(CONFIG))?;
        Ok(Project { root: root.to_path_buf(), manifest, config })
    }

    /// `dist/`, where everything made goes.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// `dist/main.wasm`, the one place the platform looks for the component (contract/runner.md §6.3).
    pub fn component(&self) -> PathBuf {
        self.dist().join("main.wasm")
    }

    /// `dist/main.wasm.map`, where the component's script comes from; never packed.
    pub fn source_map(&self) -> PathBuf {
        self.dist().join("main.wasm.map")
    }

    /// `dist/ui/`, the UI as it will be packed.
    pub fn built_ui(&self) -> PathBuf {
        self.dist().join("ui")
    }

    /// The folder the UI's files come from, whether or not it exists.
    pub fn ui(&self) -> PathBuf {
        self.root.join(self.config.ui.dir.as_deref().unwrap_or("ui"))
    }
}

/// Reads a configuration or data file; one that does not exist is an empty one.
pub fn load_config(path: &Path) -> Result<Config, Error> {
    match files::read_text(path, LARGEST_TEXT) {
        Ok(text) => yaml::parse(&text).map_err(|source| Error::Config { path: path.to_path_buf(), source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(error.into()),
    }
}
