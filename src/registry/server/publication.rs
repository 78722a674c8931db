//! The rows of a publication: an extension, its version, its bundle, its endpoints; one transaction.

use super::refusal::Refusal;
use crate::bundle::Digest;
use crate::manifest::Manifest;
use crate::registry::wire::{
    ALREADY_EXISTS, Conflict, Extension, Finalized, Signature, Version, canonical_key,
};
use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde_json::json;

/// What is to be published.
pub(super) struct Publication<'a> {
    pub(super) upload: &'a str,
    pub(super) tenant: &'a str,
    pub(super) manifest: &'a Manifest,
    pub(super) digest: Digest,
    pub(super) size: u32,
    pub(super) signature: Option<&'a Signature>,
}

/// An upload that waits, or has become a version.
pub(super) struct Upload {
    pub(super) size: u32,
    pub(super) version_id: Option<String>,
}

/// Where a publication would go: the extension, if it exists, and the resolved version.
pub(super) struct Admitted {
    registry_id: Option<String>,
    version: String,
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The tenant's upload of that id.
pub(super) fn upload(rows: &Connection, id: &str, tenant: &str) -> Result<Upload, Refusal> {
    let sql = "SELECT size_bytes, version_id FROM staging_upload WHERE id = ?1 AND tenant_id = ?2";
    let read = |row: &rusqlite::Row| Ok(Upload { size: row.get(0)?, version_id: row.get(1)? });
    let found = rows.query_row(sql, [id, tenant], read).optional()?;
    let message = "there is no such upload: it was aborted, is over a day old, or is another tenant's";
    found.ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "STAGING_NOT_FOUND", message))
}

/// Refuses what is another tenant's or exists already; resolves a wildcard (contract/registry.md §1.7).
pub(super) fn admit(rows: &Connection, publication: &Publication) -> Result<Admitted, Refusal> {
    let Publication { manifest, tenant, .. } = publication;
    let publisher = manifest.publisher.as_deref().unwrap_or_default();
    let sql = "SELECT id, owner_tenant FROM extension_registry WHERE publisher = ?1 AND name = ?2";
    let read = |row: &rusqlite::Row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let found = rows.query_row(sql, [publisher, &manifest.name], read).optional()?;
    let Some((registry_id, owner)) = found else {
        let version = next_patch(&manifest.version, std::iter::empty());
        return Ok(Admitted { registry_id: None, version });
    };
    if owner != *tenant {
        let message = format!("`{publisher}.{}` belongs to another tenant", manifest.name);
        return Err(Refusal::new(StatusCode::FORBIDDEN, "RBAC_FORBIDDEN", message));
    }
    let mut statement = rows.prepare("SELECT version FROM extension_version WHERE registry_id = ?1")?;
    let versions: Vec<String> =
        statement.query_map([&registry_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let version = next_patch(&manifest.version, versions.iter().map(String::as_str));
    if versions.contains(&version) {
        return Err(taken(rows, &registry_id, &manifest.name, &version)?);
    }
    Ok(Admitted { registry_id: Some(registry_id), version })
}

/// The 409, with the hash of the bytes that are there.
fn taken(rows: &Connection, registry_id: &str, name: &str, version: &str) -> Result<Refusal, Refusal> {
    let sql = "SELECT b.content_hash FROM extension_bundle b JOIN extension_version v ON v.id = b.version_id
               WHERE v.registry_id = ?1 AND v.version = ?2 ORDER BY b.created_at DESC, b.rowid DESC LIMIT 1";
    let hash: Option<String> = rows.query_row(sql, [registry_id, version], |row| row.get(0)).optional()?;
    let message = format!("version `{version}` of `{name}` already exists, and a version never changes");
    let refusal = Refusal::new(StatusCode::CONFLICT, ALREADY_EXISTS, message);
    let Some(digest) = hash.as_deref().and_then(Digest::parse) else { return Ok(refusal) };
    let conflict = Conflict {
        content_hash: digest.hex(),
        registry_id: Some(registry_id.to_owned()),
        version: Some(version.to_owned()),
    };
    Ok(refusal.details(json!(conflict)))
}

/// `X.Y.*` becomes the patch after the highest there is, or `X.Y.0`; anything else stays as it is.
fn next_patch<'a>(wanted: &str, versions: impl Iterator<Item = &'a str>) -> String {
    let Some(prefix) = wanted.strip_suffix('*') else { return wanted.to_owned() };
    let patch = |version: &str| {
        let digits = version.strip_prefix(prefix)?;
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u64>().ok()).flatten()
    };
    let next = versions.filter_map(patch).max().map_or(0, |highest| highest.saturating_add(1));
    format!("{prefix}{next}")
}

