//! Another host than ours, of the platform's generation (`PyPI`'s wasmtime 44), runs what we build.

use crate::extension::Extension;
use crate::harness::{self, Sandbox};
use crate::rust_handlers;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// One component and what it is asked.
pub(crate) struct Job {
    pub(crate) component: PathBuf,
    pub(crate) requests: Vec<Value>,
}

/// Runs components on wasmtime 44; `cargo xtask setup` installs it beside the build.
pub(crate) fn run(sandbox: &Sandbox, jobs: &[Job]) -> Vec<Value> {
    let python = harness::tool("python/bin/python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/host44.py");
    let input: Vec<Value> =
        jobs.iter().map(|job| json!({ "component": job.component, "requests": job.requests })).collect();
    let mut command = sandbox.command(python);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(&input).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    for answer in &answers {
        assert!(answer["wasmtime"].as_str().unwrap().starts_with("44."), "{answer}");
        assert_eq!(answer["exports"], json!(["handler"]), "the handler and nothing else");
    }
    assert_eq!(answers.len(), jobs.len());
    answers
}

fn get(url: &str) -> Value {
    json!({ "method": "GET", "url": url, "headers": [["accept", "*/*"]], "body": null })
}

#[test]
fn a_preview_1_guest_answers_there() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "manifest.json",
        r#"{ "name": "com.acme.ledger", "version": "1.0.0", "runtime": "wasm-js@1" }"#,
    );
    sandbox.write("alga-ext.yaml", "build: { output: ledger.wasm }\n");
    sandbox.write("ledger.wasm", wat::parse_str(rust_handlers::PREVIEW_1).unwrap());
    sandbox.run("build").ok();
    let job = Job { component: sandbox.path("dist/main.wasm"), requests: vec![get("/"), get("/again")] };
    let answers = run(&sandbox, &[job]);
    for answer in answers[0]["answers"].as_array().unwrap() {
        assert_eq!(answer["status"], 204, "{answer}");
    }
    assert_eq!(answers[0]["calls"], json!([["logging.log-info", ["tick"]], ["logging.log-info", ["tick"]]]));
}

#[test]
fn every_kind_of_value_crosses_both_ways() {
    let sandbox = Sandbox::new();
    rust_handlers::crate_with(&sandbox, "values", include_str!("../foreign/guest.rs"));
    let mut command = sandbox.alga(["-C", "values", "build", "-q"]);
    rust_handlers::run_with_rust(&sandbox, &mut command).ok();
    let request = json!({ "method": "POST", "url": "/x?y=1", "headers": [], "body": "hello" });
    let job = Job { component: sandbox.path("values/dist/main.wasm"), requests: vec![request] };
    let answer = run(&sandbox, &[job]).remove(0);
    let response = &answer["answers"][0];
    assert_eq!(response["status"], 200, "{response}");
    assert_eq!(response["headers"], json!([{ "name": "x-method", "value": "POST" }]));
    let body = response["body"].as_str().unwrap();
    for seen in [
        "ContextData { request-id: Some(\"r-1\")",
        "Ok(\"secret of api_key\") Err(SecretError { code: 0, name: \"missing\", message: \"\" }) [\"api_key\", \"webhook_secret\"]",
        "Ok(HttpResponse { status: 200",
        "value: [1, 2, 3], revision: Some(1)",
        "Err(StorageError { code: 1, name: \"conflict\"",
        "Err(StorageError { code: 0, name: \"missing\"",
        "Err(ProxyError { code: 0, name: \"route-not-found\"",
        "additional-fields: [(\"team\", \"blue\")]",
        "schedule-id: Some(\"sch-2\")",
        "Ok(None)",
        "subtotal: Some(100.25)",
        "page: 3",
        "item-kind: ServiceItemKind::Product, billing-method: ServiceBillingMethod::Usage",
        "Err(ServiceReadError { code: 1, name: \"invalid-input\"",
    ] {
        assert!(body.contains(seen), "{seen}\n{body}");
    }
    let call = |name: &str| {
        let calls = answer["calls"].as_array().unwrap();
        calls.iter().find(|call| call[0] == name).unwrap_or_else(|| panic!("{name} was not called"))[1]
            .clone()
    };
    assert_eq!(call("logging.log-info"), json!(["Grüße"]));
    assert_eq!(call("http.fetch")[0]["body"], "payload");
    assert_eq!(call("scheduler.create-schedule")[0]["enabled"], true);
    let line = &call("invoicing.create-manual-invoice")[0]["items"][0];
    assert_eq!((&line["quantity"], &line["discount-type"]), (&json!(1.5), &json!("fixed")));
    assert_eq!(call("services.list-services")[0]["item-kind"], "product");
}

