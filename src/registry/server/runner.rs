//! What a runner asks (contract/registry.md §3.8): is this bundle installed, whose is this host, how is it configured.

use super::keys::{self, is_tenant};
use super::refusal::{Family, Refusal};
use super::{Registry, read};
use crate::bundle::Digest;
use crate::manifest::Capability;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// An active installation, joined with its version and that version's newest bundle.
const ACTIVE: &str = "FROM tenant_extension_install i JOIN extension_registry r ON r.id = i.registry_id
    JOIN extension_version v ON v.id = i.version_id JOIN extension_bundle b ON b.version_id = v.id
    LEFT JOIN tenant_extension_install_config c ON c.install_id = i.id
    LEFT JOIN tenant_extension_install_secrets s ON s.install_id = i.id
    WHERE i.is_enabled = 1 AND i.status = 'enabled'";

/// The query of `validate`.
#[derive(Deserialize)]
pub(super) struct Served {
    tenant: String,
    extension: String,
    hash: String,
}

/// `GET /api/installs/validate`
pub(super) async fn validate(
    State(registry): State<Arc<Registry>>,
    query: Result<Query<Served>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let result = async {
        keys::caller(&registry, &headers).await?;
        let digest = query.as_ref().ok().and_then(|Query(query)| Digest::parse(&query.hash));
        let (Ok(Query(query)), Some(digest)) = (query, digest) else {
            let body = json!({ "valid": false, "error": "`tenant`, `extension` and `hash` are wanted" });
            return Ok((StatusCode::BAD_REQUEST, Json(body)).into_response());
        };
        let sql = format!(
            "SELECT EXISTS (SELECT 1 {ACTIVE} AND i.tenant_id = ?1 AND r.id = ?2 AND b.content_hash = ?3)"
        );
        let work = move |rows: &mut Connection| {
            let hash = digest.to_string();
            Ok(rows.query_row(&sql, [query.tenant, query.extension, hash], |row| row.get::<_, bool>(0))?)
        };
        Ok(Json(json!({ "valid": registry.rows(work).await? })).into_response())
    };
    let result = result.await;
    registry.answer(Family::Runner, result)
}

/// The query of `lookup-by-host`.
#[derive(Deserialize)]
pub(super) struct Host {
    host: String,
}

/// `GET /api/installs/lookup-by-host`
pub(super) async fn lookup_by_host(
    State(registry): State<Arc<Registry>>,
    query: Result<Query<Host>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let result = async {
        keys::caller(&registry, &headers).await?;
        let Ok(Query(Host { host })) = query else { return Err(Refusal::bad_request("`host` is missing")) };
        let host = host.split(':').next().unwrap_or_default().to_lowercase();
        let sql = format!("SELECT i.tenant_id, r.id, b.content_hash {ACTIVE} AND i.runner_domain = ?1");
        let work = move |rows: &mut Connection| {
            let read = |row: &rusqlite::Row| {
                let (tenant, extension): (String, String) = (row.get(0)?, row.get(1)?);
                let hash: String = row.get(2)?;
                Ok(json!({ "tenant_id": tenant, "extension_id": extension, "content_hash": hash }))
            };
            Ok(rows.query_row(&sql, [host], read).optional()?)
        };
        let found = registry.rows(work).await?;
        let found = found.ok_or_else(|| Refusal::not_found("no installation has that host"))?;
        Ok(([(header::CACHE_CONTROL, "no-store")], Json(found)).into_response())
    };
    let result = result.await;
    registry.answer(Family::Runner, result)
}

/// The body of `install-config`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    tenant_id: String,
    extension_id: String,
}

/// `POST /api/internal/ext-runner/install-config`; the token is an API key of this registry.
pub(super) async fn install_config(
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let result = async {
        let refuse = |status, code| Refusal::new(status, code, code);
        let unauthorized = || refuse(StatusCode::UNAUTHORIZED, "unauthorized");
        let token = headers.get("x-runner-auth").and_then(|token| token.to_str().ok());
        let token = token.map(str::trim).filter(|token| !token.is_empty()).ok_or_else(unauthorized)?;
        let wanted: Wanted =
            read(body).await.map_err(|_| refuse(StatusCode::BAD_REQUEST, "invalid_request"))?;
        if !is_tenant(&wanted.tenant_id) {
            return Err(refuse(StatusCode::BAD_REQUEST, "invalid_request"));
        }
        let asked = Some(wanted.tenant_id.clone());
        keys::lookup(&registry, token, asked).await.map_err(|refusal| match refusal.status {
            StatusCode::UNAUTHORIZED => unauthorized(),
            _ => refusal,
        })?;
        let found = registry.rows(move |rows| configuration(rows, &wanted)).await?;
        let found = found.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "install_not_found"))?;
        Ok(Json(found).into_response())
    };
    let result = result.await;
    registry.answer(Family::Runner, result)
}

/// What the gateway feeds the runner (§4.4), except that a grant can withhold a capability (§9).
fn configuration(rows: &Connection, wanted: &Wanted) -> Result<Option<Value>, Refusal> {
    let sql = format!(
        "SELECT i.id, i.tenant_id, lower(r.publisher || '.' || r.name), v.id, r.id, b.content_hash,
           coalesce(c.config, i.config), i.granted_caps, v.capabilities, c.version, i.updated_at,
           s.ciphertext, s.algorithm, s.version, s.expires_at
         {ACTIVE} AND i.tenant_id = ?1
         AND (i.id = lower(?2) OR r.id = lower(?2) OR lower(r.publisher || '.' || r.name) = lower(?2))"
    );
    let read = |row: &rusqlite::Row| {
        let text = |column: usize| row.get::<_, Option<String>>(column);
        let config: Map<String, Value> = parse(text(6)?);
        let config: Map<String, Value> = config.into_iter().map(|(key, value)| (key, words(value))).collect();
        let (granted, declared): (Vec<String>, Vec<String>) = (parse(text(7)?), parse(text(8)?));
        let has = |names: &[String], known| names.iter().any(|name| Capability::named(name) == Some(known));
        let providers: Vec<&str> = Capability::ALL
            .into_iter()
            .filter(|known| known.is_default() || (has(&granted, *known) && has(&declared, *known)))
            .map(Capability::id)
            .collect();
        let mut answer = Map::new();
        let mut tell = |key: &str, value: Value| drop(answer.insert(key.into(), value));
        for (key, column) in [
            ("tenantId", 1),
            ("extensionSlug", 2),
            ("installId", 0),
            ("versionId", 3),
            ("registryId", 4),
            ("contentHash", 5),
            ("configVersion", 9),
            ("updatedAt", 10),
        ] {
            tell(key, json!(text(column)?));
        }
        tell("config", config.into());
        tell("providers", json!(providers));
        if let Some(ciphertext) = text(11)? {
            let (algorithm, version, expires_at) = (text(12)?, text(13)?, text(14)?);
            tell("secretsVersion", json!(version));
            tell(
                "secretEnvelope",
                json!({
                    "ciphertext_b64": ciphertext,
                    "algorithm": algorithm,
                    "version": version,
                    "expires_at": expires_at,
                }),
            );
        }
        Ok(Value::Object(answer))
    };
    Ok(rows.query_row(&sql, [&wanted.tenant_id, &wanted.extension_id], read).optional()?)
}

fn parse<T: Default + serde::de::DeserializeOwned>(text: Option<String>) -> T {
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Configuration reaches the runner as strings: null is empty, anything else its JSON text.
fn words(value: Value) -> Value {
    match value {
        Value::Null => Value::String(String::new()),
        Value::String(_) => value,
        other => Value::String(other.to_string()),
    }
}
