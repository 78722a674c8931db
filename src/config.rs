//! The words of `alga-ext.yaml`: how the project is built, and the platform data the dev runner answers with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The whole file. Every key is optional; an unknown key is an error with its place.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How the handler becomes a component.
    pub build: Build,
    /// How the UI is built, when it has a build of its own.
    pub ui: UiBuild,
    /// The tenant calls are made for.
    pub tenant: Tenant,
    /// Install configuration; never visible to the guest (contract/runner.md §8 A17).
    pub config: BTreeMap<String, String>,
    /// Capabilities to grant instead of those the manifest asks for; the three defaults are always added.
    pub grants: Option<Vec<String>>,
    /// Bounds of one call.
    pub limits: Limits,
    /// Who can call. Without any, one internal and one client user are made up.
    pub users: Vec<User>,
    /// The tenant's clients.
    pub clients: Vec<Client>,
    /// The tenant's services and products.
    pub services: Vec<Service>,
    /// The installation's secrets, for local use only; never packed.
    pub secrets: BTreeMap<String, String>,
    /// Where `http.fetch` may go and what is answered without going out.
    pub http: Http,
    /// What `ui-proxy.call-route` answers.
    pub routes: Vec<Route>,
    /// Schedules that exist from the start.
    pub schedules: Vec<Schedule>,
    /// Stored values that exist from the start: namespace → key → value.
    pub storage: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// What `alga-ext validate` says of the project.
    pub validate: Validate,
}

/// What `alga-ext validate` says of the project.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Validate {
    /// Findings that are not told, each for a reason.
    pub allow: Vec<Allow>,
    /// What looks like a secret and is none, by its hash.
    pub not_secret: Vec<NotSecret>,
}

/// What looks like a secret and is none.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotSecret {
    /// The first 16 or more digits of its SHA-256, as the finding shows them.
    pub sha256: String,
    /// Why it may be known to everyone.
    pub reason: String,
}

/// Findings that are not told.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// Their code; `alga-ext explain --list` lists them.
    pub code: String,
    /// The file they are in, as findings name it, or a folder that ends in `/`; absent: any.
    pub file: Option<String>,
    /// Words their message has, such as a path in the manifest; absent: any.
    pub about: Option<String>,
    /// Why they may stay. It must say something.
    pub reason: String,
    /// The last day it counts, `YYYY-MM-DD`; absent: it does not end.
    pub until: Option<String>,
}

/// How the handler becomes a component.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Build {
    /// The TypeScript or JavaScript entry, relative to the project.
    pub entry: Option<String>,
    /// A command to run first, through the system's shell, in the project folder.
    pub command: Option<String>,
    /// A core module or component to take as it is, relative to the project.
    pub output: Option<String>,
}

/// How the UI is built.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UiBuild {
    /// A command to run first, through the system's shell, in the project folder.
    pub command: Option<String>,
    /// The folder whose files become the bundle's `ui/`; `ui` when absent.
    pub dir: Option<String>,
}

/// The tenant calls are made for.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tenant {
    /// Tenant identifier.
    pub id: String,
    /// The tenant's own company name: what `client-name` says (contract/runner.md §4.8).
    pub name: String,
}

impl Default for Tenant {
    fn default() -> Self {
        Tenant { id: "tenant-dev".into(), name: "Dev Company".into() }
    }
}

/// Bounds of one call.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Milliseconds; 30,000 as the gateway sends (contract/runner.md §3.7).
    pub timeout_ms: u64,
    /// MiB of linear memory; 256 (contract/runner.md §3.8).
    pub memory_mb: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { timeout_ms: 30_000, memory_mb: 256 }
    }
}

/// One user who can call.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct User {
    /// User identifier.
    pub id: String,
    /// Address.
    pub email: String,
    /// Full name.
    pub name: String,
    /// `internal` or `client`.
    #[serde(rename = "type")]
    pub user_type: UserType,
    /// The client a portal user belongs to.
    pub client_id: Option<String>,
    /// Additional fields of user-v2.
    pub fields: BTreeMap<String, String>,
    /// What the user's roles allow, as `resource:action`; absent means everything.
    pub permissions: Option<Vec<String>>,
}

/// Which of the two portals a user belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserType {
    /// Staff of the tenant.
    #[default]
    Internal,
    /// A user of the client portal.
    Client,
}

