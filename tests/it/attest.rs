//! `attest` and `verify --require`: what is stated about a bundle, by whom, and what is refused without it.

use crate::sign::signed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const BUNDLE: &str = "app/dist/bundle.tar.zst";
const STATEMENT: &str = "app/dist/bundle.tar.zst.dsse.json";
const REQUIRE: &str = "verify app/dist/bundle.tar.zst --key key.pub --require tests,validate";

#[test]
fn what_is_required_must_be_stated() {
    let sandbox = signed();
    let refused = |said: &str| {
        let run = sandbox.run(&format!("{REQUIRE} --format json")).expect_code(1);
        assert_eq!(run.json()["reason"], "unstated");
        assert!(run.stderr.contains(said), "{}", run.stderr);
    };
    refused("is not there");
    sandbox.run(&format!("attest {BUNDLE} --key key")).ok();
    sandbox.run(&format!("verify {BUNDLE} --key key.pub --require validate")).ok();
    refused("names no tests");
    sandbox.write("results.json", "[{ \"passed\": true }, { \"status\": 200, \"duration_us\": 1200 }]");
    let run = sandbox.run(&format!("attest {BUNDLE} --tests results.json --key key --format json")).ok();
    assert_eq!(run.json()["predicate"]["tests"]["passed"], 2);
    assert_eq!(run.json()["predicate"]["measured"]["calls_us"], json!([1200]));
    let run = sandbox.run(&format!("{REQUIRE} --format json")).ok();
    let last = run.json()["checks"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["check"], &last["outcome"]), (&"statement".into(), &"passed".into()));
    sandbox.write("results.json", "{ \"status\": null, \"error\": \"trapped\" }\n{ \"status\": 200 }\n");
    sandbox.run(&format!("attest {BUNDLE} --tests results.json --key key")).ok();
    refused("1 tests passed and 1 failed");
    sandbox.write("results.json", "{}");
    sandbox.run(&format!("attest {BUNDLE} --tests results.json --key key")).expect_code(2);
    sandbox.run("keys generate --no-password --out other").ok();
    sandbox.run(&format!("attest {BUNDLE} --key other")).ok();
    refused("is not signed by a key that is believed and signed the bundle");
    sandbox.write(STATEMENT, "nonsense");
    refused("cannot be read");
}

#[test]
fn a_statement_is_in_totos_and_about_these_bytes_alone() {
    let sandbox = signed();
    let git = |words: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"];
        sandbox.run_command(sandbox.command("git").args(identity).args(words)).ok()
    };
    git(&["init", "-q", "app"]);
    git(&["-C", "app", "add", "manifest.json"]);
    git(&["-C", "app", "commit", "-qm", "first"]);
    let run = sandbox.run(&format!("-C app attest {BUNDLE} --key key --format json")).ok();
    let commit = git(&["-C", "app", "rev-parse", "HEAD"]).stdout;
    assert_eq!(run.json()["predicate"]["git"], json!({ "commit": commit.trim(), "dirty": true }));
    let envelope: Value = serde_json::from_slice(&sandbox.read(STATEMENT)).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    let hash = alga_ext::bundle::Digest::of(&sandbox.read(BUNDLE)).hex();
    assert_eq!(statement["subject"], json!([{ "name": "bundle.tar.zst", "digest": { "sha256": hash } }]));
    let line = format!("verify {BUNDLE} --key key.pub --require validate");
    sandbox.run(&line).ok();
    // A changed word, and the statement about another bundle.
    let mut changed = envelope.clone();
    changed["payload"] = STANDARD
        .encode(String::from_utf8(payload).unwrap().replace("\"warnings\":0", "\"warnings\":1"))
        .into();
    if changed != envelope {
        sandbox.write(STATEMENT, changed.to_string());
        sandbox.run(&line).expect_code(1);
    }
    sandbox.write(STATEMENT, envelope.to_string());
    sandbox.write("app/ui/more.js", "1;\n");
    sandbox.run("-C app pack").ok();
    sandbox.run(&format!("sign {BUNDLE} --key key")).ok();
    let run = sandbox.run(&line).expect_code(1);
    assert!(run.stderr.contains("is about another bundle"), "{}", run.stderr);
}

#[test]
fn no_commit_is_named_of_a_project_that_is_another() {
    let sandbox = signed();
    let git = |words: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"];
        sandbox.run_command(sandbox.command("git").args(identity).args(words)).ok()
    };
    let attest = || sandbox.run(&format!("-C other attest {BUNDLE} --key key --format json")).ok();
    let manifest = String::from_utf8(sandbox.read("app/manifest.json")).unwrap();
    git(&["init", "-q", "other"]);
    for (old, new) in [("com.acme.hello", "com.acme.other"), ("Acme Inc", "Evil"), ("1.0.0", "1.0.1")] {
        sandbox.write("other/manifest.json", manifest.replace(old, new));
        git(&["-C", "other", "add", "manifest.json"]);
        git(&["-C", "other", "commit", "-qm", new]);
        let run = attest();
        assert_eq!(run.json()["predicate"]["git"], Value::Null);
        assert!(run.stderr.contains("no commit is named"), "{}", run.stderr);
    }
    sandbox.write("other/manifest.json", manifest);
    let run = attest();
    assert_eq!(run.json()["predicate"]["git"]["dirty"], true);
    assert!(!run.stderr.contains("no commit is named"), "{}", run.stderr);
}
