//! Detached signatures: two Ed25519 signatures, one over the bytes and one over that and the trusted comment.

use super::keys::id;
use super::{Error, Identity, PublicKey, SecretKey, library};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign::SignatureBox;
use std::io::{Read, Seek};

/// The longest trusted comment minisign reads.
const COMMENT: usize = 8_191;
/// The first lines' fixed words.
const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

/// Signs `bytes`, piece by piece, as the release `identity` says; returns the text of the `.minisig` file.
pub fn sign(key: &SecretKey, bytes: impl Read, identity: &Identity) -> Result<String, Error> {
    let comment = identity.to_string();
    if comment.len() > COMMENT {
        return Err(Error::CommentTooLong { length: comment.len(), limit: COMMENT });
    }
    let public = key.public()?;
    let untrusted = untrusted(&public.id());
    // With the public key given, the crate checks what it made.
    minisign::sign(Some(&public.0), &key.0, bytes, Some(&comment), Some(&untrusted))
        .map(SignatureBox::into_string)
        .map_err(|error| library(&error))
}

/// The untrusted comment of our signatures. Nothing signs it, so it may hold only what the signed rest says too.
fn untrusted(key: &str) -> String {
    format!("signature from alga-ext with key {key}")
}

/// A signature, well-formed but not yet checked.
#[derive(Clone)]
pub struct Signature {
    inner: SignatureBox,
    trusted_comment: String,
}

impl Signature {
    /// Reads the text of a `.minisig` file. It has exactly one spelling, line ends aside, so that no byte of it can
    /// change unseen; the untrusted comment of other tools' signatures is free.
    pub fn parse(text: &str) -> Result<Signature, Error> {
        let fault = |why| Error::Malformed { why };
        let unix = if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() };
        if unix.contains('\r') || (unix.len() != text.len() && unix.replace('\n', "\r\n") != text) {
            return Err(fault("its line ends are mixed"));
        }
        let body = unix.strip_suffix('\n').ok_or_else(|| fault("it is cut short"))?;
        let lines: Vec<&str> = body.split('\n').collect();
        let [first, signature, third, global] = lines.as_slice() else {
            return Err(fault("it has four lines"));
        };
        let (Some(untrusted_comment), Some(trusted_comment)) =
            (first.strip_prefix(UNTRUSTED), third.strip_prefix(TRUSTED))
        else {
            return Err(fault(
                "its comments do not begin with `untrusted comment: ` and `trusted comment: `",
            ));
        };
        let length = |line: &str| STANDARD.decode(line).ok().map(|bytes| bytes.len());
        if length(signature) != Some(74) || length(global) != Some(64) {
            return Err(fault("its second or fourth line is no signature in base64"));
        }
        if trusted_comment.len() > COMMENT || trusted_comment.trim() != trusted_comment {
            return Err(fault("its trusted comment is too long, or has space around it"));
        }
        let inner = SignatureBox::from_string(&unix).map_err(|_| fault("its algorithm is not minisign's"))?;
        let is_ours = Identity::is_claimed(trusted_comment);
        if is_ours && untrusted_comment != untrusted(&id(inner.keynum())) {
            return Err(fault("its untrusted comment was changed, or names another key"));
        }
        Ok(Signature { inner, trusted_comment: trusted_comment.to_owned() })
    }

    /// The id of the key it says it was made with.
    pub fn key_id(&self) -> String {
        id(self.inner.keynum())
    }

    /// The trusted comment; to be believed only after [`Signature::verify`].
    pub fn trusted_comment(&self) -> &str {
        &self.trusted_comment
    }

    /// Checks the signature of `bytes` and of the trusted comment. Old signatures, of the bytes themselves instead of
    /// their hash, count too.
    pub fn verify(&self, key: &PublicKey, bytes: impl Read + Seek) -> Result<(), Error> {
        let (found, trusted) = (self.key_id(), key.id());
        if found != trusted {
            return Err(Error::OtherKey { found, trusted });
        }
        let (quiet, output, allow_legacy) = (true, false, true);
        minisign::verify(&key.0, &self.inner, bytes, quiet, output, allow_legacy).map_err(|error| match error
            .to_string()
            .as_str()
        {
            "Comment signature verification failed" => Error::Comment,
            _ => Error::Bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::generate;
    use std::io::Cursor;

    fn signed() -> (PublicKey, Identity, String) {
        let pair = generate(None).unwrap();
        let secret = SecretKey::open(&pair.secret, None).unwrap();
        let identity = Identity {
            name: "com.acme.hello".into(),
            version: "1.0.0".into(),
            publisher: "Acme Inc".into(),
            content_hash: format!("sha256:{}", "ab".repeat(32)),
        };
        let text = sign(&secret, &b"bytes"[..], &identity).unwrap();
        (pair.key, identity, text)
    }

    fn verify(key: &PublicKey, text: &str, bytes: &[u8]) -> Result<(), Error> {
        Signature::parse(text)?.verify(key, Cursor::new(bytes))
    }

    #[test]
    fn a_signature_vouches_for_bytes_and_identity() {
        let (key, identity, text) = signed();
        let signature = Signature::parse(&text).unwrap();
        signature.verify(&key, Cursor::new(b"bytes")).unwrap();
        assert_eq!(Identity::parse(signature.trusted_comment()), Some(identity));
        assert!(matches!(signature.verify(&key, Cursor::new(b"other")), Err(Error::Bytes)));
        assert!(verify(&key, &text.replace('\n', "\r\n"), b"bytes").is_ok());
    }

    #[test]
    fn every_changed_byte_of_the_file_is_caught() {
        let (key, _, text) = signed();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut changed = text.clone().into_bytes();
                changed[at] ^= 1 << bit;
                if let Ok(changed) = String::from_utf8(changed) {
                    let error = verify(&key, &changed, b"bytes").unwrap_err();
                    assert_eq!(error.exit(), Exit::Disagrees, "byte {at}, bit {bit}: {error}");
                }
            }
        }
        for length in 0..text.len() {
            assert!(verify(&key, &text[..length], b"bytes").is_err(), "cut at {length}");
        }
    }

    #[test]
    fn another_key_and_another_comment_are_told_apart() {
        let (key, _, text) = signed();
        let (other, _, _) = signed();
        assert!(matches!(verify(&other, &text, b"bytes"), Err(Error::OtherKey { .. })));
        let forged = text.replace("version=1.0.0", "version=2.0.0");
        assert!(matches!(verify(&key, &forged, b"bytes"), Err(Error::Comment)));
    }

    #[test]
    fn a_comment_longer_than_minisign_reads_is_not_signed() {
        let pair = generate(None).unwrap();
        let secret = SecretKey::open(&pair.secret, None).unwrap();
        let (_, identity, _) = signed();
        let identity = Identity { name: "n".repeat(9_000), ..identity };
        assert!(matches!(sign(&secret, std::io::empty(), &identity), Err(Error::CommentTooLong { .. })));
    }

    use crate::exit::Exit;
}
