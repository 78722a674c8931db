//! Files written whole or not at all: beside, synced, renamed.

use crate::interrupt::{self, Undo};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How the names of files begin that are not yet whole.
pub const TEMPORARY: &str = ".alga-ext-";
/// How the names of folders begin in which a UI waits to take the old one's place, and in which that waits for its end.
pub const NEW_UI: &str = ".alga-ext-ui-";
/// See [`NEW_UI`].
pub const OLD_UI: &str = ".alga-ext-old-";
/// How the names of folders begin in which a bundle is unpacked.
pub const UNPACKING: &str = ".alga-ext-unpack-";

/// Reads a file of at most `limit` bytes, whatever its size claims to be.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = fs_err::File::open(path)?;
    // Room for all of it, so that it is not copied while it grows; and one more, to see that nothing comes after it.
    let length = file.metadata()?.len().min(limit).saturating_add(1);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(too_large(path, limit));
    }
    Ok(bytes)
}

/// Opens a file of at most `limit` bytes to be read more than once; what can be read only once is copied first.
pub fn open_bounded(path: &Path, limit: u64) -> io::Result<std::fs::File> {
    let file = fs_err::File::open(path)?;
    let metadata = file.metadata()?;
    let (file, length) = if metadata.is_file() {
        (file.into_file(), metadata.len())
    } else {
        let mut copy = tempfile::tempfile()?;
        let length = io::copy(&mut file.take(limit.saturating_add(1)), &mut copy)?;
        copy.rewind()?;
        (copy, length)
    };
    if length > limit { Err(too_large(path, limit)) } else { Ok(file) }
}

fn too_large(path: &Path, limit: u64) -> io::Error {
    let words = format!("`{}` is larger than {limit} bytes", path.display());
    io::Error::new(io::ErrorKind::FileTooLarge, words)
}

/// Refuses what is neither a file nor a folder: whoever reads from a pipe waits until somebody writes.
pub fn refuse_special(path: &Path) -> io::Result<()> {
    match fs_err::metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            let words = format!("`{}` is {}, and a file is wanted", path.display(), kind(found.file_type()));
            Err(io::Error::new(io::ErrorKind::InvalidInput, words))
        }
        _ => Ok(()),
    }
}

/// What is neither a file, a folder nor a link, in words.
pub fn kind(kind: std::fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        } else if kind.is_socket() {
            return "a socket";
        } else if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    let _ = kind;
    "no plain file"
}

/// Reads what `file` has at `offset`, as much as fits, without moving the place where others read it.
pub fn read_at(file: &std::fs::File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
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
    Pending::of(path, bytes, mode)?.put()
}

/// Writes a new file, only where there is none, with the mode that it has from its first byte on (Unix only).
pub fn create_with_mode(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    Pending::of(path, bytes, mode)?.place(false)
}

/// [`write()`], of everything that `reader` has.
pub fn write_from(path: &Path, reader: &mut impl Read) -> std::io::Result<()> {
    let mut pending = Pending::begin(path)?;
    io::copy(reader, &mut pending)?;
    pending.put()
}

/// Writes files that belong together: all are written beside their places before the first takes its place, so that a
/// full disk changes none of them. A file that was there keeps its mode (Unix only).
pub fn write_together(files: &[(&Path, &[u8])]) -> std::io::Result<()> {
    let pending: io::Result<Vec<Pending>> = files
        .iter()
        .map(|(path, bytes)| {
            let pending = Pending::of(path, bytes, mode_of(path).unwrap_or(0o644))?;
            // What the process masks when it makes a file, it does not when it sets the mode.
            if let Ok(metadata) = fs_err::metadata(path) {
                pending.file.as_file().set_permissions(metadata.permissions())?;
            }
            Ok(pending)
        })
        .collect();
    put_together(pending?)
}

