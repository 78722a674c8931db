//! Handlers as people write them, each a project of `tests/handlers` with its packages, built and called.

use crate::extension::Extension;
use serde_json::{Value, json};

/// Builds a project without a warning.
fn built(name: &str) -> Extension {
    built_by(&["build"], name)
}

/// The same, as it is and made small, which must mean the same.
fn built_twice(name: &str) -> [Extension; 2] {
    [built(name), built_by(&["build", "--minify"], name)]
}

fn built_by(arguments: &[&str], name: &str) -> Extension {
    let extension = Extension::from_handler(name);
    let built = extension.run(arguments).ok().json();
    assert_eq!(built["warnings"], json!([]), "{built}");
    extension
}

#[test]
fn paths_and_parameters_are_routed() {
    for extension in built_twice("routes") {
        assert_eq!(extension.answers(200, "GET", "/clients/a%20b", &[]), json!({ "id": "a b" }));
        assert_eq!(
            extension.answers(200, "GET", "/clients/a/tickets/7", &[]),
            json!({ "id": "a", "number": 7 })
        );
        assert_eq!(
            extension.answers(200, "PUT", "/clients/a", &["--body", r#"{"name":"ü"}"#]),
            json!({ "id": "a", "name": "ü" })
        );
        extension.answers(204, "PUT", "/clients/a", &[]);
        let found = extension.answers(200, "GET", "/search?q=caf%C3%A9+au%20lait&tag=x,y", &[]);
        assert_eq!(found, json!({ "words": ["café", "au", "lait"], "tags": ["x", "y"] }));
        let elsewhere = extension.answers_on_wasmtime_44(200, "GET", "/search?q=a&tag=x", None);
        assert_eq!(elsewhere, json!({ "words": ["a"], "tags": ["x"] }));
    }
}

#[test]
fn storage_is_read_page_by_page() {
    let extension = built("storage-pages");
    let body = extension.answers(200, "GET", "/devices?skip=28&take=3", &[]);
    assert_eq!(body, json!({ "names": ["device 29", "device 30", "device 31"], "online": 20, "total": 60 }));
}

#[test]
fn a_webhooks_signature_is_checked() {
    for extension in built_twice("webhook") {
        let signed = |signature: &str, body: &str, status| {
            let header = format!("x-signature: sha256={signature}");
            extension.answers(status, "POST", "/hooks", &["--header", &header, "--body", body])
        };
        // Worked out with Node's `createHmac('sha256', 'Jefe')`.
        let signature = "79c30fbfb4afbe17c3efeea31f6109cdfbf642c477632203d2de477c1069c767";
        assert_eq!(signed(signature, r#"{"event":"paid"}"#, 200), json!({ "event": "paid" }));
        signed(signature, r#"{"event":"paid!"}"#, 401);
        signed(&signature.replace('1', "2"), r#"{"event":"paid"}"#, 401);
    }
}

#[test]
fn csv_and_markdown_are_read_by_packages() {
    for extension in built_twice("documents") {
        let table = "client,hours\n\"Contoso, Ltd\",1.5\nFabrikam,2\n\"Contoso, Ltd\",3\n";
        let body = extension.answers(200, "POST", "/table", &["--body", table]);
        assert_eq!(
            body["rows"],
            json!([{ "client": "Contoso, Ltd", "hours": 4.5 }, { "client": "Fabrikam", "hours": 2 }])
        );
        assert_eq!(body["csv"], "client,hours\r\n\"Contoso, Ltd\",4.5\r\nFabrikam,2");
        extension.answers(400, "POST", "/table", &["--body", "client,hours\n\"open,1\n"]);
        let page = extension.answers(200, "POST", "/page", &["--body", "# Plan\n\n1. **a** & `b`\n"]);
        assert_eq!(page, "<h1>Plan</h1>\n<ol>\n<li><strong>a</strong> &amp; <code>b</code></li>\n</ol>\n");
    }
}

#[test]
fn input_is_validated_by_a_schema() {
    for extension in built_twice("validation") {
        let body = r#"{ "title": " Printer ", "contact": { "phone": "+49" }, "due": "2026-01-02", "tags": ["a", "a", "b"] }"#;
        let ticket = extension.answers(201, "POST", "/tickets", &["--body", body]);
        let expected = json!({ "title": "Printer", "priority": "low", "contact": { "phone": "+49" }, "due": "2026-01-02T00:00:00.000Z", "tags": ["a", "b"] });
        assert_eq!(ticket, expected);
        let body = r#"{ "title": "x", "contact": "a@b", "tags": [1], "more": true }"#;
        let refused = extension.answers(422, "POST", "/tickets", &["--body", body]);
        let paths: Vec<&str> = refused["issues"]
            .as_array()
            .unwrap()
            .iter()
            .map(|issue| issue["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths, ["title", "contact", "tags.0", ""]);
        let body = r#"{ "title": "Router", "priority": "high", "contact": "a@b.co", "tags": [] }"#;
        let refused = extension.answers(422, "POST", "/tickets", &["--body", body]);
        assert_eq!(refused["issues"], json!([{ "path": "due", "message": "what is urgent has a date" }]));
    }
}

#[test]
fn dates_are_worked_out_by_a_package() {
    for extension in built_twice("dates") {
        let body = extension.answers(200, "GET", "/periods?from=2026-01-31&months=1", &[]);
        let expected = json!({ "to": "2026-02-28", "weeks": 5, "businessDays": 20, "words": "in 29 days", "german": "29 Tage" });
        assert_eq!(body, expected);
        extension.answers(400, "GET", "/periods?from=soon", &[]);
    }
}

#[test]
fn a_state_machine_of_generators_runs() {
    for extension in built_twice("state-machine") {
        let run =
            |events: Value| extension.answers(200, "POST", "/tickets/run", &["--body", &events.to_string()]);
        let body =
            run(json!(["reply", "assign", "reply", "reply", "close", "reopen", "assign", "close", "close"]));
        let expected = json!(["open", "open", "assigned", "waiting", "assigned", "closed", "open", "assigned", "closed", { "reopened": 1 }]);
        assert_eq!(body["seen"], expected);
        // What is cut short is cleaned up after; nothing is left of the call before.
        assert_eq!(run(json!(["assign", "reply"]))["log"], json!(["left while waiting"]));
    }
}

#[test]
fn a_megabyte_of_json_is_transformed() {
    let extension = built("transform");
    let assets: Vec<Value> = (0..8000)
        .map(|number| {
            json!({ "id": format!("asset-{number:05}"), "client": format!("client-{}", number % 7), "tags": ["windows", format!("site {}", number % 3)],
                "specs": { "cpu": number % 16, "memory": number % 64 }, "note": "ü".repeat(10) })
        })
        .collect();
    let body = json!({ "assets": assets }).to_string();
    assert!(body.len() > 1_000_000, "{}", body.len());
    let file = extension.sandbox.write("body.json", &body);
    let answer = extension.answers(200, "POST", "/transform", &["--body", &format!("@{}", file.display())]);
    assert_eq!(answer["count"], 8000);
    let clients = answer["clients"].as_array().unwrap();
    let of = |number: u64| (0..8000_u64).filter(move |asset| asset % 7 == number);
    let mut sums: Vec<(u64, String)> =
        (0..7).map(|number| (of(number).map(|asset| asset % 64).sum(), format!("client-{number}"))).collect();
    sums.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
    for (client, (sum, name)) in clients.iter().zip(&sums) {
        assert_eq!((&client["memory"], &client["client"]), (&json!(sum), &json!(name)));
        assert_eq!(client["tags"], json!(["site 0", "site 1", "site 2", "windows"]));
    }
    let first = &clients.iter().find(|client| client["client"] == "client-0").unwrap()["assets"][1];
    assert_eq!(
        *first,
        json!({ "client": "client-0", "tags": ["windows", "site 1"], "note": "ü".repeat(10), "key": "ASSET-00007", "cores": 14 })
    );
}

#[test]
fn a_scheduled_job_goes_on_after_a_failure_and_says_why() {
    for extension in built_twice("scheduled-job") {
        let answer = extension.invoke("POST", "/jobs/nightly", &["--body", r#"{"day":"2026-01-02"}"#]);
        assert_eq!(answer.body, json!({ "done": 2, "failed": 1, "stored": { "day": "2026-01-02" } }));
        let logs = answer.document["logs"].to_string();
        assert!(
            logs.contains("Unfinished: nothing came of bad-1") && logs.contains("src/handler.ts:13"),
            "{logs}"
        );
        assert!(logs.contains("caused by RangeError: no such client"), "{logs}");
    }
}

#[test]
fn a_rest_service_is_asked_again_and_given_up_in_time() {
    for extension in built_twice("rest-client") {
        // Every call begins with fresh data: the first reply is a 503.
        let found = extension.answers(200, "GET", "/tickets", &[]);
        assert_eq!(found, json!({ "titles": ["Printer", "Router"], "sent": 2 }));
        let found = extension.answers(200, "GET", "/tickets?state=closed", &[]);
        assert_eq!(found, json!({ "titles": [], "sent": 3 }));
        let made = extension.answers(201, "POST", "/tickets", &["--body", r#"{"title":"Switch"}"#]);
        assert_eq!(made, json!({ "id": 3, "title": "Switch" }));
        let missing = extension.answers(404, "GET", "/missing", &[]);
        let expected = json!({ "error": "the service answered 404", "problem": { "code": "no-such-thing" }, "tries": 1 });
        assert_eq!(missing, expected);
        let down = extension.answers(502, "GET", "/down", &[]);
        assert_eq!(down, json!({ "error": "the service answered 500", "problem": null, "tries": 3 }));
        let broken = extension.answers(502, "GET", "/broken", &[]);
        let words = "https://api.example/v1/broken answered something else than JSON: { \"half\": ";
        assert_eq!(broken, json!({ "error": "SyntaxError", "message": words, "sent": 1 }));
        assert_eq!(extension.answers(200, "GET", "/slow", &[]), json!({ "late": true }));
        let stuck = extension.answers(504, "GET", "/stuck", &[]);
        assert_eq!((&stuck["error"], &stuck["sent"]), (&json!("TimeoutError"), &json!(3)));
        let patience = extension.answers(504, "GET", "/patience", &[]);
        assert_eq!(patience["error"], "TimeoutError");
        let elsewhere = extension.answers(502, "GET", "/elsewhere", &[]);
        let message = elsewhere["message"].as_str().unwrap();
        assert!(
            message.starts_with(
                "fetch failed: GET to https://elsewhere.example/: `elsewhere.example` may not be asked"
            ),
            "{message}"
        );
        assert_eq!(elsewhere["sent"], 1, "what is forbidden is not asked for again");
    }
}
