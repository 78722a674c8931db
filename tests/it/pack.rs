//! `pack`: the same bytes everywhere, nothing in them that should not be, nothing half-written.

use crate::harness::Sandbox;
use alga_ext::bundle::{self, Container, Digest, Entry};
use std::path::Path;
use std::process::Command;

const MANIFEST: &str = r#"{
  "name": "com.acme.hello",
  "publisher": "Acme Inc",
  "version": "1.0.0",
  "runtime": "wasm-js@1",
  "ui": { "type": "iframe", "entry": "ui/index.html", "hooks": { "appMenu": { "label": "Hello" } } }
}
"#;

const PAGE: &str =
    "<!doctype html>\n<html lang=\"en\"><head><title>Hello</title></head><body>Hello</body></html>\n";

/// An extension that is a UI alone, in `folder` of the sandbox.
pub(crate) fn ui_project(sandbox: &Sandbox, folder: &str) {
    sandbox.write(format!("{folder}/manifest.json"), MANIFEST);
    sandbox.write(format!("{folder}/ui/index.html"), PAGE);
    sandbox.write(
        format!("{folder}/ui/assets/app.js"),
        "parent.postMessage('ready', 'https://hello.example');\n".repeat(40),
    );
}

/// A sandbox with [`ui_project`] in `app`, packed to `app/dist/bundle.tar.zst`.
pub(crate) fn packed() -> Sandbox {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.run("-C app pack").ok();
    sandbox
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_bundle_holds_the_manifest_and_the_ui_and_its_checksum_lies_beside() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    let run = sandbox.run("-C app pack --format json").ok();
    let document = run.json();
    let bytes = sandbox.read("app/dist/bundle.tar.zst");
    let digest = Digest::of(&bytes);
    assert_eq!(document["bundle"], sandbox.path("app/dist/bundle.tar.zst").to_str().unwrap());
    assert_eq!(document["content_hash"], digest.to_string());
    assert_eq!(document["size"], bytes.len());
    let paths: Vec<&serde_json::Value> =
        document["entries"].as_array().unwrap().iter().map(|entry| &entry["path"]).collect();
    assert_eq!(paths, ["META/bundle.json", "manifest.json", "ui/assets/app.js", "ui/index.html"]);
    assert_eq!(document["warnings"], serde_json::json!([]));
    let line = String::from_utf8(sandbox.read("app/dist/bundle.tar.zst.sha256")).unwrap();
    assert_eq!(line, format!("{}  bundle.tar.zst\n", digest.hex()));
    let bundle = bundle::read(&bytes).unwrap();
    let paths: Vec<&str> = bundle.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["META/bundle.json", "manifest.json", "ui/assets/app.js", "ui/index.html"]);
    assert_eq!(bundle.entry("manifest.json"), Some(MANIFEST.as_bytes()));
}

#[test]
fn success_is_the_path_on_stdout_and_a_line_on_stderr() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    let run = sandbox.run("-C app pack").ok();
    assert_eq!(run.stdout, format!("{}\n", sandbox.path("app/dist/bundle.tar.zst").display()));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("packed 4 files in "), "{}", run.stderr);
}

#[test]
fn two_copies_of_a_project_make_the_same_bytes() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "here");
    let there = "a/place with spaces/and a longer name";
    // The other copy is made in another order, with other times and modes.
    for file in ["ui/assets/app.js", "ui/index.html", "manifest.json"] {
        let path = sandbox.write(format!("{there}/{file}"), sandbox.read(format!("here/{file}")));
        fs_err::OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .file()
            .set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
            .unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        }
    }
    for container in ["tar.zst", "tar.gz", "zip"] {
        let out = format!("bundle.{container}");
        sandbox.run(&format!("-C here pack --container {container}")).ok();
        sandbox.run_args(["-C", there, "pack", "--container", container]).ok();
        let (one, other) =
            (sandbox.read(format!("here/dist/{out}")), sandbox.read(format!("{there}/dist/{out}")));
        assert!(one == other, "{container} differs");
    }
}

/// A handler that answers 204, as a core module.
const HANDLER: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "handler") (param i32) (result i32)
    (i32.store16 (i32.const 16) (i32.const 204))
    (i32.const 16)))"#;

