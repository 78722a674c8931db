//! The twelve host interfaces, called by guests through the command line: granted, denied, and in their bounds.

use crate::guests::{Arg, Ask, Dump, NO_SMALL, NO_TEXT, Word, ask, probe, small, text};
use crate::harness::Sandbox;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const MANIFEST: &str = r#"{
  "name": "com.acme.probe", "publisher": "acme", "version": "1.0.0", "runtime": "wasm-js@1",
  "ui": { "type": "iframe", "entry": "ui/index.html", "hooks": { "clientPortalMenu": { "label": "Probe" } } },
  "api": { "endpoints": [
    { "method": "GET", "path": "/run", "handler": "dist/main" },
    { "method": "POST", "path": "/sync", "handler": "dist/main" },
    { "method": "GET", "path": "/items/:id", "handler": "dist/main" }
  ] }
}"#;

/// What a probe brought home.
struct Seen {
    dump: Dump,
    document: Value,
}

impl Seen {
    /// The logs of the dev host itself, which explain what the guest cannot be told.
    fn explained(&self) -> String {
        let logs = self.document["logs"].as_array().unwrap();
        let own = logs.iter().filter(|log| log["stream"] == "host");
        own.filter_map(|log| log["message"].as_str()).collect::<Vec<_>>().join("\n")
    }

    /// How the recorded calls ended, in order.
    fn outcomes(&self) -> Vec<&str> {
        let calls = self.document["host_calls"].as_array().unwrap();
        calls.iter().map(|call| call["outcome"].as_str().unwrap()).collect()
    }
}

/// Runs a probe against this platform data; `more` are further arguments of `invoke`.
fn run(asks: &[Ask<'_>], data: &str, more: &[&str]) -> Seen {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("alga-ext.yaml", format!("build: {{ output: handler.wasm }}\n{data}"));
    sandbox.write("handler.wasm", probe(asks));
    let arguments = ["--format", "json", "invoke", "GET", "/run"].into_iter().chain(more.iter().copied());
    let document = sandbox.run_args(arguments).ok().json();
    // A memory of ASCII and zeros is text too.
    let bytes = match document["body"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => STANDARD.decode(document["body_base64"].as_str().unwrap()).unwrap(),
    };
    Seen { dump: Dump(bytes), document }
}

/// Every call is allowed but context, logging and user, which always are.
const GRANTED: &str = "grants: ['cap:secrets.get', 'cap:http.fetch', 'cap:storage.kv', 'cap:ui.proxy',
  'cap:scheduler.manage', 'cap:invoice.manual.create', 'cap:client.read', 'cap:service.read']
";

fn granted(data: &str) -> String {
    format!("{GRANTED}{data}")
}

const CLIENT: &str = "00000000-0000-4000-8000-00000000000a";
const SERVICE: &str = "00000000-0000-4000-8000-000000000001";

fn list_clients(page: i32) -> Ask<'static> {
    let arguments = NO_TEXT.into_iter().chain(NO_SMALL).chain(small(page)).chain(small(2));
    ask("clients", "list-clients", arguments)
}

fn list_services() -> Ask<'static> {
    let choices = [NO_SMALL, small(1), NO_SMALL, NO_SMALL, NO_SMALL];
    ask("services", "list-services", NO_TEXT.into_iter().chain(choices.into_iter().flatten()))
}

fn fetch(url: &str) -> Ask<'_> {
    let rest = [Arg::I32(0), Arg::I32(0), Arg::I32(0), Arg::I32(0), Arg::I32(0)];
    ask("http", "fetch", [Arg::Text("GET"), Arg::Text(url)].into_iter().chain(rest))
}

fn put<'a>(key: &'a str, value: &'a str, revision: Option<i64>) -> Ask<'a> {
    let revision = [Arg::I32(i32::from(revision.is_some())), Arg::I64(revision.unwrap_or(0))];
    ask("storage", "put", [Arg::Text("notes"), Arg::Text(key), Arg::Text(value)].into_iter().chain(revision))
}

fn get(key: &str) -> Ask<'_> {
    ask("storage", "get", [Arg::Text("notes"), Arg::Text(key)])
}

