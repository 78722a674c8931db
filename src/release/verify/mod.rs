//! Whether a bundle is what its publisher signed, and whether the publisher is trusted: judged offline.

mod check;
mod inside;
mod many;
mod signatures;

pub use check::{Check, Outcome, Question, Reason, Verification};
pub use many::{Summary, Unread, verify_all};

use super::sign::TEXT;
use super::{Error, Kind, Requirement, read_bounded, survey};
use crate::bundle::{Digest, limits};
use crate::exit::Exit;
use crate::signing::trust::{self, Believed, Trust};
use crate::signing::{Claim, Identity, Prehash, PublicKey, Time};
use signatures::{At, Found};
use std::io::ErrorKind;
use std::panic::resume_unwind;
use std::path::Path;

/// What to verify against.
#[derive(Debug, Clone, Copy)]
pub struct VerifyOptions<'a> {
    /// Whom to believe.
    pub against: Against<'a>,
    /// The signature's file; those beside the bundle when absent.
    pub signature: Option<&'a Path>,
    /// The content hash the bundle must have.
    pub expected: Option<Digest>,
    /// The moment to judge for.
    pub at: Time,
    /// What a signed statement must say.
    pub require: &'a [Requirement],
}

/// Whom to believe.
#[derive(Debug, Clone, Copy)]
pub enum Against<'a> {
    /// This key, whatever it signs.
    Key(&'a PublicKey),
    /// Those a trust file lists, each for its publisher.
    Trust {
        /// The trust file.
        trust: &'a Trust,
        /// The key to pin when the publisher is seen for the first time and the file says so.
        offered: Option<&'a PublicKey>,
    },
}

/// A question that was answered with no.
type Failure = (Question, Reason, String);

/// Reads a public key: the key itself, or the path of its file. What reads as a key is one, so that no file in the way
/// can take the place of a key that was spelled out.
pub fn public_key(directory: &Path, key: &str) -> Result<PublicKey, Error> {
    if let Ok(key) = PublicKey::parse(key) {
        return Ok(key);
    }
    match read_bounded(&directory.join(key), TEXT) {
        Ok(text) => PublicKey::parse(&String::from_utf8_lossy(&text))
            .map_err(|source| Error::Key { key: key.to_owned(), source }),
        Err(Error::Io(error)) if error.kind() != ErrorKind::PermissionDenied => {
            Err(Error::NoKey { key: key.chars().take(120).collect() })
        }
        Err(error) => Err(error),
    }
}

/// Judges the bundle at `path`. An error means that nothing could be judged; refusals are verifications too.
pub fn verify(path: &Path, options: &VerifyOptions) -> Result<Verification, Error> {
    let file = Kind::Bundle.open(path, limits::UNPACKED)?;
    let mut walked = file.try_clone()?;
    // What is inside is looked through while the hashes are made, and believed only when the signature fits.
    let (prehash, digest, looked) = std::thread::scope(|scope| {
        let prehash = scope.spawn(|| Prehash::of_reader(&mut At::start(&file)));
        let digest = scope.spawn(|| Digest::of_reader(&mut At::start(&file)));
        let looked = survey::walk_component(path, &mut walked);
        (prehash.join(), digest.join(), looked)
    });
    let prehash = prehash.unwrap_or_else(|fall| resume_unwind(fall))?;
    let (digest, _) = digest.unwrap_or_else(|fall| resume_unwind(fall))?;
    let mut verification = Verification::new(path.to_path_buf(), digest, options.at);
    let bytes = || signatures::all(&file);
    let reason = judge(&mut verification, path, options, &prehash, looked, &bytes)?;
    verification.verified = reason.exit() == Exit::Done;
    verification.reason = reason;
    verification.hint = reason.hint();
    Ok(verification)
}

fn judge(
    verification: &mut Verification,
    path: &Path,
    options: &VerifyOptions,
    prehash: &Prehash,
    looked: Result<inside::Looked, Error>,
    bytes: &dyn Fn() -> Result<Vec<u8>, Error>,
) -> Result<Reason, Error> {
    let found = match signatures::find(path, options.signature)? {
        Ok(found) => found,
        Err((reason, why)) => return Ok(verification.fail(Question::Signature, reason, why)),
    };
    verification.key_id = found.first().map(|found| found.signature.key_id());
    let signers = match signatures::check(&found, &options.against, prehash, bytes)? {
        Ok(signers) => signers,
        Err((question, reason, why)) => return Ok(verification.fail(question, reason, why)),
    };
    let ids = ids(&signers);
    let which = if signers.len() == 1 { "its signature fits" } else { "all of its signatures fit" };
    verification
        .pass(Question::Signature, format!("{which} the bytes and the comment, key {}", ids.join(", ")));
    verification.key_ids = ids;
    verification.note(signers.first());
    let believed = match believe(verification, options, &signers) {
        Ok(believed) => believed,
        Err((question, reason, why)) => return Ok(verification.fail(question, reason, why)),
    };
    // From here on nobody is heard but those who are believed.
    let signers: Vec<Found> = signers
        .into_iter()
        .filter(|found| {
            believed.iter().any(|one| found.key.as_ref() == Some(&one.key) && found.claim == one.claim)
        })
        .collect();
    verification.key_ids = self::ids(&signers);
    verification.note(signers.first());
    let claims: Vec<Option<Claim>> = signers.iter().map(|found| found.claim.clone()).collect();
    if let Some(why) = hash(verification, options, &claims) {
        return Ok(verification.fail(Question::Hash, Reason::HashDisagrees, why));
    }
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) => {
            return Ok(verification.fail(Question::Index, Reason::NoBundle, inside::sentence(&error)));
        }
    };
    let comment = verification.trusted_comment.clone().unwrap_or_default();
    let reason = match inside::judge(verification, &looked, &comment, &claims) {
        Ok(reason) => reason,
        Err((question, reason, why)) => return Ok(verification.fail(question, reason, why)),
    };
    if !options.require.is_empty() {
        match super::attest::require(path, &verification.content_hash, options.require, &believed)? {
            Ok((says, stated)) => {
                verification.pass(Question::Statement, says);
                verification.stated = Some(stated);
            }
            Err(why) => {
                (verification.name, verification.version, verification.publisher) = (None, None, None);
                return Ok(verification.fail(Question::Statement, Reason::Unstated, why));
            }
        }
    }
    Ok(reason)
}

