//! `registry fetch`

use super::{call, connect};
use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::files::{self, Pending};
use crate::release::signature_path;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Runs `registry fetch`.
pub(super) fn fetch(arguments: &cli::RegistryFetch, session: &Session) -> Result<Exit, Error> {
    let client = connect(&arguments.remote, session)?;
    let spinner = session.output.spinner("fetching");
    let fetched = call(session, async {
        let located = client.locate(&arguments.id, &arguments.version).await?;
        let path = match &arguments.out {
            Some(out) => session.path(out),
            None => session.path(&PathBuf::from(file_name(&located.name, &located.version))),
        };
        let mut bundle = Pending::begin(&path)?;
        let size = client.fetch(&located, &mut bundle).await?;
        Ok((located, path, bundle, size))
    });
    spinner.finish_and_clear();
    let (fetched, path, bundle, size) = fetched?;
    let beside = signature_path(&path);
    let mut together = vec![bundle];
    if let Some(signature) = &fetched.signature {
        let mut file = Pending::begin(&beside)?;
        file.write_all(signature.text.as_bytes())?;
        together.push(file);
    }
    files::put_together(together)?;
    let signature = fetched.signature.as_ref().map(|_| beside.display().to_string());
    let document = json!({
        "registry_id": fetched.registry_id,
        "name": fetched.name,
        "version": fetched.version,
        "content_hash": fetched.content_hash,
        "path": path.display().to_string(),
        "size": size,
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
