//! A registry's address.

use super::Error;
use std::fmt;
use url::{Host, Url};

/// An `http` or `https` address, with or without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads an address. Credentials, a query or a fragment have no place in it.
    pub fn parse(text: &str) -> Result<Address, Error> {
        // Whatever stands before an `@` may be a secret: it is not repeated.
        let shown = text.trim().rsplit('@').next().unwrap_or_default();
        let wrong = |why: &str| Error::Address { given: shown.to_owned(), why: why.to_owned() };
        let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong("it begins with neither `https://` nor `http://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds credentials; the API key goes into `ALGA_API_KEY`"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it goes on after the path"));
        }
        Ok(Address(url))
    }

    /// Whether it leads to this machine.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// Whether others on the way can read the API key.
    pub fn is_exposed(&self) -> bool {
        self.0.scheme() == "http" && !self.is_loopback()
    }

    /// The address with these segments after its path, each escaped, and this query.
    pub(super) fn to(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mislead_are_refused() {
        for text in [
            "",
            "registry",
            "ftp://x",
            "file:///etc",
            "http://k@x",
            "http://:p@x",
            "http://x/?a=1",
            "http://x/#a",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        let error = Address::parse("http://secret@x").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn segments_cannot_leave_the_path() {
        let address = Address::parse("http://localhost:1/base/").unwrap();
        assert_eq!(
            address.to(&["a", "b/c"], &[("q", "1&2")]).as_str(),
            "http://localhost:1/base/a/b%2Fc?q=1%262"
        );
        assert_eq!(address.to_string(), "http://localhost:1/base");
    }

    #[test]
    fn a_key_is_exposed_by_plain_http_to_another_machine() {
        for (text, exposed) in [
            ("http://example.com", true),
            ("https://example.com", false),
            ("http://127.0.0.1:4880", false),
            ("http://[::1]:4880", false),
            ("http://localhost.example.com", true),
        ] {
            assert_eq!(Address::parse(text).unwrap().is_exposed(), exposed, "{text}");
        }
    }
}
