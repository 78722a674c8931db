//! A handler as a script: each instance loads it before it is called, so that nothing has to be compiled first.

use super::state::State;
use super::{Handler, Inner};
use crate::host::bindings::{Runner, RunnerPre};
use std::fmt;
use std::sync::Arc;
use wasmtime::Store;

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
        Handler { inner: Arc::clone(&self.inner), pre: self.pre.clone(), script: Some(script) }
    }
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
