//! The records of one installation: names, revisions, pages and quotas (contract/runner.md §4.5).

use crate::config::Config;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Bound;

const MAX_NAMESPACE: usize = 128;
const MAX_KEY: usize = 256;
/// Bytes of a value's JSON text, which is a quoted base64 string.
pub(in crate::host) const MAX_VALUE_JSON: usize = 65_536;
/// The runner's own metadata, `{"encoding":"base64-bytes"}`.
const METADATA_BYTES: usize = 27;
const MAX_NAMESPACES: usize = 32;
const MAX_KEYS: usize = 5_120;
const MAX_TOTAL: usize = 256 << 20;
const PAGE: usize = 25;

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(in crate::host) enum Error {
    /// A name or cursor of a wrong form.
    #[error("{0}")]
    Invalid(String),
    /// A value beyond its bound.
    #[error("{0}")]
    TooBig(String),
    /// No room for more.
    #[error("{0}")]
    Quota(String),
    /// Another revision stands than was expected.
    #[error("revision {expected} was expected, {found} stands")]
    Revision {
        /// What the guest said.
        expected: u64,
        /// What is stored; 0 is nothing.
        found: u64,
    },
    /// Nothing is stored there.
    #[error("nothing is stored there")]
    Missing,
}

/// What is stored: bytes of a guest, or a value of the data file.
#[derive(Debug, Clone)]
enum Stored {
    Bytes(Vec<u8>),
    Json(Value),
}

#[derive(Debug, Clone)]
struct Record {
    stored: Stored,
    /// What it counts towards the total.
    size: usize,
    revision: u64,
}

/// All records, by namespace and key.
#[derive(Debug, Default)]
pub(in crate::host) struct Records {
    namespaces: BTreeMap<String, BTreeMap<String, Record>>,
    total: usize,
}

impl Records {
    /// The records the data file names, or which of them breaks a rule and how.
    pub(in crate::host) fn new(config: &Config) -> Result<Records, (String, String)> {
        let mut records = Records::default();
        for (namespace, entries) in &config.storage {
            for (key, value) in entries {
                let size = value.to_string().len();
                let stored = Stored::Json(value.clone());
                let put =
                    check(namespace, key).and_then(|()| records.insert(namespace, key, stored, size, None));
                put.map_err(|error| (format!("storage.{namespace}.{key}"), error.to_string()))?;
            }
        }
        Ok(records)
    }

    pub(super) fn get(&self, namespace: &str, key: &str, lenient: bool) -> Result<(Vec<u8>, u64), Error> {
        check(namespace, key)?;
        let record = self.namespaces.get(namespace).and_then(|keys| keys.get(key)).ok_or(Error::Missing)?;
        Ok((record.stored.bytes(lenient), record.revision))
    }

    pub(super) fn put(
        &mut self,
        namespace: &str,
        key: &str,
        value: &[u8],
        expected: Option<u64>,
    ) -> Result<u64, Error> {
        check(namespace, key)?;
        let size = base64::encoded_len(value.len(), true).unwrap_or(usize::MAX).saturating_add(2);
        self.insert(namespace, key, Stored::Bytes(value.to_vec()), size, expected)
    }

    /// Size, then revision, then quotas: the platform's order (contract/runner.md §4.5).
    fn insert(
        &mut self,
        namespace: &str,
        key: &str,
        stored: Stored,
        json: usize,
        expected: Option<u64>,
    ) -> Result<u64, Error> {
        if json > MAX_VALUE_JSON {
            let text = format!(
                "the value is {json} bytes as JSON, at most {MAX_VALUE_JSON} fit (49149 as raw bytes)"
            );
            return Err(Error::TooBig(text));
        }
        let keys = self.namespaces.get(namespace);
        let old = keys.and_then(|keys| keys.get(key));
        let found = old.map_or(0, |record| record.revision);
        if let Some(expected) = expected.filter(|expected| *expected != found || found == 0) {
            return Err(Error::Revision { expected, found });
        }
        if keys.is_none() && self.namespaces.len() >= MAX_NAMESPACES {
            return Err(Error::Quota(format!(
                "there are {MAX_NAMESPACES} namespaces already, no more are allowed"
            )));
        }
        if old.is_none() && keys.map_or(0, BTreeMap::len) >= MAX_KEYS {
            let text = format!("`{namespace}` has {MAX_KEYS} keys already, no more are allowed");
            return Err(Error::Quota(text));
        }
        let size = json + METADATA_BYTES;
        let total = self.total - old.map_or(0, |record| record.size) + size;
        if total > MAX_TOTAL {
            let text = format!("the installation would hold {total} bytes, at most {MAX_TOTAL} are allowed");
            return Err(Error::Quota(text));
        }
        self.total = total;
        let record = Record { stored, size, revision: found + 1 };
        self.namespaces.entry(namespace.to_owned()).or_default().insert(key.to_owned(), record);
        Ok(found + 1)
    }

