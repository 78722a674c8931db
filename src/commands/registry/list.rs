//! `registry ls` and `registry versions`

use super::{call, connect};
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::registry::wire;
use crate::{cli, output};
use serde_json::{Value, json};

/// Runs `registry ls`.
pub(super) fn ls(arguments: &cli::RegistryLs, session: &Session) -> Result<Exit, Error> {
    let client = connect(&arguments.remote, session)?;
    let extensions = call(session, client.list())?;
    let document = json!({ "extensions": extensions.iter().map(|listed| json!({
        "registry_id": listed.id,
        "name": listed.name,
        "publisher": listed.publisher,
        "latest": listed.latest_version,
        "versions": listed.versions,
        "installed": listed.installed,
    })).collect::<Vec<Value>>() });
    session.output.data(&document, || {
        let mut rows =
            vec![["NAME", "PUBLISHER", "LATEST", "VERSIONS", "INSTALLED", "ID"].map(str::to_owned)];
        let none = || "-".to_owned();
        rows.extend(extensions.into_iter().map(|listed| {
            let wire::Listed { id, name, publisher, latest_version, versions, installed } = listed;
            [
                name,
                publisher,
                latest_version.unwrap_or_else(none),
                versions.to_string(),
                installed.unwrap_or_else(none),
                id,
            ]
        }));
        output::table(&rows)
    })?;
    Ok(Exit::Done)
}

/// Runs `registry versions`.
pub(super) fn versions(arguments: &cli::RegistryVersions, session: &Session) -> Result<Exit, Error> {
    let client = connect(&arguments.remote, session)?;
    let wire::Versions { extension, versions } = call(session, client.versions(&arguments.id, None))?;
    let document = json!({
        "registry_id": extension.id,
        "name": extension.name,
        "publisher": extension.publisher,
        "versions": versions.iter().map(|published| json!({
            "version": published.version,
            "content_hash": published.content_hash,
            "size": published.size,
            "published_at": published.published_at,
            "signed": published.signature.is_some(),
            "installed": published.installed,
        })).collect::<Vec<Value>>(),
    });
    session.output.data(&document, || {
        let mut rows =
            vec![["VERSION", "PUBLISHED", "SIZE", "SIGNED", "INSTALLED", "CONTENT HASH"].map(str::to_owned)];
        let word = |yes: bool| if yes { "yes" } else { "-" }.to_owned();
        rows.extend(versions.into_iter().map(|published| {
            let (signed, installed) = (word(published.signature.is_some()), word(published.installed));
            [
                published.version,
                published.published_at,
                published.size.to_string(),
                signed,
                installed,
                published.content_hash,
            ]
        }));
        output::table(&rows)
    })?;
    Ok(Exit::Done)
}
