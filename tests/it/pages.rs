//! The pages of templates and examples, used in a browser inside the host page of `dev`: they reach their handlers over
//! the bridge and can be read in light and dark.

use crate::extension::Extension;
use crate::harness::{self, Server};
use serde_json::{Value, json};
use std::path::Path;

/// What the page shows after these steps.
fn after(extension: &Extension, steps: &Value) -> String {
    let library = harness::tool("node/node_modules/playwright-core");
    let line = format!("-C {} dev --port 0 --no-watch", extension.path("").display());
    let mut server = Server::start(&extension.sandbox, &line);
    while server.next_event()["event"] != "swapped" {}
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/extension_page.mjs");
    let mut node = extension.sandbox.command("node");
    node.arg(script).arg(library).arg(&server.url).arg(steps.to_string());
    let seen = extension.sandbox.run_command(&mut node).ok().json();
    assert_eq!(seen["problems"], json!([]));
    assert_eq!(seen["theme"], json!({ "light": "light", "dark": "dark" }));
    assert_eq!(seen["contrast"], json!({ "light": [], "dark": [] }), "text is too faint");
    assert_eq!(seen["sideways"], 0, "a narrow page scrolls sideways");
    seen["text"].as_str().unwrap().to_owned()
}

#[test]
fn ui_reckons_what_a_visit_costs() {
    let extension = Extension::from_template("ui");
    let steps = json!([
        ["fill", "Minutes worked", "100"],
        ["choose", "Block", "30 minutes"],
        ["fill", "Rate per hour", "90"]
    ]);
    let text = after(&extension, &steps);
    assert!(text.contains("2 h") && text.contains("180.00"), "{text}");
}

#[test]
fn fullstack_adds_and_deletes_a_note() {
    let extension = Extension::from_template("fullstack");
    let steps = json!([
        ["see", "second access point"],
        ["fill", "New note", "Scanner geprüft – läuft"],
        ["click", "Add note"],
        ["see", "Note added."],
        ["click", "Delete the note: Contoso"],
        ["see", "Note deleted."],
    ]);
    let text = after(&extension, &steps);
    assert!(text.contains("Scanner geprüft – läuft") && !text.contains("Contoso"), "{text}");
}

#[test]
fn client_service_read_shows_lists_and_one_by_id() {
    let extension = Extension::from_example("client-service-read");
    let steps = json!([
        ["see", "Firewall appliance"],
        ["fill", "Search", "on"],
        ["click", "Search"],
        ["click", "On-site support"],
        ["see", "2f3a4b5c-6d7e-4f80-9bac-1d2e3f4a5b6c"],
        ["click", "Contoso Logistics"],
        ["see", "accounts@contoso.example"],
    ]);
    let text = after(&extension, &steps);
    assert!(text.contains("140.00 / hour") && !text.contains("Tailspin"), "{text}");
}

#[test]
fn manual_invoice_makes_a_draft_from_the_form() {
    let extension = Extension::from_example("manual-invoice");
    let steps = json!([
        ["see", "890.00"],
        ["choose", "Service", "On-site support"],
        ["fill", "Quantity", "1.5"],
        ["see", "210.00"],
        ["click", "Make the draft"],
        ["see", "made: "],
    ]);
    let text = after(&extension, &steps);
    assert!(text.contains("210.00 in total"), "{text}");
}

#[test]
fn webhook_relay_shows_what_was_sent_and_what_was_refused() {
    let extension = Extension::from_example("webhook-relay");
    let steps = json!([
        ["see", "Monitor flickers"],
        ["fill", "Ticket number", "1042"],
        ["click", "Send"],
        ["see", "Ticket 1042 was sent."],
        ["fill", "Ticket number", "9999"],
        ["click", "Send"],
        ["see", "no ticket 9999"],
    ]);
    let text = after(&extension, &steps);
    assert!(text.contains("VPN drops every hour"), "{text}");
}

#[test]
fn the_fullstack_example_decides_on_what_clients_order() {
    let extension = Extension::from_example("fullstack");
    let steps = json!([
        ["see", "What the clients order."],
        ["see", "Contoso Logistics, Ana Duarte"],
        ["click", "Decline"],
        ["see", "say why: the client reads it"],
        ["click", "Approve"],
        ["see", "Robin Meyer approved it: invoice INV-000001"],
    ]);
    let text = after(&extension, &steps);
    assert!(text.contains("The present one is under warranty until March."), "{text}");
}
