//! `invoke`: one call of the handler, as the gateway would make it, without a server.

use super::Session;
use crate::config::Config;
use crate::dev::{self, Asked};
use crate::error::Error;
use crate::exit::Exit;
use crate::host::{self, Platform};
use crate::manifest::Manifest;
use crate::project;
use crate::runner::{self, Outcome, Runner};
use crate::{build, cli, files, release};
use std::path::Path;

/// What there is to call.
struct Subject {
    wasm: Vec<u8>,
    manifest: Manifest,
    config: Config,
}

/// The largest body the gateway takes (contract/registry.md §5.1).
const LARGEST_BODY: u64 = 10 * 1024 * 1024;

/// Runs `invoke`.
pub(super) fn run(arguments: &cli::Invoke, session: &Session) -> Result<Exit, Error> {
    let subject = match &arguments.bundle {
        Some(bundle) => from_bundle(&session.path(bundle), arguments, session)?,
        None => from_project(arguments, session)?,
    };
    let options = host::Options { as_production: arguments.as_production };
    let platform = Platform::new(&subject.config, &subject.manifest, &options)?;
    let asked = Asked {
        method: arguments.method.clone(),
        target: arguments.path.clone(),
        headers: arguments.headers.iter().map(|line| header(line)).collect::<Result<_, _>>()?,
        body: arguments.body.as_deref().map(|text| body(text, session)).transpose()?,
    };
    let request_id = uuid::Uuid::new_v4().to_string();
    let prepared = dev::prepare(asked, &subject.manifest, &platform, &request_id);
    for warning in platform.warnings().iter().chain(&prepared.warnings) {
        session.output.warn(warning);
    }
    let request = match prepared.request {
        Ok(request) => request,
        Err(answer) => return show(&answer, session),
    };
    let persona = match arguments.user {
        cli::Persona::Internal => host::Persona::Internal,
        cli::Persona::Client => host::Persona::Client,
        cli::Persona::None => host::Persona::None,
    };
    let call = platform.call(platform.user(persona), Some(request_id));
    let handler = Runner::new(Some(&session.cache))?.load(&subject.wasm)?;
    let outcome = session.block_on(async { Ok(handler.call(&platform, call, request).await) })?;
    show(&outcome, session)
}

fn from_bundle(path: &Path, arguments: &cli::Invoke, session: &Session) -> Result<Subject, Error> {
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
    Ok(Subject { wasm: wasm.to_vec(), manifest: opened.manifest, config })
}

fn from_project(arguments: &cli::Invoke, session: &Session) -> Result<Subject, Error> {
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
        None => project.config,
    };
    Ok(Subject { wasm: fs_err::read(component)?, manifest: project.manifest, config })
}

/// A data file that was named has to be there.
fn load_data(path: &Path) -> Result<Config, Error> {
    fs_err::metadata(path)?;
    Ok(project::load_config(path)?)
}

fn header(line: &str) -> Result<(String, String), Error> {
    match line.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => {
            let hint = Some("write `--header 'name: value'`".into());
            Err(Error::Usage { what: format!("`{line}` is no header"), hint })
        }
    }
}

/// `text`, or `@file`.
fn body(text: &str, session: &Session) -> Result<Vec<u8>, Error> {
    match text.strip_prefix('@') {
        Some(file) => Ok(files::read_bounded(&session.path(Path::new(file)), LARGEST_BODY)?),
        None => Ok(text.as_bytes().to_vec()),
    }
}

/// The answer on standard output, what happened on the way on standard error.
fn show(outcome: &Outcome, session: &Session) -> Result<Exit, Error> {
    let output = &session.output;
    if output.is_json() {
        output.data(&outcome.document(), String::new)?;
        return Ok(if outcome.result.is_ok() { Exit::Done } else { Exit::AtFault });
    }
    for call in &outcome.host_calls {
        let line = format!("{}.{} {} → {}", call.interface, call.function, call.summary, call.outcome);
        output.detail(&format!("{line} ({} µs)", call.duration_us));
    }
    for log in &outcome.logs {
        output.say(&format!("[{} {}] {}", log.stream.as_str(), log.level.as_str(), log.message));
    }
    match &outcome.result {
        Ok(response) => {
            output.raw(&response.text())?;
            output.detail(&format!("answered in {} µs", outcome.duration.as_micros()));
            Ok(Exit::Done)
        }
        Err(failure) => {
            // Last words are among the log lines already.
            let is_said = |detail: &&String| !outcome.logs.iter().any(|log| log.message == **detail);
            output.say(failure.detail.as_ref().filter(is_said).map_or("", String::as_str));
            Err(runner::Error::Call(failure.clone()).into())
        }
    }
}
