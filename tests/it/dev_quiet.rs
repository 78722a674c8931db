//! What `dev -q` still says.

use crate::harness::Sandbox;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn even_a_quiet_server_tells_what_could_not_be_built_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.run("new notes --template ts-handler --publisher acme --yes").ok();
    sandbox.write("notes/src/handler.ts", "export function handler( {");
    let mut command = sandbox.alga(["dev", "-q", "-C", "notes", "--port", "0", "--no-watch"]);
    let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(first.starts_with("error: ") && first.contains("src/handler.ts:1"), "{first}");
}
