//! `publish`: against the embedded registry, and against registries that are busy, broken or lying.

use crate::harness::{Run, Sandbox};
use crate::registry::{Registry, bundle_file};
use alga_ext::bundle::Digest;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const UPLOAD: &str = "/api/ext-bundles/upload-proxy";
const FINALIZE: &str = "/api/ext-bundles/finalize";
const ABORT: &str = "/api/ext-bundles/abort";
const INSTALL: &str = "/api/v1/extensions/install";

/// A call that reached a [`Double`].
#[derive(Debug, Clone)]
struct Received {
    path: String,
    head: String,
    body: Vec<u8>,
}

/// A registry that answers what a test wants: status, further head lines, body.
struct Double {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

type Reply = (u16, &'static str, String);

impl Double {
    /// `answer` gets the call and how many of its path came before.
    fn start(answer: impl Fn(&Received, usize) -> Option<Reply> + Send + 'static) -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::<Received>::new()));
        let calls = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut waiting = Vec::new();
            for stream in listener.incoming().flatten() {
                let Some(call) = receive(&stream) else { continue };
                let before = calls.lock().unwrap().iter().filter(|other| other.path == call.path).count();
                calls.lock().unwrap().push(call.clone());
                match answer(&call, before) {
                    Some((status, head, body)) => {
                        let length = body.len();
                        let text = format!(
                            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{head}\r\n{body}"
                        );
                        let _ = (&stream).write_all(text.as_bytes());
                    }
                    // No answer: the connection stays open.
                    None => waiting.push(stream),
                }
            }
        });
        Double { url, received }
    }

    /// A registry that takes everything, but for what `instead` answers. `hash` is the bundle's.
    fn taking(hash: String, instead: impl Fn(&str, usize) -> Option<Reply> + Send + 'static) -> Double {
        Double::start(move |call, before| {
            Some(instead(&call.path, before).unwrap_or_else(|| match call.path.as_str() {
                UPLOAD => ok(&json!({ "upload": { "key": "sha256/_staging/k/bundle.tar.zst", "strategy": "staging" } })),
                FINALIZE => ok(&json!({
                    "extension": { "id": "r-1", "name": "com.acme.probe" },
                    "version": { "id": "v-1", "version": "1.0.0" },
                    "contentHash": hash,
                    "canonicalKey": "k",
                })),
                INSTALL => (202, "", json!({ "data": { "installId": "i-1", "success": true } }).to_string()),
                _ => ok(&json!({})),
            }))
        })
    }

    /// The paths that were called, in order.
    fn paths(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(|call| call.path.clone()).collect()
    }

    /// Publishes `b.tar.zst` here.
    fn publish(&self, sandbox: &Sandbox, options: &str) -> Run {
        let line = format!(
            "--format json publish b.tar.zst --registry {} --tenant acme --retry-pause 0.001 {options}",
            self.url
        );
        sandbox.run_command(sandbox.alga(line.split_whitespace()).env("ALGA_API_KEY", "alga_topsecret"))
    }
}

fn ok(body: &Value) -> Reply {
    (200, "", body.to_string())
}

fn receive(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let target = head.split(' ').nth(1)?;
    let path = target.split('?').next()?.to_owned();
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Received { path, head, body })
}

/// A sandbox with `b.tar.zst`, version 1.0.0, and its hash.
fn released() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    bundle_file(&sandbox, "b.tar.zst", "1.0.0", "one");
    let hash = Digest::of(&sandbox.read("b.tar.zst")).hex();
    (sandbox, hash)
}

#[test]
fn a_bundle_is_published_and_installed_and_then_is_already_there() {
    let (sandbox, hash) = released();
    let registry = Registry::start(&sandbox);
    let first = registry.run(&sandbox, "publish b.tar.zst").ok().json();
    assert_eq!(
        (&first["version"], &first["content_hash"]),
        (&json!("1.0.0"), &json!(format!("sha256:{hash}")))
    );
    assert!(first["install_id"].is_string() && first["already_there"] == false, "{first}");
    let again = registry.run(&sandbox, "publish b.tar.zst --no-install").ok().json();
    assert_eq!((&again["already_there"], &again["install_id"]), (&json!(true), &Value::Null));
    assert_eq!(again["registry_id"], first["registry_id"]);
    let installed = registry.run(&sandbox, "publish b.tar.zst").ok().json();
    assert_eq!(installed["install_id"], first["install_id"]);
    bundle_file(&sandbox, "c.tar.zst", "1.0.0", "two");
    let other = Digest::of(&sandbox.read("c.tar.zst")).hex();
    let refused = registry.run(&sandbox, "publish c.tar.zst").expect_code(3);
    assert!(refused.stderr.contains(&hash) && refused.stderr.contains(&other), "{}", refused.stderr);
    assert_eq!(
        fs_err::read_dir(sandbox.path("data/staging")).unwrap().count(),
        0,
        "refused uploads are aborted"
    );
}

