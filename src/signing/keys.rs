//! Key pairs: made, opened, and told apart by their ids.

use super::{Error, library};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign::{KeyPair, SecretKeyBox};
use std::fmt;

/// The most work a key file may ask of scrypt: what minisign itself asks for (1 GiB, seconds).
const OPSLIMIT: u64 = 33_554_432;
const MEMLIMIT: u64 = 1 << 30;
/// A secret key without comment, in bytes.
const SECRET: usize = 158;
/// Its last part, the checksum.
const CHECKSUM: usize = 32;
/// A public key without comment, in characters of base64.
const PUBLIC: usize = 56;

/// A new key pair, as the two texts to store.
pub struct Pair {
    /// The secret key's file.
    pub secret: String,
    /// The public key's file.
    pub public: String,
    /// The public key.
    pub key: PublicKey,
}

/// Makes a key pair; without a password the secret key is stored as it is.
pub fn generate(password: Option<&str>) -> Result<Pair, Error> {
    let pair = match password {
        // An absent password would make the crate ask for one, on standard output.
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
        None => KeyPair::generate_unencrypted_keypair(),
    };
    let pair = pair.map_err(|error| library(&error))?;
    let key = PublicKey(pair.pk);
    let state = if password.is_some() { "encrypted" } else { "unencrypted" };
    let comment = format!("minisign {state} secret key {}", key.id());
    let secret = pair.sk.to_box(Some(&comment)).map_err(|error| library(&error))?.into_string();
    let public = format!("untrusted comment: minisign public key {}\n{}\n", key.id(), key.0.to_base64());
    Ok(Pair { secret, public, key })
}

/// A key to sign with. It has no `Debug`: nothing may print it.
pub struct SecretKey(pub(super) minisign::SecretKey);

impl SecretKey {
    /// Whether a secret key's file is encrypted, so that [`SecretKey::open`] needs a password.
    pub fn is_encrypted(text: &str) -> Result<bool, Error> {
        Stored::read(text).map(|stored| stored.encrypted)
    }

    /// Opens the text of a secret key's file.
    pub fn open(text: &str, password: Option<&str>) -> Result<SecretKey, Error> {
        let stored = Stored::read(text)?;
        if stored.is_unchecked() {
            let key = minisign::SecretKey::from_bytes(&stored.bytes).map_err(|error| library(&error))?;
            return Ok(SecretKey(key));
        }
        // Rebuilt, so that the crate sees nothing of the file but these bytes.
        let text = format!("untrusted comment: \n{}\n", STANDARD.encode(&stored.bytes));
        let stored_box = SecretKeyBox::from_string(&text).map_err(|error| library(&error))?;
        let opened = if stored.encrypted {
            let password = password.ok_or(Error::NeedsPassword)?;
            stored_box.into_secret_key(Some(password.to_owned()))
        } else {
            stored_box.into_unencrypted_secret_key()
        };
        match opened {
            Ok(key) => Ok(SecretKey(key)),
            Err(error) => Err(match error.kind() {
                minisign::ErrorKind::Verify if stored.encrypted => Error::WrongPassword,
                minisign::ErrorKind::Verify => Error::SecretKey { why: "its checksum is wrong" },
                _ => library(&error),
            }),
        }
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> Result<PublicKey, Error> {
        minisign::PublicKey::from_secret_key(&self.0).map(PublicKey).map_err(|error| library(&error))
    }
}

/// A secret key's bytes, looked over before the crate sees them: it trusts the lengths and costs they state.
struct Stored {
    bytes: Vec<u8>,
    encrypted: bool,
}

impl Stored {
    /// Whether it is a key as `minisign -G -W` writes it: unencrypted, and zeros for a checksum. Signing checks what it
    /// made against the public half, so a damaged key makes no bad signature.
    fn is_unchecked(&self) -> bool {
        !self.encrypted && self.bytes.iter().rev().take(CHECKSUM).all(|byte| *byte == 0)
    }

