//! The tables (contract/registry.md §4.1), made and brought up to date by SQLite's `user_version`.

use super::Error;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// One step each; never changed once released, only added to.
const STEPS: [&str; 1] = [FIRST];

/// `now` as the rows write it: RFC 3339 in UTC, with milliseconds.
const FIRST: &str = "
CREATE TABLE extension_registry (
    id TEXT PRIMARY KEY,
    publisher TEXT NOT NULL,
    name TEXT NOT NULL,
    owner_tenant TEXT NOT NULL,
    display_name TEXT,
    description TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (publisher, name)
);
CREATE TABLE extension_version (
    id TEXT PRIMARY KEY,
    registry_id TEXT NOT NULL REFERENCES extension_registry (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    runtime TEXT NOT NULL,
    main_entry TEXT NOT NULL,
    api TEXT NOT NULL DEFAULT '{}',
    ui TEXT,
    capabilities TEXT NOT NULL DEFAULT '[]',
    api_endpoints TEXT NOT NULL DEFAULT '[]',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (registry_id, version)
);
CREATE TABLE extension_bundle (
    id TEXT PRIMARY KEY,
    version_id TEXT NOT NULL REFERENCES extension_version (id) ON DELETE CASCADE,
    content_hash TEXT NOT NULL,
    signature TEXT,
    signature_algorithm TEXT,
    precompiled TEXT,
    storage_url TEXT,
    size_bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (version_id, content_hash)
);
CREATE INDEX extension_bundle_hash ON extension_bundle (content_hash);
CREATE TABLE extension_api_endpoint (
    id TEXT PRIMARY KEY,
    version_id TEXT NOT NULL REFERENCES extension_version (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    handler TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (version_id, method, path)
);
CREATE TABLE tenant_extension_install (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    registry_id TEXT NOT NULL REFERENCES extension_registry (id),
    version_id TEXT NOT NULL REFERENCES extension_version (id),
    granted_caps TEXT NOT NULL DEFAULT '[]',
    config TEXT NOT NULL DEFAULT '{}',
    is_enabled INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled', 'pending')),
    runner_domain TEXT UNIQUE,
    runner_status TEXT NOT NULL DEFAULT '{\"state\":\"pending\"}',
    runner_ref TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (tenant_id, registry_id)
);
CREATE TABLE tenant_extension_install_config (
    id TEXT PRIMARY KEY,
    install_id TEXT NOT NULL UNIQUE REFERENCES tenant_extension_install (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL,
    config TEXT NOT NULL DEFAULT '{}',
    providers TEXT NOT NULL DEFAULT '[]',
    version TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE TABLE tenant_extension_install_secrets (
    id TEXT PRIMARY KEY,
    install_id TEXT NOT NULL UNIQUE REFERENCES tenant_extension_install (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL,
    ciphertext TEXT NOT NULL,
    algorithm TEXT NOT NULL DEFAULT 'inline/base64',
    transit_key TEXT,
    transit_mount TEXT,
    version TEXT NOT NULL,
    expires_at TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    key_hash TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    tenant_id TEXT,
    active INTEGER NOT NULL DEFAULT 1,
    expires_at TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE TABLE staging_upload (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    version_id TEXT REFERENCES extension_version (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
";

/// The number of steps.
fn known() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// Opens the database, durable at every commit, and brings its tables up to date.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    let failed = |source| Error::Database { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 5000;",
        )
        .map_err(failed)?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let known = known();
    if found > known {
        return Err(Error::NewerTables { path: path.to_owned(), found, known });
    }
    for (step, version) in STEPS.iter().zip(1..).skip_while(|(_, version)| *version <= found) {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        transaction.execute_batch(step).map_err(failed)?;
        transaction.pragma_update(None, "user_version", version).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_made_once_and_newer_ones_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.sqlite");
        drop(open(&path).unwrap());
        let connection = open(&path).unwrap();
        connection.pragma_update(None, "user_version", 2).unwrap();
        drop(connection);
        assert!(matches!(open(&path), Err(Error::NewerTables { found: 2, known: 1, .. })));
    }
}
