//! Where the handler comes from: a bundle, or the project here.

use super::subject::Subject;
use crate::commands::Session;
use crate::config::Config;
use crate::error::Error;
use crate::{build, cli, project, release};
use std::path::Path;

/// The handler in a bundle, with the data that was named or the project's around here.
pub(super) fn from_bundle(path: &Path, arguments: &cli::Invoke, session: &Session) -> Result<Subject, Error> {
    let (surveyed, component) = release::survey_component(path)?;
    let Some(wasm) = component else {
        let what = format!("`{}` holds no `dist/main.wasm`, so there is no handler to call", path.display());
        return Err(Error::Usage { what, hint: None });
    };
    let config = match (&arguments.data, session.project_root()) {
        (Some(file), _) => load_data(&session.path(file))?,
        (None, Ok(root)) => project::load_config(&root.join(project::CONFIG))?,
        (None, Err(_)) => Config::default(),
    };
    Ok(Subject { wasm, manifest: surveyed.manifest, config, project: None, script: None })
}

/// The project's handler, built when it is stale.
pub(super) fn from_project(arguments: &cli::Invoke, session: &Session) -> Result<Subject, Error> {
    let project = session.project()?;
    let mut script = None;
    if let Some(current) = build::current(&project)? {
        script = current.script;
    } else {
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
    Ok(Subject { wasm, manifest, config, project: Some(project), script })
}

/// A data file that was named has to be there.
fn load_data(path: &Path) -> Result<Config, Error> {
    fs_err::metadata(path)?;
    Ok(project::load_config(path)?)
}
