//! `registry`

use super::Session;
use crate::cli::{self, RegistryCommand, Remote};
use crate::error::Error;
use crate::exit::Exit;
use crate::registry::client::{self, Address, Client};
use crate::registry::{self, server, wire};
use crate::release::signature_path;
use crate::{files, serve};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The largest file that can hold an API key.
const LARGEST_KEY_FILE: u64 = 4096;

/// Runs `registry`.
pub(super) fn run(arguments: &cli::Registry, session: &Session) -> Result<Exit, Error> {
    match &arguments.command {
        RegistryCommand::Serve(arguments) => serve(arguments, session),
        RegistryCommand::Ls(arguments) => ls(arguments, session),
        RegistryCommand::Versions(arguments) => versions(arguments, session),
        RegistryCommand::Fetch(arguments) => fetch(arguments, session),
        RegistryCommand::Install(arguments) => install(arguments, session),
        RegistryCommand::Uninstall(arguments) => uninstall(arguments, session),
    }
}

/// The client of the registry that was named, with the key from the environment or a file.
pub(super) fn connect(remote: &Remote, session: &Session) -> Result<Client, Error> {
    let address = Address::parse(&remote.registry).map_err(registry::Error::from)?;
    if address.is_exposed() {
        session.output.warn(&format!("`{address}` is plain http: anyone on the way can read the API key"));
    }
    let key = match &remote.api_key_file {
        Some(file) => {
            let bytes = crate::release::read_bounded(&session.path(file), LARGEST_KEY_FILE)?;
            String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned()
        }
        None => remote.api_key.clone().unwrap_or_default(),
    };
    let output = session.output.clone();
    let client = Client::new(client::Options {
        address,
        tenant: remote.tenant.as_deref(),
        key: &key,
        timeout: remote.timeout,
        retries: remote.retries,
        pause: remote.retry_pause,
        hear: Box::new(move |line| output.say(line)),
    });
    Ok(client.map_err(registry::Error::from)?)
}

/// Runs a call to its end.
fn call<T>(session: &Session, call: impl Future<Output = Result<T, client::Error>>) -> Result<T, Error> {
    session.block_on(async { Ok(call.await.map_err(registry::Error::from)?) })
}

fn serve(arguments: &cli::RegistryServe, session: &Session) -> Result<Exit, Error> {
    let data = session.path(&arguments.data);
    let output = session.output.clone();
    session.block_on(async {
        let options = server::Options {
            data: &data,
            port: arguments.port,
            calls_a_minute: arguments.rate_limit,
            report: Box::new(move |line| output.warn(line)),
        };
        let bound = server::bind(options).await.map_err(registry::Error::from)?;
        let (url, key) = (bound.url(), bound.admin_key().display().to_string());
        session.output.event(&json!({ "event": "listening", "url": url, "admin_key_file": key }), || {
            format!("listening on {url}\nthe admin's API key is in `{key}`; Ctrl-C ends the registry")
        })?;
        bound.serve(serve::interrupted()).await;
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn ls(arguments: &cli::RegistryLs, session: &Session) -> Result<Exit, Error> {
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
        table(&rows)
    })?;
    Ok(Exit::Done)
}

fn versions(arguments: &cli::RegistryVersions, session: &Session) -> Result<Exit, Error> {
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
        table(&rows)
    })?;
    Ok(Exit::Done)
}

fn fetch(arguments: &cli::RegistryFetch, session: &Session) -> Result<Exit, Error> {
    let client = connect(&arguments.remote, session)?;
    let spinner = session.output.spinner("fetching");
    let fetched = call(session, client.fetch(&arguments.id, &arguments.version));
    spinner.finish_and_clear();
    let fetched = fetched?;
    let path = match &arguments.out {
        Some(out) => session.path(out),
        None => session.path(&PathBuf::from(file_name(&fetched.name, &fetched.version))),
    };
    files::write(&path, &fetched.bytes)?;
    let beside = signature_path(&path);
    if let Some(signature) = &fetched.signature {
        files::write(&beside, signature.text.as_bytes())?;
    }
    let signature = fetched.signature.as_ref().map(|_| beside.display().to_string());
    let document = json!({
        "registry_id": fetched.registry_id,
        "name": fetched.name,
        "version": fetched.version,
        "content_hash": fetched.content_hash,
        "path": path.display().to_string(),
        "size": fetched.bytes.len(),
        "signature": signature,
    });
    session.output.data(&document, || path.display().to_string())?;
    if !session.output.is_json() {
        let signed = signature.map(|path| format!(", its signature `{path}`")).unwrap_or_default();
        session.output.say(&format!("wrote `{}`{signed}: {}", path.display(), fetched.content_hash));
    }
    Ok(Exit::Done)
}

/// A file name made of what a registry says: only letters that are harmless anywhere.
fn file_name(name: &str, version: &str) -> String {
    let harmless =
        |letter: char| if letter.is_ascii_alphanumeric() || "._-+".contains(letter) { letter } else { '-' };
    let stem: String = format!("{name}-{version}").chars().take(120).map(harmless).collect();
    format!("{}.tar.zst", stem.trim_start_matches(['.', '-']))
}

fn install(arguments: &cli::RegistryInstall, session: &Session) -> Result<Exit, Error> {
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

fn uninstall(arguments: &cli::RegistryUninstall, session: &Session) -> Result<Exit, Error> {
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

/// Columns as wide as they need to be, without what a terminal would obey.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| client::plain(cell, 200)).collect()).collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| format!("{cell:<width$}", width = width(column)))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
