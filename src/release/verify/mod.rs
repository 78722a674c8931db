//! Whether a bundle is what its publisher signed, and whether the publisher is trusted: judged offline.

mod check;
mod inside;
mod many;
mod signatures;

pub use check::{Check, Outcome, Question, Reason, Verification};
pub use many::{Summary, verify_all};

use super::sign::TEXT;
use super::{Error, Kind, Requirement, read_bounded};
use crate::bundle::{Digest, limits};
use crate::exit::Exit;
use crate::signing::trust::{self, Trust};
use crate::signing::{Claim, Prehash, PublicKey, Time};
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
        let looked = inside::look(path, &mut walked);
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
    verification.key_ids = signers.iter().map(|found| found.signature.key_id()).collect();
    verification.key_id = verification.key_ids.first().cloned();
    let comment = signers.first().map(|found| found.signature.trusted_comment().to_owned());
    verification.trusted_comment.clone_from(&comment);
    let ids = verification.key_ids.join(", ");
    let which = if signers.len() == 1 { "its signature fits" } else { "all of its signatures fit" };
    verification.pass(Question::Signature, format!("{which} the bytes and the comment, key {ids}"));
    let claims: Vec<Option<Claim>> =
        signers.iter().map(|found| Claim::parse(found.signature.trusted_comment())).collect();
    if let Some((reason, question, why)) = believe(verification, options, &signers, &claims) {
        return Ok(verification.fail(question, reason, why));
    }
    if let Some(why) = hash(verification, options, &claims) {
        return Ok(verification.fail(Question::Hash, Reason::HashDisagrees, why));
    }
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) => {
            return Ok(verification.fail(Question::Index, Reason::NoBundle, inside::sentence(&error)));
        }
    };
    let reason = match inside::judge(verification, &looked, comment.as_deref().unwrap_or_default(), &claims) {
        Ok(reason) => reason,
        Err((question, reason, why)) => return Ok(verification.fail(question, reason, why)),
    };
    if !options.require.is_empty() {
        let keys: Vec<&PublicKey> = signers.iter().filter_map(|found| found.key.as_ref()).collect();
        match super::attest::require(path, &verification.content_hash, options.require, &keys)? {
            Ok(says) => verification.pass(Question::Statement, says),
            Err(why) => {
                (verification.name, verification.version, verification.publisher) = (None, None, None);
                return Ok(verification.fail(Question::Statement, Reason::Unstated, why));
            }
        }
    }
    Ok(reason)
}

/// Whether whoever signed is believed; why not.
fn believe(
    verification: &mut Verification,
    options: &VerifyOptions,
    signers: &[Found],
    claims: &[Option<Claim>],
) -> Option<(Reason, Question, String)> {
    let claim = claims.first().and_then(Option::as_ref);
    verification.created = claim.map(|claim| claim.created);
    verification.expires = claim.and_then(|claim| claim.expires);
    let trust = match options.against {
        Against::Key(key) => {
            verification.pass(Question::Trust, format!("key {} is the one that was named", key.id()));
            verification.skip(Question::Revocation, "no trust file was named");
            let expired = claim.and_then(|claim| claim.expires).filter(|expires| options.at >= *expires);
            if let Some(expires) = expired {
                let why = format!("the signature expired at {expires}, and it is {}", options.at);
                return Some((Reason::Expired, Question::Expiry, why));
            }
            match claim {
                Some(claim) => verification.pass(Question::Expiry, format!("signed at {}", claim.created)),
                None => verification.skip(Question::Expiry, "the signature says no time"),
            }
            return None;
        }
        Against::Trust { trust, .. } => trust,
    };
    let all: Option<Vec<&Claim>> = claims.iter().map(Option::as_ref).collect();
    let (Some(all), Some(claim)) = (all, claim) else {
        let why = "a signature says nothing of publisher and time, which a trust file is about".to_owned();
        return Some((Reason::NoClaim, Question::Trust, why));
    };
    if all.iter().any(|other| other.identity != claim.identity) {
        let why = "the signatures say that it is different releases".to_owned();
        return Some((Reason::IdentityDisagrees, Question::Trust, why));
    }
    let signed = signers.iter().zip(all);
    let signed: Vec<trust::Signer> = signed
        .filter_map(|(found, claim)| Some(trust::Signer { key: found.key.clone()?, claim: claim.clone() }))
        .collect();
    let release = trust::Release {
        name: &claim.identity.name,
        version: &claim.identity.version,
        publisher: &claim.identity.publisher,
        content_hash: &claim.identity.content_hash,
    };
    let judgement = trust::judge(trust, release, &signed, options.at);
    verification.first_use = judgement.first_use;
    let mut steps = judgement.steps;
    let refused = judgement.refusal.and_then(|refusal| Some((refusal, steps.pop()?)));
    for (step, says) in steps {
        verification.pass(step.into(), says);
    }
    refused.map(|(refusal, (step, why))| (refusal.into(), step.into(), why))
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