    fn read(text: &str) -> Result<Stored, Error> {
        let fault = |why| Error::SecretKey { why };
        let mut lines = text.lines();
        let comment = lines.next().unwrap_or_default();
        if !comment.starts_with("untrusted comment:") {
            return Err(fault("its first line is no `untrusted comment:`"));
        }
        let encoded = lines.next().unwrap_or_default().trim();
        if encoded.len() == PUBLIC {
            return Err(fault("it is a public key"));
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| fault("its second line is no base64"))?;
        let number = |at: usize| {
            let field = bytes.get(at..at + 8).and_then(|field| field.try_into().ok());
            field.map_or(u64::MAX, u64::from_le_bytes)
        };
        if bytes.len() != SECRET || !bytes.starts_with(b"Ed") || bytes.get(4..6) != Some(b"B2") {
            return Err(fault("its second line is no Ed25519 key"));
        }
        let encrypted = match bytes.get(2..4) {
            Some(b"Sc") => true,
            Some([0, 0]) => false,
            _ => return Err(fault("it is encrypted in a way this tool does not know")),
        };
        if encrypted && (number(38) > OPSLIMIT || number(46) > MEMLIMIT) {
            return Err(fault("opening it would take more work than minisign ever asks for"));
        }
        Ok(Stored { bytes, encrypted })
    }
}

/// A key to verify with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(pub(super) minisign::PublicKey);

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
        if encoded.len() != PUBLIC {
            return Err(fault("a key is 56 characters of base64"));
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| fault("the key is no base64"))?;
        if !bytes.starts_with(b"Ed") {
            return Err(fault("the key is no Ed25519 key"));
        }
        minisign::PublicKey::from_bytes(&bytes).map(PublicKey).map_err(|error| library(&error))
    }

    /// The key's id: 16 hex digits, as minisign prints it.
    pub fn id(&self) -> String {
        id(self.0.keynum())
    }
}

/// The key alone, as base64.
impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_base64())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_reads_back_with_and_without_a_password() {
        for password in [None, Some("hunter2")] {
            let pair = generate(password).unwrap();
            assert_eq!(SecretKey::is_encrypted(&pair.secret).unwrap(), password.is_some());
            let secret = SecretKey::open(&pair.secret, password).unwrap();
            assert_eq!(secret.public().unwrap(), pair.key);
            assert_eq!(PublicKey::parse(&pair.public).unwrap(), pair.key);
            assert_eq!(PublicKey::parse(&pair.key.to_string()).unwrap().id(), pair.key.id());
        }
    }

    #[test]
    fn a_wrong_or_missing_password_is_told_apart() {
        let pair = generate(Some("hunter2")).unwrap();
        assert!(matches!(SecretKey::open(&pair.secret, Some("hunter3")), Err(Error::WrongPassword)));
        assert!(matches!(SecretKey::open(&pair.secret, None), Err(Error::NeedsPassword)));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let pair = generate(None).unwrap();
        for text in ["", "x", "untrusted comment: a", "untrusted comment: a\n!!!", &pair.public] {
            assert!(matches!(SecretKey::open(text, Some("")), Err(Error::SecretKey { .. })), "{text}");
        }
        for text in ["", "x", "untrusted comment: a", &pair.secret, &"A".repeat(56), &"é".repeat(28)] {
            assert!(matches!(PublicKey::parse(text), Err(Error::PublicKey { .. })), "{text}");
        }
    }

    #[test]
    fn a_changed_character_never_opens_and_never_panics() {
        let pair = generate(None).unwrap();
        let start = pair.secret.find('\n').unwrap() + 1;
        for at in start..pair.secret.len() - 1 {
            let mut changed = pair.secret.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The salt and costs of an unencrypted key mean nothing; everything else is under its checksum.
            if let Ok(key) = SecretKey::open(&changed, Some("x")) {
                assert_eq!(key.public().unwrap(), pair.key, "{at}");
            }
        }
    }

    #[test]
    fn a_key_that_asks_for_too_much_work_is_refused() {
        let pair = generate(Some("x")).unwrap();
        let line = pair.secret.lines().nth(1).unwrap();
        let mut bytes = STANDARD.decode(line).unwrap();
        bytes[44] = 0xff;
        let text = format!("untrusted comment: x\n{}\n", STANDARD.encode(bytes));
        assert!(matches!(SecretKey::open(&text, Some("x")), Err(Error::SecretKey { .. })));
    }
}
