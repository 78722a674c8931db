//! Every template: made, validated, built, packed and called.

use crate::extension::Extension;
use serde_json::json;

#[test]
fn ts_handler_greets_and_rounds() {
    let extension = Extension::from_template("ts-handler");
    assert_eq!(extension.becomes_a_bundle(), ["dist/main.wasm", "manifest.json"]);
    greets_and_rounds(&extension);
}

#[test]
fn rust_handler_greets_and_rounds() {
    let extension = Extension::from_template("rust-handler");
    assert_eq!(extension.becomes_a_bundle(), ["dist/main.wasm", "manifest.json"]);
    greets_and_rounds(&extension);
    let answer = extension.invoke("GET", "/hello", &["--user", "none"]);
    assert_eq!((answer.status, answer.body), (400, json!({ "error": "nobody is calling" })));
}

/// What the two handlers without a page do, in whichever language.
fn greets_and_rounds(extension: &Extension) {
    let body = extension.answers(200, "GET", "/hello?greeting=Guten%20Tag", &[]);
    assert_eq!(
        body,
        json!({ "message": "Guten Tag, Robin Meyer!", "company": "Northwind Managed Services" })
    );
    extension.answers(403, "GET", "/hello", &["--user", "client"]);
    let answer = extension.invoke("GET", "/hello?greeting=%", &[]);
    assert_eq!(answer.status, 200, "a broken escape is no reason to fail: {}", answer.document);
    assert!(answer.document["logs"].to_string().contains("greeting 6c6f0c1e"), "{}", answer.document);

    let body = extension.answers(200, "POST", "/time-entries/round", &["--body", r#"{"minutes": 50}"#]);
    assert_eq!((&body["billed"], body["hours"].as_f64()), (&json!(60), Some(1.0)), "{body}");
    let body = extension.answers_on_wasmtime_44(200, "GET", "/hello", None);
    assert_eq!(body, json!({ "message": "Hello, Ada!", "company": "Dev Company" }));
    for bad in ["", "not json", r#"{"minutes": -1}"#, r#"{"minutes": "5"}"#, "null"] {
        let body = extension.answers(400, "POST", "/time-entries/round", &["--body", bad]);
        assert!(body["error"].as_str().unwrap().starts_with("send {"), "{bad}: {body}");
    }
}

#[test]
fn ui_is_a_page_and_nothing_else() {
    let extension = Extension::from_template("ui");
    let files = extension.becomes_a_bundle();
    assert_eq!(files, ["manifest.json", "ui/alga.css", "ui/app.js", "ui/bridge.js", "ui/index.html"]);
}

#[test]
fn fullstack_keeps_notes() {
    let extension = Extension::from_template("fullstack");
    let files = extension.becomes_a_bundle();
    assert!(
        files.contains(&"dist/main.wasm".to_owned()) && files.contains(&"ui/index.html".to_owned()),
        "{files:?}"
    );
    let body = extension.answers(200, "GET", "/notes", &[]);
    assert_eq!(body["notes"][0]["author"], "Robin Meyer", "{body}");
    let body =
        extension.answers(201, "POST", "/notes", &["--body", r#"{"text": "  Router ersetzt – läuft  "}"#]);
    assert_eq!((&body["text"], &body["author"]), (&json!("Router ersetzt – läuft"), &json!("Robin Meyer")));
    let seeded = "8236123440000-first";
    assert!(body["id"].as_str().unwrap() < seeded, "a newer note sorts before an older one: {body}");
    extension.answers(204, "DELETE", &format!("/notes/{seeded}"), &[]);
    extension.answers(404, "DELETE", "/notes/unknown", &[]);
    let body = extension.answers_on_wasmtime_44(201, "POST", "/notes", Some(r#"{"text": "there"}"#));
    assert_eq!((&body["text"], &body["author"]), (&json!("there"), &json!("Ada")));
    for bad in ["", "[]", r#"{"text": " "}"#, "null"] {
        extension.answers(400, "POST", "/notes", &["--body", bad]);
    }
}

#[test]
fn scheduled_makes_schedules_and_runs_the_job() {
    let extension = Extension::from_template("scheduled");
    assert_eq!(extension.becomes_a_bundle(), ["dist/main.wasm", "manifest.json"]);
    let body = extension.answers(200, "GET", "/schedules", &[]);
    let seeded = &body["schedules"][0];
    assert_eq!(
        (&seeded["name"], &seeded["endpointPath"]),
        (&json!("Morning report"), &json!("/jobs/report"))
    );
    let wanted = r#"{"cron": "30 6 * * *", "timezone": "Europe/Berlin", "title": "Evening report"}"#;
    let body = extension.answers(201, "POST", "/schedules", &["--body", wanted]);
    assert_eq!(body["id"].as_str().map(str::len), Some(36), "{body}");
    let body = extension.answers(400, "POST", "/schedules", &["--body", r#"{"cron": "* * * * *"}"#]);
    assert!(body["error"].to_string().contains("too frequent"), "{body}");
    let body = extension.answers(400, "POST", "/schedules", &["--body", "{}"]);
    assert!(body["error"].to_string().contains("send {"), "{body}");
    extension.answers(204, "DELETE", &format!("/schedules/{}", seeded["id"].as_str().unwrap()), &[]);

    // As a schedule calls it: without a user, its payload as the body.
    let body =
        extension.answers(200, "POST", "/jobs/report", &["--user", "none", "--body", r#"{"title": "Now"}"#]);
    assert_eq!((&body["title"], &body["schedules"]), (&json!("Now"), &json!(1)));
    let body = extension.answers(200, "GET", "/reports", &[]);
    assert_eq!(body["reports"][0]["day"], "2025-11-14");
    let body = extension.answers_on_wasmtime_44(201, "POST", "/schedules", Some(wanted));
    assert_eq!(body, json!({ "id": "sch-2" }));
}

#[test]
fn integration_asks_once_and_keeps_the_answer() {
    let extension = Extension::from_template("integration");
    assert_eq!(extension.becomes_a_bundle(), ["dist/main.wasm", "manifest.json"]);
    let answer = extension.invoke("GET", "/incidents", &[]);
    assert_eq!(answer.body["from"], "service", "{}", answer.document);
    assert_eq!(answer.body["incidents"][1]["impact"], "major");
    let calls = answer.document["host_calls"].to_string();
    assert!(!calls.contains("dev-only"), "a secret is not shown: {calls}");
    assert_eq!(extension.answers(200, "POST", "/incidents/refresh", &[])["from"], "service");

    let body = extension.answers_on_wasmtime_44(200, "GET", "/incidents", None);
    assert_eq!((&body["from"], &body["incidents"]), (&json!("service"), &json!([])));

    let data = |text: &str| extension.sandbox.write("data.yaml", text).to_str().unwrap().to_owned();
    // No reply and no allowed host: nothing goes out.
    let file = data("secrets: { status_token: x }\n");
    let body = extension.answers(502, "GET", "/incidents", &["--data", &file]);
    assert_eq!(body["error"], "not-allowed");
    let file = data("secrets: {}\n");
    let body = extension.answers(502, "GET", "/incidents", &["--data", &file]);
    assert_eq!(body["error"], "the secret status_token is missing");
    // An old copy is better than none, a fresh one spares the question.
    let kept = |at: &str| {
        format!("storage: {{ cache: {{ incidents: {{ fetchedAt: {at}, incidents: [{{ id: kept }}] }} }} }}\n")
    };
    let file = data(&kept("0"));
    assert_eq!(extension.answers(200, "GET", "/incidents", &["--data", &file])["from"], "stale");
    let file = data(&kept("9000000000000"));
    let body = extension.answers(200, "GET", "/incidents", &["--data", &file]);
    assert_eq!((&body["from"], &body["incidents"][0]["id"]), (&json!("cache"), &json!("kept")));
}
