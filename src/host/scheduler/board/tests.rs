//! What a schedule may be, and what happens when it may not.

use super::*;
use serde_json::json;

fn manifest() -> Manifest {
    let endpoints = json!([
        { "method": "POST", "path": "/sync", "handler": "dist/main" },
        { "method": "GET", "path": "/sync", "handler": "dist/main" },
        { "method": "PUT", "path": "/put", "handler": "dist/main" },
        { "method": "GET", "path": "/items/:id", "handler": "dist/main" },
    ]);
    Manifest::parse(&json!({ "name": "x", "api": { "endpoints": endpoints } }).to_string()).unwrap()
}

fn change() -> Change {
    Change { endpoint: Some("POST /sync".into()), cron: Some("0 9 * * *".into()), ..Change::default() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn create(board: &mut Board, change: Change) -> Result<String, Refusal> {
    board.add(change, &manifest(), false, at(0))
}

#[test]
fn endpoints_are_found_by_method_and_path() {
    for (selector, expected) in [
        ("POST /sync", Some("POST")),
        ("get sync", Some("GET")),
        ("/sync", Some("POST")),
        ("  //sync ", Some("POST")),
        ("PUT /put", None),
        ("/put", None),
        ("GET /items/:id", None),
        ("/other", None),
        ("", None),
        (&"/".repeat(300), None),
    ] {
        let manifest = manifest();
        let found = find_endpoint(&manifest, selector).ok().map(|endpoint| endpoint.method.as_str());
        assert_eq!(found, expected, "{selector:.40}");
    }
}

#[test]
fn a_broken_rule_is_named_with_its_field() {
    let long = "n".repeat(129);
    for (change, field, message) in [
        (
            Change { endpoint: Some("/no".into()), ..change() },
            "endpoint",
            "Endpoint not found or not schedulable",
        ),
        (
            Change { cron: Some("* * * * *".into()), ..change() },
            "cron",
            "Cron too frequent (minimum interval is 5 minutes)",
        ),
        (Change { timezone: Some("Mars/Base".into()), ..change() }, "timezone", "Invalid timezone"),
        (Change { timezone: Some(String::new()), ..change() }, "timezone", "Invalid timezone"),
        (Change { name: Some(long), ..change() }, "name", "Schedule name too long"),
        (
            Change { payload: Payload::Set(json!(5)), ..change() },
            "payload",
            "Payload must be a JSON object or array",
        ),
        (
            Change { payload: Payload::Set(json!(["x".repeat(100_000)])), ..change() },
            "payload",
            "Payload too large",
        ),
    ] {
        let refusal = create(&mut Board::default(), change).unwrap_err();
        assert_eq!(refusal, Refusal::of(field, message));
    }
}

#[test]
fn defaults_are_filled_in() {
    let mut board = Board::default();
    let id = create(&mut board, Change { name: Some("  ".into()), ..change() }).unwrap();
    let schedule = board.find(&id.to_uppercase()).unwrap();
    assert_eq!((schedule.timezone.as_str(), schedule.enabled, schedule.name.as_deref()), ("UTC", true, None));
    assert_eq!((schedule.endpoint_method.as_str(), schedule.endpoint_path.as_str()), ("POST", "/sync"));
    assert!(is_uuid(&id));
    assert_eq!(schedule.created_at, "2026-09-21T14:13:20.000Z");
}

#[test]
fn names_are_unique_and_fifty_schedules_are_enough() {
    let mut board = Board::default();
    let named = |name: &str| Change { name: Some(name.into()), ..change() };
    let first = create(&mut board, named("a")).unwrap();
    let taken = Refusal::of("name", "Schedule name already in use for this extension");
    assert_eq!(create(&mut board, named(" a ")), Err(taken.clone()));
    let second = create(&mut board, named("b")).unwrap();
    let rename = Change { name: Some("a".into()), ..Change::default() };
    assert_eq!(board.update(&second, rename.clone(), &manifest(), false, at(0)), Err(taken));
    assert_eq!(
        board.update(&first, rename, &manifest(), false, at(0)),
        Ok(()),
        "its own name is free for it"
    );
    for _ in 2..50 {
        create(&mut board, change()).unwrap();
    }
    let full = Refusal::plain("Too many schedules (max 50 per extension install)");
    assert_eq!(create(&mut board, change()), Err(full));
}

#[test]
fn what_is_not_given_stays_and_in_production_name_and_payload_go() {
    for (as_production, name, payload) in [(false, Some("a"), Some(json!({}))), (true, None, None)] {
        let mut board = Board::default();
        let given = Change { name: Some("a".into()), payload: Payload::Set(json!({})), ..change() };
        let id = create(&mut board, given).unwrap();
        let pause = Change { enabled: Some(false), ..Change::default() };
        board.update(&id, pause, &manifest(), as_production, at(0)).unwrap();
        let schedule = board.find(&id).unwrap();
        assert_eq!(
            (schedule.name.as_deref(), schedule.payload.clone(), schedule.enabled),
            (name, payload, false)
        );
        let clear = Change { payload: Payload::Clear, ..Change::default() };
        board.update(&id, clear, &manifest(), false, at(0)).unwrap();
        assert_eq!(board.find(&id).unwrap().payload, None);
    }
}

#[test]
fn a_schedule_that_is_not_there_is_said_so() {
    let mut board = Board::default();
    let missing = Err(Refusal::plain("Schedule not found"));
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(board.update(nobody, Change::default(), &manifest(), false, at(0)), missing);
    assert_eq!(board.delete(nobody, at(0)), missing);
    assert_eq!(board.delete("x", at(0)), Err(Refusal::of("scheduleId", "Invalid UUID")));
    let id = create(&mut board, change()).unwrap();
    assert_eq!(board.delete(&id, at(0)), Ok(()));
    assert!(board.all().is_empty());
}

#[test]
fn ten_changes_a_minute_are_enough() {
    let mut board = Board::default();
    for second in 0..10 {
        board.create(change(), &manifest(), false, at(second)).unwrap();
    }
    assert_eq!(board.create(change(), &manifest(), false, at(59)), Err(Refusal::TooOften));
    assert_eq!(board.delete("x", at(59)), Err(Refusal::TooOften));
    assert!(board.create(change(), &manifest(), false, at(60)).is_ok());
}

#[test]
fn runs_are_noted() {
    let mut board = Board::default();
    let id = create(&mut board, change()).unwrap();
    board.record_run(&id, Some(&"é".repeat(5_000)), at(1));
    let schedule = board.find(&id).unwrap();
    assert_eq!(schedule.last_run_status.as_deref(), Some("error"));
    assert_eq!(schedule.last_error.as_ref().unwrap().chars().count(), 4_000);
    board.record_run(&id, None, at(2));
    let schedule = board.find(&id).unwrap();
    assert_eq!(
        (schedule.last_run_status.as_deref(), schedule.last_error.as_deref()),
        (Some("success"), None)
    );
}

#[test]
fn a_schedule_of_the_data_file_that_breaks_a_rule_is_named() {
    let config: Config =
        crate::yaml::parse("schedules: [{ endpoint: /sync, cron: 0 9 * * * }, { endpoint: /sync, cron: x }]")
            .unwrap();
    let (place, message) = Board::new(&config, &manifest(), at(0)).unwrap_err();
    assert_eq!(
        (place.as_str(), message.as_str()),
        ("schedules[1].cron", "Invalid cron expression (expected 5 fields: m h dom mon dow)",)
    );
}
