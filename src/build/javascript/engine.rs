//! The engine a snapshot is taken with: runtime and bindings, linked, instrumented, compiled, and kept on disk.
//!
//! All of it depends on the WIT and on this program alone, not on the author's source, so that a build with a warm
//! cache links and compiles nothing.

use super::runtime;
use super::{Fault, bodies, table};
use crate::bundle::Digest;
use crate::component::{self, WIT};
use crate::{cache, files};
use std::ops::Range;
use std::path::{Path, PathBuf};
use wasmtime::component::Component;
use wasmtime::{Config, OptLevel};

/// Goes into the cache's keys; another number forgets what an older way of linking made.
const GENERATION: &str = "3";

/// What the runtime is called where libraries are linked.
const RUNTIME: &str = "runtime.wasm";

/// The world the runtime is linked for: every interface of the platform, secure randomness, and what a timer waits
/// by. What the source does not use is taken out of the finished component.
const WORLD: &str = "package local:build;
world build {
  include alga:extension/runner;
  import wasi:random/random@0.2.0;
  import wasi:clocks/monotonic-clock@0.2.0;
}";

const RANDOM: &str = "package wasi:random@0.2.0;
interface random { get-random-bytes: func(len: u64) -> list<u8>; get-random-u64: func() -> u64; }";

/// Runtime and bindings, ready to evaluate a script.
pub struct Engine {
    /// What compiled the component and runs it.
    pub(super) wasmtime: wasmtime::Engine,
    /// The instrumented component.
    pub(super) component: Component,
    /// What it was made of.
    linked: Linked,
}

impl Engine {
    /// Takes the engine out of the cache in `folder`, or makes it and puts it there.
    pub fn load(folder: &Path) -> Result<Engine, Fault> {
        let engine = wasmtime::Engine::new(&config())?;
        let (cache, key) = (Cache::new(folder), key());
        let linked = Linked::take(&cache, &key)?;
        let name = format!("{key}-{}.cwasm", compatibility(&engine));
        let kept = cache.find(&name).and_then(|file| super::snapshot::deserialize(&engine, &file));
        let component = if let Some(component) = kept {
            component
        } else {
            let (_, instrumented) = wasmtime_wizer::Wizer::new().instrument_component(linked.component())?;
            let component = Component::new(&engine, &instrumented)?;
            cache.write(&name, &component.serialize()?);
            component
        };
        Ok(Engine { wasmtime: engine, component, linked })
    }

    /// The component a script is loaded into, before it was instrumented: exports `init`, which loads it, and `handler`.
    /// A snapshot is written into it.
    pub fn component(&self) -> &[u8] {
        self.linked.component()
    }

    /// That one, without function bodies.
    pub(super) fn emptied(&self) -> &[u8] {
        self.linked.emptied()
    }

