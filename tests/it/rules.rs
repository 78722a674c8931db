//! What `validate` learns from sources, UI files and the project file, and what `--fix` makes of it.

use crate::harness::{Run, Sandbox};
use serde_json::{Value, json};

const MANIFEST: &str = r#"{
  "name": "com.acme.reports",
  "publisher": "Acme",
  "version": "1.0.0",
  "runtime": "wasm-js@1",
  "api": {"endpoints": [
    {"method": "GET", "path": "/", "handler": "dist/main"}
  ]}
}
"#;

/// The manifest with these capabilities, as they are written.
fn asking_for(capabilities: &str) -> String {
    MANIFEST.replace("  \"api\"", &format!("  \"capabilities\": {capabilities},\n  \"api\""))
}

fn codes(run: &Run) -> Vec<String> {
    let findings = run.json()["findings"].as_array().unwrap().clone();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// A token of no one's; in two parts, so that no scanner takes this file for one that leaks.
fn token() -> String {
    format!("ghp{}{}", '_', "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
}

#[test]
fn fixing_narrows_the_capabilities_to_what_the_source_uses() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "project/src/handler.ts",
        "import { notes } from './notes.js';\nexport const handler = async (request, host) => { await notes(host); return { status: 204, headers: [] }; };\n",
    );
    sandbox.write(
        "project/src/notes.ts",
        "import type { HostBindings } from '@alga-psa/extension-runtime';\nexport async function notes(host: HostBindings) {\n  await fetch('https://example.com');\n  return host.storage.list('notes');\n}\n",
    );
    for (before, after) in [
        ("[\"cap:secrets.get\", \"cap:storage.kv\"]", "[\"cap:storage.kv\", \"cap:http.fetch\"]"),
        (
            "[\n    \"cap:storage.kv\",\n    \"cap:log.emit\"\n  ]",
            "[\n    \"cap:storage.kv\",\n    \"cap:http.fetch\"\n  ]",
        ),
        ("[]", "[\"cap:http.fetch\", \"cap:storage.kv\"]"),
    ] {
        sandbox.write("project/manifest.json", asking_for(before));
        sandbox.run("validate project --fix").ok();
        assert_eq!(
            String::from_utf8(sandbox.read("project/manifest.json")).unwrap(),
            asking_for(after),
            "{before}"
        );
        assert_eq!(sandbox.run("validate project --fix").ok().stderr, "nothing to mend; no findings\n");
    }
    sandbox.write("project/manifest.json", MANIFEST);
    let run = sandbox.run("validate project").expect_code(1);
    assert!(
        run.stdout.contains("`host.storage.list` at src/notes.ts:4:10 needs `cap:storage.kv`"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("`fetch` at src/notes.ts:3:9 needs `cap:http.fetch`"), "{}", run.stdout);
    sandbox.run("validate project --fix").ok();
    let mended = String::from_utf8(sandbox.read("project/manifest.json")).unwrap();
    assert!(
        mended.contains("]},\n  \"capabilities\": [\"cap:http.fetch\", \"cap:storage.kv\"]\n}"),
        "{mended}"
    );
}

#[test]
fn a_capability_that_only_a_package_uses_is_kept() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", asking_for("[\"cap:http.fetch\", \"cap:secrets.get\"]"));
    sandbox.write(
        "project/src/handler.js",
        "import { send } from 'sender';\nexport function handler() { return send(); }\n",
    );
    sandbox.write("project/node_modules/sender/package.json", r#"{"name": "sender", "main": "index.js"}"#);
    sandbox.write(
        "project/node_modules/sender/index.js",
        "export const send = () => fetch('https://example.com');\n",
    );
    let run = sandbox.run("--format json validate project").ok();
    assert_eq!(codes(&run), ["capability-unused"]);
    assert!(run.json()["findings"][0]["message"].as_str().unwrap().starts_with("`cap:secrets.get`"));
}

