//! The state all calls share: who the tenant is, what it has, and what extensions did to it.

use super::http::Egress;
use super::invoicing::{Invoice, Ledger};
use super::scheduler::{Board, Schedule};
use super::storage::Records;
use super::{Call, Error, Ids, is_uuid, locked, made_up_id};
use crate::config::{self, Config, Limits, User, UserType};
use crate::manifest::{Capability, Manifest};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// How the platform behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Behave as the platform does where it has a defect (contract/runner.md §8).
    pub as_production: bool,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persona {
    /// Staff of the tenant.
    Internal,
    /// A user of the client portal.
    Client,
    /// Nobody: a schedule or a service.
    None,
}

/// The simulated platform with one installation of the extension.
pub struct Platform {
    pub(super) config: Config,
    pub(super) manifest: Manifest,
    pub(super) options: Options,
    /// As the data names them, with ids where it leaves them out.
    pub(super) clients: Vec<config::Client>,
    /// The same for services.
    pub(super) services: Vec<config::Service>,
    pub(super) secrets: Arc<BTreeMap<String, String>>,
    pub(super) egress: Egress,
    pub(super) storage: Arc<Mutex<Records>>,
    pub(super) schedules: Arc<Mutex<Board>>,
    pub(super) invoices: Arc<Mutex<Ledger>>,
    ids: Arc<Ids>,
    internal: Arc<User>,
    client: Arc<User>,
    grants: Arc<BTreeSet<Capability>>,
    unknown_grants: Vec<String>,
    warnings: Vec<String>,
}

impl std::fmt::Debug for Platform {
    /// Without the data, which holds secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Platform").field("ids", &self.ids).finish_non_exhaustive()
    }
}

impl Platform {
    /// The platform that `config` describes, with the extension of `manifest` installed.
    pub fn new(config: &Config, manifest: &Manifest, options: &Options) -> Result<Arc<Platform>, Error> {
        let names: Vec<&str> = match &config.grants {
            Some(grants) => grants.iter().map(String::as_str).collect(),
            None => manifest.capabilities.iter().map(String::as_str).collect(),
        };
        let (mut grants, mut unknown_grants) = (BTreeSet::new(), Vec::new());
        for name in names.into_iter().map(str::trim).filter(|name| !name.is_empty()) {
            match Capability::named(name) {
                Some(capability) => {
                    grants.insert(capability);
                }
                None => unknown_grants.push(name.to_owned()),
            }
        }
        grants.extend(Capability::ALL.into_iter().filter(|capability| capability.is_default()));
        let mut warnings: Vec<String> = unknown_grants
            .iter()
            .map(|name| format!("the platform knows no capability `{name}` and drops it in silence"))
            .collect();
        check_limits(&config.limits)?;
        let mut clients = config.clients.clone();
        let ids = clients.iter_mut().map(|client| &mut client.id);
        complete_ids("clients", ids, &mut warnings)?;
        let mut services = config.services.clone();
        let ids = services.iter_mut().map(|service| &mut service.id);
        complete_ids("services", ids, &mut warnings)?;
        let broken = |(place, why): (String, String)| Error::Rule { place, why };
        let storage = Records::new(config).map_err(broken)?;
        let schedules = Board::new(config, manifest, Timestamp::now()).map_err(broken)?;
        let ids = Ids {
            tenant_id: config.tenant.id.clone(),
            extension_id: made_up_id(&["extension", &manifest.name]),
            install_id: Some(made_up_id(&["install", &config.tenant.id, &manifest.name])),
            version_id: Some(made_up_id(&["version", &manifest.name, &manifest.version])),
        };
        Ok(Arc::new(Platform {
            config: config.clone(),
            manifest: manifest.clone(),
            options: *options,
            services,
            secrets: Arc::new(config.secrets.clone()),
            egress: Egress::new(&config.http),
            storage: Arc::new(Mutex::new(storage)),
            schedules: Arc::new(Mutex::new(schedules)),
            invoices: Arc::default(),
            ids: Arc::new(ids),
            internal: Arc::new(first_user(config, UserType::Internal, &clients)),
            client: Arc::new(first_user(config, UserType::Client, &clients)),
            clients,
            grants: Arc::new(grants),
            unknown_grants,
            warnings,
        }))
    }

