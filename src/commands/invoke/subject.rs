//! What `invoke` calls: a bundle's handler or the project's.

use crate::commands::Session;
use crate::config::Config;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::project::{self, Project};
use crate::runner::{Handler, Runner, Script};
use crate::{build, cli, release};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

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
}

impl Subject {
    /// The handler, ready to be called. One that was not compiled before is loaded from its source where there is one:
    /// that takes less (docs/javascript.md has the figures).
    pub(super) fn handler(&self, runner: &Runner, session: &Session) -> Result<Handler, Error> {
        if let Some(handler) = runner.find(&self.wasm)? {
            return Ok(handler);
        }
        if let Some(project) = &self.project
            && let Some(text) = build::source_of(project, &self.wasm)?
            && let Ok(linked) = build::javascript::Linked::load(&session.cache)
        {
            let script = Script { shim: linked.shim.into(), text };
            let handler = runner.runtime(&linked.component)?.loaded(Arc::new(script), LOADING);
            if handler.is_loaded() {
                return Ok(handler);
            }
        }
        Ok(runner.load(&self.wasm)?)
    }
}

/// The handler in a bundle, with the data that was named or the project's around here.
pub(super) fn from_bundle(path: &Path, arguments: &cli::Invoke, session: &Session) -> Result<Subject, Error> {
    let opened = release::open(path)?;
    let Some(wasm) = opened.bundle.entry("dist/main.wasm") else {
        let what = format!("`{}` holds no `dist/main.wasm`, so there is no handler to call", path.display());
        return Err(Error::Usage { what, hint: None });
    };
    let config = match (&arguments.data, session.project_root()) {
        (Some(file), _) => load_data(&session.path(file))?,
        (None, Ok(root)) => project::load_config(&root.join(project::CONFIG))?,
        (None, Err(_)) => Config::default(),
    };
    Ok(Subject { wasm: wasm.to_vec(), manifest: opened.manifest, config, project: None })
}

/// The project's handler, built when it is stale.
pub(super) fn from_project(arguments: &cli::Invoke, session: &Session) -> Result<Subject, Error> {
    let project = session.project()?;
    if build::is_stale(&project)? {
        let spinner = session.output.spinner("building");
        let built = build::build(&project, &session.build_options());
        spinner.finish_and_clear();
        for warning in built?.warnings {
            session.output.warn(&warning);
        }
    }
    let component = project.component();
    if !component.exists() {
        let what = "this extension has no handler to call".to_owned();
        let hint = "add `src/handler.ts`, a Rust crate, or `build: {output: …}` to `alga-ext.yaml`";
        return Err(Error::Usage { what, hint: Some(hint.into()) });
    }
    let config = match &arguments.data {
        Some(file) => load_data(&session.path(file))?,
        None => project.config.clone(),
    };
    let (wasm, manifest) = (fs_err::read(component)?, project.manifest.clone());
    Ok(Subject { wasm, manifest, config, project: Some(project) })
}

/// A data file that was named has to be there.
fn load_data(path: &Path) -> Result<Config, Error> {
    fs_err::metadata(path)?;
    Ok(project::load_config(path)?)
}
