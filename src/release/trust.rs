//! The trust file, changed: each change is a sentence about keys, judged before it is written.

use super::{Error, Signer, read_bounded};
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

/// Writes a trust file.
pub fn write_trust(path: &Path, trust: &Trust) -> Result<(), Error> {
    let text = trust.text().map_err(|source| Error::Trust { path: path.to_path_buf(), source })?;
    Ok(files::write(path, text.as_bytes())?)
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
    Revocation(Revocation),
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
        if old.compromised.is_some() {
            return Err(refused("is revoked as compromised"));
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
    Ok(Added::Revocation(revocation))
}

/// No longer trusts a publisher, or one of its keys. Whose last key goes is listed no more.
pub fn remove(trust: &mut Trust, publisher: &str, key: Option<&str>) -> Result<(), Error> {
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
            listed.threshold = listed.threshold.min(listed.keys.len());
            return Ok(());
        }
    }
    trust.publishers.remove(publisher);
    Ok(())
}

fn is(trusted: &TrustedKey, id: &str) -> bool {
    PublicKey::parse(&trusted.key).is_ok_and(|key| key.id() == id)
}

/// Notes what was accepted: the version, and the key of a publisher who was seen for the first time.
pub fn remember(
    trust: &mut Trust,
    verification: &super::Verification,
    offered: Option<&PublicKey>,
) -> Result<(), Error> {
    let publisher = verification.publisher.clone().unwrap_or_default();
    if let (true, Some(key)) = (verification.first_use, offered) {
        add_key(trust, &publisher, key, (None, None), Some(verification.at))?;
    }
    let seen = Seen {
        publisher,
        version: verification.version.clone().unwrap_or_default(),
        content_hash: verification.content_hash.to_string(),
        at: verification.at,
    };
    trust.seen.insert(verification.name.clone().unwrap_or_default(), seen);
    Ok(())
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
