//! `registry install` and `registry uninstall`

use super::{call, connect};
use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::registry::client;
use serde_json::json;

/// Runs `registry install`.
pub(super) fn install(arguments: &cli::RegistryInstall, session: &Session) -> Result<Exit, Error> {
    let client = connect(&arguments.remote, session)?;
    let installed = call(session, async {
        let version = match &arguments.version {
            Some(version) => version.clone(),
            None => client.newest(&arguments.id).await?,
        };
        let installed = client.install(&arguments.id, &version).await?;
        Ok((version, installed))
    });
    let (version, installed) = installed?;
    let document = json!({
        "registry_id": installed.registry_id.unwrap_or_else(|| arguments.id.clone()),
        "version": version,
        "install_id": installed.install_id,
    });
    session.output.data(&document, String::new)?;
    if !session.output.is_json() {
        session.output.say(&format!("`{}` {version} is installed", arguments.id));
    }
    Ok(Exit::Done)
}

/// Runs `registry uninstall`.
pub(super) fn uninstall(arguments: &cli::RegistryUninstall, session: &Session) -> Result<Exit, Error> {
    let client = connect(&arguments.remote, session)?;
    let uninstalled = call(session, client.uninstall(&arguments.id))?;
    let document = json!({
        "registry_id": uninstalled.registry_id.unwrap_or_else(|| arguments.id.clone()),
        "uninstalled": uninstalled.success,
        "message": uninstalled.message,
    });
    session.output.data(&document, String::new)?;
    if !session.output.is_json() {
        session.output.say(&client::plain(uninstalled.message.as_deref().unwrap_or("uninstalled"), 300));
    }
    Ok(Exit::Done)
}
