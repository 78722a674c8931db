//! The simulated platform: the twelve host interfaces over data the author edits.
//!
//! There is no mock layer: the data is `alga-ext.yaml`, the state is [`Platform`], and each interface is a struct
//! that holds what it may reach. Not granted means there is nothing to reach.

pub mod bindings;
mod clients;
mod context;
mod http;
mod invoicing;
mod journal;
mod logging;
mod paging;
mod platform;
pub mod refusals;
mod scheduler;
mod secrets;
mod services;
mod storage;
mod ui_proxy;
mod user;
mod user_v2;

pub use invoicing::{Invoice, Line};
pub use journal::{
    HostCall, Journal, Level, Log, MAX_HOST_CALLS, MAX_LINE_BYTES, MAX_LOG_BYTES, MAX_LOG_LINES, Stream,
};
pub use platform::{Options, Persona, Platform};
pub use scheduler::Schedule;

use crate::config::{Limits, User};
use crate::exit::Exit;
use crate::manifest::Capability;
use journal::{Of, Seat};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::component::Linker;

/// Why the platform data could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two rows that must differ are the same, or a value makes no sense.
    #[error("{place} is {found}, {wanted} is wanted")]
    Data {
        /// Where, as a path into the file: `clients[2].id`.
        place: String,
        /// What stands there.
        found: String,
        /// What should.
        wanted: String,
    },
    /// A row breaks a rule of the platform.
    #[error("{place} breaks a rule of the platform: {why}")]
    Rule {
        /// Where, as a path into the file.
        place: String,
        /// In the platform's words.
        why: String,
    },
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Data { .. } | Error::Rule { .. } => Exit::AtFault,
            Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Data { .. } | Error::Rule { .. } => {
                Some("`alga-ext schema alga-ext.yaml` prints what the file may hold".into())
            }
            Error::Io(_) => None,
        }
    }
}

/// The identifiers a call carries (contract/runner.md §3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// The tenant.
    pub tenant_id: String,
    /// The extension's registry identifier.
    pub extension_id: String,
    /// The installation; what storage, schedules and invoices hang on.
    pub install_id: Option<String>,
    /// The installed version.
    pub version_id: Option<String>,
}

/// One call of the handler, as the platform sees it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Identifies the call in logs.
    pub request_id: Option<String>,
    /// For whom.
    pub ids: Arc<Ids>,
    /// By whom; none for schedules and services.
    pub user: Option<Arc<User>>,
    /// What `client-name` says; the tenant's own name when absent (contract/runner.md §4.8).
    pub client_name: Option<String>,
    /// What `user-type` says; the user's own when absent. The platform hands on whatever it was sent.
    pub user_type: Option<String>,
    /// What it may reach. The three defaults are added whatever stands here (contract/runner.md §2.2).
    pub grants: Arc<BTreeSet<Capability>>,
    /// Its bounds.
    pub limits: Limits,
    /// Secrets instead of the platform's.
    pub secrets: Option<Arc<BTreeMap<String, String>>>,
}

/// A UUID made from words: the same words give the same UUID on every machine.
pub fn made_up_id(words: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update(word.len().to_le_bytes());
        hasher.update(word.as_bytes());
    }
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hasher.finalize()) {
        *byte = hashed;
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Whether a text is a UUID in its usual form, the only one the platform takes.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// The body a row of the data file stands for: a text as it is, anything else as JSON, nothing as nothing.
fn body_of(value: &serde_json::Value) -> Vec<u8> {
    match value {
        serde_json::Value::Null => Vec::new(),
        serde_json::Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    }
}

/// Shared state; a panic elsewhere does not make it unusable.
fn locked<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes the fields of [`Host`], its constructor and its linker from one list.
macro_rules! capabilities {
    ($($interface:ident: $capability:ty => $grant:ident,)*) => {
        /// The host side of one call: one capability for each interface, in WIT order, and the record of the call.
        #[derive(Debug)]
        pub struct Host {
            $($interface: $capability,)*
            /// What the call did.
            pub(crate) journal: Journal,
        }

        impl Host {
            /// What `call` may reach on `platform`.
            pub fn new(platform: &Arc<Platform>, call: &Arc<Call>) -> Host {
                let may = |grant: Capability| grant.is_default() || call.grants.contains(&grant);
                Host {
                    $($interface: if may(Capability::$grant) {
                        <$capability>::granted(platform, call)
                    } else {
                        <$capability>::default()
                    },)*
                    journal: Journal::new(),
                }
            }

            /// Nothing is within reach, and nothing that is said is kept.
            pub fn silent() -> Host {
                Host { $($interface: <$capability>::default(),)* journal: Journal::new() }
            }
        }

        /// Offers every interface, granted or not: the grant is asked at each call (contract/runner.md §2.1).
        pub fn add_to_linker<T: AsMut<Host> + Send + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
            $(bindings::$interface::add_to_linker::<T, Of<$capability>>(linker, |data| {
                let host = data.as_mut();
                Seat { capability: &mut host.$interface, journal: &mut host.journal }
            })?;)*
            Ok(())
        }
    };
}

capabilities! {
    context: context::Context => ContextRead,
    secrets: secrets::Secrets => SecretsGet,
    http: http::Http => HttpFetch,
    storage: storage::Storage => StorageKv,
    logging: logging::Logging => LogEmit,
    ui_proxy: ui_proxy::UiProxy => UiProxy,
    user: user::User => UserRead,
    user_v2: user_v2::UserV2 => UserRead,
    scheduler: scheduler::Scheduler => SchedulerManage,
    invoicing: invoicing::Invoicing => InvoiceManualCreate,
    clients: clients::Clients => ClientRead,
    services: services::Services => ServiceRead,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const MANIFEST: &str = r#"{
        "name": "x", "version": "1.0.0", "capabilities": ["cap:http.fetch"],
        "api": { "endpoints": [
            { "method": "POST", "path": "/sync", "handler": "dist/main" },
            { "method": "GET", "path": "/items/:id", "handler": "dist/main" },
            { "method": "PUT", "path": "/put", "handler": "dist/main" }
        ] }
    }"#;

    fn with(data: &str, as_production: bool) -> Arc<Platform> {
        let config = crate::yaml::parse(data).unwrap();
        Platform::new(&config, &Manifest::parse(MANIFEST).unwrap(), &Options { as_production }).unwrap()
    }

    /// A platform with this data.
    pub(super) fn platform(data: &str) -> Arc<Platform> {
        with(data, false)
    }

    /// The same with the platform's defects.
    pub(super) fn as_production(data: &str) -> Arc<Platform> {
        with(data, true)
    }

    /// A call by a made-up internal user.
    pub(super) fn call(platform: &Platform) -> Arc<Call> {
        Arc::new(platform.call(platform.user(Persona::Internal), Some("request-1".into())))
    }

    #[test]
    fn made_up_ids_are_uuids_and_depend_on_where_words_end() {
        assert!(is_uuid(&made_up_id(&["a"])));
        assert_eq!(made_up_id(&["a", "b"]), made_up_id(&["a", "b"]));
        assert_ne!(made_up_id(&["ab", "c"]), made_up_id(&["a", "bc"]));
    }
}