fn create_schedule<'a>(cron: &'a str, name: Option<&'a str>) -> Ask<'a> {
    let name: Vec<Arg<'a>> = name.map_or(NO_TEXT.to_vec(), |name| text(name).to_vec());
    let arguments = [Arg::Text("POST /sync"), Arg::Text(cron)].into_iter().chain(NO_TEXT).chain(NO_SMALL);
    ask("scheduler", "create-schedule", arguments.chain(name).chain(text(r#"{"full":true}"#)))
}

fn create_invoice<'a>(client: &'a str, items: &'a [Word<'a>]) -> Ask<'a> {
    let count = i32::from(!items.is_empty());
    let arguments = [Arg::Text(client), Arg::Memory(items), Arg::I32(count)];
    ask(
        "invoicing",
        "create-manual-invoice",
        arguments.into_iter().chain(NO_TEXT).chain(NO_TEXT).chain(NO_TEXT),
    )
}

#[test]
fn context_tells_whose_call_it_is() {
    let seen = run(&[ask("context", "get-context", [])], "tenant: { id: t-7 }", &[]);
    let at = Dump::result(0);
    assert_eq!(seen.dump.text(at + 12), "t-7");
    for id in [seen.dump.option(at), seen.dump.option(at + 28), seen.dump.option(at + 40)] {
        assert_eq!(id.unwrap().len(), 36);
    }
    assert_eq!(seen.dump.text(at + 20).len(), 36);
    assert_eq!(seen.outcomes(), ["ok"]);
}

