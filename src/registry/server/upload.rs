//! `upload-proxy` and `abort` (contract/registry.md §3.2, §3.4): bytes on their way to being published.

use super::keys::{self, Caller};
use super::refusal::{Family, Refusal};
use super::{Registry, read};
use crate::bundle::Digest;
use crate::registry::wire::{Abort, LARGEST_BUNDLE, Staged, UploadQuery, Uploaded};
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use rusqlite::Connection;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

/// How long the next piece of an upload may take to come.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a whole upload may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(30);
/// How long the rest of a refused upload is read, so that its sender gets to read why.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A file that is removed unless it was kept: an upload broken off leaves nothing.
struct Part {
    path: PathBuf,
    kept: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is removed by the next start.
            let _ = fs_err::remove_file(&self.path);
        }
    }
}

/// `POST /api/ext-bundles/upload-proxy`
pub(super) async fn upload(
    State(registry): State<Arc<Registry>>,
    query: Result<Query<UploadQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let mut body = body.into_data_stream();
    let result = tokio::time::timeout(UPLOAD_TIMEOUT, take(&registry, query, &headers, &mut body)).await;
    let late = || Err(Refusal::bad_request("the upload took too long").why("missing_body"));
    let result = result.unwrap_or_else(|_| late());
    if result.is_err() {
        let rest = async {
            let mut left = LARGEST_BUNDLE;
            while let (Some(Ok(piece)), true) = (body.next().await, left > 0) {
                left = left.saturating_sub(piece.len() as u64);
            }
        };
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, rest).await;
    }
    registry.answer(Family::Bundles, result)
}

/// What a query asks for, judged.
fn ask(
    query: Result<Query<UploadQuery>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<(UploadQuery, u32), Refusal> {
    let refuse = |message: &str, why| Err(Refusal::bad_request(message).why(why));
    let Ok(Query(query)) = query else { return refuse("the query cannot be read", "filename_required") };
    if query.filename.as_deref().is_none_or(|name| name.trim().is_empty()) {
        return refuse("`filename` is missing", "filename_required");
    }
    let Some(size) = query.size.as_deref() else { return refuse("`size` is missing", "size_required") };
    let size = match size.trim().parse::<u64>() {
        Ok(size) if size > 0 => size,
        _ => return refuse("`size` is not a number above 0", "size_invalid"),
    };
    let size = match u32::try_from(size) {
        Ok(fits) if size <= LARGEST_BUNDLE => fits,
        _ => {
            let message = format!("a bundle of {size} bytes is over the cap of {LARGEST_BUNDLE} bytes");
            return refuse(&message, "size_exceeds_cap");
        }
    };
    if query.declared_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
        return refuse("`declaredHash` is not 64 lower-case hex digits", "declared_hash_invalid");
    }
    let length = headers.get(header::CONTENT_LENGTH);
    if length.is_some_and(|length| length.to_str().ok().and_then(|text| text.parse().ok()) != Some(size)) {
        return refuse("`Content-Length` is not `size`", "content_length_mismatch");
    }
    Ok((query, size))
}

/// Whether `text` is a bare content hash (contract/registry.md §1.3).
pub(super) fn is_hash(text: &str) -> bool {
    Digest::parse(text).is_some_and(|digest| digest.hex() == text)
}

async fn take(
    registry: &Arc<Registry>,
    query: Result<Query<UploadQuery>, QueryRejection>,
    headers: &HeaderMap,
    body: &mut axum::body::BodyDataStream,
) -> Result<Response, Refusal> {
    let caller = keys::caller(registry, headers).await?;
    registry.limits.upload.admit(Instant::now())?;
    let (query, size) = ask(query, headers)?;
    let tenant = caller.tenant()?.to_owned();
    let Ok(_permit) = registry.uploads.try_acquire() else {
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "BUSY", "too many uploads at once"));
    };
    let id = uuid::Uuid::new_v4().to_string();
    let mut part = Part { path: registry.folder.staged(&id), kept: false };
    write(&part, size.into(), body).await?;
    registry.folder.sync_staging();
    let key = format!("sha256/_staging/{id}/bundle.tar.zst");
    registry
        .rows(move |rows| {
            rows.execute(
                "INSERT INTO staging_upload (id, tenant_id, size_bytes) VALUES (?1, ?2, ?3)",
                (id, tenant, size),
            )?;
            Ok(())
        })
        .await?;
    part.kept = true;
    Ok(Json(Uploaded {
        upload: Staged { key, strategy: Some("staging".into()) },
        filename: query.filename,
        size: Some(size.into()),
        declared_hash: query.declared_hash,
    })
    .into_response())
}

