//! Keys that are not believed, or not any more: what they sign, state, introduce and revoke counts for nothing.

use crate::harness::Run;
use crate::trust::{AT, LONG_AGO, World};
use alga_ext::signing::trust::{Reason, Revocation, Revoked};
use alga_ext::signing::{Envelope, Error, SecretKey, Time};

/// Long before the moment that everything happens at, and after [`LONG_AGO`].
const SPRING: &str = "2025-03-01";

/// Lets `by` revoke a key of Acme's.
fn revoke(world: &World, what: &str, reason: &str, since: &str, by: &str) -> Run {
    world
        .run(&format!(
            "trust revoke 'Acme Inc' {what} --reason {reason} --since {since} --key {by} --out r.json"
        ))
        .ok();
    world.run("trust add --statement r.json")
}

#[test]
fn what_is_required_is_stated_by_a_key_that_is_believed() {
    for (owner, is_revoked) in [("Mallory", false), ("Acme Inc", true)] {
        let world = World::new(&["acme", "other"]);
        let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
        world.run("trust add 'Acme Inc' --key acme.pub").ok();
        world.run(&format!("trust add '{owner}' --key other.pub")).ok();
        world.run(&format!("sign {bundle} --key acme")).ok();
        world.run(&format!("sign {bundle} --key other")).ok();
        if is_revoked {
            revoke(&world, &format!("--revoked-key {}", world.id("other")), "compromised", AT, "acme").ok();
        }
        world.sandbox.write("results.json", "{ \"passed\": true }");
        world.run(&format!("attest {bundle} --tests results.json --key other")).ok();
        let require = format!("--at {AT} --require tests,validate");
        let run = world.expect_with(&bundle, &require, 1, "unstated");
        assert!(run.stderr.contains("is not signed by a key that is believed"), "{}", run.stderr);
        // The bundle itself is fine, and nobody says that the other key vouches for it.
        let run = world.expect(&bundle, 0, "verified");
        assert_eq!(run.json()["key_ids"], serde_json::json!([world.id("acme")]));
        assert_eq!(run.json()["key_id"], world.id("acme").as_str());
        assert!(!run.stderr.contains(&world.id("other")), "{}", run.stderr);
        world.run(&format!("attest {bundle} --tests results.json --key acme")).ok();
        world.expect_with(&bundle, &require, 0, "verified");
    }
}

