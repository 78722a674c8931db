//! Secret keys in minisign's format: made, opened, closed under another password.
//!
//! The `minisign` crate makes keys, decrypts them and checks what it decrypted. Two things it does not do: it encrypts no
//! key but one it has just made, and that with a thirty-second of the work that minisign itself asks for, so that the
//! stream laid over a key is made here, of the same scrypt; and it signs nothing but whole files in its own format, so
//! that statements are signed with aws-lc. What is secret here is zeroed when dropped, and all that the crate does with it
//! is done [`secretly`], since it zeroes nothing itself.

use super::{Error, PublicKey, public};
use crate::wipe::secretly;
use aws_lc_rs::rand;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign::{ErrorKind, KeyPair, SecretKeyBox};
use std::io;
use zeroize::{Zeroize, Zeroizing};

/// The most work a key file may ask of scrypt: what minisign itself asks for (1 GiB, seconds).
const OPSLIMIT: u64 = 33_554_432;
const MEMLIMIT: u64 = 1 << 30;
/// What libsodium, and the crate when it opens a key, make of these two: the logarithm of N. r is 8 and p is 1.
const LOG_N: u8 = 20;
/// A secret key without comment, in bytes: two letters each of algorithm, derivation and checksum, salt, costs, and what
/// may be encrypted.
const LENGTH: usize = 158;
const DERIVATION: usize = 2;
const SALT: usize = 6;
const COSTS: usize = 38;
const HIDDEN: usize = 54;
/// What may be encrypted: the key's number, the seed, the point and a checksum.
const HIDDEN_LENGTH: usize = LENGTH - HIDDEN;
const SEED: usize = HIDDEN + 8;
const POINT: usize = SEED + 32;
const CHECKSUM: usize = POINT + 32;

/// A key to sign with, open. It has no `Debug`: nothing may print it.
pub struct SecretKey {
    /// In one place from its making to its end, so that no move leaves a copy behind.
    inner: Box<minisign::SecretKey>,
    public: PublicKey,
}

impl SecretKey {
    /// Makes a key.
    pub fn generate() -> Result<SecretKey, Error> {
        let failed = |_| Error::Library { why: "no key could be made" };
        secretly(|| SecretKey::new(KeyPair::generate_unencrypted_keypair().map_err(failed)?.sk))
    }

    /// Whether a secret key's text is encrypted, so that [`SecretKey::open`] needs a password.
    pub fn is_encrypted(text: &str) -> Result<bool, Error> {
        Stored::read(text).map(|stored| stored.encrypted)
    }

    /// Opens the text of a secret key's file, or its second line alone.
    pub fn open(text: &str, password: Option<&str>) -> Result<SecretKey, Error> {
        secretly(|| SecretKey::unlock(text, password))
    }

    fn unlock(text: &str, password: Option<&str>) -> Result<SecretKey, Error> {
        let mut stored = Stored::read(text)?;
        let opened = if stored.encrypted {
            // An absent password would make the crate ask for one, on standard output.
            let password = password.ok_or(Error::NeedsPassword)?;
            stored.to_box().into_secret_key(Some(password.to_owned()))
        } else {
            let stated = Zeroizing::new(stored.bytes.get(CHECKSUM..).unwrap_or_default().to_vec());
            stored.sum_up();
            // `minisign -G -W` writes zeros for a checksum. That the point fits the seed is one over the rest.
            let is_unchecked = stated.iter().all(|byte| *byte == 0);
            if !is_unchecked && stored.bytes.get(CHECKSUM..) != Some(stated.as_slice()) {
                return Err(Error::SecretKey { why: "its checksum is wrong" });
            }
            minisign::SecretKey::from_bytes(&stored.bytes)
        };
        SecretKey::new(opened.map_err(|error| match error.kind() {
            ErrorKind::Verify => Error::WrongPassword,
            _ => Error::Library { why: "the secret key was not taken" },
        })?)
    }

    /// Takes a key that is open, if it can sign what its public half verifies.
    fn new(inner: minisign::SecretKey) -> Result<SecretKey, Error> {
        let inner = Box::new(inner);
        let failed = |_| Error::SecretKey { why: "its two halves do not belong together" };
        let public = minisign::PublicKey::from_secret_key(&inner).map_err(failed)?;
        minisign::sign(Some(&public), &inner, io::empty(), Some(""), Some("")).map_err(failed)?;
        let public = PublicKey::of_crate(&public)?;
        Ok(SecretKey { inner, public })
    }

    /// The text to store; without a password the key is stored as it is.
    pub fn close(&self, password: Option<&str>) -> Result<Zeroizing<String>, Error> {
        secretly(|| self.lock(password))
    }

