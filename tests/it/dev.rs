//! `dev`: the gateway, the UI's files, taking up changes, and a clean end.

use crate::guests::{guest, respond};
use crate::harness::{Sandbox, Server};
use crate::http::{Answer, connect, get, send};
use serde_json::{Value, json};
use std::io::{Read, Write};

/// The manifest of the extension under test; `hooks` opens the client portal or does not.
pub(crate) fn manifest(hooks: &str) -> String {
    format!(
        r#"{{
  "name": "com.acme.probe", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
  "capabilities": ["cap:storage.kv"],
  "ui": {{ "type": "iframe", "entry": "ui/index.html", "hooks": {hooks} }},
  "api": {{ "endpoints": [
    {{ "method": "GET", "path": "/items", "handler": "dist/main" }},
    {{ "method": "POST", "path": "/items", "handler": "dist/main" }},
    {{ "method": "DELETE", "path": "/items/:id", "handler": "dist/main" }} ] }}
}}"#
    )
}

/// A project with this component and this platform data.
pub(crate) fn project(wasm: &[u8], data: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("alga-ext.yaml", format!("build: {{ output: handler.wasm }}\n{data}"));
    sandbox.write("handler.wasm", wasm);
    sandbox
}

/// A project with a UI and no handler.
fn ui_only() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("ui/index.html", "<p>hello</p>");
    sandbox.write("ui/app.js", "1");
    sandbox
}

/// Answers with the bytes of the request that lie at this offset as pointer and length, as `text/plain`.
pub(crate) fn echo(pointer: usize) -> Vec<u8> {
    let load = |at: usize| format!("(i32.load offset={at} (local.get $request))");
    guest("", 1, &respond(200, &load(pointer), &load(pointer + 4)))
}

/// Where method, URL and body lie in a request.
pub(crate) const METHOD: usize = 52;
pub(crate) const URL: usize = 60;
const BODY: usize = 80;

/// The next event of this name.
pub(crate) fn wait_for(server: &mut Server, name: &str) -> Value {
    loop {
        let event = server.next_event();
        if event["event"] == name {
            return event;
        }
    }
}

pub(crate) fn start(sandbox: &Sandbox, options: &str) -> Server {
    Server::start(sandbox, &format!("dev --port 0 {options}"))
}

/// The same, for a sandbox nobody needs but the server.
pub(crate) fn serve(sandbox: Sandbox, options: &str) -> (Server, Sandbox) {
    (start(&sandbox, options), sandbox)
}

pub(crate) fn state(server: &Server) -> Value {
    get(&server.url, "/__alga/state").json()
}

pub(crate) const PROBE: &str = "/api/ext/com.acme.probe";
pub(crate) const PROXY: &str = "/api/ext-proxy/com.acme.probe";

#[test]
fn the_gateway_answers_under_every_name_the_extension_has() {
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let first = get(&server.url, &format!("{PROXY}/items?q=a%20b"));
    assert_eq!((first.status, first.text().as_str()), (200, "/items?q=a+b"));
    assert_eq!(first.header("cache-control"), "no-store");
    let state = state(&server);
    let ids = [
        state["registry_id"].as_str().unwrap(),
        state["install_id"].as_str().unwrap(),
        "ACME.com.acme.probe",
    ];
    for id in ids {
        assert_eq!(get(&server.url, &format!("/api/ext/{id}/items")).status, 200, "{id}");
    }
    let other = get(&server.url, "/api/ext/com.acme.other/items");
    assert_eq!(other.refusal(), (404, "extension_not_available".into()));
}

#[test]
fn only_declared_endpoints_are_called_and_the_refusal_says_what_is_declared() {
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let refused = get(&server.url, &format!("{PROXY}/nowhere"));
    assert_eq!(refused.refusal(), (404, "endpoint_not_found".into()));
    assert!(refused.json()["detail"].as_str().unwrap().contains("`GET /items`"));
    let refused = send(&server.url, "PUT", &format!("{PROXY}/items"), &[], b"x");
    assert!(refused.json()["detail"].as_str().unwrap().contains("GET, POST, not for PUT"));
    let (production, _other) = serve(project(&echo(URL), ""), "--no-watch --as-production");
    assert_eq!(
        get(&production.url, &format!("{PROXY}/nowhere")).json(),
        json!({"error": "endpoint_not_found"})
    );
}