    pub(super) fn delete(&mut self, namespace: &str, key: &str) -> Result<(), Error> {
        check(namespace, key)?;
        let keys = self.namespaces.get_mut(namespace).ok_or(Error::Missing)?;
        let gone = keys.remove(key).ok_or(Error::Missing)?;
        self.total -= gone.size;
        if keys.is_empty() {
            self.namespaces.remove(namespace);
        }
        Ok(())
    }

    /// At most 25 records with a key greater than the cursor's, in key order.
    pub(super) fn list(
        &self,
        namespace: &str,
        cursor: Option<&str>,
        lenient: bool,
    ) -> Result<Vec<(String, Vec<u8>, u64)>, Error> {
        check_namespace(namespace)?;
        let after = cursor.map(read_cursor).transpose()?;
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let keys = self.namespaces.get(namespace).into_iter();
        let page = keys.flat_map(|keys| keys.range::<str, _>((from, Bound::Unbounded))).take(PAGE);
        Ok(page.map(|(key, record)| (key.clone(), record.stored.bytes(lenient), record.revision)).collect())
    }
}

impl Stored {
    /// What the guest reads (contract/runner.md §4.4). `lenient` decodes a text that looks like base64, as the
    /// platform does by mistake (§8 B6).
    fn bytes(&self, lenient: bool) -> Vec<u8> {
        let value = match self {
            Stored::Bytes(bytes) => return bytes.clone(),
            Stored::Json(value) => value,
        };
        let wrapped =
            value.get("_bytes_b64").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
        match (wrapped, value) {
            (Some(bytes), _) => bytes,
            (None, Value::String(text)) => {
                let decoded = lenient.then(|| STANDARD.decode(text).ok()).flatten();
                decoded.unwrap_or_else(|| text.clone().into_bytes())
            }
            (None, other) => other.to_string().into_bytes(),
        }
    }
}

pub(in crate::host) fn check(namespace: &str, key: &str) -> Result<(), Error> {
    check_namespace(namespace)?;
    let length = key.encode_utf16().count();
    if length == 0 || length > MAX_KEY {
        return Err(Error::Invalid(format!("the key has {length} characters, 1 to {MAX_KEY} are allowed")));
    }
    if key.contains('/') {
        return Err(Error::Invalid(format!("the key `{key}` contains `/`")));
    }
    Ok(())
}

pub(in crate::host) fn check_namespace(namespace: &str) -> Result<(), Error> {
    let length = namespace.encode_utf16().count();
    if length == 0 || length > MAX_NAMESPACE {
        let text = format!("the namespace has {length} characters, 1 to {MAX_NAMESPACE} are allowed");
        return Err(Error::Invalid(text));
    }
    Ok(())
}

