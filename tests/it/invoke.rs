//! `invoke`: what the guest gets, what it may answer, and every way it can fail to.

use crate::guests::{component, guest, respond};
use crate::harness::{Run, Sandbox};
use serde_json::{Value, json};

const MANIFEST: &str = r#"{
  "name": "com.acme.probe", "publisher": "acme", "version": "1.0.0", "runtime": "wasm-js@1",
  "api": { "endpoints": [
    { "method": "GET", "path": "/items", "handler": "dist/main" },
    { "method": "POST", "path": "/items", "handler": "dist/main" },
    { "method": "GET", "path": "/items/:id", "handler": "dist/main" }
  ] }
}"#;

/// A project whose handler is this component, with this platform data.
fn project(wasm: &[u8], data: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("alga-ext.yaml", format!("build: {{ output: handler.wasm }}\n{data}"));
    sandbox.write("handler.wasm", wasm);
    sandbox
}

fn invoke(sandbox: &Sandbox, line: &str) -> Run {
    sandbox.run_args(["--format", "json", "invoke"].into_iter().chain(line.split_whitespace()))
}

/// The failure of one GET, which ends with 1.
fn failure(wasm: &[u8], data: &str) -> Value {
    let run = invoke(&project(wasm, data), "GET /items").expect_code(1);
    let document = run.json();
    assert_eq!((&document["status"], &document["body"]), (&Value::Null, &Value::Null));
    document["error"].clone()
}

/// Answers with the bytes of the request that lie at this offset as pointer and length.
fn echo(pointer: usize) -> Vec<u8> {
    let load = |at: usize| format!("(i32.load offset={at} (local.get $request))");
    guest("", 1, &respond(200, &load(pointer), &load(pointer + 4)))
}

#[test]
fn the_guest_gets_the_path_and_the_query_as_the_runner_writes_it() {
    let sandbox = project(&echo(60), "");
    for (target, expected) in [
        ("/items", "/items"),
        ("items", "/items"),
        ("/items?q=a%20b&x=%C3%A9", "/items?q=a+b&x=%C3%A9"),
        ("/items?a=1&b=2&a=3", "/items?a=3&b=2"),
        ("/items?", "/items"),
        ("/items/5?x", "/items/5?x="),
    ] {
        let document = invoke(&sandbox, &format!("GET {target}")).ok().json();
        assert_eq!(document["body"], expected, "{target}");
    }
    let repeated = invoke(&sandbox, "GET /items?a=1&a=3").ok();
    assert!(repeated.stderr.contains("one value of `a`"), "{}", repeated.stderr);
}

