//! Whether the signatures of a bundle are enough: step by step, each with its reason.

use super::keys::{self, Known};
use super::{FirstUse, Reason, Revoked, Trust};
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
}

/// Judges at the moment `at`. The signatures were checked before; `signers` are those whose bytes and comments fit.
pub fn judge(trust: &Trust, release: Release<'_>, signers: &[Signer], at: Time) -> Judgement {
    let mut judgement = Judgement { steps: Vec::new(), refusal: None, first_use: false };
    let outcome = steps(trust, release, signers, at, &mut judgement);
    if let Err((step, refusal, why)) = outcome {
        judgement.steps.push((step, why));
        judgement.refusal = Some(refusal);
    }
    judgement
}

type Failure = (Step, Refusal, String);
/// A key that may sign, and what it vouches for.
type Pair<'a> = (&'a Known, &'a Claim);

fn steps(
    trust: &Trust,
    release: Release<'_>,
    signers: &[Signer],
    at: Time,
    judgement: &mut Judgement,
) -> Result<(), Failure> {
    let Release { publisher, .. } = release;
    let known = keys::known(trust, publisher);
    let revoked = keys::revoked(trust, publisher, &known);
    let threshold = trust.publishers.get(publisher).map(|listed| listed.threshold);
    let Some(threshold) = threshold else {
        return first_use(trust, release, signers, &revoked, at, judgement);
    };
    let pairs: Vec<Pair<'_>> = signers
        .iter()
        .filter_map(|signer| {
            known.iter().find(|known| known.key == signer.key).map(|known| (known, &signer.claim))
        })
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
    judgement.steps.push((Step::Trust, format!("signed for `{publisher}` by {}{of}", list(&pairs))));

    let said = revocation(release, &revoked, &pairs, &enough)?;
    let pairs: Vec<Pair<'_>> =
        pairs.into_iter().filter(|(known, claim)| key_revoked(&revoked, known, claim).is_none()).collect();
    judgement.steps.push((Step::Revocation, said));

    let late: Vec<_> = pairs.iter().filter_map(|(known, claim)| untimely(known, claim, at)).collect();
    let timely: Vec<Pair<'_>> =
        pairs.into_iter().filter(|(known, claim)| untimely(known, claim, at).is_none()).collect();
    if !enough(&timely) {
        let (refusal, why) = late.into_iter().next().unwrap_or((Refusal::Expired, String::new()));
        return Err((Step::Expiry, refusal, why));
    }
    judgement.steps.push((Step::Expiry, validity(&timely, at)));
    judgement.steps.push((Step::Seen, seen(trust, release)?));
    Ok(())
}

/// A publisher the file does not list.
fn first_use(
    trust: &Trust,
    release: Release<'_>,
    signers: &[Signer],
    revoked: &[Revoked],
    at: Time,
    judgement: &mut Judgement,
) -> Result<(), Failure> {
    let Release { publisher, .. } = release;
    let stranger = || stranger(trust, publisher, signers);
    if trust.first_use == FirstUse::Refuse {
        return Err((Step::Trust, Refusal::UnknownPublisher, stranger()));
    }
    // A key that is somebody else's introduces nobody.
    let is_free = |signer: &&Signer| {
        !trust
            .publishers
            .keys()
            .any(|name| keys::known(trust, name).iter().any(|known| known.key == signer.key))
    };
    let Some(claim) = signers.iter().find(is_free).map(|signer| &signer.claim) else {
        return Err((Step::Trust, Refusal::OtherKey, stranger()));
    };
    let why = format!("`{publisher}` is seen for the first time, with key {}", claim.key_id);
    judgement.steps.push((Step::Trust, why));
    bundle_revoked(release, revoked)?;
    judgement.steps.push((Step::Revocation, "nothing was revoked".into()));
    if let Some((refusal, why)) = claim_untimely(claim, at) {
        return Err((Step::Expiry, refusal, why));
    }
    judgement.steps.push((Step::Expiry, format!("signed at {}", claim.created)));
    judgement.steps.push((Step::Seen, seen(trust, release)?));
    judgement.first_use = true;
    Ok(())
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

fn key_revoked<'a>(revoked: &'a [Revoked], known: &Known, claim: &Claim) -> Option<&'a Revoked> {
    let id = known.key.id();
    revoked.iter().find(|revoked| {
        let is_it = revoked.key.as_deref() == Some(id.as_str());
        is_it && (revoked.reason == Reason::Compromised || claim.created >= revoked.at)
    })
}

fn words(revoked: &Revoked) -> String {
    let note = if revoked.note.is_empty() { String::new() } else { format!(": {}", revoked.note) };
    format!("{} since {}{note}", revoked.reason, revoked.at)
}

fn bundle_revoked(release: Release<'_>, revoked: &[Revoked]) -> Result<(), Failure> {
    let found = revoked.iter().find(|revoked| revoked.content_hash.as_deref() == Some(release.content_hash));
    found.map_or(Ok(()), |found| {
        let why = format!("`{}` is revoked, {}", release.content_hash, words(found));
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
        pairs.iter().copied().partition(|(known, claim)| key_revoked(revoked, known, claim).is_some());
    let say = |(known, claim): &Pair<'_>| {
        let found = key_revoked(revoked, known, claim)?;
        Some(format!("key {} is revoked, {}", known.key.id(), words(found)))
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
        Some(format!("key {} signed before it was revoked, {}", known.key.id(), words(found)))
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
fn untimely(known: &Known, claim: &Claim, at: Time) -> Option<(Refusal, String)> {
    let id = known.key.id();
    for (moment, what) in [(at, "it is"), (claim.created, "it signed at")] {
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
    claim_untimely(claim, at)
}

fn claim_untimely(claim: &Claim, at: Time) -> Option<(Refusal, String)> {
    if claim.created > at.plus(AHEAD) {
        let why = format!("key {} says it signed at {}, and it is {at}", claim.key_id, claim.created);
        return Some((Refusal::NotYetValid, why));
    }
    let expires = claim.expires.filter(|expires| at >= *expires)?;
    Some((Refusal::Expired, format!("the signature of key {} expired at {expires}", claim.key_id)))
}

fn validity(pairs: &[Pair<'_>], at: Time) -> String {
    let ends = pairs.iter().flat_map(|(known, claim)| [known.until, claim.expires]).flatten().min();
    let signed = pairs.iter().map(|(_, claim)| claim.created).max().unwrap_or(at);
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
    let order = match (semver::Version::parse(version), semver::Version::parse(&seen.version)) {
        (Ok(one), Ok(other)) => Some(one.cmp_precedence(&other)),
        _ => (version == seen.version).then_some(Ordering::Equal),
    };
    match order {
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
        _ => Ok(format!("version {} was accepted at {}", seen.version, seen.at)),
    }
}
