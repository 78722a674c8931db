//! `doctor`: what is found, and what is told to be done.

use crate::harness::{Run, Sandbox};
use serde_json::Value;

fn check(run: &Run, name: &str) -> Value {
    let document = run.json();
    let checks = document["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {document}")).clone()
}

#[test]
fn a_machine_without_rust_is_ready_and_told_how_to_get_it() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.alga(["doctor", "--format", "json"]);
    let run = sandbox.run_command(command.env("PATH", "/nowhere")).ok();
    assert_eq!(run.json()["ready"], true);
    let cargo = check(&run, "cargo");
    assert_eq!(cargo["verdict"], "optional");
    assert!(cargo["remedy"].as_str().unwrap().contains("rustup.rs"), "{cargo}");
    assert_eq!(check(&run, "node")["verdict"], "good");
}

#[test]
fn a_compiler_without_the_target_is_told_the_rustup_command() {
    let sandbox = Sandbox::new();
    let rustc = sandbox.write("rustc", "#!/bin/sh\necho /nowhere/lib\n");
    std::fs::set_permissions(&rustc, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = sandbox.alga(["doctor", "--format", "json"]);
    let run = sandbox.run_command(command.env("RUSTC", &rustc)).ok();
    assert_eq!(check(&run, "wasm target")["remedy"], "rustup target add wasm32-unknown-unknown");
}

#[test]
fn a_cache_that_cannot_be_written_is_named_with_the_way_out() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("cache", "a file where the folder should be");
    let mut command = sandbox.alga(["doctor"]);
    let run = sandbox.run_command(command.env("ALGA_EXT_CACHE_DIR", &file)).expect_code(2);
    assert!(run.stdout.contains("!!  cache:") && run.stdout.contains("ALGA_EXT_CACHE_DIR"), "{}", run.stdout);
    assert!(run.stderr.contains("not ready"), "{}", run.stderr);
    assert!(run.stdout.contains("ok  folder:"), "{}", run.stdout);
}
