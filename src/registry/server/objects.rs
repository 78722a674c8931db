//! Bytes by their canonical key: the bundle base of contract/registry.md §10.

use super::Registry;
use super::keys;
use super::refusal::{Family, Refusal};
use crate::bundle::Digest;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio::io::AsyncReadExt;

/// Bytes sent at once.
const PIECE: usize = 128 * 1024;

/// `GET` and `HEAD` of `/bundles/tenants/<t>/extensions/<r>/sha256/<h>/bundle.tar.zst`
pub(super) async fn fetch(
    State(registry): State<Arc<Registry>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let result = open(&registry, path, &headers).await;
    registry.answer(Family::Runner, result)
}

async fn open(
    registry: &Arc<Registry>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let caller = keys::caller(registry, headers).await?;
    let Ok(Path((tenant, extension, hash))) = path else {
        return Err(Refusal::bad_request("the address cannot be read"));
    };
    let missing = || Refusal::not_found("there is no such bundle");
    if caller.any_tenant().is_some_and(|own| own != tenant) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "FORBIDDEN",
            format!("`{tenant}` is another tenant"),
        ));
    }
    let digest = Digest::parse(&hash).ok_or_else(missing)?;
    let known: bool = registry
        .rows(move |rows| {
            let sql = "SELECT EXISTS (SELECT 1 FROM extension_bundle b JOIN extension_version v ON v.id = b.version_id
                       WHERE v.registry_id = ?1 AND b.content_hash = ?2)";
            Ok(rows.query_row(sql, [extension, digest.to_string()], |row| row.get(0))?)
        })
        .await?;
    if !known {
        return Err(missing());
    }
    let failed = |error: std::io::Error| Refusal::failed("S3_GET_FAILED", error);
    let path = registry.folder.object(digest);
    let file = tokio::fs::File::open(&path).await.map_err(failed)?;
    let length = file.metadata().await.map_err(failed)?.len();
    let pieces = futures_util::stream::try_unfold(file, async |mut file| {
        let mut piece = Vec::with_capacity(PIECE);
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then_some((piece, file)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/zstd".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ETAG, format!("\"{digest}\"")),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
