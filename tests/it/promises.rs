//! The Promises/A+ suite, from npm as it is, inside a component and not in Node.

use crate::harness::{self, Sandbox};
use serde_json::{Value, json};
use std::path::Path;

/// Copies a folder's files, with those below.
fn copy(from: &Path, sandbox: &Sandbox, to: &str) {
    for entry in fs_err::read_dir(from).unwrap().map(Result::unwrap) {
        let to = format!("{to}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), sandbox, &to);
        } else {
            sandbox.write(to, fs_err::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_promise_of_a_component_passes_the_suite() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "manifest.json",
        r#"{ "name": "com.acme.promises", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
            "api": { "endpoints": [{ "method": "GET", "path": "/", "handler": "dist/main" }] } }"#,
    );
    sandbox.write("src/handler.js", include_str!("../foreign/promises/handler.js"));
    sandbox.write("src/mocha.js", include_str!("../foreign/promises/mocha.js"));
    sandbox.write("node_modules/assert/index.js", include_str!("../foreign/promises/assert.js"));
    sandbox.write("node_modules/sinon/index.js", include_str!("../foreign/promises/sinon.js"));
    let suite = "node_modules/promises-aplus-tests";
    copy(&harness::tool(&format!("node/{suite}")).join("lib"), &sandbox, &format!("{suite}/lib"));
    sandbox.run("build").ok();
    let answer = sandbox.run("invoke GET / --format json").ok().json();
    let found: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(found, json!({ "tests": 872, "failed": [] }));
}
