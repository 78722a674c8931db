//! `trust.yaml` as a file: who changes it at once, where a link leads, and what a change may not do.

use crate::trust::{AT, World, words};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};

/// Starts a line.
fn start(world: &World, line: &str) -> Child {
    let mut command = world.sandbox.alga(words(line));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Makes a pipe with a name.
fn pipe(world: &World, name: &str) {
    world.sandbox.run_command(world.sandbox.command("mkfifo").arg(name)).ok();
}

/// Opens a pipe once somebody reads it.
fn when_read(path: &Path) -> fs_err::File {
    fs_err::OpenOptions::new().write(true).open(path).unwrap()
}

#[test]
fn what_was_revoked_while_a_bundle_was_verified_stays_revoked() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run(&format!("sign {bundle} --key acme")).ok();
    let id = world.id("acme");
    world
        .run(&format!(
            "trust revoke 'Acme Inc' --revoked-key {id} --reason compromised --key acme --out r.json"
        ))
        .ok();
    let signature = world.sandbox.read(format!("{bundle}.minisig"));
    pipe(&world, "pipe");
    let line = format!("verify {bundle} --trust trust.yaml --signature pipe --at {AT} --remember");
    let child = start(&world, &line);
    // It has read the trust file, and waits for the signature.
    let mut to = when_read(&world.sandbox.path("pipe"));
    world.run("trust add --statement r.json").ok();
    to.write_all(&signature).unwrap();
    drop(to);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(world.sandbox.read("trust.yaml")).unwrap();
    assert!(text.contains("revocations:") && !text.contains("seen:"), "{text}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(13), "{told}");
    assert!(
        told.contains("trust.yaml` has changed meanwhile and refuses the bundle")
            && told.contains("is revoked"),
        "{told}"
    );
}

#[test]
fn of_two_changes_at_once_neither_is_lost() {
    let world = World::new(&["acme", "other"]);
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    let id = world.id("acme");
    world
        .run(&format!(
            "trust revoke 'Acme Inc' --revoked-key {id} --reason compromised --key acme --out r.json"
        ))
        .ok();
    pipe(&world, "pipe");
    let child = start(&world, "trust add --statement pipe");
    let mut to = when_read(&world.sandbox.path("pipe"));
    world.run("trust add 'Other Ltd' --key other.pub").ok();
    to.write_all(&world.sandbox.read("r.json")).unwrap();
    drop(to);
    assert!(child.wait_with_output().unwrap().status.success());
    let text = String::from_utf8(world.sandbox.read("trust.yaml")).unwrap();
    assert!(text.contains("Other Ltd") && text.contains("revocations:"), "{text}");
    // Many at once, and nothing of the lock stays.
    for number in 0..12 {
        world.run(&format!("keys generate --no-password --out many{number}")).ok();
    }
    let children: Vec<Child> = (0..12)
        .map(|number| start(&world, &format!("trust add 'Number {number}' --key many{number}.pub")))
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(world.sandbox.read("trust.yaml")).unwrap();
    assert!((0..12).all(|number| text.contains(&format!("Number {number}:"))), "{text}");
    let left = fs_err::read_dir(world.sandbox.root()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.contains("lock") || name.starts_with(".alga-ext-")), "{left:?}");
}

#[test]
fn what_a_link_leads_to_is_changed_and_the_link_stays() {
    let world = World::new(&["acme"]);
    let (link, real) = (world.sandbox.path("trust.yaml"), world.sandbox.path("kept/trust.yaml"));
    fs_err::create_dir(world.sandbox.path("kept")).unwrap();
    fs_err::rename(&link, &real).unwrap();
    fs_err::os::unix::fs::symlink("kept/trust.yaml", &link).unwrap();
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run(&format!("sign {bundle} --key acme")).ok();
    world.expect_with(&bundle, &format!("--at {AT} --remember"), 0, "verified");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    let text = fs_err::read_to_string(&real).unwrap();
    assert!(text.contains("Acme Inc") && text.contains("seen:"), "{text}");
}

#[test]
fn a_key_is_not_removed_below_the_threshold_unless_a_lower_one_is_named() {
    let world = World::new(&["one", "two"]);
    world.run("trust add 'Acme Inc' --key one.pub").ok();
    world.run("trust add 'Acme Inc' --key two.pub --threshold 2").ok();
    let before = world.sandbox.read("trust.yaml");
    let remove = format!("trust remove 'Acme Inc' --key-id {}", world.id("two"));
    let run = world.run(&remove).expect_code(2);
    assert!(run.stderr.contains("2 keys must sign for `Acme Inc`, and 1 would be left"), "{}", run.stderr);
    assert!(run.stderr.contains("`--threshold`"), "{}", run.stderr);
    assert_eq!(world.sandbox.read("trust.yaml"), before);
    world.run(&format!("{remove} --threshold 2")).expect_code(2);
    world.run(&format!("{remove} --threshold 0")).expect_code(2);
    assert_eq!(world.sandbox.read("trust.yaml"), before);
    let run = world.run(&format!("{remove} --threshold 1")).ok();
    assert!(run.stderr.contains("1 keys must sign for it"), "{}", run.stderr);
    // Of a publisher that goes altogether nobody must sign.
    world.sandbox.write("trust.yaml", &before);
    world.run("trust remove 'Acme Inc'").ok();
}
