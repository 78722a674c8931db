//! `alga:extension/storage`: key-value storage of the installation, in memory, begun from `storage` of the data file.
//!
//! Rules and numbers are the platform's (contract/runner.md §4.4, §4.5). Done right unless as in production: deleting
//! what is not there is `missing`, there `conflict` (§8 B1); a text of the data file is its own bytes even when it
//! looks like base64 (B6). The WIT has no case for a bad key, a value too big or a full quota, so these are
//! `internal` and `denied` in both (B4, B5), and the log says what was meant. A guest pages by making its cursor
//! from the last key it saw: base64url of `{"key": …}`; the one the platform would make is never shown to it (B2, B3).

pub(super) mod records;

pub(super) use records::Records;

use super::bindings::{StorageEntry, StorageError, storage};
use super::journal::{Level, Seat, Stream};
use super::paging::is_installed;
use super::{Call, Platform, locked};
use std::sync::Arc;

/// The records a call may reach.
#[derive(Debug, Default)]
pub(super) struct Storage {
    platform: Option<Arc<Platform>>,
    known_install: bool,
}

/// What a storage call gives, or why not and in words.
type Answer<T> = Result<T, (StorageError, String)>;

impl Storage {
    /// With the grant. Without an install id there is nothing to reach (contract/runner.md §2.4).
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> Storage {
        let named = call.ids.install_id.as_ref().is_some_and(|id| !id.is_empty());
        Storage { platform: named.then(|| Arc::clone(platform)), known_install: is_installed(platform, call) }
    }

    fn reach<T>(&self, what: impl FnOnce(&mut Records, &Platform) -> Result<T, records::Error>) -> Answer<T> {
        let denied = || (StorageError::Denied, String::new());
        let platform = self.platform.as_deref().ok_or_else(denied)?;
        if !self.known_install {
            return Err((
                StorageError::Missing,
                "the install id of this call is not this installation's".into(),
            ));
        }
        what(&mut locked(&platform.storage), platform).map_err(|error| {
            let case = match &error {
                records::Error::Invalid(_) | records::Error::TooBig(_) => StorageError::Internal,
                records::Error::Quota(_) => StorageError::Denied,
                records::Error::Revision { .. } => StorageError::Conflict,
                records::Error::Missing => StorageError::Missing,
            };
            (case, error.to_string())
        })
    }

    fn get(&self, namespace: &str, key: &str) -> Answer<StorageEntry> {
        self.reach(|records, platform| {
            let (value, revision) = records.get(namespace, key, platform.is_as_production())?;
            Ok(StorageEntry { namespace: namespace.into(), key: key.into(), value, revision: Some(revision) })
        })
    }

    fn put(&self, entry: StorageEntry) -> Answer<StorageEntry> {
        self.reach(|records, _| {
            let revision = records.put(&entry.namespace, &entry.key, &entry.value, entry.revision)?;
            Ok(StorageEntry { revision: Some(revision), ..entry })
        })
    }

    fn delete(&self, namespace: &str, key: &str) -> Answer<()> {
        let as_production = self.platform.as_ref().is_some_and(|platform| platform.is_as_production());
        let gone = self.reach(|records, _| records.delete(namespace, key));
        match gone {
            Err((StorageError::Missing, why)) if as_production && self.known_install => {
                Err((StorageError::Conflict, why))
            }
            other => other,
        }
    }

    fn list(&self, namespace: &str, cursor: Option<&str>) -> Answer<Vec<StorageEntry>> {
        self.reach(|records, platform| {
            let page = records.list(namespace, cursor, platform.is_as_production())?;
            let entry = |(key, value, revision)| StorageEntry {
                namespace: namespace.into(),
                key,
                value,
                revision: Some(revision),
            };
            Ok(page.into_iter().map(entry).collect())
        })
    }
}