#[test]
fn the_component_is_there_once_where_the_platform_looks() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    let api =
        r#""api": { "endpoints": [{ "method": "GET", "path": "/api/x", "handler": "dist/main" }] }, "ui""#;
    sandbox.write("app/manifest.json", MANIFEST.replacen("\"ui\"", api, 1));
    sandbox.write("app/alga-ext.yaml", "build: { output: handler.wasm }\nsecrets: { token: hunter2 }\n");
    sandbox.write("app/handler.wasm", wat::parse_str(HANDLER).unwrap());
    sandbox.write("app/sbom.spdx.json", "{}");
    sandbox.run("-C app pack").ok();
    let bundle = bundle::read(&sandbox.read("app/dist/bundle.tar.zst")).unwrap();
    let paths: Vec<&str> = bundle.entries.iter().map(|entry| entry.path.as_str()).collect();
    let expected = [
        "META/bundle.json",
        "dist/main.wasm",
        "manifest.json",
        "sbom.spdx.json",
        "ui/assets/app.js",
        "ui/index.html",
    ];
    assert_eq!(paths, expected);
    assert_eq!(bundle.entry("dist/main.wasm").unwrap(), sandbox.read("app/dist/main.wasm"));
    // The platform takes the first manifest it meets.
    let mut list = sandbox.command("tar");
    list.args(["--zstd", "-tf", "app/dist/bundle.tar.zst"]);
    assert!(
        sandbox
            .run_command(&mut list)
            .ok()
            .stdout
            .starts_with("manifest.json\nMETA/bundle.json\ndist/main.wasm\n")
    );
    assert!(bundle.entries.iter().all(|entry| !entry.bytes.windows(7).any(|bytes| bytes == b"hunter2")));
}

#[test]
fn packing_again_changes_nothing() {
    let sandbox = packed();
    let before = sandbox.read("app/dist/bundle.tar.zst");
    sandbox.run("-C app pack").ok();
    assert_eq!(sandbox.read("app/dist/bundle.tar.zst"), before);
}

#[test]
fn other_tools_read_every_container() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    // Longer than a ustar header has room for, and beyond ASCII.
    let long = format!("{}/{}é.txt", "folder".repeat(20), "name".repeat(30));
    sandbox.write(format!("app/ui/{long}"), "long");
    for container in ["tar.zst", "tar.gz", "zip"] {
        sandbox.run(&format!("-C app pack --container {container}")).ok();
    }
    let check = |program: &str, arguments: &[&str]| {
        let mut command = sandbox.command(program);
        command.args(arguments).env("LC_ALL", "C.UTF-8").current_dir(sandbox.path("app/dist"));
        sandbox.run_command(&mut command).ok().stdout
    };
    for container in ["tar.zst", "tar.gz", "zip"] {
        let sums = check("sha256sum", &["-c", &format!("bundle.{container}.sha256")]);
        assert_eq!(sums, format!("bundle.{container}: OK\n"));
    }
    let listed = format!("manifest.json\nMETA/bundle.json\nui/assets/app.js\nui/{long}\nui/index.html\n");
    assert_eq!(check("tar", &["--zstd", "--quoting-style=literal", "-tf", "bundle.tar.zst"]), listed);
    assert_eq!(check("tar", &["--quoting-style=literal", "-tzf", "bundle.tar.gz"]), listed);
    let details = check("tar", &["--zstd", "--utc", "-tvf", "bundle.tar.zst"]);
    for line in details.lines() {
        assert!(line.starts_with("-rw-r--r-- 0/0 ") && line.contains(" 1980-01-01 00:00 "), "{line}");
    }
    assert!(check("unzip", &["-t", "bundle.zip"]).contains("No errors detected"));
    assert!(check("zstd", &["-lv", "bundle.tar.zst"]).contains("# Zstandard Frames: 1"));
}

