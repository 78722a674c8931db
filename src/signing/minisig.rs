//! Detached signatures: two Ed25519 signatures, one over the bytes and one over that and the trusted comment.
//!
//! The `minisign` crate makes the signatures, and has the last word when one is verified. It does not have the first: it
//! would trim what it reads, and hash a bundle with portable code on this core, while another core is at it already with
//! the wide registers it has. So a file is parsed strictly here, its bytes are hashed by `blake2b_simd`, aws-lc says which of
//! the two signatures does not fit, and the crate sees them with the hash in place of the bytes.
//!
//! A `.minisig` file is four lines, each ended by one `\n` and nothing else, as Debian's minisign writes them. Ours has one
//! spelling, so that none of its bytes can change unseen; of other tools' signatures the untrusted comment is free.

use super::public::id;
use super::{Claim, Error, PublicKey, Raw, SecretKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign::SignatureBox;
use std::io::{self, Cursor, Read};

/// The longest trusted comment minisign reads.
const COMMENT: usize = 8_191;
/// The first lines' fixed words.
const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// Bytes hashed at once.
const PIECE: usize = 64 << 10;

/// What is signed instead of the bytes: their BLAKE2b-512.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Prehash([u8; 64]);

impl Prehash {
    /// Of everything `reader` has; no more than a piece is held at once.
    pub fn of_reader(reader: &mut impl Read) -> io::Result<Prehash> {
        let mut state = blake2b_simd::State::new();
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(Prehash(*state.finalize().as_array())),
                Ok(count) => drop(state.update(piece.get(..count).unwrap_or_default())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Signs the bytes that `reader` has and `hash` is of, as the claim says; returns the text of the `.minisig` file.
///
/// What the crate made is checked as if it came from anywhere: it is read strictly, and must fit the hash.
pub fn sign(key: &SecretKey, reader: &mut impl Read, hash: &Prehash, claim: &Claim) -> Result<String, Error> {
    let (comment, public) = (comment(claim)?, key.public());
    let untrusted = untrusted(&public.id());
    let given = Some(public.to_crate()?);
    let (trusted, untrusted) = (Some(comment.as_str()), Some(untrusted.as_str()));
    let signed = key.lend(|key| minisign::sign(given.as_ref(), key, reader, trusted, untrusted));
    let text = signed.map_err(|_| Error::Library { why: "it made no signature" })?.into_string();
    let unread = || Err(Error::Library { why: "it made a signature in the old form" });
    Signature::parse(text.as_bytes())?.verify(&public, hash, unread)?;
    Ok(text)
}

/// Puts a signature together that is made elsewhere, of the bytes that `hash` is of; returns the text of the `.minisig` file.
///
/// `raw` makes the Ed25519 signature of the bytes it is given, with the secret half of `public`. It is called twice, and
/// what it makes is checked before anything is made of it.
pub fn assemble<E: From<Error>>(
    public: &PublicKey,
    hash: &Prehash,
    claim: &Claim,
    raw: &mut Raw<'_, E>,
) -> Result<String, E> {
    let comment = comment(claim)?;
    let mut checked = |bytes: &[u8]| -> Result<Vec<u8>, E> {
        let signature = raw(bytes)?;
        if signature.len() != 64 || !public.verifies(bytes, &signature) {
            return Err(Error::NotSigned { key: public.id(), length: signature.len() }.into());
        }
        Ok(signature)
    };
    let signature = checked(&hash.0)?;
    let global = checked(&[signature.as_slice(), comment.as_bytes()].concat())?;
    let first = STANDARD.encode([b"ED", public.number.as_slice(), &signature].concat());
    let (untrusted, second) = (untrusted(&public.id()), STANDARD.encode(global));
    Ok(format!("{UNTRUSTED}{untrusted}\n{first}\n{TRUSTED}{comment}\n{second}\n"))
}

/// The trusted comment, if minisign reads one that long.
fn comment(claim: &Claim) -> Result<String, Error> {
    let comment = claim.to_string();
    if comment.len() > COMMENT {
        return Err(Error::CommentTooLong { length: comment.len(), limit: COMMENT });
    }
    Ok(comment)
}

/// The untrusted comment of our signatures. Nothing signs it, so it may hold only what the signed rest says too.
fn untrusted(key: &str) -> String {
    format!("signature from alga-ext with key {key}")
}

/// A signature, well-formed but not yet checked.
#[derive(Clone)]
pub struct Signature {
    number: [u8; 8],
    is_of_hash: bool,
    first: [u8; 64],
    global: [u8; 64],
    trusted_comment: String,
}

impl Signature {
    /// Reads the bytes of a `.minisig` file.
    pub fn parse(bytes: &[u8]) -> Result<Signature, Error> {
        let fault = |why| Error::Malformed { why };
        let text = std::str::from_utf8(bytes).map_err(|_| fault("it is not UTF-8"))?;
        if text.contains('\r') {
            return Err(fault("its lines end in another way than `\\n`"));
        }
        let body = text.strip_suffix('\n').ok_or_else(|| fault("it is cut short"))?;
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
        // The decoder takes no spaces, no missing padding and no bits that mean nothing.
        let decoded = |line: &str| STANDARD.decode(line).ok();
        let signature = decoded(signature).and_then(|bytes| <[u8; 74]>::try_from(bytes).ok());
        let global = decoded(global).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let (Some(signature), Some(global)) = (signature, global) else {
            return Err(fault("its second or fourth line is no signature in base64"));
        };
        if trusted_comment.len() > COMMENT || trusted_comment.trim() != trusted_comment {
            return Err(fault("its trusted comment is too long, or has space around it"));
        }
        let is_of_hash = match signature.first_chunk::<2>() {
            Some(b"ED") => true,
            Some(b"Ed") => false,
            _ => return Err(fault("its algorithm is not minisign's")),
        };
        let (mut number, mut bytes) = ([0; 8], [0; 64]);
        number.iter_mut().zip(signature.iter().skip(2)).for_each(|(to, from)| *to = *from);
        bytes.iter_mut().zip(signature.iter().skip(10)).for_each(|(to, from)| *to = *from);
        if Claim::is_meant(trusted_comment) && untrusted_comment != untrusted(&id(&number)) {
            return Err(fault("its untrusted comment was changed, or names another key"));
        }
        if Claim::parse(trusted_comment).is_some_and(|claim| claim.key_id != id(&number)) {
            return Err(fault("its trusted comment names another key"));
        }
        let trusted_comment = trusted_comment.to_owned();
        Ok(Signature { number, is_of_hash, first: bytes, global, trusted_comment })
    }

    /// The id of the key it says it was made with.
    pub fn key_id(&self) -> String {
        id(&self.number)
    }

    /// The trusted comment; to be believed only after [`Signature::verify`].
    pub fn trusted_comment(&self) -> &str {
        &self.trusted_comment
    }

    /// Checks the signature of what `hash` is of, and of the trusted comment. Old signatures, of the `bytes` themselves
    /// instead of their hash, count too.
    pub fn verify<E: From<Error>>(
        &self,
        key: &PublicKey,
        hash: &Prehash,
        bytes: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let (found, trusted) = (self.key_id(), key.id());
        if found != trusted {
            return Err(Error::OtherKey { found, trusted }.into());
        }
        let signed = if self.is_of_hash { hash.0.to_vec() } else { bytes()? };
        if !key.verifies(&signed, &self.first) {
            return Err(Error::Bytes.into());
        }
        let commented = [self.first.as_slice(), self.trusted_comment.as_bytes()].concat();
        if !key.verifies(&commented, &self.global) {
            return Err(Error::Comment.into());
        }
        Ok(self.confirm(key, &signed)?)
    }

    /// Asks the crate. It hashes nothing when the signature is in the old form, of what was `signed` as it is.
    fn confirm(&self, key: &PublicKey, signed: &[u8]) -> Result<(), Error> {
        let first = STANDARD.encode([b"Ed", self.number.as_slice(), &self.first].concat());
        let (comment, global) = (&self.trusted_comment, STANDARD.encode(self.global));
        let text = format!("{UNTRUSTED}\n{first}\n{TRUSTED}{comment}\n{global}\n");
        let signature = SignatureBox::from_string(&text).map_err(|_| Error::Bytes)?;
        let (quiet, output, allow_legacy) = (true, false, true);
        let signed = Cursor::new(signed);
        minisign::verify(&key.to_crate()?, &signature, signed, quiet, output, allow_legacy)
            .map_err(|_| Error::Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::signing::{Identity, SecretKey, Time};

    fn claim(key: &SecretKey) -> Claim {
        let identity = Identity {
            name: "com.acme.hello".into(),
            version: "1.0.0".into(),
            publisher: "Acme Inc".into(),
            content_hash: format!("sha256:{}", "ab".repeat(32)),
        };
        let created = Time::parse("2026-11-21T16:02:24Z").unwrap();
        Claim { identity, key_id: key.public().id(), created, expires: None }
    }

    fn hash(bytes: &[u8]) -> Prehash {
        Prehash::of_reader(&mut &*bytes).unwrap()
    }

    fn signed() -> (PublicKey, Claim, String) {
        let key = SecretKey::generate().unwrap();
        let claim = claim(&key);
        let text = sign(&key, &mut &b"bytes"[..], &hash(b"bytes"), &claim).unwrap();
        (key.public(), claim, text)
    }

    fn verify(key: &PublicKey, text: &[u8], bytes: &[u8]) -> Result<(), Error> {
        Signature::parse(text)?.verify(key, &hash(bytes), || Ok(bytes.to_vec()))
    }

    #[test]
    fn a_signature_vouches_for_bytes_and_claim() {
        let (key, claim, text) = signed();
        verify(&key, text.as_bytes(), b"bytes").unwrap();
        let signature = Signature::parse(text.as_bytes()).unwrap();
        assert_eq!(Claim::parse(signature.trusted_comment()), Some(claim));
        assert!(matches!(verify(&key, text.as_bytes(), b"other"), Err(Error::Bytes)));
    }

    #[test]
    fn every_changed_byte_of_the_file_is_caught() {
        let (key, _, text) = signed();
        for at in 0..text.len() {
            for value in 0..=255 {
                let mut changed = text.clone().into_bytes();
                if std::mem::replace(&mut changed[at], value) != value {
                    let error = verify(&key, &changed, b"bytes").unwrap_err();
                    assert_eq!(error.exit(), Exit::Disagrees, "byte {at}, now {value}: {error}");
                }
            }
        }
        for length in 0..text.len() {
            assert!(verify(&key, &text.as_bytes()[..length], b"bytes").is_err(), "cut at {length}");
        }
    }

    #[test]
    fn there_is_one_way_to_end_lines_and_one_to_write_base64() {
        let (key, _, text) = signed();
        let lines: Vec<&str> = text.lines().collect();
        let padded = |at: usize| text.replace(lines[at], &format!("{} ", lines[at]));
        for other in [
            text.replace('\n', "\r\n"),
            format!("{text}\n"),
            format!("\n{text}"),
            text.trim_end().to_owned(),
            text.replace("==\n", "\n"),
            padded(0),
            padded(1),
            padded(2),
            padded(3),
        ] {
            assert!(
                matches!(verify(&key, other.as_bytes(), b"bytes"), Err(Error::Malformed { .. })),
                "{other}"
            );
        }
    }

    #[test]
    fn another_key_and_another_comment_are_told_apart() {
        let (key, _, text) = signed();
        let (other, _, _) = signed();
        assert!(matches!(verify(&other, text.as_bytes(), b"bytes"), Err(Error::OtherKey { .. })));
        let forged = text.replace("version=1.0.0", "version=2.0.0");
        assert!(matches!(verify(&key, forged.as_bytes(), b"bytes"), Err(Error::Comment)));
    }

    #[test]
    fn a_signature_made_elsewhere_is_one_like_any() {
        let key = SecretKey::generate().unwrap();
        let (claim, hash) = (claim(&key), hash(b"bytes"));
        let text = assemble::<Error>(&key.public(), &hash, &claim, &mut |bytes| key.sign(bytes)).unwrap();
        verify(&key.public(), text.as_bytes(), b"bytes").unwrap();
    }

    #[test]
    fn bytes_that_change_while_they_are_signed_are_not() {
        let key = SecretKey::generate().unwrap();
        let result = sign(&key, &mut &b"other"[..], &hash(b"bytes"), &claim(&key));
        assert!(matches!(result, Err(Error::Bytes)));
    }

    #[test]
    fn the_old_form_of_the_crates_own_is_verified_too() {
        let (key, _, text) = signed();
        let signature = Signature::parse(text.as_bytes()).unwrap();
        let old = Signature { is_of_hash: false, ..signature.clone() };
        // What was signed is the hash; taken for the bytes of an old signature, it fits as well.
        let bytes = hash(b"bytes").0.to_vec();
        old.verify::<Error>(&key, &hash(b""), || Ok(bytes)).unwrap();
    }

    #[test]
    fn what_was_signed_with_another_key_or_not_at_all_is_not_written() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let claim = claim(&key);
        let mut attempts: [&mut Raw<'_, Error>; 3] =
            [&mut |bytes| other.sign(bytes), &mut |_| Ok(vec![0; 64]), &mut |_| Ok(Vec::new())];
        for raw in &mut attempts {
            let result = assemble(&key.public(), &hash(b"bytes"), &claim, raw);
            assert!(matches!(result, Err(Error::NotSigned { .. })));
        }
    }

    #[test]
    fn a_comment_longer_than_minisign_reads_is_not_signed() {
        let key = SecretKey::generate().unwrap();
        let mut claim = claim(&key);
        claim.identity.name = "n".repeat(9_000);
        let result = sign(&key, &mut io::empty(), &hash(b""), &claim);
        assert!(matches!(result, Err(Error::CommentTooLong { .. })));
        let result = assemble::<Error>(&key.public(), &hash(b""), &claim, &mut |bytes| key.sign(bytes));
        assert!(matches!(result, Err(Error::CommentTooLong { .. })));
    }
}
