//! What is asked of a bundle, in order, and what each answer means.

use super::signatures::Found;
use crate::bundle::Digest;
use crate::exit::Exit;
use crate::signing::trust::{Refusal, Signer, Step};
use crate::signing::{PublicKey, Time};
use serde::Serialize;
use std::path::PathBuf;

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Do the signatures fit the bytes and their comments?
    Signature,
    /// Are the keys trusted?
    Trust,
    /// Was a key or the bundle revoked?
    Revocation,
    /// Is all of it valid at this moment?
    Expiry,
    /// Is it what was accepted before, or newer?
    Seen,
    /// Is the content hash the expected and the signed one?
    Hash,
    /// Does the index list exactly what is inside?
    Index,
    /// Is the manifest's identity the signed one?
    Manifest,
    /// Does the component fit the platform?
    Component,
    /// Is there a signed statement that says what must be said?
    Statement,
}

impl Question {
    /// As the JSON writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Question::Signature => "signature",
            Question::Trust => "trust",
            Question::Revocation => "revocation",
            Question::Expiry => "expiry",
            Question::Seen => "seen",
            Question::Hash => "hash",
            Question::Index => "index",
            Question::Manifest => "manifest",
            Question::Component => "component",
            Question::Statement => "statement",
        }
    }
}

impl From<Step> for Question {
    fn from(step: Step) -> Question {
        match step {
            Step::Trust => Question::Trust,
            Step::Revocation => Question::Revocation,
            Step::Expiry => Question::Expiry,
            Step::Seen => Question::Seen,
        }
    }
}

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Yes.
    Passed,
    /// No: the bundle is refused.
    Failed,
    /// There is nothing to ask.
    Skipped,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was asked.
    pub check: Question,
    /// How it was answered.
    pub outcome: Outcome,
    /// In words.
    pub says: String,
}

/// Why a bundle was accepted or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Bytes and identity are what was signed.
    Verified,
    /// The bytes are what was signed; the signature, made by another tool, says nothing of name and version.
    NoIdentity,
    /// There is no signature file.
    NoSignature,
    /// The signature file is none.
    MalformedSignature,
    /// The bytes are not what was signed.
    BytesChanged,
    /// The trusted comment is not what was signed.
    CommentChanged,
    /// The trusted comment speaks of another release than the bundle holds.
    IdentityDisagrees,
    /// The signature says nothing of publisher and time, which a trust file is about.
    NoClaim,
    /// The content hash is not the expected one.
    HashDisagrees,
    /// A newer version was accepted before.
    Downgraded,
    /// This version was accepted before, with other bytes.
    OtherBytes,
    /// The extension was another publisher's before.
    OtherPublisher,
    /// Another key made the signature.
    OtherKey,
    /// The publisher is not in the trust file.
    UnknownPublisher,
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
    /// The signature is right, and what was signed is no bundle.
    NoBundle,
    /// The component does not fit the platform.
    Component,
    /// What `--require` asks for is not stated.
    Unstated,
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Reason {
        match refusal {
            Refusal::UnknownPublisher => Reason::UnknownPublisher,
            Refusal::OtherKey => Reason::OtherKey,
            Refusal::TooFewKeys => Reason::TooFewKeys,
            Refusal::RevokedKey => Reason::RevokedKey,
            Refusal::RevokedBundle => Reason::RevokedBundle,
            Refusal::Expired => Reason::Expired,
            Refusal::NotYetValid => Reason::NotYetValid,
            Refusal::Downgraded => Reason::Downgraded,
            Refusal::OtherBytes => Reason::OtherBytes,
            Refusal::OtherPublisher => Reason::OtherPublisher,
        }
    }
}

impl Reason {
    /// The exit code.
    pub fn exit(self) -> Exit {
        match self {
            Reason::Verified | Reason::NoIdentity => Exit::Done,
            Reason::NoSignature => Exit::NoSignature,
            Reason::MalformedSignature
            | Reason::BytesChanged
            | Reason::CommentChanged
            | Reason::IdentityDisagrees
            | Reason::NoClaim
            | Reason::Downgraded
            | Reason::OtherBytes
            | Reason::OtherPublisher
            | Reason::HashDisagrees => Exit::Disagrees,
            Reason::OtherKey | Reason::UnknownPublisher | Reason::TooFewKeys => Exit::OtherKey,
            Reason::RevokedKey | Reason::RevokedBundle | Reason::Expired | Reason::NotYetValid => {
                Exit::Revoked
            }
            Reason::NoBundle | Reason::Component | Reason::Unstated => Exit::AtFault,
        }
    }