/// The mode of a file, where there are modes.
fn mode_of(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    return Some(
        std::os::unix::fs::PermissionsExt::mode(&fs_err::metadata(path).ok()?.permissions()) & 0o777,
    );
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Puts files that belong together in their places, once all of them are on the disk and nothing that is there already
/// stands in their way.
pub fn put_together(mut all: Vec<Pending>) -> std::io::Result<()> {
    all.iter_mut().try_for_each(Pending::sync)?;
    all.iter().try_for_each(|pending| refuse_folder(&pending.path))?;
    all.into_iter().try_for_each(|pending| pending.place(true))
}

/// No file takes the place of a folder.
fn refuse_folder(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_ok_and(|there| there.is_dir()) {
        let error = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(named(path, &error));
    }
    Ok(())
}

/// Where a file is that a path names, be it by way of links: to be written there, and the links left as they are.
pub fn followed(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// While it lives, nobody else who asks for it changes the file: see [`lock()`].
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: std::fs::File,
    unfinished: Option<interrupt::Guard>,
}

/// Waits until nobody else changes the file at `path`, which is read, changed and written as one. The lock is a file
/// beside it that is gone afterwards; [`sweep`] removes what a killed process left of it.
pub fn lock(path: &Path) -> io::Result<Lock> {
    let mut name = std::ffi::OsString::from(TEMPORARY);
    name.push(path.file_name().unwrap_or_default());
    name.push(".lock");
    let place = folder_of(path).join(name);
    loop {
        let file =
            fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(&place)?.into_file();
        match file.lock() {
            // Where there are no locks, changes at once may lose one another.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(named(&place, &error)),
            _ => {}
        }
        // Who had it before may have removed it, and others hold another by now.
        if is_at(&file, &place) {
            let ((), unfinished) = interrupt::hold(|| Ok(()), |()| Undo::Remove(place.clone()))?;
            return Ok(Lock { path: place, file, unfinished: Some(unfinished) });
        }
    }
}

/// Whether this file is still the one at the path.
fn is_at(file: &std::fs::File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let of = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let there = fs_err::metadata(path).ok().map(of);
        there.is_some() && file.metadata().ok().map(of) == there
    }
    // Elsewhere the file stays.
    #[cfg(not(unix))]
    return file.metadata().is_ok() && path.exists();
}

impl Drop for Lock {
    fn drop(&mut self) {
        // From now on an interrupt might remove the next one's.
        drop(self.unfinished.take());
        // As long as it is locked: who waits for it sees that it is gone, and makes another.
        if cfg!(unix) && is_at(&self.file, &self.path) {
            let _ = fs_err::remove_file(&self.path);
        }
    }
}

/// A file written beside the place it is for; dropped before it is put there, it was never there.
#[derive(Debug)]
pub struct Pending {
    path: PathBuf,
    file: tempfile::NamedTempFile,
    _unfinished: interrupt::Guard,
}

impl Pending {
    /// An empty one, to be written piece by piece.
    pub fn begin(path: &Path) -> std::io::Result<Pending> {
        Pending::with_mode(path, 0o644)
    }

    fn with_mode(path: &Path, mode: u32) -> std::io::Result<Pending> {
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
        loop {
            let (file, unfinished) = interrupt::hold(
                || {
                    fs_err::create_dir_all(folder)?;
                    builder.tempfile_in(folder).map_err(|error| named(path, &error))
                },
                |file| Undo::Remove(file.path().to_path_buf()),
            )?;
            // The lock tells `sweep` that somebody is still at work. Where there are no locks, nothing is swept.
            let is_locked = file.as_file().lock().is_ok();
            if is_locked && file.path().symlink_metadata().is_err() {
                // It was swept between being made and being locked.
                continue;
            }
            return Ok(Pending { path: path.to_path_buf(), file, _unfinished: unfinished });
        }
    }

