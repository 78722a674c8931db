//! `inspect`: what is in a bundle or a wasm file, and which archives are refused.

use crate::harness::Sandbox;
use crate::pack::packed;
use alga_ext::bundle::{self, Container, Digest, Entry};
use alga_ext::{component, manifest};
use serde_json::json;

const MANIFEST: &str = r#"{"name": "com.acme.calls", "publisher": "Acme", "version": "2.1.0", "runtime": "wasm-js@1",
  "capabilities": ["cap:log.emit", "cap:storage.kv"],
  "api": {"endpoints": [{"method": "GET", "path": "/x", "handler": "dist/main"}]}}"#;

/// A component that imports two of the platform's interfaces, as text.
const COMPONENT: &str = r#"(component
  (import "alga:extension/logging" (instance))
  (import "alga:extension/storage" (instance))
  (core module (func (export "f"))))"#;

fn wasm() -> Vec<u8> {
    let identity = component::Identity::new("rust", &"ab".repeat(32));
    component::stamp(&wat::parse_str(COMPONENT).unwrap(), &identity).unwrap()
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<Entry> =
        entries.iter().map(|(path, bytes)| Entry { path: (*path).into(), bytes: bytes.to_vec() }).collect();
    bundle::write(&entries, Container::TarZst).unwrap()
}

#[test]
fn a_bundle_is_shown_whole() {
    let sandbox = Sandbox::new();
    let wasm = wasm();
    let bytes = archive(&[
        ("manifest.json", MANIFEST.as_bytes()),
        ("dist/main.wasm", &wasm),
        ("ui/index.html", b"x"),
    ]);
    sandbox.write("b.tar.zst", &bytes);
    let document = sandbox.run("inspect b.tar.zst --format json").ok().json();
    let hash = Digest::of(&bytes).to_string();
    for (key, value) in [
        ("kind", "bundle"),
        ("container", "tar.zst"),
        ("name", "com.acme.calls"),
        ("version", "2.1.0"),
        ("publisher", "Acme"),
        ("hash", &hash),
        ("content_hash", &hash),
    ] {
        assert_eq!(document[key], value, "{key}");
    }
    assert_eq!(document["size"], bytes.len());
    assert_eq!(document["imports"], json!(["alga:extension/logging", "alga:extension/storage"]));
    assert_eq!(document["capabilities"], json!(["cap:log.emit", "cap:storage.kv"]));
    assert_eq!(document["build"]["engine"], "rust");
    let files = document["files"].as_array().unwrap();
    let paths: Vec<_> = files.iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["dist/main.wasm", "manifest.json", "ui/index.html"]);
    assert_eq!(files[0]["size"], wasm.len());
    assert_eq!(files[0]["sha256"], Digest::of(&wasm).hex());
    let human = sandbox.run("inspect b.tar.zst").ok().stdout;
    for word in
        ["com.acme.calls", "2.1.0", &hash, "alga:extension/storage", "cap:storage.kv", "ui/index.html"]
    {
        assert!(human.contains(word), "{human}");
    }
}

#[test]
fn every_container_is_told_by_its_first_bytes() {
    let sandbox = packed();
    for container in ["tar.gz", "zip"] {
        sandbox.run(&format!("-C app pack --container {container} --out renamed")).ok();
        let document = sandbox.run("inspect renamed --format json").ok().json();
        assert_eq!(
            (&document["container"], &document["name"]),
            (&container.into(), &"com.acme.hello".into())
        );
    }
}

