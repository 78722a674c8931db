//! Rust handlers: a real cargo build, and what cargo for the WASI targets would hand over.

use crate::harness::{Run, Sandbox};
use std::path::Path;
use std::process::Command;

/// `wasm32-wasip1` makes a core module that imports preview 1; the handler reads the clock.
/// Its allocator keeps alignments: the adapter asks for whole pages.
pub(crate) const PREVIEW_1: &str = r#"(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
  (import "alga:extension/logging" "log-info" (func $log (param i32 i32)))
  (memory (export "memory") 8)
  (data (i32.const 64) "tick")
  (global $top (mut i32) (i32.const 4096))
  (func (export "_initialize"))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    (local.set 4 (i32.and (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
    (global.set $top (i32.add (local.get 4) (local.get 3)))
    (local.get 4))
  (func (export "handler") (param i32) (result i32)
    (drop (call $now (i32.const 0) (i64.const 1) (i32.const 32)))
    (call $log (i32.const 64) (i32.const 4))
    (i32.store16 (i32.const 16) (i32.const 204))
    (i32.const 16)))"#;

const MANIFEST: &str = r#"{
  "name": "com.acme.ledger", "publisher": "acme", "version": "1.0.0", "runtime": "wasm-js@1"
}"#;

const CARGO: &str = r#"[package]
name = "ledger"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
wit-bindgen = { version = "=0.61.1", default-features = false, features = ["macros", "realloc"] }

[profile.release]
opt-level = "s"
panic = "abort"
"#;

const HANDLER: &str = r#"wit_bindgen::generate!({ world: "runner", path: "wit" });

struct Handler;

impl Guest for Handler {
    fn handler(request: ExecuteRequest) -> ExecuteResponse {
        alga::extension::logging::log_info(&request.http.url);
        ExecuteResponse { status: 200, headers: vec![], body: Some(request.http.url.into_bytes()) }
    }
}

export!(Handler);
"#;

/// Crates of one name share an artifact's path in the shared target folder: one build at a time.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Runs a command with a wasm-capable Rust: the machine's own, or Debian's with a standard library built on the way.
/// All builds of a test run share one target folder, so that it is built once.
pub(crate) fn run_with_rust(sandbox: &Sandbox, command: &mut Command) -> Run {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    sandbox.run_command(with_rust(sandbox, command))
}

pub(crate) fn with_rust<'a>(sandbox: &Sandbox, command: &'a mut Command) -> &'a mut Command {
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust-guests"));
    let mut rustc = sandbox.command("rustc");
    let libraries = rustc.args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]).output();
    let libraries =
        libraries.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if !libraries.is_empty() && Path::new(&libraries).is_dir() {
        return command;
    }
    let config = "[unstable]\nbuild-std = [\"std\", \"panic_abort\"]\n[target.wasm32-unknown-unknown]\nlinker = \"wasm-ld\"\n";
    sandbox.write(".cargo/config.toml", config);
    command.env("CARGO", "/usr/bin/cargo").env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1")
}

/// A project of one crate with this handler.
pub(crate) fn crate_with(sandbox: &Sandbox, folder: &str, handler: &str) {
    crate_in(sandbox, folder);
    sandbox.write(Path::new(folder).join("src/lib.rs"), handler);
}

fn crate_in(sandbox: &Sandbox, folder: &str) {
    let at = |name: &str| Path::new(folder).join(name);
    sandbox.write(at("manifest.json"), MANIFEST);
    sandbox.write(at("Cargo.toml"), CARGO);
    sandbox.write(at("src/lib.rs"), HANDLER);
    sandbox.write(at("wit/extension.wit"), alga_ext::component::WIT);
}

fn build(sandbox: &Sandbox, folder: &str) -> Run {
    let mut command = sandbox.alga(["-C", folder, "build", "--format", "json"]);
    run_with_rust(sandbox, &mut command)
}

