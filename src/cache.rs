//! What is kept between runs, compiled engines and components: what there is, and its end.
//!
//! Entries are written whole beside their places and read by hash, so that one which goes while a build or a server
//! runs is made again and nothing else happens. Only what this program names is touched: the folder is the user's choice.

use crate::files::TEMPORARY;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The folders in it, and what each holds.
const FOLDERS: [(&str, &str); 2] =
    [("javascript", "JavaScript engines"), ("components", "compiled components")];
/// A SHA-256, in bytes.
const SUM: usize = 32;
/// Bytes read at once.
const PIECE: usize = 64 << 10;
/// A file that is being written is left alone for so long; one that is older was never finished.
const UNFINISHED: Duration = Duration::from_hours(1);

/// One kind of entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// The folder's name.
    pub folder: &'static str,
    /// What is in it.
    pub what: &'static str,
    /// How many entries.
    pub entries: u64,
    /// Their bytes.
    pub size: u64,
}

/// What is in the cache in `folder`.
pub fn survey(folder: &Path) -> io::Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    for (name, what) in FOLDERS {
        let mut kind = Kind { folder: name, what, entries: 0, size: 0 };
        for (_, size) in entries(&folder.join(name), SystemTime::UNIX_EPOCH)? {
            kind.entries += 1;
            kind.size += size;
        }
        kinds.push(kind);
    }
    Ok(kinds)
}

/// Removes every entry of the cache in `folder`, and what writers left behind an hour before `now`; what was removed.
pub fn clear(folder: &Path, now: SystemTime) -> io::Result<Vec<Kind>> {
    let abandoned = now.checked_sub(UNFINISHED).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut kinds = Vec::new();
    for (name, what) in FOLDERS {
        let mut kind = Kind { folder: name, what, entries: 0, size: 0 };
        for (path, size) in entries(&folder.join(name), abandoned)? {
            match fs_err::remove_file(path) {
                Ok(()) => {
                    kind.entries += 1;
                    kind.size += size;
                }
                // Another process was first.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        kinds.push(kind);
    }
    Ok(kinds)
}

/// A sealed entry: what is kept, what it is made of, and the SHA-256 of both. The end and not the beginning is ours, so
/// that the file can be used as what it holds.
pub fn seal(kept: &[u8], origin: &[u8]) -> Vec<u8> {
    let sum = Sha256::new().chain_update(kept).chain_update(origin).finalize();
    [kept, origin, sum.as_slice()].concat()
}

/// Whether a sealed entry is exactly what was written of this origin. No more than a piece of it is held at once.
pub fn is_sealed(path: &Path, origin: &[u8]) -> bool {
    is_exactly(path, origin).is_ok_and(|is_it| is_it)
}

fn is_exactly(path: &Path, origin: &[u8]) -> io::Result<bool> {
    let mut file = fs_err::File::open(path)?;
    let seal = (origin.len() + SUM) as u64;
    let Some(length) = file.metadata()?.len().checked_sub(seal) else { return Ok(false) };
    let (mut running, mut piece) = (Sha256::new(), vec![0; PIECE]);
    let mut kept = file.by_ref().take(length);
    loop {
        match kept.read(&mut piece)? {
            0 => break,
            count => running.update(piece.get(..count).unwrap_or_default()),
        }
    }
    let mut end = Vec::new();
    file.take(seal + 1).read_to_end(&mut end)?;
    let sum = running.chain_update(origin).finalize();
    Ok(end == [origin, sum.as_slice()].concat())
}

/// What a sealed entry keeps, if it is exactly what was written of this origin.
pub fn read_sealed(path: &Path, origin: &[u8]) -> Option<Vec<u8>> {
    let mut entry = fs_err::read(path).ok()?;
    let (rest, sum) = entry.split_last_chunk::<SUM>()?;
    let kept = rest.strip_suffix(origin)?.len();
    let is_whole = Sha256::digest(rest).as_slice() == sum;
    entry.truncate(kept);
    is_whole.then_some(entry)
}

/// The entries of a folder with their sizes, and unfinished ones from before `abandoned`.
fn entries(folder: &Path, abandoned: SystemTime) -> io::Result<Vec<(PathBuf, u64)>> {
    let listed = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let entry = entry?;
        let Ok(facts) = entry.metadata() else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = if name.starts_with(TEMPORARY) {
            facts.modified().is_ok_and(|modified| modified < abandoned)
        } else {
            is_entry(&name)
        };
        if facts.is_file() && is_ours {
            found.push((entry.path(), facts.len()));
        }
    }
    Ok(found)
}

/// Whether a file is called as the builds and the runner call theirs: by a hash, or by a machine's number.
fn is_entry(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let hash = match extension {
        "linked" | "cwasm" | "loaded" => stem,
        "bin" => stem.strip_prefix("functions-").unwrap_or_default(),
        _ => "",
    };
    hash.len() >= 16 && hash.chars().all(|digit| digit.is_ascii_hexdigit() || digit == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_entries_go_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| crate::files::write(&folder.path().join(name), b"four").unwrap();
        let hash = "0123456789abcdef";
        for name in [
            "javascript/%.linked",
            "javascript/%-%.cwasm",
            "components/functions-%.bin",
            "components/%-%.loaded",
        ] {
            put(&name.replace('%', hash));
        }
        for name in ["components/photo.jpg", "components/mine.cwasm", "own.cwasm"] {
            put(name);
        }
        put("components/.alga-ext-x1");
        let counts =
            |kinds: Vec<Kind>| kinds.iter().map(|kind| (kind.entries, kind.size)).collect::<Vec<_>>();
        assert_eq!(counts(survey(folder.path()).unwrap()), [(2, 8), (2, 8)]);
        let now = fs_err::metadata(folder.path().join("own.cwasm")).unwrap().modified().unwrap();
        assert_eq!(counts(clear(folder.path(), now).unwrap()), [(2, 8), (2, 8)]);
        assert_eq!(counts(survey(folder.path()).unwrap()), [(0, 0), (0, 0)]);
        for name in ["components/photo.jpg", "components/mine.cwasm", "own.cwasm", "components/.alga-ext-x1"]
        {
            assert!(folder.path().join(name).is_file(), "{name}");
        }
        assert_eq!(counts(clear(folder.path(), now + UNFINISHED * 2).unwrap()), [(0, 0), (1, 4)]);
        assert_eq!(counts(survey(&folder.path().join("nowhere")).unwrap()), [(0, 0), (0, 0)]);
    }
}
