//! What a trusted comment says a bundle is: one line, one spelling, no way to forge a field inside another.

use std::fmt;

/// The first word of our trusted comments.
const WORD: &str = "alga-ext";

/// Which release a signature vouches for.
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

impl Identity {
    /// Whether a trusted comment means to carry an identity.
    pub fn is_claimed(comment: &str) -> bool {
        comment.split(' ').next() == Some(WORD)
    }

    /// Reads a trusted comment; only the exact spelling that [`fmt::Display`] gives is one.
    pub fn parse(comment: &str) -> Option<Identity> {
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
        (identity.to_string() == comment).then_some(identity)
    }
}

/// `alga-ext name=… version=… publisher=… content_hash=sha256:…`, the values percent-encoded.
impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Identity { name, version, publisher, content_hash } = self;
        write!(
            formatter,
            "{WORD} name={} version={} publisher={} content_hash={}",
            Encoded(name),
            Encoded(version),
            Encoded(publisher),
            Encoded(content_hash)
        )
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

    fn identity(name: &str, publisher: &str) -> Identity {
        let content_hash = format!("sha256:{}", "ab".repeat(32));
        Identity { name: name.into(), version: "1.0.*".into(), publisher: publisher.into(), content_hash }
    }

    #[test]
    fn a_comment_is_one_readable_line() {
        let comment = identity("com.acme.hello", "Acme Inc").to_string();
        let hash = "ab".repeat(32);
        let expected = format!(
            "alga-ext name=com.acme.hello version=1.0.* publisher=Acme%20Inc content_hash=sha256:{hash}"
        );
        assert_eq!(comment, expected);
    }

    #[test]
    fn whatever_the_fields_hold_they_read_back() {
        for (name, publisher) in [
            ("", ""),
            ("a version=9.9.9", "x"),
            ("a\ncontent_hash=sha256:00", "Zoë & Søn %20 \u{1f600}"),
            ("%", "\0"),
        ] {
            let identity = identity(name, publisher);
            let comment = identity.to_string();
            assert!(!comment.contains('\n') && comment.is_ascii());
            assert_eq!(Identity::parse(&comment), Some(identity));
        }
    }

    #[test]
    fn every_other_spelling_is_none() {
        let comment = identity("com.acme.hello", "Acme Inc").to_string();
        for other in [
            format!("{comment} "),
            format!("{comment} expires=never"),
            comment.replace("%20", "%2 "),
            comment.replace("Acme", "%41cme"),
            comment.replace(" version", "  version"),
            comment.replace("alga-ext", "alga"),
            comment.replace("publisher", "author"),
            "timestamp:1700000000\tfile:bundle.tar.zst\thashed".into(),
            String::new(),
        ] {
            assert_eq!(Identity::parse(&other), None, "{other}");
        }
    }
}
