//! `validate`: every finding code with its fixture, and what a hostile manifest can do.

use crate::guests;
use crate::harness::{Run, Sandbox};
use alga_ext::bundle::{self, Container, Entry};
use alga_ext::findings::{Code, Severity};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const GOOD: &str = r#"{"name": "com.acme.reports", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
"api": {"endpoints": [{"method": "GET", "path": "/", "handler": "dist/main"}]}}"#;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// A component of the world `runner` that also exports a function `extra`.
fn component_with_extra_export(wat: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_str("extension.wit", alga_ext::component::WIT).unwrap();
    let wit = "package acme:extra; world extra { include alga:extension/runner; export extra: func(); }";
    let package = resolve.push_str("extra.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("extra")).unwrap();
    let mut module = wat::parse_str(wat).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// The text with `«9»` written as nine letters: what would be too large to keep.
fn grown(text: &str) -> String {
    let (before, rest) = text.split_once('«').unwrap();
    let (count, after) = rest.split_once('»').unwrap();
    format!("{before}{}{after}", "x".repeat(count.parse().unwrap()))
}

/// The files below a folder with their paths, sorted; `.wat` is assembled, `.handler.wat` and `.extra.wat` made components.
/// Of `.split` files the `~` go, without which no scanner takes the fixtures for leaks; `.grown` ones grow.
fn files(root: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs_err::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let mut bytes = fs_err::read(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let name = if let Some(stem) = name.strip_suffix(".split") {
                bytes.retain(|byte| *byte != b'~');
                stem.to_owned()
            } else if let Some(stem) = name.strip_suffix(".grown") {
                bytes = grown(&String::from_utf8(bytes).unwrap()).into_bytes();
                stem.to_owned()
            } else {
                name
            };
            let wat = || String::from_utf8(bytes.clone()).unwrap();
            entries.push(if let Some(stem) = name.strip_suffix(".extra.wat") {
                Entry { path: format!("{stem}.wasm"), bytes: component_with_extra_export(&wat()) }
            } else if let Some(stem) = name.strip_suffix(".handler.wat") {
                Entry { path: format!("{stem}.wasm"), bytes: guests::component(&wat()) }
            } else if let Some(stem) = name.strip_suffix(".wat") {
                Entry { path: format!("{stem}.wasm"), bytes: wat::parse_str(wat()).unwrap() }
            } else {
                Entry { path: name, bytes }
            });
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}

/// Runs `validate` on a fixture: a project, a bundle or a manifest alone.
fn judge(fixture: &Path, format: &str) -> Run {
    let sandbox = Sandbox::new();
    let subject = if fixture.join("project").is_dir() {
        for entry in files(&fixture.join("project")) {
            sandbox.write(Path::new("project").join(entry.path), entry.bytes);
        }
        "project"
    } else if fixture.join("bundle").is_dir() {
        let entries = files(&fixture.join("bundle"));
        sandbox.write("bundle.tar.zst", archive(&entries));
        "bundle.tar.zst"
    } else {
        sandbox.write("manifest.json", fs_err::read(fixture.join("manifest.json")).unwrap());
        "manifest.json"
    };
    let arguments = fs_err::read_to_string(fixture.join("arguments")).unwrap_or_default();
    sandbox
        .run_args(["--format", format, "validate", subject].into_iter().chain(arguments.split_whitespace()))
}

/// A bundle of these entries, whatever they are: our own writer refuses some.
fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, &entry.path, entry.bytes.as_slice()).unwrap();
    }
    zstd::encode_all(archive.into_inner().unwrap().as_slice(), 3).unwrap()
}

#[test]
fn every_code_has_a_fixture_that_shows_it() {
    let mut wrong = Vec::new();
    for code in Code::all() {
        let fixture = fixtures().join(code.as_str());
        if !fixture.is_dir() {
            wrong.push(format!("{code}: no fixture"));
            continue;
        }
        let run = judge(&fixture, "json");
        let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
        let shown = document["findings"].as_array().is_some_and(|findings| {
            findings.iter().any(|finding| finding["code"] == code.as_str() && finding["severity"] == severity)
        });
        let exit = i32::from(document["errors"] != 0);
        if !shown || run.code != exit {
            wrong.push(format!("{code}: exit {}\n{}{}", run.code, run.stdout, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fixture_says_in_words_what_it_says() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for code in Code::all() {
        let fixture = fixtures().join(code.as_str());
        let run = judge(&fixture, "human");
        settings.set_snapshot_path(&fixture);
        let stdout: Vec<&str> = run.stdout.lines().take(60).collect();
        let shown = format!("exit {}\n{}\n{}", run.code, stdout.join("\n"), run.stderr);
        settings.bind(|| insta::assert_snapshot!("findings", shown));
    }
}

#[test]
fn every_fixture_folder_belongs_to_a_code() {
    let codes: BTreeSet<&str> = Code::all().map(Code::as_str).collect();
    for entry in fs_err::read_dir(fixtures()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(codes.contains(name.as_str()), "{name}");
    }
}

#[test]
fn a_good_manifest_has_no_finding_and_exit_0() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", GOOD);
    let run = sandbox.run("validate manifest.json").ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "no findings\n"));
    let document = sandbox.run("--format json validate manifest.json").ok().json();
    assert_eq!(
        document,
        serde_json::json!({ "findings": [], "errors": 0, "warnings": 0, "allowed": 0, "known": 0, "gone": 0 })
    );
}

#[test]
fn warnings_alone_exit_0_and_errors_exit_1() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", GOOD.replace("1.0.0", "01.0.0"));
    let run = sandbox.run("validate manifest.json").ok();
    assert_eq!(run.stderr, "1 warning\n");
    sandbox.write("manifest.json", GOOD.replace("1.0.0", "1"));
    assert_eq!(sandbox.run("validate manifest.json").expect_code(1).stderr, "1 error\n");
}