    /// The same platform with other data or another manifest. What the extension made meanwhile stays, and is shared
    /// with calls under way; stored values and schedules start anew only when their part of the data was edited.
    pub fn renewed(&self, config: &Config, manifest: &Manifest) -> Result<Arc<Platform>, Error> {
        let mut renewed = Platform::new(config, manifest, &self.options)?;
        if let Some(platform) = Arc::get_mut(&mut renewed) {
            platform.invoices = Arc::clone(&self.invoices);
            if config.storage == self.config.storage {
                platform.storage = Arc::clone(&self.storage);
            }
            if config::same(&config.schedules, &self.config.schedules) {
                platform.schedules = Arc::clone(&self.schedules);
            }
        }
        Ok(renewed)
    }

    /// The data it was made from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The manifest of the installed version.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether it behaves as the platform does where that has a defect.
    pub fn is_as_production(&self) -> bool {
        self.options.as_production
    }

    /// The identifiers of this installation: made up from the names, the same on every machine.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// What the installation was granted, with the three defaults.
    pub fn grants(&self) -> &BTreeSet<Capability> {
        &self.grants
    }

    /// Capabilities asked for that the platform does not know; it drops them in silence (contract/runner.md §2.3).
    pub fn unknown_grants(&self) -> &[String] {
        &self.unknown_grants
    }

    /// What in the data will not behave as its author may think.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Bounds of one call.
    pub fn limits(&self) -> &Limits {
        &self.config.limits
    }

    /// The first user of that kind, made up when the data names none.
    pub fn user(&self, persona: Persona) -> Option<Arc<User>> {
        match persona {
            Persona::Internal => Some(Arc::clone(&self.internal)),
            Persona::Client => Some(Arc::clone(&self.client)),
            Persona::None => None,
        }
    }

    /// A call by `user` with this installation's identifiers, grants, limits and secrets.
    pub fn call(&self, user: Option<Arc<User>>, request_id: Option<String>) -> Call {
        Call {
            request_id,
            ids: Arc::clone(&self.ids),
            user,
            client_name: None,
            user_type: None,
            grants: Arc::clone(&self.grants),
            limits: self.config.limits.clone(),
            secrets: None,
        }
    }

    /// The schedules as they are now.
    pub fn schedules(&self) -> Vec<Schedule> {
        locked(&self.schedules).all().to_vec()
    }

    /// Notes that a schedule ran, and why it failed if it did.
    pub fn record_run(&self, schedule_id: &str, error: Option<&str>) {
        locked(&self.schedules).record_run(schedule_id, error, self.now());
    }

    /// The invoices made so far, at most the last 1,000.
    pub fn invoices(&self) -> Vec<Invoice> {
        locked(&self.invoices).all().to_vec()
    }