#[test]
fn log_lines_are_kept_in_order_with_their_level() {
    let line = |function| ask("logging", function, [Arg::Text(function)]);
    let seen = run(&[line("log-info"), line("log-warn"), line("log-error")], "", &[]);
    let logs: Vec<_> = seen.document["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| (&log["level"], &log["message"]))
        .collect();
    let expected = [
        json!("info"),
        json!("log-info"),
        json!("warn"),
        json!("log-warn"),
        json!("error"),
        json!("log-error"),
    ];
    let flat: Vec<_> =
        logs.into_iter().flat_map(|(level, message)| [level.clone(), message.clone()]).collect();
    assert_eq!(flat, expected);
}

#[test]
fn the_user_is_the_one_the_data_names() {
    let asks = [ask("user", "get-user", []), ask("user-v2", "get-user", [])];
    let data = "tenant: { id: t-1, name: Acme MSP }
users:
  - { id: u-1, email: ann@acme.test, name: Ann }
  - { id: u-2, email: cy@client.test, name: Cy, type: client, client_id: c-9, fields: { locale: de, contact_id: k } }
";
    let seen = run(&asks, data, &["--user", "client"]);
    let (one, two) = (Dump::result(0), Dump::result(1));
    for at in [one, two] {
        let shown: Vec<String> = (0..6).map(|field| seen.dump.text(at + 4 + field * 8)).collect();
        assert_eq!(shown, ["t-1", "Acme MSP", "u-2", "cy@client.test", "Cy", "client"]);
    }
    assert_eq!(seen.dump.option(two + 52).as_deref(), Some("c-9"));
    let (fields, count) = seen.dump.list(two + 64);
    let pairs: Vec<_> = (0..count * 2).map(|part| seen.dump.text(fields + part * 8)).collect();
    assert_eq!(pairs, ["contact_id", "k", "locale", "de"], "sorted by key");
    assert_eq!(run(&asks, data, &[]).dump.text(one + 20), "u-1", "internal unless said otherwise");
    let nobody = run(&asks, data, &["--user", "none"]);
    assert_eq!(nobody.outcomes(), ["not-available", "not-available"]);
    assert_eq!((nobody.dump.u8(one), nobody.dump.u8(one + 4)), (1, 0));
}

#[test]
fn without_grants_every_interface_refuses_in_its_own_way() {
    let item = [Word::Text(SERVICE)];
    let id = [
        Word::Text(CLIENT),
        Word::U32(0),
        Word::U32(0),
        Word::U32(0),
        Word::U32(0),
        Word::U32(0),
        Word::U32(0),
    ];
    let update: Vec<Word<'_>> = id.into_iter().chain([Word::U32(0); 12]).collect();
    let asks = [
        ask("secrets", "get", [Arg::Text("k")]),
        ask("secrets", "list-keys", []),
        fetch("https://a.test/"),
        put("k", "v", None),
        get("k"),
        ask("storage", "delete", [Arg::Text("notes"), Arg::Text("k")]),
        ask("storage", "list-entries", [Arg::Text("notes")].into_iter().chain(NO_TEXT)),
        ask("ui-proxy", "call-route", [Arg::Text("/api/x")].into_iter().chain(NO_TEXT)),
        ask("scheduler", "list-schedules", []),
        ask("scheduler", "get-schedule", [Arg::Text(CLIENT)]),
        ask("scheduler", "get-endpoints", []),
        create_schedule("0 9 * * *", None),
        ask("scheduler", "update-schedule", [Arg::Memory(&update)]),
        ask("scheduler", "delete-schedule", [Arg::Text(CLIENT)]),
        create_invoice(CLIENT, &item[..0]),
        list_clients(1),
        ask("clients", "get-client", [Arg::Text(CLIENT)]),
        list_services(),
        ask("services", "get-service", [Arg::Text(SERVICE)]),
    ];
    let seen = run(&asks, "secrets: { k: v }\nhttp: { allow: [a.test] }", &[]);
    let dump = &seen.dump;
    let denied = |index: usize, payload: usize, case: u8| {
        let at = Dump::result(index);
        assert_eq!((dump.u8(at), dump.u8(at + payload)), (1, case), "call {index}");
    };
    denied(0, 4, 1);
    assert_eq!(dump.list(Dump::result(1)).1, 0);
    denied(2, 4, 1);
    denied(3, 8, 2);
    denied(4, 8, 2);
    denied(5, 1, 2);
    denied(6, 4, 2);
    denied(7, 4, 1);
    for index in 8..=10 {
        denied(index, 4, 3);
    }
    let scheduler = Some("Permission denied: cap:scheduler.manage not granted".to_owned());
    assert_eq!((dump.u8(Dump::result(11)), dump.option(Dump::result(11) + 16)), (0, scheduler.clone()));
    assert_eq!((dump.u8(Dump::result(12)), dump.option(Dump::result(12) + 4)), (0, scheduler.clone()));
    assert_eq!((dump.u8(Dump::result(13)), dump.option(Dump::result(13) + 4)), (0, scheduler));
    let invoicing = "Permission denied: cap:invoice.manual.create not granted";
    assert_eq!(dump.option(Dump::result(14) + 88).as_deref(), Some(invoicing));
    denied(15, 4, 0);
    denied(16, 4, 0);
    denied(17, 4, 0);
    denied(18, 8, 0);
    assert_eq!(seen.outcomes().len(), asks.len(), "denials are recorded too");
}

#[test]
fn secrets_are_read_and_their_values_recorded_nowhere() {
    let asks = [
        ask("secrets", "list-keys", []),
        ask("secrets", "get", [Arg::Text("api_key")]),
        ask("secrets", "get", [Arg::Text("API_KEY")]),
    ];
    let seen = run(&asks, &granted("secrets: { token: t0ken, api_key: hunter2 }"), &[]);
    let (keys, count) = seen.dump.list(Dump::result(0));
    let keys: Vec<String> = (0..count).map(|index| seen.dump.text(keys + index * 8)).collect();
    assert_eq!(keys, ["api_key", "token"]);
    assert_eq!((seen.dump.u8(Dump::result(1)), seen.dump.text(Dump::result(1) + 4)), (0, "hunter2".into()));
    assert_eq!(seen.outcomes(), ["ok", "ok", "missing"]);
    let record = format!("{}{}", seen.document["host_calls"], seen.document["logs"]);
    assert!(!record.contains("hunter2"), "{record}");
}

#[test]
fn stored_values_have_revisions_and_conflicts() {
    let delete = || ask("storage", "delete", [Arg::Text("notes"), Arg::Text("a")]);
    let asks = [
        put("a", "one", None),
        put("a", "two", Some(1)),
        put("a", "three", Some(1)),
        get("a"),
        delete(),
        delete(),
        get("a"),
        put("x/y", "v", None),
    ];
    let seen = run(&asks, &granted(""), &[]);
    assert_eq!(seen.outcomes(), ["ok", "ok", "conflict", "ok", "ok", "missing", "missing", "internal"]);
    let at = Dump::result(3);
    assert_eq!(
        (seen.dump.text(at + 16), seen.dump.text(at + 24), seen.dump.u64(at + 40)),
        ("a".into(), "two".into(), 2)
    );
    assert!(seen.explained().contains("the key `x/y` contains `/`"), "{}", seen.explained());
    let production = run(&asks, &granted(""), &["--as-production"]);
    assert_eq!(production.outcomes()[5], "conflict");
}

#[test]
fn a_guest_pages_through_storage_with_the_last_key_it_saw() {
    let rows = (0..30).map(|number| format!("k{number:02}: v")).collect::<Vec<_>>().join(", ");
    let cursor = URL_SAFE_NO_PAD.encode(r#"{"key":"k24"}"#);
    let asks = [
        ask("storage", "list-entries", [Arg::Text("notes")].into_iter().chain(NO_TEXT)),
        ask("storage", "list-entries", [Arg::Text("notes")].into_iter().chain(text(&cursor))),
        ask("storage", "list-entries", [Arg::Text("notes")].into_iter().chain(text("k24"))),
    ];
    let seen = run(&asks, &granted(&format!("storage: {{ notes: {{ {rows} }} }}")), &[]);
    let keys = |index: usize| -> Vec<String> {
        let (entries, count) = seen.dump.list(Dump::result(index) + 4);
        (0..count).map(|entry| seen.dump.text(entries + entry * 40 + 8)).collect()
    };
    assert_eq!((keys(0).len(), keys(0)[24].as_str()), (25, "k24"));
    assert_eq!(keys(1), ["k25", "k26", "k27", "k28", "k29"]);
    assert_eq!(seen.outcomes()[2], "internal");
    assert!(seen.explained().contains("base64url"), "{}", seen.explained());
}

#[test]
fn replies_answer_and_nothing_else_goes_out() {
    let asks = [fetch("https://api.test/v1/x?key=s3cret"), fetch("https://other.test/"), fetch("nonsense")];
    let data = "http: { replies: [{ url: 'https://api.test/*', status: 201, headers: { X-A: b }, body: { ok: true } }] }";
    let seen = run(&asks, &granted(data), &[]);
    let at = Dump::result(0);
    assert_eq!(
        (seen.dump.u8(at), seen.dump.u16(at + 4), seen.dump.text(at + 20)),
        (0, 201, r#"{"ok":true}"#.into())
    );
    let (header, count) = seen.dump.list(at + 8);
    assert_eq!((count, seen.dump.text(header), seen.dump.text(header + 8)), (1, "x-a".into(), "b".into()));
    assert_eq!(seen.outcomes(), ["ok", "not-allowed", "invalid-url"]);
    assert!(seen.explained().contains("`other.test` is not among `http.allow`"), "{}", seen.explained());
    assert_eq!(seen.document["host_calls"][0]["summary"], "GET https://api.test/v1/x?…");
}

#[test]
fn a_request_to_an_allowed_host_goes_out() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hello", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let count = stream.read(&mut asked).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
        String::from_utf8_lossy(&asked[..count]).into_owned()
    });
    let seen = run(&[fetch(&url)], &granted("http: { allow: [127.0.0.1] }"), &[]);
    let at = Dump::result(0);
    assert_eq!((seen.dump.u16(at + 4), seen.dump.text(at + 20)), (200, "hi".into()));
    assert!(server.join().unwrap().starts_with("GET /hello HTTP/1.1\r\n"));
}