    /// What to do.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Reason::Verified => None,
            Reason::NoIdentity => Some("a signature of `alga-ext sign` also says which release it is"),
            Reason::NoClaim => {
                Some("have it signed with `alga-ext sign`, or name the one key to trust with `--key`")
            }
            Reason::NoSignature => {
                Some("name its place with `--signature`, or ask the publisher to sign with `alga-ext sign`")
            }
            Reason::MalformedSignature => Some("fetch the signature again"),
            Reason::BytesChanged | Reason::CommentChanged => {
                Some("do not use this bundle; fetch it and its signature again")
            }
            Reason::IdentityDisagrees => Some("do not use this bundle; its signer says it is something else"),
            Reason::HashDisagrees => {
                Some("do not use this bundle, or look again where the expected hash is from")
            }
            Reason::OtherKey => Some("trust the other key only if its owner confirms it some other way"),
            Reason::UnknownPublisher => Some(
                "ask the publisher for the key some other way, then `alga-ext trust add <publisher> --key <key>`",
            ),
            Reason::TooFewKeys => Some("put the other keys' `.minisig` files beside the bundle"),
            Reason::RevokedKey => Some("ask the publisher for a bundle signed with a key that is valid"),
            Reason::RevokedBundle => Some("do not use this bundle; ask the publisher for a newer one"),
            Reason::Expired => Some("ask for a newer signature; `--at <time>` judges as of another moment"),
            Reason::NotYetValid => {
                Some("look whether the clock is right; `--at <time>` judges as of another moment")
            }
            Reason::Downgraded => {
                Some("fetch the newest; if going back is meant, edit `seen` in the trust file")
            }
            Reason::OtherBytes | Reason::OtherPublisher => {
                Some("ask the publisher what happened; if it is meant, edit `seen` in the trust file")
            }
            Reason::NoBundle => Some("make the bundle with `alga-ext pack`, then sign it"),
            Reason::Component => Some("`alga-ext validate <bundle>` says more; the platform would refuse it"),
            Reason::Unstated => Some("ask the publisher for the statement, made with `alga-ext attest`"),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// The bundle.
    pub path: PathBuf,
    /// Whether the bundle may be trusted as far as the keys are.
    pub verified: bool,
    /// Why, in a word.
    pub reason: Reason,
    /// Why, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
    /// The id of the key that counts, or that the first signature names; absent without a signature.
    pub key_id: Option<String>,
    /// The ids of the keys that are believed; of a bundle whose signers are not, of those whose signatures fit.
    pub key_ids: Vec<String>,
    /// The bundle's name; absent unless verified.
    pub name: Option<String>,
    /// The bundle's version, as its manifest writes it; absent unless verified.
    pub version: Option<String>,
    /// The bundle's publisher; absent unless verified.
    pub publisher: Option<String>,
    /// The content hash of the bytes that were judged.
    pub content_hash: Digest,
    /// The signature's trusted comment; absent unless it is the one that was signed.
    pub trusted_comment: Option<String>,
    /// When it was signed, as the signer says.
    pub created: Option<Time>,
    /// From when on it is not to be accepted.
    pub expires: Option<Time>,
    /// The moment it was judged for.
    pub at: Time,
    /// Whether the publisher was accepted because it is the first time.
    pub first_use: bool,
    /// Every question that was asked, in order; the last may be the one that failed.
    pub checks: Vec<Check>,
    /// The signatures that fit, to be judged by another trust file.
    #[serde(skip)]
    pub(in crate::release) signed: Vec<Signer>,
    /// Who made the statement that was required, and when.
    #[serde(skip)]
    pub(in crate::release) stated: Option<(PublicKey, Time)>,
}

impl Verification {
    pub(super) fn new(path: PathBuf, content_hash: Digest, at: Time) -> Verification {
        Verification {
            path,
            verified: false,
            reason: Reason::NoSignature,
            message: String::new(),
            hint: None,
            key_id: None,
            key_ids: Vec::new(),
            name: None,
            version: None,
            publisher: None,
            content_hash,
            trusted_comment: None,
            created: None,
            expires: None,
            at,
            first_use: false,
            checks: Vec::new(),
            signed: Vec::new(),
            stated: None,
        }
    }

    /// Notes what a signature says of itself.
    pub(super) fn note(&mut self, found: Option<&Found>) {
        let claim = found.and_then(|found| found.claim.as_ref());
        self.key_id = found.map(|found| found.signature.key_id());
        self.trusted_comment = found.map(|found| found.signature.trusted_comment().to_owned());
        self.created = claim.map(|claim| claim.created);
        self.expires = claim.and_then(|claim| claim.expires);
    }

    pub(super) fn pass(&mut self, check: Question, says: impl Into<String>) {
        self.checks.push(Check { check, outcome: Outcome::Passed, says: says.into() });
    }

    pub(super) fn skip(&mut self, check: Question, says: impl Into<String>) {
        self.checks.push(Check { check, outcome: Outcome::Skipped, says: says.into() });
    }

    pub(super) fn fail(&mut self, check: Question, reason: Reason, says: String) -> Reason {
        self.message.clone_from(&says);
        self.checks.push(Check { check, outcome: Outcome::Failed, says });
        reason
    }
}
