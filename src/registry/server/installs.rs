//! `install` and `uninstall` (contract/registry.md §3.5, §3.6): one version per tenant; configuration outlives a
//! reinstall, and bytes outlive an uninstall (§9).

use super::catalogue;
use super::keys;
use super::refusal::{Family, Refusal};
use super::{Registry, read};
use crate::manifest::Capability;
use crate::registry::wire::{Answer, Install, Installed, Uninstall, Uninstalled};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::Arc;

/// Where an installation's own host name lies; names below `localhost` lead to this machine.
const DOMAIN_ROOT: &str = "localhost";

/// `POST /api/v1/extensions/install`
pub(super) async fn install(
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let result = async {
        let (tenant, request) = asked::<Install>(&registry, &headers, body).await?;
        if request.registry_id.trim().is_empty() || request.version.trim().is_empty() {
            return Err(invalid("`registryId` and `version` are not empty"));
        }
        let data = registry.rows(move |rows| enable(rows, &tenant, &request)).await?;
        Ok((StatusCode::ACCEPTED, Json(Answer { data })).into_response())
    };
    let result = result.await;
    registry.answer(Family::V1, result)
}

/// `POST /api/v1/extensions/uninstall`
pub(super) async fn uninstall(
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let result = async {
        let (tenant, request) = asked::<Uninstall>(&registry, &headers, body).await?;
        let data = registry.rows(move |rows| remove(rows, &tenant, &request)).await?;
        Ok(Json(Answer { data }).into_response())
    };
    let result = result.await;
    registry.answer(Family::V1, result)
}

/// For which tenant, and what. A body these routes cannot read has this family's code.
async fn asked<T: DeserializeOwned>(
    registry: &Arc<Registry>,
    headers: &HeaderMap,
    body: Body,
) -> Result<(String, T), Refusal> {
    let caller = keys::caller(registry, headers).await?;
    let tenant = caller.tenant()?.to_owned();
    let request =
        read(body).await.map_err(|refusal| Refusal { code: Some("VALIDATION_ERROR"), ..refusal })?;
    Ok((tenant, request))
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
}

fn enable(rows: &mut Connection, tenant: &str, request: &Install) -> Result<Installed, Refusal> {
    let transaction = rows.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let extension = catalogue::find(&transaction, request.registry_id.trim())?.extension;
    let version = request.version.trim();
    let sql = "SELECT id, capabilities FROM extension_version WHERE registry_id = ?1 AND version = ?2";
    let read = |row: &rusqlite::Row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let found = transaction.query_row(sql, [extension.id.as_str(), version], read).optional()?;
    let missing = || Refusal::not_found(format!("`{}` has no version `{version}`", extension.name));
    let (version_id, declared) = found.ok_or_else(missing)?;
    let declared: Vec<String> = serde_json::from_str(&declared).unwrap_or_default();
    let granted: Vec<&str> = Capability::ALL
        .into_iter()
        .filter(|known| declared.iter().any(|name| Capability::named(name) == Some(*known)))
        .map(Capability::id)
        .collect();
    let granted = json!(granted).to_string();
    let new = uuid::Uuid::new_v4().to_string();
    transaction.execute(
        "INSERT INTO tenant_extension_install (id, tenant_id, registry_id, version_id, granted_caps)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (tenant_id, registry_id) DO UPDATE SET version_id = excluded.version_id,
           granted_caps = excluded.granted_caps, is_enabled = 1, status = 'enabled',
           updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        [&new, tenant, &extension.id, &version_id, &granted],
    )?;
    let install_id: String = transaction.query_row(
        "SELECT id FROM tenant_extension_install WHERE tenant_id = ?1 AND registry_id = ?2",
        [tenant, &extension.id],
        |row| row.get(0),
    )?;
    // Two tenants whose names begin alike would share a name: the later one has none.
    transaction.execute(
        "UPDATE OR IGNORE tenant_extension_install SET runner_domain = ?1 WHERE id = ?2",
        [&domain(tenant, &extension.id), &install_id],
    )?;
    transaction.execute(
        "INSERT INTO tenant_extension_install_config (id, install_id, tenant_id, providers, version)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (install_id) DO UPDATE SET providers = excluded.providers, version = excluded.version,
           updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        [&uuid::Uuid::new_v4().to_string(), &install_id, tenant, &granted, &uuid::Uuid::new_v4().to_string()],
    )?;
    transaction.commit()?;
    Ok(Installed {
        message: Some(format!("`{}` {version} is installed", extension.name)),
        registry_id: Some(extension.id),
        version: Some(version.to_owned()),
        install_id,
        success: true,
    })
}

/// The host name of an installation (contract/registry.md §4.3).
fn domain(tenant: &str, registry_id: &str) -> String {
    let part = |text: &str| {
        let is_uuid = uuid::Uuid::try_parse(text).is_ok();
        let letters = text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        letters.chars().take(if is_uuid { 8 } else { 12 }).collect::<String>()
    };
    format!("{}-{}.{DOMAIN_ROOT}", part(tenant), part(registry_id))
}

fn remove(rows: &mut Connection, tenant: &str, request: &Uninstall) -> Result<Uninstalled, Refusal> {
    let extension = catalogue::find(rows, request.registry_id.trim())?.extension;
    let removed = rows.execute(
        "DELETE FROM tenant_extension_install WHERE tenant_id = ?1 AND registry_id = ?2",
        [tenant, &extension.id],
    )?;
    let what = if removed > 0 { "is uninstalled" } else { "was not installed" };
    Ok(Uninstalled {
        message: Some(format!("`{}` {what}", extension.name)),
        registry_id: Some(extension.id),
        success: true,
    })
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn an_installation_has_a_short_host_name() {
        let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        assert_eq!(domain("Tenant_dev-long-name", id), "tenantdevlon-0f8fad5b.localhost");
    }
}
