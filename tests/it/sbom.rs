//! The bill of materials: what is really in the component, with licences and hashes, as CycloneDX wants it.

use crate::harness::{Sandbox, link_packages, tool};
use crate::pack::ui_project;
use crate::rust_handlers::run_with_rust;
use serde_json::Value;

/// Fails the test unless the schema that `cyclonedx-python-lib` carries accepts the file.
fn check_schema(sandbox: &Sandbox, file: &str) {
    let script = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(errors) if errors else 0)";
    let mut command = sandbox.command(tool("python/bin/python"));
    command.args(["-c", script, file]);
    sandbox.run_command(&mut command).ok();
}

fn find<'a>(bill: &'a Value, name: &str) -> &'a Value {
    let components = bill["components"].as_array().unwrap();
    components
        .iter()
        .find(|component| component["name"] == name)
        .unwrap_or_else(|| panic!("no {name}: {bill:#}"))
}

const MANIFEST: &str = r#"{"name": "com.acme.times", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
  "api": {"endpoints": [{"method": "GET", "path": "/x", "handler": "dist/main"}]}}"#;

#[test]
fn npm_packages_that_are_in_the_component_are_listed_with_licence_and_hash() {
    let sandbox = Sandbox::new();
    sandbox.write("app/manifest.json", MANIFEST);
    sandbox.write(
        "app/src/handler.ts",
        "import ms from 'ms';\nexport const handler = () => ({ body: String(ms('2 days')) });\n",
    );
    link_packages(&sandbox.path("app"));
    sandbox
        .write("app/package-lock.json", fs_err::read(tool("node/node_modules/.package-lock.json")).unwrap());
    let document = sandbox.run("-C app pack --format json").ok().json();
    let file = "app/dist/bundle.tar.zst.cdx.json";
    assert_eq!(document["sbom"], sandbox.path(file).to_str().unwrap());
    check_schema(&sandbox, file);
    let bill: Value = serde_json::from_slice(&sandbox.read(file)).unwrap();
    let ms = find(&bill, "ms");
    assert_eq!(ms["purl"], format!("pkg:npm/ms@{}", ms["version"].as_str().unwrap()));
    assert_eq!(ms["licenses"][0]["expression"], "MIT");
    assert_eq!(ms["hashes"][0]["alg"], "SHA-512");
    // What is installed and not in the component is not in the bill.
    assert!(bill["components"].as_array().unwrap().iter().all(|component| component["name"] != "lodash"));
    assert_eq!(find(&bill, "componentize-qjs-runtime")["licenses"][0]["expression"], "Apache-2.0");
    assert_eq!(find(&bill, "rquickjs-sys")["licenses"][0]["expression"], "MIT");
    assert_eq!(bill["metadata"]["component"]["hashes"][0]["alg"], "SHA-256");
    assert!(bill.get("serialNumber").is_none() && bill["metadata"].get("timestamp").is_none());
    // Inside it is the same, and made again it is the same.
    sandbox.run("-C app pack --sbom embed").ok();
    let inside = sandbox.run("cat app/dist/bundle.tar.zst META/sbom.cdx.json").ok().stdout;
    assert_eq!(inside.as_bytes(), sandbox.read(file));
    let run = sandbox.run("validate app/dist/bundle.tar.zst").ok();
    assert!(!run.stdout.contains("META/"), "{}", run.stdout);
}

