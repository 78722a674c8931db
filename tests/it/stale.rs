//! When `pack` builds again: what is in `dist/` is what the sources would build now, or it is made anew.

use crate::harness::Sandbox;
use crate::rust_handlers::{crate_with, run_with_rust, with_rust};
use serde_json::Value;

const MANIFEST: &str = r#"{
  "name": "com.acme.fresh", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
  "api": { "endpoints": [{ "method": "GET", "path": "/", "handler": "dist/main" }] }
}"#;

/// A project whose handler says what `specifier` exports as `greeting`.
fn greeting(specifier: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    let handler = format!(
        "import {{ greeting }} from '{specifier}';\nexport const handler = () => ({{ status: 200, body: greeting }});\n"
    );
    sandbox.write("src/handler.ts", handler);
    sandbox
}

/// The source files of the component that is built, as its map names them.
fn sources(sandbox: &Sandbox) -> String {
    let map: Value = serde_json::from_slice(&sandbox.read("dist/main.wasm.map")).unwrap();
    map["sources"].to_string()
}

#[test]
fn a_configuration_that_tsconfig_extends_decides_what_is_packed() {
    let sandbox = greeting("#/greeting");
    let leads_to = |folder: &str| {
        let paths =
            format!("{{ \"compilerOptions\": {{ \"paths\": {{ \"#/*\": [\"./src/{folder}/*\"] }} }} }}");
        sandbox.write("base.json", paths);
    };
    sandbox.write("tsconfig.json", r#"{ "extends": "./base.json" }"#);
    sandbox.write("src/one/greeting.ts", "export const greeting = 'one';\n");
    sandbox.write("src/two/greeting.ts", "export const greeting = 'two';\n");
    leads_to("one");
    sandbox.run("pack").ok();
    assert!(sources(&sandbox).contains("src/one/greeting.ts"));
    leads_to("two");
    sandbox.run("pack").ok();
    assert!(sources(&sandbox).contains("src/two/greeting.ts"), "{}", sources(&sandbox));
    assert!(sandbox.run("invoke GET /").ok().stdout.contains("two"));
}

#[test]
fn a_package_json_decides_what_is_packed_and_what_the_component_says_is_in_it() {
    let sandbox = greeting("kit");
    let package = |version: &str, file: &str| {
        let package =
            serde_json::json!({ "name": "kit", "version": version, "type": "module", "exports": file });
        sandbox.write("node_modules/kit/package.json", package.to_string());
    };
    let version = || {
        let component = alga_ext::component::read(&sandbox.read("dist/main.wasm")).unwrap();
        let packages = component.identity.unwrap().packages;
        packages.into_iter().find(|package| package.name == "kit").unwrap().version.unwrap()
    };
    for file in ["one", "two"] {
        let text = format!("export const greeting = '{file}';\n");
        sandbox.write(format!("node_modules/kit/{file}.js"), text);
    }
    package("1.0.0", "./one.js");
    sandbox.run("pack").ok();
    assert!(sources(&sandbox).contains("kit/one.js"));
    package("1.0.0", "./two.js");
    sandbox.run("pack").ok();
    assert!(sources(&sandbox).contains("kit/two.js"), "{}", sources(&sandbox));
    package("1.0.1", "./two.js");
    sandbox.run("pack").ok();
    assert_eq!(version(), "1.0.1");
}

#[test]
fn a_file_that_was_not_there_decides_what_is_packed() {
    let sandbox = greeting("./greeting");
    sandbox.write("src/greeting.js", "export const greeting = 'one';\n");
    sandbox.run("pack").ok();
    sandbox.write("src/greeting.ts", "export const greeting: string = 'two';\n");
    sandbox.run("pack").ok();
    assert!(sources(&sandbox).contains("src/greeting.ts"), "{}", sources(&sandbox));
    // What does not build any more is told, and nothing old is packed.
    sandbox.write("tsconfig.json", r#"{ "compilerOptions": { "paths": { "./greeting": ["./gone.ts"] } } }"#);
    fs_err::remove_file(sandbox.path("src/greeting.ts")).unwrap();
    fs_err::remove_file(sandbox.path("src/greeting.js")).unwrap();
    assert!(sandbox.run("pack").expect_code(1).stderr.contains("greeting"));
}

#[test]
fn what_was_made_small_is_packed_as_it_is_while_its_sources_stay() {
    let sandbox = greeting("./greeting");
    sandbox.write("src/greeting.ts", "/** Says it. */\nexport const greeting = ['small'].join('');\n");
    sandbox.run("build").ok();
    let plain = sandbox.read("dist/main.wasm");
    sandbox.run("build --minify").ok();
    let small = sandbox.read("dist/main.wasm");
    assert_ne!(small, plain);
    sandbox.run("pack").ok();
    assert_eq!(sandbox.read("dist/main.wasm"), small);
    assert!(sandbox.run("invoke GET /").ok().stdout.contains("small"));
    assert_eq!(sandbox.read("dist/main.wasm"), small);
}

#[test]
fn the_record_of_a_build_names_what_was_read_and_not_what_was_saved_meanwhile() {
    let sandbox = greeting("./greeting");
    let read = "export const greeting = 'one';\n";
    sandbox.write("src/greeting.ts", read);
    // The UI's command runs when the source has been read, as an editor may save then.
    sandbox.write("alga-ext.yaml", "ui: { command: 'echo // >> src/greeting.ts', dir: web }\n");
    sandbox.write("web/app.js", "");
    sandbox.run("build").ok();
    assert_ne!(sandbox.read("src/greeting.ts"), read.as_bytes());
    let record: Value = serde_json::from_slice(&sandbox.read("dist/build.json")).unwrap();
    let expected = alga_ext::bundle::Digest::of(read.as_bytes()).to_string();
    assert_eq!(record["inputs"]["src/greeting.ts"], expected, "{record}");
}

#[test]
#[cfg(unix)]
fn what_is_saved_while_cargo_runs_is_built_the_next_time() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let handler = |status: &str| {
        format!(
            "wit_bindgen::generate!({{ world: \"runner\", path: \"wit\" }});\nstruct Handler;\nimpl Guest for Handler {{\n    \
             fn handler(_: ExecuteRequest) -> ExecuteResponse {{\n        ExecuteResponse {{ status: {status}, headers: vec![], body: None }}\n    }}\n}}\nexport!(Handler);\n"
        )
    };
    crate_with(&sandbox, "ledger", &handler("200"));
    sandbox.write("ledger/manifest.json", MANIFEST);
    // Of a name of its own: nobody else makes its artifact.
    let cargo = String::from_utf8(sandbox.read("ledger/Cargo.toml")).unwrap();
    sandbox.write("ledger/Cargo.toml", cargo.replace("\"ledger\"", "\"saved\""));
    sandbox.write("later.rs", handler("201"));
    // A cargo that has built when the author saves.
    let mut command = sandbox.alga(["-C", "ledger", "build", "--format", "json"]);
    let command = with_rust(&sandbox, &mut command);
    let cargo = command.get_envs().find(|(name, _)| *name == "CARGO").and_then(|(_, value)| value);
    let cargo = cargo.map_or("cargo".into(), |cargo| cargo.to_string_lossy().into_owned());
    let later = sandbox.path("later.rs");
    let script = format!(
        "#!/bin/sh\n'{cargo}' \"$@\" || exit\n[ \"$1\" != build ] || cat '{}' > src/lib.rs\n",
        later.display()
    );
    let slow = sandbox.write("slow-cargo", script);
    fs_err::set_permissions(&slow, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.alga(["-C", "ledger", "build", "--format", "json"]);
    with_rust(&sandbox, &mut command).env("CARGO", slow);
    let document = sandbox.run_command(&mut command).ok().json();
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("`src/lib.rs` was saved while cargo ran"), "{warnings}");
    let before = sandbox.read("ledger/dist/main.wasm");
    let mut command = sandbox.alga(["-C", "ledger", "pack"]);
    run_with_rust(&sandbox, &mut command).ok();
    assert_ne!(sandbox.read("ledger/dist/main.wasm"), before, "what was saved is built");
    let record: Value = serde_json::from_slice(&sandbox.read("ledger/dist/build.json")).unwrap();
    assert!(record["saved_meanwhile"].is_null(), "{record}");
}
