//! `alga:extension/secrets`: the installation's secrets, from `secrets` of the data file or from the request.
//! Keys come in order; the platform's order is unspecified. Values are never recorded.

use super::bindings::{SecretError, secrets};
use super::journal::Seat;
use super::{Call, Platform};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The secrets a call may read.
#[derive(Default)]
pub(super) struct Secrets {
    values: Option<Arc<BTreeMap<String, String>>>,
}

impl Secrets {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> Secrets {
        Secrets { values: Some(Arc::clone(call.secrets.as_ref().unwrap_or(&platform.secrets))) }
    }

    fn get(&self, key: &str) -> Result<String, SecretError> {
        let values = self.values.as_ref().ok_or(SecretError::Denied)?;
        values.get(key).cloned().ok_or(SecretError::Missing)
    }

    fn keys(&self) -> Vec<String> {
        self.values.iter().flat_map(|values| values.keys().cloned()).collect()
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl secrets::Host for Seat<'_, Secrets> {
    fn get(&mut self, key: String) -> Result<String, SecretError> {
        let started = self.journal.begin("secrets", "get", || key.clone());
        let value = self.capability.get(&key);
        self.journal.end(started, value.as_ref().err().map_or("ok", |error| error.name()));
        value
    }

    fn list_keys(&mut self) -> Vec<String> {
        let started = self.journal.begin("secrets", "list-keys", String::new);
        let keys = self.capability.keys();
        self.journal.end(started, "ok");
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_decides_between_denied_and_missing() {
        let values = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        let granted = Secrets { values: Some(Arc::new(values)) };
        assert_eq!(granted.get("a"), Ok("1".to_owned()));
        assert_eq!(granted.get("A"), Err(SecretError::Missing), "keys are case-sensitive");
        assert_eq!(granted.keys(), ["a"]);
        let denied = Secrets::default();
        assert_eq!(denied.get("a"), Err(SecretError::Denied));
        assert!(denied.keys().is_empty());
    }
}
