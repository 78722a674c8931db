//! The trust file, changed: each change is a sentence about keys, judged before it is written.

use super::{Error, Reason, Signer, Verification, read_bounded};
use crate::files;
use crate::signing::trust::{
    self, FirstUse, Known, Publisher, Revocation, Revoked, Rotation, Seen, Trust, TrustedKey,
};
use crate::signing::{Envelope, PublicKey, Time};
use std::io::ErrorKind;
use std::path::Path;

/// The largest trust file or statement that is read.
const LARGEST: u64 = 16 << 20;

/// Reads a trust file.
pub fn read_trust(path: &Path) -> Result<Trust, Error> {
    let bytes = match read_bounded(path, LARGEST) {
        Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::NoTrust { path: path.to_path_buf() });
        }
        other => other?,
    };
    let text = String::from_utf8(bytes).unwrap_or_else(|_| "not UTF-8".into());
    Trust::parse(&text).map_err(|source| Error::Trust { path: path.to_path_buf(), source })
}

fn write_trust(path: &Path, trust: &Trust) -> Result<(), Error> {
    let text = trust.text().map_err(|source| Error::Trust { path: path.to_path_buf(), source })?;
    Ok(files::write(path, text.as_bytes())?)
}

/// Reads a trust file, changes it and writes it where it is, while nobody else does; what fails changes nothing. Links to
/// it stay as they are.
pub fn change_trust<T>(path: &Path, change: impl FnOnce(&mut Trust) -> Result<T, Error>) -> Result<T, Error> {
    let path = &files::followed(path);
    // That there is none is said in words of its own, and before anything is made beside it.
    read_trust(path)?;
    let _lock = files::lock(path)?;
    let mut trust = read_trust(path)?;
    let before = trust.clone();
    let done = change(&mut trust)?;
    if trust != before {
        write_trust(path, &trust)?;
    }
    Ok(done)
}

/// Writes a trust file where there is none.
pub fn init_trust(path: &Path, first_use: FirstUse) -> Result<(), Error> {
    if fs_err::symlink_metadata(path).is_ok() {
        return Err(Error::Exists { path: path.to_path_buf() });
    }
    write_trust(path, &Trust { first_use, ..Trust::default() })
}

/// Trusts a key for a publisher; a key that is there already gets the new times.
pub fn add_key(
    trust: &mut Trust,
    publisher: &str,
    key: &PublicKey,
    (from, until): (Option<Time>, Option<Time>),
    pinned: Option<Time>,
) -> Result<(), Error> {
    let owner = trust.publishers.iter().find(|(name, listed)| {
        name.as_str() != publisher && listed.keys.iter().any(|trusted| is(trusted, &key.id()))
    });
    if let Some((owner, _)) = owner {
        return Err(Error::KeyOfAnother { key: key.id(), owner: owner.clone() });
    }
    let listed = trust.publishers.entry(publisher.to_owned());
    let listed =
        listed.or_insert_with(|| Publisher { threshold: 1, keys: Vec::new(), rotations: Vec::new() });
    listed.keys.retain(|trusted| !is(trusted, &key.id()));
    listed.keys.push(TrustedKey { key: key.to_string(), from, until, pinned });
    Ok(())
}

/// Sets how many keys must sign for a publisher.
pub fn set_threshold(trust: &mut Trust, publisher: &str, threshold: usize) -> Result<(), Error> {
    let listed = trust.publishers.get_mut(publisher);
    listed.ok_or_else(|| Error::NotListed { what: publisher.to_owned() })?.threshold = threshold;
    Ok(())
}

/// What a statement that was added does.
#[derive(Debug, Clone)]
pub enum Added {
    /// A key introduced its successor.
    Rotation(Rotation),
    /// Keys or bundles are revoked.
    Revocation {
        /// The list.
        list: Revocation,
        /// The ids on it that are of no key of the trust file.
        unknown: Vec<String>,
    },
}

/// Takes in a signed statement, which must be by a key that may say it at the moment `at`.
pub fn add_statement(trust: &mut Trust, bytes: &[u8], at: Time) -> Result<Added, Error> {
    let envelope = Envelope::parse(bytes)?;
    if envelope.payload_type == Rotation::TYPE {
        let rotation = Rotation::read(&envelope)?;
        let known = trust::known(trust, &rotation.publisher);
        let is_old = |known: &&Known| known.key.id() == rotation.old && envelope.is_signed_by(&known.key);
        let refused = |why: &str| Error::Unbelieved { why: format!("key {} {why}", rotation.old) };
        let old = known.iter().find(is_old);
        let old = old.ok_or_else(|| {
            refused(&format!("is not trusted for `{}`, or did not sign it", rotation.publisher))
        })?;
        let taken_back = |moment| trust::taken_back(trust, &rotation.publisher, &rotation.old, moment);
        if let Some(revoked) = taken_back(rotation.created) {
            return Err(refused(&format!("is revoked, {revoked}")));
        }
        // Whoever finds an old key can write any date; what is taken in must be said while the key is valid.
        if !old.is_valid(at) || !old.is_valid(rotation.created) {
            return Err(refused("is not valid now, or was not then"));
        }
        if let Some(listed) = trust.publishers.get_mut(&rotation.publisher)
            && !listed.rotations.contains(&envelope)
        {
            listed.rotations.push(envelope);
        }
        return Ok(Added::Rotation(rotation));
    }
    let revocation = Revocation::read(&envelope)?;
    let known = trust::known(trust, &revocation.publisher);
    let revokers: Vec<PublicKey> =
        trust.revokers.iter().filter_map(|key| PublicKey::parse(key).ok()).collect();
    let mut keys = known.iter().map(|known| &known.key).chain(&revokers);
    if !keys.any(|key| envelope.is_signed_by(key)) {
        let why =
            format!("it is signed by no key of `{}`, and by none that may revoke", revocation.publisher);
        return Err(Error::Unbelieved { why });
    }
    if !trust.revocations.contains(&envelope) {
        trust.revocations.push(envelope);
    }
    let mut unknown: Vec<String> = revocation.revoked.iter().filter_map(|one| one.key.clone()).collect();
    let all = trust.publishers.keys().flat_map(|publisher| trust::known(trust, publisher));
    let ids: Vec<String> = all.map(|known| known.key.id()).collect();
    unknown.retain(|id| !ids.contains(id));
    Ok(Added::Revocation { list: revocation, unknown })
}

