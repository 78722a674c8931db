//! Secret keys in minisign's format: made, opened, closed under another password. What is secret is zeroed when dropped.

use super::{Error, PublicKey, public};
use aws_lc_rs::rand;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

/// The most work a key file may ask of scrypt: what minisign itself asks for (1 GiB, seconds).
const OPSLIMIT: u64 = 33_554_432;
const MEMLIMIT: u64 = 1 << 30;
/// A secret key without comment, in bytes: two letters each of algorithm, derivation and checksum, salt, costs, and what
/// may be encrypted.
const LENGTH: usize = 158;
const SALT: usize = 6;
const COSTS: usize = 38;
const HIDDEN: usize = 54;
/// What may be encrypted: the key's number, the seed, the point and a checksum.
const HIDDEN_LENGTH: usize = LENGTH - HIDDEN;

/// A key to sign with. It has no `Debug`: nothing may print it.
pub struct SecretKey {
    number: [u8; 8],
    seed: Zeroizing<[u8; 32]>,
    point: [u8; 32],
}

impl SecretKey {
    /// Makes a key.
    pub fn generate() -> Result<SecretKey, Error> {
        let (mut number, mut seed) = ([0; 8], Zeroizing::new([0; 32]));
        fill(&mut number)?;
        fill(seed.as_mut_slice())?;
        let point = point(&seed)?;
        Ok(SecretKey { number, seed, point })
    }

    /// Whether a secret key's text is encrypted, so that [`SecretKey::open`] needs a password.
    pub fn is_encrypted(text: &str) -> Result<bool, Error> {
        Stored::read(text).map(|stored| stored.encrypted)
    }

    /// Opens the text of a secret key's file, or its second line alone.
    pub fn open(text: &str, password: Option<&str>) -> Result<SecretKey, Error> {
        let mut stored = Stored::read(text)?;
        if stored.encrypted {
            let password = password.ok_or(Error::NeedsPassword)?;
            stored.toggle(password)?;
        }
        let wrong = if stored.encrypted {
            Error::WrongPassword
        } else {
            Error::SecretKey { why: "its checksum is wrong" }
        };
        let hidden = stored.bytes.get(HIDDEN..).unwrap_or_default();
        let Some((number, rest)) = hidden.split_first_chunk::<8>() else { return Err(wrong) };
        let Some((seed, rest)) = rest.split_first_chunk::<32>() else { return Err(wrong) };
        let Some((stored_point, sum)) = rest.split_first_chunk::<32>() else { return Err(wrong) };
        let seed = Zeroizing::new(*seed);
        // `minisign -G -W` writes zeros for a checksum. The point, computed anew, is one over the rest.
        let is_unchecked = !stored.encrypted && sum.iter().all(|byte| *byte == 0);
        if !is_unchecked && sum != checksum(*number, &seed, stored_point) {
            return Err(wrong);
        }
        let point = point(&seed)?;
        if point != *stored_point {
            return Err(Error::SecretKey { why: "its two halves do not belong together" });
        }
        Ok(SecretKey { number: *number, seed, point })
    }

    /// The text to store; without a password the key is stored as it is.
    pub fn close(&self, password: Option<&str>) -> Result<Zeroizing<String>, Error> {
        let derivation: &[u8; 2] = if password.is_some() { b"Sc" } else { b"\0\0" };
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        for part in [b"Ed", derivation, b"B2"] {
            bytes.extend_from_slice(part);
        }
        let mut salt = [0; COSTS - SALT];
        if password.is_some() {
            fill(&mut salt)?;
        }
        bytes.extend_from_slice(&salt);
        for cost in [OPSLIMIT, MEMLIMIT] {
            bytes.extend_from_slice(&if password.is_some() { cost } else { 0 }.to_le_bytes());
        }
        bytes.extend_from_slice(&self.number);
        bytes.extend_from_slice(self.seed.as_slice());
        bytes.extend_from_slice(&self.point);
        bytes.extend_from_slice(&checksum(self.number, &self.seed, &self.point));
        let mut stored = Stored { bytes, encrypted: password.is_some() };
        if let Some(password) = password {
            stored.toggle(password)?;
        }
        let state = if stored.encrypted { "encrypted" } else { "unencrypted" };
        let id = self.public().id();
        let encoded = Zeroizing::new(STANDARD.encode(stored.bytes.as_slice()));
        let text = format!("untrusted comment: minisign {state} secret key {id}\n{}\n", encoded.as_str());
        Ok(Zeroizing::new(text))
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey { number: self.number, point: self.point }
    }

    /// The Ed25519 signature of these bytes, as they are.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let pair = Ed25519KeyPair::from_seed_and_public_key(self.seed.as_slice(), &self.point);
        let pair = pair.map_err(|_| Error::Library { why: "the secret key was not taken" })?;
        Ok(pair.sign(bytes).as_ref().to_vec())
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    rand::fill(bytes).map_err(|_| Error::Library { why: "the system gives no random bytes" })
}

fn point(seed: &[u8; 32]) -> Result<[u8; 32], Error> {
    let failed = || Error::Library { why: "the secret key was not taken" };
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| failed())?;
    pair.public_key().as_ref().try_into().map_err(|_| failed())
}

fn checksum(number: [u8; 8], seed: &[u8; 32], point: &[u8; 32]) -> [u8; 32] {
    let mut state = blake2b_simd::Params::new().hash_length(32).to_state();
    state.update(b"Ed").update(&number).update(seed).update(point);
    let mut sum = [0; 32];
    sum.iter_mut().zip(state.finalize().as_bytes()).for_each(|(to, from)| *to = *from);
    sum
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

    /// Encrypts what is open, decrypts what is encrypted: one stream, made of the password, is laid over it.
    fn toggle(&mut self, password: &str) -> Result<(), Error> {
        let library = |_| Error::Library { why: "the key's costs are none that scrypt takes" };
        let (log_n, p) = costs(self.cost(0), self.cost(1));
        let parameters = scrypt::Params::new(log_n, 8, p, 32).map_err(library)?;
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

/// What libsodium makes of the two costs, which minisign stores: the logarithm of N, and p; r is 8.
fn costs(operations: u64, memory: u64) -> (u8, u32) {
    let operations = operations.max(32_768);
    let log = |most: u64| (1..63).find(|log| 1_u64 << log > most / 2).unwrap_or(63);
    if operations < memory / 32 {
        return (log(operations / 32), 1);
    }
    let log_n = log(memory / 1024);
    let most = (operations / 4 / (1_u64 << log_n)).min(0x3fff_ffff);
    (log_n, u32::try_from(most / 8).unwrap_or(u32::MAX))
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
    fn a_key_that_asks_for_too_much_work_is_refused() {
        let text = SecretKey::generate().unwrap().close(Some("x")).unwrap();
        let mut bytes = STANDARD.decode(text.lines().nth(1).unwrap()).unwrap();
        bytes[44] = 0xff;
        let text = format!("untrusted comment: x\n{}\n", STANDARD.encode(bytes));
        assert!(matches!(SecretKey::open(&text, Some("x")), Err(Error::SecretKey { .. })));
    }

    #[test]
    fn the_costs_are_libsodiums() {
        assert_eq!(costs(OPSLIMIT, MEMLIMIT), (20, 1));
        assert_eq!(costs(524_288, 16_777_216), (14, 1));
    }
}
