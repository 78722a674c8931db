//! Unpacking: into a new folder that is there when all of it is right, and not before.

use super::{Error, survey};
use crate::bundle;
use crate::files::{self, Workshop};
use crate::interrupt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A bundle on disk.
#[derive(Debug, Clone)]
pub struct Unpacked {
    /// The folder.
    pub path: PathBuf,
    /// The bundle's files.
    pub listing: bundle::Listing,
}

/// Unpacks the bundle at `path` into the folder `out`, which must not be there; the folder beside the bundle's name
/// without its extension when absent.
pub fn unpack(path: &Path, out: &Path) -> Result<Unpacked, Error> {
    if out.symlink_metadata().is_ok() {
        return Err(Error::Exists { path: out.to_path_buf() });
    }
    let mut surveyed = survey(path)?;
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    files::sweep(parent);
    let beside = Workshop::begin(parent, files::UNPACKING)?;
    // A folder of its own in it, with the mode that folders have here and not that of temporary ones.
    let folder = beside.path().join("bundle");
    fs_err::create_dir(&folder)?;
    surveyed.visit(&mut |name: &str, body: &mut dyn Read| write(&folder.join(name), body))?;
    interrupt::commit(|| {
        if out.symlink_metadata().is_ok() {
            return Err(Error::Exists { path: out.to_path_buf() });
        }
        Ok(fs_err::rename(&folder, out)?)
    })?;
    Ok(Unpacked { path: out.to_path_buf(), listing: surveyed.listing })
}

/// Writes one file; its name is one that leads nowhere else, and its folder is new.
pub(super) fn write(path: &Path, body: &mut dyn Read) -> Result<(), Error> {
    fs_err::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = fs_err::OpenOptions::new().write(true).create_new(true).open(path)?;
    std::io::copy(body, &mut file)?;
    Ok(())
}
