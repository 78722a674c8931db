//! Compiled components on disk, by hash: an entry that is not exactly what this engine wrote is compiled again.

use super::functions::Functions;
use super::{Cause, Error};
use crate::cache::{is_sealed, seal};
use crate::files;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Begins an entry's seal.
const MAGIC: &[u8] = b"alga-ext compiled component 2\n";
/// Entries kept of each kind; the least recently written go first.
const MAX_ENTRIES: usize = 32;
/// What an entry is called, and what says how long a component's source was loaded in place of compiling it.
const COMPILED: &str = "cwasm";
const LOADED: &str = "loaded";
/// What compiling a component of JavaScript takes, more or less; most of it is the engine in it.
const COMPILING: Duration = Duration::from_millis(500);

/// The folder of compiled components.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    /// Wasmtime's version and every setting compiled code depends on.
    compatibility: u64,
    functions: Arc<Functions>,
}

impl Cache {
    /// The cache below `folder`.
    pub(super) fn new(folder: &Path, engine: &Engine, functions: &Arc<Functions>) -> Cache {
        let mut hasher = std::hash::DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let (folder, compatibility) = (folder.join("components"), hasher.finish());
        functions.keep_in(&folder, compatibility);
        Cache { folder, compatibility, functions: Arc::clone(functions) }
    }

    /// The compiled form of `wasm` from disk, when it is there.
    pub(super) fn find(&self, engine: &Engine, wasm: &[u8]) -> Option<Component> {
        let source: [u8; 32] = Sha256::digest(wasm).into();
        self.read(engine, &self.path(&source), &source)
    }

    /// The compiled form of `wasm`, from disk or made now. A cache that cannot be written only costs time.
    pub(super) fn load(&self, engine: &Engine, wasm: &[u8]) -> Result<Component, Error> {
        let source: [u8; 32] = Sha256::digest(wasm).into();
        let path = self.path(&source);
        if let Some(component) = self.read(engine, &path, &source) {
            return Ok(component);
        }
        self.functions.read();
        let component = compile(engine, wasm)?;
        self.functions.save();
        if let Ok(compiled) = component.serialize()
            && files::write(&path, &seal(&compiled, &self.origin(&source))).is_ok()
        {
            self.evict(COMPILED);
        }
        Ok(component)
    }

    /// Whether loading the source of `wasm` for each call has taken as long by now as compiling it does.
    pub(super) fn is_worth_compiling(&self, wasm: &[u8]) -> bool {
        loaded(&self.loaded_path(wasm)) >= COMPILING
    }

    /// Notes that its source was loaded for a call. What cannot be written only costs time.
    pub(super) fn note_loading(&self, wasm: &[u8], took: Duration) {
        let path = self.loaded_path(wasm);
        let all = loaded(&path) + took;
        if files::write(&path, all.as_millis().to_string().as_bytes()).is_ok() {
            self.evict(LOADED);
        }
    }

    fn loaded_path(&self, wasm: &[u8]) -> PathBuf {
        self.path(&Sha256::digest(wasm).into()).with_extension(LOADED)
    }

    fn path(&self, source: &[u8; 32]) -> PathBuf {
        self.folder.join(format!("{}-{:016x}.{COMPILED}", hex(source), self.compatibility))
    }

    /// Who wrote an entry, and from what.
    fn origin(&self, source: &[u8; 32]) -> Vec<u8> {
        [MAGIC, &self.compatibility.to_le_bytes(), source].concat()
    }

    fn read(&self, engine: &Engine, path: &Path, source: &[u8; 32]) -> Option<Component> {
        is_sealed(path, &self.origin(source)).then(|| deserialize(engine, path)).flatten()
    }

    /// Keeps the newest entries of a kind, so that a day of saving a file does not fill the disk.
    fn evict(&self, kind: &str) {
        let Ok(folder) = fs_err::read_dir(&self.folder) else { return };
        let mut entries: Vec<(SystemTime, PathBuf)> = folder
            .filter_map(Result::ok)
            .filter(|entry| entry.path().extension().is_some_and(|extension| extension == kind))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        entries.sort_unstable_by(|one, other| other.cmp(one));
        for (_, path) in entries.into_iter().skip(MAX_ENTRIES) {
            // Another process may have removed it first.
            let _ = fs_err::remove_file(path);
        }
    }
}

