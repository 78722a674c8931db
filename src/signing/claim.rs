//! What a trusted comment says: one line, one spelling, no way to forge a field inside another.

use super::Time;
use std::fmt;

/// The first word of our trusted comments.
const WORD: &str = "alga-ext";

/// Which release a bundle says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The manifest's name.
    pub name: String,
    /// The manifest's version, as written there.
    pub version: String,
    /// The manifest's publisher; empty when it has none.
    pub publisher: String,
    /// `sha256:<hex>` of the archive.
    pub content_hash: String,
}

/// What a signature vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The release.
    pub identity: Identity,
    /// The id of the key that signed: 16 hex digits.
    pub key_id: String,
    /// When it was signed, as its signer says.
    pub created: Time,
    /// From when on it is not to be accepted any more.
    pub expires: Option<Time>,
}

impl Claim {
    /// Whether a trusted comment means to be one.
    pub fn is_meant(comment: &str) -> bool {
        comment.split(' ').next() == Some(WORD)
    }

    /// Reads a trusted comment; only the exact spelling that [`fmt::Display`] gives is one.
    pub fn parse(comment: &str) -> Option<Claim> {
        let mut words = comment.split(' ');
        if words.next() != Some(WORD) {
            return None;
        }
        let mut field = |key: &str| words.next()?.strip_prefix(key)?.strip_prefix('=').and_then(decode);
        let identity = Identity {
            name: field("name")?,
            version: field("version")?,
            publisher: field("publisher")?,
            content_hash: field("content_hash")?,
        };
        let key_id = field("key")?;
        let created = Time::parse(&field("created")?)?;
        let expires = field("expires").map(|text| Time::parse(&text).ok_or(())).transpose().ok()?;
        let claim = Claim { identity, key_id, created, expires };
        (claim.to_string() == comment).then_some(claim)
    }
}

/// `alga-ext name=… version=… publisher=… content_hash=sha256:… key=… created=…[ expires=…]`, the values percent-encoded.
impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Claim { identity: Identity { name, version, publisher, content_hash }, key_id, created, expires } =
            self;
        write!(
            formatter,
            "{WORD} name={} version={} publisher={} content_hash={} key={} created={created}",
            Encoded(name),
            Encoded(version),
            Encoded(publisher),
            Encoded(content_hash),
            Encoded(key_id),
        )?;
        expires.map_or(Ok(()), |expires| write!(formatter, " expires={expires}"))
    }
}

/// Text with all but letters, digits and `._~:*+-` as `%XX`.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"._~:*+-".contains(&byte) {
                write!(formatter, "{}", char::from(byte))?;
            } else {
                write!(formatter, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high << 4 | low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(name: &str, publisher: &str) -> Claim {
        let content_hash = format!("sha256:{}", "ab".repeat(32));
        let identity = Identity {
            name: name.into(),
            version: "1.0.*".into(),
            publisher: publisher.into(),
            content_hash,
        };
        let created = Time::parse("2026-11-21T16:02:24Z").unwrap();
        Claim { identity, key_id: "0123456789ABCDEF".into(), created, expires: None }
    }

    #[test]
    fn a_comment_is_one_readable_line() {
        let mut claim = claim("com.acme.hello", "Acme Inc");
        let hash = "ab".repeat(32);
        let expected = format!(
            "alga-ext name=com.acme.hello version=1.0.* publisher=Acme%20Inc content_hash=sha256:{hash} \
             key=0123456789ABCDEF created=2026-11-21T16:02:24Z"
        );
        assert_eq!(claim.to_string(), expected);
        claim.expires = Time::parse("2027-01-01T00:00:00Z");
        assert_eq!(claim.to_string(), format!("{expected} expires=2027-01-01T00:00:00Z"));
    }

    #[test]
    fn whatever_the_fields_hold_they_read_back() {
        for (name, publisher) in [
            ("", ""),
            ("a version=9.9.9", "x"),
            ("a\ncontent_hash=sha256:00", "Zoë & Søn %20 \u{1f600}"),
            ("%", "\0"),
        ] {
            for expires in [None, Time::from_seconds(4_000_000_000)] {
                let claim = Claim { expires, ..claim(name, publisher) };
                let comment = claim.to_string();
                assert!(!comment.contains('\n') && comment.is_ascii());
                assert_eq!(Claim::parse(&comment), Some(claim));
            }
        }
    }

    #[test]
    fn every_other_spelling_is_none() {
        let comment = claim("com.acme.hello", "Acme Inc").to_string();
        for other in [
            format!("{comment} "),
            format!("{comment} expires=never"),
            format!("{comment} expires=2027-01-01"),
            format!("{comment} expires=2027-01-01T00:00:00Z more=1"),
            comment.replace("%20", "%2 "),
            comment.replace("Acme", "%41cme"),
            comment.replace(" version", "  version"),
            comment.replace("alga-ext", "alga"),
            comment.replace("publisher", "author"),
            comment.replace("24Z", "24.0Z"),
            comment.split(" key=").next().unwrap().to_owned(),
            "timestamp:1700000000\tfile:bundle.tar.zst\thashed".into(),
            String::new(),
        ] {
            assert_eq!(Claim::parse(&other), None, "{other}");
        }
    }
}
