//! `alga:extension/scheduler`: schedules of the installation, in memory, begun from `schedules` of the data file.
//!
//! Rules are the platform's (contract/runner.md §4.9, registry.md §7). Done right unless as in production: a refused
//! change says why, with the field, where there the guest reads the name of an error (§8 B10); what an update does
//! not give stays (B11); the ranges and real gaps of a cron expression are checked (B13). In both, text that is no
//! JSON is refused as a payload, the empty text too (B12), and `null` clears.

pub(super) mod board;
mod cron;

pub(super) use board::Board;
pub use board::Schedule;

use super::bindings::{
    CreateScheduleInput, CreateScheduleResult, DeleteScheduleResult, EndpointInfo, ScheduleInfo,
    SchedulerError, UpdateScheduleInput, UpdateScheduleResult, scheduler,
};
use super::journal::Seat;
use super::paging::is_installed;
use super::{Call, Platform, is_uuid, locked, made_up_id};
use board::{Change, Payload, Refusal, field_errors};
use serde_json::Value;
use std::sync::Arc;

const BAD_PAYLOAD: &str = "Payload must be valid JSON object or array";

/// The schedules a call may reach.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    known: Option<(Arc<Platform>, Arc<Call>)>,
}

/// Why a change was refused, as the guest reads it.
struct Said {
    error: String,
    field_errors: Option<String>,
    outcome: &'static str,
}

impl Scheduler {
    /// With the grant.
    pub(super) fn granted(platform: &Arc<Platform>, call: &Arc<Call>) -> Scheduler {
        Scheduler { known: Some((Arc::clone(platform), Arc::clone(call))) }
    }

    fn read(&self) -> Result<&Platform, SchedulerError> {
        let (platform, call) = self.known.as_ref().ok_or(SchedulerError::Denied)?;
        if call.ids.install_id.is_none() {
            return Err(SchedulerError::Denied);
        }
        if is_installed(platform, call) { Ok(platform) } else { Err(SchedulerError::NotFound) }
    }

    /// The platform, for a change (contract/runner.md §2.4).
    fn change(&self) -> Result<&Platform, Said> {
        let plain = |error: &str, outcome| Said { error: error.to_owned(), field_errors: None, outcome };
        let Some((platform, call)) = &self.known else {
            return Err(plain("Permission denied: cap:scheduler.manage not granted", "denied"));
        };
        if call.ids.install_id.is_none() {
            return Err(plain("Install ID missing", "denied"));
        }
        if is_installed(platform, call) {
            return Ok(platform);
        }
        let as_production = platform.is_as_production();
        let error =
            if as_production { debug_text(SchedulerError::NotFound) } else { "Install not found".into() };
        Err(plain(&error, "not-found"))
    }

    fn create(&self, input: CreateScheduleInput) -> Result<String, Said> {
        let platform = self.change()?;
        let payload = read_payload(input.payload)?;
        let change = Change {
            endpoint: Some(input.endpoint),
            cron: Some(input.cron),
            timezone: input.timezone,
            enabled: input.enabled,
            name: input.name,
            payload,
        };
        let as_production = platform.is_as_production();
        let mut board = locked(&platform.schedules);
        let made = board.create(change, &platform.manifest, as_production, platform.now());
        made.map_err(|refusal| said(refusal, as_production))
    }

    fn update(&self, id: &str, input: UpdateScheduleInput) -> Result<(), Said> {
        let platform = self.change()?;
        let payload = read_payload(input.payload)?;
        let change = Change {
            endpoint: input.endpoint,
            cron: input.cron,
            timezone: input.timezone,
            enabled: input.enabled,
            name: input.name,
            payload,
        };
        let as_production = platform.is_as_production();
        let mut board = locked(&platform.schedules);
        let changed = board.update(id, change, &platform.manifest, as_production, platform.now());
        changed.map_err(|refusal| said(refusal, as_production))
    }

    fn delete(&self, id: &str) -> Result<(), Said> {
        let platform = self.change()?;
        let gone = locked(&platform.schedules).delete(id, platform.now());
        gone.map_err(|refusal| said(refusal, platform.is_as_production()))
    }

    fn list(&self) -> Result<Vec<ScheduleInfo>, SchedulerError> {
        Ok(locked(&self.read()?.schedules).all().iter().map(shown).collect())
    }

    fn get(&self, id: &str) -> Result<Option<ScheduleInfo>, SchedulerError> {
        let platform = self.read()?;
        if !is_uuid(id) {
            return Err(SchedulerError::ValidationFailed);
        }
        Ok(locked(&platform.schedules).find(id).map(shown))
    }

