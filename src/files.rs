//! Files written whole or not at all: beside, synced, renamed.

use crate::interrupt::{self, Undo};
use std::io::{self, Read, Write};
use std::path::Path;

/// How the names of files begin that are not yet whole.
pub const TEMPORARY: &str = ".alga-ext-";

/// Reads a file of at most `limit` bytes, whatever its size claims to be.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs_err::File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        let words = format!("`{}` is larger than {limit} bytes", path.display());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// [`read_bounded`], of text.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read_bounded(path, limit)?).map_err(|_| {
        io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is no UTF-8 text", path.display()))
    })
}

/// Writes `bytes` to `path` so that a reader, or a crash, sees the old file or the new one and nothing between.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write_with_mode(path, bytes, 0o644)
}

/// [`write()`] with the file mode that the new file has from its first byte on (Unix only).
pub fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    Prepared::new(path, bytes, mode)?.put(true)
}

/// Writes a new file, only where there is none, with the mode that it has from its first byte on (Unix only).
pub fn create_with_mode(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    Prepared::new(path, bytes, mode)?.put(false)
}

/// Writes files that belong together: all are written beside their places before the first takes its place, so that a
/// full disk changes none of them.
pub fn write_together(files: &[(&Path, &[u8])]) -> std::io::Result<()> {
    let mut all = Vec::new();
    for (path, bytes) in files {
        all.push(Prepared::new(path, bytes, 0o644)?);
    }
    all.into_iter().try_for_each(|prepared| prepared.put(true))
}

/// A file written and synced beside the place it is for.
struct Prepared<'a> {
    path: &'a Path,
    file: tempfile::NamedTempFile,
    _unfinished: interrupt::Guard,
}

impl<'a> Prepared<'a> {
    fn new(path: &'a Path, bytes: &[u8], mode: u32) -> std::io::Result<Prepared<'a>> {
        let folder = folder_of(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        #[cfg(not(unix))]
        let _ = mode;
        let (mut file, unfinished) = interrupt::hold(
            || {
                fs_err::create_dir_all(folder)?;
                builder.tempfile_in(folder).map_err(|error| named(path, &error))
            },
            |file| Undo::Remove(file.path().to_path_buf()),
        )?;
        file.write_all(bytes)
            .and_then(|()| file.as_file().sync_all())
            .map_err(|error| named(path, &error))?;
        Ok(Prepared { path, file, _unfinished: unfinished })
    }

    /// Puts it in its place; what is there already is replaced or is an error.
    fn put(self, replace: bool) -> std::io::Result<()> {
        let path = self.path;
        let file = self.file;
        let placed =
            interrupt::commit(|| if replace { file.persist(path) } else { file.persist_noclobber(path) });
        placed.map_err(|error| named(path, &error.error))?;
        sync_folder(folder_of(path));
        Ok(())
    }
}

/// Whether files can be written in a folder, which is made when it is missing.
pub fn check_folder(folder: &Path) -> std::io::Result<()> {
    fs_err::create_dir_all(folder)?;
    tempfile::tempfile_in(folder).map(drop)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn named(path: &Path, error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
}

/// Makes a rename in `folder` durable where the system can.
pub fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = fs_err::File::open(folder) {
        // A file system that cannot sync a folder has nothing better to offer.
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_end_is_refused() {
        let error = read_text(Path::new("/dev/zero"), 1000).unwrap_err();
        assert_eq!(error.to_string(), "`/dev/zero` is larger than 1000 bytes");
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"two");
        assert_eq!(fs_err::read_dir(folder.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create_with_mode(&path, b"one", 0o600).unwrap();
        let error = create_with_mode(&path, b"two", 0o600).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(fs_err::read(&path).unwrap(), b"one");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn of_files_that_belong_together_none_is_written_when_one_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let (one, blocked) = (folder.path().join("one"), folder.path().join("one/two"));
        write(&one, b"old").unwrap();
        write_together(&[(&one, b"new"), (&blocked, b"new")]).unwrap_err();
        assert_eq!(fs_err::read(&one).unwrap(), b"old");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }
}
