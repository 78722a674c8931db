//! `attest`: a bundle → `<bundle>.dsse.json`, a signed statement about it.

use super::Session;
use super::signer::signer;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::release::AttestOptions;
use crate::{cli, release};
use serde_json::json;
use std::path::PathBuf;

/// Runs `attest`.
pub(super) fn run(arguments: &cli::Attest, session: &Session) -> Result<Exit, Error> {
    let results: Vec<PathBuf> = arguments.tests.iter().map(|path| session.path(path)).collect();
    let project = session.project_root().ok();
    let options = AttestOptions {
        created: session.created(&arguments.epoch)?,
        results: &results,
        project: project.as_deref(),
    };
    let bundle = session.path(&arguments.bundle);
    let attested =
        release::attest(&bundle, &options, |publisher| signer(&arguments.key, publisher, session))?;
    let said = &attested.statement.predicate;
    let document = json!({
        "statement": attested.path,
        "key_id": attested.key_id,
        "subject": attested.statement.subject,
        "predicate": said,
    });
    session.output.data(&document, || attested.path.display().to_string())?;
    attested.warnings.iter().for_each(|warning| session.output.warn(&plain(warning)));
    let tests = said.tests.as_ref().map_or_else(
        || "no tests".to_owned(),
        |tests| format!("{} tests passed and {} failed", tests.passed, tests.failed),
    );
    let commit = said.git.as_ref().map_or_else(String::new, |git| {
        format!(", commit {}{}", git.commit, if git.dirty { " with changes" } else { "" })
    });
    session.output.say(&format!(
        "attested {} {}: {} errors, {} warnings, {tests}{commit}",
        plain(&said.name),
        plain(&said.version),
        said.validate.errors,
        said.validate.warnings
    ));
    Ok(Exit::Done)
}
