//! The UI: its own build when it has one, then its files, copied as they are to `dist/ui/`.

use crate::bundle::Digest;
use crate::exit::Exit;
use crate::files;
use crate::interrupt::{self, Undo};
use crate::project::Project;
use crate::toolchain::{self, Tools};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// As much as a bundle may hold: 10,000 files, 512 MiB.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 512 << 20;

/// The UI's files: path relative to its folder, with `/`, and the hash of what it holds. The bytes stay on the disk.
#[derive(Debug, Default)]
pub(super) struct Files {
    folder: PathBuf,
    pub(super) files: BTreeMap<String, Digest>,
}

/// Why there is no UI.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `ui.command` failed.
    #[error("`ui.command` of `alga-ext.yaml` failed")]
    Command(#[source] toolchain::Error),
    /// `ui.dir` is not there.
    #[error("`ui.dir` of `alga-ext.yaml` names `{}`, and there is no such folder", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The UI's folder holds what is made from it.
    #[error("`ui.dir` of `alga-ext.yaml` names `{}`, which holds `dist/`", folder.display())]
    HoldsDist {
        /// The folder.
        folder: PathBuf,
    },
    /// The UI's folder lies in the one that each build replaces.
    #[error("`ui.dir` of `alga-ext.yaml` names `{}`, which lies in `dist/ui`, and each build replaces that", folder.display())]
    InBuilt {
        /// The folder.
        folder: PathBuf,
    },
    /// A pipe, a socket or a device, which a bundle cannot hold.
    #[error("`{}` is {what}, and a bundle holds files alone", path.display())]
    Special {
        /// Where.
        path: PathBuf,
        /// `a pipe`.
        what: &'static str,
    },
    /// A link, which a bundle cannot hold.
    #[error("`{}` is a link, and a bundle holds files alone", path.display())]
    Link {
        /// Where.
        path: PathBuf,
    },
    /// A name the platform does not serve.
    #[error("`{}` has a name that is not UTF-8", path.display())]
    Name {
        /// Where.
        path: PathBuf,
    },
    /// More than a bundle may hold.
    #[error("`{}` holds more than {MOST_FILES} files or {} MiB", folder.display(), MOST_BYTES >> 20)]
    TooMuch {
        /// The folder.
        folder: PathBuf,
    },
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Command(error) => error.exit(),
            Error::NoFolder { .. }
            | Error::HoldsDist { .. }
            | Error::InBuilt { .. }
            | Error::Special { .. }
            | Error::Link { .. }
            | Error::Name { .. }
            | Error::TooMuch { .. } => Exit::AtFault,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Command(error) => error.hint(),
            Error::NoFolder { .. } => {
                Some("build the UI first, or name the command that does as `ui.command`".into())
            }
            Error::HoldsDist { .. } => Some("name the folder with the UI's finished files alone".into()),
            Error::InBuilt { .. } => {
                Some("let the UI be built into another folder, such as `dist/web`, and name that".into())
            }
            Error::Link { .. } => Some("put the file itself in its place".into()),
            Error::Special { .. } => Some("remove it, or put a file in its place".into()),
            Error::Name { .. } => Some("rename it".into()),
            Error::TooMuch { .. } => Some("name the folder with the UI's finished files as `ui.dir`".into()),
        }
    }
}

/// Runs the UI's own build, when it has one, and reads the result.
pub(super) fn collect(project: &Project, tools: &Tools) -> Result<Files, super::Error> {
    if let Some(command) = &project.config.ui.command {
        toolchain::shell(command, &project.root, tools).map_err(Error::Command)?;
    }
    read(project)
}

/// Reads the UI's files; a project without the folder has none.
pub(super) fn read(project: &Project) -> Result<Files, super::Error> {
    let folder = project.ui();
    if !folder.is_dir() {
        return match project.config.ui.dir {
            Some(_) => Err(Error::NoFolder { folder }.into()),
            None => Ok(Files::default()),
        };
    }
    // Names may lead there through links and `..`.
    let real = |path: &Path| fs_err::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (place, root) = (real(&folder), real(&project.root));
    let (dist, built) = (real(&project.dist()), real(&project.built_ui()));
    if dist.starts_with(&place) || root.starts_with(&place) {
        return Err(Error::HoldsDist { folder }.into());
    }
    if place.starts_with(&built) && place != built {
        return Err(Error::InBuilt { folder }.into());
    }
    read_folder(&folder)
}

fn read_folder(folder: &Path) -> Result<Files, super::Error> {
    let mut files = BTreeMap::new();
    let mut total = 0_u64;
    let mut waiting = vec![(folder.to_path_buf(), String::new())];
    while let Some((place, prefix)) = waiting.pop() {
        for entry in fs_err::read_dir(&place)? {
            let entry = entry?;
            let path = entry.path();
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                return Err(Error::Name { path }.into());
            };
            // The platform skips what begins with a dot (contract/runner.md §6.2).
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type()?;
            let relative = format!("{prefix}{name}");
            if kind.is_symlink() {
                return Err(Error::Link { path }.into());
            } else if kind.is_dir() {
                waiting.push((path, format!("{relative}/")));
            } else if kind.is_file() {
                total = total.saturating_add(entry.metadata()?.len());
                if total > MOST_BYTES || files.len() >= MOST_FILES {
                    return Err(Error::TooMuch { folder: folder.to_path_buf() }.into());
                }
                let (digest, _) = Digest::of_reader(&mut fs_err::File::open(&path)?)?;
                files.insert(relative, digest);
            } else {
                return Err(Error::Special { path, what: files::kind(kind) }.into());
            }
        }
    }
    Ok(Files { folder: folder.to_path_buf(), files })
}

/// Whether `dist/ui/` holds exactly these files.
pub(super) fn is_written(project: &Project, ui: &Files) -> bool {
    let folder = project.built_ui();
    if !folder.exists() {
        return ui.files.is_empty();
    }
    // What cannot be read, a link for one, is not what was written.
    !ui.files.is_empty() && read_folder(&folder).is_ok_and(|present| present.files == ui.files)
}

/// Puts the files to `dist/ui/`: beside first, then in its place as a whole, so that no file of an older UI stays.
pub(super) fn write(project: &Project, ui: &Files) -> Result<(), super::Error> {
    let place = project.built_ui();
    if project.ui() == place || is_written(project, ui) {
        return Ok(());
    }
    let dist = project.dist();
    fs_err::create_dir_all(&dist)?;
    let beside = |prefix: &str| {
        interrupt::hold(
            || {
                let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(&dist)?;
                let lock = files::hold_folder(folder.path());
                Ok::<_, std::io::Error>((folder, lock))
            },
            |(folder, _)| Undo::Remove(folder.path().to_path_buf()),
        )
    };
    let ((new, _new_lock), _new_guard) = beside(files::NEW_UI)?;
    for name in ui.files.keys() {
        let path = new.path().join("ui").join(name);
        interrupt::commit(|| fs_err::create_dir_all(path.parent().unwrap_or(&path)))?;
        // Not `fs_err::copy`, which takes the mode along.
        let mut file = fs_err::File::create(&path)?;
        std::io::copy(&mut fs_err::File::open(ui.folder.join(name))?, &mut file)?;
    }
    let ((old, _old_lock), _old_guard) = beside(files::OLD_UI)?;
    interrupt::commit(|| {
        if place.symlink_metadata().is_ok() {
            fs_err::rename(&place, old.path().join("ui"))?;
        }
        if !ui.files.is_empty() {
            fs_err::rename(new.path().join("ui"), &place)?;
        }
        Ok(())
    })
}