#[test]
fn a_wildcard_becomes_the_next_patch_and_that_is_installed() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    for (page, version) in [("one", "0.3.0"), ("two", "0.3.1"), ("two", "0.3.2")] {
        bundle_file(&sandbox, "b.tar.zst", "0.3.*", page);
        let published = registry.run(&sandbox, "publish b.tar.zst").ok().json();
        assert_eq!(published["version"], version);
        assert!(published["install_id"].is_string());
    }
}

#[test]
fn the_signature_beside_the_bundle_travels_with_it() {
    let (sandbox, _) = released();
    let registry = Registry::start(&sandbox);
    sandbox.run("keys generate --out k --no-password").ok();
    sandbox.run("sign b.tar.zst --key k").ok();
    registry.run(&sandbox, "publish b.tar.zst").ok();
    let fetched = registry.run(&sandbox, "registry fetch com.acme.probe 1.0.0").ok().json();
    assert!(fetched["path"].as_str().unwrap().ends_with("com.acme.probe-1.0.0.tar.zst"), "{fetched}");
    sandbox.run("verify com.acme.probe-1.0.0.tar.zst --key k.pub").ok();
    // A signature of other bytes is not sent.
    bundle_file(&sandbox, "b.tar.zst", "1.0.1", "two");
    let refused = registry.run(&sandbox, "publish b.tar.zst").expect_code(1);
    assert!(refused.stderr.contains("b.tar.zst.minisig"), "{}", refused.stderr);
}

#[test]
fn what_is_sent_is_what_the_platform_wants() {
    let (sandbox, hash) = released();
    let double = Double::taking(hash.clone(), |_, _| None);
    let document = double.publish(&sandbox, "").ok().json();
    assert_eq!((&document["registry_id"], &document["install_id"]), (&json!("r-1"), &json!("i-1")));
    let received = double.received.lock().unwrap();
    let [upload, finalize, install] = &received[..] else { panic!("{received:?}") };
    assert_eq!(upload.body, sandbox.read("b.tar.zst"));
    let size = upload.body.len();
    let query = format!("POST {UPLOAD}?filename=b.tar.zst&size={size}&declaredHash={hash} HTTP/1.1");
    assert!(upload.head.starts_with(&query), "{}", upload.head);
    for line in [
        "x-api-key: alga_topsecret",
        "x-tenant-id: acme",
        "x-alga-admin: true",
        &format!("content-length: {size}"),
    ] {
        assert!(upload.head.to_ascii_lowercase().contains(line), "{line}: {}", upload.head);
    }
    let body: Value = serde_json::from_slice(&finalize.body).unwrap();
    assert_eq!(
        body,
        json!({ "key": "sha256/_staging/k/bundle.tar.zst", "size": size, "declaredHash": hash })
    );
    assert!(!install.head.contains("x-alga-admin"), "{}", install.head);
}

#[test]
fn a_busy_registry_is_tried_again_and_a_duplicate_is_not() {
    let (sandbox, hash) = released();
    let double = Double::taking(hash.clone(), |path, before| match (path, before) {
        (UPLOAD, 0) => Some((503, "retry-after: 0\r\n", "<html>busy</html>".into())),
        (FINALIZE, 0) => Some((429, "", json!({ "error": "slow down", "code": "RATE_LIMIT" }).to_string())),
        (INSTALL, 0) => Some((502, "", String::new())),
        _ => None,
    });
    let run = double.publish(&sandbox, "").ok();
    assert_eq!(double.paths(), [UPLOAD, UPLOAD, FINALIZE, FINALIZE, INSTALL, INSTALL]);
    assert!(run.stderr.contains("trying again"), "{}", run.stderr);
    let taken = json!({ "success": false, "error": { "message": "v 1.0.0 already exists", "code": "EXTENSION_VERSION_ALREADY_EXISTS" } });
    let double =
        Double::taking(hash, move |path, _| (path == FINALIZE).then(|| (409, "", taken.to_string())));
    let run = double.publish(&sandbox, "").expect_code(3);
    assert!(run.stderr.contains("is published already with unknown bytes"), "{}", run.stderr);
    assert_eq!(double.paths(), [UPLOAD, FINALIZE, ABORT]);
}