#[test]
fn source_with_a_mistake_takes_nothing_away() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", asking_for("[\"cap:http.fetch\"]"));
    sandbox.write("project/src/handler.js", "export function handler( {\n");
    assert_eq!(codes(&sandbox.run("--format json validate project")), Vec::<String>::new());
}

#[test]
fn a_secret_is_in_no_format_and_can_be_allowed_by_its_hash() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST);
    sandbox.write(
        "project/src/handler.js",
        format!("const token = '{}';\nexport function handler() {{ return {{ status: 204, headers: [], body: token }}; }}\n", token()),
    );
    for format in ["human", "json", "sarif", "junit", "github"] {
        let run = sandbox.run_args(["validate", "project", "--format", format]).expect_code(1);
        assert!(
            !run.stdout.contains(&token()) && run.stdout.contains("GitHub token"),
            "{format}: {}",
            run.stdout
        );
    }
    let run = sandbox.run("--format json validate project").expect_code(1).json();
    let help = run["findings"][0]["help"].as_str().unwrap();
    let hash = help.split("sha256: ").nth(1).unwrap().split(',').next().unwrap();
    sandbox.write(
        "project/alga-ext.yaml",
        format!("validate:\n  not_secret:\n    - {{ sha256: {hash}, reason: revoked }}\n"),
    );
    let run = sandbox.run("--format json validate project").ok().json();
    assert_eq!((&run["findings"], &run["allowed"]), (&json!([]), &json!(1)));
}

#[test]
fn a_handler_in_rust_is_judged_by_its_source() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST.replace("\"/\"", "\"/reports/latest\""));
    sandbox.write("project/Cargo.toml", "[package]\nname = \"reports\"\nversion = \"1.0.0\"\n");
    let source = |body: &str| {
        let text = format!(
            "use alga::extension::scheduler::{{self, CreateScheduleInput}};\nfn handler() {{ match path {{ {body} _ => not_found() }} }}\n"
        );
        sandbox.write("project/src/lib.rs", text);
        codes(&sandbox.run("--format json validate project"))
    };
    assert_eq!(source("\"/status\" => status(),"), ["endpoint-unanswered"]);
    assert_eq!(source("\"/reports/latest\" => latest(),"), Vec::<String>::new());
    assert_eq!(source("r\"/reports\" => routes::all(),"), Vec::<String>::new());
    assert_eq!(
        source("\"/reports/latest\" => CreateScheduleInput { cron: \"* * * * *\".into() },"),
        ["schedule-refused"]
    );
    assert_eq!(source(&format!("\"/reports/latest\" => \"{}\",", token())), ["secret-found"]);
    // Where texts come from elsewhere too nothing is said about the paths.
    assert_eq!(source("\"/status\" => include_str!(\"routes.txt\"),"), Vec::<String>::new());
}

#[test]
fn a_hash_that_nothing_has_or_that_is_none_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST);
    let codes = |entry: &str| {
        sandbox.write("project/alga-ext.yaml", format!("validate:\n  not_secret:\n    - {entry}\n"));
        codes(&sandbox.run("--format json validate project"))
    };
    // Without a handler all that is packed was looked at.
    assert_eq!(codes("{ sha256: 0123456789abcdef, reason: old }"), ["allow-unused", "handler-missing"]);
    sandbox.write("project/src/handler.js", "export function handler() { return { status: 204 }; }\n");
    assert_eq!(codes("{ sha256: 0123456789abcdef, reason: old }"), Vec::<String>::new());
    assert_eq!(codes("{ sha256: 0123, reason: old }"), ["allow-unknown"]);
    assert_eq!(codes("{ sha256: 0123456789abcdef, reason: ' ' }"), ["allow-without-reason"]);
}

