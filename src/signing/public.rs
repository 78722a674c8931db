//! Public keys: read, printed, verified with.

use super::Error;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// A public key without comment, in characters of base64.
pub(super) const LENGTH: usize = 56;

/// The id of a key as it was typed: 16 hex digits, in upper case as [`PublicKey::id`] gives them; none of anything else.
pub fn key_id(text: &str) -> Option<String> {
    let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_ascii_uppercase())
}

/// A key to verify with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub(super) number: [u8; 8],
    pub(super) point: [u8; 32],
}

impl PublicKey {
    /// Reads a public key: the text of a `.pub` file, or its second line alone.
    pub fn parse(text: &str) -> Result<PublicKey, Error> {
        let fault = |why| Error::PublicKey { why };
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut encoded = lines.next().unwrap_or_default();
        if encoded.starts_with("untrusted comment:") {
            if encoded.contains("secret key") {
                return Err(fault("it is a secret key"));
            }
            encoded = lines.next().unwrap_or_default();
        }
        if lines.next().is_some() {
            return Err(fault("it has more than a comment and a key"));
        }
        if encoded.len() != LENGTH {
            return Err(fault("a key is 56 characters of base64"));
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| fault("the key is no base64"))?;
        let parts = bytes.strip_prefix(b"Ed").and_then(|rest| rest.split_first_chunk::<8>());
        let (number, point) = parts.ok_or_else(|| fault("the key is no Ed25519 key"))?;
        let point = point.try_into().map_err(|_| fault("the key is no Ed25519 key"))?;
        Ok(PublicKey { number: *number, point })
    }

    /// The crate's key, taken over.
    pub(super) fn of_crate(key: &minisign::PublicKey) -> Result<PublicKey, Error> {
        PublicKey::parse(&key.to_base64())
    }

    /// As the crate knows it.
    pub(super) fn to_crate(&self) -> Result<minisign::PublicKey, Error> {
        let failed = |_| Error::Library { why: "the public key was not taken" };
        minisign::PublicKey::from_bytes(&self.bytes()).map_err(failed)
    }

    fn bytes(&self) -> Vec<u8> {
        [b"Ed", self.number.as_slice(), &self.point].concat()
    }

    /// The key's id: 16 hex digits, as minisign prints it.
    pub fn id(&self) -> String {
        id(&self.number)
    }

    /// The text of a `.pub` file.
    pub fn file(&self) -> String {
        format!("untrusted comment: minisign public key {}\n{self}\n", self.id())
    }

    /// Whether `signature` is this key's for exactly these bytes.
    pub fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.point).verify(bytes, signature).is_ok()
    }
}

/// The key alone, as base64.
impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&STANDARD.encode(self.bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

/// A key id as minisign prints it: the little-endian number in hex.
pub(super) fn id(number: &[u8]) -> String {
    number.iter().rev().fold(String::with_capacity(16), |mut text, byte| {
        use fmt::Write;
        let _ = write!(text, "{byte:02X}");
        text
    })
}
