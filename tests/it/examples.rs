//! Every example: validated, built, packed and called, as its README says.

use crate::dev;
use crate::extension::Extension;
use crate::http::send;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const CONTOSO: &str = "3b1f5f0a-9f0f-4a55-8d0e-6f1a2b3c4d5e";
const ON_SITE: &str = "2f3a4b5c-6d7e-4f80-9bac-1d2e3f4a5b6c";

fn names(items: &Value, key: &str) -> Vec<String> {
    items.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn client_service_read_lists_both_and_gets_one_of_each() {
    let extension = Extension::from_example("client-service-read");
    let files = extension.becomes_a_bundle();
    assert!(files.contains(&"ui/app.js".to_owned()), "{files:?}");
    let body = extension.answers(200, "GET", "/clients", &[]);
    assert_eq!(names(&body["items"], "clientName"), ["Contoso Logistics", "Fabrikam Dental", "Jamie Rivera"]);
    let body = extension.answers(200, "GET", "/clients?inactive=true&pageSize=2&page=2", &[]);
    assert_eq!((&body["totalCount"], &body["page"], &body["pageSize"]), (&json!(4), &json!(2), &json!(2)));
    let body = extension.answers(200, "GET", "/clients?search=fabrikam", &[]);
    assert_eq!(names(&body["items"], "clientName"), ["Fabrikam Dental"]);
    let body = extension.answers(200, "GET", &format!("/clients/{CONTOSO}"), &[]);
    assert_eq!(
        (&body["clientName"], &body["accountManagerName"]),
        (&json!("Contoso Logistics"), &json!("Robin Meyer"))
    );
    let body = extension.answers(200, "GET", "/services", &[]);
    assert_eq!(body["totalCount"], 4);
    let body = extension.answers(200, "GET", &format!("/services/{ON_SITE}"), &[]);
    assert_eq!((&body["billingMethod"], &body["defaultRate"]), (&json!("hourly"), &json!(14000)));

    extension.answers(404, "GET", "/services/00000000-0000-4000-8000-000000000000", &[]);
    extension.answers(400, "GET", "/clients?pageSize=101", &[]);
    extension.answers(400, "GET", "/clients?page=none", &[]);
    let ungranted = extension.sandbox.write("data.yaml", "grants: []\n");
    extension.answers(403, "GET", "/clients", &["--data", ungranted.to_str().unwrap()]);
    assert_eq!(
        extension.answers_on_wasmtime_44(200, "GET", "/clients/c-1", None)["clientName"],
        "Emerald City"
    );
}

#[test]
fn notes_come_in_pages_and_lose_no_words() {
    let extension = Extension::from_example("notes");
    extension.becomes_a_bundle();
    let body = extension.answers(200, "GET", "/notes", &[]);
    assert_eq!(body["notes"].as_array().unwrap().len(), 25);
    let next = body["next"].as_str().unwrap();
    let body = extension.answers(200, "GET", next, &[]);
    assert_eq!(names(&body["notes"], "id"), ["note-026", "note-027"]);
    assert_eq!(body["next"], Value::Null);

    let note = extension.answers(200, "GET", "/notes/note-002", &[]);
    let sent = json!({ "text": "Installed", "revision": note["revision"] }).to_string();
    let body = extension.answers(200, "PUT", "/notes/note-002", &["--body", &sent]);
    assert_eq!(body["revision"].as_u64(), note["revision"].as_u64().map(|revision| revision + 1));
    let stale = r#"{"text": "Installed", "revision": 7}"#;
    let body = extension.answers(409, "PUT", "/notes/note-002", &["--body", stale]);
    assert!(body["error"].as_str().unwrap().contains("somebody else"), "{body}");
    let body = extension.answers(200, "PUT", "/notes/brand-new", &["--body", r#"{"text": "ünïcode"}"#]);
    assert_eq!((&body["revision"], &body["text"]), (&json!(1), &json!("ünïcode")));
    extension.answers(400, "PUT", "/notes/note-002", &["--body", "not json"]);
    extension.answers(204, "DELETE", "/notes/note-002", &[]);
    extension.answers(404, "DELETE", "/notes/nobody", &[]);
    extension.answers(404, "GET", "/notes/nobody", &[]);
    let body = extension.answers_on_wasmtime_44(200, "PUT", "/notes/there", Some(r#"{"text": "kept"}"#));
    assert_eq!(body, json!({ "id": "there", "revision": 1, "text": "kept" }));
}

#[test]
fn manual_invoice_makes_a_draft_and_says_which_field_is_wrong() {
    let extension = Extension::from_example("manual-invoice");
    extension.becomes_a_bundle();
    let body = extension.answers(200, "GET", "/choices", &[]);
    assert_eq!(names(&body["services"], "serviceName"), ["Firewall appliance", "On-site support"]);
    let wanted =
        json!({ "clientId": CONTOSO, "serviceId": ON_SITE, "quantity": 1.5, "poNumber": "PO-7" }).to_string();
    let body = extension.answers(201, "POST", "/invoices", &["--body", &wanted]);
    assert_eq!((&body["status"], body["subtotal"].as_f64()), (&json!("draft"), Some(21000.0)), "{body}");
    let wanted = json!({ "clientId": CONTOSO, "serviceId": ON_SITE, "quantity": 0 }).to_string();
    let body = extension.answers(400, "POST", "/invoices", &["--body", &wanted]);
    assert!(body["fields"].to_string().contains("Must be > 0"), "{body}");
    extension.answers(400, "POST", "/invoices", &["--body", "{}"]);
    let wanted = r#"{"clientId": "c-1", "serviceId": "s-1", "quantity": 2}"#;
    assert_eq!(
        extension.answers_on_wasmtime_44(201, "POST", "/invoices", Some(wanted))["invoiceNumber"],
        "2026-0001"
    );
}

#[test]
fn scheduled_report_counts_every_page_and_answers_csv() {
    let extension = Extension::from_example("scheduled-report");
    extension.becomes_a_bundle();
    let body = extension.answers(200, "POST", "/setup", &[]);
    assert_eq!(body["made"], false, "the schedule of the data file is found: {body}");
    let empty = extension.sandbox.write("data.yaml", "tenant: { name: Empty }\n");
    let body = extension.answers(201, "POST", "/setup", &["--data", empty.to_str().unwrap()]);
    assert_eq!(body["made"], true);
    extension.answers(404, "GET", "/reports/latest", &["--data", empty.to_str().unwrap()]);

    let body = extension.answers(200, "POST", "/jobs/portfolio", &["--user", "none"]);
    assert_eq!(
        (&body["clients"], &body["currencies"]),
        (&json!(5), &json!({ "EUR": 2, "GBP": 1, "USD": 2 }))
    );
    let answer = extension.invoke("GET", "/reports/latest.csv", &[]);
    assert!(answer.document["headers"].to_string().contains("text/csv"), "{}", answer.document);
    let csv = answer.body.as_str().unwrap();
    assert!(csv.starts_with("figure,of,count\r\nclients,all,4\r\n"), "{csv}");

    // More clients than one page of 100 holds.
    let many: Vec<String> = (0..130)
        .map(|number| format!("  - {{ id: {number:08}-0000-4000-8000-000000000000, name: Client {number} }}"))
        .collect();
    let many = extension.sandbox.write("many.yaml", format!("clients:\n{}\n", many.join("\n")));
    let body = extension.answers(200, "POST", "/jobs/portfolio", &["--data", many.to_str().unwrap()]);
    assert_eq!(body["clients"], 130);
    let body = extension.answers_on_wasmtime_44(200, "POST", "/jobs/portfolio", None);
    assert_eq!((&body["clients"], &body["billing"]), (&json!(1), &json!({ "usage": 1 })));
}

#[test]
fn webhook_relay_sends_a_ticket_on_and_names_each_failure() {
    let extension = Extension::from_example("webhook-relay");
    extension.becomes_a_bundle();
    let body = extension.answers(201, "POST", "/relay/1042", &[]);
    assert_eq!((&body["title"], &body["status"]), (&json!("VPN drops every hour"), &json!(202)));
    extension.answers(404, "POST", "/relay/9999", &[]);
    let body = extension.answers(200, "GET", "/deliveries", &[]);
    assert_eq!(names(&body["deliveries"], "ticket"), ["1031"]);
    extension.answers_on_wasmtime_44(404, "POST", "/relay/1042", None);
    let route =
        "routes: [{ route: /api/v1/tickets/*, body: { data: { ticket_number: \"7\", title: Seven } } }]\n";
    for (data, status) in [
        (route.to_owned(), 503),
        (format!("{route}secrets: {{ webhook_token: x }}\n"), 403),
        (
            format!(
                "{route}secrets: {{ webhook_token: x }}\nhttp: {{ replies: [{{ url: https://hooks.example.com/*, status: 500 }}], allow: [hooks.example.com] }}\n"
            ),
            502,
        ),
    ] {
        let file = extension.sandbox.write("data.yaml", &data);
        extension.answers(status, "POST", "/relay/7", &["--data", file.to_str().unwrap()]);
    }
}

#[test]
fn fullstack_lets_clients_order_and_the_team_decide_once() {
    let extension = Extension::from_example("fullstack");
    let files = extension.becomes_a_bundle();
    assert!(files.contains(&"ui/orders.js".to_owned()), "{files:?}");
    let client: &[&str] = &["--user", "client"];
    let started = extension.answers(200, "GET", "/start", client);
    assert_eq!((&started["side"], &started["name"]), (&json!("client"), &json!("Ana Duarte")));
    assert_eq!(names(&started["products"], "name"), ["Docking station", "Firewall appliance"]);
    let firewall = started["products"][1]["id"].clone();

    let all = extension.answers(200, "GET", "/orders", &[]);
    assert_eq!(names(&all["orders"], "company"), ["Contoso Logistics", "Fabrikam Dental"]);
    let own = extension.answers(200, "GET", "/orders", client);
    assert_eq!(names(&own["orders"], "id"), ["8236123440000-contoso1"]);

    let wish = json!({ "productId": firewall, "quantity": 2, "note": " für die Filiale " }).to_string();
    let made = extension.answers(201, "POST", "/orders", &["--user", "client", "--body", &wish]);
    assert_eq!((&made["state"], &made["note"]), (&json!("open"), &json!("für die Filiale")));
    extension.answers(403, "POST", "/orders", &["--body", &wish]);
    for (wrong, why) in [
        ("{}", "choose a product"),
        (r#"{"productId": "none", "quantity": 1}"#, "no product none"),
        (r#"{"productId": "none", "quantity": 0}"#, "1 to 100"),
        ("no json", "JSON object"),
    ] {
        let body = extension.answers(400, "POST", "/orders", &["--user", "client", "--body", wrong]);
        assert!(body["error"].as_str().unwrap().contains(why), "{body}");
    }

    let order = "/orders/8236123440000-contoso1";
    let approved = extension.answers(200, "POST", &format!("{order}/approve"), &[]);
    assert_eq!(
        (&approved["state"], &approved["decidedBy"], approved["total"].as_f64()),
        (&json!("approved"), &json!("Robin Meyer"), Some(71600.0)),
        "{approved}"
    );
    extension.answers(403, "POST", &format!("{order}/approve"), client);
    extension.answers(400, "POST", &format!("{order}/decline"), &["--body", "{}"]);
    extension.answers(409, "POST", "/orders/8236209840000-fabrika1/approve", &[]);
    extension.answers(404, "POST", "/orders/8000000000000-nobody/approve", &[]);
    extension.answers_on_wasmtime_44(404, "POST", "/orders/nobody/approve", None);
}

#[test]
fn an_order_whose_invoice_is_refused_stays_open_and_can_be_approved_later() {
    let extension = Extension::from_example("fullstack");
    let data = fs_err::read_to_string(extension.path("alga-ext.yaml")).unwrap();
    let without = data.replacen(&format!("- id: {CONTOSO}"), "- id: 00000000-0000-4000-8000-000000000000", 1);
    fs_err::write(extension.path("alga-ext.yaml"), without).unwrap();
    let mut server = dev::start(&extension.sandbox, "-C examples/fullstack");
    dev::wait_for(&mut server, "swapped");
    let url = server.url.clone();
    let call = |method: &str, path: &str| {
        send(&url, method, &format!("/api/ext-proxy/com.northwind.equipment{path}"), &[], b"")
    };
    let approve = "/orders/8236123440000-contoso1/approve";
    for _ in 0..2 {
        let (status, error) = call("POST", approve).refusal();
        assert!(status == 502 && error.contains("Client not found"), "{status} {error}");
        assert_eq!(call("GET", "/orders").json()["orders"][0]["state"], "open");
    }
    fs_err::write(extension.path("alga-ext.yaml"), data).unwrap();
    dev::wait_for(&mut server, "swapped");
    assert_eq!(call("POST", approve).json()["invoiceNumber"], "INV-000001");
    assert_eq!(call("POST", approve).status, 409);
}

#[test]
fn rust_counter_counts() {
    let extension = Extension::from_example("rust-counter");
    assert_eq!(extension.becomes_a_bundle(), ["dist/main.wasm", "manifest.json"]);
    let body = extension.answers(200, "GET", "/counters", &[]);
    let counters = json!([{ "name": "onboarded", "count": 12 }, { "name": "visits", "count": 41 }]);
    assert_eq!(body["counters"], counters);
    assert_eq!(extension.answers(200, "POST", "/counters/visits", &[])["count"], 42);
    assert_eq!(extension.answers(200, "POST", "/counters/brand-new", &[])["count"], 1);
    extension.answers(404, "GET", "/counters/nobody", &[]);
    extension.answers(400, "GET", "/counters/%22", &[]);
    let body = extension.answers_on_wasmtime_44(200, "POST", "/counters/there", None);
    assert_eq!(body, json!({ "name": "there", "count": 1 }));
}

#[test]
fn every_example_is_tested_and_has_what_it_takes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let found: BTreeSet<String> = fs_err::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let tested = include_str!("examples.rs");
    for name in &found {
        assert!(tested.contains(&format!("from_example(\"{name}\")")), "{name} has no test");
        for file in ["manifest.json", "alga-ext.yaml", "README.md"] {
            assert!(folder.join(name).join(file).is_file(), "{name} has no {file}");
        }
    }
    assert!(found.len() >= 5, "{found:?}");
}

/// Pages look and talk alike: what they share is one text, wherever it lies.
#[test]
fn every_page_has_the_same_look_and_bridge() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["alga.css", "bridge.js"] {
        let first = fs_err::read_to_string(repository.join("templates/ui/content/ui").join(file)).unwrap();
        for other in [
            "templates/fullstack/content",
            "examples/client-service-read",
            "examples/fullstack",
            "examples/manual-invoice",
            "examples/webhook-relay",
        ] {
            let copy = repository.join(other).join("ui").join(file);
            assert_eq!(fs_err::read_to_string(&copy).unwrap(), first, "{}", copy.display());
        }
    }
}
