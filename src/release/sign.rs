//! Signing a bundle: the signature vouches for the bytes, and for the name they go by.

use super::{Error, Signer, beside, read_bounded, signature_path, survey};
use crate::files;
use crate::signing::{self, Claim, Identity, Prehash, Signature, Time};
use std::io::{ErrorKind, Seek};
use std::path::{Path, PathBuf};

/// When a bundle is signed, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct SignOptions {
    /// When.
    pub created: Time,
    /// From when on the signature is not to be accepted; none: never.
    pub expires: Option<Time>,
}

/// A signature that was written.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Where.
    pub path: PathBuf,
    /// What it vouches for.
    pub claim: Claim,
    /// What may be wrong.
    pub warnings: Vec<String>,
}

/// The largest key or signature file that is read.
pub(super) const TEXT: u64 = 1 << 16;

/// Signs the bundle at `path`. `signer` is asked for after everything else that could fail has been checked.
///
/// The first key's signature is `<bundle>.minisig`; further keys' are `<bundle>.<key id>.minisig`, each of which minisign
/// verifies with `-x`. A signature that says it is of other bytes, or one by the same key, is replaced.
pub fn sign<E: From<Error>>(
    path: &Path,
    options: SignOptions,
    signer: impl FnOnce(&Identity) -> Result<Signer, E>,
) -> Result<Signed, E> {
    let mut surveyed = survey(path)?;
    let identity = surveyed.identity();
    let signer = signer(&identity)?;
    let public = signer.public();
    let SignOptions { created, expires } = options;
    let claim = Claim { identity, key_id: public.id(), created, expires };
    surveyed.file.rewind().map_err(Error::from)?;
    let hash = Prehash::of_reader(&mut surveyed.file).map_err(Error::from)?;
    let text = match &signer {
        Signer::Key(key) => {
            surveyed.file.rewind().map_err(Error::from)?;
            signing::sign(key, &mut surveyed.file, &hash, &claim).map_err(Error::from)?
        }
        Signer::External(_) => {
            signing::assemble::<Error>(&public, &hash, &claim, &mut |bytes| signer.sign(bytes))?
        }
    };
    let bundle = path;
    let path = place(bundle, &claim)?;
    if let Some(folder) = path.parent() {
        files::sweep(folder);
    }
    files::write(&path, text.as_bytes()).map_err(Error::from)?;
    let others = signatures(bundle)?.into_iter().filter(|other| *other != path);
    let warnings = others.filter_map(|other| stale(&other, &claim.identity.content_hash)).collect();
    Ok(Signed { path, claim, warnings })
}

/// Where this key's signature goes: not over one by another key, unless that is of other bytes.
fn place(bundle: &Path, claim: &Claim) -> Result<PathBuf, Error> {
    let first = signature_path(bundle);
    let signature = match read_bounded(&first, TEXT) {
        Ok(bytes) => Signature::parse(&bytes).ok(),
        Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let is_anothers = signature.is_some_and(|signature| {
        // What another tool made does not say of which bytes it is.
        let is_of_these = Claim::parse(signature.trusted_comment())
            .is_none_or(|other| other.identity.content_hash == claim.identity.content_hash);
        signature.key_id() != claim.key_id && is_of_these
    });
    Ok(if is_anothers { beside(bundle, &format!(".{}.minisig", claim.key_id)) } else { first })
}

/// The signatures beside a bundle, the first one first.
pub(super) fn signatures(bundle: &Path) -> Result<Vec<PathBuf>, Error> {
    let first = signature_path(bundle);
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_further = |other: &str| {
        let id = other.strip_prefix(&format!("{name}.")).and_then(|rest| rest.strip_suffix(".minisig"));
        id.is_some_and(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let folder = bundle.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut further: Vec<PathBuf> = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if is_further(&entry.file_name().to_string_lossy()) {
            further.push(entry.path());
        }
    }
    further.sort();
    let first = fs_err::symlink_metadata(&first).is_ok().then_some(first);
    Ok(first.into_iter().chain(further).collect())
}

/// Says so when a signature was made for other bytes than these. One that does not say of which it is may be right.
pub(super) fn stale(path: &Path, content_hash: &str) -> Option<String> {
    let signature = Signature::parse(&read_bounded(path, TEXT).ok()?).ok();
    let is_current = signature.is_some_and(|signature| {
        let claim = Claim::parse(signature.trusted_comment());
        claim.is_none_or(|claim| claim.identity.content_hash == content_hash)
    });
    (!is_current).then(|| format!("`{}` was made for other bytes; sign again", path.display()))
}