    fn endpoints(&self) -> Result<Vec<EndpointInfo>, SchedulerError> {
        let platform = self.read()?;
        let endpoints = platform.manifest.endpoints.iter().map(|endpoint| EndpointInfo {
            id: made_up_id(&["endpoint", &platform.manifest.name, &endpoint.method, &endpoint.path]),
            method: endpoint.method.clone(),
            path: endpoint.path.clone(),
            handler: endpoint.handler.clone(),
            schedulable: endpoint.is_schedulable(),
        });
        Ok(endpoints.collect())
    }
}

/// The runner reads the text before the platform sees it; `null` clears.
fn read_payload(text: Option<String>) -> Result<Payload, Said> {
    let Some(text) = text else { return Ok(Payload::Keep) };
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Null) => Ok(Payload::Clear),
        Ok(value) => Ok(Payload::Set(value)),
        Err(_) => Err(Said {
            error: BAD_PAYLOAD.into(),
            field_errors: Some(field_errors("payload", BAD_PAYLOAD)),
            outcome: "failed",
        }),
    }
}

fn said(refusal: Refusal, as_production: bool) -> Said {
    let (error, case, field_errors) = match refusal {
        Refusal::Invalid { message, field } => {
            let fields = field.map(|field| field_errors(field, &message));
            (message, SchedulerError::ValidationFailed, fields)
        }
        Refusal::TooOften => {
            let message = "Too many schedule changes (max 10 per minute)";
            (message.to_owned(), SchedulerError::QuotaExceeded, None)
        }
    };
    let outcome = case.name();
    if as_production {
        return Said { error: debug_text(case), field_errors: None, outcome };
    }
    Said { error, field_errors, outcome }
}

/// What the platform's runner gives instead of a message (contract/runner.md §4.9).
fn debug_text(case: SchedulerError) -> String {
    let code = match case {
        SchedulerError::NotFound => 0,
        SchedulerError::ValidationFailed => 1,
        SchedulerError::QuotaExceeded => 2,
        SchedulerError::Denied => 3,
        SchedulerError::Internal => 4,
    };
    format!("SchedulerError {{ code: {code}, name: \"{}\", message: \"\" }}", case.name())
}

fn shown(schedule: &Schedule) -> ScheduleInfo {
    ScheduleInfo {
        id: schedule.id.clone(),
        endpoint_path: schedule.endpoint_path.clone(),
        endpoint_method: schedule.endpoint_method.clone(),
        name: schedule.name.clone(),
        cron: schedule.cron.clone(),
        timezone: schedule.timezone.clone(),
        enabled: schedule.enabled,
        payload: schedule.payload.as_ref().map(Value::to_string),
        last_run_at: schedule.last_run_at.clone(),
        last_run_status: schedule.last_run_status.clone(),
        last_error: schedule.last_error.clone(),
        created_at: Some(schedule.created_at.clone()),
    }
}