impl Seat<'_, Storage> {
    fn record<T>(
        &mut self,
        function: &'static str,
        summary: impl FnOnce() -> String,
        what: impl FnOnce(&mut Storage) -> Answer<T>,
    ) -> Result<T, StorageError> {
        let started = self.journal.begin("storage", function, summary);
        let answer = what(self.capability);
        self.journal.end(started, answer.as_ref().err().map_or("ok", |(error, _)| error.name()));
        answer.map_err(|(error, why)| {
            // Missing and conflict speak for themselves; the other two cases hide what went wrong.
            if !why.is_empty() && matches!(error, StorageError::Internal | StorageError::Denied) {
                self.journal.log(Level::Warn, Stream::Host, format!("storage.{function}: {why}"));
            }
            error
        })
    }
}

impl storage::Host for Seat<'_, Storage> {
    fn get(&mut self, namespace: String, key: String) -> Result<StorageEntry, StorageError> {
        self.record("get", || format!("{namespace}/{key}"), |storage| storage.get(&namespace, &key))
    }

    fn put(&mut self, entry: StorageEntry) -> Result<StorageEntry, StorageError> {
        let summary = format!("{}/{}, {} bytes", entry.namespace, entry.key, entry.value.len());
        self.record("put", || summary, |storage| storage.put(entry))
    }

    fn delete(&mut self, namespace: String, key: String) -> Result<(), StorageError> {
        self.record("delete", || format!("{namespace}/{key}"), |storage| storage.delete(&namespace, &key))
    }

    fn list_entries(
        &mut self,
        namespace: String,
        cursor: Option<String>,
    ) -> Result<Vec<StorageEntry>, StorageError> {
        self.record(
            "list-entries",
            || namespace.clone(),
            |storage| storage.list(&namespace, cursor.as_deref()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::{as_production, call, platform};

    fn entry(key: &str, revision: Option<u64>) -> StorageEntry {
        StorageEntry { namespace: "n".into(), key: key.into(), value: b"v".to_vec(), revision }
    }

    #[test]
    fn without_grant_or_install_id_everything_is_denied() {
        let platform = platform("");
        let with = |id: Option<&str>| {
            let mut call = (*call(&platform)).clone();
            Arc::make_mut(&mut call.ids).install_id = id.map(str::to_owned);
            Storage::granted(&platform, &Arc::new(call)).get("n", "k").map_err(|(error, _)| error).err()
        };
        assert_eq!(
            Storage::default().get("n", "k").err().map(|(error, _)| error),
            Some(StorageError::Denied)
        );
        assert_eq!(with(None), Some(StorageError::Denied));
        assert_eq!(with(Some("")), Some(StorageError::Denied));
        assert_eq!(with(Some("other")), Some(StorageError::Missing));
        assert_eq!(with(platform.ids().install_id.as_deref()), Some(StorageError::Missing));
    }

    #[test]
    fn calls_share_what_was_stored() {
        let platform = platform("");
        let put = Storage::granted(&platform, &call(&platform)).put(entry("k", None)).unwrap();
        assert_eq!(put.revision, Some(1));
        let again = Storage::granted(&platform, &call(&platform)).get("n", "k").unwrap();
        assert_eq!((again.value, again.revision), (b"v".to_vec(), Some(1)));
    }

    #[test]
    fn failures_have_the_cases_of_the_platform() {
        let platform = platform("");
        let storage = Storage::granted(&platform, &call(&platform));
        storage.put(entry("k", None)).unwrap();
        let big = StorageEntry { value: vec![0; 49_150], ..entry("big", None) };
        for (answer, expected) in [
            (storage.put(entry("k", Some(7))), StorageError::Conflict),
            (storage.put(entry("new", Some(0))), StorageError::Conflict),
            (storage.put(entry("a/b", None)), StorageError::Internal),
            (storage.put(big), StorageError::Internal),
            (storage.get("n", "nothing"), StorageError::Missing),
        ] {
            assert_eq!(answer.map_err(|(error, _)| error).err(), Some(expected));
        }
    }

    #[test]
    fn deleting_nothing_is_missing_and_in_production_conflict() {
        for (platform, expected) in
            [(platform(""), StorageError::Missing), (as_production(""), StorageError::Conflict)]
        {
            let storage = Storage::granted(&platform, &call(&platform));
            storage.put(entry("k", None)).unwrap();
            assert!(storage.delete("n", "k").is_ok());
            assert_eq!(storage.delete("n", "k").map_err(|(error, _)| error), Err(expected));
        }
    }
}
