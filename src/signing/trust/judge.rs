//! Whether the signatures of a bundle are enough: step by step, each with its reason.

use super::keys::{self, Known};
use super::{FirstUse, Revoked, Trust};
use crate::signing::{Claim, PublicKey, Time};
use serde::Serialize;
use std::cmp::Ordering;

/// How far the signer's clock may run ahead, in seconds.
const AHEAD: i64 = 300;

/// What is judged: what the signatures vouch for.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The bundle's name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its publisher.
    pub publisher: &'a str,
    /// Its content hash.
    pub content_hash: &'a str,
}

/// A signature that fits the bundle.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The key it was made with.
    pub key: PublicKey,
    /// What it vouches for.
    pub claim: Claim,
}

/// Which question was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Are the keys this publisher's, and enough of them?
    Trust,
    /// Was a key or this bundle revoked?
    Revocation,
    /// Are keys and signatures valid at this moment?
    Expiry,
    /// Is it what was accepted before, or newer?
    Seen,
}

/// Why a bundle is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The publisher is not listed.
    UnknownPublisher,
    /// The keys are not this publisher's.
    OtherKey,
    /// Fewer keys signed than must.
    TooFewKeys,
    /// A key was revoked.
    RevokedKey,
    /// The bundle was revoked.
    RevokedBundle,
    /// A key's or the signature's time is over.
    Expired,
    /// A key's time has not begun, or the signature is from the future.
    NotYetValid,
    /// A newer version was accepted before.
    Downgraded,
    /// This version was accepted before, with other bytes.
    OtherBytes,
    /// The extension was another publisher's before.
    OtherPublisher,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Every step that was taken, with what was found; the last may be the one that failed.
    pub steps: Vec<(Step, String)>,
    /// Why it is not accepted.
    pub refusal: Option<Refusal>,
    /// Whether the publisher is accepted because it is the first time.
    pub first_use: bool,
    /// Whose word counts; nobody's when it is not accepted.
    pub believed: Vec<Believed>,
}

/// A key of the publisher that signed, is valid, and was not revoked when it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Believed {
    /// The key.
    pub key: PublicKey,
    /// What it vouches for; none where the signature says nothing.
    pub claim: Option<Claim>,
    /// From when on its word counts.
    pub from: Option<Time>,
    /// Until when it does: its time is over then, or it was revoked.
    pub until: Option<Time>,
}

impl Believed {
    /// Whether what it says at this moment counts.
    pub fn counts(&self, moment: Time) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }

    fn of((known, signer): &Pair<'_>, revoked: &[Revoked]) -> Believed {
        let id = known.key.id();
        let ends =
            revoked.iter().filter(|revoked| revoked.key.as_ref() == Some(&id)).map(|revoked| revoked.at);
        let (key, claim) = (signer.key.clone(), Some(signer.claim.clone()));
        Believed { key, claim, from: known.from, until: ends.chain(known.until).min() }
    }
}

/// Judges at the moment `at`. The signatures were checked before; `signers` are those whose bytes and comments fit.
pub fn judge(trust: &Trust, release: Release<'_>, signers: &[Signer], at: Time) -> Judgement {
    let mut judgement =
        Judgement { steps: Vec::new(), refusal: None, first_use: false, believed: Vec::new() };
    let outcome = steps(trust, release, signers, at, &mut judgement);
    if let Err((step, refusal, why)) = outcome {
        judgement.steps.push((step, why));
        judgement.refusal = Some(refusal);
    }
    judgement
}

type Failure = (Step, Refusal, String);
/// A key that may sign, and its signature.
type Pair<'a> = (&'a Known, &'a Signer);

