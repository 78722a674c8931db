//! What is published: the list of extensions and of an extension's versions. The platform has no such routes.

use super::Registry;
use super::keys;
use super::refusal::{Family, Refusal};
use crate::registry::wire::{Answer, Extension, Listed, Published, Signature, Versions, canonical_key};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use serde::Deserialize;
use std::sync::Arc;

/// The most lines of one answer; the newest come first.
const MOST_LINES: u32 = 1000;

/// `GET /api/v1/extensions`
pub(super) async fn list(State(registry): State<Arc<Registry>>, headers: HeaderMap) -> Response {
    let result = async {
        let caller = keys::caller(&registry, &headers).await?;
        let tenant = caller.any_tenant().map(str::to_owned);
        let data = registry.rows(move |rows| listed(rows, tenant.as_deref())).await?;
        Ok(Json(Answer { data }).into_response())
    };
    let result = result.await;
    registry.answer(Family::V1, result)
}

fn listed(rows: &Connection, tenant: Option<&str>) -> Result<Vec<Listed>, Refusal> {
    let sql = "SELECT r.id, r.name, r.publisher,
                 (SELECT version FROM extension_version v WHERE v.registry_id = r.id
                  ORDER BY v.created_at DESC, v.rowid DESC LIMIT 1),
                 (SELECT count(*) FROM extension_version v WHERE v.registry_id = r.id),
                 (SELECT v.version FROM tenant_extension_install i JOIN extension_version v ON v.id = i.version_id
                  WHERE i.registry_id = r.id AND i.tenant_id = ?1)
               FROM extension_registry r ORDER BY r.name, r.publisher LIMIT ?2";
    let mut statement = rows.prepare(sql)?;
    let lines = statement.query_map((tenant, MOST_LINES), |row| {
        Ok(Listed {
            id: row.get(0)?,
            name: row.get(1)?,
            publisher: row.get(2)?,
            latest_version: row.get(3)?,
            versions: row.get::<_, u32>(4)?.into(),
            installed: row.get(5)?,
        })
    })?;
    Ok(lines.collect::<rusqlite::Result<_>>()?)
}

/// The query of `versions`.
#[derive(Deserialize)]
pub(super) struct Wanted {
    /// This one alone.
    version: Option<String>,
}

/// `GET /api/v1/extensions/{id or name}/versions`
pub(super) async fn versions(
    State(registry): State<Arc<Registry>>,
    extension: Result<Path<String>, PathRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let result = async {
        let caller = keys::caller(&registry, &headers).await?;
        let (Ok(Path(extension)), Ok(Query(wanted))) = (extension, wanted) else {
            return Err(Refusal::bad_request("the address cannot be read"));
        };
        let tenant = caller.any_tenant().map(str::to_owned);
        let work = move |rows: &mut Connection| {
            let known = find(rows, &extension)?;
            let versions = published(rows, &known, wanted.version.as_deref(), tenant.as_deref())?;
            Ok(Versions { extension: known.extension, versions })
        };
        Ok(Json(Answer { data: registry.rows(work).await? }).into_response())
    };
    let result = result.await;
    registry.answer(Family::V1, result)
}

/// An extension and the tenant it belongs to.
pub(super) struct Known {
    pub(super) extension: Extension,
    owner: String,
}

/// The extension of a registry id, a `<publisher>.<name>`, or a name that only one publisher uses.
pub(super) fn find(rows: &Connection, wanted: &str) -> Result<Known, Refusal> {
    let sql = "SELECT id, name, publisher, owner_tenant,
                 CASE WHEN id = lower(?1) THEN 0 WHEN lower(publisher || '.' || name) = lower(?1) THEN 1 ELSE 2 END
               FROM extension_registry
               WHERE id = lower(?1) OR name = ?1 OR lower(publisher || '.' || name) = lower(?1)
               ORDER BY 5 LIMIT 3";
    let mut statement = rows.prepare(sql)?;
    let found = statement.query_map([wanted], |row| {
        let extension = Extension { id: row.get(0)?, name: row.get(1)?, publisher: row.get(2)? };
        Ok((Known { extension, owner: row.get(3)? }, row.get::<_, u8>(4)?))
    })?;
    let mut found = found.collect::<rusqlite::Result<Vec<_>>>()?.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(Refusal::not_found(format!("there is no extension `{wanted}`"))),
        (Some((_, by)), Some((_, next))) if by == next => {
            let message = format!("several publishers have a `{wanted}`: name it `<publisher>.{wanted}`");
            Err(Refusal::new(StatusCode::CONFLICT, "AMBIGUOUS", message))
        }
        (Some((known, _)), _) => Ok(known),
    }
}

fn published(
    rows: &Connection,
    known: &Known,
    wanted: Option<&str>,
    tenant: Option<&str>,
) -> Result<Vec<Published>, Refusal> {
    let sql = "SELECT v.id, v.version, v.created_at, b.content_hash, b.size_bytes, b.signature, b.signature_algorithm,
                 EXISTS (SELECT 1 FROM tenant_extension_install i WHERE i.version_id = v.id AND i.tenant_id = ?3)
               FROM extension_version v JOIN extension_bundle b ON b.version_id = v.id
               WHERE v.registry_id = ?1 AND (?2 IS NULL OR v.version = ?2)
               ORDER BY v.created_at DESC, v.rowid DESC LIMIT ?4";
    let mut statement = rows.prepare(sql)?;
    let id = &known.extension.id;
    let lines = statement.query_map((id, wanted, tenant, MOST_LINES), |row| {
        let content_hash: String = row.get(3)?;
        let hex = content_hash.trim_start_matches("sha256:");
        let text: Option<String> = row.get(5)?;
        let algorithm = row.get(6)?;
        Ok(Published {
            version_id: row.get(0)?,
            version: row.get(1)?,
            published_at: row.get(2)?,
            canonical_key: canonical_key(tenant.unwrap_or(&known.owner), id, hex),
            content_hash,
            size: row.get::<_, u32>(4)?.into(),
            installed: row.get(7)?,
            signature: text.map(|text| Signature { text, algorithm }),
        })
    })?;
    Ok(lines.collect::<rusqlite::Result<_>>()?)
}
