//! The schedules of one installation, and the rules for changing them (contract/runner.md §4.9, registry.md §7).

use super::cron;
use crate::config::{self, Config};
use crate::host::{is_uuid, made_up_id, platform::timestamp};
use crate::manifest::{Endpoint, Manifest};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::VecDeque;

const MAX_SCHEDULES: usize = 50;
const MAX_ENDPOINT: usize = 256;
const MAX_NAME: usize = 128;
const MAX_TIMEZONE: usize = 64;
const MAX_PAYLOAD: usize = 100_000;
const MAX_LAST_ERROR: usize = 4_000;
/// Changes in one window.
const MAX_CHANGES: usize = 10;
/// Seconds of that window.
const WINDOW: i64 = 60;

/// One schedule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schedule {
    /// UUID.
    pub id: String,
    /// GET or POST.
    pub endpoint_method: String,
    /// The endpoint's path.
    pub endpoint_path: String,
    /// Unique name.
    pub name: Option<String>,
    /// Five fields.
    pub cron: String,
    /// IANA name.
    pub timezone: String,
    /// Whether it runs.
    pub enabled: bool,
    /// Object or array sent as the body.
    pub payload: Option<Value>,
    /// When it last ran.
    pub last_run_at: Option<String>,
    /// `success` or `error`.
    pub last_run_status: Option<String>,
    /// Why it failed, at most 4,000 characters.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: String,
}

/// What is to change; absent stays.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    pub(super) endpoint: Option<String>,
    pub(super) cron: Option<String>,
    pub(super) timezone: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) name: Option<String>,
    pub(super) payload: Payload,
}

/// What becomes of the payload.
#[derive(Debug, Clone, Default)]
pub(super) enum Payload {
    /// It is not mentioned.
    #[default]
    Keep,
    /// It goes.
    Clear,
    /// It is this.
    Set(Value),
}

/// Why nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::host) enum Refusal {
    /// A rule is broken: the message, and the field it is about.
    Invalid { message: String, field: Option<&'static str> },
    /// Too many changes in a minute.
    TooOften,
}

impl Refusal {
    fn of(field: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::Invalid { message: message.into(), field: Some(field) }
    }

    /// The message.
    pub(in crate::host) fn into_message(self) -> String {
        match self {
            Refusal::Invalid { message, .. } => message,
            Refusal::TooOften => "too many changes".into(),
        }
    }

    fn plain(message: &str) -> Refusal {
        Refusal::Invalid { message: message.into(), field: None }
    }
}

/// All schedules of the installation.
#[derive(Debug, Default)]
pub(in crate::host) struct Board {
    schedules: Vec<Schedule>,
    changes: VecDeque<Timestamp>,
    made: u64,
}

impl Board {
    /// The schedules the data file names, or which of them breaks a rule and how.
    pub(in crate::host) fn new(
        config: &Config,
        manifest: &Manifest,
        now: Timestamp,
    ) -> Result<Board, (String, String)> {
        let mut board = Board::default();
        for (index, schedule) in config.schedules.iter().enumerate() {
            let config::Schedule { endpoint, cron, timezone, enabled, name, payload } = schedule.clone();
            let change = Change {
                endpoint: Some(endpoint),
                cron: Some(cron),
                timezone,
                enabled,
                name,
                payload: payload.map_or(Payload::Keep, Payload::Set),
            };
            board.add(change, manifest, false, now).map_err(|refusal| match refusal {
                Refusal::Invalid { message, field } => {
                    let field = field.map(|field| format!(".{field}")).unwrap_or_default();
                    (format!("schedules[{index}]{field}"), message)
                }
                Refusal::TooOften => (format!("schedules[{index}]"), "too many schedules".into()),
            })?;
        }
        Ok(board)
    }

    pub(in crate::host) fn all(&self) -> &[Schedule] {
        &self.schedules
    }