#[test]
fn what_does_not_belong_in_a_bundle_stays_out_and_is_named() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    for (path, text) in [
        ("app/ui/.env", "TOKEN=1"),
        ("app/ui/assets/server.key", "k"),
        ("app/ui/assets/notes.txt", "-----BEGIN PRIVATE KEY-----\nMIIE\n"),
        ("app/ui/alga-ext.yaml", "secrets: { a: b }"),
        ("app/.env", "TOKEN=1"),
        ("app/README.md", "# Hello"),
        ("app/dist/notes.md", "mine"),
    ] {
        sandbox.write(path, text);
    }
    let run = sandbox.run("-C app pack").ok();
    let bundle = bundle::read(&sandbox.read("app/dist/bundle.tar.zst")).unwrap();
    let paths: Vec<&str> = bundle.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["META/bundle.json", "manifest.json", "ui/assets/app.js", "ui/index.html"]);
    for (path, why) in [
        ("ui/.env", "is a dot file"),
        ("ui/assets/server.key", "looks like a secret"),
        ("ui/assets/notes.txt", "holds a secret key"),
        ("ui/alga-ext.yaml", "is platform data with secrets in it"),
    ] {
        let line = format!("warning: `{path}` {why} and was left out of the bundle\n");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    for (link, target) in [("app/manifest.json", "../outside.json"), ("app/dist", "../elsewhere")] {
        let sandbox = Sandbox::new();
        ui_project(&sandbox, "app");
        sandbox.write("outside.json", MANIFEST);
        sandbox.write("elsewhere/ui/index.html", PAGE);
        if sandbox.path(link).is_file() {
            fs_err::remove_file(sandbox.path(link)).unwrap();
        }
        symlink(target, sandbox.path(link)).unwrap();
        let run = sandbox.run("-C app pack").expect_code(1);
        assert!(run.stderr.contains("link"), "{}", run.stderr);
        assert!(!sandbox.path("app/dist/bundle.tar.zst").exists());
    }
}

#[test]
fn the_bundle_goes_where_it_is_told() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.run_args(["-C", "app", "pack", "--out", "out/my bundle.tar.zst"]).ok();
    let written = ["my bundle.tar.zst", "my bundle.tar.zst.cdx.json", "my bundle.tar.zst.sha256"];
    assert_eq!(names(&sandbox.path("out")), written);
    let mut sums = sandbox.command("sha256sum");
    sums.args(["-c", "my bundle.tar.zst.sha256"]).current_dir(sandbox.path("out"));
    sandbox.run_command(&mut sums).ok();
    let run = sandbox.run("-C app pack --out out").expect_code(2);
    assert!(run.stderr.contains("is a folder"), "{}", run.stderr);
}

#[test]
fn errors_of_the_project_are_listed_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.write("app/manifest.json", MANIFEST.replace("1.0.0", "one").replace("iframe", "window"));
    let run = sandbox.run("-C app pack").expect_code(1);
    assert!(run.stderr.starts_with("error: nothing was packed\n"), "{}", run.stderr);
    assert!(run.stderr.matches("manifest.json:").count() >= 2, "{}", run.stderr);
    assert!(run.stderr.contains("hint: "), "{}", run.stderr);
    assert!(!sandbox.path("app/dist/bundle.tar.zst").exists());
    assert!(!sandbox.path("app/dist/bundle.tar.zst.sha256").exists());
}

#[test]
fn a_wildcard_version_is_left_to_the_registry() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.write("app/manifest.json", MANIFEST.replace("1.0.0", "1.0.*"));
    sandbox.run("-C app pack").ok();
}

#[test]
fn a_stale_build_is_made_anew() {
    let sandbox = packed();
    sandbox.write("app/ui/assets/app.js", "changed();\n");
    sandbox.run("-C app pack").ok();
    let bundle = bundle::read(&sandbox.read("app/dist/bundle.tar.zst")).unwrap();
    assert_eq!(bundle.entry("ui/assets/app.js"), Some(&b"changed();\n"[..]));
}

#[test]
fn a_signature_of_the_last_bundle_is_not_forgotten() {
    let sandbox = packed();
    sandbox.run("keys generate --no-password --out key").ok();
    sandbox.run("sign app/dist/bundle.tar.zst --key key").ok();
    assert!(!sandbox.run("-C app pack").ok().stderr.contains("warning"));
    sandbox.write("app/ui/assets/app.js", "changed();\n");
    let run = sandbox.run("-C app pack").ok();
    assert!(run.stderr.contains("was made for other bytes; sign again"), "{}", run.stderr);
}