    /// The wall clock. A server lives through many times, so it is asked and not passed.
    #[expect(clippy::unused_self, reason = "the clock is the platform's, whoever reads it")]
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The first user of that kind, made up when the data names none.
fn first_user(config: &Config, user_type: UserType, clients: &[config::Client]) -> User {
    let named = config.users.iter().find(|user| user.user_type == user_type);
    named.cloned().unwrap_or_else(|| made_up_user(user_type, clients))
}

fn made_up_user(user_type: UserType, clients: &[config::Client]) -> User {
    let word = user_type.as_str();
    User {
        id: made_up_id(&["user", word]),
        email: format!("{word}@example.com"),
        name: match user_type {
            UserType::Internal => "Ina Internal".into(),
            UserType::Client => "Clio Client".into(),
        },
        user_type,
        client_id: match user_type {
            UserType::Internal => None,
            UserType::Client => {
                let first = clients.first().map(|client| client.id.clone());
                Some(first.unwrap_or_else(|| made_up_id(&["client", "0"])))
            }
        },
        ..User::default()
    }
}

/// A time as the platform's JSON has it.
pub(super) fn timestamp(time: Timestamp) -> String {
    let time = time.round(jiff::Unit::Millisecond).unwrap_or(time);
    format!("{time:.3}")
}

fn check_limits(limits: &Limits) -> Result<(), Error> {
    for (place, value) in [("limits.timeout_ms", limits.timeout_ms), ("limits.memory_mb", limits.memory_mb)] {
        if value == 0 {
            let (found, wanted) = (value.to_string(), "a number from 1".to_owned());
            return Err(Error::Data { place: place.into(), found, wanted });
        }
    }
    Ok(())
}

/// Makes up the ids that are left out; warns of those no `get` can find; refuses one that stands twice.
fn complete_ids<'a>(
    table: &str,
    ids: impl Iterator<Item = &'a mut String>,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for (index, id) in ids.enumerate() {
        if id.is_empty() {
            *id = made_up_id(&[table, &index.to_string()]);
        } else if !is_uuid(id) {
            warnings.push(format!(
                "`{table}[{index}].id` is `{id}`, no UUID: it is listed, but getting it by id is an invalid input, \
                 as on the platform"
            ));
        }
        if !seen.insert(id.to_lowercase()) {
            let place = format!("{table}[{index}].id");
            return Err(Error::Data {
                place,
                found: format!("`{id}` again"),
                wanted: "an id of its own".into(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::platform;

    fn refused(data: &str) -> String {
        let config: Config = crate::yaml::parse(data).unwrap();
        Platform::new(&config, &Manifest::default(), &Options::default()).unwrap_err().to_string()
    }

    #[test]
    fn data_that_cannot_be_is_refused_with_its_place() {
        for (data, expected) in [
            ("limits: { timeout_ms: 0 }", "limits.timeout_ms"),
            ("clients: [{ id: a }, { id: A }]", "clients[1].id"),
            ("storage: { n: { a/b: 1 } }", "storage.n.a/b"),
            ("schedules: [{ endpoint: /nothing, cron: 0 9 * * * }]", "schedules[0].endpoint"),
        ] {
            assert!(refused(data).contains(expected), "{data}: {}", refused(data));
        }
    }

    #[test]
    fn ids_left_out_are_made_up_the_same_each_time() {
        let ids =
            |data: &str| -> Vec<String> { platform(data).clients.iter().map(|row| row.id.clone()).collect() };
        let once = ids("clients: [{ name: a }, { name: b }]");
        assert_eq!(once, ids("clients: [{ name: c }, { name: d }]"));
        assert!(once.iter().all(|id| is_uuid(id)));
        assert_ne!(once[0], once[1]);
        assert_eq!(platform("services: [{ id: s1 }]").warnings().len(), 1);
    }

    #[test]
    fn personas_come_from_the_data_or_are_made_up() {
        let platform = platform("users: [{ id: u1, type: client, client_id: c1 }]");
        assert_eq!(platform.user(Persona::Client).unwrap().client_id.as_deref(), Some("c1"));
        assert_eq!(platform.user(Persona::Internal).unwrap().user_type, UserType::Internal);
        assert!(platform.user(Persona::None).is_none());
    }

    #[test]
    fn grants_are_what_the_data_or_the_manifest_says_and_the_defaults() {
        let asked = platform("");
        assert!(asked.grants().contains(&Capability::HttpFetch), "from the manifest");
        let narrowed = platform("grants: [' CAP:Storage.KV ', 'storage.kv']");
        let ids: Vec<&str> = narrowed.grants().iter().map(|capability| capability.id()).collect();
        assert_eq!(ids, ["cap:context.read", "cap:log.emit", "cap:user.read", "cap:storage.kv"]);
        assert_eq!(narrowed.unknown_grants(), ["storage.kv"]);
    }
}