/// Streams exactly `size` bytes to the file and makes them durable.
async fn write(part: &Part, size: u64, body: &mut axum::body::BodyDataStream) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| {
        let failure = format!("`{}` could not be written: {error}", part.path.display());
        Refusal::failed("S3_PUT_FAILED", failure).why("s3_put_failed")
    };
    let mut file = tokio::fs::File::create_new(&part.path).await.map_err(failed)?;
    let mut written = 0_u64;
    loop {
        let piece = match tokio::time::timeout(PIECE_TIMEOUT, body.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(_))) | Err(_) => {
                let message = format!("the upload broke off after {written} of {size} bytes");
                return Err(Refusal::bad_request(message).why("missing_body"));
            }
        };
        written = written.saturating_add(piece.len() as u64);
        if written > size {
            let message = format!("the body goes on after the {size} bytes that `size` says");
            return Err(Refusal::bad_request(message).why("content_length_mismatch"));
        }
        file.write_all(&piece).await.map_err(failed)?;
    }
    if written != size {
        let why = if written == 0 { "missing_body" } else { "content_length_mismatch" };
        let message = format!("the body has {written} bytes, and `size` says {size}");
        return Err(Refusal::bad_request(message).why(why));
    }
    file.sync_all().await.map_err(failed)
}

/// `POST /api/ext-bundles/abort`
pub(super) async fn abort(State(registry): State<Arc<Registry>>, headers: HeaderMap, body: Body) -> Response {
    let result = async {
        let caller = keys::caller(&registry, &headers).await?;
        registry.limits.abort.admit(Instant::now())?;
        let Abort { key, .. } = read(body).await?;
        if !key.starts_with("sha256/") {
            return Err(Refusal::bad_request("`key` does not begin with `sha256/`"));
        }
        if !key.contains("/_staging/") {
            return Ok(Json(json!({ "status": "noop", "key": key, "area": "canonical" })).into_response());
        }
        if let Some(id) = staged_id(&key) {
            remove(&registry, &caller, id).await?;
        }
        Ok(Json(json!({ "status": "deleted", "key": key, "area": "staging" })).into_response())
    };
    let result = result.await;
    registry.answer(Family::Bundles, result)
}

/// The upload a staging key names.
pub(super) fn staged_id(key: &str) -> Option<String> {
    let id = key.strip_prefix("sha256/_staging/")?.strip_suffix("/bundle.tar.zst")?;
    uuid::Uuid::try_parse(id).ok().map(|id| id.to_string())
}

/// Removes a tenant's upload that was not published; that it is gone already is no failure.
async fn remove(registry: &Arc<Registry>, caller: &Caller, id: String) -> Result<(), Refusal> {
    let tenant = caller.tenant()?.to_owned();
    let row = id.clone();
    let removed = registry
        .rows(move |rows| {
            let sql = "DELETE FROM staging_upload WHERE id = ?1 AND tenant_id = ?2 AND version_id IS NULL";
            Ok(rows.execute(sql, [row, tenant])?)
        })
        .await?;
    if removed > 0 {
        // What cannot be removed now is removed by the next start: no row speaks of it.
        let _ = fs_err::remove_file(registry.folder.staged(&id));
    }
    Ok(())
}

/// Forgets uploads of more than a day ago; their files go with the next sweep.
pub(super) fn forget_old(rows: &Connection) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM staging_upload
               WHERE created_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 day')";
    rows.execute(sql, [])
}
