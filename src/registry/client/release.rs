//! What is to be published, checked before anything is sent.

use super::Error;
use crate::bundle::{Container, Digest};
use crate::manifest::Manifest;
use crate::registry::wire::{ALGORITHM, LARGEST_BUNDLE, LARGEST_SIGNATURE, Signature};
use crate::release::{self, signature_path};
use crate::signing::{self, Claim};
use crate::validate;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A bundle that may be published, with the signature that lies beside it.
pub struct Release {
    /// The bundle's file; its name is sent.
    pub path: PathBuf,
    /// The manifest inside.
    pub manifest: Manifest,
    /// The content hash.
    pub digest: Digest,
    /// The archive's length in bytes.
    pub size: u64,
    /// The archive, open: what is sent is what was checked.
    pub(super) archive: Arc<std::fs::File>,
    /// The signature beside it.
    pub signature: Option<Signature>,
}

impl Release {
    /// Reads the bundle at `path` and the signature beside it, and refuses what no registry takes.
    pub fn open(path: &Path) -> Result<Release, Error> {
        let mut surveyed = release::survey(path)?;
        let (digest, size) = (surveyed.digest, surveyed.size);
        if size > LARGEST_BUNDLE {
            return Err(Error::TooLarge { path: path.to_owned(), size });
        }
        let container = surveyed.listing.container;
        if container != Container::TarZst {
            return Err(Error::Container { path: path.to_owned(), container });
        }
        let findings = validate::spooled(&surveyed.spool()?).map_err(release::Error::from)?;
        if findings.errors > 0 {
            return Err(Error::Findings(findings));
        }
        let signature = beside(path, &digest)?;
        let manifest = surveyed.manifest.clone();
        let archive = Arc::new(surveyed.into_archive());
        Ok(Release { path: path.to_owned(), manifest, digest, size, archive, signature })
    }
}

/// The signature beside the bundle, if there is one. One that speaks of another bundle is not sent.
fn beside(path: &Path, digest: &Digest) -> Result<Option<Signature>, Error> {
    let path = signature_path(path);
    let bytes = match release::read_bounded(&path, LARGEST_SIGNATURE as u64) {
        Ok(bytes) => bytes,
        Err(release::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let malformed = |source| Error::Signature { path: path.clone(), source };
    let signature = signing::Signature::parse(&bytes).map_err(malformed)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let claimed = Claim::parse(signature.trusted_comment()).map(|claim| claim.identity);
    let ours = digest.to_string();
    match claimed {
        Some(claimed) if claimed.content_hash != ours => {
            Err(Error::OtherSignature { path, theirs: claimed.content_hash, ours })
        }
        _ => Ok(Some(Signature { text, algorithm: Some(ALGORITHM.to_owned()) })),
    }
}
