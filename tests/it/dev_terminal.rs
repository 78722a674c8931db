//! What `dev` says to people.

use crate::dev::{URL, echo, project};
use crate::harness::Sandbox;
use crate::http::send;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Stdio};

/// `dev` with these words, and the lines it says.
fn start(sandbox: &Sandbox, line: &str) -> (Child, std::io::Lines<BufReader<ChildStderr>>) {
    let mut command = sandbox.alga(line.split_whitespace());
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(server.stderr.take().unwrap()).lines();
    (server, lines)
}

#[test]
fn even_a_quiet_server_tells_what_could_not_be_built_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.run("new notes --template ts-handler --publisher acme --yes").ok();
    let source = |text: &str| sandbox.write("notes/src/handler.ts", text);
    source("export function handler( {");
    let (mut server, lines) = start(&sandbox, "dev -q -C notes --port 0");
    let mut lines = lines.map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(first.starts_with("error: ") && first.contains("src/handler.ts:1"), "{first}");
    source("export function handler() { return { status: 200, headers: [] }; }");
    source("\n\n\nexport function handler( {");
    let until: Vec<String> = lines.by_ref().take_while(|line| !line.contains("src/handler.ts:4")).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    for word in ["serves `", "built in", "ready in", "warning: "] {
        assert!(!until.iter().any(|line| line.contains(word)), "{until:?}");
    }
}

#[test]
fn what_callers_and_pages_write_cannot_take_hold_of_the_terminal() {
    let sandbox = project(&echo(URL), "");
    let (mut server, mut lines) = start(&sandbox, "dev --no-watch --port 0");
    let mut next = |wanted: &str| {
        let line = lines.by_ref().map(Result::unwrap).find(|line| line.contains(wanted)).unwrap();
        assert!(!line.chars().any(char::is_control), "{line:?}");
        line
    };
    let url = next("serves `").split(' ').next().unwrap().trim_end_matches('/').to_owned();
    let envelope = format!(
        r#"{{"context": {{"tenant_id": "t", "extension_id": "e", "content_hash": "sha256:{}"}},
            "http": {{"method": "G\u001b[2J", "path": "/marked\u001b]0;title\u0007"}}, "limits": {{"timeout_ms": 5000}}}}"#,
        "0".repeat(64)
    );
    let headers = [("content-type", "application/json"), ("x-alga-tenant", "t"), ("x-alga-extension", "e")];
    assert_eq!(send(&url, "POST", "/v1/execute", &headers, envelope.as_bytes()).status, 200);
    next("/marked");
    let report = br#"{"csp-report": {"blocked-uri": "marked\u001b[31m", "effective-directive": "img-src", "source-file": "x"}}"#;
    send(&url, "POST", "/__alga/csp", &[("content-type", "application/csp-report")], report);
    next("blocked marked");
    server.kill().unwrap();
    server.wait().unwrap();
}
