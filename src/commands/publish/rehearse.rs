//! `publish --dry-run`

use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::registry::client::{Address, Release};
use serde_json::{Value, json};

/// Says what would be sent.
pub(super) fn rehearse(
    arguments: &cli::Publish,
    session: &Session,
    tenant: &str,
    release: &Release,
) -> Result<Exit, Error> {
    let (manifest, digest) = (&release.manifest, release.digest);
    let address =
        Address::parse(&arguments.remote.registry).map_err(crate::registry::Error::from)?.to_string();
    let signed = release.signature.is_some();
    let document = json!({
        "registry_id": Value::Null,
        "version": manifest.version,
        "content_hash": digest,
        "install_id": Value::Null,
        "already_there": false,
        "dry_run": true,
        "name": manifest.name,
        "registry": address,
        "tenant": tenant,
        "size": release.size,
        "signed": signed,
        "install": !arguments.no_install,
    });
    session.output.data(&document, || {
        let install = if arguments.no_install { "no" } else { "yes" };
        let signature = if signed { "sent along" } else { "none beside the bundle" };
        let mut lines = vec![format!("{} {}", manifest.name, manifest.version)];
        for (label, value) in [
            ("bundle", release.path.display().to_string()),
            ("size", format!("{} bytes", release.size)),
            ("content hash", digest.to_string()),
            ("signature", signature.to_owned()),
            ("registry", address.clone()),
            ("tenant", tenant.to_owned()),
            ("install", install.to_owned()),
        ] {
            lines.push(format!("  {label:<13} {value}"));
        }
        lines.join("\n")
    })?;
    session.output.say("everything was checked and nothing was sent");
    Ok(Exit::Done)
}