#[test]
fn a_javascript_timer_waits_there_too() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "manifest.json",
        r#"{ "name": "com.acme.timers", "version": "1.0.0", "runtime": "wasm-js@1" }"#,
    );
    sandbox.write(
        "src/handler.ts",
        "export async function handler(request) {
            const start = performance.now(), seen = [];
            const every = setInterval(() => seen.push('tick'), 5);
            await new Promise((resolve) => setTimeout(resolve, 30));
            clearInterval(every);
            const signal = AbortSignal.timeout(1);
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            const answer = await fetch('https://api.example/', { method: 'POST', body: 'payload' });
            return Response.json([performance.now() - start >= 30, seen.length > 0, signal.reason.name, await answer.json()]);
        }",
    );
    sandbox.run("build").ok();
    let job = Job { component: sandbox.path("dist/main.wasm"), requests: vec![get("/"), get("/again")] };
    let answers = run(&sandbox, &[job]).remove(0);
    assert!(answers["imports"].to_string().contains("wasi:io/poll@0.2.0"), "{answers}");
    for answer in answers["answers"].as_array().unwrap() {
        assert_eq!(answer["body"], r#"[true,true,"TimeoutError",{"ok":true}]"#, "{answer}");
    }
}

/// The folders in a folder of the repository, sorted.
fn folders(of: &str) -> Vec<String> {
    let entries = fs_err::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(of)).unwrap();
    let folders = entries.map(Result::unwrap).filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A request for each endpoint of the manifest, with a client's id wherever a path wants something.
fn requests(extension: &Extension) -> Vec<Value> {
    let manifest: Value =
        serde_json::from_slice(&fs_err::read(extension.path("manifest.json")).unwrap()).unwrap();
    let endpoints = manifest["api"]["endpoints"].as_array().cloned().unwrap_or_default();
    let request = |endpoint: &Value| {
        let path = endpoint["path"].as_str().unwrap();
        let parts: Vec<&str> =
            path.split('/').map(|part| if part.starts_with(':') { "c-1" } else { part }).collect();
        let body = if endpoint["method"] == "GET" { Value::Null } else { json!("{}") };
        json!({
            "method": endpoint["method"], "url": parts.join("/"),
            "headers": [["content-type", "application/json"]], "body": body
        })
    };
    endpoints.iter().map(request).collect()
}

#[test]
fn every_template_and_example_answers_there() {
    let templates = folders("templates").into_iter().map(|name| (Extension::from_template(&name), name));
    let examples = folders("examples").into_iter().map(|name| (Extension::from_example(&name), name));
    let extensions: Vec<(Extension, String)> = templates.chain(examples).collect();
    let mut jobs = Vec::new();
    let mut names = Vec::new();
    for (extension, name) in &extensions {
        if extension.run(&["build"]).ok().json()["component"].is_null() {
            continue;
        }
        jobs.push(Job { component: extension.path("dist/main.wasm"), requests: requests(extension) });
        names.push(name);
    }
    assert!(jobs.len() >= 10, "{names:?}");
    for (answer, name) in run(&Sandbox::new(), &jobs).iter().zip(names) {
        let answers = answer["answers"].as_array().unwrap();
        let statuses: Vec<u64> = answers
            .iter()
            .map(|answer| answer["status"].as_u64().unwrap_or_else(|| panic!("{name}: {answer}")))
            .collect();
        assert!(statuses.iter().all(|status| *status < 500), "{name}: {answer}");
        assert!(statuses.iter().any(|status| (200..300).contains(status)), "{name}: {answer}");
    }
}