#[test]
fn routes_answer_get_without_and_post_with_a_payload() {
    let call = |route, payload: Vec<Arg<'static>>| {
        ask("ui-proxy", "call-route", [Arg::Text(route)].into_iter().chain(payload))
    };
    let asks = [
        call("/api/tickets?page=1", NO_TEXT.to_vec()),
        call("/api/tickets", text("{}").to_vec()),
        call("/api/none", NO_TEXT.to_vec()),
        call("/api/../x", NO_TEXT.to_vec()),
    ];
    let data =
        "routes: [{ route: /api/tickets, method: GET, body: [1] }, { route: /api/tickets, status: 403 }]";
    let seen = run(&asks, &granted(data), &[]);
    assert_eq!(seen.dump.text(Dump::result(0) + 4), "[1]");
    assert_eq!(seen.outcomes(), ["ok", "denied", "route-not-found", "bad-request"]);
}

#[test]
fn schedules_are_made_read_changed_and_deleted() {
    let id = alga_ext::host::made_up_id(&["schedule", "com.acme.probe", "1"]);
    let none = [Word::U32(0); 3];
    let update: Vec<Word<'_>> = [Word::Text(&id)]
        .into_iter()
        .chain(none)
        .chain(none)
        .chain(none)
        .chain([Word::U32(1)])
        .chain(none)
        .chain(none)
        .collect();
    let asks = [
        create_schedule("0 9 * * 1", Some("weekly")),
        create_schedule("* * * * *", None),
        ask("scheduler", "update-schedule", [Arg::Memory(&update)]),
        ask("scheduler", "get-schedule", [Arg::Text(&id)]),
        ask("scheduler", "list-schedules", []),
        ask("scheduler", "get-endpoints", []),
        ask("scheduler", "delete-schedule", [Arg::Text(&id)]),
        ask("scheduler", "get-schedule", [Arg::Text(&id)]),
        ask("scheduler", "get-schedule", [Arg::Text("x")]),
        ask("scheduler", "delete-schedule", [Arg::Text(&id)]),
    ];
    let seen = run(&asks, &granted(""), &[]);
    let (dump, at) = (&seen.dump, Dump::result);
    assert_eq!((dump.u8(at(0)), dump.option(at(0) + 4)), (1, Some(id.clone())));
    let often = "Cron too frequent (minimum interval is 5 minutes)";
    assert_eq!((dump.u8(at(1)), dump.option(at(1) + 16).as_deref()), (0, Some(often)));
    assert_eq!(dump.option(at(1) + 28), Some(json!({ "cron": often }).to_string()));
    let row = at(3) + 8;
    assert_eq!((dump.u8(at(3)), dump.u8(at(3) + 4)), (0, 1));
    let shown = [dump.text(row + 8), dump.text(row + 16), dump.text(row + 36), dump.text(row + 44)];
    assert_eq!(shown, ["/sync", "POST", "0 9 * * 1", "UTC"]);
    assert_eq!(dump.option(row + 24).as_deref(), Some("weekly"), "what an update does not give stays");
    assert_eq!((dump.u8(row + 52), dump.option(row + 56)), (0, Some(r#"{"full":true}"#.into())), "paused");
    assert!(dump.option(row + 104).unwrap().ends_with('Z'));
    assert_eq!(dump.list(at(4) + 4).1, 1);
    let (endpoint, count) = dump.list(at(5) + 4);
    assert_eq!(
        (count, dump.text(endpoint + 16), dump.u8(endpoint + 32), dump.u8(endpoint + 72 + 32)),
        (3, "/run".into(), 1, 0)
    );
    assert_eq!((dump.u8(at(6)), dump.u8(at(7)), dump.u8(at(7) + 4)), (1, 0, 0), "deleted, and none is found");
    assert_eq!(seen.outcomes()[8], "validation-failed");
    assert_eq!(dump.option(at(9) + 4).as_deref(), Some("Schedule not found"));
    let production = run(&asks, &granted(""), &["--as-production"]);
    let named = r#"SchedulerError { code: 1, name: "validation-failed", message: "" }"#;
    assert_eq!(production.dump.option(at(1) + 16).as_deref(), Some(named));
    assert_eq!(production.dump.option(row + 24), None, "there an update clears what it does not give");
}

#[test]
fn an_invoice_is_made_of_known_clients_and_services() {
    let none = [Word::U32(0); 3];
    let item: Vec<Word<'_>> =
        [Word::Text(SERVICE), Word::F64(1.5), Word::Text("Consulting"), Word::F64(10_000.0), Word::U32(0)]
            .into_iter()
            .chain(none)
            .chain(none)
            .chain([Word::U32(0)])
            .collect();
    let asks = [create_invoice(CLIENT, &item), create_invoice(CLIENT, &[]), create_invoice(SERVICE, &item)];
    let data = granted(&format!("clients: [{{ id: {CLIENT} }}]\nservices: [{{ id: {SERVICE} }}]"));
    let seen = run(&asks, &data, &[]);
    let (dump, at) = (&seen.dump, Dump::result);
    assert_eq!(
        (dump.u8(at(0)), dump.option(at(0) + 16), dump.option(at(0) + 28)),
        (1, Some("INV-000001".into()), Some("draft".into()),)
    );
    let sums = [48, 64, 80].map(|field| dump.f64(at(0) + field).to_string());
    assert_eq!(sums, ["15000", "0", "15000"]);
    assert_eq!(dump.option(at(1) + 88).as_deref(), Some("Validation error"));
    assert_eq!(dump.option(at(1) + 100).as_deref(), Some(r#"{"items":"Must include at least one item"}"#));
    assert_eq!(dump.option(at(2) + 100).as_deref(), Some(r#"{"clientId":"Client not found"}"#));
    assert_eq!(seen.outcomes(), ["ok", "failed", "failed"]);
}

#[test]
fn clients_are_listed_by_page_and_read_by_id() {
    let asks = [
        list_clients(2),
        list_clients(0),
        ask("clients", "get-client", [Arg::Text(CLIENT)]),
        ask("clients", "get-client", [Arg::Text(SERVICE)]),
        ask("clients", "get-client", [Arg::Text("acme")]),
    ];
    let data = granted(&format!(
        "clients:
  - {{ id: {CLIENT}, name: Zeta, type: company, currency: EUR, billing_email: z@zeta.test }}
  - {{ name: Beta }}
  - {{ name: Alpha }}
  - {{ name: Gone, inactive: true }}
"
    ));
    let seen = run(&asks, &data, &["--user", "client"]);
    let (dump, at) = (&seen.dump, Dump::result);
    let (items, count) = dump.list(at(0) + 4);
    assert_eq!((count, dump.u32(at(0) + 12), dump.u32(at(0) + 16), dump.u32(at(0) + 20)), (1, 3, 2, 2));
    assert_eq!(dump.text(items + 8), "Zeta");
    let row = at(2) + 8;
    assert_eq!(
        (dump.u8(at(2) + 4), dump.text(row), dump.option(row + 16).as_deref()),
        (1, CLIENT.into(), Some("company"))
    );
    assert_eq!(
        (dump.option(row + 32).as_deref(), dump.option(row + 68).as_deref()),
        (Some("EUR"), Some("z@zeta.test"))
    );
    assert_eq!(seen.outcomes(), ["ok", "invalid-input", "ok", "ok", "invalid-input"]);
    assert_eq!(dump.u8(at(3) + 4), 0, "an unknown id is none");
    assert!(seen.explained().contains("sees all clients"), "{}", seen.explained());
}

#[test]
fn services_are_listed_and_read_by_id() {
    let asks = [list_services(), ask("services", "get-service", [Arg::Text(SERVICE)])];
    let data = granted(&format!(
        "services:
  - {{ id: {SERVICE}, name: Support, billing: hourly, rate: 9500, unit: hour, sku: S-1 }}
  - {{ name: Laptop, kind: product }}
  - {{ name: Old, active: false }}
"
    ));
    let seen = run(&asks, &data, &[]);
    let (dump, at) = (&seen.dump, Dump::result);
    let (items, count) = dump.list(at(0) + 4);
    assert_eq!((count, dump.text(items + 8), dump.u8(items + 16)), (2, "Laptop".into(), 1));
    let row = at(1) + 16;
    assert_eq!((dump.u8(at(1) + 8), dump.text(row + 8), dump.u8(row + 17)), (1, "Support".into(), 1));
    assert_eq!(
        (dump.f64(row + 48), dump.text(row + 56), dump.option(row + 68)),
        (9_500.0, "hour".into(), Some("S-1".into()))
    );
}

#[test]
fn a_user_without_the_permission_may_not_read() {
    let asks = [list_clients(1), list_services()];
    let data = granted("users: [{ id: u, permissions: ['extension:read', 'client:read'] }]");
    assert_eq!(run(&asks, &data, &[]).outcomes(), ["ok", "not-allowed"]);
    assert_eq!(run(&asks, &data, &["--user", "none"]).outcomes(), ["ok", "ok"], "a schedule has no roles");
}

#[test]
fn grants_come_from_the_manifest_unless_the_data_says_otherwise() {
    let unknown = "grants: ['cap:storage.kv', storage.kv]";
    let seen = run(&[get("k")], unknown, &[]);
    assert_eq!(seen.outcomes(), ["missing"]);
}
