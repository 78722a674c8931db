//! Compiled functions, kept so that a component that changed a little is compiled a little.

use crate::files;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wasmtime::CacheStore;

/// First line of the file.
const MAGIC: &[u8] = b"alga-ext compiled functions 1\n";
/// Bytes kept; beyond it functions no compilation asked for go first.
const MAX_BYTES: usize = 96 << 20;
/// The file is written again when this share of it is new: one in so many bytes.
const WORTH_WRITING: usize = 8;

/// Functions by the hash of what they were compiled from. What a key stands for is Cranelift's affair.
#[derive(Default)]
pub(super) struct Functions {
    path: OnceLock<PathBuf>,
    entries: RwLock<Entries>,
}

#[derive(Default)]
struct Entries {
    is_read: bool,
    map: HashMap<Vec<u8>, Entry>,
    bytes: usize,
    new_bytes: usize,
}

struct Entry {
    compiled: Vec<u8>,
    used: AtomicBool,
}

impl Functions {
    /// Names the file, below `folder`; without one, functions are kept in memory only.
    pub(super) fn keep_in(&self, folder: &Path, compatibility: u64) {
        // A file that was named already stays.
        let _ = self.path.set(folder.join(format!("functions-{compatibility:016x}.bin")));
    }

    /// Reads the file, once, before the first compilation. A file that is not what was written is no file.
    pub(super) fn read(&self) {
        let mut entries = self.write_lock();
        if std::mem::replace(&mut entries.is_read, true) {
            return;
        }
        let file = self.path.get().and_then(|path| fs_err::read(path).ok());
        let Some(body) = file.as_deref().and_then(checked) else { return };
        let mut rest = body;
        while let Some((key, compiled, more)) = next(rest) {
            entries.bytes += key.len() + compiled.len();
            let entry = Entry { compiled: compiled.to_vec(), used: AtomicBool::new(false) };
            entries.map.insert(key.to_vec(), entry);
            rest = more;
        }
    }

    /// Writes the file when enough is new. One that cannot be written only costs time.
    pub(super) fn save(&self) {
        let mut entries = self.write_lock();
        if entries.bytes > MAX_BYTES {
            entries.map.retain(|_, entry| entry.used.load(Ordering::Relaxed));
            entries.bytes = entries.map.iter().map(|(key, entry)| key.len() + entry.compiled.len()).sum();
        }
        let Some(path) = self.path.get() else { return };
        if entries.bytes > MAX_BYTES || entries.new_bytes <= entries.bytes / WORTH_WRITING {
            return;
        }
        let mut body = Vec::with_capacity(entries.bytes + entries.map.len() * 8);
        for (key, entry) in &entries.map {
            for part in [key, &entry.compiled] {
                body.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            }
            body.extend_from_slice(key);
            body.extend_from_slice(&entry.compiled);
        }
        let digest: [u8; 32] = Sha256::digest(&body).into();
        if files::write(path, &[MAGIC, &digest, &body].concat()).is_ok() {
            entries.new_bytes = 0;
        }
    }

    fn read_lock(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let entries = self.read_lock();
        let entry = entries.map.get(key)?;
        entry.used.store(true, Ordering::Relaxed);
        Some(Cow::Owned(entry.compiled.clone()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let mut entries = self.write_lock();
        let size = key.len() + value.len();
        if entries.bytes + size > MAX_BYTES * 2 {
            return false;
        }
        entries.bytes += size;
        entries.new_bytes += size;
        entries.map.insert(key.to_vec(), Entry { compiled: value, used: AtomicBool::new(true) });
        true
    }
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Functions").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What follows the head, if the hash fits: compiled functions are run, so nothing else will do.
fn checked(file: &[u8]) -> Option<&[u8]> {
    let (digest, body) = file.strip_prefix(MAGIC)?.split_at_checked(32)?;
    (Sha256::digest(body).as_slice() == digest).then_some(body)
}

/// The first key and function, and what follows.
fn next(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (head, rest) = body.split_at_checked(8)?;
    let (key, compiled) = head.split_at_checked(4)?;
    let length = |bytes: &[u8]| usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok();
    let (key, rest) = rest.split_at_checked(length(key)?)?;
    let (compiled, rest) = rest.split_at_checked(length(compiled)?)?;
    Some((key, compiled, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(folder: &Path) -> Functions {
        let functions = Functions::default();
        functions.keep_in(folder, 7);
        functions.read();
        functions
    }

    #[test]
    fn functions_are_found_again_and_a_damaged_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let first = at(folder.path());
        assert!(first.insert(b"key", b"code".to_vec()) && first.insert(b"", Vec::new()));
        first.save();
        let again = at(folder.path());
        assert_eq!(again.get(b"key").as_deref(), Some(b"code".as_slice()));
        assert_eq!(again.get(b"").as_deref(), Some(b"".as_slice()));
        assert_eq!(again.get(b"other"), None);
        let path = folder.path().join("functions-0000000000000007.bin");
        let mut bytes = fs_err::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs_err::write(&path, bytes).unwrap();
        assert_eq!(at(folder.path()).get(b"key"), None);
    }

    #[test]
    fn the_file_is_written_when_enough_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let functions = at(folder.path());
        functions.insert(b"a", vec![0; 1_000]);
        functions.save();
        functions.insert(b"b", vec![0; 10]);
        functions.save();
        assert_eq!(at(folder.path()).get(b"b"), None, "ten bytes were not worth it");
        functions.insert(b"c", vec![0; 1_000]);
        functions.save();
        assert!(at(folder.path()).get(b"b").is_some());
    }

    #[test]
    fn what_no_compilation_asked_for_goes_first() {
        let functions = Functions::default();
        functions.insert(b"old", vec![0; MAX_BYTES]);
        functions.write_lock().map.get("old".as_bytes()).unwrap().used.store(false, Ordering::Relaxed);
        functions.insert(b"new", vec![0; 10]);
        functions.save();
        assert_eq!((functions.get(b"old"), functions.read_lock().bytes), (None, 13));
        assert!(!functions.insert(b"huge", vec![0; MAX_BYTES * 2]));
    }
}