#[test]
fn a_post_may_mean_another_method_on_the_proxy_route_alone() {
    let (server, _sandbox) = serve(project(&echo(METHOD), ""), "--no-watch");
    let post = |path: &str, body: &[u8]| send(&server.url, "POST", path, &[], body);
    assert_eq!(post(&format!("{PROXY}/items/5?__method=delete"), b"").text(), "DELETE");
    assert_eq!(post(&format!("{PROXY}/items"), br#"{"__method":"GET"}"#).text(), "GET");
    assert_eq!(post(&format!("{PROBE}/items?__method=GET"), b"x").text(), "POST");
}

#[test]
fn users_are_let_in_as_the_platform_does() {
    let data = "users:\n  - { id: r, name: Rita, type: internal, permissions: ['extension:read'] }\n  \
                - { id: c, name: Carol, type: client, client_id: x }\n";
    let sandbox = project(&echo(URL), data);
    let server = start(&sandbox, "--no-watch");
    let ask = |method: &str, user: &str| {
        let body: &[u8] = if method == "POST" { b"x" } else { b"" };
        send(&server.url, method, &format!("{PROXY}/items"), &[("x-alga-dev-user", user)], body)
    };
    assert_eq!(ask("GET", "internal").status, 200);
    assert_eq!(ask("POST", "internal").refusal(), (403, "forbidden".into()));
    assert_eq!(ask("GET", "client").refusal(), (403, "forbidden".into()));
    assert_eq!(ask("GET", "none").refusal(), (401, "unauthenticated".into()));
    assert_eq!(ask("GET", "id:nobody").refusal(), (401, "unauthenticated".into()));
    let tenant = send(&server.url, "GET", &format!("{PROXY}/items"), &[("x-tenant-id", "other")], b"");
    assert_eq!(tenant.refusal(), (403, "tenant_mismatch".into()));
    drop(server);
    sandbox.write("manifest.json", manifest(r#"{ "clientPortalMenu": { "label": "Mine" } }"#));
    let server = start(&sandbox, "--no-watch");
    let cookie = [("cookie", "alga-dev-user=client")];
    assert_eq!(send(&server.url, "GET", &format!("{PROXY}/items"), &cookie, b"").status, 200);
}

#[test]
fn a_trap_says_why_and_on_the_platform_nothing() {
    let wasm = guest("", 1, "unreachable");
    let (server, _sandbox) = serve(project(&wasm, ""), "--no-watch");
    let trapped = get(&server.url, &format!("{PROXY}/items"));
    assert_eq!(trapped.refusal(), (500, "execute_failed".into()));
    assert!(trapped.json()["detail"].as_str().unwrap().contains("unreachable"), "{}", trapped.text());
    let (production, _other) = serve(project(&wasm, ""), "--no-watch --as-production");
    let trapped = get(&production.url, &format!("{PROXY}/items"));
    assert_eq!((trapped.status, trapped.text().as_str()), (500, ""));
}

#[test]
fn a_timeout_is_504_and_on_the_platform_502() {
    let (wasm, data) = (guest("", 1, "(loop (br 0)) unreachable"), "limits: { timeout_ms: 50 }");
    let (server, _sandbox) = serve(project(&wasm, data), "--no-watch");
    assert_eq!(get(&server.url, &format!("{PROXY}/items")).refusal(), (504, "gateway_timeout".into()));
    let (production, _other) = serve(project(&wasm, data), "--no-watch --as-production");
    let late = get(&production.url, &format!("{PROXY}/items"));
    assert_eq!(late.refusal(), (502, "bad_gateway".into()));
    assert!(late.json()["requestId"].is_string());
}

#[test]
fn the_direct_route_loses_the_handlers_headers_on_the_platform_alone() {
    let (production, _other) = serve(project(&echo(URL), ""), "--no-watch --as-production");
    let answer = get(&production.url, &format!("{PROBE}/items"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.header("cache-control").contains("immutable"));
    assert_eq!(get(&production.url, &format!("{PROXY}/items")).header("cache-control"), "no-store");
}

#[test]
fn calls_that_come_too_fast_are_limited_on_the_platform_alone() {
    let is_limited = |answer: &Answer| answer.status == 429 && answer.header("retry-after") == "1";
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    assert!(!(0..70).map(|_| get(&server.url, &format!("{PROXY}/items"))).any(|answer| is_limited(&answer)));
    let (production, _other) = serve(project(&echo(URL), ""), "--no-watch --as-production");
    // Sixty are let through at once and one more each second, however slow the machine is that sends them.
    let mut answers = (0..5000).map(|_| get(&production.url, &format!("{PROXY}/items")));
    assert_eq!(answers.position(|answer| is_limited(&answer)).map(|count| count >= 60), Some(true));
}

#[test]
fn a_call_without_a_body_has_an_empty_one_unless_it_only_reads() {
    // Answers with whether there is a body: the option's case.
    let wasm = guest("", 1, &respond(200, "(i32.add (local.get $request) (i32.const 76))", "(i32.const 1)"));
    let (server, _sandbox) = serve(project(&wasm, ""), "--no-watch");
    let case = |method: &str, route: &str, body: &[u8]| {
        send(&server.url, method, &format!("{route}/items"), &[], body).body
    };
    for route in [PROBE, PROXY] {
        assert_eq!((case("GET", route, b""), case("POST", route, b"")), (vec![0], vec![1]), "{route}");
    }
    let marker = br#"{"__method":"POST"}"#;
    assert_eq!((case("POST", PROXY, marker), case("POST", PROBE, marker)), (vec![0], vec![1]));
}

#[test]
fn bodies_reach_the_handler_up_to_ten_mebibytes() {
    let (server, _sandbox) = serve(project(&echo(BODY), ""), "--no-watch");
    let post = |length: usize| send(&server.url, "POST", &format!("{PROBE}/items"), &[], &vec![b'x'; length]);
    assert_eq!(post(5).text(), "xxxxx");
    for length in [10 * 1024 * 1024 + 1, 30 * 1024 * 1024] {
        assert_eq!(post(length).refusal(), (413, "payload_too_large".into()), "{length}");
    }
}

#[test]
fn the_ui_is_served_by_the_platforms_rules() {
    let (mut server, _sandbox) = serve(ui_only(), "--no-watch");
    let hash = wait_for(&mut server, "swapped")["hash"].as_str().unwrap().to_owned();
    assert_eq!(state(&server)["hash"], hash.as_str());
    let base = format!("/ext-ui/com.acme.probe/{hash}");
    let page = get(&server.url, &format!("{base}/index.html?path=%2F"));
    assert_eq!((page.status, page.text().as_str()), (200, "<p>hello</p>"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    let known = send(
        &server.url,
        "GET",
        &format!("{base}/index.html"),
        &[("if-none-match", page.header("etag"))],
        b"",
    );
    assert_eq!((known.status, known.text().as_str()), (304, ""));
    let encoded = format!("/runner{}/app.js", base.replace(':', "%3A"));
    assert_eq!(get(&server.url, &encoded).header("content-type"), "text/javascript");
    for (path, expected) in [
        ("some/route", 200),
        ("gone.js", 404),
        ("favicon.ico", 400),
        ("%2e%2e/manifest.json", 400),
        ("..%2fmanifest.json", 400),
        (".env", 400),
        ("a%5cb.js", 400),
        ("%00.js", 400),
        ("%ff", 400),
        ("", 404),
    ] {
        assert_eq!(get(&server.url, &format!("{base}/{path}")).status, expected, "{path}");
    }
    let old = get(&server.url, &format!("/ext-ui/com.acme.probe/sha256:{}/index.html", "0".repeat(64)));
    assert_eq!(old.status, 404);
    assert!(old.text().contains(&hash), "{}", old.text());
    assert_eq!(get(&server.url, "/ext-ui/com.acme.probe/latest/index.html").status, 400);
    let (production, _other) = serve(ui_only(), "--no-watch --as-production");
    let gone = get(&production.url, &format!("{base}/gone.js"));
    assert_eq!((gone.status, gone.header("content-type")), (200, "text/html"));
}

#[test]
fn without_a_handler_the_call_says_so() {
    let (server, _sandbox) = serve(ui_only(), "--no-watch");
    let answer = get(&server.url, &format!("{PROXY}/items"));
    assert_eq!(answer.refusal(), (502, "bundle_fetch_failed".into()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("no handler"));
}

#[test]
fn other_sites_are_kept_out() {
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let items = format!("{PROBE}/items");
    let foreign = send(&server.url, "POST", &items, &[("origin", "https://evil.example")], b"x");
    assert_eq!(foreign.refusal(), (403, "foreign_origin".into()));
    let sandboxed = send(&server.url, "GET", "/__alga/state", &[("origin", "null")], b"");
    assert_eq!(sandboxed.refusal(), (403, "foreign_origin".into()));
    assert_eq!(send(&server.url, "GET", &items, &[("sec-fetch-site", "cross-site")], b"").status, 403);
    assert_eq!(send(&server.url, "GET", "/", &[("host", "evil.example")], b"").status, 403);
    let own = server.url.clone();
    assert_eq!(send(&server.url, "POST", &items, &[("origin", own.as_str())], b"x").status, 200);
    let page = get(&server.url, "/");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
}

#[test]
fn what_is_no_http_ends_the_connection_and_nothing_else() {
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    for garbage in [&b"\0\x01\x02\xff\r\n\r\n"[..], b"GET / HTTP/9.9\r\n\r\n", b"GET  \r\n\r\n"] {
        let mut stream = connect(&server.url);
        let _ = stream.write_all(garbage);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let long = "x".repeat(100_000);
    assert_eq!(send(&server.url, "GET", &format!("/?{long}"), &[], b"").status / 100, 4);
    for path in
        ["/api/ext/%ff%fe/items", "/api/ext//", "/api/ext-proxy/%00", "/api/ext/com.acme.probe/%2e%2e/%00"]
    {
        assert_eq!(get(&server.url, path).status / 100, 4, "{path}");
    }
    assert_eq!(get(&server.url, &format!("{PROBE}/items")).status, 200);
}

#[test]
fn what_happens_is_told_on_the_stream_of_events() {
    let (mut server, _sandbox) = serve(project(&guest("", 1, "unreachable"), ""), "--no-watch");
    let sent = send(&server.url, "GET", &format!("{PROXY}/items"), &[("x-request-id", "mine")], b"");
    assert_eq!(sent.status, 500);
    let event = wait_for(&mut server, "request");
    assert_eq!(
        (&event["id"], &event["method"], &event["path"], &event["status"], &event["error"]),
        (&json!("mine"), &json!("GET"), &json!("/items"), &json!(500), &json!("execute_failed"))
    );
    let mut stream = connect(&server.url);
    let host = server.url.trim_start_matches("http://");
    write!(stream, "GET /__alga/events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !text.contains("\"mine\"") {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the stream ended: {text}");
        text += &String::from_utf8_lossy(&buffer[..count]);
    }
    assert!(text.contains("text/event-stream") && text.contains("\"event\":\"listening\""), "{text}");
}

#[test]
fn a_changed_ui_is_swapped_in_place_under_a_new_hash() {
    let sandbox = ui_only();
    let mut server = start(&sandbox, "");
    let before = wait_for(&mut server, "swapped")["hash"].as_str().unwrap().to_owned();
    sandbox.write("ui/index.html", "<p>changed</p>");
    let swapped = wait_for(&mut server, "swapped");
    assert_eq!(swapped["changed"], json!(["ui"]));
    let now = swapped["hash"].as_str().unwrap();
    assert_eq!(
        get(&server.url, &format!("/ext-ui/com.acme.probe/{now}/index.html")).text(),
        "<p>changed</p>"
    );
    assert_eq!(get(&server.url, &format!("/ext-ui/com.acme.probe/{before}/index.html")).status, 404);
}

#[test]
fn a_broken_manifest_keeps_the_last_good_one_and_mending_it_takes_the_new() {
    let sandbox = project(&echo(URL), "");
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    sandbox.write("manifest.json", "{ \"name\": ");
    let failed = wait_for(&mut server, "build_failed");
    assert!(failed["message"].as_str().unwrap().contains("line 1"), "{failed}");
    assert_eq!(failed["still_serving"], true);
    assert_eq!(get(&server.url, &format!("{PROBE}/items")).status, 200);
    assert!(state(&server)["problem"].is_string());
    sandbox.write("manifest.json", manifest("{}").replace("\"/items\"", "\"/things\""));
    wait_for(&mut server, "swapped");
    assert_eq!(get(&server.url, &format!("{PROBE}/things")).text(), "/things");
    assert_eq!(get(&server.url, &format!("{PROBE}/items")).status, 404);
    assert!(state(&server)["problem"].is_null());
}

#[test]
fn a_changed_handler_answers_in_place() {
    let sandbox = project(&echo(URL), "");
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    sandbox.write("handler.wasm", echo(METHOD));
    assert_eq!(wait_for(&mut server, "swapped")["changed"], json!(["handler"]));
    assert_eq!(get(&server.url, &format!("{PROBE}/items")).text(), "GET");
    sandbox.write("handler.wasm", "no wasm at all");
    assert_eq!(wait_for(&mut server, "build_failed")["still_serving"], true);
    assert_eq!(get(&server.url, &format!("{PROBE}/items")).text(), "GET");
}

#[test]
fn a_typescript_mistake_is_shown_and_stored_values_outlive_every_change() {
    let handler = |body: &str| {
        format!(
            "import {{ get, put }} from 'alga:extension/storage';\n\
             const answer = (text: string) => ({{ status: 200, headers: [], body: new TextEncoder().encode(text) }});\n\
             export function handler(request: any) {{\n{body}\n}}\n"
        )
    };
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    let put =
        "put({ namespace: 'n', key: 'k', value: new TextEncoder().encode('kept') });\nreturn answer('put');";
    sandbox.write("src/handler.ts", handler(put));
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    let ask = |server: &Server| get(&server.url, &format!("{PROXY}/items")).text();
    assert_eq!(ask(&server), "put");
    sandbox.write("src/handler.ts", handler("return answer('x'"));
    let failed = wait_for(&mut server, "build_failed");
    assert!(failed["message"].as_str().unwrap().contains("src/handler.ts:5"), "{failed}");
    assert_eq!(ask(&server), "put");
    sandbox.write("alga-ext.yaml", "tenant: { name: Renamed }\n");
    wait_for(&mut server, "swapped");
    let read = "return answer(new TextDecoder().decode(get('n', 'k').value));";
    sandbox.write("src/handler.ts", handler(read));
    wait_for(&mut server, "swapped");
    assert_eq!(ask(&server), "kept");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let run = ui_only().run(&format!("dev --port {port}")).expect_code(2);
    assert!(run.stderr.contains(&port.to_string()) && run.stderr.contains("--port 0"), "{}", run.stderr);
}

#[test]
#[cfg(unix)]
fn a_signal_ends_it_and_leaves_nothing() {
    let sandbox = project(&echo(URL), "");
    for signal in ["-INT", "-TERM"] {
        let mut server = start(&sandbox, "");
        wait_for(&mut server, "swapped");
        let mut follower = connect(&server.url);
        let host = server.url.trim_start_matches("http://");
        write!(follower, "GET /__alga/events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        follower.read_exact(&mut [0; 16]).unwrap();
        let killed = sandbox.command("kill").args([signal, &server.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(server.events.by_ref().all(|line| line.is_ok()));
        assert_eq!(server.wait(), Some(0), "{signal}");
    }
    let left: Vec<String> = fs_err::read_dir(sandbox.path("dist"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_request_inside_another_is_not_answered() {
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let host = server.url.trim_start_matches("http://");
    let inner = format!("GET {PROXY}/items?smuggled HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let head = format!("POST {PROBE}/items HTTP/1.1\r\nHost: {host}\r\n");
    // Whichever of the two lengths is believed, what follows the request is nobody's.
    let both = format!("{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}");
    for (request, status) in [
        (both, "200"),
        (format!("{head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello{inner}"), "400"),
        (format!("{head}Content-Length: +5\r\n\r\nhello{inner}"), "400"),
        (format!("{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{inner}"), "400"),
        (format!("{head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}"), "400"),
        (format!("{head}Host: evil.example\r\nConnection: close\r\n\r\n"), "403"),
        (head.replace(PROBE, &format!("http://evil.example{PROBE}")) + "Connection: close\r\n\r\n", "403"),
        (format!("{head}X-Long: {}\r\n\r\n", "a".repeat(400_000)), "431"),
    ] {
        let mut stream = connect(&server.url);
        // A server that has refused may break off what it did not read.
        let _ = stream.write_all(request.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.200}\n{answer}");
        assert!(!answer.contains("smuggled"), "{request:.200}\n{answer}");
    }
}