#[test]
fn a_crate_with_wit_bindgen_becomes_a_component() {
    let sandbox = Sandbox::new();
    crate_in(&sandbox, "ledger");
    let run = build(&sandbox, "ledger").ok();
    assert!(
        run.stderr.contains("Finished `release` profile"),
        "cargo's own messages pass through: {}",
        run.stderr
    );
    let document = run.json();
    assert_eq!(document["engine"], "rust");
    assert_eq!(document["imports"], serde_json::json!(["alga:extension/types", "alga:extension/logging"]));
    assert!(document["size"].as_u64().unwrap() < 64 * 1024, "{document}");
    let record: serde_json::Value = serde_json::from_slice(&sandbox.read("ledger/dist/build.json")).unwrap();
    for input in ["src/lib.rs", "wit/extension.wit", "Cargo.toml", "Cargo.lock"] {
        assert!(record["inputs"][input].is_string(), "{input}: {record}");
    }
    // A mistake in the source: cargo's words, nothing touched.
    let before = sandbox.read("ledger/dist/main.wasm");
    sandbox.write("ledger/src/lib.rs", HANDLER.replace("status: 200", "status: \"fine\""));
    let run = build(&sandbox, "ledger").expect_code(1);
    let error = run.json()["error"].to_string();
    assert!(error.contains("mismatched types") && error.contains("src/lib.rs:8"), "{error}");
    assert_eq!(sandbox.read("ledger/dist/main.wasm"), before);
}

#[test]
fn a_missing_target_is_named_with_the_command_that_adds_it() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("Cargo.toml", CARGO.replace("wit-bindgen", "#"));
    sandbox.write("src/lib.rs", "");
    // cargo builds for a target this compiler knows and nobody installs by chance.
    sandbox.write(".cargo/config.toml", "[build]\ntarget = \"wasm32v1-none\"\n");
    let mut command = sandbox.alga(["build", "-q"]);
    let run = sandbox.run_command(command.env("CARGO_BUILD_TARGET", "wasm32v1-none")).expect_code(2);
    assert!(run.stderr.contains("hint: run `rustup target add wasm32v1-none`"), "{}", run.stderr);
    assert!(run.stderr.contains("can't find crate for `"), "{}", run.stderr);
}

#[test]
fn a_crate_that_is_no_library_for_others_is_refused() {
    let sandbox = Sandbox::new();
    crate_in(&sandbox, ".");
    sandbox.write("Cargo.toml", CARGO.replace("crate-type = [\"cdylib\"]", ""));
    let run = sandbox.run("build").expect_code(1);
    assert!(run.stderr.contains("`cdylib`") && run.stderr.contains("crate-type"), "{}", run.stderr);
}

#[test]
fn a_broken_cargo_manifest_is_quoted() {
    let sandbox = Sandbox::new();
    crate_in(&sandbox, ".");
    sandbox.write("Cargo.toml", "[package\n");
    let run = sandbox.run("build").expect_code(1);
    assert!(run.stderr.contains("cargo metadata") && run.stderr.contains("Cargo.toml:1"), "{}", run.stderr);
}

#[test]
fn a_machine_without_cargo_says_where_to_get_it() {
    let sandbox = Sandbox::new();
    crate_in(&sandbox, ".");
    let mut command = sandbox.alga(["build"]);
    let run = sandbox.run_command(command.env("PATH", "/nowhere")).expect_code(2);
    assert!(
        run.stderr.contains("`cargo` cannot be found") && run.stderr.contains("rustup.rs"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_preview_1_module_goes_through_the_adapter() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("alga-ext.yaml", "build: { output: ledger.wasm }\n");
    sandbox.write("ledger.wasm", wat::parse_str(PREVIEW_1).unwrap());
    let document = sandbox.run("build --format json").ok().json();
    let imports: Vec<&str> =
        document["imports"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(imports.contains(&"alga:extension/logging"), "{imports:?}");
    assert!(
        imports.iter().any(|name| name.starts_with("wasi:clocks/wall-clock@0.2")
            || name.starts_with("wasi:clocks/monotonic-clock@0.2")),
        "{imports:?}"
    );
    assert!(!imports.contains(&"wasi_snapshot_preview1"));
}

#[test]
fn a_preview_2_component_is_taken_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("alga-ext.yaml", "build: { output: ledger.wasm }\n");
    let component = alga_ext::component::from_module(&wat::parse_str(PREVIEW_1).unwrap()).unwrap();
    sandbox.write("ledger.wasm", &component);
    sandbox.run("build").ok();
    let built = sandbox.read("dist/main.wasm");
    let plain = alga_ext::component::strip(&component).unwrap();
    assert_eq!(built[..plain.len()], *plain, "only the identity is added, and what is not code taken away");
}
