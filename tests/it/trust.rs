//! `trust.yaml`: who is believed, who is not, with which exit code and in which words.

use crate::harness::{Run, Sandbox};
use crate::sign::minisign;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::process::Command;

/// The moment everything happens at, unless it says otherwise, and others around it.
pub(crate) const LONG_AGO: i64 = 1_700_000_000;
pub(crate) const NOW: i64 = 1_750_000_000;
pub(crate) const AT: &str = "2025-06-15T15:06:40Z";

/// A world of publishers, keys and bundles.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// Keys of these names, without passwords, and an empty trust file.
    pub(crate) fn new(keys: &[&str]) -> World {
        let world = World { sandbox: Sandbox::new() };
        for key in keys {
            world.sandbox.run(&format!("keys generate --no-password --out {key}")).ok();
        }
        world.sandbox.run("trust init").ok();
        world
    }

    pub(crate) fn id(&self, key: &str) -> String {
        self.sandbox.run(&format!("keys export {key} --format json")).ok().json()["key_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Packs `<name>-<version>.tar.zst`.
    pub(crate) fn bundle(&self, name: &str, version: &str, publisher: &str) -> String {
        let manifest = format!(
            r#"{{ "name": "com.acme.{name}", "publisher": "{publisher}", "version": "{version}", "runtime": "wasm-js@1",
            "ui": {{ "type": "iframe", "entry": "ui/index.html", "hooks": {{ "appMenu": {{ "label": "Hello" }} }} }} }}"#
        );
        let folder = format!("src/{name}-{version}");
        self.sandbox.write(format!("{folder}/manifest.json"), manifest);
        let page =
            "<!doctype html>\n<html lang=\"en\"><head><title>Hello</title></head><body>Hello</body></html>\n";
        self.sandbox.write(format!("{folder}/ui/index.html"), page);
        let bundle = format!("{name}-{version}.tar.zst");
        self.sandbox.run(&format!("-C {folder} pack --out {bundle} --sbom none")).ok();
        bundle
    }

    /// Runs a line whose signatures say they are made at `moment`. Words in quotes are one.
    pub(crate) fn at(&self, moment: i64, line: &str) -> Run {
        let mut command: Command = self.sandbox.alga(words(line));
        command.env("SOURCE_DATE_EPOCH", moment.to_string());
        self.sandbox.run_command(&mut command)
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        self.at(NOW, line)
    }

    /// Lets `old` introduce `new`, and takes that in.
    pub(crate) fn rotate(&self, old: &str, new: &str) -> Run {
        self.at(LONG_AGO, &format!("trust rotate 'Acme Inc' --to {new}.pub --key {old} --out {new}.json"))
            .ok();
        self.run(&format!("trust add --statement {new}.json --at {AT}"))
    }

    #[track_caller]
    pub(crate) fn expect(&self, bundle: &str, code: i32, reason: &str) -> Run {
        self.expect_with(bundle, &format!("--at {AT}"), code, reason)
    }

    #[track_caller]
    pub(crate) fn expect_with(&self, bundle: &str, more: &str, code: i32, reason: &str) -> Run {
        let run = self.run(&format!("verify {bundle} --trust trust.yaml --format json {more}"));
        let run = run.expect_code(code);
        assert_eq!(run.json()["reason"], reason, "{:#}", run.json());
        assert_eq!(run.json()["verified"], code == 0);
        run
    }
}