/// Writes all rows, or none.
pub(super) fn record(rows: &mut Connection, publication: &Publication) -> Result<Finalized, Refusal> {
    let Publication { manifest, tenant, .. } = publication;
    let transaction = rows.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let admitted = admit(&transaction, publication)?;
    let registry_id = if let Some(id) = admitted.registry_id {
        id
    } else {
        let id = new_id();
        transaction.execute(
            "INSERT INTO extension_registry (id, publisher, name, owner_tenant) VALUES (?1, ?2, ?3, ?4)",
            (&id, manifest.publisher.as_deref().unwrap_or_default(), &manifest.name, tenant),
        )?;
        id
    };
    let version_id = new_id();
    let ui = manifest.ui.as_ref().map(|ui| {
        let mut hooks = serde_json::Map::new();
        for (hook, label) in [("appMenu", &ui.app_menu), ("clientPortalMenu", &ui.client_portal_menu)] {
            if let Some(label) = label {
                hooks.insert(hook.into(), json!({ "label": label }));
            }
        }
        let value = if hooks.is_empty() {
            json!({ "type": "iframe", "entry": ui.entry })
        } else {
            json!({ "type": "iframe", "entry": ui.entry, "hooks": hooks })
        };
        value.to_string()
    });
    transaction.execute(
        "INSERT INTO extension_version
         (id, registry_id, version, runtime, main_entry, ui, capabilities, api_endpoints)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            &version_id,
            &registry_id,
            &admitted.version,
            &manifest.runtime,
            manifest.ui.as_ref().map_or("main", |ui| ui.entry.as_str()),
            ui,
            json!(manifest.capabilities.iter().filter(|name| !name.is_empty()).collect::<Vec<_>>())
                .to_string(),
            json!(manifest.endpoints).to_string(),
        ),
    )?;
    transaction.execute(
        "INSERT INTO extension_bundle
         (id, version_id, content_hash, signature, signature_algorithm, size_bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            new_id(),
            &version_id,
            publication.digest.to_string(),
            publication.signature.map(|signature| &signature.text),
            publication.signature.and_then(|signature| signature.algorithm.as_ref()),
            publication.size,
        ),
    )?;
    for endpoint in &manifest.endpoints {
        // Twice the same method and path: the last wins, as it does on the platform (§1.4).
        transaction.execute(
            "INSERT INTO extension_api_endpoint (id, version_id, method, path, handler)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (version_id, method, path) DO UPDATE SET handler = excluded.handler",
            (new_id(), &version_id, &endpoint.method, &endpoint.path, &endpoint.handler),
        )?;
    }
    transaction.execute(
        "UPDATE staging_upload SET version_id = ?1 WHERE id = ?2",
        [&version_id, publication.upload],
    )?;
    let finalized = finalized(&transaction, &version_id, tenant)?;
    transaction.commit()?;
    Ok(finalized)
}

/// What the publication of a version is answered with.
pub(super) fn finalized(rows: &Connection, version_id: &str, tenant: &str) -> Result<Finalized, Refusal> {
    let sql = "SELECT r.id, r.name, r.publisher, v.version, b.content_hash
               FROM extension_version v JOIN extension_registry r ON r.id = v.registry_id
               JOIN extension_bundle b ON b.version_id = v.id WHERE v.id = ?1";
    Ok(rows.query_row(sql, [version_id], |row| {
        let registry_id: String = row.get(0)?;
        let hash: String = row.get(4)?;
        let hex = hash.trim_start_matches("sha256:").to_owned();
        Ok(Finalized {
            canonical_key: Some(canonical_key(tenant, &registry_id, &hex)),
            extension: Extension { id: registry_id, name: row.get(1)?, publisher: row.get(2)? },
            version: Version { id: version_id.to_owned(), version: row.get(3)? },
            content_hash: hex,
        })
    })?)
}

#[cfg(test)]
mod tests {
    use super::next_patch;

    #[test]
    fn a_wildcard_becomes_the_next_patch() {
        for (wanted, versions, expected) in [
            ("1.2.3", &["1.2.3"][..], "1.2.3"),
            ("0.1.*", &[], "0.1.0"),
            ("0.1.*", &["0.1.9", "0.1.10", "0.1.11-rc.1", "0.2.50", "10.1.99"], "0.1.11"),
            ("0.1.*", &["0.1.x", "0.1.", "0.1.+5"], "0.1.0"),
        ] {
            assert_eq!(next_patch(wanted, versions.iter().copied()), expected, "{wanted} {versions:?}");
        }
    }
}
