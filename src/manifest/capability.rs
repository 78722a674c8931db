//! The capabilities the platform knows: identifier, WIT interfaces, default grant.

use super::trim;
use serde::{Serialize, Serializer};

/// One capability (contract/runner.md §2.1). The order is the table's, defaults first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// `context`
    ContextRead,
    /// `logging`
    LogEmit,
    /// `user` and `user-v2`
    UserRead,
    /// `secrets`
    SecretsGet,
    /// `http`
    HttpFetch,
    /// `storage`
    StorageKv,
    /// `ui-proxy`
    UiProxy,
    /// `scheduler`
    SchedulerManage,
    /// `invoicing`
    InvoiceManualCreate,
    /// `clients`
    ClientRead,
    /// `services`
    ServiceRead,
}

impl Capability {
    /// All of them, in order.
    pub const ALL: [Capability; 11] = [
        Capability::ContextRead,
        Capability::LogEmit,
        Capability::UserRead,
        Capability::SecretsGet,
        Capability::HttpFetch,
        Capability::StorageKv,
        Capability::UiProxy,
        Capability::SchedulerManage,
        Capability::InvoiceManualCreate,
        Capability::ClientRead,
        Capability::ServiceRead,
    ];

    /// The identifier, as manifests write it.
    pub fn id(self) -> &'static str {
        match self {
            Capability::ContextRead => "cap:context.read",
            Capability::LogEmit => "cap:log.emit",
            Capability::UserRead => "cap:user.read",
            Capability::SecretsGet => "cap:secrets.get",
            Capability::HttpFetch => "cap:http.fetch",
            Capability::StorageKv => "cap:storage.kv",
            Capability::UiProxy => "cap:ui.proxy",
            Capability::SchedulerManage => "cap:scheduler.manage",
            Capability::InvoiceManualCreate => "cap:invoice.manual.create",
            Capability::ClientRead => "cap:client.read",
            Capability::ServiceRead => "cap:service.read",
        }
    }

    /// The WIT interfaces of `alga:extension` it opens.
    pub fn interfaces(self) -> &'static [&'static str] {
        match self {
            Capability::ContextRead => &["context"],
            Capability::LogEmit => &["logging"],
            Capability::UserRead => &["user", "user-v2"],
            Capability::SecretsGet => &["secrets"],
            Capability::HttpFetch => &["http"],
            Capability::StorageKv => &["storage"],
            Capability::UiProxy => &["ui-proxy"],
            Capability::SchedulerManage => &["scheduler"],
            Capability::InvoiceManualCreate => &["invoicing"],
            Capability::ClientRead => &["clients"],
            Capability::ServiceRead => &["services"],
        }
    }

    /// Whether the platform grants it to everyone.
    pub fn is_default(self) -> bool {
        matches!(self, Capability::ContextRead | Capability::LogEmit | Capability::UserRead)
    }

    /// The capability of that name, trimmed and without regard to case, as install and runner compare.
    pub fn named(name: &str) -> Option<Capability> {
        let name = trim(name);
        Capability::ALL.into_iter().find(|capability| capability.id().eq_ignore_ascii_case(name))
    }

    /// The capability that opens an interface of `alga:extension`, named without its package.
    pub fn of_interface(interface: &str) -> Option<Capability> {
        Capability::ALL.into_iter().find(|capability| capability.interfaces().contains(&interface))
    }
}

impl std::fmt::Display for Capability {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id())
    }
}

impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
