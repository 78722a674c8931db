//! Publishing: upload, finalize, install, and abort where that failed (contract/registry.md §3.11).

use super::call::{Answered, plain};
use super::{Client, Error, Release};
use crate::bundle::Digest;
use crate::files;
use crate::manifest::Manifest;
use crate::registry::wire::{
    ALREADY_EXISTS, Abort, Answer, Conflict, Finalize, Finalized, Install, Installed, Uploaded,
};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Bytes handed to the connection at once.
const PIECE: usize = 64 * 1024;
/// The slowest line an upload must work on, in bytes a second: an upload's time limit grows by its size.
const SLOWEST: u64 = 32 * 1024;
/// How long the attempt to abort may take; it is a courtesy.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest identifier a registry may give out.
const LONGEST_WORD: usize = 256;
/// The header the platform's bundle routes ask for (§3.1); it opens nothing without a key.
const ADMIN: (&str, &str) = ("x-alga-admin", "true");

/// Hears how many bytes of the upload have been handed on; starts again with each try.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The registry id.
    pub registry_id: String,
    /// The resolved version.
    pub version: String,
    /// Of the bytes the registry has: the ones that were sent.
    pub content_hash: Digest,
    /// The installation, when there was to be one.
    pub install_id: Option<String>,
    /// Whether the same bytes were there before.
    pub already_there: bool,
}

impl Client {
    /// Publishes, and installs unless told not to.
    pub async fn publish(
        &self,
        release: &Release,
        install: bool,
        progress: &Progress,
    ) -> Result<Outcome, Error> {
        let key = self.upload(release, progress).await?;
        let published = self.finalize(release, &key).await;
        if !matches!(published, Ok(Outcome { already_there: false, .. })) {
            self.abort(&key).await;
        }
        let mut outcome = published?;
        if install {
            let installed = self.install(&outcome.registry_id, &outcome.version).await;
            let installed = installed.map_err(|source| Error::NotInstalled {
                registry_id: outcome.registry_id.clone(),
                version: outcome.version.clone(),
                source: Box::new(source),
            })?;
            outcome.install_id = Some(installed.install_id);
        }
        Ok(outcome)
    }

    /// Uploads the bytes; answers the key they wait under.
    async fn upload(&self, release: &Release, progress: &Progress) -> Result<String, Error> {
        let what = "upload";
        let size = release.size;
        let name = release.path.file_name().and_then(|name| name.to_str()).unwrap_or("bundle.tar.zst");
        let query =
            [("filename", name), ("size", &size.to_string()), ("declaredHash", &release.digest.hex())];
        let url = self.address.to(&["api", "ext-bundles", "upload-proxy"], &query);
        let limit = self.timeout.saturating_add(Duration::from_secs(size / SLOWEST));
        let request = || {
            let pieces = pieces(Arc::clone(&release.archive), size, Arc::clone(progress));
            let request = self.http.post(url.clone()).header(CONTENT_TYPE, "application/octet-stream");
            request.header(ADMIN.0, ADMIN.1).header(CONTENT_LENGTH, size).body(pieces)
        };
        let Answered { answer, .. } = self.call::<Uploaded>(what, limit, request).await?;
        let key = answer.upload.key;
        let fits =
            key.starts_with("sha256/") && key.contains("/_staging/") && key.ends_with("/bundle.tar.zst");
        if fits && key.len() <= 2 * LONGEST_WORD {
            Ok(key)
        } else {
            Err(Error::Nonsense { what, why: format!("`{}` is no staging key", plain(&key, 120)) })
        }
    }

    /// Turns the upload into a version. That the same bytes are there already is a success.
    async fn finalize(&self, release: &Release, key: &str) -> Result<Outcome, Error> {
        let what = "finalize";
        let body = Finalize {
            key: key.to_owned(),
            size: Some(release.size),
            declared_hash: Some(release.digest.hex()),
            manifest_json: None,
            signature: release.signature.clone(),
        };
        let url = self.address.to(&["api", "ext-bundles", "finalize"], &[]);
        let limit = self.timeout.saturating_mul(2);
        let request = || self.http.post(url.clone()).header(ADMIN.0, ADMIN.1).json(&body);
        let Answered { answer, .. } = match self.call::<Finalized>(what, limit, request).await {
            Err(Error::Refused { status: 409, code, details, tries, .. })
                if code.as_deref() == Some(ALREADY_EXISTS) =>
            {
                return self.already_there(release, details, tries).await;
            }
            result => result?,
        };
        let registry_id = word(what, "extension.id", answer.extension.id)?;
        let version = word(what, "version.version", answer.version.version)?;
        let theirs = Digest::parse(&answer.content_hash)
            .ok_or_else(|| Error::Nonsense { what, why: "`contentHash` is no SHA-256".into() })?;
        if theirs != release.digest {
            return Err(Error::OtherBytes { what, theirs, ours: release.digest });
        }
        let Manifest { name, version: wanted, .. } = &release.manifest;
        if !answer.extension.name.is_empty() && answer.extension.name != *name {
            let why = format!("it speaks of `{}`, and `{name}` was sent", plain(&answer.extension.name, 120));
            return Err(Error::Nonsense { what, why });
        }
        if !resolves(wanted, &version) {
            let why = format!("it speaks of version `{version}`, and `{wanted}` was sent");
            return Err(Error::Nonsense { what, why });
        }
        Ok(Outcome { registry_id, version, content_hash: theirs, install_id: None, already_there: false })
    }

