//! What keys say about keys: that another takes their place, and what is not to be believed any more.

use crate::signing::{Envelope, Error, PublicKey, Time, key_id};
use serde::{Deserialize, Serialize};

/// The old key says which new one takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Whose keys they are.
    pub publisher: String,
    /// The id of the key that says so, and signs.
    pub old: String,
    /// The new public key.
    pub new: String,
    /// When it was said.
    pub created: Time,
    /// From when on the new key is valid; from then on when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Until when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// A list of what is not to be believed any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Whose keys and bundles they are.
    pub publisher: String,
    /// When it was said.
    pub created: Time,
    /// What is revoked.
    pub revoked: Vec<Revoked>,
}

/// One thing that is revoked: a key or a content hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// A key's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A bundle's content hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Since when.
    pub at: Time,
}

/// Why something is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Somebody else may have the key: nothing it ever signed is believed.
    Compromised,
    /// Another key took its place: what it signed before is still believed.
    Superseded,
    /// It is not to be used any more: what was signed before is still believed.
    Withdrawn,
}

impl Rotation {
    /// What the envelope's payload is.
    pub const TYPE: &str = "application/vnd.alga-ext.rotation+json";

    /// Reads the statement; who signed it is not yet known.
    pub fn read(envelope: &Envelope) -> Result<Rotation, Error> {
        let rotation: Rotation = envelope.statement(Rotation::TYPE)?;
        PublicKey::parse(&rotation.new)?;
        Ok(rotation)
    }
}

impl Revocation {
    /// What the envelope's payload is.
    pub const TYPE: &str = "application/vnd.alga-ext.revocation+json";

    /// Reads the list; who signed it is not yet known.
    pub fn read(envelope: &Envelope) -> Result<Revocation, Error> {
        let revocation: Revocation = envelope.statement(Revocation::TYPE)?;
        revocation.revoked.iter().try_for_each(Revoked::check)?;
        Ok(revocation)
    }
}

impl Revoked {
    /// What is revoked is found by its spelling: another one would revoke nothing, and nobody would know.
    fn check(&self) -> Result<(), Error> {
        let fault = |why: String| Err(Error::Statement { why });
        match (&self.key, &self.content_hash) {
            (Some(id), None) if key_id(id).as_ref() == Some(id) => Ok(()),
            (Some(id), None) => {
                fault(format!("it revokes `{id}`, and the id of a key is 16 hex digits in upper case"))
            }
            (None, Some(hash)) if is_content_hash(hash) => Ok(()),
            (None, Some(hash)) => fault(format!(
                "it revokes `{hash}`, and a content hash is `sha256:` and 64 hex digits in lower case"
            )),
            _ => fault("it revokes something that is not either a key or a hash".into()),
        }
    }
}

fn is_content_hash(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(is_digit))
}

/// Why, since when, and the signer's own words.
impl std::fmt::Display for Revoked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} since {}", self.reason, self.at)?;
        if self.note.is_empty() { Ok(()) } else { write!(formatter, ": {}", self.note) }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Reason::Compromised => "compromised",
            Reason::Superseded => "superseded",
            Reason::Withdrawn => "withdrawn",
        })
    }
}