fn read_cursor(cursor: &str) -> Result<String, Error> {
    let json = URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).ok();
    let value: Option<Value> = json.and_then(|json| serde_json::from_slice(&json).ok());
    let key = value.as_ref().and_then(|value| value.get("key")).and_then(Value::as_str);
    key.map(str::to_owned).ok_or_else(|| {
        Error::Invalid("the cursor is not base64url of `{\"key\": \"<last key seen>\"}`".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(storage: &str) -> Config {
        crate::yaml::parse(&format!("storage: {storage}")).unwrap()
    }

    #[test]
    fn revisions_count_from_one_and_start_again_after_deletion() {
        let mut records = Records::default();
        for (expected, result) in [
            (None, Ok(1)),
            (None, Ok(2)),
            (Some(2), Ok(3)),
            (Some(2), Err(Error::Revision { expected: 2, found: 3 })),
            (Some(0), Err(Error::Revision { expected: 0, found: 3 })),
        ] {
            assert_eq!(records.put("n", "k", b"v", expected), result);
        }
        records.delete("n", "k").unwrap();
        assert_eq!(records.put("n", "k", b"v", Some(3)), Err(Error::Revision { expected: 3, found: 0 }));
        assert_eq!(records.put("n", "k", b"v", Some(0)), Err(Error::Revision { expected: 0, found: 0 }));
        assert_eq!(records.put("n", "k", b"v", None), Ok(1));
    }

    #[test]
    fn names_and_values_have_bounds() {
        let mut records = Records::default();
        for (namespace, key, bytes, fits) in [
            ("n".to_owned(), "k".to_owned(), 49_149, true),
            ("n".into(), "k".into(), 49_150, false),
            ("n".into(), "k".repeat(256), 1, true),
            ("n".into(), "k".repeat(257), 1, false),
            ("n".into(), String::new(), 1, false),
            ("n".into(), "a/b".into(), 1, false),
            ("x/y z".into(), "k".into(), 1, true),
            ("n".repeat(129), "k".into(), 1, false),
            (String::new(), "k".into(), 1, false),
        ] {
            let put = records.put(&namespace, &key, &vec![0; bytes], None);
            assert_eq!(put.is_ok(), fits, "{namespace:.9} {key:.9} {bytes}");
        }
    }

    #[test]
    fn quotas_hold() {
        let mut records = Records::default();
        for number in 0..MAX_NAMESPACES {
            records.put(&format!("n{number}"), "k", b"", None).unwrap();
        }
        assert!(matches!(records.put("more", "k", b"", None), Err(Error::Quota(_))));
        for number in 1..MAX_KEYS {
            records.put("n0", &format!("k{number}"), b"", None).unwrap();
        }
        assert!(matches!(records.put("n0", "more", b"", None), Err(Error::Quota(_))));
        assert_eq!(records.put("n0", "k", b"x", None), Ok(2), "what is there can still change");
        records.delete("n31", "k").unwrap();
        assert_eq!(records.put("more", "k", b"", None), Ok(1), "an emptied namespace makes room");
        records.total = MAX_TOTAL - 10;
        assert!(matches!(records.put("n0", "k", b"xxxxxxxxxxxx", None), Err(Error::Quota(_))));
    }

    #[test]
    fn the_total_follows_what_is_stored() {
        let mut records = Records::default();
        records.put("n", "a", b"abc", None).unwrap();
        assert_eq!(records.total, 6 + METADATA_BYTES);
        records.put("n", "a", b"abcabc", None).unwrap();
        assert_eq!(records.total, 10 + METADATA_BYTES);
        records.delete("n", "a").unwrap();
        assert_eq!((records.total, records.namespaces.len()), (0, 0));
    }

    #[test]
    fn a_guest_pages_with_a_cursor_of_its_own() {
        let mut records = Records::default();
        for number in 0..60 {
            records.put("n", &format!("k{number:02}"), b"v", None).unwrap();
        }
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = records.list("n", cursor.as_deref(), false).unwrap();
            let Some((last, ..)) = page.last() else { break };
            cursor = Some(URL_SAFE_NO_PAD.encode(serde_json::json!({ "key": last }).to_string()));
            assert!(page.len() <= PAGE);
            seen.extend(page.into_iter().map(|(key, ..)| key));
        }
        assert_eq!(seen.len(), 60);
        assert!(seen.is_sorted());
        assert!(records.list("nothing", None, false).unwrap().is_empty());
        for bad in ["k24", "!!", ""] {
            assert!(matches!(records.list("n", Some(bad), false), Err(Error::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn values_of_the_data_file_read_as_the_platform_decodes_them() {
        let records = Records::new(&config(
            "{ n: { text: hello, looks: aGVsbG8=, json: { a: [1] }, bytes: { _bytes_b64: AAE= }, none: null } }",
        ))
        .unwrap();
        for (key, lenient, expected) in [
            ("text", false, b"hello".as_slice()),
            ("looks", false, b"aGVsbG8="),
            ("looks", true, b"hello"),
            ("json", false, br#"{"a":[1]}"#),
            ("bytes", false, &[0, 1]),
            ("none", false, b"null"),
        ] {
            assert_eq!(records.get("n", key, lenient).unwrap(), (expected.to_vec(), 1), "{key}");
        }
        assert_eq!(Records::new(&config("{ n: { a/b: 1 } }")).unwrap_err().0, "storage.n.a/b");
    }
}