#[test]
fn method_body_and_context_arrive() {
    assert_eq!(invoke(&project(&echo(52), ""), "post /items").ok().json()["body"], "POST");
    let sandbox = project(&echo(80), "");
    sandbox.write("body.json", r#"{"a":1}"#);
    assert_eq!(invoke(&sandbox, "POST /items --body hello").ok().json()["body"], "hello");
    assert_eq!(invoke(&sandbox, "POST /items --body @body.json").ok().json()["body"], r#"{"a":1}"#);
    let missing = invoke(&sandbox, "POST /items --body @nothing.json").expect_code(2);
    assert!(missing.stderr.contains("nothing.json"), "{}", missing.stderr);
    let tenant = project(&echo(12), "tenant: { id: t-42 }");
    assert_eq!(invoke(&tenant, "GET /items").ok().json()["body"], "t-42");
}

/// A guest that answers with the value of the header at this place.
fn header_value(index: usize) -> Vec<u8> {
    let load = |at: usize| {
        format!("(i32.load offset={at} (i32.load offset=68 (local.get $request)))", at = index * 16 + at)
    };
    guest("", 1, &respond(200, &load(8), &load(12)))
}

#[test]
fn headers_given_come_first_and_those_the_gateway_drops_are_named() {
    let sandbox = project(&header_value(0), "");
    let run = sandbox.run_args(["--format", "json", "invoke", "GET", "/items", "-H", "X-Own: 1"]).ok();
    assert_eq!(run.json()["body"], "1");
    assert!(run.stderr.contains("`x-own`"), "{}", run.stderr);
    let args = [
        "--format",
        "json",
        "invoke",
        "GET",
        "/items",
        "-H",
        "X-Own: 1",
        "-H",
        "Accept: a/b",
        "--as-production",
    ];
    assert_eq!(sandbox.run_args(args).ok().json()["body"], "a/b", "in production it does not arrive");
    let wrong = sandbox.run_args(["invoke", "GET", "/items", "-H", "nonsense"]).expect_code(2);
    assert!(wrong.stderr.contains("`nonsense` is no header"), "{}", wrong.stderr);
}

#[test]
fn an_answer_is_printed_as_a_status_line_headers_and_the_body() {
    let wasm = component(
        r#"(module
  (memory (export "memory") 1)
  (data (i32.const 64) "Content-Typetext/plainhello")
  (data (i32.const 128) "\40\00\00\00\0c\00\00\00\4c\00\00\00\0a\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "handler") (param i32) (result i32)
    (i32.store16 (i32.const 16) (i32.const 418))
    (i32.store (i32.const 20) (i32.const 128)) (i32.store (i32.const 24) (i32.const 1))
    (i32.store8 (i32.const 28) (i32.const 1))
    (i32.store (i32.const 32) (i32.const 86)) (i32.store (i32.const 36) (i32.const 5))
    (i32.const 16)))"#,
    );
    let sandbox = project(&wasm, "");
    let run = sandbox.run("invoke GET /items").ok();
    assert_eq!(run.stdout, "HTTP 418\nContent-Type: text/plain\n\nhello\n");
    let document = invoke(&sandbox, "GET /items").ok().json();
    assert_eq!(document["status"], 418);
    assert_eq!(document["headers"], json!({ "Content-Type": "text/plain" }));
    assert_eq!(document["error"], Value::Null);
    assert!(document["duration_us"].as_u64().unwrap() > 0);
    assert_eq!((&document["host_calls"], &document["logs"]), (&json!([]), &json!([])));
}

#[test]
fn a_body_that_is_no_text_is_base64_and_none_is_null() {
    let bytes = guest(
        "",
        1,
        "(i32.store (i32.const 64) (i32.const 0xfffe)) (i32.store16 (i32.const 16) (i32.const 200))
        (i32.store8 (i32.const 28) (i32.const 1)) (i32.store (i32.const 32) (i32.const 64))
        (i32.store (i32.const 36) (i32.const 2)) (i32.const 16)",
    );
    let document = invoke(&project(&bytes, ""), "GET /items").ok().json();
    assert_eq!((&document["body_base64"], document.get("body")), (&json!("/v8="), None));
    let none = guest("", 1, "(i32.store16 (i32.const 16) (i32.const 204)) (i32.const 16)");
    let document = invoke(&project(&none, ""), "GET /items").ok().json();
    assert_eq!((&document["status"], document.get("body")), (&json!(204), Some(&Value::Null)));
}

#[test]
fn an_undeclared_endpoint_is_answered_by_the_gateway() {
    let sandbox = project(&echo(60), "");
    let traced = r#""endpoints": [{ "method": "TRACE", "path": "/traced", "handler": "dist/main" }, "#;
    sandbox.write("manifest.json", MANIFEST.replace("\"endpoints\": [", traced));
    for (line, why) in [
        ("GET /other", "`GET /items/:id`"),
        ("GET /items/1/2", "`GET /items/:id`"),
        ("GET /Items", "`GET /items/:id`"),
        ("DELETE /items", "`/items` is declared for GET, POST, not for DELETE"),
        ("TRACE /traced", "the gateway has no method `TRACE`"),
    ] {
        let run = invoke(&sandbox, line).ok();
        assert_eq!(run.json()["status"], 404, "{line}");
        assert_eq!(run.json()["body"], r#"{"error":"endpoint_not_found"}"#);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
}

#[test]
fn users_are_let_in_as_the_gateway_does() {
    let data =
        "users:\n  - { id: r, permissions: ['extension:read'] }\n  - { id: c, type: client, client_id: x }\n";
    let sandbox = project(&echo(52), data);
    let status = |line: &str| invoke(&sandbox, line).ok().json()["status"].clone();
    assert_eq!((status("GET /items"), status("POST /items")), (json!(200), json!(403)));
    assert_eq!(
        (status("GET /items --user client"), status("POST /items --user none")),
        (json!(403), json!(200))
    );
    assert_eq!(status("GET /nowhere --user none"), 404);
    let refused = invoke(&sandbox, "GET /items --user client").ok();
    assert_eq!(refused.json()["body"], r#"{"error":"forbidden"}"#);
    assert!(refused.stderr.contains("`ui.hooks.clientPortalMenu.label`"), "{}", refused.stderr);
    let ui =
        r#""ui": { "entry": "ui/index.html", "hooks": { "clientPortalMenu": { "label": "Mine" } } }, "api""#;
    sandbox.write("manifest.json", MANIFEST.replace("\"api\"", ui));
    assert_eq!(status("GET /items --user client"), 200);
    assert_eq!(status("GET /items -H x-alga-tenant:other"), 403);
}

#[test]
fn a_body_and_a_key_reach_the_handler_as_from_the_gateway() {
    // Answers with whether there is a body: the option's case.
    let case = guest("", 1, &respond(200, "(i32.add (local.get $request) (i32.const 76))", "(i32.const 1)"));
    let sandbox = project(&case, "");
    let body = |line: &str| invoke(&sandbox, line).ok().json()["body"].clone();
    assert_eq!((body("GET /items --body x"), body("HEAD /items --body x")), (json!("\0"), json!("\0")));
    assert_eq!((body("POST /items --body x"), body("POST /items")), (json!("\u{1}"), json!("\u{1}")));
    let dropped = invoke(&sandbox, "GET /items --body x").ok();
    assert!(dropped.stderr.contains("drops the body of a GET"), "{}", dropped.stderr);
    // Answers with how many headers there are.
    let count = guest("", 1, &respond(200, "(i32.add (local.get $request) (i32.const 72))", "(i32.const 1)"));
    let sandbox = project(&count, "");
    let count = |line: &str| invoke(&sandbox, line).ok().json()["body"].clone();
    assert_eq!((count("GET /items"), count("HEAD /items")), (json!("\u{3}"), json!("\u{3}")));
    assert_eq!(count("POST /items"), "\u{4}", "with a key");
    let sandbox = project(&echo(52), "");
    assert_eq!(invoke(&sandbox, "POST /items?__method=get").ok().json()["body"], "GET");
}

#[test]
fn what_a_guest_writes_cannot_take_hold_of_the_terminal() {
    let imports = "(import \"alga:extension/logging\" \"log-info\" (func $log (param i32 i32)))";
    let module = format!(
        r#"(module {imports} (memory (export "memory") 1)
  (data (i32.const 64) "x-a\1b[2J") (data (i32.const 80) "a\0d\0aforged: 1") (data (i32.const 112) "raw\1b[0m")
  (data (i32.const 128) "\40\00\00\00\07\00\00\00\50\00\00\00\0c\00\00\00")
  (data (i32.const 256) "one\1b]0;title\07\0atwo")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "handler") (param i32) (result i32)
    (call $log (i32.const 256) (i32.const 17))
    (i32.store16 (i32.const 16) (i32.const 200))
    (i32.store (i32.const 20) (i32.const 128)) (i32.store (i32.const 24) (i32.const 1))
    (i32.store8 (i32.const 28) (i32.const 1))
    (i32.store (i32.const 32) (i32.const 112)) (i32.store (i32.const 36) (i32.const 7))
    (i32.const 16)))"#
    );
    let run = project(&component(&module), "").run("-v invoke GET /items").ok();
    assert!(!run.stderr.chars().any(|letter| letter.is_control() && letter != '\n'), "{:?}", run.stderr);
    assert!(run.stderr.contains("one\\u{1b}]0;title\\u{7}\ntwo"), "{:?}", run.stderr);
    let (head, body) = run.stdout.split_once("\n\n").unwrap();
    assert_eq!(head, "HTTP 200\nx-a\\u{1b}[2J: a\\r\\nforged: 1");
    assert_eq!(body, "raw\u{1b}[0m\n", "the body is the answer");
}

#[test]
fn a_trap_names_its_reason() {
    for (handler, message) in [
        ("unreachable", "the handler trapped: `unreachable` was reached"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "the handler trapped: integer divide by zero"),
        ("(i32.load (i32.const -4))", "the handler trapped: out of bounds memory access"),
        ("(call $again) (i32.const 16)", "the handler trapped: the call stack is exhausted"),
    ] {
        let imports = if handler.contains("$again") { "(func $again (call $again))" } else { "" };
        let failure = failure(&guest(imports, 1, handler), "");
        assert_eq!((&failure["kind"], &failure["message"]), (&json!("trap"), &json!(message)));
        assert!(failure["detail"].as_str().unwrap().starts_with("at "), "{failure}");
    }
}

#[test]
fn a_trap_is_an_error_on_the_terminal() {
    let run = project(&guest("", 1, "unreachable"), "").run("invoke GET /items").expect_code(1);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("error: the handler trapped: `unreachable` was reached"), "{}", run.stderr);
}

