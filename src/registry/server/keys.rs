//! API keys: only their SHA-256 is kept, and every call presents one.

use super::refusal::Refusal;
use super::{Error, Registry, folder::Folder};
use crate::bundle::Digest;
use crate::files;
use axum::http::{HeaderMap, StatusCode};
use rusqlite::{Connection, OptionalExtension};
use std::path::PathBuf;
use std::sync::Arc;

/// The largest key that is looked at.
const LONGEST_KEY: usize = 512;
/// The longest tenant identifier.
const LONGEST_TENANT: usize = 64;
/// Whose key `admin.key` holds.
const ADMIN: &str = "admin";

/// Who calls, for which tenant.
#[derive(Debug)]
pub(super) struct Caller {
    tenant: Option<String>,
}

impl Caller {
    /// The tenant of the call: the key's own, else the one that was named.
    pub(super) fn tenant(&self) -> Result<&str, Refusal> {
        self.tenant.as_deref().ok_or_else(|| {
            Refusal::bad_request("this key belongs to no tenant: name one in the `x-tenant-id` header")
        })
    }

    /// The tenant of the call, when there is one.
    pub(super) fn any_tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }
}

/// Looks the call's key up. A missing key is answered as the platform's outermost layer does (§3.1).
pub(super) async fn caller(registry: &Arc<Registry>, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let Some(key) = named("x-api-key").filter(|key| !key.is_empty()) else {
        return Err(Refusal::plain(StatusCode::UNAUTHORIZED, "Unauthorized: API key missing"));
    };
    let asked = match named("x-tenant-id").filter(|tenant| !tenant.is_empty()) {
        Some(tenant) if !is_tenant(tenant) => {
            return Err(Refusal::bad_request("`x-tenant-id` is no tenant identifier"));
        }
        asked => asked.map(str::to_owned),
    };
    lookup(registry, key, asked).await
}

/// Who holds `key`, calling for the tenant `asked`, if any.
pub(super) async fn lookup(
    registry: &Arc<Registry>,
    key: &str,
    asked: Option<String>,
) -> Result<Caller, Refusal> {
    let unknown = || {
        Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "the API key is not known to this registry")
    };
    if key.len() > LONGEST_KEY {
        return Err(unknown());
    }
    let hash = Digest::of(key.as_bytes()).hex();
    let wanted = hash.clone();
    let found = registry
        .rows(move |rows| {
            let found = rows.query_row(
                "SELECT key_hash, tenant_id FROM api_keys WHERE key_hash = ?1 AND active = 1
                 AND (expires_at IS NULL OR expires_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                [wanted],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)),
            );
            Ok(found.optional()?)
        })
        .await?;
    let (stored, own) = found.unwrap_or_default();
    if !same(stored.as_bytes(), hash.as_bytes()) {
        return Err(unknown());
    }
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            format!("the API key does not belong to the tenant `{asked}`"),
        )),
        (own, asked) => Ok(Caller { tenant: own.or(asked) }),
    }
}

/// Compares in a time that does not depend on where the two differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// Whether `text` can be a tenant: letters, digits, `.`, `_`, `-`, and not only dots.
pub(super) fn is_tenant(text: &str) -> bool {
    (1..=LONGEST_TENANT).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !text.bytes().all(|byte| byte == b'.')
}

/// The admin's key is what `admin.key` holds: made at the first start, and anew when the file was removed.
/// The file comes before the row, so that a crash between the two is healed by the next start.
pub(super) fn admit_admin(rows: &mut Connection, folder: &Folder) -> Result<PathBuf, Error> {
    let path = folder.admin_key();
    let key = if path.exists() {
        let text = fs_err::read_to_string(&path)?;
        let key = text.trim().to_owned();
        if !is_admin_key(&key) {
            return Err(Error::AdminKey { path });
        }
        key
    } else {
        let key = new_key();
        files::write_with_mode(&path, format!("{key}\n").as_bytes(), 0o600)?;
        key
    };
    let failed = |source| Error::Database { path: folder.database(), source };
    let hash = Digest::of(key.as_bytes()).hex();
    let transaction = rows.transaction().map_err(failed)?;
    transaction
        .execute("UPDATE api_keys SET active = 0 WHERE purpose = ?1 AND key_hash <> ?2", [ADMIN, &hash])
        .map_err(failed)?;
    transaction
        .execute(
            "INSERT INTO api_keys (id, key_hash, purpose) VALUES (?1, ?2, ?3)
             ON CONFLICT (key_hash) DO UPDATE SET active = 1",
            [&uuid::Uuid::new_v4().to_string(), &hash, ADMIN],
        )
        .map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(path)
}

/// 244 random bits.
fn new_key() -> String {
    format!("alga_{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

fn is_admin_key(text: &str) -> bool {
    let digits = text.strip_prefix("alga_").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_names_and_nothing_that_walks() {
        for good in ["t", "tenant-dev", "a.b_c-1", "0f8fad5b-d9cb-469f-a165-70867728950e"] {
            assert!(is_tenant(good), "{good}");
        }
        for bad in ["", "..", ".", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(!is_tenant(bad), "{bad}");
        }
    }

    #[test]
    fn a_new_key_is_one_the_next_start_knows() {
        assert!(is_admin_key(&new_key()));
        assert!(!is_admin_key("alga_short"));
        assert!(same(b"ab", b"ab") && !same(b"ab", b"ac") && !same(b"ab", b"abc"));
    }
}