impl scheduler::Host for Seat<'_, Scheduler> {
    fn list_schedules(&mut self) -> Result<Vec<ScheduleInfo>, SchedulerError> {
        let started = self.journal.begin("scheduler", "list-schedules", String::new);
        let result = self.capability.list();
        self.journal.end(started, result.as_ref().err().map_or("ok", |error| error.name()));
        result
    }

    fn get_schedule(&mut self, schedule_id: String) -> Result<Option<ScheduleInfo>, SchedulerError> {
        let started = self.journal.begin("scheduler", "get-schedule", || schedule_id.clone());
        let result = self.capability.get(&schedule_id);
        self.journal.end(started, result.as_ref().err().map_or("ok", |error| error.name()));
        result
    }

    fn create_schedule(&mut self, input: CreateScheduleInput) -> CreateScheduleResult {
        let started = self
            .journal
            .begin("scheduler", "create-schedule", || format!("{} at {}", input.endpoint, input.cron));
        let result = self.capability.create(input);
        self.journal.end(started, result.as_ref().err().map_or("ok", |said| said.outcome));
        match result {
            Ok(id) => {
                CreateScheduleResult { success: true, schedule_id: Some(id), error: None, field_errors: None }
            }
            Err(Said { error, field_errors, .. }) => {
                CreateScheduleResult { success: false, schedule_id: None, error: Some(error), field_errors }
            }
        }
    }

    fn update_schedule(&mut self, schedule_id: String, input: UpdateScheduleInput) -> UpdateScheduleResult {
        let started = self.journal.begin("scheduler", "update-schedule", || schedule_id.clone());
        let result = self.capability.update(&schedule_id, input);
        self.journal.end(started, result.as_ref().err().map_or("ok", |said| said.outcome));
        match result {
            Ok(()) => UpdateScheduleResult { success: true, error: None, field_errors: None },
            Err(Said { error, field_errors, .. }) => {
                UpdateScheduleResult { success: false, error: Some(error), field_errors }
            }
        }
    }

    fn delete_schedule(&mut self, schedule_id: String) -> DeleteScheduleResult {
        let started = self.journal.begin("scheduler", "delete-schedule", || schedule_id.clone());
        let result = self.capability.delete(&schedule_id);
        self.journal.end(started, result.as_ref().err().map_or("ok", |said| said.outcome));
        DeleteScheduleResult { success: result.is_ok(), error: result.err().map(|said| said.error) }
    }

    fn get_endpoints(&mut self) -> Result<Vec<EndpointInfo>, SchedulerError> {
        let started = self.journal.begin("scheduler", "get-endpoints", String::new);
        let result = self.capability.endpoints();
        self.journal.end(started, result.as_ref().err().map_or("ok", |error| error.name()));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::{as_production, call, platform};

    fn input(cron: &str, payload: Option<&str>) -> CreateScheduleInput {
        CreateScheduleInput {
            endpoint: "/sync".into(),
            cron: cron.into(),
            timezone: None,
            enabled: None,
            name: None,
            payload: payload.map(str::to_owned),
        }
    }

    fn refused(scheduler: &Scheduler, input: CreateScheduleInput) -> (String, Option<String>) {
        let said = scheduler.create(input).err().unwrap();
        (said.error, said.field_errors)
    }

    #[test]
    fn a_refusal_says_why_and_in_production_only_its_name() {
        let bad = || input("* * * * *", None);
        let here = platform("");
        let (error, fields) = refused(&Scheduler::granted(&here, &call(&here)), bad());
        assert_eq!(error, "Cron too frequent (minimum interval is 5 minutes)");
        assert_eq!(
            fields.as_deref(),
            Some(r#"{"cron":"Cron too frequent (minimum interval is 5 minutes)"}"#)
        );
        let there = as_production("");
        let (error, fields) = refused(&Scheduler::granted(&there, &call(&there)), bad());
        assert_eq!(
            (error.as_str(), fields),
            (r#"SchedulerError { code: 1, name: "validation-failed", message: "" }"#, None,)
        );
    }

    #[test]
    fn payloads_are_json_text() {
        let platform = platform("");
        let scheduler = Scheduler::granted(&platform, &call(&platform));
        for text in ["", "{", "nope"] {
            let (error, fields) = refused(&scheduler, input("0 9 * * *", Some(text)));
            assert_eq!(error, BAD_PAYLOAD);
            assert_eq!(fields, Some(field_errors("payload", BAD_PAYLOAD)));
        }
        let id = scheduler.create(input("0 9 * * *", Some("{ \"a\": [1] }"))).ok().unwrap();
        assert_eq!(scheduler.get(&id).unwrap().unwrap().payload.as_deref(), Some(r#"{"a":[1]}"#));
    }

    #[test]
    fn denials_are_the_platforms() {
        let platform = platform("");
        let with = |id: Option<&str>| {
            let mut call = (*call(&platform)).clone();
            Arc::make_mut(&mut call.ids).install_id = id.map(str::to_owned);
            let scheduler = Scheduler::granted(&platform, &Arc::new(call));
            (scheduler.list().err(), refused(&scheduler, input("0 9 * * *", None)).0)
        };
        assert_eq!(with(None), (Some(SchedulerError::Denied), "Install ID missing".into()));
        assert_eq!(with(Some("")), (Some(SchedulerError::NotFound), "Install not found".into()));
        let denied = Scheduler::default();
        assert_eq!(denied.endpoints().err(), Some(SchedulerError::Denied));
        let said = "Permission denied: cap:scheduler.manage not granted";
        assert_eq!(refused(&denied, input("0 9 * * *", None)), (said.into(), None));
    }

    #[test]
    fn endpoints_say_whether_they_can_be_scheduled() {
        let platform = platform("");
        let endpoints = Scheduler::granted(&platform, &call(&platform)).endpoints().unwrap();
        let shown: Vec<_> =
            endpoints.iter().map(|end| (end.method.as_str(), end.path.as_str(), end.schedulable)).collect();
        assert_eq!(shown, [("POST", "/sync", true), ("GET", "/items/:id", false), ("PUT", "/put", false)]);
    }
}