fn steps(
    trust: &Trust,
    release: Release<'_>,
    signers: &[Signer],
    at: Time,
    judgement: &mut Judgement,
) -> Result<(), Failure> {
    let Release { publisher, .. } = release;
    let listed = trust.publishers.get(publisher);
    let known = match listed {
        Some(_) => keys::known(trust, publisher),
        None => newcomers(trust, publisher, signers)?,
    };
    let revoked = keys::revoked(trust, publisher, &known);
    let threshold = listed.map_or(1, |listed| listed.threshold);
    let pairs: Vec<Pair<'_>> = signers
        .iter()
        .filter_map(|signer| known.iter().find(|known| known.key == signer.key).map(|known| (known, signer)))
        .collect();
    let enough = |pairs: &[Pair<'_>]| count(pairs) >= threshold;
    if pairs.is_empty() {
        return Err((Step::Trust, Refusal::OtherKey, stranger(trust, publisher, signers)));
    }
    if !enough(&pairs) {
        let why = format!("{} of {threshold} keys of `{publisher}` signed: {}", count(&pairs), list(&pairs));
        return Err((Step::Trust, Refusal::TooFewKeys, why));
    }
    let of =
        if threshold == 1 { String::new() } else { format!(" ({} of {threshold} wanted)", count(&pairs)) };
    judgement.steps.push((
        Step::Trust,
        match listed {
            Some(_) => format!("signed for `{publisher}` by {}{of}", list(&pairs)),
            None => format!("`{publisher}` is seen for the first time, with {}", list(&pairs)),
        },
    ));

    let said = revocation(release, &revoked, &pairs, &enough)?;
    let pairs: Vec<Pair<'_>> =
        pairs.into_iter().filter(|pair| pair_revoked(&revoked, pair).is_none()).collect();
    judgement.steps.push((Step::Revocation, said));

    let late: Vec<_> = pairs.iter().filter_map(|pair| pair_untimely(pair, at)).collect();
    let timely: Vec<Pair<'_>> = pairs.into_iter().filter(|pair| pair_untimely(pair, at).is_none()).collect();
    if !enough(&timely) {
        let (refusal, why) = late.into_iter().next().unwrap_or((Refusal::Expired, String::new()));
        return Err((Step::Expiry, refusal, why));
    }
    judgement.steps.push((Step::Expiry, validity(&timely, at)));
    judgement.steps.push((Step::Seen, seen(trust, release)?));
    judgement.first_use = listed.is_none();
    judgement.believed = timely.iter().map(|pair| Believed::of(pair, &revoked)).collect();
    Ok(())
}

/// The keys that a publisher who is not listed may be accepted with.
fn newcomers(trust: &Trust, publisher: &str, signers: &[Signer]) -> Result<Vec<Known>, Failure> {
    let refuse = |refusal| Err((Step::Trust, refusal, stranger(trust, publisher, signers)));
    if trust.first_use == FirstUse::Refuse {
        return refuse(Refusal::UnknownPublisher);
    }
    // A key that is somebody else's introduces nobody.
    let is_free = |signer: &&Signer| {
        !trust
            .publishers
            .keys()
            .any(|name| keys::known(trust, name).iter().any(|known| known.key == signer.key))
    };
    let known = |signer: &Signer| Known {
        key: signer.key.clone(),
        from: None,
        until: None,
        chain: vec![signer.key.id()],
        compromised: None,
    };
    let known: Vec<Known> = signers.iter().filter(is_free).map(known).collect();
    if known.is_empty() { refuse(Refusal::OtherKey) } else { Ok(known) }
}

/// How many keys that stand for themselves: a key and its successors are one.
fn count(pairs: &[Pair<'_>]) -> usize {
    let mut roots: Vec<&str> = pairs.iter().map(|(known, _)| known.root()).collect();
    roots.sort_unstable();
    roots.dedup();
    roots.len()
}

fn list(pairs: &[Pair<'_>]) -> String {
    let chain = |known: &Known| match known.chain.as_slice() {
        [] | [_] => format!("key {}", known.key.id()),
        chain => format!("key {} (introduced: {})", known.key.id(), chain.join(" → ")),
    };
    pairs.iter().map(|(known, _)| chain(known)).collect::<Vec<_>>().join(", ")
}

/// Why none of the keys is the publisher's.
fn stranger(trust: &Trust, publisher: &str, signers: &[Signer]) -> String {
    let mut said = Vec::new();
    for signer in signers {
        let id = &signer.claim.key_id;
        let is_theirs = |name: &&String| keys::known(trust, name).iter().any(|known| known.key.id() == *id);
        let broken = trust.publishers.get(publisher).into_iter().flat_map(|listed| &listed.rotations);
        let broken = broken
            .filter_map(|envelope| super::Rotation::read(envelope).ok())
            .find(|rotation| PublicKey::parse(&rotation.new).is_ok_and(|key| key.id() == *id));
        said.push(match (trust.publishers.keys().find(is_theirs), broken) {
            (Some(owner), _) => format!("key {id} is trusted for `{owner}`"),
            (None, Some(rotation)) => format!(
                "key {id} is introduced by a statement of key {}, which is not trusted, was not valid then, or did not \
                 sign it",
                rotation.old
            ),
            (None, None) => format!("key {id} is not known"),
        });
    }
    let listed = if trust.publishers.contains_key(publisher) { "" } else { ", who is not listed" };
    format!("the bundle says it is by `{publisher}`{listed}; {}", said.join("; "))
}

fn pair_revoked<'a>(revoked: &'a [Revoked], (known, signer): &Pair<'_>) -> Option<&'a Revoked> {
    keys::takes_back(revoked, &known.key.id(), signer.claim.created)
}

fn bundle_revoked(release: Release<'_>, revoked: &[Revoked]) -> Result<(), Failure> {
    let found = revoked.iter().find(|revoked| revoked.content_hash.as_deref() == Some(release.content_hash));
    found.map_or(Ok(()), |found| {
        let why = format!("`{}` is revoked, {found}", release.content_hash);
        Err((Step::Revocation, Refusal::RevokedBundle, why))
    })
}

fn revocation(
    release: Release<'_>,
    revoked: &[Revoked],
    pairs: &[Pair<'_>],
    enough: &dyn Fn(&[Pair<'_>]) -> bool,
) -> Result<String, Failure> {
    bundle_revoked(release, revoked)?;
    let (bad, good): (Vec<Pair<'_>>, Vec<Pair<'_>>) =
        pairs.iter().copied().partition(|pair| pair_revoked(revoked, pair).is_some());
    let say = |pair: &Pair<'_>| {
        let found = pair_revoked(revoked, pair)?;
        Some(format!("key {} is revoked, {found}", pair.0.key.id()))
    };
    let said: Vec<String> = bad.iter().filter_map(say).collect();
    if !enough(&good) {
        return Err((Step::Revocation, Refusal::RevokedKey, said.join("; ")));
    }
    if !said.is_empty() {
        return Ok(format!("{}; the others are enough", said.join("; ")));
    }
    let late = |(known, _): &Pair<'_>| {
        let found = revoked.iter().find(|revoked| revoked.key.as_deref() == Some(known.key.id().as_str()))?;
        Some(format!("key {} signed before it was revoked, {found}", known.key.id()))
    };
    let late: Vec<String> = good.iter().filter_map(late).collect();
    if !late.is_empty() {
        return Ok(late.join("; "));
    }
    Ok(match revoked.len() {
        0 => "nothing was revoked".into(),
        count => format!("{count} revoked, neither this bundle nor its keys"),
    })
}

/// Why a signature does not count at this moment. The key must be valid both now and when it signed: what an old key says
/// about the past cannot be checked.
fn pair_untimely((known, signer): &Pair<'_>, at: Time) -> Option<(Refusal, String)> {
    let id = known.key.id();
    for (moment, what) in [(at, "it is"), (signer.claim.created, "it signed at")] {
        if let Some(from) = known.from.filter(|from| moment < *from) {
            return Some((
                Refusal::NotYetValid,
                format!("key {id} is valid from {from} on, and {what} {moment}"),
            ));
        }
        if let Some(until) = known.until.filter(|until| moment >= *until) {
            return Some((Refusal::Expired, format!("key {id} is valid until {until}, and {what} {moment}")));
        }
    }
    untimely(&signer.claim, at)
}

/// Why a signature that vouches for this does not count at the moment `at`, whosoever it is.
pub fn untimely(claim: &Claim, at: Time) -> Option<(Refusal, String)> {
    if claim.created > at.plus(AHEAD) {
        let why = format!("key {} says it signed at {}, and it is {at}", claim.key_id, claim.created);
        return Some((Refusal::NotYetValid, why));
    }
    let expires = claim.expires.filter(|expires| at >= *expires)?;
    Some((
        Refusal::Expired,
        format!("the signature of key {} expired at {expires}, and it is {at}", claim.key_id),
    ))
}

fn validity(pairs: &[Pair<'_>], at: Time) -> String {
    let ends = pairs.iter().flat_map(|(known, signer)| [known.until, signer.claim.expires]).flatten().min();
    let signed = pairs.iter().map(|(_, signer)| signer.claim.created).max().unwrap_or(at);
    let until = ends.map_or_else(|| "no end is set".to_owned(), |end| format!("valid until {end}"));
    format!("signed at {signed}; {until}")
}

/// Compares with the last version that was accepted.
fn seen(trust: &Trust, release: Release<'_>) -> Result<String, Failure> {
    let Release { name, version, publisher, content_hash } = release;
    let Some(seen) = trust.seen.get(name) else { return Ok("no version was accepted before".into()) };
    let fail = |refusal, why| Err((Step::Seen, refusal, why));
    if seen.publisher != publisher {
        let why = format!("`{name}` was by `{}` until now, and this one is by `{publisher}`", seen.publisher);
        return fail(Refusal::OtherPublisher, why);
    }
    match order(version, &seen.version) {
        None => {
            let why = format!(
                "version {version} is not known to be newer than {}, accepted at {}: they cannot be compared",
                seen.version, seen.at
            );
            fail(Refusal::Downgraded, why)
        }
        Some(Ordering::Less) => {
            let why = format!("version {version} is older than {}, accepted at {}", seen.version, seen.at);
            fail(Refusal::Downgraded, why)
        }
        Some(Ordering::Equal) if content_hash != seen.content_hash => {
            let why = format!(
                "version {version} was accepted at {} as {}, with other bytes",
                seen.at, seen.content_hash
            );
            fail(Refusal::OtherBytes, why)
        }
        Some(Ordering::Equal) => Ok(format!("just this bundle was accepted at {}", seen.at)),
        Some(Ordering::Greater) => Ok(format!("version {} was accepted at {}", seen.version, seen.at)),
    }
}

/// Which of two versions is the newer: as semver says, and as far as that is certain of those, too, that the platform takes
/// beside them (contract/registry.md §1.3): with leading zeros, and `X.Y.*` for any patch.
fn order(one: &str, other: &str) -> Option<Ordering> {
    if one == other {
        return Some(Ordering::Equal);
    }
    let ((one, any), (other, any_other)) = (loose(one)?, loose(other)?);
    let is_open = (any || any_other) && (one.major, one.minor) == (other.major, other.minor);
    (!is_open).then(|| one.cmp_precedence(&other))
}

/// A version as semver writes it, and whether its patch may be any.
fn loose(version: &str) -> Option<(semver::Version, bool)> {
    let version = version.trim();
    let (numbers, rest) = version.split_at(version.find(['-', '+']).unwrap_or(version.len()));
    let (numbers, any) = match numbers.strip_suffix(".*") {
        Some(numbers) => (format!("{numbers}.0"), true),
        None => (numbers.to_owned(), false),
    };
    let number = |digits: &str| match digits.trim_start_matches('0') {
        "" if !digits.is_empty() => "0".to_owned(),
        digits => digits.to_owned(),
    };
    let numbers: Vec<String> = numbers.split('.').map(number).collect();
    Some((semver::Version::parse(&format!("{}{rest}", numbers.join("."))).ok()?, any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_far_as_that_is_certain() {
        for (one, other, ordering) in [
            ("1.9.0", "1.10.0", Some(Ordering::Less)),
            ("1.10.00", "1.09.0", Some(Ordering::Greater)),
            ("01.0.0", "1.0.0", Some(Ordering::Equal)),
            ("1.0.0-rc.1", "1.0.0", Some(Ordering::Less)),
            ("1.0.0+one", "1.0.0+two", Some(Ordering::Equal)),
            ("1.0.*", "1.0.*", Some(Ordering::Equal)),
            ("1.0.*", "1.0.1", None),
            ("1.1.*", "1.0.*", Some(Ordering::Greater)),
            ("1.9.7", "1.10.*", Some(Ordering::Less)),
            ("1.0.0-01", "1.0.0-02", None),
            ("1.0", "1.0.1", None),
            ("1..0", "1.0.0", None),
            ("", "1.0.0", None),
        ] {
            assert_eq!(order(one, other), ordering, "{one} {other}");
        }
    }
}
