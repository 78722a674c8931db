//! `validate --against`: the platform's validators, on manifests rebuilt from their description (contract/registry.md §1.8).

use crate::harness::Sandbox;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A manifest of the table: what it holds, and the members each validator refuses it for.
struct Row {
    name: &'static str,
    manifest: Value,
    server: &'static [&'static str],
    zod: &'static [&'static str],
    schema: &'static [&'static str],
}

fn row(name: &'static str, manifest: Value, [server, zod, schema]: [&'static [&'static str]; 3]) -> Row {
    Row { name, manifest, server, zod, schema }
}

/// Members laid over those every sample has.
fn sample(name: &str, own: Value) -> Value {
    let mut manifest = json!({
        "name": name,
        "publisher": "Samples",
        "version": "0.1.0",
        "runtime": "wasm-js@1",
        "ui": { "type": "iframe", "entry": "ui/index.html", "hooks": { "appMenu": { "label": "Sample" } } },
    });
    let members = manifest.as_object_mut().unwrap();
    let Value::Object(own) = own else { panic!("{own} is no object") };
    for (key, value) in own {
        if value.is_null() {
            members.remove(&key);
        } else {
            members.insert(key, value);
        }
    }
    manifest
}

fn endpoints(list: &[(&str, &str)]) -> Value {
    let endpoint =
        |(method, path): &(&str, &str)| json!({ "method": method, "path": path, "handler": "dist/main" });
    json!({ "endpoints": list.iter().map(endpoint).collect::<Vec<Value>>() })
}

/// The rows of §1.8: what the section and §1.5, §1.6 say of each sample.
fn table() -> Vec<Row> {
    let ok: &[&str] = &[];
    let capabilities: &[&str] = &["capabilities"];
    let assets = json!(["ui/**/*"]);
    let portal = json!({ "type": "iframe", "entry": "ui/index.html",
        "hooks": { "appMenu": { "label": "Portal" }, "clientPortalMenu": { "label": "Portal" } } });
    vec![
        row("hello-world", sample("com.alga.hello-world", json!({ "assets": assets })), [ok, ok, ok]),
        row(
            "softwareone-ext",
            sample(
                "com.alga.softwareone",
                json!({ "api": endpoints(&[("GET", "/agreements"), ("GET", "/agreements/:id"), ("POST", "/agreements/sync")]) }),
            ),
            [ok, ok, ok],
        ),
        row(
            "ui-kit-showcase",
            sample("com.alga.ui-kit-showcase", json!({ "version": "0.1.*" })),
            [ok, &["version"], ok],
        ),
        row(
            "nineminds-reporting",
            sample(
                "com.nineminds.reporting",
                json!({ "version": "0.3.*", "capabilities": ["cap:ui.proxy"], "precompiled": { "x86_64-linux-gnu": "artifacts/cwasm/x86_64-linux-gnu/main.cwasm" } }),
            ),
            [ok, &["version"], capabilities],
        ),
        row(
            "client-portal-test",
            sample(
                "com.alga.client-portal-test",
                json!({ "ui": portal, "capabilities": ["cap:user.read", "cap:http.fetch", "cap:ui.proxy"] }),
            ),
            [ok, ok, capabilities],
        ),
        row(
            "service-proxy",
            sample(
                "com.alga.service-proxy",
                json!({ "capabilities": ["cap:http.fetch", "cap:secrets.get", "cap:ui.proxy"] }),
            ),
            [ok, ok, capabilities],
        ),
        row(
            "service-proxy-demo",
            sample(
                "com.alga.service-proxy-demo",
                json!({ "capabilities": ["cap:context.read", "cap:log.emit", "cap:http.fetch", "cap:ui.proxy"] }),
            ),
            [ok, ok, capabilities],
        ),
        row(
            "manual-invoice-demo",
            sample(
                "com.alga.manual-invoice-demo",
                json!({ "capabilities": ["cap:invoice.manual.create"], "api": endpoints(&[("POST", "/api/create-manual-invoice")]) }),
            ),
            [ok, ok, capabilities],
        ),
        row(
            "invoicing-demo",
            sample(
                "com.alga.invoicing-demo",
                json!({ "capabilities": ["cap:invoice.manual.create", "cap:ui.proxy"], "api": endpoints(&[("GET", "/api/status")]) }),
            ),
            [ok, ok, capabilities],
        ),
        row(
            "client-service-read-demo",
            sample(
                "com.alga.client-service-read",
                json!({ "capabilities": ["cap:client.read", "cap:service.read"], "api": endpoints(&[("GET", "/api/clients"), ("GET", "/api/services")]) }),
            ),
            [ok, ok, capabilities],
        ),
        row(
            "secrets-demo",
            sample(
                "com.alga.secrets-demo",
                json!({ "capabilities": ["cap:secrets.get"], "api": endpoints(&[("GET", "/")]) }),
            ),
            [ok, ok, capabilities],
        ),
    ]
}

/// The other rows: what some validator refuses for more than its version or its capabilities.
fn refused() -> Vec<Row> {
    let ok: &[&str] = &[];
    let component = |name| {
        let own = json!({ "ui": null, "entry": "dist/main.wasm", "capabilities": ["cap:secrets.get"], "api": endpoints(&[("GET", "/")]) });
        (sample(name, own), [&["entry"][..], &["name", "ui"][..], &["capabilities", "entry", "ui"][..]])
    };
    let (basic, basic_verdicts) = component("component-basic");
    let (inner, inner_verdicts) = component("service-proxy-component");
    let scheduler = json!({ "endpoints": [
        { "method": "GET", "path": "/api/schedules", "handler": "dist/main", "schedulable": false },
        { "method": "POST", "path": "/api/heartbeat", "handler": "dist/main", "schedulable": true },
    ] });
    let events = json!([{ "topic": "ticket.created", "handler": "dist/handlers/events/ticket#handle" }]);
    vec![
        row(
            "scheduler-demo",
            sample(
                "com.alga.scheduler-demo",
                json!({ "capabilities": ["cap:scheduler.manage"], "api": scheduler }),
            ),
            [ok, ok, &["capabilities", "schedulable"]],
        ),
        row("template basic", sample("my-extension", json!({})), [ok, &["name"], ok]),
        row(
            "template ui-gallery",
            sample("my-gallery", json!({ "assets": ["ui/**/*"] })),
            [ok, &["name"], ok],
        ),
        row("template component-basic", basic, basic_verdicts),
        row("demos' inner component/manifest.json", inner, inner_verdicts),
        row(
            "doc example extension-bundle-v2",
            sample(
                "com.acme.reports",
                json!({ "capabilities": ["http.fetch", "storage.kv"], "events": events, "entry": "dist/main.wasm", "sbom": "sbom.spdx.json" }),
            ),
            [&["entry", "events", "sbom"], ok, &["entry"]],
        ),
    ]
}

/// The members an answer complains of: the top one, or the last of a path into `api`.
fn members(verdict: &Value) -> BTreeSet<String> {
    let issues = verdict["issues"].as_array().unwrap().iter();
    let paths = issues.map(|issue| issue["path"].as_str().unwrap().replace(['/', '['], "."));
    let named = paths.map(|path| {
        let mut words = path.split('.').filter(|word| !word.is_empty());
        let first = words.next().unwrap_or("$").to_owned();
        if first == "api" { words.next_back().unwrap_or("api").to_owned() } else { first }
    });
    named.collect()
}

#[test]
fn each_validator_says_of_the_samples_what_it_was_seen_to_say() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for Row { name, manifest, server, zod, schema } in table().into_iter().chain(refused()) {
        sandbox.write("manifest.json", manifest.to_string());
        let run = sandbox.run("--format json validate manifest.json --against server,zod,schema");
        let verdicts = run.json()["verdicts"].as_array().unwrap().clone();
        let expected = [server, zod, schema];
        for (verdict, expected) in verdicts.iter().zip(expected) {
            let found = members(verdict);
            let expected_members: BTreeSet<String> = expected.iter().map(|word| (*word).to_owned()).collect();
            if found != expected_members || verdict["accepted"] != expected.is_empty() {
                wrong.push(format!("{name}: {verdict}"));
            }
        }
        let passes = expected.iter().all(|members| members.is_empty());
        assert_eq!(run.code, i32::from(!passes), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_publish_gate_speaks_in_its_own_paths_and_says_what_it_stores() {
    let sandbox = Sandbox::new();
    let broken = r#"{"name": " ", "version": "1.0", "runtime": "wasm", "capabilities": ["", 5], "entry": "x",
"ui": {"type": "page", "entry": "../x", "hooks": {"appMenu": {"label": ""}}},
"api": {"endpoints": [{"method": "FETCH", "path": "/a b", "handler": ".."}, 3]}, "precompiled": {"": "x"}}"#;
    sandbox.write("manifest.json", broken);
    let run = sandbox.run("validate manifest.json --against server").expect_code(1);
    let paths: Vec<&str> = run.stdout.lines().map(|line| line.split('`').nth(1).unwrap()).collect();
    let expected = [
        "name",
        "version",
        "runtime",
        "capabilities[0]",
        "capabilities[1]",
        "ui.type",
        "ui.entry",
        "ui.hooks.appMenu.label",
        "api.endpoints[0].method",
        "api.endpoints[0].path",
        "api.endpoints[0].handler",
        "api.endpoints[1]",
        "precompiled.",
        "entry",
    ];
    assert_eq!(paths, expected);
    assert!(
        run.stdout.contains("manifest.json:3:43: server: `api.endpoints[0].path` contains a blank"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stderr, "server refuses it: 14 issues\n");
    let loose = r#"{"name": " a ", "version": " 01.2.* ", "runtime": "x-", "api": {"endpoints": [{"method": "get", "path": ".//a//b/", "handler": "./dist/main", "schedulable": true}]},
"ui": {"type": "iframe", "entry": "./ui//index.html", "hooks": {"appMenu": {"label": " A "}, "other": 5}}}"#;
    sandbox.write("manifest.json", loose);
    let document = sandbox.run("--format json validate manifest.json --against server").ok().json();
    let stored = &document["verdicts"][0]["keeps"];
    assert_eq!((&stored["name"], &stored["version"]), (&json!("a"), &json!("01.2.*")));
    assert_eq!(
        stored["api_endpoints"],
        json!([{ "method": "GET", "path": "/a/b/", "handler": "dist/main" }])
    );
    assert_eq!(
        stored["ui"],
        json!({ "type": "iframe", "entry": "ui/index.html", "hooks": { "appMenu": { "label": "A" } } })
    );
}

#[test]
fn the_runtime_refuses_nothing_and_says_what_survives() {
    let sandbox = Sandbox::new();
    let text = r#"{"name": "com.acme.reports", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
"capabilities": ["http.fetch", " CAP:Storage.kv "], "precompiled": {"a": "b"},
"ui": {"type": "iframe", "entry": "ui/dist/index.html", "hooks": {"appMenu": {"label": "Reports"}, "sidebar": {"label": "x"}}},
"api": {"endpoints": [{"method": "head", "path": "status", "handler": "x"}, {"method": "OPTIONS", "path": "/", "handler": "x"},
{"method": "PUT", "path": "/notes/:id", "handler": "x", "schedulable": true}, {"method": "GET", "path": "/"}]}}"#;
    sandbox.write("manifest.json", text);
    let run = sandbox.run("--format json validate manifest.json --against runtime").ok();
    let verdict = &run.json()["verdicts"][0];
    assert_eq!(
        verdict["keeps"],
        json!({
            "capabilities": ["cap:context.read", "cap:log.emit", "cap:user.read", "cap:storage.kv"],
            "endpoints": [
                { "method": "GET", "path": "/status", "handler": "x", "schedulable": true },
                { "method": "PUT", "path": "/notes/:id", "handler": "x", "schedulable": false },
            ],
            "menus": { "appMenu": "Reports" },
            "page": "ui/index.html",
            "component": "dist/main.wasm",
        })
    );
    let paths: Vec<&str> =
        verdict["issues"].as_array().unwrap().iter().map(|issue| issue["path"].as_str().unwrap()).collect();
    let expected = [
        "capabilities[0]",
        "api.endpoints[0].method",
        "api.endpoints[1].method",
        "api.endpoints[2].schedulable",
        "api.endpoints[3]",
        "ui.hooks.sidebar",
        "ui.entry",
        "precompiled",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn the_publish_gate_reads_all_that_javascript_reads() {
    let sandbox = Sandbox::new();
    let manifest = |label: &str, more: &str| {
        format!(
            r#"{{"name": "com.acme.reports", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
            "ui": {{"type": "iframe", "entry": "ui/index.html", "hooks": {{"appMenu": {{"label": "{label}"}}}}, "x": {more}}}}}"#
        )
    };
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (label, more) in
        [("a\\ud800b", "1"), ("a", "[1e999, -1e999]"), ("a", &deep(200)), ("a", &deep(100_000))]
    {
        sandbox.write("manifest.json", manifest(label, more));
        let run = sandbox.run("--format json validate manifest.json --against server").ok();
        let stored = &run.json()["verdicts"][0]["keeps"]["ui"]["hooks"]["appMenu"]["label"];
        assert_eq!(*stored, label.replace("\\ud800", "\u{fffd}"));
    }
    for more in ["[1e]", &deep(200)[1..], "\"\\ud80\""] {
        sandbox.write("manifest.json", manifest("a", more));
        let run = sandbox.run("validate manifest.json --against server").expect_code(1);
        assert!(run.stdout.contains("server: `$` not JSON: "), "{}", run.stdout);
    }
}

#[test]
fn every_validator_reads_projects_and_bundles_and_refuses_what_is_no_json() {
    let sandbox = Sandbox::new();
    sandbox.run("new shop --template ui --publisher Acme --yes").ok();
    let run = sandbox.run("validate shop --against server,zod,schema,runtime").ok();
    assert!(run.stderr.contains("zod accepts it\nschema accepts it"), "{}", run.stderr);
    sandbox.run("-C shop pack").ok();
    sandbox.run("validate shop/dist/bundle.tar.zst --against server").ok();
    sandbox.write("manifest.json", "{\"name\": }");
    for validator in ["server", "zod", "schema", "runtime"] {
        let run = sandbox.run(&format!("validate manifest.json --against {validator}")).expect_code(1);
        assert!(run.stdout.contains(&format!("{validator}: `$` not JSON: ")), "{}", run.stdout);
    }
    sandbox.run("validate manifest.json --against server --fix").expect_code(2);
    sandbox.run("validate manifest.json --against server --format sarif").expect_code(2);
    sandbox.run("validate manifest.json --against nobody").expect_code(2);
}