/// As another user, when the tests run as root, who may write everywhere; that user needs its own copy of the binary.
#[cfg(unix)]
fn unprivileged(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let is_root = fs_err::metadata(sandbox.root()).unwrap().uid() == 0;
    if !is_root {
        return sandbox.alga(arguments);
    }
    let binary = sandbox.path("alga-ext");
    fs_err::copy(env!("CARGO_BIN_EXE_alga-ext"), &binary).unwrap();
    fs_err::set_permissions(sandbox.root(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command(&binary);
    command.args(arguments).env("ALGA_EXT_CACHE_DIR", sandbox.path("cache")).uid(65_534).gid(65_534);
    command
}

#[cfg(unix)]
#[test]
fn a_read_only_dist_is_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = packed();
    let dist = sandbox.path("app/dist");
    let before = (names(&dist), sandbox.read("app/dist/bundle.tar.zst"));
    // Fresh builds write nothing, so it is the bundle's own writing that fails; one that is there is left alone.
    fs_err::set_permissions(&dist, std::fs::Permissions::from_mode(0o555)).unwrap();
    sandbox.run_command(&mut unprivileged(&sandbox, &["-C", "app", "pack"])).ok();
    let run =
        sandbox.run_command(&mut unprivileged(&sandbox, &["-C", "app", "pack", "--container", "tar.gz"]));
    fs_err::set_permissions(&dist, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = run.expect_code(2);
    assert!(
        run.stderr.contains("bundle.tar.gz") && run.stderr.contains("ermission denied"),
        "{}",
        run.stderr
    );
    assert_eq!((names(&dist), sandbox.read("app/dist/bundle.tar.zst")), before);
}

/// The limit on the size of files stands in for a disk that fills up while the bundle is written.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_last_bundle_in_place() {
    let sandbox = packed();
    let before = sandbox.read("app/dist/bundle.tar.zst");
    // Bytes that do not compress, so that the bundle outgrows the limit.
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(64 << 10)
    .collect();
    sandbox.write("app/ui/noise.bin", noise);
    sandbox.run("-C app build").ok();
    let dist = names(&sandbox.path("app/dist"));
    let mut command = sandbox.command("sh");
    command
        .args(["-c", r#"trap '' XFSZ; ulimit -f 16; exec "$0" "$@""#, env!("CARGO_BIN_EXE_alga-ext")])
        .args(["-C", "app", "pack"]);
    let run = sandbox.run_command(&mut command).expect_code(2);
    assert!(run.stderr.contains("failed to write"), "{}", run.stderr);
    assert_eq!(names(&sandbox.path("app/dist")), dist);
    assert_eq!(sandbox.read("app/dist/bundle.tar.zst"), before);
}

#[test]
fn a_file_that_is_too_much_for_a_bundle_is_said() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.write("app/ui/zeros.bin", vec![0; 8 << 20]);
    let run = sandbox.run("-C app pack").expect_code(1);
    assert!(!sandbox.path("app/dist/bundle.tar.zst").exists(), "{}", run.stderr);
}

#[test]
fn entries_made_by_hand_are_what_the_library_writes() {
    let sandbox = packed();
    let bundle = bundle::read(&sandbox.read("app/dist/bundle.tar.zst")).unwrap();
    let entries = [
        ("manifest.json", MANIFEST.as_bytes().to_vec()),
        ("META/bundle.json", bundle.entry("META/bundle.json").unwrap().to_vec()),
        (
            "ui/assets/app.js",
            "parent.postMessage('ready', 'https://hello.example');\n".repeat(40).into_bytes(),
        ),
        ("ui/index.html", PAGE.as_bytes().to_vec()),
    ];
    let entries = entries.map(|(path, bytes)| Entry { path: path.into(), bytes });
    let written = bundle::write(&entries, Container::TarZst).unwrap();
    assert_eq!(sandbox.read("app/dist/bundle.tar.zst"), written);
}

#[test]
fn a_folder_where_the_checksum_goes_leaves_the_last_bundle() {
    let sandbox = packed();
    let (bundle, checksum) = ("app/dist/bundle.tar.zst", "app/dist/bundle.tar.zst.sha256");
    let before = sandbox.read(bundle);
    fs_err::remove_file(sandbox.path(checksum)).unwrap();
    fs_err::create_dir(sandbox.path(checksum)).unwrap();
    sandbox.write("app/ui/more.js", "1;\n");
    let run = sandbox.run("-C app pack").expect_code(2);
    assert!(run.stderr.contains("bundle.tar.zst.sha256"), "{}", run.stderr);
    assert_eq!(sandbox.read(bundle), before);
    assert!(!names(&sandbox.path("app/dist")).iter().any(|name| name.starts_with(".alga-ext-")));
}
