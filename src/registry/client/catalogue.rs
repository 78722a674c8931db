//! What is published, and its bytes: routes that the embedded registry has and the platform does not.

use super::call::Answered;
use super::publish::word;
use super::{Client, Error};
use crate::bundle::{Digest, Running};
use crate::registry::wire::{
    Answer, BUNDLE_BASE, LARGEST_BUNDLE, Listed, Signature, Uninstall, Uninstalled, Versions,
};
use reqwest::Url;
use std::io::Write;
use std::time::Duration;

/// How much longer than a plain call fetching a bundle may take.
const FETCH_TIMEOUT: Duration = Duration::from_mins(30);

/// A bundle that a registry says it has.
#[derive(Debug)]
pub struct Located {
    /// The registry id.
    pub registry_id: String,
    /// The manifest's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// What the bytes that are fetched must have.
    pub content_hash: Digest,
    /// The signature it was published with.
    pub signature: Option<Signature>,
    url: Url,
}

impl Client {
    /// The extensions.
    pub async fn list(&self) -> Result<Vec<Listed>, Error> {
        let url = self.address.to(&["api", "v1", "extensions"], &[]);
        let answered =
            self.call::<Answer<Vec<Listed>>>("list", self.timeout, || self.http.get(url.clone())).await?;
        Ok(answered.answer.data)
    }

    /// An extension's versions, newest first; or one of them.
    pub async fn versions(&self, extension: &str, version: Option<&str>) -> Result<Versions, Error> {
        let what = "versions";
        let query: Vec<(&str, &str)> = version.map(|version| ("version", version)).into_iter().collect();
        let url = self.address.to(&["api", "v1", "extensions", extension, "versions"], &query);
        let answered =
            self.call::<Answer<Versions>>(what, self.timeout, || self.http.get(url.clone())).await?;
        let mut versions = answered.answer.data;
        versions.extension.id = word(what, "extension.id", versions.extension.id)?;
        Ok(versions)
    }

    /// The version that was published last.
    pub async fn newest(&self, extension: &str) -> Result<String, Error> {
        let versions = self.versions(extension, None).await?.versions;
        let newest = versions.into_iter().next().map(|published| published.version);
        word(
            "versions",
            "version",
            newest.ok_or_else(|| Error::NoVersions { extension: extension.to_owned() })?,
        )
    }

    /// Where a version's bytes are, and which.
    pub async fn locate(&self, extension: &str, version: &str) -> Result<Located, Error> {
        let what = "fetch";
        let versions = self.versions(extension, Some(version)).await?;
        let missing = || Error::NoVersion { extension: extension.to_owned(), version: version.to_owned() };
        let published = versions.versions.into_iter().find(|published| published.version == version);
        let published = published.ok_or_else(missing)?;
        let nonsense = |why: &str| Error::Nonsense { what, why: why.to_owned() };
        let ours =
            Digest::parse(&published.content_hash).ok_or_else(|| nonsense("`contentHash` is no SHA-256"))?;
        // The key's segments are checked one by one: a registry names its own objects and nothing else.
        let mut segments = vec![BUNDLE_BASE];
        segments.extend(published.canonical_key.split('/'));
        if segments.len() > 12 || segments.iter().any(|segment| segment.trim_matches('.').is_empty()) {
            return Err(nonsense("`canonicalKey` is no key"));
        }
        if self.tenant.as_deref().is_some_and(|tenant| segments.get(2) != Some(&tenant)) {
            return Err(nonsense("`canonicalKey` is another tenant's"));
        }
        Ok(Located {
            registry_id: versions.extension.id,
            name: versions.extension.name,
            version: version.to_owned(),
            content_hash: ours,
            signature: published.signature,
            url: self.address.to(&segments, &[]),
        })
    }

    /// Fetches a version's bytes piece by piece into `out`, which holds them when they have the hash; how many there are.
    pub async fn fetch(&self, located: &Located, out: &mut (dyn Write + Send)) -> Result<u64, Error> {
        let what = "fetch";
        let limit = self.timeout.saturating_add(FETCH_TIMEOUT);
        let request = || self.http.get(located.url.clone());
        let Answered { answer, .. } = self.send(what, limit, request).await?;
        let mut running = Running::default();
        let take = |piece: &[u8]| {
            running.update(piece);
            out.write_all(piece)
        };
        self.read_each(what, answer, LARGEST_BUNDLE, limit, take).await?;
        let ((theirs, size), ours) = (running.finish(), located.content_hash);
        if theirs == ours { Ok(size) } else { Err(Error::OtherBytes { what, theirs, ours }) }
    }

    /// Removes the tenant's installation; that there is none is no failure.
    pub async fn uninstall(&self, extension: &str) -> Result<Uninstalled, Error> {
        let body = Uninstall { registry_id: extension.to_owned() };
        let url = self.address.to(&["api", "v1", "extensions", "uninstall"], &[]);
        let request = || self.http.post(url.clone()).json(&body);
        let answered = self.call::<Answer<Uninstalled>>("uninstall", self.timeout, request).await?;
        let uninstalled = answered.answer.data;
        if uninstalled.success {
            Ok(uninstalled)
        } else {
            Err(Error::Nonsense { what: "uninstall", why: "it says that it failed".into() })
        }
    }
}