#[test]
fn a_wasm_file_says_what_its_imports_need() {
    let sandbox = Sandbox::new();
    sandbox.write("main.wasm", wasm());
    let document = sandbox.run("inspect main.wasm --format json").ok().json();
    assert_eq!((&document["kind"], &document["name"]), (&json!("component"), &json!(null)));
    assert_eq!(document["imports"], json!(["alga:extension/logging", "alga:extension/storage"]));
    assert_eq!(document["capabilities"], json!(["cap:log.emit", "cap:storage.kv"]));
    let capability = manifest::Capability::named("cap:storage.kv").unwrap();
    assert_eq!(capability.interfaces(), ["storage"]);
    sandbox.write(
        "core.wasm",
        wat::parse_str(r#"(module (import "env" "f" (func)) (func (export "g")))"#).unwrap(),
    );
    let document = sandbox.run("inspect core.wasm --format json").ok().json();
    assert_eq!((&document["kind"], &document["imports"]), (&json!("module"), &json!(["env"])));
    assert_eq!((&document["exports"], &document["capabilities"]), (&json!(["g"]), &json!([])));
}

#[test]
fn an_archive_without_a_manifest_at_its_root_is_no_bundle() {
    let sandbox = Sandbox::new();
    sandbox.write("none.tar.zst", archive(&[("ui/index.html", b"x")]));
    sandbox.write("deep.tar.zst", archive(&[("app/manifest.json", MANIFEST.as_bytes())]));
    sandbox.write("broken.tar.zst", archive(&[("manifest.json", b"{\n  nonsense")]));
    sandbox.write(
        "wasm.tar.zst",
        archive(&[("manifest.json", MANIFEST.as_bytes()), ("dist/main.wasm", b"\0asm")]),
    );
    for (file, said) in [
        ("none.tar.zst", "it has no manifest.json at its root"),
        ("deep.tar.zst", "only at `app/manifest.json`"),
        ("broken.tar.zst", "at line 2, column"),
        ("wasm.tar.zst", "cannot be read as a component"),
    ] {
        let run = sandbox.run(&format!("inspect {file}")).expect_code(1);
        assert!(run.stderr.contains(said), "{file}: {}", run.stderr);
        assert!(run.stdout.is_empty());
    }
}

#[test]
fn what_is_no_bundle_is_refused_in_words() {
    let sandbox = packed();
    let whole = sandbox.read("app/dist/bundle.tar.zst");
    sandbox.write("cut.tar.zst", &whole[..whole.len() / 2]);
    sandbox.write("more.tar.zst", [&whole[..], b"\n"].concat());
    sandbox.write("text", "hello");
    sandbox.write("empty", "");
    sandbox.write("cut.wasm", b"\0asm\x01\0");
    for (file, code, said) in [
        ("cut.tar.zst", 1, "it is cut short"),
        ("more.tar.zst", 1, "1 bytes follow the end"),
        ("text", 1, "no tar.zst, tar.gz or zip archive"),
        ("empty", 1, "no tar.zst, tar.gz or zip archive"),
        ("cut.wasm", 1, "cannot be read as a component"),
        ("app", 2, "is a folder"),
        ("nowhere", 2, "there is no bundle or wasm file"),
    ] {
        let run = sandbox.run(&format!("inspect {file}")).expect_code(code);
        assert!(run.stderr.contains(said), "{file}: {}", run.stderr);
    }
}

/// Archives that pack would never make, made by the tools that people have.
#[cfg(unix)]
#[test]
fn hostile_archives_of_common_tools_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("in/manifest.json", MANIFEST);
    sandbox.write("evil", "x");
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path("in/link")).unwrap();
    for (name, script, said) in [
        ("up", "cd in && tar -P --zstd -cf ../up manifest.json ../evil", "leads out of the bundle"),
        ("absolute", "tar -P --zstd -cf absolute \"$PWD/evil\"", "is absolute"),
        ("link", "cd in && tar -czf ../link manifest.json link", "is a symbolic link"),
        (
            "twice",
            "cd in && tar --hard-dereference --zstd -cf ../twice manifest.json ./manifest.json",
            "is there twice",
        ),
        ("hard", "cd in && ln manifest.json other && tar -czf ../hard manifest.json other", "is a hard link"),
        ("pipe", "mkdir p && mkfifo p/pipe && cd p && tar --zstd -cf ../pipe pipe", "is a pipe"),
        ("two", "tar --zstd -cf a evil && cat a a > two", "bytes follow the end"),
        (
            "skip",
            "tar --zstd -cf a evil && { cat a; printf '\\120\\052\\115\\030\\0\\0\\0\\0'; } > skip",
            "bytes follow the end",
        ),
    ] {
        sandbox.run_command(sandbox.command("sh").args(["-c", script])).ok();
        let run = sandbox.run(&format!("inspect {name}")).expect_code(1);
        assert!(run.stderr.contains(said), "{name}: {}", run.stderr);
    }
}

/// Zeros by the hundred megabytes, as a manifest and as a tar without entries: refused before they fill the memory.
#[cfg(target_os = "linux")]
#[test]
fn a_bomb_takes_no_memory() {
    let sandbox = Sandbox::new();
    for (script, said) in [
        (
            "truncate -s 256M manifest.json && tar -cf - manifest.json | zstd -q -1 > bomb",
            "1,000 times its size",
        ),
        ("truncate -s 600M manifest.json && tar -cf - manifest.json | gzip -1 > bomb", "512 MiB"),
        ("truncate -s 256M zeros && zstd -q -1 -f zeros -o bomb", "1,000 times its size"),
    ] {
        sandbox.run_command(sandbox.command("sh").args(["-c", script])).ok();
        let mut command = sandbox.command("sh");
        // In KiB, of address space: what the binary maps before it does anything, and the bomb's 512 MiB twice at most.
        command
            .args(["-c", r#"ulimit -v 1800000; exec "$0" "$@""#, env!("CARGO_BIN_EXE_alga-ext")])
            .args(["inspect", "bomb"]);
        let run = sandbox.run_command(&mut command).expect_code(1);
        assert!(run.stderr.contains(said), "{script}: {}", run.stderr);
    }
}

#[test]
fn what_others_pack_reads() {
    let sandbox = Sandbox::new();
    sandbox.write("in/manifest.json", MANIFEST);
    sandbox.write("in/dist/main.wasm", wasm());
    sandbox.write("in/ui/index.html", "x");
    // As the platform's own packer does: folders included, the system's owners and times.
    for script in
        ["cd in && tar -cf - manifest.json dist ui | zstd -q -19 -T0 -o ../out", "cd in && tar -czf ../out ."]
    {
        let _ = fs_err::remove_file(sandbox.path("out"));
        sandbox.run_command(sandbox.command("sh").args(["-c", script])).ok();
        let document = sandbox.run("inspect out --format json").ok().json();
        assert_eq!(document["files"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn what_a_stranger_wrote_cannot_drive_the_terminal() {
    let sandbox = Sandbox::new();
    let manifest = MANIFEST.replace("com.acme.calls", "com.acme\\u001b[2Jcalls");
    sandbox.write("b.tar.zst", archive(&[("manifest.json", manifest.as_bytes())]));
    let run = sandbox.run("inspect b.tar.zst").ok();
    assert!(
        !run.stdout.contains('\u{1b}') && run.stdout.contains("com.acme\\u{1b}[2Jcalls"),
        "{}",
        run.stdout
    );
}