    /// The script that makes the bindings; `init` wants it first.
    pub fn shim(&self) -> &str {
        self.linked.shim()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

fn config() -> Config {
    let mut config = Config::new();
    // A top level that never ends is stopped by the epoch.
    config.epoch_interruption(true);
    // The engine runs for milliseconds and is compiled while somebody waits.
    config.cranelift_opt_level(OptLevel::None);
    config
}

/// What a compiled component depends on beside its source: wasmtime's version, its settings and the machine.
fn compatibility(engine: &wasmtime::Engine) -> String {
    struct Bytes(Vec<u8>);
    impl std::hash::Hasher for Bytes {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut bytes = Bytes(Vec::new());
    std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut bytes);
    let mut text = Digest::of(&bytes.0).hex();
    text.truncate(16);
    text
}

/// What the linked runtime depends on.
fn key() -> String {
    let texts = [GENERATION, env!("CARGO_PKG_VERSION"), WIT, WORLD, RANDOM, runtime::IO, runtime::CLOCKS];
    let texts = Digest::of(texts.join("\0").as_bytes());
    Digest::of([texts, Digest::of(runtime::shipped())].map(|digest| digest.hex()).concat().as_bytes()).hex()
}

/// Runtime and bindings in one component, and the script that makes the bindings: what loads a script.
#[derive(Debug)]
pub struct Linked {
    /// All of it in one piece, as it is kept, since a build has better things to do than to copy.
    bytes: Vec<u8>,
    shim: Range<usize>,
    component: Range<usize>,
}

impl Linked {
    /// Takes it out of the cache in `folder`, or makes it and puts it there.
    pub fn load(folder: &Path) -> Result<Linked, Fault> {
        Linked::take(&Cache::new(folder), &key())
    }

    /// The script that makes the bindings; `init` wants it first.
    pub fn shim(&self) -> &str {
        self.bytes.get(self.shim.clone()).and_then(|shim| std::str::from_utf8(shim).ok()).unwrap_or_default()
    }

    /// Exports `init`, which loads a script, and `handler`.
    pub fn component(&self) -> &[u8] {
        self.bytes.get(self.component.clone()).unwrap_or_default()
    }

    /// The component without function bodies.
    fn emptied(&self) -> &[u8] {
        self.bytes.get(self.component.end..).unwrap_or_default()
    }

    fn take(cache: &Cache, key: &str) -> Result<Linked, Fault> {
        let name = format!("{key}.linked");
        if let Some(linked) = cache.read(&name).and_then(Linked::decode) {
            return Ok(linked);
        }
        let bytes = Linked::encode()?;
        cache.write(&name, &bytes);
        Linked::decode(bytes).ok_or_else(|| "what was linked cannot be read".into())
    }

    /// Links, and puts together: the lengths of the shim and the component, the shim, the component, and the latter
    /// without function bodies.
    fn encode() -> Result<Vec<u8>, Fault> {
        let mut resolve = wit_parser::Resolve::default();
        resolve.push_str("extension.wit", WIT)?;
        resolve.push_str("random.wit", RANDOM)?;
        resolve.push_str("io.wit", runtime::IO)?;
        resolve.push_str("clocks.wit", runtime::CLOCKS)?;
        let package = resolve.push_str("build.wit", WORLD)?;
        let world = resolve.select_world(&[package], Some("build"))?;
        let (mut bindings, metadata) = wit_dylib::create_with_metadata(&resolve, world, None);
        let shim = componentize_qjs::codegen::generate_shim(&resolve, &metadata);
        let encoding = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(&mut bindings, &resolve, world, encoding)?;
        let narrowed = runtime::narrow(runtime::shipped())?;
        let mut linker = wit_component::Linker::default();
        linker.library(RUNTIME, &narrowed.runtime, false)?;
        linker.library("stand-in.wasm", &narrowed.stand_in, false)?;
        linker.library("bindings.wasm", &bindings, false)?;
        let component = table::hand_over(&linker.encode()?, RUNTIME)?;
        // What is trimmed here need not be trimmed of every component that is made of it.
        let component = component::strip(&component)?.into_owned();
        let lengths = [shim.len(), component.len()].map(|length| (length as u64).to_le_bytes());
        let emptied = bodies::empty(&component)?;
        Ok([lengths.as_flattened(), shim.as_bytes(), &component, &emptied].concat())
    }

    fn decode(bytes: Vec<u8>) -> Option<Linked> {
        let (first, rest) = bytes.split_first_chunk::<8>()?;
        let (second, rest) = rest.split_first_chunk::<8>()?;
        let length = |bytes: &[u8; 8]| usize::try_from(u64::from_le_bytes(*bytes)).ok();
        let shim = 16..length(first)?.checked_add(16)?;
        let component = shim.end..length(second)?.checked_add(shim.end)?;
        std::str::from_utf8(bytes.get(shim.clone())?).ok()?;
        (rest.len() + 16 >= component.end).then_some(Linked { bytes, shim, component })
    }
}

/// Sealed entries. One that is damaged counts as absent; one that cannot be written costs time at the next build and
/// nothing else.
struct Cache {
    folder: PathBuf,
}

impl Cache {
    fn new(folder: &Path) -> Cache {
        Cache { folder: folder.join("javascript") }
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        cache::read_sealed(&self.folder.join(name), name.as_bytes())
    }

    /// The file of an entry that is whole.
    fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        cache::is_sealed(&path, name.as_bytes()).then_some(path)
    }

    fn write(&self, name: &str, payload: &[u8]) {
        // Best effort, as the type says.
        let _ = files::write(&self.folder.join(name), &cache::seal(payload, name.as_bytes()));
    }
}