/// The ids of the keys that signed, each once.
fn ids(signers: &[Found]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for found in signers {
        let id = found.signature.key_id();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Which of those who signed are believed; why they are not.
fn believe(
    verification: &mut Verification,
    options: &VerifyOptions,
    signers: &[Found],
) -> Result<Vec<Believed>, Failure> {
    let trust = match options.against {
        Against::Key(key) => return believe_key(verification, key, signers, options.at),
        Against::Trust { trust, .. } => trust,
    };
    let vouch = |found: &Found| Some(trust::Signer { key: found.key.clone()?, claim: found.claim.clone()? });
    let signed: Option<Vec<trust::Signer>> = signers.iter().map(vouch).collect();
    let Some((signed, first)) = signed.and_then(|all| Some((all.clone(), all.into_iter().next()?))) else {
        let why = "a signature says nothing of publisher and time, which a trust file is about".to_owned();
        return Err((Question::Trust, Reason::NoClaim, why));
    };
    if signed.iter().any(|other| other.claim.identity != first.claim.identity) {
        let why = "the signatures say that it is different releases".to_owned();
        return Err((Question::Trust, Reason::IdentityDisagrees, why));
    }
    let judgement = trust::judge(trust, release(&first.claim.identity), &signed, options.at);
    verification.signed = signed;
    verification.first_use = judgement.first_use;
    let mut steps = judgement.steps;
    let refused = judgement.refusal.and_then(|refusal| Some((refusal, steps.pop()?)));
    for (step, says) in steps {
        verification.pass(step.into(), says);
    }
    match refused {
        Some((refusal, (step, why))) => Err((step.into(), refusal.into(), why)),
        None => Ok(judgement.believed),
    }
}

/// What is signed, as trust files are about it.
fn release(identity: &Identity) -> trust::Release<'_> {
    let Identity { name, version, publisher, content_hash } = identity;
    trust::Release { name, version, publisher, content_hash }
}

/// Believes the one key that was named, as far as its signatures are in their time.
fn believe_key(
    verification: &mut Verification,
    key: &PublicKey,
    signers: &[Found],
    at: Time,
) -> Result<Vec<Believed>, Failure> {
    verification.pass(Question::Trust, format!("key {} is the one that was named", key.id()));
    verification.skip(Question::Revocation, "no trust file was named");
    let (mut believed, mut late) = (Vec::new(), None);
    for found in signers {
        if let Some((refusal, why)) = found.claim.as_ref().and_then(|claim| trust::untimely(claim, at)) {
            late = late.or(Some((Question::Expiry, refusal.into(), why)));
            continue;
        }
        believed.push(Believed { key: key.clone(), claim: found.claim.clone(), from: None, until: None });
    }
    let Some(first) = believed.first() else {
        let none = || (Question::Expiry, Reason::Expired, "no signature is valid".to_owned());
        return Err(late.unwrap_or_else(none));
    };
    match &first.claim {
        Some(claim) => verification.pass(Question::Expiry, format!("signed at {}", claim.created)),
        None => verification.skip(Question::Expiry, "the signature says no time"),
    }
    Ok(believed)
}

/// Compares the content hash with what is expected and what was signed; why they differ.
fn hash(
    verification: &mut Verification,
    options: &VerifyOptions,
    claims: &[Option<Claim>],
) -> Option<String> {
    let found = verification.content_hash;
    if let Some(expected) = options.expected.filter(|expected| *expected != found) {
        return Some(format!("the content hash is {found}, and {expected} is expected"));
    }
    let says = match (options.expected, claims.iter().flatten().next()) {
        (Some(_), _) => format!("{found}, as expected"),
        (None, Some(_)) => format!("{found}, as signed"),
        (None, None) => found.to_string(),
    };
    // That the signed one is this one is asked together with the rest of the identity.
    verification.pass(Question::Hash, says);
    None
}