    fn of(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<Pending> {
        let mut pending = Pending::with_mode(path, mode)?;
        pending.write_all(bytes)?;
        pending.sync()?;
        Ok(pending)
    }

    /// Reads from its start on what was written.
    pub fn reread(&mut self) -> std::io::Result<&mut std::fs::File> {
        let file = self.file.as_file_mut();
        file.rewind().map_err(|error| named(&self.path, &error))?;
        Ok(file)
    }

    /// Waits until it is on the disk.
    fn sync(&mut self) -> std::io::Result<()> {
        self.file.as_file().sync_all().map_err(|error| named(&self.path, &error))
    }

    /// Puts it in its place, whole; what is there already is replaced.
    pub fn put(mut self) -> std::io::Result<()> {
        self.sync()?;
        self.place(true)
    }

    fn place(self, replace: bool) -> std::io::Result<()> {
        let Pending { path, file, _unfinished } = self;
        let placed =
            interrupt::commit(|| if replace { file.persist(&path) } else { file.persist_noclobber(&path) });
        placed.map_err(|error| named(&path, &error.error))?;
        sync_folder(folder_of(&path));
        Ok(())
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| named(&self.path, &error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| named(&self.path, &error))
    }
}

impl Seek for Pending {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to).map_err(|error| named(&self.path, &error))
    }
}

/// Tells [`sweep`] that somebody is at work in this folder, for as long as what is returned lives.
pub fn hold_folder(folder: &Path) -> Option<std::fs::File> {
    let file = fs_err::File::open(folder).ok()?.into_file();
    file.lock().ok().map(|()| file)
}

/// A folder in which something is made, held against [`sweep`]; it is removed when dropped, and on an interrupt.
#[derive(Debug)]
pub struct Workshop {
    folder: tempfile::TempDir,
    _lock: Option<std::fs::File>,
    _unfinished: interrupt::Guard,
}

impl Workshop {
    /// Makes one in `parent`, which is made when it is missing; its name begins with `prefix`.
    pub fn begin(parent: &Path, prefix: &str) -> io::Result<Workshop> {
        loop {
            let ((folder, lock), unfinished) = interrupt::hold(
                || {
                    fs_err::create_dir_all(parent)?;
                    let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
                    let lock = hold_folder(folder.path());
                    Ok((folder, lock))
                },
                |(folder, _)| Undo::Remove(folder.path().to_path_buf()),
            )?;
            // It may have been swept between being made and being locked.
            if lock.is_none() || folder.path().is_dir() {
                return Ok(Workshop { folder, _lock: lock, _unfinished: unfinished });
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes from a folder what a process that was killed left of a file, a UI or a bundle it had not finished.
pub fn sweep(folder: &Path) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(kind) = entry.file_type() else { continue };
        let is_folder =
            kind.is_dir() && [NEW_UI, OLD_UI, UNPACKING].iter().any(|prefix| name.starts_with(prefix));
        let is_file = kind.is_file() && name.starts_with(TEMPORARY);
        if !(is_folder || is_file) {
            continue;
        }
        // A lock that can be had is one that nobody holds: its process is gone.
        if let Ok(file) = fs_err::File::open(entry.path())
            && file.file().try_lock().is_ok()
        {
            let path = entry.path();
            let _ = if is_folder { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
        }
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
    fn what_a_killed_process_left_is_swept_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!("{TEMPORARY}left"));
        fs_err::write(&left, b"half").unwrap();
        let path = folder.path().join("file");
        let mut pending = Pending::begin(&path).unwrap();
        pending.write_all(b"whole").unwrap();
        sweep(folder.path());
        assert!(!left.exists());
        pending.put().unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn folders_that_are_worked_in_are_held_and_those_that_were_left_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!("{UNPACKING}left"));
        fs_err::create_dir(&left).unwrap();
        let workshop = Workshop::begin(folder.path(), UNPACKING).unwrap();
        sweep(folder.path());
        assert!(!left.exists() && workshop.path().exists());
        drop(workshop);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_is_held_by_one_at_a_time_and_nothing_of_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"0").unwrap();
        let count = |path: &Path| {
            let _lock = lock(path).unwrap();
            let number: u32 = String::from_utf8(fs_err::read(path).unwrap()).unwrap().parse().unwrap();
            write(path, (number + 1).to_string().as_bytes()).unwrap();
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..10).for_each(|_| count(&path)));
            }
        });
        assert_eq!(fs_err::read(&path).unwrap(), b"80");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
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
        let taken = folder.path().join("taken");
        fs_err::create_dir(&taken).unwrap();
        let error = write_together(&[(&one, b"new"), (&taken, b"new")]).unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert_eq!(fs_err::read(&one).unwrap(), b"old");
    }
}
