//! Which keys a publisher has: those the file names, and those that they introduced, one after the other.

use super::{Reason, Revocation, Revoked, Rotation, Trust};
use crate::signing::{PublicKey, Time};

/// A key a publisher has.
#[derive(Debug, Clone)]
pub struct Known {
    /// The key.
    pub key: PublicKey,
    /// From when on it is valid.
    pub from: Option<Time>,
    /// Until when it is.
    pub until: Option<Time>,
    /// The ids from the key that the file names to this one.
    pub chain: Vec<String>,
    /// Why nothing it signed is believed, whenever that was.
    pub compromised: Option<Revoked>,
}

impl Known {
    /// Whether it is valid at this moment.
    pub fn is_valid(&self, at: Time) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// The id of the key that the file names.
    pub fn root(&self) -> &str {
        self.chain.first().map_or("", String::as_str)
    }
}

/// All keys of a publisher, whether or not they are valid now; none when it is not listed.
pub fn known(trust: &Trust, publisher: &str) -> Vec<Known> {
    // Who may say that a key is revoked has to be known before what such a key says is left out.
    let all = chains(trust, publisher, &[]);
    chains(trust, publisher, &revoked(trust, publisher, &all))
}

/// By which revocation what a publisher's key says at `moment` is taken back, if it is.
pub fn taken_back(trust: &Trust, publisher: &str, id: &str, moment: Time) -> Option<Revoked> {
    let revoked = revoked(trust, publisher, &chains(trust, publisher, &[]));
    takes_back(&revoked, id, moment).cloned()
}

/// [`taken_back`], of what is revoked: of a compromised key everything, of another what it says from then on.
pub(super) fn takes_back<'a>(revoked: &'a [Revoked], id: &str, moment: Time) -> Option<&'a Revoked> {
    revoked.iter().find(|revoked| {
        let is_it = revoked.key.as_deref() == Some(id);
        is_it && (revoked.reason == Reason::Compromised || moment >= revoked.at)
    })
}

fn chains(trust: &Trust, publisher: &str, revoked: &[Revoked]) -> Vec<Known> {
    let compromised = |id: &str| {
        let is_it =
            |revoked: &&Revoked| revoked.reason == Reason::Compromised && revoked.key.as_deref() == Some(id);
        revoked.iter().find(is_it).cloned()
    };
    let Some(listed) = trust.publishers.get(publisher) else { return Vec::new() };
    let mut known: Vec<Known> = Vec::new();
    for trusted in &listed.keys {
        let Ok(key) = PublicKey::parse(&trusted.key) else { continue };
        let (chain, compromised) = (vec![key.id()], compromised(&key.id()));
        known.push(Known { key, from: trusted.from, until: trusted.until, chain, compromised });
    }
    let rotations: Vec<_> = listed
        .rotations
        .iter()
        .filter_map(|envelope| Some((envelope, Rotation::read(envelope).ok()?)))
        .collect();
    loop {
        let before = known.len();
        for (envelope, rotation) in rotations.iter().filter(|(_, rotation)| rotation.publisher == publisher) {
            let Ok(key) = PublicKey::parse(&rotation.new) else { continue };
            if known.iter().any(|known| known.key.id() == key.id()) {
                continue;
            }
            let introducer = known.iter().find(|known| {
                known.key.id() == rotation.old
                    && known.is_valid(rotation.created)
                    && takes_back(revoked, &rotation.old, rotation.created).is_none()
                    && envelope.is_signed_by(&known.key)
            });
            if let Some(introducer) = introducer {
                let mut chain = introducer.chain.clone();
                chain.push(key.id());
                let from = Some(rotation.from.unwrap_or(rotation.created));
                let compromised = compromised(&key.id());
                known.push(Known { key, from, until: rotation.until, chain, compromised });
            }
        }
        if known.len() == before {
            return known;
        }
    }
}

/// Everything of a trust file that counts as revoked, each once: what a publisher's own keys say of that publisher's, and
/// what those who may revoke anything say of anybody's.
pub fn all_revoked(trust: &Trust) -> Vec<(&str, Revoked)> {
    let mut all: Vec<(&str, Revoked)> = Vec::new();
    // No publisher has no name, so that what is left counts for all.
    for publisher in std::iter::once("").chain(trust.publishers.keys().map(String::as_str)) {
        for revoked in revoked(trust, publisher, &chains(trust, publisher, &[])) {
            if !all.iter().any(|(_, other)| *other == revoked) {
                all.push((publisher, revoked));
            }
        }
    }
    all
}

/// What was revoked of a publisher's, by whoever may: a key of the publisher, or one that may revoke anything.
pub(super) fn revoked(trust: &Trust, publisher: &str, keys: &[Known]) -> Vec<Revoked> {
    let revokers: Vec<PublicKey> =
        trust.revokers.iter().filter_map(|text| PublicKey::parse(text).ok()).collect();
    let mut revoked = Vec::new();
    for envelope in &trust.revocations {
        let Ok(list) = Revocation::read(envelope) else { continue };
        let by_anyone = revokers.iter().any(|key| envelope.is_signed_by(key));
        let by_owner =
            list.publisher == publisher && keys.iter().any(|known| envelope.is_signed_by(&known.key));
        if by_anyone || by_owner {
            revoked.extend(list.revoked);
        }
    }
    revoked
}
