//! Whether a bundle is what its publisher signed, judged offline.

use super::sign::TEXT;
use super::{Error, Kind, Surveyed, read_bounded, signature_path};
use crate::bundle::{Digest, limits};
use crate::exit::Exit;
use crate::signing::{self, Identity, PublicKey, Signature};
use serde::Serialize;
use std::io::{ErrorKind, Seek};
use std::path::Path;

/// What to verify against.
#[derive(Debug, Clone, Copy)]
pub struct VerifyOptions<'a> {
    /// The trusted key.
    pub key: &'a PublicKey,
    /// The signature's file; `<bundle>.minisig` when absent.
    pub signature: Option<&'a Path>,
    /// The content hash the bundle must have.
    pub expected: Option<Digest>,
}

/// Why a bundle was accepted or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    /// The content hash is not the expected one.
    HashDisagrees,
    /// Another key made the signature.
    OtherKey,
    /// The signature is right, and what was signed is no bundle.
    NoBundle,
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
            | Reason::HashDisagrees => Exit::Disagrees,
            Reason::OtherKey => Exit::OtherKey,
            Reason::NoBundle => Exit::AtFault,
        }
    }

    /// What to do.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Reason::Verified => None,
            Reason::NoIdentity => Some("a signature of `alga-ext sign` also says which release it is"),
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
            Reason::NoBundle => Some("make the bundle with `alga-ext pack`, then sign it"),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// Whether the bundle may be trusted as far as the key is.
    pub verified: bool,
    /// Why, in a word.
    pub reason: Reason,
    /// Why, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
    /// The id of the key the signature names; absent without a signature.
    pub key_id: Option<String>,
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
    let mut file = Kind::Bundle.open(path, limits::UNPACKED)?;
    let (content_hash, size) = Digest::of_reader(&mut file)?;
    let mut verification = Verification {
        verified: false,
        reason: Reason::NoSignature,
        message: String::new(),
        hint: None,
        key_id: None,
        name: None,
        version: None,
        publisher: None,
        content_hash,
        trusted_comment: None,
    };
    let (reason, message) = verification.judge(path, file, size, options)?;
    verification.verified = reason.exit() == Exit::Done;
    verification.reason = reason;
    verification.hint = reason.hint();
    verification.message = message;
    Ok(verification)
}

impl Verification {
    fn judge(
        &mut self,
        path: &Path,
        mut file: std::fs::File,
        size: u64,
        options: &VerifyOptions,
    ) -> Result<(Reason, String), Error> {
        let signature_file = options.signature.map_or_else(|| signature_path(path), Path::to_path_buf);
        let text = match read_bounded(&signature_file, TEXT) {
            Ok(text) => text,
            Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound => {
                return Ok((
                    Reason::NoSignature,
                    format!("there is no signature at `{}`", signature_file.display()),
                ));
            }
            Err(Error::TooLarge { limit, .. }) => {
                return Ok((
                    Reason::MalformedSignature,
                    format!("the signature is longer than {limit} bytes"),
                ));
            }
            Err(error) => return Err(error),
        };
        let parsed = match std::str::from_utf8(&text) {
            Ok(text) => Signature::parse(text),
            Err(_) => Err(signing::Error::Malformed { why: "it is not UTF-8" }),
        };
        let signature = match parsed {
            Ok(signature) => signature,
            Err(error) => return Ok((Reason::MalformedSignature, error.to_string())),
        };
        self.key_id = Some(signature.key_id());
        file.rewind()?;
        match signature.verify(options.key, &file) {
            Ok(()) => self.trusted_comment = Some(signature.trusted_comment().to_owned()),
            Err(error @ signing::Error::OtherKey { .. }) => return Ok((Reason::OtherKey, error.to_string())),
            Err(error @ signing::Error::Comment) => return Ok((Reason::CommentChanged, error.to_string())),
            Err(error) => return Ok((Reason::BytesChanged, error.to_string())),
        }
        if let Some(expected) = options.expected.filter(|expected| *expected != self.content_hash) {
            let message = format!("the content hash is {}, and {expected} is expected", self.content_hash);
            return Ok((Reason::HashDisagrees, message));
        }
        let surveyed = match Surveyed::new(path, file, self.content_hash, size, &mut |_, _| Ok(())) {
            Ok(surveyed) => surveyed,
            Err(error) => return Ok((Reason::NoBundle, sentence(&error))),
        };
        Ok(self.compare(&surveyed, signature.trusted_comment()))
    }

    /// Compares what the signature vouches for with what the bundle says of itself.
    fn compare(&mut self, surveyed: &Surveyed, comment: &str) -> (Reason, String) {
        let held = surveyed.identity();
        let outcome = match Identity::parse(comment) {
            Some(signed) => match difference(&signed, &held) {
                Some(message) => return (Reason::IdentityDisagrees, message),
                None => (
                    Reason::Verified,
                    format!("signed by key {}", self.key_id.as_deref().unwrap_or_default()),
                ),
            },
            None if Identity::is_claimed(comment) => {
                let message = "the trusted comment is not one this tool writes; a newer one may read it";
                return (Reason::IdentityDisagrees, message.to_owned());
            }
            None => {
                let message = "the bytes are signed; the signature, made by another tool, names no release";
                (Reason::NoIdentity, message.to_owned())
            }
        };
        self.name = Some(held.name);
        self.version = Some(held.version);
        self.publisher.clone_from(&surveyed.manifest.publisher);
        outcome
    }
}

fn difference(signed: &Identity, held: &Identity) -> Option<String> {
    let pairs = [
        ("name", &signed.name, &held.name),
        ("version", &signed.version, &held.version),
        ("publisher", &signed.publisher, &held.publisher),
        ("content hash", &signed.content_hash, &held.content_hash),
    ];
    let (field, signed, held) = pairs.into_iter().find(|(_, signed, held)| signed != held)?;
    Some(format!("the signature vouches for {field} `{signed}`, and the bundle's is `{held}`"))
}

/// An error and its cause in one line.
fn sentence(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