#[test]
fn a_manifest_is_judged_alone_and_its_folder_as_a_project() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", GOOD);
    sandbox.run("validate project/manifest.json").ok();
    let run = sandbox.run("validate project").expect_code(1);
    assert!(run.stdout.contains("error[handler-missing]"), "{}", run.stdout);
    let nested = sandbox.run("-C project validate").expect_code(1);
    assert_eq!(nested.stdout, run.stdout);
}

#[test]
fn a_project_file_is_judged_alone_under_the_name_it_was_given() {
    let sandbox = Sandbox::new();
    sandbox.write("some/alga-ext.yaml", "users: [{id: a}, {id: a}]\n");
    let run = sandbox.run("--format json validate some/alga-ext.yaml").expect_code(1).json();
    assert_eq!(run["findings"][0]["code"], "config-duplicate");
    assert_eq!(run["findings"][0]["file"], "some/alga-ext.yaml");
}

#[test]
fn malformed_json_has_its_line_and_column() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", "{\n  \"name\": \"x\",\n  \"version\" \"1.0.0\"\n}\n");
    let finding = &sandbox.run("--format json validate manifest.json").expect_code(1).json()["findings"][0];
    assert_eq!(finding["code"], "manifest-syntax");
    assert_eq!((finding["line"].as_u64(), finding["column"].as_u64()), (Some(3), Some(13)));
}

#[test]
fn a_manifest_that_is_a_folder_is_a_finding() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json/x", "");
    for subject in ["project", "project/manifest.json"] {
        let run = sandbox.run_args(["validate", subject]).expect_code(1);
        assert!(run.stdout.contains("error[manifest-unreadable]: it is a folder"), "{}", run.stdout);
    }
}

#[test]
fn a_byte_order_mark_is_a_finding_and_the_rest_is_judged() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", format!("\u{feff}{}", GOOD.replace("1.0.0", "1")));
    let run = sandbox.run("validate manifest.json").expect_code(1);
    assert!(
        run.stdout.contains("manifest-unreadable") && run.stdout.contains("version-invalid"),
        "{}",
        run.stdout
    );
}

#[test]
fn hostile_manifests_end_in_findings() {
    let sandbox = Sandbox::new();
    for (text, expected) in [
        ("[".repeat(400_000), "manifest-syntax"),
        (format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)), "manifest-syntax"),
        (" ".repeat(2 * 1024 * 1024), "manifest-unreadable"),
        (format!("{{\"capabilities\": [{}1]}}", "1,".repeat(300_000)), "findings-limit"),
        (String::new(), "manifest-syntax"),
        ("null".to_owned(), "wrong-type"),
        ("\"\u{1b}[31m\"".to_owned(), "manifest-syntax"),
    ] {
        sandbox.write("manifest.json", &text);
        let run = sandbox.run("validate manifest.json").expect_code(1);
        assert!(run.stdout.contains(expected) && !run.stdout.contains('\u{1b}'), "{}", run.stdout);
    }
}

#[test]
fn nothing_to_judge_is_exit_2() {
    let sandbox = Sandbox::new();
    sandbox.write("empty/x", "");
    for line in ["validate", "validate nowhere.json", "validate empty"] {
        let run = sandbox.run(line).expect_code(2);
        assert!(run.stderr.starts_with("error: ") && run.stdout.is_empty(), "{}", run.stderr);
    }
}

#[test]
fn a_packed_bundle_without_fault_has_no_finding() {
    let sandbox = Sandbox::new();
    let handler = guests::guest("", 1, &guests::respond(200, "(i32.const 0)", "(i32.const 0)"));
    let entry = |path: &str, bytes: &[u8]| Entry { path: path.into(), bytes: bytes.to_vec() };
    let entries = [entry("manifest.json", GOOD.as_bytes()), entry("dist/main.wasm", &handler)];
    for (container, name) in
        [(Container::TarZst, "b.tar.zst"), (Container::TarGz, "b.tar.gz"), (Container::Zip, "b.zip")]
    {
        sandbox.write(name, bundle::write(&entries, container).unwrap());
        let run = sandbox.run_args(["validate", name]).ok();
        assert_eq!(run.stdout, "", "{name}");
    }
}

#[test]
fn a_component_cut_anywhere_is_a_finding() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", GOOD);
    let handler = guests::guest("", 1, &guests::respond(200, "(i32.const 0)", "(i32.const 0)"));
    for end in [0, 3, 9, handler.len() / 2, handler.len() - 1] {
        sandbox.write("dist/main.wasm", &handler[..end]);
        let run = sandbox.run("validate").expect_code(1);
        assert!(run.stdout.contains("dist/main.wasm: error[component-invalid]"), "{end}: {}", run.stdout);
    }
}
