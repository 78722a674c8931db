//! The data folder: who holds it, where bytes wait, where they stay.

use super::Error;
use crate::bundle::Digest;
use crate::files;
use std::collections::HashSet;
use std::fs::TryLockError;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A data folder, held by this process until dropped.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    _lock: fs_err::File,
}

impl Folder {
    /// Makes the folder where there is none, and takes hold of it.
    pub(super) fn open(root: &Path) -> Result<Folder, Error> {
        if !root.exists() {
            fs_err::create_dir_all(root)?;
            private(root)?;
        }
        let lock =
            fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(root.join("lock"))?;
        match lock.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Held { folder: root.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        for folder in ["staging", "sha256"] {
            fs_err::create_dir_all(root.join(folder))?;
        }
        files::sync_folder(root);
        Ok(Folder { root: root.to_owned(), _lock: lock })
    }

    /// The rows.
    pub(super) fn database(&self) -> PathBuf {
        self.root.join("registry.sqlite")
    }

    /// The admin's API key.
    pub(super) fn admin_key(&self) -> PathBuf {
        self.root.join("admin.key")
    }

    /// Where an upload waits.
    pub(super) fn staged(&self, id: &str) -> PathBuf {
        self.root.join("staging").join(id)
    }

    /// Makes the name of an upload that was written durable.
    pub(super) fn sync_staging(&self) {
        files::sync_folder(&self.root.join("staging"));
    }

    /// Where the bytes of a hash stay.
    pub(super) fn object(&self, digest: Digest) -> PathBuf {
        self.root.join("sha256").join(digest.hex()).join("bundle.tar.zst")
    }

    /// Puts bytes where their hash says; after this they survive a crash.
    pub(super) fn keep(&self, digest: Digest, bytes: &mut impl Read) -> std::io::Result<()> {
        files::write_from(&self.object(digest), bytes)?;
        files::sync_folder(&self.root.join("sha256"));
        Ok(())
    }

    /// Removes what a crash left: uploads and objects no row speaks of.
    pub(super) fn sweep(&self, staged: &HashSet<String>, kept: &HashSet<String>) -> std::io::Result<()> {
        for (folder, known) in [("staging", staged), ("sha256", kept)] {
            for entry in fs_err::read_dir(self.root.join(folder))? {
                let entry = entry?;
                if entry.file_name().to_str().is_some_and(|name| known.contains(name)) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    fs_err::remove_dir_all(entry.path())?;
                } else {
                    fs_err::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }
}

/// Keeps other users of the machine out.
fn private(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs_err::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let first = Folder::open(root.path()).unwrap();
        assert!(matches!(Folder::open(root.path()), Err(Error::Held { .. })));
        drop(first);
        Folder::open(root.path()).unwrap();
    }

    #[test]
    fn a_sweep_leaves_what_rows_speak_of() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        let (kept, orphan) = (Digest::of(b"kept"), Digest::of(b"orphan"));
        folder.keep(kept, &mut &b"kept"[..]).unwrap();
        folder.keep(orphan, &mut &b"orphan"[..]).unwrap();
        fs_err::write(folder.staged("half"), b"ha").unwrap();
        folder.sweep(&HashSet::new(), &HashSet::from([kept.hex()])).unwrap();
        assert!(folder.object(kept).exists());
        assert!(!folder.object(orphan).exists() && !folder.staged("half").exists());
    }
}
