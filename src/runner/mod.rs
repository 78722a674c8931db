//! The engine: load a component once, call its handler many times, each in a fresh instance.

mod cache;
mod engine;
mod execute;
mod functions;
mod link;
mod outcome;
mod source;
mod state;
mod stdio;

pub use crate::host::{HostCall, Level, Log, Stream};
pub use link::refuse_modules;
pub use outcome::{Failure, FailureKind, Outcome, Request, Response};
pub use source::{Runtime, Script};

use crate::exit::Exit;
use crate::host::bindings::RunnerPre;
use crate::host::{Call, Platform};
use cache::Cache;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

/// Bytes of a response body.
pub const MAX_BODY_BYTES: usize = 32 << 20;
/// Headers of a response.
pub const MAX_HEADERS: usize = 256;
/// Bytes of all names and values of a response's headers.
pub const MAX_HEADER_BYTES: usize = 64 << 10;

/// Why a component could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine cannot run WebAssembly.
    #[error("the WebAssembly engine could not start")]
    Engine(#[source] Cause),
    /// The bytes are no component.
    #[error("the handler is no WebAssembly component")]
    Compile(#[source] Cause),
    /// The component wants something the platform does not have, or in another form.
    #[error("the component does not fit the platform: {what}")]
    Link {
        /// What, by name.
        what: String,
        /// The engine's words.
        #[source]
        source: Cause,
    },
    /// The component has no handler.
    #[error("the component does not export `handler: func(request: execute-request) -> execute-response`")]
    Handler(#[source] Cause),
    /// It was called and gave no answer.
    #[error("{}", .0.message)]
    Call(Failure),
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What the engine said.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Compile(_) | Error::Link { .. } | Error::Handler(_) | Error::Call(_) => Exit::AtFault,
            Error::Engine(_) | Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Compile(_) => {
                Some("`alga-ext build` makes a component from source or from a core module".into())
            }
            Error::Link { .. } | Error::Handler(_) => {
                Some("`alga-ext wit` prints the world a handler is built against".into())
            }
            Error::Call(failure) => failure.hint(),
            Error::Engine(_) | Error::Io(_) => None,
        }
    }
}

/// One engine for the whole process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runner {
    inner: Arc<Inner>,
}

/// A component, compiled and linked, ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Handler {
    inner: Arc<Inner>,
    pre: RunnerPre<state::State>,
    /// What each instance loads before it is called; a finished component holds it already.
    script: Option<Arc<Script>>,
    /// One instance that has, for the first call.
    ahead: Arc<Mutex<Option<source::Loaded>>>,
}

struct Inner {
    engine: Engine,
    linker: Linker<state::State>,
    cache: Option<Cache>,
    ticker: engine::Ticker,
    places: Semaphore,
    ahead: Arc<Semaphore>,
}

impl Runner {
    /// Starts the engine. Compiled components are kept in `cache`, by hash, when it is given.
    pub fn new(cache: Option<&Path>) -> Result<Runner, Error> {
        let functions = Arc::default();
        let engine = engine::start(&functions)?;
        let inner = Inner {
            linker: link::linker(&engine)?,
            cache: cache.map(|folder| Cache::new(folder, &engine, &functions)),
            ticker: engine::Ticker::start(&engine)?,
            places: Semaphore::new(engine::PLACES as usize),
            ahead: Arc::new(Semaphore::new(engine::AHEAD as usize)),
            engine,
        };
        Ok(Runner { inner: Arc::new(inner) })
    }

    /// Compiles a component, or finds it compiled; links it against the platform.
    pub fn load(&self, wasm: &[u8]) -> Result<Handler, Error> {
        self.link(&self.compile(wasm)?)
    }

    /// The same for a component that was compiled before; none for another.
    pub fn find(&self, wasm: &[u8]) -> Result<Option<Handler>, Error> {
        let found = self.inner.cache.as_ref().and_then(|cache| cache.find(&self.inner.engine, wasm));
        found.map(|component| self.link(&component)).transpose()
    }

    /// Whether loading the source of `wasm` for each call has taken as long by now as compiling it does.
    pub fn is_worth_compiling(&self, wasm: &[u8]) -> bool {
        self.inner.cache.as_ref().is_some_and(|cache| cache.is_worth_compiling(wasm))
    }

    /// Notes that its source was loaded for a call.
    pub fn note_loading(&self, wasm: &[u8], took: Duration) {
        if let Some(cache) = &self.inner.cache {
            cache.note_loading(wasm, took);
        }
    }

    fn link(&self, component: &Component) -> Result<Handler, Error> {
        let inner = Arc::clone(&self.inner);
        let pre = link::link(&inner.linker, component)?;
        Ok(Handler { inner, pre, script: None, ahead: Arc::default() })
    }

    /// Compiles the runtime that handlers are loaded into as scripts, or finds it compiled.
    pub fn runtime(&self, wasm: &[u8]) -> Result<Runtime, Error> {
        let linker =
            link::with_loader(&self.inner.linker).map_err(|error| Error::Engine(Cause::from(error)))?;
        let pre = link::link(&linker, &self.compile(wasm)?)?;
        Ok(Runtime { inner: Arc::clone(&self.inner), pre })
    }

    fn compile(&self, wasm: &[u8]) -> Result<Component, Error> {
        match &self.inner.cache {
            Some(cache) => cache.load(&self.inner.engine, wasm),
            None => cache::compile(&self.inner.engine, wasm),
        }
    }
}

impl Handler {
    /// Whether each call loads the source anew.
    pub fn is_source(&self) -> bool {
        self.script.is_some()
    }

    /// Whether an instance that has loaded the source waits for the first call.
    pub fn is_loaded(&self) -> bool {
        source::locked(&self.ahead).is_some()
    }

    /// Calls the handler in a fresh instance. Never fails: what goes wrong is the outcome's failure.
    /// Needs a tokio runtime with its clock on.
    pub async fn call(&self, platform: &Arc<Platform>, call: Call, request: Request) -> Outcome {
        execute::call(self, platform, call, request).await
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.ticker.close();
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Inner").field("cache", &self.cache).finish_non_exhaustive()
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Handler").finish_non_exhaustive()
    }
}