#[test]
fn crates_that_the_handler_needs_are_listed_with_licence_and_hash() {
    let sandbox = Sandbox::new();
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rust-counter");
    for file in ["Cargo.lock", "Cargo.toml", "manifest.json", "alga-ext.yaml", "src/lib.rs"] {
        sandbox.write(format!("examples/app/{file}"), fs_err::read(example.join(file)).unwrap());
    }
    sandbox.write("wit/extension.wit", alga_ext::component::WIT);
    run_with_rust(&sandbox, &mut sandbox.alga(["-C", "examples/app", "pack"])).ok();
    let file = "examples/app/dist/bundle.tar.zst.cdx.json";
    check_schema(&sandbox, file);
    let bill: Value = serde_json::from_slice(&sandbox.read(file)).unwrap();
    let bindgen = find(&bill, "wit-bindgen");
    assert!(bindgen["purl"].as_str().unwrap().starts_with("pkg:cargo/wit-bindgen@0.61."), "{bindgen}");
    let licence = bindgen["licenses"][0]["expression"].as_str().unwrap();
    assert!(licence.contains("Apache-2.0"), "{licence}");
    assert_eq!(bindgen["hashes"][0]["alg"], "SHA-256");
    let lock = String::from_utf8(sandbox.read("examples/app/Cargo.lock")).unwrap();
    assert!(lock.contains(bindgen["hashes"][0]["content"].as_str().unwrap()));
    let index = sandbox.run("cat examples/app/dist/bundle.tar.zst META/bundle.json").ok().json();
    assert_eq!((&index["engine"], &index["locks"][0]["path"]), (&"rust".into(), &"Cargo.lock".into()));
    assert!(index["source"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn a_ui_alone_has_a_bill_without_components_and_none_is_written_where_none_is_wanted() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    let mut command = sandbox.alga(["-C", "app", "pack"]);
    sandbox.run_command(command.env("SOURCE_DATE_EPOCH", "0")).ok();
    let file = "app/dist/bundle.tar.zst.cdx.json";
    check_schema(&sandbox, file);
    let bill: Value = serde_json::from_slice(&sandbox.read(file)).unwrap();
    assert_eq!(bill["components"], Value::Array(Vec::new()));
    assert_eq!(bill["metadata"]["timestamp"], "1970-01-01T00:00:00Z");
    sandbox.run("-C app pack --sbom none --out none.tar.zst").ok();
    assert!(!sandbox.path("none.tar.zst.cdx.json").exists());
}

#[test]
fn packages_of_a_ui_with_a_build_of_its_own_are_listed_and_the_lock_file_of_its_workspace_is_named() {
    const INTEGRITY: &str =
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "all/app");
    sandbox.write(
        "all/app/alga-ext.yaml",
        "ui:\n  command: mkdir -p web/out && cp ui/* web/out 2>&1 || true\n  dir: web/out\n",
    );
    sandbox.write(
        "all/app/web/package.json",
        r#"{"dependencies": {"widgets": "^1.0.0"}, "devDependencies": {"bundler": "1"}}"#,
    );
    let lock = r#"{"packages": {
        "": {"workspaces": ["app/web"]},
        "FOLDER": {"dependencies": {"widgets": "^1.0.0"}, "devDependencies": {"bundler": "1"}},
        "node_modules/widgets": {"version": "1.2.0", "integrity": "INTEGRITY", "license": "MIT", "dependencies": {"deep": "2"}},
        "node_modules/deep": {"version": "2.0.0", "integrity": "INTEGRITY", "license": "ISC"},
        "node_modules/bundler": {"version": "1.0.0", "dev": true},
        "node_modules/other": {"version": "3.0.0"}}}"#;
    let lock = lock.replace("INTEGRITY", INTEGRITY);
    let names = |sandbox: &Sandbox| -> Vec<String> {
        sandbox.run("-C all/app pack").ok();
        let file = "all/app/dist/bundle.tar.zst.cdx.json";
        check_schema(sandbox, file);
        let bill: Value = serde_json::from_slice(&sandbox.read(file)).unwrap();
        let components = bill["components"].as_array().unwrap().iter();
        components
            .map(|one| format!("{} {}", one["purl"].as_str().unwrap(), one["hashes"][0]["alg"]))
            .collect()
    };
    let locks = |sandbox: &Sandbox| -> Vec<String> {
        let index = sandbox.run("cat all/app/dist/bundle.tar.zst META/bundle.json").ok().json();
        index["locks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|lock| lock["path"].as_str().unwrap().to_owned())
            .collect()
    };
    let expected = [r#"pkg:npm/deep@2.0.0 "SHA-512""#, r#"pkg:npm/widgets@1.2.0 "SHA-512""#];
    sandbox.write("all/app/web/package-lock.json", lock.replace("FOLDER", ""));
    assert_eq!(names(&sandbox), expected);
    assert_eq!(locks(&sandbox), ["web/package-lock.json"]);
    // The same in a workspace, whose lock file lies above the project.
    fs_err::remove_file(sandbox.path("all/app/web/package-lock.json")).unwrap();
    sandbox.write("all/package.json", r#"{"workspaces": ["app/web"]}"#);
    sandbox.write("all/package-lock.json", lock.replace("FOLDER", "app/web"));
    assert_eq!(names(&sandbox), expected);
    assert_eq!(locks(&sandbox), ["../package-lock.json"]);
    // One that does not know the project is somebody else's.
    sandbox.write("all/package-lock.json", lock.replace("FOLDER", "other"));
    assert_eq!(names(&sandbox), ["pkg:npm/widgets null"]);
    assert_eq!(locks(&sandbox), [""; 0]);
}
