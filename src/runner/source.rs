//! A handler as a script: each instance loads it before it is called, so that nothing has to be compiled first.

use super::state::State;
use super::{Handler, Inner};
use crate::host::bindings::{Runner, RunnerPre};
use futures_util::FutureExt;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::{Store, UpdateDeadline};

/// Bytes a source may take while it is loaded ahead of a call, as many as when it is built.
const AHEAD_MEMORY: usize = 512 << 20;

/// The runtime scripts are loaded into, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    pub(super) inner: Arc<Inner>,
    pub(super) pre: RunnerPre<State>,
}

/// What an instance of the runtime loads.
#[derive(Debug)]
pub struct Script {
    /// The script that makes the bindings.
    pub shim: Arc<str>,
    /// The author's, in one file.
    pub text: String,
}

impl Runtime {
    /// A handler that loads `script` for each call.
    pub fn handler(&self, script: Arc<Script>) -> Handler {
        let (inner, pre) = (Arc::clone(&self.inner), self.pre.clone());
        Handler { inner, pre, script: Some(script), ahead: Arc::default() }
    }

    /// The same, with an instance for the first call that has loaded it; without one when that takes more than `limit`
    /// or fails, which the call itself will find out.
    pub fn loaded(&self, script: Arc<Script>, limit: Duration) -> Handler {
        let handler = self.handler(script);
        *locked(&handler.ahead) = Loaded::new(&handler, limit);
        handler
    }
}

/// An instance that has loaded the script and was not called yet.
pub(super) struct Loaded {
    pub(super) store: Store<State>,
    pub(super) instance: Runner,
    _place: OwnedSemaphorePermit,
}

impl Loaded {
    fn new(handler: &Handler, limit: Duration) -> Option<Loaded> {
        let Handler { inner, pre, script, .. } = handler;
        let place = Arc::clone(&inner.ahead).try_acquire_owned().ok()?;
        let _running = inner.ticker.run();
        let deadline = Instant::now() + limit;
        let mut store = Store::new(&inner.engine, State::loading(AHEAD_MEMORY));
        store.limiter(|state| &mut state.memory);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            let over = Instant::now() >= deadline;
            Ok(if over { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
        });
        // Nothing waits while a source is loaded, so that the future is ready at once.
        let instance = load(pre, &mut store, script.as_deref()?).now_or_never()?.ok()?;
        Some(Loaded { store, instance, _place: place })
    }

    /// The one that was made for the handler's first call, if what it took fits into the call's memory.
    pub(super) fn take(handler: &Handler, memory_bytes: usize) -> Option<Loaded> {
        locked(&handler.ahead).take().filter(|loaded| loaded.store.data().memory.used <= memory_bytes)
    }
}

/// The instance, while nobody else takes it.
pub(super) fn locked(ahead: &Mutex<Option<Loaded>>) -> MutexGuard<'_, Option<Loaded>> {
    ahead.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Runtime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// The runtime's way in, and how it ends: the text of what was thrown.
type Init = (Result<(), String>,);

/// Instantiates the runtime and loads the script, as the build did before it took its snapshot.
pub(super) async fn load(
    pre: &RunnerPre<State>,
    store: &mut Store<State>,
    script: &Script,
) -> wasmtime::Result<Runner> {
    let instance = pre.instance_pre().instantiate_async(&mut *store).await?;
    let init = instance.get_typed_func::<(&str, &str, Option<&str>, bool), Init>(&mut *store, "init")?;
    let (loaded,) = init.call_async(&mut *store, (&script.shim, &script.text, None, false)).await?;
    // The build has loaded it with the same words, clocks and dice: what fails now are this call's bounds.
    loaded.map_err(|thrown| wasmtime::format_err!("the source throws while it is loaded: {thrown}"))?;
    Runner::new(store, &instance)
}