    pub(super) fn find(&self, id: &str) -> Option<&Schedule> {
        self.schedules.iter().find(|schedule| schedule.id.eq_ignore_ascii_case(id))
    }

    pub(super) fn create(
        &mut self,
        change: Change,
        manifest: &Manifest,
        as_production: bool,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        self.count_change(now)?;
        self.add(change, manifest, as_production, now)
    }

    fn add(
        &mut self,
        change: Change,
        manifest: &Manifest,
        as_production: bool,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let endpoint = find_endpoint(manifest, change.endpoint.as_deref().unwrap_or_default())?;
        let cron = read_cron(change.cron.as_deref().unwrap_or_default(), as_production)?;
        let timezone = read_timezone(change.timezone.as_deref().unwrap_or("UTC"))?;
        let payload = match change.payload {
            Payload::Keep | Payload::Clear => None,
            Payload::Set(payload) => Some(read_payload(payload)?),
        };
        let name = change.name.as_deref().map(read_name).transpose()?.flatten();
        self.check_name(name.as_deref(), None)?;
        if self.schedules.len() >= MAX_SCHEDULES {
            return Err(Refusal::plain("Too many schedules (max 50 per extension install)"));
        }
        self.made += 1;
        let id = made_up_id(&["schedule", &manifest.name, &self.made.to_string()]);
        self.schedules.push(Schedule {
            id: id.clone(),
            endpoint_method: endpoint.method.clone(),
            endpoint_path: endpoint.path.clone(),
            name,
            cron,
            timezone,
            enabled: change.enabled.unwrap_or(true),
            payload,
            last_run_at: None,
            last_run_status: None,
            last_error: None,
            created_at: timestamp(now),
        });
        Ok(id)
    }

    /// As in production name and payload are cleared when they are not given (contract/runner.md §8 B11).
    pub(super) fn update(
        &mut self,
        id: &str,
        change: Change,
        manifest: &Manifest,
        as_production: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.count_change(now)?;
        let id = self.existing(id)?;
        let endpoint =
            change.endpoint.as_deref().map(|selector| find_endpoint(manifest, selector)).transpose()?;
        let cron = change.cron.as_deref().map(|text| read_cron(text, as_production)).transpose()?;
        let timezone = change.timezone.as_deref().map(read_timezone).transpose()?;
        let payload = match change.payload {
            Payload::Set(payload) => Payload::Set(read_payload(payload)?),
            Payload::Keep if as_production => Payload::Clear,
            other => other,
        };
        let renamed = as_production || change.name.is_some();
        let name = change.name.as_deref().map(read_name).transpose()?.flatten();
        if renamed {
            self.check_name(name.as_deref(), Some(&id))?;
        }
        let Some(schedule) = self.schedules.iter_mut().find(|schedule| schedule.id == id) else {
            return Err(Refusal::plain("Schedule not found"));
        };
        if let Some(endpoint) = endpoint {
            schedule.endpoint_method.clone_from(&endpoint.method);
            schedule.endpoint_path.clone_from(&endpoint.path);
        }
        schedule.cron = cron.unwrap_or_else(|| schedule.cron.clone());
        schedule.timezone = timezone.unwrap_or_else(|| schedule.timezone.clone());
        schedule.enabled = change.enabled.unwrap_or(schedule.enabled);
        if renamed {
            schedule.name = name;
        }
        match payload {
            Payload::Keep => {}
            Payload::Clear => schedule.payload = None,
            Payload::Set(payload) => schedule.payload = Some(payload),
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        self.count_change(now)?;
        let id = self.existing(id)?;
        self.schedules.retain(|schedule| schedule.id != id);
        Ok(())
    }

    /// Notes how a run ended.
    pub(in crate::host) fn record_run(&mut self, id: &str, error: Option<&str>, now: Timestamp) {
        if let Some(schedule) = self.schedules.iter_mut().find(|schedule| schedule.id == id) {
            schedule.last_run_at = Some(timestamp(now));
            schedule.last_run_status = Some(if error.is_some() { "error" } else { "success" }.into());
            schedule.last_error = error.map(|error| error.chars().take(MAX_LAST_ERROR).collect());
        }
    }

    fn existing(&self, id: &str) -> Result<String, Refusal> {
        if !is_uuid(id) {
            return Err(Refusal::of("scheduleId", "Invalid UUID"));
        }
        self.find(id).map(|schedule| schedule.id.clone()).ok_or_else(|| Refusal::plain("Schedule not found"))
    }

    fn check_name(&self, name: Option<&str>, own: Option<&str>) -> Result<(), Refusal> {
        let taken =
            |schedule: &Schedule| schedule.name.as_deref() == name && Some(schedule.id.as_str()) != own;
        if name.is_some() && self.schedules.iter().any(taken) {
            return Err(Refusal::of("name", "Schedule name already in use for this extension"));
        }
        Ok(())
    }

    /// A window that begins with the first change and lasts a minute.
    fn count_change(&mut self, now: Timestamp) -> Result<(), Refusal> {
        if self.changes.front().is_some_and(|first| now.as_second() - first.as_second() >= WINDOW) {
            self.changes.clear();
        }
        if self.changes.len() >= MAX_CHANGES {
            return Err(Refusal::TooOften);
        }
        self.changes.push_back(now);
        Ok(())
    }
}

/// `METHOD /path`, or `/path` for whichever of GET and POST is declared first.
pub(in crate::host) fn find_endpoint<'a>(
    manifest: &'a Manifest,
    selector: &str,
) -> Result<&'a Endpoint, Refusal> {
    let missing = || Refusal::of("endpoint", "Endpoint not found or not schedulable");
    let selector = selector.trim();
    if selector.is_empty() || selector.encode_utf16().count() > MAX_ENDPOINT {
        return Err(missing());
    }
    let (method, path) = match selector.split_once(char::is_whitespace) {
        Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim()),
        None => (None, selector),
    };
    let path = normalise(path);
    let fits = |endpoint: &&Endpoint| {
        endpoint.path == path
            && endpoint.is_schedulable()
            && method.as_ref().is_none_or(|method| *method == endpoint.method)
    };
    manifest.endpoints.iter().find(fits).ok_or_else(missing)
}

