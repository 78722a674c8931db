//! The signatures beside a bundle: found, read strictly, and checked against the keys that count.

use super::{Against, Question, Reason};
use crate::files;
use crate::release::sign::{TEXT, signatures};
use crate::release::{Error, read_bounded, signature_path};
use crate::signing::trust::{self, FirstUse, Trust};
use crate::signing::{self, Claim, Prehash, PublicKey, Signature};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The longest bundle an old signature, of the bytes themselves, is checked for: they must be in memory at once.
const OLD: u64 = 64 << 20;

/// A signature's file, and the key it is checked with.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) signature: Signature,
    /// None when nobody vouches for the key.
    pub(super) key: Option<PublicKey>,
    /// What it vouches for; none when another tool made it.
    pub(super) claim: Option<Claim>,
    path: PathBuf,
}

/// What was found, or why there is nothing to go on.
type Answer<T, F> = Result<Result<T, F>, Error>;

/// Reads the signatures of a bundle; one that is none spoils all.
pub(super) fn find(bundle: &Path, named: Option<&Path>) -> Answer<Vec<Found>, (Reason, String)> {
    let paths = match named {
        Some(named) => vec![named.to_path_buf()],
        None => signatures(bundle)?,
    };
    let mut found = Vec::new();
    for path in paths {
        let bytes = match read_bounded(&path, TEXT) {
            Ok(bytes) => bytes,
            Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound => continue,
            Err(Error::TooLarge { limit, .. }) => {
                let why = format!("the signature is longer than {limit} bytes");
                return Ok(Err((Reason::MalformedSignature, why)));
            }
            Err(error) => return Err(error),
        };
        match Signature::parse(&bytes) {
            Ok(signature) => {
                let claim = Claim::parse(signature.trusted_comment());
                found.push(Found { signature, key: None, claim, path });
            }
            Err(error) => return Ok(Err((Reason::MalformedSignature, named_in(&error, bundle, &path)))),
        }
    }
    if found.is_empty() {
        let path = named.map_or_else(|| signature_path(bundle), Path::to_path_buf);
        let why = format!("there is no signature at `{}`", path.display());
        return Ok(Err((Reason::NoSignature, why)));
    }
    Ok(Ok(found))
}

/// Says which file when it is not the first.
fn named_in(error: &dyn std::fmt::Display, bundle: &Path, path: &Path) -> String {
    if path == signature_path(bundle) { error.to_string() } else { format!("`{}`: {error}", path.display()) }
}

/// Checks every signature whose key counts; those are returned. One that does not fit spoils all.
pub(super) fn check(
    found: &[Found],
    against: &Against<'_>,
    prehash: &Prehash,
    bytes: &dyn Fn() -> Result<Vec<u8>, Error>,
) -> Answer<Vec<Found>, (Question, Reason, String)> {
    let keys = match against {
        Against::Key(key) => vec![(*key).clone()],
        Against::Trust { trust, offered } => {
            all_keys(trust).into_iter().chain(offered.map(PublicKey::clone)).collect()
        }
    };
    let mut signers = Vec::new();
    for one in found {
        let Found { signature, path, .. } = one;
        // Ids are chosen, not made of the keys: two keys may have the same.
        let mut failed = None;
        for key in keys.iter().filter(|key| key.id() == signature.key_id()) {
            failed = match signature.verify::<Error>(key, prehash, bytes) {
                Ok(()) => {
                    let key = Some(key.clone());
                    signers.push(Found { key, ..one.clone() });
                    None
                }
                Err(Error::Signing(error @ signing::Error::Comment)) => Some((Reason::CommentChanged, error)),
                Err(Error::Signing(error)) => Some((Reason::BytesChanged, error)),
                Err(error) => return Err(error),
            };
            if failed.is_none() {
                break;
            }
        }
        if let Some((reason, error)) = failed {
            let why =
                if found.len() == 1 { error.to_string() } else { format!("`{}`: {error}", path.display()) };
            return Ok(Err((Question::Signature, reason, why)));
        }
    }
    if signers.is_empty() {
        let ids: Vec<String> = found.iter().map(|found| found.signature.key_id()).collect();
        let ids = ids.join(", ");
        let why = match against {
            Against::Key(key) => {
                format!("the signature was made by key {ids}, and the trusted key is {}", key.id())
            }
            Against::Trust { trust, .. } if trust.first_use == FirstUse::Pin => {
                format!(
                    "the signature was made by key {ids}, which is not known; `--key` offers it to be pinned"
                )
            }
            Against::Trust { .. } => {
                format!("the signature was made by key {ids}, which the trust file does not have")
            }
        };
        return Ok(Err((Question::Trust, Reason::OtherKey, why)));
    }
    Ok(Ok(signers))
}

/// Every key a trust file leads to, whatever it may sign.
fn all_keys(trust: &Trust) -> Vec<PublicKey> {
    let known = trust.publishers.keys().flat_map(|publisher| trust::known(trust, publisher));
    known.map(|known| known.key).collect()
}

/// All bytes of a bundle that has an old signature.
pub(super) fn all(file: &File) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    At::start(file).take(OLD + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > OLD {
        return Err(Error::OldSignature { limit: OLD });
    }
    Ok(bytes)
}

/// Reads a file from its start without moving the place where others read it.
pub(super) struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl At<'_> {
    pub(super) fn start(file: &File) -> At<'_> {
        At { file, offset: 0 }
    }
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = files::read_at(self.file, buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
