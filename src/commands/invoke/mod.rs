//! `invoke`: one call of the handler, as the gateway would make it, without a server.

mod answer;
mod find;
mod subject;

use super::Session;
use crate::dev::{self, Asked};
use crate::error::Error;
use crate::exit::Exit;
use crate::host::{self, Platform};
use crate::runner::Runner;
use crate::{build, cli, files, output};
use std::path::Path;

/// The largest body the gateway takes (contract/registry.md §5.1).
const LARGEST_BODY: u64 = 10 * 1024 * 1024;

/// Runs `invoke`.
pub(super) fn run(arguments: &cli::Invoke, session: &Session) -> Result<Exit, Error> {
    let subject = match &arguments.bundle {
        Some(bundle) => find::from_bundle(&session.path(bundle), arguments, session)?,
        None => find::from_project(arguments, session)?,
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
    let user = platform.user(match arguments.user {
        cli::Persona::Internal => host::Persona::Internal,
        cli::Persona::Client => host::Persona::Client,
        cli::Persona::None => host::Persona::None,
    });
    let prepared = dev::prepare(asked, user.as_deref(), &subject.manifest, &platform, request_id);
    for warning in platform.warnings().iter().chain(&prepared.warnings) {
        session.output.warn(&output::plain(warning));
    }
    let request = match prepared.request {
        Ok(request) => request,
        Err(refusal) => return answer::show(&refusal, session),
    };
    let call = platform.call(user, Some(prepared.request_id));
    let handler = subject.handler(&Runner::new(Some(&session.cache))?, session)?;
    let mut outcome = session.block_on(async { Ok(handler.call(&platform, call, request).await) })?;
    if let Some(project) = &subject.project {
        outcome.rewrite(|text| build::javascript::quote(text, &project.root));
    }
    answer::show(&outcome, session)
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
