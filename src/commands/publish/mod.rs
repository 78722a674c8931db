//! `publish`

mod bundle;
mod rehearse;

use super::Session;
use super::registry::connect;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::registry::client::{Client, Outcome, Progress, Release};
use serde_json::json;
use std::sync::Arc;

/// Runs `publish`.
pub(super) fn run(arguments: &cli::Publish, session: &Session) -> Result<Exit, Error> {
    let Some(tenant) = arguments.remote.tenant.as_deref() else {
        return Err(Error::Usage {
            what: "there is no tenant to publish for".into(),
            hint: Some("name it with `--tenant`, or set `ALGA_TENANT_ID`".into()),
        });
    };
    let client = connect(&arguments.remote, session)?;
    let release = Release::open(&bundle::find(arguments, session)?).map_err(crate::registry::Error::from)?;
    if arguments.dry_run {
        return rehearse::rehearse(arguments, session, tenant, &release);
    }
    let outcome =
        session.block_on(async { send(&client, &release, !arguments.no_install, session).await })?;
    let Outcome { registry_id, version, content_hash, install_id, already_there } = &outcome;
    let document = json!({
        "registry_id": registry_id,
        "version": version,
        "content_hash": content_hash,
        "install_id": install_id,
        "already_there": already_there,
        "dry_run": false,
    });
    session.output.data(&document, String::new)?;
    if !session.output.is_json() {
        let name = &release.manifest.name;
        let what = if *already_there { "is already there" } else { "is published" };
        let installed =
            install_id.as_ref().map(|_| format!(", and installed for `{tenant}`")).unwrap_or_default();
        session.output.say(&format!("`{name}` {version} {what}{installed}: {content_hash}"));
    }
    Ok(Exit::Done)
}

/// Publishes with a bar that counts the bytes.
async fn send(
    client: &Client,
    release: &Release,
    install: bool,
    session: &Session,
) -> Result<Outcome, Error> {
    let bar = session.output.bytes_bar(release.size);
    bar.set_message("uploading");
    let shown = bar.clone();
    let progress: Progress = Arc::new(move |sent| shown.set_position(sent));
    let outcome = client.publish(release, install, &progress).await;
    bar.finish_and_clear();
    Ok(outcome.map_err(crate::registry::Error::from)?)
}