    fn lock(&self, password: Option<&str>) -> Result<Zeroizing<String>, Error> {
        let mut stored =
            Stored { bytes: Zeroizing::new(self.inner.to_bytes()), encrypted: password.is_some() };
        let (mut salt, mut costs) = ([0; COSTS - SALT], [0; 2]);
        if password.is_some() {
            rand::fill(&mut salt).map_err(|_| Error::Library { why: "the system gives no random bytes" })?;
            costs = [OPSLIMIT, MEMLIMIT];
        }
        stored.put(DERIVATION, if password.is_some() { b"Sc" } else { b"\0\0" });
        stored.put(SALT, &salt);
        stored.put(COSTS, costs.map(u64::to_le_bytes).as_flattened());
        if let Some(password) = password {
            stored.encrypt(password)?;
        }
        let state = if stored.encrypted { "encrypted" } else { "unencrypted" };
        let id = self.public.id();
        let encoded = Zeroizing::new(STANDARD.encode(stored.bytes.as_slice()));
        let text = format!("untrusted comment: minisign {state} secret key {id}\n{}\n", encoded.as_str());
        Ok(Zeroizing::new(text))
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// The Ed25519 signature of these bytes, as they are.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        secretly(|| {
            let stored = Zeroizing::new(self.inner.to_bytes());
            let seed = stored.get(SEED..POINT).unwrap_or_default();
            let pair = Ed25519KeyPair::from_seed_and_public_key(seed, &self.public.point);
            let pair = pair.map_err(|_| Error::Library { why: "the secret key was not taken" })?;
            Ok(pair.sign(bytes).as_ref().to_vec())
        })
    }

    /// Lends it to the crate.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&minisign::SecretKey) -> T) -> T {
        secretly(|| work(&self.inner))
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        if let Ok(zeros) = minisign::SecretKey::from_bytes(&[0; LENGTH]) {
            *self.inner = zeros;
            // Somebody looks, so the zeros are written.
            std::hint::black_box(&self.inner);
        }
    }
}

/// A secret key's bytes, looked over before anything is done with the lengths and costs they state.
struct Stored {
    bytes: Zeroizing<Vec<u8>>,
    encrypted: bool,
}

impl Stored {
    fn read(text: &str) -> Result<Stored, Error> {
        let fault = |why| Error::SecretKey { why };
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut encoded = lines.next().unwrap_or_default();
        if encoded.starts_with("untrusted comment:") {
            encoded = lines.next().unwrap_or_default();
        }
        if lines.next().is_some() {
            return Err(fault("it has more than a comment and a key"));
        }
        if encoded.len() == public::LENGTH {
            return Err(fault("it is a public key"));
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| fault("its second line is no base64"))?;
        let bytes = Zeroizing::new(bytes);
        if bytes.len() != LENGTH || !bytes.starts_with(b"Ed") || bytes.get(4..6) != Some(b"B2") {
            return Err(fault("its second line is no Ed25519 key"));
        }
        let encrypted = match bytes.get(2..4) {
            Some(b"Sc") => true,
            Some([0, 0]) => false,
            _ => return Err(fault("it is encrypted in a way this tool does not know")),
        };
        let stored = Stored { bytes, encrypted };
        if encrypted && (stored.cost(0) > OPSLIMIT || stored.cost(1) > MEMLIMIT) {
            return Err(fault("opening it would take more work than minisign ever asks for"));
        }
        Ok(stored)
    }

    fn cost(&self, index: usize) -> u64 {
        let at = COSTS + index * 8;
        let field = self.bytes.get(at..at + 8).and_then(|field| field.try_into().ok());
        field.map_or(u64::MAX, u64::from_le_bytes)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes.iter_mut().skip(at).zip(bytes).for_each(|(to, from)| *to = *from);
    }

    /// Gives it the checksum of what it holds.
    fn sum_up(&mut self) {
        let mut state = blake2b_simd::Params::new().hash_length(LENGTH - CHECKSUM).to_state();
        state.update(b"Ed").update(self.bytes.get(HIDDEN..CHECKSUM).unwrap_or_default());
        self.put(CHECKSUM, state.finalize().as_bytes());
    }

    /// An encrypted key as the crate reads it: it sees nothing of a file but these bytes.
    fn to_box(&self) -> SecretKeyBox {
        format!("untrusted comment: \n{}\n", STANDARD.encode(self.bytes.as_slice())).into()
    }

