//! What `invoke` calls.

use crate::build;
use crate::commands::Session;
use crate::config::Config;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::project::Project;
use crate::runner::{Handler, Runner, Script};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a source may take to be loaded; one that takes longer is compiled.
const LOADING: Duration = Duration::from_secs(2);

/// What there is to call.
pub(super) struct Subject {
    /// The component.
    pub(super) wasm: Vec<u8>,
    /// Its manifest.
    pub(super) manifest: Manifest,
    /// The platform data.
    pub(super) config: Config,
    /// Whose it is; none for a bundle.
    pub(super) project: Option<Project>,
    /// The script it was made from, where that is known already.
    pub(super) script: Option<String>,
}

impl Subject {
    /// The handler, ready to be called. One that was not compiled before is loaded from its source where there is one:
    /// that takes less, until it was loaded too often (docs/javascript.md has the figures).
    pub(super) fn handler(&self, runner: &Runner, session: &Session) -> Result<Handler, Error> {
        if let Some(handler) = runner.find(&self.wasm)? {
            return Ok(handler);
        }
        if let Some(project) = &self.project
            && !runner.is_worth_compiling(&self.wasm)
            && let Some(text) = self.source(project)?
            && let Ok(linked) = build::javascript::Linked::load(&session.cache)
        {
            let script = Script { shim: linked.shim().into(), text };
            let runtime = runner.runtime(linked.component())?;
            let begun = Instant::now();
            let handler = runtime.loaded(Arc::new(script), LOADING);
            if handler.is_loaded() {
                runner.note_loading(&self.wasm, begun.elapsed());
                return Ok(handler);
            }
        }
        Ok(runner.load(&self.wasm)?)
    }

    fn source(&self, project: &Project) -> Result<Option<String>, Error> {
        match &self.script {
            Some(script) => Ok(Some(script.clone())),
            None => Ok(build::source_of(project, &self.wasm)?),
        }
    }
}