/// What a file says that a source was loaded for; nothing when there is none.
fn loaded(path: &Path) -> Duration {
    let text = fs_err::read_to_string(path).unwrap_or_default();
    text.parse().map(Duration::from_millis).unwrap_or_default()
}

/// Compiles a component.
pub(super) fn compile(engine: &Engine, wasm: &[u8]) -> Result<Component, Error> {
    Component::from_binary(engine, wasm).map_err(|error| Error::Compile(Cause::from(error)))
}

/// Turns a file of compiled bytes back into a component, if the engine takes them. It is mapped and not copied: of code
/// that is never run nothing is read.
#[expect(
    unsafe_code,
    reason = "deserializing runs the bytes as machine code. They come from the user's own cache folder, and the seal \
              proves that this engine's settings wrote exactly these bytes: a truncated, flipped or foreign entry \
              never gets here. Who can write there on purpose can already replace the user's programs."
)]
fn deserialize(engine: &Engine, file: &Path) -> Option<Component> {
    // SAFETY: the file is the unchanged result of `Component::serialize` of an engine with the same compatibility hash,
    // checked by SHA-256 in `Cache::read`, and entries are replaced and removed, never written into.
    unsafe { Component::deserialize_file(engine, file) }.ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(folder: &Path) -> (Engine, Cache) {
        let functions = Arc::default();
        let engine = super::super::engine::start(&functions).unwrap();
        let cache = Cache::new(folder, &engine, &functions);
        (engine, cache)
    }

    fn entry(folder: &Path) -> PathBuf {
        let mut entries =
            fs_err::read_dir(folder.join("components")).unwrap().map(|entry| entry.unwrap().path());
        entries.find(|path| path.extension().unwrap() == "cwasm").unwrap()
    }

    #[test]
    fn a_damaged_entry_is_compiled_again() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, cache) = fresh(folder.path());
        let wasm = wat::parse_str("(component)").unwrap();
        cache.load(&engine, &wasm).unwrap();
        let path = entry(folder.path());
        let whole = fs_err::read(&path).unwrap();
        let source: [u8; 32] = Sha256::digest(&wasm).into();
        assert!(cache.read(&engine, &path, &source).is_some(), "the entry is read back");
        let flipped: Vec<u8> = whole
            .iter()
            .enumerate()
            .map(|(at, byte)| if at == whole.len() / 2 { byte ^ 1 } else { *byte })
            .collect();
        for (damage, bytes) in [
            ("empty", Vec::new()),
            ("cut", whole[..whole.len() - 1].to_vec()),
            ("cut in the seal", whole[..whole.len() - MAGIC.len()].to_vec()),
            ("flipped", flipped),
        ] {
            fs_err::write(&path, bytes).unwrap();
            assert!(cache.read(&engine, &path, &source).is_none(), "{damage}");
            cache.load(&engine, &wasm).unwrap();
            assert_eq!(fs_err::read(&path).unwrap(), whole, "{damage}: written again");
        }
    }

    #[test]
    fn an_entry_of_another_component_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, cache) = fresh(folder.path());
        cache.load(&engine, &wat::parse_str("(component)").unwrap()).unwrap();
        let path = entry(folder.path());
        assert!(cache.read(&engine, &path, &[7; 32]).is_none());
    }

    #[test]
    fn a_source_that_was_loaded_for_long_enough_is_worth_compiling() {
        let folder = tempfile::tempdir().unwrap();
        let (_, cache) = fresh(folder.path());
        for _ in 0..3 {
            assert!(!cache.is_worth_compiling(b"one"));
            cache.note_loading(b"one", COMPILING / 3 + Duration::from_millis(1));
        }
        assert!(cache.is_worth_compiling(b"one") && !cache.is_worth_compiling(b"another"));
        fs_err::write(cache.loaded_path(b"one"), "damaged").unwrap();
        assert!(!cache.is_worth_compiling(b"one"));
    }

    #[test]
    fn only_so_many_entries_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (_, cache) = fresh(folder.path());
        for number in 0..MAX_ENTRIES + 3 {
            files::write(&folder.path().join(format!("components/{number}.cwasm")), b"x").unwrap();
        }
        cache.evict(COMPILED);
        assert_eq!(fs_err::read_dir(folder.path().join("components")).unwrap().count(), MAX_ENTRIES);
    }
}