    /// What a 409 means: the same bytes, others, or nobody knows.
    async fn already_there(
        &self,
        release: &Release,
        details: Option<Box<serde_json::Value>>,
        tries: u32,
    ) -> Result<Outcome, Error> {
        let what = "finalize";
        let Manifest { name, version, .. } = &release.manifest;
        let (name, ours) = (name.clone(), release.digest);
        let conflict = details.and_then(|details| serde_json::from_value::<Conflict>(*details).ok());
        let theirs = conflict.as_ref().and_then(|conflict| Digest::parse(&conflict.content_hash));
        let (Some(conflict), Some(theirs)) = (conflict, theirs) else {
            return Err(Error::TakenUnknown { name, version: version.clone(), ours, repeated: tries > 1 });
        };
        let version = word(what, "version", conflict.version.unwrap_or_else(|| version.clone()))?;
        if theirs != ours {
            return Err(Error::Taken { name, version, theirs, ours });
        }
        let registry_id = match conflict.registry_id {
            Some(id) => id,
            None => {
                self.versions(&release.manifest.slug().unwrap_or(name), Some(&version)).await?.extension.id
            }
        };
        let registry_id = word(what, "registryId", registry_id)?;
        Ok(Outcome { registry_id, version, content_hash: theirs, install_id: None, already_there: true })
    }

    /// Gives the upload up. Nothing depends on it: the registry forgets it by itself some day.
    async fn abort(&self, key: &str) {
        let body = Abort { key: key.to_owned(), reason: Some("not published".into()) };
        let url = self.address.to(&["api", "ext-bundles", "abort"], &[]);
        let request = self.http.post(url).header(ADMIN.0, ADMIN.1).json(&body);
        let _ = request.timeout(ABORT_TIMEOUT.min(self.timeout)).send().await;
    }

    /// Installs a version for the tenant.
    pub async fn install(&self, registry_id: &str, version: &str) -> Result<Installed, Error> {
        let what = "install";
        let body = Install { registry_id: registry_id.to_owned(), version: version.to_owned() };
        let url = self.address.to(&["api", "v1", "extensions", "install"], &[]);
        let request = || self.http.post(url.clone()).json(&body);
        let Answered { answer: Answer { data }, .. } =
            self.call::<Answer<Installed>>(what, self.timeout, request).await?;
        let said = || plain(data.message.as_deref().unwrap_or("it does not say why"), 300);
        if !data.success {
            return Err(Error::Nonsense { what, why: format!("it says that it failed: {}", said()) });
        }
        if data.version.as_deref().is_some_and(|installed| installed != version) {
            let why = format!("it speaks of another version than `{version}`: {}", said());
            return Err(Error::Nonsense { what, why });
        }
        Ok(Installed { install_id: word(what, "installId", data.install_id)?, ..data })
    }
}

/// The archive in pieces, each reported as it is handed on. A try that was given up may still be read for a moment: each
/// piece is asked for by its place.
fn pieces(archive: Arc<File>, size: u64, progress: Progress) -> reqwest::Body {
    reqwest::Body::wrap_stream(futures_util::stream::unfold(0, move |at| {
        let length = usize::try_from(size.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; length];
        let read = files::read_at(&archive, &mut piece, at).and_then(|count| {
            piece.truncate(count);
            if count > 0 { Ok(piece) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
        });
        let next = at.saturating_add(read.as_ref().map_or(0, |piece| piece.len() as u64));
        progress(next);
        std::future::ready((length > 0).then_some((read, next)))
    }))
}

/// An identifier from a registry: present, short, visible.
pub(super) fn word(what: &'static str, member: &str, text: String) -> Result<String, Error> {
    let fits = (1..=LONGEST_WORD).contains(&text.len())
        && !text.chars().any(|l| l.is_control() || l.is_whitespace());
    if fits {
        Ok(text)
    } else {
        Err(Error::Nonsense { what, why: format!("`{member}` is empty, too long or no word") })
    }
}

/// Whether `version` is what a registry may make of `wanted`: itself, or a patch for its `*`.
fn resolves(wanted: &str, version: &str) -> bool {
    match wanted.strip_suffix('*') {
        None => wanted == version,
        Some(prefix) => version
            .strip_prefix(prefix)
            .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit())),
    }
}

#[cfg(test)]
mod tests {
    use super::resolves;

    #[test]
    fn a_registry_may_choose_the_patch_of_a_wildcard_alone() {
        for (wanted, version, fits) in [
            ("1.2.3", "1.2.3", true),
            ("1.2.3", "1.2.4", false),
            ("1.2.*", "1.2.10", true),
            ("1.2.*", "1.2.", false),
            ("1.2.*", "1.3.0", false),
            ("1.2.*", "1.2.0-x", false),
        ] {
            assert_eq!(resolves(wanted, version), fits, "{wanted} {version}");
        }
    }
}