#[test]
fn the_last_words_of_a_guest_are_the_reason_of_its_trap() {
    let words = "uncaught Error: boom\n    at handler (src/handler.ts:3)";
    let escaped = words.replace('\n', "\\0a");
    let imports = "(import \"alga:extension/logging\" \"log-error\" (func $log (param i32 i32)))";
    let handler = format!("(call $log (i32.const 8192) (i32.const {})) unreachable", words.len());
    let module = format!(
        "(module {imports} (memory (export \"memory\") 1) (data (i32.const 8192) \"{escaped}\")
        (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
        (func (export \"handler\") (param i32) (result i32) {handler}))"
    );
    let failure = failure(&component(&module), "");
    assert_eq!(failure["message"], "the handler trapped: Error: boom");
    assert_eq!(failure["detail"], words);
}

#[test]
fn an_endless_loop_ends_when_the_time_is_up() {
    let failure = failure(&guest("", 1, "(loop (br 0)) unreachable"), "limits: { timeout_ms: 60 }");
    assert_eq!(
        (&failure["kind"], &failure["message"]),
        (&json!("timeout"), &json!("the time limit of 60 ms was reached"),)
    );
}

#[test]
fn the_time_bounds_host_calls_too() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/slow", silent.local_addr().unwrap());
    let imports = "(import \"alga:extension/http\" \"fetch\"
        (func $fetch (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))";
    let module = format!(
        "(module {imports} (memory (export \"memory\") 1) (data (i32.const 8192) \"GET{url}\")
        (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
        (func (export \"handler\") (param i32) (result i32)
          (call $fetch (i32.const 8192) (i32.const 3) (i32.const 8195) (i32.const {}) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024))
          (i32.const 16)))",
        url.len()
    );
    let data = "grants: ['cap:http.fetch']\nhttp: { allow: [127.0.0.1] }\nlimits: { timeout_ms: 100 }";
    let run = invoke(&project(&component(&module), data), "GET /items").expect_code(1);
    let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(
        message,
        format!("the time limit of 100 ms was reached, waiting for `http.fetch` (GET {url})")
    );
    assert_eq!(run.json()["host_calls"][0]["outcome"], "unfinished");
}

#[test]
fn memory_has_a_limit() {
    let grow = guest(
        "",
        1,
        "(if (i32.eq (memory.grow (i32.const 32)) (i32.const -1)) (then unreachable))
        (i32.store16 (i32.const 16) (i32.const 200)) (i32.const 16)",
    );
    let refused = failure(&grow, "limits: { memory_mb: 2 }");
    assert_eq!(
        (&refused["kind"], &refused["message"]),
        (&json!("memory"), &json!("the memory limit of 2 MiB was reached: the guest asked for 3 MiB"),)
    );
    let enough = invoke(&project(&grow, "limits: { memory_mb: 3 }"), "GET /items").ok().json();
    assert_eq!((&enough["status"], &enough["peak_memory"]), (&json!(200), &json!(33 * 65_536)));
    let initial = failure(&guest("", 33, "unreachable"), "limits: { memory_mb: 2 }");
    assert_eq!(initial["kind"], "memory");
}

#[test]
fn a_guest_that_copes_with_refused_memory_may_answer() {
    let wasm = guest(
        "",
        1,
        "(drop (memory.grow (i32.const 32))) (i32.store16 (i32.const 16) (i32.const 507)) (i32.const 16)",
    );
    let document = invoke(&project(&wasm, "limits: { memory_mb: 1 }"), "GET /items").ok().json();
    assert_eq!(document["status"], 507);
}

#[test]
fn what_fails_after_memory_was_refused_is_named_for_itself() {
    let after = |imports: &str, handler: &str| {
        let wasm = guest(imports, 1, &format!("(drop (memory.grow (i32.const 32))) {handler}"));
        failure(&wasm, "limits: { memory_mb: 1 }")["message"].as_str().unwrap().to_owned()
    };
    let divided = after("", "(drop (i32.div_u (i32.const 1) (i32.const 0))) (i32.const 16)");
    assert_eq!(divided, "the handler trapped: integer divide by zero");
    let log = "(import \"alga:extension/logging\" \"log-error\" (func $log (param i32 i32)))";
    let say = |text: &str| {
        let bytes = text.bytes().enumerate();
        let stores: Vec<String> = bytes
            .map(|(at, byte)| format!("(i32.store8 (i32.const {}) (i32.const {byte}))", 512 + at))
            .collect();
        let stores = stores.concat();
        format!("{stores} (call $log (i32.const 512) (i32.const {})) unreachable", text.len())
    };
    assert_eq!(after(log, &say("uncaught Error: boom")), "the handler trapped: Error: boom");
    assert!(after(log, &say("out of memory")).starts_with("the memory limit of 1 MiB was reached"));
}

#[test]
fn an_answer_has_bounds() {
    let long = guest("", 600, &respond(200, "(i32.const 0)", "(i32.const 33554433)"));
    let said = failure(&long, "");
    assert_eq!(
        (&said["kind"], &said["message"]),
        (&json!("output"), &json!("the response body has 33554433 bytes, at most 33554432 are taken"),)
    );
    let headers = |count: usize| {
        let list = format!(
            "(i32.store (i32.const 20) (i32.const 4096)) (i32.store (i32.const 24) (i32.const {count}))"
        );
        guest("", 2, &format!("{list} (i32.const 16)"))
    };
    assert_eq!(failure(&headers(257), "")["message"], "the response has 257 headers, at most 256 are taken");
}

#[test]
fn overlapping_texts_cannot_ask_for_more_memory_than_there_is() {
    // 4096 headers that all name the same 900 KB: 4 GiB on the host's side, were they copied.
    let wasm = guest(
        "",
        32,
        "(local $at i32) (local.set $at (i32.const 1048576))
        (loop $next
          (i32.store (local.get $at) (i32.const 65536))
          (i32.store offset=4 (local.get $at) (i32.const 900000))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $next (i32.lt_u (local.get $at) (i32.const 1114112))))
        (i32.store (i32.const 20) (i32.const 1048576)) (i32.store (i32.const 24) (i32.const 4096)) (i32.const 16)",
    );
    let failure = failure(&wasm, "");
    assert_eq!(
        (&failure["kind"], &failure["message"]),
        (&json!("output"), &json!("the guest passed more than 96 MiB in one call"),)
    );
}

#[test]
fn an_answer_that_breaks_the_binary_interface_is_a_trap() {
    for (handler, word) in [
        ("(i32.const 0x7fffffff)", "pointer"),
        ("(i32.store8 (i32.const 28) (i32.const 7)) (i32.const 16)", "discriminant"),
        (&respond(200, "(i32.const 65000)", "(i32.const 65000)"), "out of bounds"),
    ] {
        let failure = failure(&guest("", 1, handler), "");
        assert_eq!(failure["kind"], "trap");
        assert!(failure["message"].as_str().unwrap().contains(word), "{failure}");
    }
}

#[test]
fn a_project_without_a_handler_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    let run = sandbox.run("invoke GET /items").expect_code(2);
    assert!(run.stderr.contains("no handler to call"), "{}", run.stderr);
}