#[test]
fn denied_licences_are_told_of_packages_and_theirs_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST);
    sandbox.write(
        "project/src/handler.js",
        "import { a } from 'outer';\nexport function handler() { return a; }\n",
    );
    for (name, license, text) in [
        ("outer", "MIT", "import { b } from 'inner'; export const a = b;"),
        ("inner", "(GPL-3.0-only OR AGPL-3.0)", "export const b = 1;"),
        ("unused", "GPL-3.0", "export const c = 1;"),
    ] {
        let package = json!({ "name": name, "main": "index.js", "license": license }).to_string();
        sandbox.write(format!("project/node_modules/{name}/package.json"), package);
        sandbox.write(format!("project/node_modules/{name}/index.js"), text);
    }
    sandbox.run("validate project").ok();
    sandbox.run("validate project --deny-license GPL-3.0").ok();
    let run = sandbox
        .run("--format json validate project --deny-license GPL-3.0 --deny-license agpl-*")
        .expect_code(1);
    let findings = run.json()["findings"].clone();
    assert_eq!(findings.as_array().map(Vec::len), Some(1), "{findings}");
    assert_eq!(findings[0]["file"], "node_modules/inner/package.json");
    sandbox.write(
        "project/alga-ext.yaml",
        "validate:\n  allow:\n    - { code: license-denied, about: inner, reason: we have bought it }\n",
    );
    sandbox.run("validate project --deny-license GPL-3.0 --deny-license agpl-* --deny warnings").ok();
    sandbox.run("validate project --deny warnings").ok();
}

#[test]
fn where_no_package_tells_its_licence_that_is_said() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST);
    let told = || {
        let run = sandbox.run("--format json validate project --deny-license GPL-3.0");
        let findings = run.json()["findings"].as_array().unwrap().clone();
        let mut licences = findings.iter().filter(|finding| finding["code"] == "license-unknown");
        licences.next().map(|finding| format!("{} {}", finding["file"].as_str().unwrap(), finding["message"]))
    };
    assert_eq!(told(), None, "there is no handler");
    sandbox.write("project/dist/main.wasm", "\0asm");
    assert!(told().unwrap().contains("`dist/main.wasm` is made by another tool"));
    sandbox.write("project/alga-ext.yaml", "build: { command: make handler }\n");
    assert!(told().unwrap().contains("made by `build.command`"));
    sandbox.write("project/src/handler.js", "export function handler() { return { status: 204 }; }\n");
    assert_eq!(told(), None, "it imports nothing");
    sandbox.write("project/Cargo.toml", "[package]\nname = \"a\"\n");
    assert!(told().unwrap().starts_with("Cargo.toml \"the handler is made of crates"));
    sandbox.write("project/alga-ext.yaml", "build: { output: a.wasm }\n");
    assert!(
        told().unwrap().starts_with("alga-ext.yaml \"`a.wasm`, the `build.output`, is made by another tool")
    );
    for subject in ["project/manifest.json", "project/dist/main.wasm"] {
        let run = sandbox.run(&format!("validate {subject} --deny-license GPL-3.0")).expect_code(2);
        assert!(run.stderr.contains("npm packages of a project, and this is none"), "{}", run.stderr);
    }
}

#[test]
fn the_packages_of_a_ui_are_those_beside_it() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST);
    sandbox.write("project/alga-ext.yaml", "ui: { command: make ui, dir: web/out }\n");
    sandbox.write("project/web/package.json", r#"{ "name": "web", "dependencies": { "chart": "1" } }"#);
    let chart = r#"{ "name": "chart", "license": "GPL-3.0" }"#;
    sandbox.write("project/web/node_modules/chart/package.json", chart);
    let run = sandbox.run("validate project --deny-license GPL-3.0").expect_code(1);
    assert!(run.stdout.contains("web/node_modules/chart/package.json"), "{}", run.stdout);
}