#[test]
fn a_registry_that_stays_busy_or_asks_for_too_long_a_pause_is_given_up() {
    let (sandbox, hash) = released();
    let double = Double::taking(hash.clone(), |path, _| (path == UPLOAD).then(|| (503, "", "busy".into())));
    let run = double.publish(&sandbox, "--retries 2").expect_code(3);
    assert!(run.stderr.contains("status 503") && run.stderr.contains("(tried 3 times)"), "{}", run.stderr);
    let double = Double::taking(hash, |path, _| {
        (path == UPLOAD).then(|| (503, "retry-after: 9999\r\n", String::new()))
    });
    double.publish(&sandbox, "").expect_code(3);
    assert_eq!(double.paths(), [UPLOAD]);
}

#[test]
fn refusals_are_told_in_the_registrys_words_whatever_their_envelope() {
    let (sandbox, hash) = released();
    for (status, body, words) in [
        (501, json!({ "error": "Extensions are an EE only feature" }).to_string(), "EE only feature"),
        (401, json!({ "error": "Unauthorized: API key missing" }).to_string(), "API key missing"),
        (403, json!({ "error": { "code": "PRODUCT_ACCESS_DENIED", "message": "not in your plan", "details": { "capability": "x" } } }).to_string(), "PRODUCT_ACCESS_DENIED: not in your plan"),
        (400, json!({ "error": "bad", "code": "INVALID_MANIFEST", "details": { "issues": [{ "path": "version", "message": "is 5" }] } }).to_string(), "`version`: is 5"),
        (500, "<html>\u{1b}[31mOops</html>".to_owned(), "status 500 and what no registry says: `<html> [31mOops</html>`"),
        (404, String::new(), "status 404"),
        (418, "[]".to_owned(), "status 418"),
    ] {
        let double = Double::taking(hash.clone(), move |path, _| (path == FINALIZE).then(|| (status, "", body.clone())));
        let run = double.publish(&sandbox, "").expect_code(3);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        assert!(!run.stderr.contains("topsecret") && !run.stdout.contains("topsecret"));
        assert_eq!(double.paths().last().unwrap(), ABORT, "a failed finalize is aborted");
    }
}

#[test]
fn a_lying_registry_is_not_believed() {
    let (sandbox, hash) = released();
    let finalized = |id: &str, name: &str, version: &str, hash: &str| {
        json!({ "extension": { "id": id, "name": name }, "version": { "id": "v", "version": version }, "contentHash": hash }).to_string()
    };
    let other = Digest::of(b"other").hex();
    for (path, body, words) in [
        (FINALIZE, finalized("r", "com.acme.probe", "1.0.0", &other), other.as_str()),
        (FINALIZE, finalized("r", "com.acme.probe", "1.0.0", "abc"), "`contentHash` is no SHA-256"),
        (FINALIZE, finalized("r", "com.evil", "1.0.0", &hash), "it speaks of `com.evil`"),
        (FINALIZE, finalized("r", "com.acme.probe", "9.9.9", &hash), "it speaks of version `9.9.9`"),
        (FINALIZE, finalized("", "com.acme.probe", "1.0.0", &hash), "`extension.id` is empty"),
        (FINALIZE, json!({ "contentHash": hash }).to_string(), "missing field"),
        (FINALIZE, "{".to_owned(), "cannot be used"),
        (UPLOAD, json!({ "upload": { "key": "../../etc" } }).to_string(), "no staging key"),
        (UPLOAD, "x".repeat(9 * 1024 * 1024), "it is over 8388608 bytes"),
    ] {
        let double =
            Double::taking(hash.clone(), move |called, _| (called == path).then(|| (200, "", body.clone())));
        let run = double.publish(&sandbox, "").expect_code(3);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        assert!(!double.paths().iter().any(|called| called == INSTALL));
    }
    let double = Double::taking(hash, |path, _| {
        (path == UPLOAD).then(|| (307, "location: http://127.0.0.1:1/\r\n", String::new()))
    });
    let run = double.publish(&sandbox, "").expect_code(3);
    assert!(run.stderr.contains("redirect to `http://127.0.0.1:1/`"), "{}", run.stderr);
}

#[test]
fn a_failed_install_after_a_finished_publish_has_its_own_code() {
    let (sandbox, hash) = released();
    for (status, body) in [
        (500, json!({ "error": { "code": "INTERNAL_ERROR", "message": "no such version" } })),
        (202, json!({ "data": { "installId": "i", "success": false, "message": "no such version" } })),
    ] {
        let double = Double::taking(hash.clone(), move |path, _| {
            (path == INSTALL).then(|| (status, "", body.to_string()))
        });
        let run = double.publish(&sandbox, "").expect_code(4);
        assert!(run.stderr.contains("is published and not installed"), "{}", run.stderr);
        assert!(run.stderr.contains("no such version"), "{}", run.stderr);
        assert!(run.stderr.contains("alga-ext registry install r-1 1.0.0"), "{}", run.stderr);
        assert_eq!(run.json()["error"]["exit"], 4);
    }
}