#[test]
fn a_data_file_that_is_not_there_is_named() {
    let run = project(&echo(60), "").run("invoke GET /items --data nothing.yaml").expect_code(2);
    assert!(run.stderr.contains("nothing.yaml"), "{}", run.stderr);
}

#[test]
#[cfg(unix)]
fn files_without_an_end_are_refused() {
    let sandbox = project(&echo(60), "");
    for line in
        ["GET /items --data /dev/zero", "POST /items --body @/dev/zero", "GET /items --bundle /dev/zero"]
    {
        let run = sandbox.run(&format!("invoke {line}"));
        assert!(matches!(run.code, 1 | 2), "{line}: {}", run.code);
        assert!(run.stderr.contains("`/dev/zero` is larger than"), "{line}: {}", run.stderr);
    }
}

#[test]
fn data_that_breaks_a_rule_is_named_with_its_place() {
    let sandbox = project(&echo(60), "");
    sandbox.write("other.yaml", "clients: [{ id: a }, { id: a }]");
    let run = sandbox.run("invoke GET /items --data other.yaml").expect_code(1);
    assert!(run.stderr.contains("clients[1].id"), "{}", run.stderr);
    sandbox.write("other.yaml", "clients: {");
    let run = sandbox.run("invoke GET /items --data other.yaml").expect_code(1);
    assert!(run.stderr.contains("line"), "{}", run.stderr);
}

#[test]
fn a_packed_bundle_answers_anywhere() {
    let sandbox = project(&echo(12), "tenant: { id: t-1 }");
    let bundle = sandbox.run("pack --format json").ok().json()["bundle"].as_str().unwrap().to_owned();
    let elsewhere = Sandbox::new();
    elsewhere.write("data.yaml", "tenant: { id: t-2 }");
    let args = ["--format", "json", "invoke", "GET", "/items", "--bundle", &bundle];
    assert_eq!(elsewhere.run_args(args).ok().json()["body"], "tenant-dev");
    let run = elsewhere.run_args(args.into_iter().chain(["--data", "data.yaml"]));
    assert_eq!(run.ok().json()["body"], "t-2");
}
