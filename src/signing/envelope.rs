//! Signed statements: a DSSE envelope, whose payload is signed as it is with the Ed25519 keys that sign bundles.

use super::{Error, PublicKey, Raw};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The largest payload that is read.
const LONGEST: usize = 16 << 20;

/// A statement and its signatures, as DSSE 1.0 writes them
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Envelope {
    /// What the payload is
    pub payload_type: String,
    /// The statement's bytes in base64
    pub payload: String,
    /// Who signed them
    pub signatures: Vec<Signed>,
}

/// One signature of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The key's id: 16 hex digits
    pub keyid: String,
    /// The Ed25519 signature of the pre-authentication encoding, in base64
    pub sig: String,
}

impl Envelope {
    /// Puts a statement into an envelope and signs it; `raw` makes the Ed25519 signature of the bytes it is given.
    pub fn seal<T: Serialize, E: From<Error>>(
        kind: &str,
        statement: &T,
        public: &PublicKey,
        raw: &mut Raw<'_, E>,
    ) -> Result<Envelope, E> {
        let payload =
            serde_json::to_vec(statement).map_err(|error| Error::Statement { why: error.to_string() })?;
        let encoded = encoding(kind, &payload);
        let signature = raw(&encoded)?;
        if !public.verifies(&encoded, &signature) {
            return Err(Error::NotSigned { key: public.id(), length: signature.len() }.into());
        }
        let signed = Signed { keyid: public.id(), sig: STANDARD.encode(signature) };
        let payload = STANDARD.encode(payload);
        Ok(Envelope { payload_type: kind.to_owned(), payload, signatures: vec![signed] })
    }

    /// Reads an envelope's JSON.
    pub fn parse(bytes: &[u8]) -> Result<Envelope, Error> {
        serde_json::from_slice(bytes).map_err(|error| Error::Statement { why: error.to_string() })
    }

    /// The file's text.
    pub fn text(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n").map_err(|error| Error::Statement { why: error.to_string() })
    }

    /// What is stated. Whoever signed it has to be asked for with [`Envelope::is_signed_by`].
    pub fn statement<T: DeserializeOwned>(&self, kind: &str) -> Result<T, Error> {
        if self.payload_type != kind {
            let why = format!("it is of type `{}`, and `{kind}` is wanted", self.payload_type);
            return Err(Error::Statement { why });
        }
        let payload = self.decoded()?;
        serde_json::from_slice(&payload).map_err(|error| Error::Statement { why: error.to_string() })
    }

    /// Whether it carries a signature of this key that fits.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let Ok(payload) = self.decoded() else { return false };
        let encoded = encoding(&self.payload_type, &payload);
        let mine = self.signatures.iter().filter(|signed| signed.keyid == key.id());
        mine.filter_map(|signed| STANDARD.decode(&signed.sig).ok()).any(|sig| key.verifies(&encoded, &sig))
    }

    /// The ids of the keys it says it is signed with.
    pub fn signers(&self) -> Vec<&str> {
        self.signatures.iter().map(|signed| signed.keyid.as_str()).collect()
    }

    fn decoded(&self) -> Result<Vec<u8>, Error> {
        let fault = |why: &str| Error::Statement { why: why.to_owned() };
        if self.payload.len() > LONGEST {
            return Err(fault("its payload is longer than any"));
        }
        STANDARD.decode(&self.payload).map_err(|_| fault("its payload is no base64"))
    }
}

/// What is signed: the pre-authentication encoding of DSSE 1.0.
fn encoding(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::SecretKey;
    use serde_json::{Value, json};

    #[test]
    fn the_encoding_is_the_specifications() {
        let encoded = encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn what_is_sealed_reads_back_and_a_changed_byte_does_not() {
        let key = SecretKey::generate().unwrap();
        let statement = json!({ "says": "this" });
        let sealed =
            Envelope::seal::<_, Error>("x/y", &statement, &key.public(), &mut |bytes| key.sign(bytes))
                .unwrap();
        let sealed = Envelope::parse(sealed.text().unwrap().as_bytes()).unwrap();
        assert!(sealed.is_signed_by(&key.public()));
        assert_eq!(sealed.statement::<Value>("x/y").unwrap(), statement);
        assert!(sealed.statement::<Value>("x/z").is_err());
        let other = SecretKey::generate().unwrap().public();
        assert!(!sealed.is_signed_by(&other));
        let kind = Envelope { payload_type: "x/z".into(), ..sealed.clone() };
        let payload = Envelope { payload: STANDARD.encode(r#"{"says":"that"}"#), ..sealed };
        assert!(!kind.is_signed_by(&key.public()) && !payload.is_signed_by(&key.public()));
    }
}