    /// Lays a stream, made of the password, over what is to be hidden.
    fn encrypt(&mut self, password: &str) -> Result<(), Error> {
        let failed = |_| Error::Library { why: "scrypt does not take minisign's costs" };
        let parameters = scrypt::Params::new(LOG_N, 8, 1, 32).map_err(failed)?;
        let mut stream = Zeroizing::new([0_u8; HIDDEN_LENGTH]);
        let salt = self.bytes.get(SALT..COSTS).unwrap_or_default().to_vec();
        scrypt::scrypt(password.as_bytes(), &salt, &parameters, stream.as_mut_slice())
            .map_err(|_| Error::Library { why: "scrypt failed" })?;
        let hidden = self.bytes.get_mut(HIDDEN..).unwrap_or_default();
        hidden.iter_mut().zip(stream.iter()).for_each(|(byte, over)| *byte ^= over);
        stream.zeroize();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_with_and_without_a_password() {
        for password in [None, Some("hunter2")] {
            let key = SecretKey::generate().unwrap();
            let text = key.close(password).unwrap();
            assert_eq!(SecretKey::is_encrypted(&text).unwrap(), password.is_some());
            let opened = SecretKey::open(&text, password).unwrap();
            assert_eq!(opened.public(), key.public());
            let line = text.lines().nth(1).unwrap();
            assert_eq!(SecretKey::is_encrypted(line).unwrap(), password.is_some());
            let public = PublicKey::parse(&key.public().file()).unwrap();
            assert_eq!(public, key.public());
            assert_eq!(PublicKey::parse(&public.to_string()).unwrap().id(), public.id());
            assert!(public.verifies(b"x", &opened.sign(b"x").unwrap()));
            assert!(!public.verifies(b"y", &opened.sign(b"x").unwrap()));
        }
    }

    #[test]
    fn a_wrong_or_missing_password_is_told_apart() {
        let text = SecretKey::generate().unwrap().close(Some("hunter2")).unwrap();
        assert!(matches!(SecretKey::open(&text, Some("hunter3")), Err(Error::WrongPassword)));
        assert!(matches!(SecretKey::open(&text, None), Err(Error::NeedsPassword)));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = SecretKey::generate().unwrap();
        let (secret, public) = (key.close(None).unwrap(), key.public().file());
        for text in ["", "x", "untrusted comment: a", "untrusted comment: a\n!!!", &public] {
            assert!(matches!(SecretKey::open(text, Some("")), Err(Error::SecretKey { .. })), "{text}");
        }
        for text in ["", "x", "untrusted comment: a", &secret, &"A".repeat(56), &"é".repeat(28)] {
            assert!(matches!(PublicKey::parse(text), Err(Error::PublicKey { .. })), "{text}");
        }
    }

    #[test]
    fn a_changed_character_never_opens_and_never_panics() {
        let key = SecretKey::generate().unwrap();
        let text = key.close(None).unwrap();
        let start = text.find('\n').unwrap() + 1;
        for at in start..text.len() - 1 {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The salt and costs of an unencrypted key mean nothing; everything else is under its checksum.
            if let Ok(opened) = SecretKey::open(&changed, Some("x")) {
                assert_eq!(opened.public(), key.public(), "{at}");
            }
        }
    }

    #[test]
    fn a_key_without_a_checksum_opens_when_its_halves_belong_together() {
        let key = SecretKey::generate().unwrap();
        let line = |bytes: &[u8]| STANDARD.encode(bytes);
        let mut bytes = STANDARD.decode(key.close(None).unwrap().lines().nth(1).unwrap()).unwrap();
        bytes[CHECKSUM..].fill(0);
        assert_eq!(SecretKey::open(&line(&bytes), None).unwrap().public(), key.public());
        let closed = SecretKey::open(&line(&bytes), None).unwrap().close(None).unwrap();
        assert_eq!(*closed, *key.close(None).unwrap());
        for at in [SEED, POINT] {
            bytes[at] ^= 1;
            let error = SecretKey::open(&line(&bytes), None).err();
            assert!(matches!(error, Some(Error::SecretKey { .. })), "{error:?}");
            bytes[at] ^= 1;
        }
    }

    #[test]
    fn what_the_crate_encrypts_opens_too() {
        let pair = KeyPair::generate_encrypted_keypair(Some("hunter2".to_owned())).unwrap();
        let text = pair.sk.to_box(None).unwrap().into_string();
        let opened = SecretKey::open(&text, Some("hunter2")).unwrap();
        assert_eq!(opened.public().to_string(), pair.pk.to_base64());
        assert!(matches!(SecretKey::open(&text, Some("hunter3")), Err(Error::WrongPassword)));
    }

    #[test]
    fn a_key_that_asks_for_too_much_work_is_refused() {
        let text = SecretKey::generate().unwrap().close(Some("x")).unwrap();
        let mut bytes = STANDARD.decode(text.lines().nth(1).unwrap()).unwrap();
        bytes[44] = 0xff;
        let text = format!("untrusted comment: x\n{}\n", STANDARD.encode(bytes));
        assert!(matches!(SecretKey::open(&text, Some("x")), Err(Error::SecretKey { .. })));
    }
}
