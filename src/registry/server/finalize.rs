//! `finalize` (contract/registry.md §3.3): an upload becomes a version, whole or not at all.

use super::keys;
use super::publication::{self, Publication};
use super::refusal::{Family, Refusal};
use super::upload::{is_hash, staged_id};
use super::{Registry, judge, read};
use crate::bundle::Digest;
use crate::registry::wire::{Finalize, LARGEST_BUNDLE, LARGEST_SIGNATURE};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::io::Seek;
use std::sync::Arc;
use std::time::Instant;

/// `POST /api/ext-bundles/finalize`
pub(super) async fn finalize(
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let result = take(&registry, &headers, body).await;
    registry.answer(Family::Bundles, result)
}

async fn take(registry: &Arc<Registry>, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let caller = keys::caller(registry, headers).await?;
    registry.limits.finalize.admit(Instant::now())?;
    let request: Finalize = read(body).await?;
    let id = check(&request)?;
    let tenant = caller.tenant()?.to_owned();
    // One at a time: each unpacks a whole bundle on disk.
    let Ok(permit) = Arc::clone(&registry.finalizing).acquire_owned().await else {
        return Err(Refusal::failed("INTERNAL_ERROR", "the registry is ending"));
    };
    let registry = Arc::clone(registry);
    // A task of its own: a client that leaves now does not leave half a publication. It keeps the next one waiting until it
    // is done, even if this call has ended before.
    let work = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        publish(&registry, &request, &id, &tenant)
    });
    match work.await {
        Ok(result) => result,
        Err(error) => Err(Refusal::failed("INTERNAL_ERROR", error)),
    }
}

/// The rules on the call's own fields; answers the upload's id.
fn check(request: &Finalize) -> Result<String, Refusal> {
    let Some(id) = staged_id(&request.key) else {
        return Err(Refusal::bad_request("`key` is none that upload-proxy gave out"));
    };
    if request.size.is_some_and(|size| size == 0 || size > LARGEST_BUNDLE) {
        return Err(Refusal::bad_request(format!("`size` is not between 1 and {LARGEST_BUNDLE}")));
    }
    if request.declared_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
        return Err(Refusal::bad_request("`declaredHash` is not 64 lower-case hex digits"));
    }
    if request.signature.as_ref().is_some_and(|signature| signature.text.len() > LARGEST_SIGNATURE) {
        return Err(Refusal::bad_request(format!("`signature.text` is over {LARGEST_SIGNATURE} bytes")));
    }
    Ok(id)
}

fn publish(registry: &Registry, request: &Finalize, id: &str, tenant: &str) -> Result<Response, Refusal> {
    let upload = registry.with_rows(|rows| publication::upload(rows, id, tenant))?;
    if let Some(version_id) = upload.version_id {
        // The client did not hear the first answer: give it again.
        let finalized = registry.with_rows(|rows| publication::finalized(rows, &version_id, tenant))?;
        return Ok(Json(finalized).into_response());
    }
    if request.size.is_some_and(|size| size != u64::from(upload.size)) {
        return Err(Refusal::bad_request(format!(
            "the upload has {} bytes, and `size` says otherwise",
            upload.size
        )));
    }
    let staged = registry.folder.staged(id);
    let unread = |error: std::io::Error| Refusal::failed("S3_GET_FAILED", error);
    let mut archive = fs_err::File::open(&staged).map_err(unread)?;
    let (digest, _) = Digest::of_reader(&mut archive).map_err(unread)?;
    if let Some(declared) = request.declared_hash.as_deref().filter(|declared| *declared != digest.hex()) {
        let message =
            format!("the bytes that came have the hash {}, and {declared} was declared", digest.hex());
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "HASH_MISMATCH", message);
        return Err(refusal.details(json!({ "declared": declared, "computed": digest.hex() })));
    }
    let manifest = judge::judge(&mut archive, request.manifest_json.as_deref())?;
    let publication = Publication {
        upload: id,
        tenant,
        manifest: &manifest,
        digest,
        size: upload.size,
        signature: request.signature.as_ref(),
    };
    // Refused before the bytes are kept, and again when the rows are written.
    registry.with_rows(|rows| publication::admit(rows, &publication).map(drop))?;
    archive.rewind().map_err(unread)?;
    registry.folder.keep(digest, &mut archive).map_err(|error| Refusal::failed("S3_PUT_FAILED", error))?;
    let finalized = registry.with_rows(|rows| publication::record(rows, &publication))?;
    // What cannot be removed now is removed by the next start.
    let _ = fs_err::remove_file(&staged);
    Ok(Json(finalized).into_response())
}