/// One leading slash, no runs of slashes.
fn normalise(path: &str) -> String {
    let mut normal = String::with_capacity(path.len() + 1);
    normal.push('/');
    for letter in path.chars() {
        if letter != '/' || !normal.ends_with('/') {
            normal.push(letter);
        }
    }
    normal
}

pub(in crate::host) fn read_cron(text: &str, as_production: bool) -> Result<String, Refusal> {
    cron::check(text, as_production).map_err(|error| Refusal::of("cron", error.to_string()))
}

pub(in crate::host) fn read_timezone(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let known = name.len() <= MAX_TIMEZONE && jiff::tz::TimeZoneDatabase::bundled().get(name).is_ok();
    if known { Ok(name.to_owned()) } else { Err(Refusal::of("timezone", "Invalid timezone")) }
}

pub(in crate::host) fn read_name(name: &str) -> Result<Option<String>, Refusal> {
    let name = name.trim();
    if name.encode_utf16().count() > MAX_NAME {
        return Err(Refusal::of("name", "Schedule name too long"));
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

fn read_payload(payload: Value) -> Result<Value, Refusal> {
    if !payload.is_object() && !payload.is_array() {
        return Err(Refusal::of("payload", "Payload must be a JSON object or array"));
    }
    if payload.to_string().encode_utf16().count() > MAX_PAYLOAD {
        return Err(Refusal::of("payload", "Payload too large"));
    }
    Ok(payload)
}

/// A map from field to message, as JSON text.
pub(super) fn field_errors(field: &str, message: &str) -> String {
    let mut map = Map::new();
    map.insert(field.to_owned(), Value::String(message.to_owned()));
    Value::Object(map).to_string()
}

#[cfg(test)]
mod tests;