/// No longer trusts a publisher, or one of its keys. Whose last key goes is listed no more. How many keys must sign is
/// lowered only to the `threshold` that is named.
pub fn remove(
    trust: &mut Trust,
    publisher: &str,
    key: Option<&str>,
    threshold: Option<usize>,
) -> Result<(), Error> {
    let not_listed = |what: &str| Error::NotListed { what: what.to_owned() };
    let listed = trust.publishers.get_mut(publisher).ok_or_else(|| not_listed(publisher))?;
    if let Some(id) = key {
        let before = (listed.keys.len(), listed.rotations.len());
        listed.keys.retain(|trusted| !is(trusted, id));
        let introduces = |envelope: &Envelope| {
            let rotation = Rotation::read(envelope).ok();
            rotation
                .and_then(|rotation| PublicKey::parse(&rotation.new).ok())
                .is_some_and(|key| key.id() == id)
        };
        listed.rotations.retain(|envelope| !introduces(envelope));
        if (listed.keys.len(), listed.rotations.len()) == before {
            return Err(not_listed(id));
        }
        if !listed.keys.is_empty() {
            let (threshold, keys) = (threshold.unwrap_or(listed.threshold), listed.keys.len());
            if threshold == 0 || threshold > keys {
                return Err(Error::Threshold { publisher: publisher.to_owned(), threshold, keys });
            }
            listed.threshold = threshold;
            return Ok(());
        }
    }
    trust.publishers.remove(publisher);
    Ok(())
}

fn is(trusted: &TrustedKey, id: &str) -> bool {
    PublicKey::parse(&trusted.key).is_ok_and(|key| key.id() == id)
}

/// Notes in the trust file at `path` what was accepted: the version, and the key of a publisher who was seen for the first
/// time. The file may have changed since the bundle was judged: it is judged again by what stands there now, and when
/// that refuses it, nothing is noted and the reason is returned.
pub fn remember(
    path: &Path,
    verification: &Verification,
    offered: Option<&PublicKey>,
) -> Result<Result<(), (Reason, String)>, Error> {
    change_trust(path, |trust| {
        let first_use = match judge_again(trust, verification) {
            Ok(first_use) => first_use,
            Err(refused) => return Ok(Err(refused)),
        };
        let publisher = verification.publisher.clone().unwrap_or_default();
        if let (true, Some(key)) = (first_use, offered) {
            add_key(trust, &publisher, key, (None, None), Some(verification.at))?;
        }
        let seen = Seen {
            publisher,
            version: verification.version.clone().unwrap_or_default(),
            content_hash: verification.content_hash.to_string(),
            at: verification.at,
        };
        trust.seen.insert(verification.name.clone().unwrap_or_default(), seen);
        Ok(Ok(()))
    })
}

/// Whether the publisher is new to the trust file; or why it refuses what was accepted.
fn judge_again(trust: &Trust, verification: &Verification) -> Result<bool, (Reason, String)> {
    let content_hash = verification.content_hash.to_string();
    let release = trust::Release {
        name: verification.name.as_deref().unwrap_or_default(),
        version: verification.version.as_deref().unwrap_or_default(),
        publisher: verification.publisher.as_deref().unwrap_or_default(),
        content_hash: &content_hash,
    };
    let mut judgement = trust::judge(trust, release, &verification.signed, verification.at);
    if let Some(refusal) = judgement.refusal {
        let why = judgement.steps.pop().map(|(_, why)| why).unwrap_or_default();
        return Err((refusal.into(), why));
    }
    if let Some((key, created)) = &verification.stated
        && !judgement.believed.iter().any(|one| one.key == *key && one.counts(*created))
    {
        return Err((
            Reason::Unstated,
            format!("the statement is by key {}, which is not believed", key.id()),
        ));
    }
    Ok(judgement.first_use)
}

/// Signs a statement by which the signer's key introduces another.
pub fn rotation(signer: &Signer, rotation: &Rotation) -> Result<Envelope, Error> {
    Envelope::seal(Rotation::TYPE, rotation, &signer.public(), &mut |bytes| signer.sign(bytes))
}

/// Signs a list of what is revoked.
pub fn revocation(
    signer: &Signer,
    publisher: &str,
    revoked: Revoked,
    created: Time,
) -> Result<Envelope, Error> {
    let revocation = Revocation { publisher: publisher.to_owned(), created, revoked: vec![revoked] };
    Envelope::seal(Revocation::TYPE, &revocation, &signer.public(), &mut |bytes| signer.sign(bytes))
}