#[test]
fn a_ui_is_judged_where_the_build_finds_it_and_by_its_plain_name() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST);
    sandbox.write("project/web/favicon.ico", "x");
    sandbox.write("outside/favicon.ico", "x");
    let told = |dir: &str, allowed: &str| {
        let config = format!("ui: {{ dir: '{dir}' }}\nvalidate: {{ allow: [{allowed}] }}\n");
        sandbox.write("project/alga-ext.yaml", config);
        let findings =
            sandbox.run("--format json validate project").json()["findings"].as_array().unwrap().clone();
        let text =
            |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let told = findings.iter().map(|finding| (text(finding, "code"), text(finding, "file")));
        told.filter(|(code, _)| {
            code == "ui-file-type" || code.starts_with("config-") || code.starts_with("allow-")
        })
        .collect::<Vec<_>>()
    };
    let own = |code: &str, file: &str| vec![(code.to_owned(), file.to_owned())];
    for dir in ["web", "./web", "web/", "a/../web/."] {
        // `a/..` is nowhere without `a`, as for the build.
        sandbox.write("project/a/b", "");
        assert_eq!(told(dir, ""), own("ui-file-type", "web/favicon.ico"), "{dir}");
        let allowed = "{ code: ui-file-type, file: web/favicon.ico, reason: old browsers }";
        assert_eq!(told(dir, allowed), Vec::new(), "{dir}");
    }
    let absolute = sandbox.path("project/web");
    for dir in ["../outside", "../..", absolute.to_str().unwrap()] {
        assert_eq!(told(dir, ""), own("config-path", "alga-ext.yaml"), "{dir}: told, and not looked at");
    }
}

#[test]
fn a_component_larger_than_any_is_not_read() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", MANIFEST);
    let file = fs_err::File::create(sandbox.write("project/dist/main.wasm", "")).unwrap();
    file.set_len(10 << 30).unwrap();
    let run = sandbox.run("validate project").expect_code(1);
    assert!(run.stdout.contains("`dist/main.wasm` is larger than 256 MiB"), "{}", run.stdout);
}

#[test]
#[cfg(unix)]
fn a_mended_file_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let path = sandbox.write("manifest.json", asking_for("[\"cap:http.fetch\", \"cap:http.fetch\"]"));
    for mode in [0o600, 0o664] {
        sandbox.write("manifest.json", asking_for("[\"cap:http.fetch\", \"cap:http.fetch\"]"));
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let before = sandbox.read("manifest.json");
        sandbox.run("validate manifest.json --fix").ok();
        assert_ne!(sandbox.read("manifest.json"), before);
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn a_schedule_excuses_the_endpoint_it_calls_and_no_other() {
    let sandbox = Sandbox::new();
    let endpoints = [
        ("GET", "/notes"),
        ("GET", "/daily/report"),
        ("GET", "/report"),
        ("POST", "/daily/report"),
        ("GET", "/sum"),
    ];
    let endpoints: Vec<Value> = endpoints
        .iter()
        .map(|(method, path)| json!({ "method": method, "path": path, "handler": "dist/main" }))
        .collect();
    let manifest = json!({
        "name": "com.acme.reports", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
        "ui": { "type": "iframe", "entry": "ui/index.html", "hooks": { "appMenu": { "label": "Reports" } } },
        "api": { "endpoints": endpoints },
    });
    sandbox.write("manifest.json", manifest.to_string());
    sandbox.write("src/handler.js", "export const handler = () => ({ status: 200 });\n");
    sandbox.write("ui/index.html", "<!doctype html>\n<script src=app.js></script>\n");
    sandbox
        .write("ui/app.js", "bridge.ready(); bridge.callRoute('/notes', { method: 'GET' }); say('ready');\n");
    let schedules = "schedules:\n  - { endpoint: GET /daily/report, cron: 0 9 * * * }\n  - { endpoint: //sum, cron: 0 9 * * * }\n";
    sandbox.write("alga-ext.yaml", schedules);
    let document = sandbox.run("--format json validate").json();
    let uncalled = document["findings"].as_array().unwrap().iter();
    let uncalled = uncalled.filter(|finding| finding["code"] == "endpoint-uncalled");
    let places: Vec<&str> = uncalled.map(|finding| finding["message"].as_str().unwrap()).collect();
    assert_eq!(places.len(), 2, "{document}");
    assert!(places[0].starts_with("`/report` ") && places[1].starts_with("`/daily/report` "), "{places:?}");
}
