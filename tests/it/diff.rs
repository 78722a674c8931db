//! `diff`: what changes between two versions, with real bundles, and what CI lets through.

use crate::harness::{Run, Sandbox};
use alga_ext::component;
use serde_json::{Value, json};

fn manifest(version: &str, capabilities: &str, hooks: &str, endpoints: &str) -> String {
    format!(
        r#"{{"name": "com.acme.reports", "publisher": "Acme", "version": "{version}", "runtime": "wasm-js@1",
  "capabilities": [{capabilities}],
  "ui": {{"type": "iframe", "entry": "ui/index.html", "hooks": {{{hooks}}}}},
  "api": {{"endpoints": [{endpoints}]}}}}"#
    )
}

const APP: &str = r#""appMenu": {"label": "Reports"}"#;
const BOTH: &str = r#""appMenu": {"label": "All reports"}, "clientPortalMenu": {"label": "Reports"}"#;
const GET: &str = r#"{"method": "GET", "path": "/reports", "handler": "dist/main"}"#;
const POST: &str = r#"{"method": "post", "path": "/reports/:id", "handler": "dist/main"}"#;

/// A project in JavaScript, and its next version, which may do more.
fn projects() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("old/manifest.json", manifest("1.0.0", r#""cap:storage.kv""#, APP, GET));
    sandbox.write("old/src/handler.js", "export function handler() { return { status: 200 }; }\n");
    sandbox.write("old/ui/index.html", "<!doctype html>\n<title>Reports</title>\n");
    sandbox.write("old/ui/gone.css", "p {}\n");
    let new = manifest("1.1.0", r#""cap:HTTP.fetch""#, BOTH, &format!("{GET}, {POST}"));
    sandbox.write("new/manifest.json", new);
    sandbox.write(
        "new/src/handler.js",
        "import { fetch } from 'alga:extension/http';\n\
         import left from 'left';\n\
         export function handler() {\n\
           fetch({ method: 'GET', url: 'https://api.example.com/v1/reports', headers: [] });\n\
           return { status: left };\n\
         }\n",
    );
    sandbox.write(
        "new/node_modules/left/package.json",
        r#"{"name": "left", "version": "2.0.0", "main": "index.js"}"#,
    );
    sandbox.write("new/node_modules/left/index.js", "export default 200;\n");
    sandbox.write("new/ui/index.html", "<!doctype html>\n<title>All reports</title>\n");
    sandbox.write("new/ui/app.js", "const home = 'https://www.w3.org/2000/svg';\n");
    sandbox
}

fn names(document: &Value, subject: &str, change: &str) -> Vec<String> {
    let changes = document[subject].as_array().unwrap().iter().filter(|one| one["change"] == change);
    changes.map(|change| change["name"].as_str().unwrap().to_owned()).collect()
}

fn widenings(run: &Run) -> Vec<String> {
    let document = run.json();
    let widenings = document["widenings"].as_array().unwrap().iter();
    widenings.map(|widening| widening["name"].as_str().unwrap().to_owned()).collect()
}

const WIDENINGS: [&str; 4] =
    ["cap:http.fetch", "endpoint:POST /reports/:id", "hook:clientPortalMenu", "host:api.example.com"];

#[test]
fn a_packed_bundle_and_the_project_are_compared_by_subject() {
    let sandbox = projects();
    sandbox.run("pack -C old --out old.tar.zst").ok();
    let run = sandbox.run("--format json diff old.tar.zst -C new").ok();
    let document = run.json();
    assert_eq!((&document["old"]["kind"], &document["new"]["kind"]), (&json!("bundle"), &json!("project")));
    assert_eq!(names(&document, "identity", "changed"), ["version"]);
    assert_eq!(names(&document, "capabilities", "added"), ["cap:http.fetch"]);
    assert_eq!(names(&document, "capabilities", "removed"), ["cap:storage.kv"]);
    assert_eq!(names(&document, "hosts", "added"), ["api.example.com"]);
    assert_eq!(document["hosts"][0]["new"], "dist/main.wasm");
    assert_eq!(names(&document, "endpoints", "added"), ["POST /reports/:id"]);
    assert_eq!(names(&document, "hooks", "changed"), ["appMenu"]);
    assert_eq!(names(&document, "hooks", "added"), ["clientPortalMenu"]);
    assert_eq!(names(&document, "dependencies", "added"), ["left"]);
    assert_eq!(names(&document, "files", "added"), ["ui/app.js"]);
    assert_eq!(names(&document, "files", "removed"), ["ui/gone.css"]);
    assert_eq!(names(&document, "files", "changed"), ["dist/main.wasm", "manifest.json", "ui/index.html"]);
    assert!(document["sizes"].as_array().unwrap().iter().any(|size| size["name"] == "ui"), "{document}");
    assert_eq!(widenings(&run), WIDENINGS);
    let told = sandbox.run("diff old.tar.zst -C new").ok();
    assert!(told.stderr.ends_with("4 widenings\n"), "{}", told.stderr);
    assert!(told.stdout.contains("WIDENS `cap:http.fetch`"), "{}", told.stdout);
    // The other way nothing widens but what was given up.
    let back = sandbox.run("--format json diff new old").ok();
    assert_eq!(widenings(&back), ["cap:storage.kv"]);
    let same = sandbox.run("diff old.tar.zst old").ok();
    assert_eq!((same.stdout.as_str(), same.stderr.as_str()), ("no difference\n", "nothing widens\n"));
}

#[test]
fn a_widening_passes_when_it_is_approved_by_name() {
    let sandbox = Sandbox::new();
    sandbox.write("old.json", manifest("1.0.0", "", APP, GET));
    sandbox.write("new.json", manifest("1.1.0", r#""cap:http.fetch""#, BOTH, &format!("{GET}, {POST}")));
    let line = "diff old.json new.json --require-approval approvals.yaml";
    sandbox.write("approvals.yaml", "# none yet\n");
    let run = sandbox.run(line).expect_code(1);
    assert!(
        run.stderr.contains("not approved: `cap:http.fetch`, `endpoint:POST /reports/:id`"),
        "{}",
        run.stderr
    );
    let approval = |name: &str| format!("- name: {name:?}\n  reason: sends reports\n  by: Ada\n");
    let all: String = WIDENINGS.iter().take(3).map(|name| approval(name)).collect();
    sandbox.write("approvals.yaml", &all);
    let run = sandbox.run(line).ok();
    assert!(run.stderr.contains("3 widenings, approved"), "{}", run.stderr);
    assert!(run.stdout.contains("approved by Ada: sends reports"), "{}", run.stdout);
    sandbox.write("approvals.yaml", format!("{all}{}", approval("cap:secrets.get")));
    let document = sandbox.run(&format!("--format json {line}")).ok().json();
    assert_eq!(document["unused_approvals"], json!(["cap:secrets.get"]));
    assert_eq!(document["widenings"][0]["approval"]["by"], "Ada");
    assert!(sandbox.run(line).stderr.contains("warning: the approval of `cap:secrets.get`"));
    // JSON will do; a case or a part of a name will not.
    let json = json!([{ "name": "CAP:http.fetch", "reason": "x", "by": "y" }]);
    sandbox.write("approvals.yaml", json.to_string());
    sandbox.run(line).expect_code(1);
    sandbox.run("diff old.json old.json --require-approval approvals.yaml").ok();
}

#[test]
fn approvals_without_reason_or_name_are_no_verdict() {
    let sandbox = Sandbox::new();
    sandbox.write("m.json", manifest("1.0.0", "", APP, GET));
    for (text, words) in [
        ("- name: cap:http.fetch\n  by: Ada\n", "reason"),
        ("- name: cap:http.fetch\n  reason: ' '\n  by: Ada\n", "`reason` of `cap:http.fetch` is empty"),
        ("- cap:http.fetch\n", "approvals"),
        ("[", "approvals"),
        ("- {name: a, reason: b, by: c, until: never}\n", "until"),
    ] {
        sandbox.write("approvals.yaml", text);
        let run = sandbox.run("diff m.json m.json --require-approval approvals.yaml").expect_code(2);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    let run = sandbox.run("diff m.json m.json --require-approval none.yaml").expect_code(2);
    assert!(run.stderr.contains("there is no such file"), "{}", run.stderr);
}

/// A component with these imports.
fn wasm(imports: &str) -> Vec<u8> {
    let text = format!("(component {imports} (core module (func (export \"f\"))))");
    component::stamp(&wat::parse_str(text).unwrap(), &component::Identity::new("rust", &"ab".repeat(32)))
        .unwrap()
}

#[test]
fn components_are_compared_by_what_they_import() {
    let sandbox = Sandbox::new();
    sandbox.write("old.wasm", wasm("(import \"wasi:clocks/wall-clock@0.2.0\" (instance))"));
    let imports = r#"(import "wasi:clocks/wall-clock@0.2.6" (instance)) (import "alga:extension/http" (instance))
        (import "wasi:http/outgoing-handler@0.2.6" (instance))"#;
    sandbox.write("new.wasm", wasm(imports));
    let run = sandbox.run("--format json diff old.wasm new.wasm").ok();
    assert_eq!(widenings(&run), ["cap:http.fetch", "import:wasi:http/outgoing-handler"]);
    let document = run.json();
    assert_eq!(names(&document, "imports", "changed"), ["wasi:clocks/wall-clock"]);
    assert_eq!(document["not_compared"], json!(["endpoints", "hooks", "files"]));
    sandbox.write("m.json", "{}");
    let none = sandbox.run("diff old.wasm m.json").expect_code(2);
    assert!(none.stderr.contains("have nothing in common"), "{}", none.stderr);
    sandbox.run("diff old.wasm missing.wasm").expect_code(2);
    sandbox.write("garbage", [0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    sandbox.run("diff garbage old.wasm").expect_code(1);
}

#[test]
fn lock_files_of_two_projects_and_their_allowed_hosts_are_compared() {
    let sandbox = Sandbox::new();
    for (folder, version, host) in [("a", "1.0.0", "one.example"), ("b", "1.0.1", "two.example")] {
        sandbox.write(format!("{folder}/manifest.json"), manifest("1.0.0", "", APP, ""));
        sandbox.write(format!("{folder}/ui/index.html"), "<!doctype html>\n");
        let lock = format!("{{\"packages\": {{\"node_modules/left\": {{\"version\": \"{version}\"}}}}}}");
        sandbox.write(format!("{folder}/package-lock.json"), lock);
        sandbox.write(format!("{folder}/alga-ext.yaml"), format!("http: {{allow: [{host}]}}\n"));
    }
    let run = sandbox.run("--format json diff a b").ok();
    let document = run.json();
    let left = &document["dependencies"][0];
    assert_eq!((&left["old"], &left["new"]), (&json!("1.0.0"), &json!("1.0.1")));
    assert_eq!(widenings(&run), ["host:two.example"]);
}

#[test]
fn names_of_strangers_do_not_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let turned = r#"{"method": "GET", "path": "/\u202eb", "handler": "dist/main"}"#;
    sandbox.write("a.json", manifest("1.0.0", "", APP, GET));
    sandbox.write("b.json", manifest("1.0.0", r#""cap:\u202ex""#, APP, turned));
    let run = sandbox.run("diff a.json b.json").ok();
    assert!(!run.stdout.contains('\u{202e}') && run.stdout.contains("GET /"), "{}", run.stdout);
}

#[test]
fn a_host_written_after_credentials_is_the_one_that_must_be_approved() {
    let sandbox = Sandbox::new();
    for (folder, script) in [
        ("a", "fetch('https://cdn.acme.example/');\n"),
        (
            "b",
            "fetch('https://cdn.acme.example@evil.example/');\nfetch('https://user:pw@evil2.example:8443/');\n\
             new WebSocket('ws://evil3.example');\nfetch('https:\\\\\\\\evil4.example');\nfetch('//evil5.example/x');\n\
             fetch('http://[2001:db8::1]/');\n",
        ),
    ] {
        sandbox.write(format!("{folder}/manifest.json"), manifest("1.0.0", "", APP, ""));
        sandbox.write(format!("{folder}/ui/index.html"), "<!doctype html>\n<title>Reports</title>\n");
        sandbox.write(format!("{folder}/ui/app.js"), script);
    }
    let run = sandbox.run("--format json diff a b").ok();
    let evil =
        ["[2001:db8::1]", "evil.example", "evil2.example", "evil3.example", "evil4.example", "evil5.example"];
    assert_eq!(widenings(&run), evil.map(|host| format!("host:{host}")));
    sandbox.write("approvals.yaml", "- {name: \"host:cdn.acme.example\", reason: x, by: y}\n");
    sandbox.run("diff a b --require-approval approvals.yaml").expect_code(1);
}
