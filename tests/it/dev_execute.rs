//! `dev`: the runner's own interface, `POST /v1/execute`.

use crate::dev::{METHOD, URL, echo, project, serve, start, wait_for};
use crate::guests::{guest, respond};
use crate::harness::Server;
use crate::http::{Answer, send};
use serde_json::{Value, json};

/// Posts an envelope to `/v1/execute`.
fn execute(server: &Server, headers: &[(&str, &str)], envelope: &Value) -> Answer {
    let mut all =
        vec![("content-type", "application/json"), ("x-alga-tenant", "t"), ("x-alga-extension", "e")];
    all.retain(|(name, _)| !headers.iter().any(|(known, _)| known == name));
    all.extend(headers);
    send(&server.url, "POST", "/v1/execute", &all, envelope.to_string().as_bytes())
}

fn envelope(path: &str) -> Value {
    json!({
        "context": {"tenant_id": "t", "extension_id": "e", "content_hash": format!("sha256:{}", "0".repeat(64))},
        "http": {"method": "GET", "path": path, "query": {"q": "x y"}},
        "limits": {"timeout_ms": 5000},
    })
}

#[test]
fn execute_answers_with_an_envelope_whatever_happens() {
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let done = execute(&server, &[], &envelope("/a/b"));
    assert_eq!(
        (done.status, done.json()),
        (200, json!({"status": 200, "headers": {}, "body_b64": "L2EvYj9xPXgreQ==", "error": null}))
    );
    let error = |headers: &[(&str, &str)], change: fn(&mut Value)| {
        let mut envelope = envelope("/a");
        change(&mut envelope);
        let answer = execute(&server, headers, &envelope);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let document = answer.json();
        (document["status"].as_u64().unwrap(), document["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(error(&[("x-alga-tenant", " ")], |_| ()), (400, "missing_routing_headers".into()));
    assert_eq!(
        error(&[], |envelope| envelope["providers"] = json!(["cap:nope", " CAP:HTTP.FETCH ", "http.fetch"])),
        (400, "unknown_capabilities: cap:nope, http.fetch".into())
    );
    assert_eq!(
        error(&[], |envelope| envelope["http"]["body_b64"] = json!("!!")),
        (500, "execute_failed: invalid body base64: Invalid symbol 33, offset 0.".into())
    );
    assert_eq!(
        error(&[], |envelope| envelope["secret_envelope"] = json!({"ciphertext_b64": "!!"})),
        (500, "secret_decrypt_failed".into())
    );
    assert_eq!(error(&[], |envelope| envelope["context"]["content_hash"] = json!("x")).0, 502);
    assert_eq!(error(&[], |envelope| envelope["limits"] = json!({})), (200, String::new()));
    let (production, _other) = serve(project(&echo(URL), ""), "--no-watch --as-production");
    let mut without = envelope("/a");
    without["limits"] = json!({});
    assert_eq!(execute(&production, &[], &without).json()["status"], 500);
}

#[test]
fn execute_refuses_what_is_no_envelope() {
    let (server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let mut both = envelope("/a");
    both["user"] = json!({"user_id": "u", "user_email": "e", "user_name": "n", "user_type": "internal",
        "client_name": "a", "company_name": "b"});
    let mut null = envelope("/a");
    null["limits"] = Value::Null;
    for (document, expected) in [(both, 422), (null, 422), (json!({}), 422)] {
        assert_eq!(execute(&server, &[], &document).status, expected, "{document}");
    }
    let raw = |kind: &str, body: &[u8]| {
        send(&server.url, "POST", "/v1/execute", &[("content-type", kind)], body).status
    };
    assert_eq!(raw("application/json", b"{"), 400);
    assert_eq!(raw("text/plain", b"{}"), 415);
    assert_eq!(raw("application/json", &vec![b' '; 2 * 1024 * 1024 + 1]), 413);
    // Also a sender that is far from done gets to read it.
    assert_eq!(raw("application/json", &vec![b' '; 20 * 1024 * 1024]), 413);
}

#[test]
fn the_bundle_comes_before_the_capabilities_on_the_platform_alone() {
    let (server, sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let mut both = envelope("/a");
    both["context"]["content_hash"] = json!("no hash");
    both["providers"] = json!(["cap:nope"]);
    let error = |server: &Server| execute(server, &[], &both).refusal().1;
    assert_eq!(error(&server), "unknown_capabilities: cap:nope");
    let production = start(&sandbox, "--no-watch --as-production");
    assert!(error(&production).starts_with("bundle_fetch_failed"), "{}", error(&production));
}

#[test]
fn the_users_type_reaches_the_handler_as_it_was_sent() {
    let call = r#"(import "alga:extension/user" "get-user" (func $user (param i32)))"#;
    // Result, then six texts: the type is the last.
    let body = respond(200, "(i32.load (i32.const 1068))", "(i32.load (i32.const 1072))");
    let wasm = guest(call, 1, &format!("(call $user (i32.const 1024)) {body}"));
    let (server, _sandbox) = serve(project(&wasm, ""), "--no-watch");
    for sent in ["internal", "client", "robot"] {
        let mut document = envelope("/a");
        document["user"] = json!({"user_id": "u", "user_email": "e", "user_name": "n", "user_type": sent});
        let expected = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sent);
        assert_eq!(execute(&server, &[], &document).json()["body_b64"], expected, "{sent}");
    }
}

#[test]
fn a_repeated_key_repeats_the_answer_to_the_same_request_alone() {
    let sandbox = project(&echo(URL), "");
    let mut server = start(&sandbox, "");
    let body = |server: &Server, extension: &str, install: &str, path: &str| {
        let headers = [("x-idempotency-key", "k"), ("x-alga-extension", extension)];
        let mut document = envelope(path);
        document["context"]["install_id"] = json!(install);
        execute(server, &headers, &document).json()["body_b64"].clone()
    };
    let notes = |server: &mut Server| wait_for(server, "request")["notes"].to_string();
    let first = body(&server, "e", "i", "/first");
    assert_eq!(notes(&mut server), "[]");
    assert_eq!(body(&server, "e", "i", "/first"), first);
    assert!(notes(&mut server).contains("replayed"));
    for (extension, install, path) in [("other", "i", "/second"), ("e", "other", "/third")] {
        assert_ne!(body(&server, extension, install, path), first, "another {extension} {install}");
        assert_eq!(notes(&mut server), "[]");
    }
    let fourth = body(&server, "e", "i", "/fourth");
    assert_ne!(fourth, first, "another request");
    assert!(notes(&mut server).contains("the request differs"));
    sandbox.write("handler.wasm", echo(METHOD));
    while wait_for(&mut server, "swapped")["changed"] != json!(["handler"]) {}
    assert_ne!(body(&server, "e", "i", "/fourth"), fourth, "another version");
    assert!(notes(&mut server).contains("the extension was changed"));
}

#[test]
fn a_repeated_key_repeats_any_answer_on_the_platform() {
    let (mut server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch --as-production");
    let body = |extension: &str, path: &str| {
        let headers = [("x-idempotency-key", "k"), ("x-alga-extension", extension)];
        execute(&server, &headers, &envelope(path)).json()["body_b64"].clone()
    };
    assert_eq!(body("other", "/second"), body("e", "/first"));
    let told: Vec<Value> = (0..2).map(|_| wait_for(&mut server, "request")).collect();
    assert!(told[0]["notes"] == json!([]) && told[1]["notes"].to_string().contains("replayed"), "{told:?}");
    assert_eq!((&told[1]["status"], &told[1]["path"]), (&json!(200), &json!("/first?q=x+y")));
}

#[test]
fn what_a_caller_names_is_cut_before_it_is_kept() {
    let (mut server, _sandbox) = serve(project(&echo(URL), ""), "--no-watch");
    let mut document = envelope("/a");
    document["http"]["method"] = json!("M".repeat(100_000));
    document["user"] =
        json!({"user_id": "u".repeat(100_000), "user_email": "e", "user_name": "n", "user_type": "client"});
    execute(&server, &[], &document);
    let told = wait_for(&mut server, "request");
    assert!(["method", "user"].iter().all(|name| told[name].as_str().unwrap().len() < 20_000));
}