#[test]
fn the_first_signature_is_not_the_one_that_counts_when_its_key_is_not_believed() {
    let world = World::new(&["acme", "mallory"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run("trust add 'Mallory' --key mallory.pub").ok();
    world.at(LONG_AGO, &format!("sign {bundle} --key mallory --expires 2040-01-01")).ok();
    world.run(&format!("sign {bundle} --key acme --expires 2030-01-01")).ok();
    let document = world.expect(&bundle, 0, "verified").json();
    assert_eq!(document["expires"], "2030-01-01T00:00:00Z");
    assert_eq!(document["created"], AT);
    let comment = document["trusted_comment"].as_str().unwrap();
    assert!(comment.contains(&format!("key={}", world.id("acme"))), "{comment}");
}

#[test]
fn a_key_that_was_withdrawn_states_nothing_from_then_on() {
    let world = World::new(&["acme", "old"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run("trust add 'Acme Inc' --key old.pub").ok();
    world.at(LONG_AGO, &format!("sign {bundle} --key old")).ok();
    revoke(&world, &format!("--revoked-key {}", world.id("old")), "withdrawn", SPRING, "acme").ok();
    let require = format!("--at {AT} --require validate");
    world.run(&format!("attest {bundle} --key old")).ok();
    let run = world.expect_with(&bundle, &require, 1, "unstated");
    assert!(run.stderr.contains("which was not to be believed at"), "{}", run.stderr);
    world.at(LONG_AGO, &format!("attest {bundle} --key old")).ok();
    world.expect_with(&bundle, &require, 0, "verified");
}

#[test]
fn a_key_that_was_revoked_is_not_pinned() {
    let world = World::new(&["acme", "auditor", "other"]);
    fs_err::remove_file(world.sandbox.path("trust.yaml")).unwrap();
    world.run("trust init --first-use pin").ok();
    world.run("trust add --revoker auditor.pub").ok();
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run(&format!("sign {bundle} --key acme")).ok();
    let empty = world.sandbox.read("trust.yaml");
    let pin = format!("--key acme.pub --at {AT} --remember");
    let key = format!("--revoked-key {}", world.id("acme"));
    for (reason, since) in [("compromised", "2099-01-01"), ("withdrawn", SPRING)] {
        world.sandbox.write("trust.yaml", &empty);
        revoke(&world, &key, reason, since, "auditor").ok();
        let run = world.expect_with(&bundle, &pin, 13, "revoked-key");
        assert!(run.stderr.contains(&format!("is revoked, {reason} since {since}")), "{}", run.stderr);
    }
    // Something else was revoked, and that is what is said.
    world.sandbox.write("trust.yaml", &empty);
    revoke(&world, &format!("--revoked-key {}", world.id("other")), "compromised", AT, "auditor").ok();
    let run = world.expect_with(&bundle, &pin, 0, "verified");
    assert!(run.stdout.contains("1 revoked, neither this bundle nor its keys"), "{}", run.stdout);
}

#[test]
fn a_revoked_id_is_one_or_nothing_is_signed() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    world.run(&format!("sign {bundle} --key acme")).ok();
    let id = world.id("acme");
    for mistyped in [id.get(1..).unwrap(), &format!("{id}0"), "0123456789ABCDEG", "acme", "''"] {
        let line = format!(
            "trust revoke 'Acme Inc' --revoked-key={mistyped} --reason compromised --key acme --out r.json"
        );
        let run = world.run(&line).expect_code(2);
        assert!(run.stderr.contains("is no key's id"), "{}", run.stderr);
        assert!(!world.sandbox.path("r.json").exists());
    }
    let run = revoke(&world, "--revoked-key 0123456789ABCDEF", "compromised", AT, "acme").ok();
    let said = "warning: key 0123456789ABCDEF, which is revoked, is none that";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    world.expect(&bundle, 0, "verified");
    let run = revoke(&world, &format!("--revoked-key {}", id.to_lowercase()), "compromised", AT, "acme").ok();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    world.expect(&bundle, 13, "revoked-key");
    // And is taken from the file in either case.
    world.run(&format!("trust remove 'Acme Inc' --key-id {}", id.to_lowercase())).ok();
}

#[test]
fn a_statement_that_spells_an_id_or_a_hash_otherwise_is_none() {
    let world = World::new(&["acme"]);
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    let text = String::from_utf8(world.sandbox.read("acme")).unwrap();
    let secret = SecretKey::open(&text, None).unwrap();
    let hash = format!("sha256:{}", "ab".repeat(32));
    for (key, content_hash) in [
        (Some(world.id("acme").to_lowercase()), None),
        (Some(format!(" {}", world.id("acme"))), None),
        (None, Some(hash.to_uppercase())),
        (None, Some(hash.replace("sha256:", ""))),
    ] {
        let at = Time::parse(AT).unwrap();
        let revoked = Revoked { key, content_hash, reason: Reason::Compromised, note: String::new(), at };
        let list = Revocation { publisher: "Acme Inc".into(), created: at, revoked: vec![revoked] };
        let sealed = Envelope::seal::<_, Error>(Revocation::TYPE, &list, &secret.public(), &mut |bytes| {
            secret.sign(bytes)
        });
        world.sandbox.write("r.json", sealed.unwrap().text().unwrap());
        let run = world.run("trust add --statement r.json");
        assert_ne!(run.code, 0);
        assert!(run.stderr.contains("it revokes `"), "{}", run.stderr);
    }
}

#[test]
fn a_key_that_was_withdrawn_introduces_nobody_from_then_on() {
    let world = World::new(&["one", "two", "three"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run("trust add 'Acme Inc' --key one.pub").ok();
    world.run("trust add 'Acme Inc' --key three.pub").ok();
    world.run(&format!("sign {bundle} --key two")).ok();
    let before = world.sandbox.read("trust.yaml");
    let one = format!("--revoked-key {}", world.id("one"));
    for reason in ["superseded", "withdrawn"] {
        // The withdrawal is known, and the introduction comes.
        world.sandbox.write("trust.yaml", &before);
        revoke(&world, &one, reason, SPRING, "three").ok();
        world.run("trust rotate 'Acme Inc' --to two.pub --key one --out two.json").ok();
        let run = world.run(&format!("trust add --statement two.json --at {AT}")).expect_code(12);
        assert!(run.stderr.contains(&format!("is revoked, {reason} since {SPRING}")), "{}", run.stderr);
        // The introduction was taken in, and the withdrawal comes.
        world.sandbox.write("trust.yaml", &before);
        world.run(&format!("trust add --statement two.json --at {AT}")).ok();
        world.expect(&bundle, 0, "verified");
        revoke(&world, &one, reason, SPRING, "three").ok();
        world.expect(&bundle, 12, "other-key");
        // What it introduced before stands.
        world.sandbox.write("trust.yaml", &before);
        world.rotate("one", "two").ok();
        revoke(&world, &one, reason, SPRING, "three").ok();
        world.expect(&bundle, 0, "verified");
    }
}

#[test]
fn a_signature_counts_in_its_time_whichever_is_the_first_and_however_the_key_is_named() {
    let world = World::new(&["acme"]);
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    let first = format!("{bundle}.minisig");
    let further = format!("{bundle}.{}.minisig", world.id("acme"));
    let verify = |code: i32, reason: &str| {
        let run = world.run(&format!("verify {bundle} --key acme.pub --at {AT} --format json"));
        let run = run.expect_code(code);
        assert_eq!(run.json()["reason"], reason);
        run
    };
    // As with a trust file, a signature of the future is refused.
    world.at(2_000_000_000, &format!("sign {bundle} --key acme")).ok();
    verify(13, "not-yet-valid");
    world.at(LONG_AGO, &format!("sign {bundle} --key acme --expires 2024-01-01")).ok();
    verify(13, "expired");
    // Another of the same key beside it has not.
    fs_err::rename(world.sandbox.path(&first), world.sandbox.path(&further)).unwrap();
    world.run(&format!("sign {bundle} --key acme --expires 2030-01-01")).ok();
    let fresh = verify(0, "verified").json();
    fs_err::rename(world.sandbox.path(&first), world.sandbox.path("fresh")).unwrap();
    fs_err::rename(world.sandbox.path(&further), world.sandbox.path(&first)).unwrap();
    fs_err::rename(world.sandbox.path("fresh"), world.sandbox.path(&further)).unwrap();
    let turned = verify(0, "verified").json();
    assert_eq!((&turned["expires"], &turned["key_ids"]), (&fresh["expires"], &fresh["key_ids"]));
}

#[test]
fn a_version_that_is_none_of_semver_can_be_older_too() {
    let world = World::new(&["acme"]);
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    let sign = |version: &str| {
        let bundle = world.bundle("hello", version, "Acme Inc");
        world.run(&format!("sign {bundle} --key acme")).ok();
        bundle
    };
    let remember = format!("--at {AT} --remember");
    // Leading zeros are no semver, and the platform takes them.
    let new = sign("1.10.00");
    world.expect_with(&new, &remember, 0, "verified");
    world.expect_with(&sign("1.09.0"), &remember, 11, "downgraded");
    world.expect_with(&sign("1.10.00-beta"), &remember, 11, "downgraded");
    world.expect_with(&new, &remember, 0, "verified");
    world.expect_with(&sign("1.11.0"), &remember, 0, "verified");
    // What cannot be compared is not known to be newer.
    world.expect_with(&sign("1.11.*"), &remember, 11, "downgraded");
    world.expect_with(&sign("1.12.*"), &remember, 0, "verified");
    world.expect_with(&new, &remember, 11, "downgraded");
}

#[test]
fn a_bundle_that_cannot_be_read_keeps_no_other_from_being_judged() {
    let world = World::new(&["acme"]);
    world.run("trust add 'Acme Inc' --key acme.pub").ok();
    let bundle = world.bundle("hello", "1.0.0", "Acme Inc");
    world.run(&format!("sign {bundle} --key acme")).ok();
    let huge = fs_err::File::create(world.sandbox.path("huge.tar.zst")).unwrap();
    huge.set_len((512 << 20) + 1).unwrap();
    let line = format!("verify --dir . --trust trust.yaml --at {AT}");
    let run = world.run(&format!("{line} --format json")).expect_code(2);
    let document = run.json();
    assert_eq!((&document["verified"], &document["reasons"]["verified"]), (&false.into(), &1.into()));
    assert!(document["unread"][0]["path"].as_str().unwrap().ends_with("huge.tar.zst"), "{document:#}");
    let run = world.run(&line).expect_code(2);
    assert!(run.stdout.contains("huge.tar.zst") && run.stdout.contains("is larger than"), "{}", run.stdout);
    assert!(run.stderr.contains("1 of 2 bundles are not verified"), "{}", run.stderr);
    // What is refused weighs more.
    world.bundle("hello", "1.1.0", "Acme Inc");
    world.run(&line).expect_code(10);
}
