//! `build`: what is taken, what is refused, and what is left in `dist/`.

use crate::harness::{Run, Sandbox};
use serde_json::{Value, json};

/// A handler that answers 204, as a core module without metadata.
const HANDLER: &str = r#"(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32)
    (local.set 4 (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get 4) (local.get 3)))
    (local.get 4))
  (func (export "handler") (param i32) (result i32)
    (i32.store16 (i32.const 16) (i32.const 204))
    (i32.const 16)))"#;

const MANIFEST: &str = r#"{
  "name": "com.acme.ledger", "publisher": "acme", "version": "1.0.0", "runtime": "wasm-js@1"
}"#;

/// A project whose handler is the prebuilt `handler.wasm`.
fn prebuilt(wasm: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("alga-ext.yaml", "build: { output: handler.wasm }\n");
    sandbox.write("handler.wasm", wasm);
    sandbox
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn build(sandbox: &Sandbox) -> Run {
    sandbox.run("build --format json")
}

/// The refused build of one binary, and that nothing was written.
fn refused(wasm: impl AsRef<[u8]>) -> String {
    let sandbox = prebuilt(wasm);
    let run = build(&sandbox).expect_code(1);
    assert!(!sandbox.path("dist").exists(), "nothing is written");
    let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(!run.json()["error"]["hint"].is_null(), "{message}: a hint is given");
    let causes = run.json()["error"]["causes"].to_string();
    format!("{message} {causes}")
}

#[test]
fn a_core_module_becomes_a_component_that_exports_the_handler() {
    let sandbox = prebuilt(wat(HANDLER));
    let document = build(&sandbox).ok().json();
    let bytes = sandbox.read("dist/main.wasm");
    assert_eq!(document["engine"], "prebuilt");
    assert_eq!(document["size"], bytes.len());
    assert_eq!(document["component"], sandbox.path("dist/main.wasm").to_str().unwrap());
    assert_eq!(document["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(document["warnings"], json!([]));
    let outside = alga_ext::component::read(&bytes).unwrap();
    assert_eq!(outside.kind, alga_ext::component::Kind::Component);
    assert_eq!(outside.exports, ["handler"]);
    assert_eq!(outside.identity.unwrap().engine, "prebuilt");
}

#[test]
fn building_twice_gives_the_same_bytes_and_record() {
    let (one, two) = (prebuilt(wat(HANDLER)), prebuilt(wat(HANDLER)));
    build(&one).ok();
    build(&two).ok();
    for file in ["dist/main.wasm", "dist/build.json"] {
        assert_eq!(one.read(file), two.read(file), "{file}");
    }
}

#[test]
fn what_is_current_is_not_written_again() {
    let sandbox = prebuilt(wat(HANDLER));
    sandbox.write("ui/index.html", "<p>");
    build(&sandbox).ok();
    let times = |sandbox: &Sandbox| {
        ["dist/main.wasm", "dist/build.json", "dist/ui/index.html"]
            .map(|file| fs_err::metadata(sandbox.path(file)).unwrap().modified().unwrap())
    };
    let before = times(&sandbox);
    build(&sandbox).ok();
    assert_eq!(times(&sandbox), before);
}

#[test]
fn what_the_tool_writes_in_place_is_taken_and_settles() {
    let sandbox = prebuilt(b"");
    sandbox.write("dist/main.wasm", wat(HANDLER));
    sandbox.write("alga-ext.yaml", "build: { output: dist/main.wasm }\n");
    build(&sandbox).ok();
    let first = sandbox.read("dist/main.wasm");
    build(&sandbox).ok();
    assert_eq!(sandbox.read("dist/main.wasm"), first);
}

#[test]
fn a_component_of_another_tool_in_its_place_is_taken_without_configuration() {
    let sandbox = prebuilt(b"");
    let api = r#", "api": { "endpoints": [{ "method": "GET", "path": "/", "handler": "dist/main" }] } }"#;
    sandbox.write("manifest.json", MANIFEST.replace('}', api));
    sandbox.write("alga-ext.yaml", "");
    sandbox.write("dist/main.wasm", wat(HANDLER));
    assert_eq!(build(&sandbox).ok().json()["engine"], "prebuilt");
    // Now it carries our stamp. It is the author's work all the same: nothing here could make it again.
    let stamped = sandbox.read("dist/main.wasm");
    assert_eq!(build(&sandbox).ok().json()["engine"], "prebuilt");
    sandbox.run("pack").ok();
    sandbox.run("pack").ok();
    assert_eq!(sandbox.read("dist/main.wasm"), stamped);
}

#[test]
fn what_was_built_of_a_handler_that_is_gone_is_gone() {
    let sandbox = prebuilt(b"");
    sandbox.write("alga-ext.yaml", "");
    sandbox.write("src/handler.js", "export const handler = () => ({ status: 204 });\n");
    build(&sandbox).ok();
    fs_err::remove_file(sandbox.path("src/handler.js")).unwrap();
    assert_eq!(build(&sandbox).ok().json()["engine"], "none");
    assert!(!sandbox.path("dist/main.wasm").exists() && !sandbox.path("dist/main.wasm.map").exists());
}

#[test]
fn a_project_without_a_handler_has_its_ui_copied_as_it_is() {
    let sandbox = prebuilt(b"");
    sandbox.write("alga-ext.yaml", "");
    sandbox.write("ui/index.html", "<p>hello");
    sandbox.write("ui/assets/app.js", "1");
    sandbox.write("ui/.DS_Store", "x");
    let document = build(&sandbox).ok().json();
    assert_eq!(document["component"], Value::Null);
    assert_eq!((&document["engine"], &document["ui_files"]), (&json!("none"), &json!(2)));
    assert_eq!(sandbox.read("dist/ui/index.html"), b"<p>hello");
    assert!(!sandbox.path("dist/ui/.DS_Store").exists());
    fs_err::remove_file(sandbox.path("ui/assets/app.js")).unwrap();
    build(&sandbox).ok();
    assert!(!sandbox.path("dist/ui/assets").exists(), "what is gone from the UI is gone from dist");
    fs_err::remove_dir_all(sandbox.path("ui")).unwrap();
    build(&sandbox).ok();
    assert!(!sandbox.path("dist/ui").exists());
}

#[test]
fn a_ui_with_a_build_of_its_own_runs_it() {
    let sandbox = prebuilt(wat(HANDLER));
    let config = "build: { output: handler.wasm }\nui: { command: 'mkdir -p web/out && echo built > web/out/index.html && echo noise', dir: web/out }\n";
    sandbox.write("alga-ext.yaml", config);
    let run = build(&sandbox).ok();
    assert_eq!(run.json()["ui_files"], 1);
    assert!(run.stderr.contains("noise"), "what the command says goes to standard error");
    assert_eq!(sandbox.read("dist/ui/index.html"), b"built\n");
}

#[test]
fn a_ui_that_a_bundle_cannot_hold_is_refused() {
    let sandbox = prebuilt(wat(HANDLER));
    sandbox.write("ui/index.html", "<p>");
    std::os::unix::fs::symlink("index.html", sandbox.path("ui/link.html")).unwrap();
    let run = build(&sandbox).expect_code(1);
    assert!(run.stderr.contains("ui/link.html` is a link"), "{}", run.stderr);
    for (config, words) in [("ui: { dir: missing }", "no such folder"), ("ui: { dir: . }", "holds `dist/`")] {
        sandbox.write("alga-ext.yaml", config);
        let run = build(&sandbox).expect_code(1);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}

#[test]
fn a_ui_in_the_folder_that_each_build_replaces_is_refused_and_stays() {
    let sandbox = prebuilt(wat(HANDLER));
    sandbox.write("dist/ui/build/index.html", "<p>");
    sandbox.write("dist/ui/package.json", "{}");
    std::os::unix::fs::symlink("dist", sandbox.path("out")).unwrap();
    for folder in ["dist/ui/build", "./dist/../dist/ui/build", "out/ui/build"] {
        sandbox
            .write("alga-ext.yaml", format!("build: {{ output: handler.wasm }}\nui: {{ dir: {folder} }}\n"));
        let run = build(&sandbox).expect_code(1);
        assert!(
            run.stderr.contains("lies in `dist/ui`") && run.stderr.contains("dist/web"),
            "{}",
            run.stderr
        );
        assert_eq!(names(&sandbox.path("dist/ui")), ["build", "package.json"]);
    }
    let run = sandbox.run("validate").expect_code(1);
    assert!(!run.stdout.contains("config-path"), "a link may lead there: {}", run.stdout);
    sandbox.write("alga-ext.yaml", "build: { output: handler.wasm }\nui: { dir: ./dist/ui/build/ }\n");
    let run = sandbox.run("validate").expect_code(1);
    assert!(run.stdout.contains("config-path") && run.stdout.contains("lies in `dist/ui`"), "{}", run.stdout);
    // The folder itself may be what the UI's own build writes.
    sandbox.write("alga-ext.yaml", "build: { output: handler.wasm }\nui: { dir: ./dist/ui/ }\n");
    assert_eq!(build(&sandbox).ok().json()["ui_files"], 2);
    assert_eq!(names(&sandbox.path("dist/ui")), ["build", "package.json"]);
}

#[test]
fn a_pipe_among_the_ui_s_files_is_named_and_nobody_waits_for_it() {
    let sandbox = prebuilt(wat(HANDLER));
    sandbox.write("ui/index.html", "<p>");
    sandbox.run_command(sandbox.command("mkfifo").arg("ui/app.js")).ok();
    for command in ["build", "pack"] {
        let run = sandbox.run(command).expect_code(1);
        assert!(
            run.stderr.contains("ui/app.js` is a pipe, and a bundle holds files alone"),
            "{}",
            run.stderr
        );
    }
    let run = sandbox.run("validate").expect_code(1);
    assert!(run.stdout.contains("`ui/app.js` is a pipe, which no bundle may hold"), "{}", run.stdout);
    for name in ["manifest.json", "alga-ext.yaml"] {
        fs_err::remove_file(sandbox.path(name)).unwrap();
        sandbox.run_command(sandbox.command("mkfifo").arg(name)).ok();
        for command in ["build", "validate"] {
            let run = sandbox.run(command).expect_code(2);
            assert!(
                run.stderr.contains(&format!("{name}` is a pipe, and a file is wanted")),
                "{}",
                run.stderr
            );
        }
        fs_err::remove_file(sandbox.path(name)).unwrap();
        sandbox.write("manifest.json", MANIFEST);
    }
    // Who names a pipe means what somebody writes into it.
    let line = format!("cat manifest.json | '{}' validate /dev/stdin", env!("CARGO_BIN_EXE_alga-ext"));
    let run = sandbox.run_command(sandbox.command("sh").args(["-c", &line]));
    assert!(run.stdout.contains("nothing-reachable"), "{run:?}");
}

#[test]
fn the_author_s_own_command_runs_first() {
    let sandbox = prebuilt(b"");
    let hidden = sandbox.write("built.bin", wat(HANDLER));
    fs_err::remove_file(sandbox.path("handler.wasm")).unwrap();
    let config =
        format!("build: {{ command: 'cp {} handler.wasm', output: handler.wasm }}\n", hidden.display());
    sandbox.write("alga-ext.yaml", config);
    assert_eq!(build(&sandbox).ok().json()["engine"], "prebuilt");
}

#[test]
fn a_command_that_fails_is_quoted() {
    let sandbox = prebuilt(wat(HANDLER));
    let config = "build: { command: 'echo the flux is out >&2; exit 7', output: handler.wasm }\n";
    sandbox.write("alga-ext.yaml", config);
    let run = sandbox.run("build -q").expect_code(1);
    insta::assert_snapshot!(run.stderr, @r"
    error: `build.command` of `alga-ext.yaml` failed
      caused by: `sh -c 'echo the flux is out >&2; exit 7'` ended with exit code 7:
      | the flux is out
    ");
    assert!(!sandbox.path("dist").exists());
}

#[test]
fn an_output_that_is_not_there_is_named() {
    let sandbox = prebuilt(b"");
    fs_err::remove_file(sandbox.path("handler.wasm")).unwrap();
    let run = build(&sandbox).expect_code(1);
    assert!(run.stderr.contains("handler.wasm") && run.stderr.contains("build.command"), "{}", run.stderr);
}

#[test]
fn what_is_no_wasm_is_named_by_what_it_is() {
    assert!(refused(b"").contains("an empty file"));
    assert!(refused(b"(module)").contains("WebAssembly text"));
    assert!(refused(b"export default 1").contains("this is text"));
}

#[test]
fn a_truncated_binary_is_refused() {
    let sandbox = prebuilt(wat(HANDLER));
    build(&sandbox).ok();
    let component = sandbox.read("dist/main.wasm");
    for whole in [wat(HANDLER), component] {
        let middle = whole.len() / 2;
        let message = refused(&whole[..middle]);
        assert!(message.contains("cut off") || message.contains("malformed"), "{message}");
        refused(&whole[..6]);
    }
}

#[test]
fn a_module_without_the_handler_is_refused_with_what_it_exports() {
    let message = refused(wat(&HANDLER.replace("\"handler\"", "\"handle\"")));
    assert!(message.contains("does not export `handler`") && message.contains("`handle`"), "{message}");
}

#[test]
fn a_module_with_another_signature_is_refused() {
    let message = refused(wat(
        r#"(module (memory (export "memory") 1) (func (export "handler") (result i64) i64.const 0))"#,
    ));
    assert!(message.contains("cannot be made a component") && message.contains("handler"), "{message}");
}

#[test]
fn a_component_of_another_world_is_refused_with_every_reason() {
    let table = [
        // Nothing the platform calls.
        (
            r#"(component (core module $m (func (export "run"))) (core instance $i (instantiate $m))
            (func (export "run") (canon lift (core func $i "run"))))"#,
            &["does not export `handler`", "`run`"] as &[&str],
        ),
        // A handler of another signature, and an import nobody brings.
        (
            r#"(component (import "acme:queue/push" (instance (export "push" (func))))
            (core module $m (func (export "handler"))) (core instance $i (instantiate $m))
            (func (export "handler") (canon lift (core func $i "handler"))))"#,
            &["imports `acme:queue/push`", "another signature", "0 parameters", "1 parameter"],
        ),
        // A function of the platform with another signature, and one it does not have.
        (
            r#"(component
            (import "alga:extension/logging" (instance
              (export "log-info" (func (param "message" u32))) (export "log-debug" (func (param "message" string))))))"#,
            &[
                "`log-info`",
                "`u32`",
                "`string`",
                "`log-debug`",
                "`log-warn`",
                "does not export `handler`; it exports nothing",
            ],
        ),
        // WASI of another generation.
        (
            r#"(component (import "wasi:clocks/monotonic-clock@0.3.0" (instance (export "now" (func (result u64))))))"#,
            &["imports `wasi:clocks/monotonic-clock@0.3.0`"],
        ),
    ];
    for (text, words) in table {
        let message = refused(wat(text));
        assert!(message.contains("does not fit the world"), "{message}");
        for word in words {
            assert!(message.contains(word), "{word}: {message}");
        }
    }
}

#[test]
fn an_import_beyond_the_capabilities_is_a_warning() {
    let guest = HANDLER.replacen(
        "(memory",
        r#"(import "alga:extension/secrets" "list-keys" (func (param i32))) (memory"#,
        1,
    );
    let sandbox = prebuilt(wat(&guest));
    let document = build(&sandbox).ok().json();
    let warning = document["warnings"][0].as_str().unwrap();
    assert!(warning.contains("alga:extension/secrets") && warning.contains("cap:secrets.get"), "{warning}");
    sandbox.write("manifest.json", MANIFEST.replace('}', r#", "capabilities": ["cap:secrets.get"] }"#));
    assert_eq!(build(&sandbox).ok().json()["warnings"], json!([]));
}

#[test]
fn a_read_only_dist_is_named_and_left_as_it_was() {
    let sandbox = prebuilt(wat(HANDLER));
    // Also root cannot write here: a file stands where the folder should be.
    sandbox.write("dist", "not a folder");
    let run = build(&sandbox).expect_code(2);
    assert!(run.stderr.contains("dist"), "{}", run.stderr);
    assert_eq!(sandbox.read("dist"), b"not a folder");
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let sandbox = prebuilt(wat(HANDLER));
    build(&sandbox).ok();
    sandbox.write("ui/big.bin", vec![7_u8; 200_000]);
    sandbox.write("handler.wasm", wat(&HANDLER.replace("204", "201")));
    // The shell counts in blocks of 512 or 1,024 bytes; files may grow to at most 64 KiB.
    let script = format!("trap '' XFSZ; ulimit -f 64; exec '{}' build", env!("CARGO_BIN_EXE_alga-ext"));
    let run = sandbox.run_command(sandbox.command("sh").args(["-c", &script])).expect_code(2);
    assert!(run.stderr.contains("big.bin") || run.stderr.contains("large"), "{}", run.stderr);
    let left = names(&sandbox.path("dist"));
    assert_eq!(left, ["build.json", "main.wasm"]);
    alga_ext::component::validate(&sandbox.read("dist/main.wasm")).unwrap();
    fs_err::remove_file(sandbox.path("ui/big.bin")).unwrap();
    build(&sandbox).ok();
}

/// The names in a folder, sorted.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_interrupt_leaves_no_process_and_no_temporary_file() {
    let sandbox = prebuilt(wat(HANDLER));
    // The command says when it stands, and that its child does too; then it would sleep for ten minutes.
    let config =
        "build: { command: 'sleep 600 & echo $! > child.pid; echo up; wait', output: handler.wasm }\n";
    sandbox.write("alga-ext.yaml", config);
    let mut command = sandbox.alga(["build"]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    assert_eq!(line, "up\n");
    let sleeper = String::from_utf8(sandbox.read("child.pid")).unwrap();
    let kill = |signal: &str, pid: &str| {
        let mut kill = sandbox.command("sh");
        kill.args(["-c", &format!("kill -{signal} {}", pid.trim())]).output().unwrap().status.success()
    };
    assert!(kill("INT", &child.id().to_string()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Nobody may have asked yet how it ended; it is a process then that no longer runs.
    let status = fs_err::read_to_string(format!("/proc/{}/status", sleeper.trim())).unwrap_or_default();
    let has_ended = status.lines().all(|line| !line.starts_with("State:") || line.contains("zombie"));
    assert!(has_ended || !kill("0", &sleeper), "the command's own child ended too: {status}");
    assert!(!sandbox.path("dist").exists());
}

#[test]
fn a_mistake_in_the_configuration_is_named_with_its_line_and_column() {
    let sandbox = prebuilt(wat(HANDLER));
    for (text, words, place) in [
        ("build:\n  output: 'handler.wasm\n", "unexpected end of stream", "line 3, column 1"),
        ("build:\n  outputs: handler.wasm\n", "unknown field `outputs`", "line 2, column 3"),
        (
            "limits:\n  timeout_ms: soon\n",
            "limits.timeout_ms: invalid type: string \"soon\"",
            "line 2, column 15",
        ),
    ] {
        sandbox.write("alga-ext.yaml", text);
        for command in ["build", "pack", "invoke GET /", "dev --port 0"] {
            let run = sandbox.run(command).expect_code(1);
            assert!(
                run.stderr.contains(words) && run.stderr.contains(place),
                "{command}\n{text}{}",
                run.stderr
            );
        }
    }
    sandbox.write("manifest.json", "{\n  \"name\": \"a\",,\n}");
    sandbox.write("alga-ext.yaml", "");
    let run = sandbox.run("build").expect_code(1);
    assert!(run.stderr.contains("line 2") && run.stderr.contains("column 15"), "{}", run.stderr);
}

#[test]
fn a_manifest_that_is_a_folder_is_named() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.path("manifest.json")).unwrap();
    for command in ["build", "pack", "invoke GET /", "dev --port 0"] {
        let run = sandbox.run(command).expect_code(2);
        assert!(run.stderr.contains("manifest.json`: Is a directory"), "{command}: {}", run.stderr);
    }
}

#[test]
fn the_cache_is_shown_and_cleared_and_made_again() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "manifest.json",
        r#"{ "name": "com.acme.kept", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1" }"#,
    );
    sandbox.write("src/handler.ts", "export const handler = () => ({ body: 'ok' });");
    let run = |line: &str| {
        let mut command = sandbox.alga(line.split(' '));
        sandbox.run_command(command.env("ALGA_EXT_CACHE_DIR", sandbox.path("kept"))).ok()
    };
    assert!(run("cache").stdout.contains("0 B     0  JavaScript engines"));
    run("build");
    let document = run("cache --format json").json();
    assert_eq!(document["kinds"][0]["entries"], 2, "{document}");
    assert!(document["size"].as_u64().unwrap() > 1_000_000, "{document}");
    let cleared = run("cache clear");
    assert!(cleared.stderr.starts_with("removed 2 entries, "), "{}", cleared.stderr);
    assert_eq!(run("cache --format json").json()["size"], 0);
    run("build");
    assert_eq!(run("cache --format json").json()["kinds"][0]["entries"], 2);
}