impl UserType {
    /// The word the platform uses.
    pub fn as_str(self) -> &'static str {
        match self {
            UserType::Internal => "internal",
            UserType::Client => "client",
        }
    }
}

/// A client of the tenant (contract/runner.md §4.11).
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Client {
    /// UUID.
    pub id: String,
    /// Name.
    pub name: String,
    /// `company` or `individual`.
    #[serde(rename = "type")]
    pub client_type: Option<String>,
    /// Left out of lists unless asked for.
    pub inactive: bool,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Account manager's user id.
    pub account_manager_id: Option<String>,
    /// Account manager's name.
    pub account_manager_name: Option<String>,
    /// Where invoices go.
    pub billing_email: Option<String>,
}

/// A service or product of the tenant (contract/runner.md §4.12).
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// UUID.
    pub id: String,
    /// Name.
    pub name: String,
    /// Searched, not shown to the guest.
    pub description: String,
    /// `service` or `product`.
    pub kind: ItemKind,
    /// `fixed`, `hourly` or `usage`.
    pub billing: BillingMethod,
    /// Service type id.
    pub type_id: Option<String>,
    /// Service type name.
    pub type_name: Option<String>,
    /// Minor units of the currency.
    pub rate: f64,
    /// Unit of measure.
    pub unit: String,
    /// Whether it is sold.
    pub active: bool,
    /// Stock keeping unit.
    pub sku: Option<String>,
}

impl Default for Service {
    fn default() -> Self {
        Service {
            id: String::new(),
            name: String::new(),
            description: String::new(),
            kind: ItemKind::default(),
            billing: BillingMethod::default(),
            type_id: None,
            type_name: None,
            rate: 0.0,
            unit: String::new(),
            active: true,
            sku: None,
        }
    }
}

/// What is sold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// Work.
    #[default]
    Service,
    /// Goods.
    Product,
}

/// How it is billed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BillingMethod {
    /// One price.
    #[default]
    Fixed,
    /// By the hour.
    Hourly,
    /// By use.
    Usage,
}

/// Where `http.fetch` may go and what is answered without going out.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Host names a request may go to; a name covers its subdomains. Empty: nothing goes out, unlike the
    /// platform, where an empty list allows everything (contract/runner.md §4.3, §8 B24).
    pub allow: Vec<String>,
    /// Answers given instead of going out; the first that matches, and has not been given as often as its `times` says.
    pub replies: Vec<Reply>,
}

/// One answer given instead of going out.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The method it answers; absent: any.
    pub method: Option<String>,
    /// The exact URL, or a prefix that ends in `*`.
    pub url: String,
    /// Status, 200 when absent.
    #[serde(default = "ok")]
    pub status: u16,
    /// Response headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Text as it is; anything else as JSON.
    #[serde(default)]
    pub body: serde_json::Value,
    /// How often it is given, counted from when the data was read; then the next one that matches is. Absent: always.
    /// A `503` with `times: 1` before a `200` makes a service that fails once.
    pub times: Option<NonZeroU32>,
    /// Milliseconds before it is given, for a service that is slow; at most 30,000, when the platform gives up
    /// (contract/runner.md §4.3).
    #[serde(default)]
    pub delay_ms: u64,
}

/// What one platform route answers.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The route as the guest names it, without query; a prefix when it ends in `*`.
    pub route: String,
    /// The method it answers (GET without payload, POST with one); absent: any.
    pub method: Option<String>,
    /// Status, 200 when absent.
    #[serde(default = "ok")]
    pub status: u16,
    /// Text as it is; anything else as JSON.
    #[serde(default)]
    pub body: serde_json::Value,
}

/// Whether two parts of it are written the same.
pub fn same<T: Serialize>(one: &T, other: &T) -> bool {
    serde_json::to_value(one).ok() == serde_json::to_value(other).ok()
}

fn ok() -> u16 {
    200
}

/// A schedule that exists from the start (contract/runner.md §4.9).
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// `METHOD /path`, or `/path`.
    pub endpoint: String,
    /// Five fields.
    pub cron: String,
    /// IANA name; `UTC` when absent.
    pub timezone: Option<String>,
    /// On unless said otherwise.
    pub enabled: Option<bool>,
    /// Unique name.
    pub name: Option<String>,
    /// Object or array sent as the body.
    pub payload: Option<serde_json::Value>,
}
