//! `trust.yaml`: whose keys are trusted for which publisher, from when until when, and what was revoked.

mod judge;
mod keys;
mod statements;

pub use judge::{Believed, Judgement, Refusal, Release, Signer, Step, judge, untimely};
pub use keys::{Known, all_revoked, known, taken_back};
pub use statements::{Reason, Revocation, Revoked, Rotation};

use super::{Envelope, PublicKey, Time};
use crate::yaml;
use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// The form of the file; readers refuse one they do not know.
const FORM: u32 = 1;
/// What the file begins with.
const HEAD: &str = "# whom `alga-ext verify --trust` believes; `alga-ext trust` writes it, `alga-ext schema trust.yaml` describes it\n";

/// `trust.yaml`: whom to believe
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The form of this file: 1
    pub form: u32,
    /// What becomes of a publisher who is not listed
    #[serde(default)]
    pub first_use: FirstUse,
    /// Public keys that may revoke anything; a publisher's own keys may revoke that publisher's
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revokers: Vec<String>,
    /// By the name their manifests give
    #[serde(default, deserialize_with = "each_once")]
    pub publishers: BTreeMap<String, Publisher>,
    /// Signed lists of revoked keys and content hashes
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocations: Vec<Envelope>,
    /// The last version that was accepted, by extension; an older one is refused
    #[serde(default, deserialize_with = "each_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, Seen>,
}

/// What becomes of a publisher who is not listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FirstUse {
    /// Refused
    #[default]
    Refuse,
    /// Accepted; with `verify --remember` its key is trusted from then on, and no other
    Pin,
}

/// A publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// How many keys must have signed a bundle; one that took another's place does not count beside it
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub threshold: usize,
    /// The keys
    pub keys: Vec<TrustedKey>,
    /// Statements by which a key introduced its successor
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotations: Vec<Envelope>,
}

/// A key that is trusted by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// The public key: the second line of its `.pub` file
    pub key: String,
    /// From when on it is valid, as `2026-11-21T16:02:24Z`; always when absent
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Until when it is valid; for ever when absent
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// When it was trusted because it was the first that was seen
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Time>,
}

/// The last version of an extension that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Whose it is
    pub publisher: String,
    /// The version
    pub version: String,
    /// `sha256:<hex>` of the bundle
    pub content_hash: String,
    /// When it was accepted
    #[schemars(with = "String")]
    pub at: Time,
}

/// A map in which no name is there twice: of two entries, one would not count, and nobody would know which.
fn each_once<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    struct Once<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Once<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((name, value)) = entries.next_entry::<String, T>()? {
                if map.contains_key(&name) {
                    return Err(serde::de::Error::custom(format!("`{name}` is there twice")));
                }
                map.insert(name, value);
            }
            Ok(map)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }
    }
    deserializer.deserialize_any(Once(PhantomData))
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_one(threshold: &usize) -> bool {
    *threshold == 1
}

/// Why a trust file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no YAML, or has other keys than it may.
    #[error(transparent)]
    Yaml(#[from] yaml::Error),
    /// It is of a form that is not known.
    #[error("its `form` is {found}, and {FORM} is known")]
    Form {
        /// What it says.
        found: u32,
    },
    /// A key in it is none.
    #[error("`{place}` holds `{key}`, which is no public key")]
    Key {
        /// Where.
        place: String,
        /// As it stands there.
        key: String,
        /// Why.
        source: super::Error,
    },
    /// The threshold cannot be reached, or is none.
    #[error("`{publisher}` has a threshold of {threshold} and {keys} keys")]
    Threshold {
        /// Whose.
        publisher: String,
        /// What it says.
        threshold: usize,
        /// How many keys there are.
        keys: usize,
    },
    /// A statement in it is none.
    #[error("a statement in `{place}` cannot be read")]
    Statement {
        /// Where.
        place: String,
        /// Why.
        source: super::Error,
    },
}

impl Default for Trust {
    fn default() -> Trust {
        Trust {
            form: FORM,
            first_use: FirstUse::default(),
            revokers: Vec::new(),
            publishers: BTreeMap::new(),
            revocations: Vec::new(),
            seen: BTreeMap::new(),
        }
    }
}

impl Trust {
    /// Reads the text of a trust file. Everything in it is looked at: half a trust file is none.
    pub fn parse(text: &str) -> Result<Trust, Error> {
        let trust: Trust = yaml::parse(text)?;
        trust.check()?;
        Ok(trust)
    }

    /// The file's text.
    pub fn text(&self) -> Result<String, Error> {
        self.check()?;
        Ok(format!("{HEAD}{}", yaml::print(self)?))
    }

    fn check(&self) -> Result<(), Error> {
        if self.form != FORM {
            return Err(Error::Form { found: self.form });
        }
        let key = |place: &str, text: &str| {
            PublicKey::parse(text).map(drop).map_err(|source| Error::Key {
                place: place.to_owned(),
                key: text.chars().take(80).collect(),
                source,
            })
        };
        self.revokers.iter().try_for_each(|text| key("revokers", text))?;
        for (name, publisher) in &self.publishers {
            let place = format!("publishers.{name}");
            publisher.keys.iter().try_for_each(|trusted| key(&place, &trusted.key))?;
            let keys = publisher.keys.len();
            if publisher.threshold == 0 || publisher.threshold > keys {
                let (publisher, threshold) = (name.clone(), publisher.threshold);
                return Err(Error::Threshold { publisher, threshold, keys });
            }
            for envelope in &publisher.rotations {
                let read = Rotation::read(envelope);
                read.map_err(|source| Error::Statement { place: format!("{place}.rotations"), source })?;
            }
        }
        for envelope in &self.revocations {
            let read = Revocation::read(envelope);
            read.map_err(|source| Error::Statement { place: "revocations".into(), source })?;
        }
        Ok(())
    }
}