#[test]
fn a_registry_that_is_silent_or_gone_is_named() {
    let (sandbox, hash) = released();
    let double = Double::start(|_, _| None);
    let run = double.publish(&sandbox, "--timeout 0.2").expect_code(3);
    assert!(run.stderr.contains("gave no answer in 0.2 s"), "{}", run.stderr);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = Double { url: format!("http://127.0.0.1:{port}"), received: Arc::default() };
    let run = gone.publish(&sandbox, "--retries 1").expect_code(3);
    assert!(run.stderr.contains("could not be reached (tried 2 times)"), "{}", run.stderr);
    assert!(run.stderr.contains("caused by: "), "{}", run.stderr);
    drop(hash);
}

#[test]
fn a_dry_run_checks_everything_and_sends_nothing() {
    let (sandbox, hash) = released();
    let double = Double::taking(hash.clone(), |_, _| None);
    let document = double.publish(&sandbox, "--dry-run").ok().json();
    assert_eq!(
        (&document["content_hash"], &document["dry_run"]),
        (&json!(format!("sha256:{hash}")), &json!(true))
    );
    assert_eq!(double.paths(), [""; 0]);
    sandbox.write("b.tar.zst", "no archive at all");
    double.publish(&sandbox, "--dry-run").expect_code(1);
    assert_eq!(double.paths(), [""; 0]);
}

#[test]
fn what_cannot_be_published_is_refused_before_anything_is_sent() {
    let (sandbox, hash) = released();
    let double = Double::taking(hash, |_, _| None);
    let whole = sandbox.read("b.tar.zst");
    for bytes in [b"".as_slice(), b"PK", &whole[..whole.len() / 2]] {
        sandbox.write("b.tar.zst", bytes);
        double.publish(&sandbox, "").expect_code(1);
    }
    let entry = |path: &str, text: &str| alga_ext::bundle::Entry { path: path.into(), bytes: text.into() };
    let gzip =
        alga_ext::bundle::write(&[entry("manifest.json", "{}")], alga_ext::bundle::Container::TarGz).unwrap();
    sandbox.write("b.tar.zst", gzip);
    let run = double.publish(&sandbox, "").expect_code(1);
    assert!(run.stderr.contains("is a tar.gz"), "{}", run.stderr);
    let huge = fs_err::File::create(sandbox.path("b.tar.zst")).unwrap();
    huge.set_len(200 * 1024 * 1024 + 1).unwrap();
    let run = double.publish(&sandbox, "").expect_code(1);
    assert!(run.stderr.contains("b.tar.zst"), "{}", run.stderr);
    assert_eq!(double.paths(), [""; 0]);
}

#[test]
fn a_key_comes_from_the_environment_or_a_file_and_nowhere_else() {
    let (sandbox, _) = released();
    let run = sandbox.run("publish b.tar.zst --registry http://127.0.0.1:9 --tenant acme").expect_code(2);
    assert!(
        run.stderr.contains("there is no API key") && run.stderr.contains("ALGA_API_KEY"),
        "{}",
        run.stderr
    );
    let line = "publish b.tar.zst --registry http://127.0.0.1:9 --tenant acme --api-key-file none";
    sandbox.run(line).expect_code(2);
    let mut command = sandbox.alga("publish b.tar.zst --registry http://127.0.0.1:9".split(' '));
    let run = sandbox.run_command(command.env("ALGA_API_KEY", "k")).expect_code(2);
    assert!(run.stderr.contains("no tenant to publish for"), "{}", run.stderr);
    let mut command = sandbox.alga("publish b.tar.zst --registry ftp://x --tenant acme".split(' '));
    sandbox.run_command(command.env("ALGA_API_KEY", "k")).expect_code(2);
    let help = sandbox.run("publish --help").ok().stdout;
    assert!(!help.contains("api-key-from-environment"), "{help}");
}

#[test]
fn a_wrong_key_is_the_registrys_refusal() {
    let (sandbox, _) = released();
    let registry = Registry::start(&sandbox);
    sandbox.write("wrong.key", "alga_wrong\n");
    let line =
        format!("publish b.tar.zst --registry {} --tenant acme --api-key-file wrong.key", registry.url());
    let run = sandbox.run(&line).expect_code(3);
    assert!(run.stderr.contains("401 UNAUTHORIZED") && !run.stderr.contains("alga_wrong"), "{}", run.stderr);
}