/// Splits at spaces, but for those in single quotes.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_right_key_is_believed_for_its_publisher_and_no_other() {
    let world = World::new(&["acme", "evil", "wile"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run(&format!("sign {bundle} --key acme")).ok();
    let run = world.expect(&bundle, 12, "other-key");
    assert!(run.stderr.contains("which the trust file does not have"), "{}", run.stderr);
    world.run("trust add 'Wile Ltd' --key wile.pub").ok();
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    let run = world.expect(&bundle, 0, "verified");
    let asked: Vec<&str> = run.json()["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["check"].as_str().unwrap().to_owned())
        .map(|name| &*name.leak())
        .collect();
    let order =
        ["signature", "trust", "revocation", "expiry", "seen", "hash", "index", "manifest", "component"];
    assert_eq!(asked, order);
    fs_err::remove_file(world.sandbox.path(format!("{bundle}.minisig"))).unwrap();
    world.expect(&bundle, 10, "no-signature");
    world.run(&format!("sign {bundle} --key wile")).ok();
    let run = world.expect(&bundle, 12, "other-key");
    assert!(run.stderr.contains("is trusted for `Wile Ltd`"), "{}", run.stderr);
    fs_err::remove_file(world.sandbox.path(format!("{bundle}.minisig"))).unwrap();
    world.run(&format!("sign {bundle} --key evil")).ok();
    world.expect(&bundle, 12, "other-key");
    // A key is one publisher's.
    let run = world.run("trust add 'Wile Ltd' --key acme.pub").expect_code(2);
    assert!(run.stderr.contains("is trusted for `Acme Inc` already"), "{}", run.stderr);
}

#[test]
fn keys_and_signatures_have_their_time() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run(&format!("sign {bundle} --key acme --expires 2030-01-01")).ok();
    for (span, at, code, reason) in [
        ("--from 2025-01-01 --until 2026-01-01", AT, 0, "verified"),
        ("--from 2025-01-01 --until 2026-01-01", "2026-01-01T00:00:00Z", 13, "expired"),
        ("--until 2025-06-01", AT, 13, "expired"),
        ("--from 2025-07-01", AT, 13, "not-yet-valid"),
        // The key is valid at that moment, and was not when it signed.
        ("--from 2025-07-01", "2025-08-01", 13, "not-yet-valid"),
        ("", "2029-12-31", 0, "verified"),
        ("", "2030-01-01", 13, "expired"),
        // Signed in the future.
        ("", "2025-06-15T15:00:00Z", 13, "not-yet-valid"),
    ] {
        world.run(&format!("trust add 'Acme Inc' --key acme.pub {span}")).ok();
        world.expect_with(&bundle, &format!("--at {at}"), code, reason);
    }
}

#[test]
fn keys_introduce_their_successors_once_and_thrice() {
    let world = World::new(&["one", "two", "three", "four", "evil"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key one.pub").ok();
    world.rotate("one", "two").ok();
    world.run(&format!("sign {bundle} --key two")).ok();
    let run = world.expect(&bundle, 0, "verified");
    let chain = format!("introduced: {} → {}", world.id("one"), world.id("two"));
    assert!(run.stdout.contains(&chain), "{}", run.stdout);
    // A link that is missing, and one that nobody trusted made.
    let run = world.rotate("three", "four").expect_code(12);
    assert!(run.stderr.contains("is not trusted for `Acme Inc`"), "{}", run.stderr);
    world.rotate("evil", "evil").expect_code(12);
    world.rotate("two", "three").ok();
    world.rotate("three", "four").ok();
    fs_err::remove_file(world.sandbox.path(format!("{bundle}.minisig"))).unwrap();
    world.run(&format!("sign {bundle} --key four")).ok();
    world.expect(&bundle, 0, "verified");
    let list = world.run("trust list").ok();
    assert!(
        list.stdout.contains(&format!("{} → {}", world.id("three"), world.id("four"))),
        "{}",
        list.stdout
    );
    // Without its middle the chain is broken.
    world.run(&format!("trust remove 'Acme Inc' --key-id {}", world.id("three"))).ok();
    world.expect(&bundle, 12, "other-key");
    world.run(&format!("sign {bundle} --key one")).ok();
    world.expect(&bundle, 0, "verified");
}

#[test]
fn keys_and_bundles_are_revoked() {
    let world = World::new(&["one", "two", "evil", "auditor"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    let next = world.bundle("hello", "1.1.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key one.pub").ok();
    world.rotate("one", "two").ok();
    world.run(&format!("sign {bundle} --key one")).ok();
    world.run(&format!("sign {next} --key two")).ok();
    let revoke = |what: &str, reason: &str, since: &str, key: &str| {
        world
            .run(&format!(
                "trust revoke 'Acme Inc' {what} --reason {reason} --note 'because' --since {since} --key {key} --out r.json"
            ))
            .ok();
        world.run("trust add --statement r.json")
    };
    let one = format!("--revoked-key {}", world.id("one"));
    revoke(&one, "superseded", AT, "evil").expect_code(12);
    let before = world.sandbox.read("trust.yaml");
    // What a key signed before it was superseded is still believed.
    revoke(&one, "superseded", "2025-06-16", "two").ok();
    let run = world.expect(&bundle, 0, "verified");
    assert!(run.stdout.contains("signed before it was revoked, superseded since"), "{}", run.stdout);
    world.sandbox.write("trust.yaml", &before);
    revoke(&one, "superseded", AT, "one").ok();
    let run = world.expect(&bundle, 13, "revoked-key");
    assert!(run.stderr.contains("superseded since 2025-06-15T15:06:40Z: because"), "{}", run.stderr);
    world.expect(&next, 0, "verified");
    // What a compromised key ever said is not, not even who comes after it.
    world.sandbox.write("trust.yaml", &before);
    revoke(&one, "compromised", "2099-01-01", "one").ok();
    world.expect(&bundle, 13, "revoked-key");
    world.expect(&next, 12, "other-key");
    world.sandbox.write("trust.yaml", &before);
    let hash = world.run(&format!("inspect {next} --format json")).ok().json()["content_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let hash = format!("--hash {hash}");
    revoke(&hash, "withdrawn", AT, "auditor").expect_code(12);
    world.run("trust add --revoker auditor.pub").ok();
    revoke(&hash, "withdrawn", AT, "auditor").ok();
    world.expect(&next, 13, "revoked-bundle");
    world.expect(&bundle, 0, "verified");
}

#[test]
fn an_older_version_and_other_bytes_of_the_same_are_refused() {
    let world = World::new(&["acme", "wile"]);
    let (old, new) =
        (world.bundle("hello", "1.9.0", "Acme Inc"), world.bundle("hello", "1.10.0", "Acme Inc"));
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run("trust add 'Wile Ltd' --key wile.pub").ok();
    world.run(&format!("sign {old} --key acme")).ok();
    world.run(&format!("sign {new} --key acme")).ok();
    world.expect(&old, 0, "verified");
    world.expect_with(&new, &format!("--at {AT} --remember"), 0, "verified");
    world.expect(&new, 0, "verified");
    // Signed anew, it is still the older one.
    world.at(NOW - 1, &format!("sign {old} --key acme")).ok();
    let run = world.expect(&old, 11, "downgraded");
    assert!(run.stderr.contains("version 1.9.0 is older than 1.10.0"), "{}", run.stderr);
    world.sandbox.write("src/hello-1.10.0/ui/more.js", "1;\n");
    world.run(&format!("-C src/hello-1.10.0 pack --out {new} --sbom none")).ok();
    world.run(&format!("sign {new} --key acme")).ok();
    world.expect(&new, 11, "other-bytes");
    let taken = world.bundle("hello", "2.0.0", "Wile Ltd");
    world.run(&format!("sign {taken} --key wile")).ok();
    world.expect(&taken, 11, "other-publisher");
}

#[test]
fn a_signature_of_another_bundle_and_another_name_for_the_same_bytes_are_refused() {
    let world = World::new(&["acme"]);
    let (one, other) =
        (world.bundle("hello", "1.0.0", "Acme Inc"), world.bundle("other", "1.0.0", "Acme Inc"));
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run(&format!("sign {one} --key acme")).ok();
    world.run(&format!("sign {other} --key acme")).ok();
    let signature = world.sandbox.read(format!("{one}.minisig"));
    world.sandbox.write(format!("{other}.minisig"), &signature);
    world.expect(&other, 11, "bytes-changed");
    // The key holder's own tool lies about the name.
    let comment = world.expect(&one, 0, "verified").json()["trusted_comment"].as_str().unwrap().to_owned();
    let lie = comment.replace("com.acme.hello", "com.acme.admin");
    let untrusted = format!("signature from alga-ext with key {}", world.id("acme"));
    minisign(&world.sandbox, &["-S", "-s", "acme", "-m", &one, "-t", &lie, "-c", &untrusted]);
    world.expect(&one, 11, "identity-disagrees");
    // A signature that says nothing is no ground for trust.
    minisign(&world.sandbox, &["-S", "-s", "acme", "-m", &one]);
    world.expect(&one, 11, "no-claim");
    // The file's own name means nothing.
    world.run(&format!("sign {one} --key acme")).ok();
    world.sandbox.write("renamed.zip", world.sandbox.read(&one));
    world.sandbox.write("renamed.zip.minisig", world.sandbox.read(format!("{one}.minisig")));
    world.expect("renamed.zip", 0, "verified");
}

#[test]
fn two_of_three_keys_must_sign() {
    let world = World::new(&["one", "two", "three", "four"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    for key in ["one", "two", "three"] {
        world.run(&format!("trust add 'Acme Inc' --key {key}.pub")).ok();
    }
    world.run("trust add 'Acme Inc' --threshold 4").expect_code(2);
    world.run("trust add 'Acme Inc' --threshold 2").ok();
    world.run(&format!("sign {bundle} --key one")).ok();
    let run = world.expect(&bundle, 12, "too-few-keys");
    assert!(run.stderr.contains("1 of 2 keys of `Acme Inc` signed"), "{}", run.stderr);
    // A key and its successor are one.
    world.rotate("one", "four").ok();
    world.run(&format!("sign {bundle} --key four")).ok();
    world.expect(&bundle, 12, "too-few-keys");
    world.run(&format!("sign {bundle} --key three")).ok();
    let run = world.expect(&bundle, 0, "verified");
    assert_eq!(run.json()["key_ids"].as_array().unwrap().len(), 3);
    // A damaged signature spoils all.
    let path = format!("{bundle}.{}.minisig", world.id("three"));
    let text = String::from_utf8(world.sandbox.read(&path)).unwrap();
    world.sandbox.write(&path, text.replace("version=1.0.0", "version=1.0.1"));
    world.expect(&bundle, 11, "comment-changed");
}

#[test]
fn the_first_key_is_pinned_where_the_file_says_so() {
    let world = World::new(&["acme", "evil"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run(&format!("sign {bundle} --key acme")).ok();
    world.expect_with(&bundle, &format!("--key acme.pub --at {AT}"), 12, "unknown-publisher");
    fs_err::remove_file(world.sandbox.path("trust.yaml")).unwrap();
    world.run("trust init --first-use pin").ok();
    world.run("trust init").expect_code(2);
    let run = world.expect_with(&bundle, &format!("--key acme.pub --at {AT} --remember"), 0, "verified");
    assert_eq!(run.json()["first_use"], true);
    world.expect(&bundle, 0, "verified");
    let next = world.bundle("hello", "1.1.0", "Acme Inc");
    world.run(&format!("sign {next} --key evil")).ok();
    world.expect_with(&next, &format!("--key evil.pub --at {AT}"), 12, "other-key");
    let text = String::from_utf8(world.sandbox.read("trust.yaml")).unwrap();
    assert!(text.contains(&format!("pinned: {AT}")) || text.contains(&format!("pinned: '{AT}'")), "{text}");
}

/// The secret key in this file, without a password, under the id of another.
fn with_id_of(world: &World, secret: &str, other: &str) {
    let lines = |file: &str| String::from_utf8(world.sandbox.read(file)).unwrap();
    let decode = |file: &str| STANDARD.decode(lines(file).lines().nth(1).unwrap()).unwrap();
    let write = |file: &str, bytes: Vec<u8>| {
        let comment = lines(file).lines().next().unwrap().to_owned();
        world.sandbox.write(file, format!("{comment}\n{}\n", STANDARD.encode(bytes)));
    };
    let number = decode(&format!("{other}.pub"))[2..10].to_vec();
    let public = format!("{secret}.pub");
    let mut bytes = decode(&public);
    bytes[2..10].copy_from_slice(&number);
    write(&public, bytes);
    // After algorithms, salt and costs; the checksum, which covers it, may be zeros in a key without a password.
    let mut bytes = decode(secret);
    bytes[54..62].copy_from_slice(&number);
    bytes[126..].fill(0);
    write(secret, bytes);
}

#[test]
fn a_key_that_takes_the_id_of_another_neither_signs_for_it_nor_stands_in_its_way() {
    let world = World::new(&["acme", "base", "evil"]);
    with_id_of(&world, "evil", "acme");
    assert_eq!(world.id("evil"), world.id("acme"));
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run("trust add 'A Evil Ltd' --key evil.pub").expect_code(2);
    // A successor may bring it in all the same.
    world.run("trust add 'A Evil Ltd' --key base.pub").ok();
    world.at(LONG_AGO, "trust rotate 'A Evil Ltd' --to evil.pub --key base --out evil.json").ok();
    world.run(&format!("trust add --statement evil.json --at {AT}")).ok();
    world.run(&format!("sign {bundle} --key acme")).ok();
    world.expect(&bundle, 0, "verified");
    world.run(&format!("sign {bundle} --key evil")).ok();
    world.expect(&bundle, 12, "other-key");
}

#[test]
fn what_is_not_what_its_source_builds_is_not_remembered() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run(&format!("sign {bundle} --key acme")).ok();
    let before = world.sandbox.read("trust.yaml");
    let line =
        format!("-C src/hello-1.0.0 verify {bundle} --trust trust.yaml --at {AT} --rebuild --remember");
    world.sandbox.write("src/hello-1.0.0/ui/more.js", "1;\n");
    world.run(&line).expect_code(1);
    assert_eq!(world.sandbox.read("trust.yaml"), before);
    fs_err::remove_file(world.sandbox.path("src/hello-1.0.0/ui/more.js")).unwrap();
    world.run(&line).ok();
    assert_ne!(world.sandbox.read("trust.yaml"), before);
}

#[test]
fn explain_says_step_by_step_why() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub --until 2025-01-01").ok();
    world.run(&format!("sign {bundle} --key acme")).ok();
    let run = world.run(&format!("trust explain {bundle} --at {AT}")).expect_code(13);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", run.stdout);
    assert!(
        lines[1].starts_with("trust") && lines[1].contains("signed for `Acme Inc` by key"),
        "{}",
        run.stdout
    );
    assert!(
        lines[3].starts_with("expiry") && lines[3].contains("valid until 2025-01-01T00:00:00Z"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_folder_of_bundles_is_judged_at_once() {
    let world = World::new(&["acme", "evil"]);
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    for (version, key) in [("1.0.0", "acme"), ("1.1.0", "acme"), ("1.2.0", "evil")] {
        let bundle = world.bundle("hello", version, "Acme Inc");
        world.run(&format!("sign {bundle} --key {key}")).ok();
    }
    world.bundle("hello", "1.3.0", "Acme Inc");
    // A link to a bundle is one too: whoever takes it takes what it leads to.
    world.bundle("hello", "1.4.0", "Acme Inc");
    fs_err::create_dir_all(world.sandbox.path("away")).unwrap();
    fs_err::rename(world.sandbox.path("hello-1.4.0.tar.zst"), world.sandbox.path("away/hello")).unwrap();
    fs_err::os::unix::fs::symlink("away/hello", world.sandbox.path("latest.tar.zst")).unwrap();
    let run =
        world.run(&format!("verify --dir . --trust trust.yaml --at {AT} --format json")).expect_code(12);
    let document = run.json();
    assert_eq!(document["reasons"], serde_json::json!({ "no-signature": 2, "other-key": 1, "verified": 2 }));
    assert!(run.stderr.contains("3 of 5 bundles are not verified"), "{}", run.stderr);
    world.run(&format!("verify --dir . --key acme.pub --at {AT}")).expect_code(12);
    world.run("verify --dir src/nowhere --key acme.pub").expect_code(2);
}

#[test]
fn a_trust_file_with_a_mistake_judges_nothing() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run(&format!("sign {bundle} --key acme")).ok();
    for (text, said) in [
        ("form: 2\n", "`form` is 2"),
        ("form: 1\nkeys: []\n", "unknown field"),
        ("form: 1\npublishers: { A: { keys: [ { key: nonsense } ] } }\n", "no public key"),
        ("form: 1\npublishers: { A: { keys: [] } }\n", "threshold of 1 and 0 keys"),
        ("form: 1\npublishers:\n  A: { keys: [] }\n  A: { keys: [] }\n", "`A` is there twice"),
        (
            "form: 1\nrevocations: [ { payloadType: x, payload: '', signatures: [] } ]\n",
            "statement in `revocations`",
        ),
    ] {
        world.sandbox.write("trust.yaml", text);
        let run = world.run(&format!("verify {bundle} --trust trust.yaml")).expect_code(2);
        assert!(run.stderr.contains(said), "{text}\n{}", run.stderr);
    }
    let run = world.run(&format!("verify {bundle} --trust nowhere.yaml")).expect_code(2);
    assert!(run.stderr.contains("there is no trust file"), "{}", run.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_that_is_judged_asks_the_network() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run(&format!("sign {bundle} --key acme")).ok();
    world.run(&format!("attest {bundle} --key acme")).ok();
    for line in [
        format!("verify {bundle} --trust trust.yaml --at {AT} --require validate"),
        format!("trust explain {bundle} --at {AT}"),
        format!("verify --dir . --key acme.pub --at {AT}"),
    ] {
        let command = world.sandbox.alga(words(&line));
        let traced = ["-f", "-qq", "-e", "trace=%network", "-e", "signal=none", "-o", "calls"];
        let mut strace = world.sandbox.command("strace");
        strace.args(traced).arg(command.get_program()).args(command.get_args());
        world.sandbox.run_command(&mut strace).ok();
        let calls = String::from_utf8(world.sandbox.read("calls")).unwrap();
        assert_eq!(calls, "", "{line}");
    }
}
