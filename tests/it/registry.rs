//! `registry`: the embedded registry as a process, its routes as any client sees them, what a kill leaves.

use crate::harness::{Run, Sandbox, Server};
use alga_ext::bundle::{self, Container, Digest, Entry};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

/// A registry on the sandbox's folder `data`. Dropping it is a kill -9.
pub(crate) struct Registry {
    server: Server,
    _own: Option<Sandbox>,
    pub(crate) key: String,
}

impl Registry {
    pub(crate) fn start(sandbox: &Sandbox) -> Registry {
        Registry::start_with(sandbox, "")
    }

    fn start_with(sandbox: &Sandbox, options: &str) -> Registry {
        let server = Server::start(sandbox, &format!("registry serve --data data --port 0 {options}"));
        let key = String::from_utf8(sandbox.read("data/admin.key")).unwrap().trim().to_owned();
        Registry { server, _own: None, key }
    }

    /// A registry in a sandbox of its own.
    pub(crate) fn start_elsewhere() -> Registry {
        let sandbox = Sandbox::new();
        let registry = Registry::start(&sandbox);
        Registry { _own: Some(sandbox), ..registry }
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    /// Runs `alga-ext <words> <the registry, tenant `acme`, the admin's key>`.
    pub(crate) fn run(&self, sandbox: &Sandbox, line: &str) -> Run {
        sandbox.run(&format!(
            "--format json {line} --registry {} --tenant acme --api-key-file data/admin.key",
            self.url()
        ))
    }

    /// A call with the admin's key for the tenant `acme`.
    pub(crate) fn call(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let headers = [("x-api-key", self.key.as_str()), ("x-tenant-id", "acme")];
        call(self.url(), method, path, &headers, body)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, body.to_string().as_bytes())
    }

    /// Uploads; answers the staging key.
    fn upload(&self, bytes: &[u8]) -> String {
        let answer = self.call("POST", &format!("{UPLOAD}?filename=b&size={}", bytes.len()), bytes);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["upload"]["key"].as_str().unwrap().to_owned()
    }
}

const UPLOAD: &str = "/api/ext-bundles/upload-proxy";
const FINALIZE: &str = "/api/ext-bundles/finalize";

/// What a registry answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)));
        found.map(|(_, value)| value)
    }
}

/// One HTTP call, byte by byte.
pub(crate) fn call(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "content-length") {
        let _ = write!(head, "content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the connection ended in the head: {lines:?}");
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let status = lines.remove(0).split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = Vec::new();
    reader.read_to_end(&mut body).unwrap();
    Answer { status, headers: lines, body }
}

/// A bundle with a UI of one page.
pub(crate) fn bundle(version: &str, page: &str) -> Vec<u8> {
    let manifest = json!({
        "name": "com.acme.probe",
        "publisher": "Acme",
        "version": version,
        "runtime": "wasm-js@1",
        "capabilities": ["cap:http.fetch", "CAP:storage.kv"],
        "ui": { "type": "iframe", "entry": "ui/index.html", "hooks": { "appMenu": { "label": "Probe" } } },
    });
    with_manifest(&manifest.to_string(), page)
}

fn with_manifest(manifest: &str, page: &str) -> Vec<u8> {
    let page = format!("<!doctype html><html lang=\"en\"><title>Probe</title><p>{page}</p></html>\n");
    let entry = |path: &str, text: &str| Entry { path: path.into(), bytes: text.as_bytes().to_vec() };
    let entries = [entry("manifest.json", manifest), entry("ui/index.html", &page)];
    bundle::write(&entries, Container::TarZst).unwrap()
}

/// Writes [`bundle`] to a file in the sandbox.
pub(crate) fn bundle_file(sandbox: &Sandbox, name: &str, version: &str, page: &str) -> PathBuf {
    sandbox.write(name, bundle(version, page))
}

#[test]
fn the_first_start_writes_the_admins_key_and_nothing_else() {
    let sandbox = Sandbox::new();
    drop(Registry::start(&sandbox));
    let text = String::from_utf8(sandbox.read("data/admin.key")).unwrap();
    assert_eq!((text.lines().count(), text.ends_with('\n')), (1, true));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs_err::metadata(sandbox.path("data/admin.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let rows = String::from_utf8_lossy(&sandbox.read("data/registry.sqlite")).into_owned();
    assert!(!rows.contains(text.trim()), "the key itself is in the database");
    let again = Registry::start(&sandbox);
    assert_eq!(again.key, text.trim(), "a later start keeps the key");
    assert_eq!(again.call("GET", "/api/v1/extensions", b"").status, 200);
    drop(again);
    fs_err::remove_file(sandbox.path("data/admin.key")).unwrap();
    let rotated = Registry::start(&sandbox);
    let headers = [("x-api-key", text.trim())];
    assert_eq!(call(rotated.url(), "GET", "/api/v1/extensions", &headers, b"").status, 401);
    assert_eq!(rotated.call("GET", "/api/v1/extensions", b"").status, 200);
}

#[test]
fn a_folder_has_one_registry_and_a_port_one_server() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let run = sandbox.run("registry serve --data data --port 0").expect_code(2);
    assert!(run.stderr.contains("another registry is running on"), "{}", run.stderr);
    let port = registry.url().rsplit(':').next().unwrap();
    let run = sandbox.run(&format!("registry serve --data other --port {port}")).expect_code(2);
    assert!(run.stderr.contains(&format!("port {port} on 127.0.0.1 is in use")), "{}", run.stderr);
    assert!(!sandbox.path("other").exists(), "a registry that cannot listen leaves nothing");
}

#[test]
fn a_folder_that_holds_something_else_is_refused() {
    let sandbox = Sandbox::new();
    sandbox
        .write("data/registry.sqlite", "this is no database, and long enough to be seen as none".repeat(40));
    let run = sandbox.run("registry serve --data data --port 0").expect_code(2);
    assert!(run.stderr.contains("could not be opened"), "{}", run.stderr);
    sandbox.write("clean/admin.key", "not a key\n");
    let run = sandbox.run("registry serve --data clean --port 0").expect_code(2);
    assert!(run.stderr.contains("holds no API key of this registry"), "{}", run.stderr);
    assert_eq!(sandbox.read("clean/admin.key"), b"not a key\n");
    sandbox.write("file", "");
    sandbox.run("registry serve --data file --port 0").expect_code(2);
}

#[test]
fn calls_without_a_known_key_are_refused() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let none = call(registry.url(), "GET", "/api/v1/extensions", &[], b"");
    assert_eq!((none.status, none.json()), (401, json!({ "error": "Unauthorized: API key missing" })));
    let wrong = [("x-api-key", "alga_wrong"), ("x-tenant-id", "acme"), ("x-alga-admin", "true")];
    let list = call(registry.url(), "GET", "/api/v1/extensions", &wrong, b"");
    assert_eq!((list.status, &list.json()["error"]["code"]), (401, &json!("UNAUTHORIZED")));
    let finalize = call(registry.url(), "POST", FINALIZE, &wrong, b"{}");
    assert_eq!((finalize.status, &finalize.json()["code"]), (401, &json!("UNAUTHORIZED")));
    let upload =
        call(registry.url(), "POST", &format!("{UPLOAD}?filename=b&size=300000"), &wrong, &vec![0; 300_000]);
    assert_eq!(upload.status, 401, "the answer reaches a client that sends everything first");
    let object =
        call(registry.url(), "GET", "/bundles/tenants/acme/extensions/x/sha256/0/bundle.tar.zst", &[], b"");
    assert_eq!(object.status, 401);
}

#[test]
fn uploads_are_judged_as_the_platform_judges_them() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let hash = "g".repeat(64);
    for (query, body, why) in [
        ("size=3", "abc", "filename_required"),
        ("filename=%20&size=3", "abc", "filename_required"),
        ("filename=b", "abc", "size_required"),
        ("filename=b&size=0", "abc", "size_invalid"),
        ("filename=b&size=-1", "abc", "size_invalid"),
        ("filename=b&size=1e9", "abc", "size_invalid"),
        ("filename=b&size=209715201", "abc", "size_exceeds_cap"),
        ("filename=b&size=99999999999999999999", "abc", "size_invalid"),
        ("filename=b&size=4", "abc", "content_length_mismatch"),
        (&format!("filename=b&size=3&declaredHash={hash}"), "abc", "declared_hash_invalid"),
    ] {
        let answer = registry.call("POST", &format!("{UPLOAD}?{query}"), body.as_bytes());
        assert_eq!(
            (answer.status, answer.header("x-upload-proxy-why")),
            (400, Some(why)),
            "{query}: {}",
            answer.text()
        );
        assert_eq!(answer.json()["code"], "BAD_REQUEST");
        assert!(answer.header("x-request-id").is_some());
    }
    assert_eq!(fs_err::read_dir(sandbox.path("data/staging")).unwrap().count(), 0);
    let key = registry.upload(b"abc");
    let aborted = registry.post("/api/ext-bundles/abort", &json!({ "key": key, "reason": "test" }));
    assert_eq!(aborted.json(), json!({ "status": "deleted", "key": key, "area": "staging" }));
    assert_eq!(fs_err::read_dir(sandbox.path("data/staging")).unwrap().count(), 0);
    let noop = registry.post("/api/ext-bundles/abort", &json!({ "key": "sha256/x" }));
    assert_eq!(noop.json()["status"], "noop");
    assert_eq!(registry.post("/api/ext-bundles/abort", &json!({ "key": "x" })).status, 400);
}

#[test]
fn finalize_refuses_what_cannot_be_published() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let code = |bytes: &[u8], fields: Value| {
        let mut body = json!({ "key": registry.upload(bytes) });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let answer = registry.post(FINALIZE, &body);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned(), answer.json())
    };
    let good = bundle("1.0.0", "one");
    let other = Digest::of(b"other").hex();
    let (status, name, body) = code(&good, json!({ "declaredHash": other }));
    assert_eq!((status, name.as_str()), (400, "HASH_MISMATCH"));
    assert_eq!(body["details"], json!({ "declared": other, "computed": Digest::of(&good).hex() }));
    for (bytes, fields, wanted) in [
        (b"no archive".to_vec(), json!({}), "MANIFEST_EXTRACTION_FAILED"),
        (good[..good.len() - 9].to_vec(), json!({}), "MANIFEST_EXTRACTION_FAILED"),
        (good.clone(), json!({ "size": 5 }), "BAD_REQUEST"),
        (good.clone(), json!({ "declaredHash": "SHA" }), "BAD_REQUEST"),
        (good.clone(), json!({ "manifestJson": "{\"name\":\"com.evil\"}" }), "INVALID_MANIFEST"),
        (with_manifest("{", "x"), json!({}), "INVALID_MANIFEST"),
        (with_manifest("{\"name\":\"com.acme.x\"}", "x"), json!({}), "INVALID_MANIFEST"),
    ] {
        let (status, name, body) = code(&bytes, fields);
        assert_eq!((status, name.as_str()), (400, wanted), "{body}");
    }
    let (.., body) = code(&with_manifest("{\"name\":\"com.acme.x\",\"version\":\"1\"}", "x"), json!({}));
    let issues = body["details"]["issues"].as_array().unwrap();
    assert!(issues.iter().any(|issue| issue["path"] == "version"), "{issues:?}");
    for key in
        ["", "sha256/x", "sha256/_staging/../../admin.key/bundle.tar.zst", "sha256/_staging/x/bundle.tar.zst"]
    {
        assert_eq!(registry.post(FINALIZE, &json!({ "key": key })).json()["code"], "BAD_REQUEST", "{key}");
    }
    let unknown = "sha256/_staging/0f8fad5b-d9cb-469f-a165-70867728950e/bundle.tar.zst";
    assert_eq!(registry.post(FINALIZE, &json!({ "key": unknown })).json()["code"], "STAGING_NOT_FOUND");
    assert_eq!(registry.call("POST", FINALIZE, b"{").json()["code"], "BAD_REQUEST");
    assert_eq!(fs_err::read_dir(sandbox.path("data/sha256")).unwrap().count(), 0, "nothing refused is kept");
}

#[test]
fn a_version_is_published_once_and_says_which_bytes_it_has() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let (one, two) = (bundle("1.0.0", "one"), bundle("1.0.0", "two"));
    let key = registry.upload(&one);
    let request = json!({ "key": key, "manifestJson": " " });
    let answer = registry.post(FINALIZE, &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let first = answer.json();
    let (id, hash) = (first["extension"]["id"].as_str().unwrap(), Digest::of(&one).hex());
    assert_eq!(first["contentHash"], hash.as_str());
    assert_eq!(first["canonicalKey"], format!("tenants/acme/extensions/{id}/sha256/{hash}/bundle.tar.zst"));
    assert_eq!(registry.post(FINALIZE, &request).json(), first, "the same call again has the same answer");
    for bytes in [&one, &two] {
        let conflict = registry.post(FINALIZE, &json!({ "key": registry.upload(bytes) }));
        let body = conflict.json();
        assert_eq!((conflict.status, &body["success"]), (409, &json!(false)));
        assert_eq!(body["error"]["code"], "EXTENSION_VERSION_ALREADY_EXISTS");
        assert_eq!(body["error"]["details"]["contentHash"], hash.as_str());
        assert!(
            body["error"]["message"].as_str().unwrap().contains("`1.0.0` of `com.acme.probe` already exists")
        );
    }
    let stranger = [("x-api-key", registry.key.as_str()), ("x-tenant-id", "other")];
    let bytes = bundle("2.0.0", "x");
    let upload =
        call(registry.url(), "POST", &format!("{UPLOAD}?filename=b&size={}", bytes.len()), &stranger, &bytes);
    let body = json!({ "key": upload.json()["upload"]["key"] }).to_string();
    let foreign = call(registry.url(), "POST", FINALIZE, &stranger, body.as_bytes());
    assert_eq!((foreign.status, &foreign.json()["code"]), (403, &json!("RBAC_FORBIDDEN")));
}

#[test]
fn a_call_too_many_is_refused_in_the_platforms_words() {
    let sandbox = Sandbox::new();
    let registry = Registry::start_with(&sandbox, "--rate-limit 2");
    registry.upload(b"a");
    registry.upload(b"b");
    let answer = registry.call("POST", &format!("{UPLOAD}?filename=b&size=1"), b"c");
    assert_eq!((answer.status, &answer.json()["code"]), (429, &json!("RATE_LIMIT")));
    assert_eq!(answer.header("x-upload-proxy-why"), Some("rate_limited"));
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    bundle_file(&sandbox, "b.tar.zst", "1.0.0", "one");
    let published = registry.run(&sandbox, "publish b.tar.zst").ok().json();
    let waiting = registry.upload(&bundle("1.1.0", "two"));
    drop(registry);
    let registry = Registry::start(&sandbox);
    let fetched =
        registry.run(&sandbox, "registry fetch com.acme.probe 1.0.0 --out back.tar.zst").ok().json();
    assert_eq!(fetched["content_hash"], published["content_hash"]);
    assert_eq!(sandbox.read("back.tar.zst"), sandbox.read("b.tar.zst"));
    let versions = registry.run(&sandbox, "registry versions com.acme.probe").ok().json();
    assert_eq!(versions["versions"][0]["installed"], true);
    assert_eq!(
        registry.post(FINALIZE, &json!({ "key": waiting })).status,
        200,
        "an upload is an acknowledgment too"
    );
}

#[test]
fn a_kill_in_the_middle_leaves_all_or_nothing() {
    let sandbox = Sandbox::new();
    for round in 0..4 {
        let registry = Registry::start(&sandbox);
        // Half an upload …
        let host = registry.url().strip_prefix("http://").unwrap().to_owned();
        let mut half = TcpStream::connect(&host).unwrap();
        let head = format!(
            "POST {UPLOAD}?filename=b&size=99999 HTTP/1.1\r\nHost: {host}\r\nx-api-key: {}\r\nx-tenant-id: acme\r\ncontent-length: 99999\r\n\r\nhalf",
            registry.key
        );
        half.write_all(head.as_bytes()).unwrap();
        // … and a finalize whose answer nobody waits for.
        let version = format!("1.0.{round}");
        let bytes = bundle(&version, "x");
        let key = registry.upload(&bytes);
        let body = json!({ "key": key }).to_string();
        let mut finalize = TcpStream::connect(&host).unwrap();
        let head = format!(
            "POST {FINALIZE} HTTP/1.1\r\nHost: {host}\r\nx-api-key: {}\r\nx-tenant-id: acme\r\ncontent-length: {}\r\n\r\n",
            registry.key,
            body.len()
        );
        finalize.write_all((head + &body).as_bytes()).unwrap();
        drop(registry);
        let registry = Registry::start(&sandbox);
        let answer = registry.post(FINALIZE, &json!({ "key": key }));
        assert_eq!(
            (answer.status, &answer.json()["version"]["version"]),
            (200, &json!(version)),
            "{}",
            answer.text()
        );
        let out = format!("registry fetch com.acme.probe {version} --out {version}.tar.zst");
        registry.run(&sandbox, &out).ok();
        assert_eq!(sandbox.read(format!("{version}.tar.zst")), bytes);
    }
    drop(Registry::start(&sandbox));
    assert_eq!(fs_err::read_dir(sandbox.path("data/staging")).unwrap().count(), 0, "half uploads are swept");
}

#[test]
fn a_kill_under_many_publishers_loses_nothing_that_was_acknowledged() {
    let sandbox = Sandbox::new();
    for round in 0..3 {
        let registry = Registry::start_with(&sandbox, "--rate-limit 10000");
        let (told, heard) = std::sync::mpsc::channel();
        let publishers: Vec<_> = (0..4)
            .map(|publisher| {
                let (url, api_key, told) = (registry.url().to_owned(), registry.key.clone(), told.clone());
                std::thread::spawn(move || {
                    for patch in 0.. {
                        let version = format!("{round}.{publisher}.{patch}");
                        if !publish_once(&url, &api_key, &version) || told.send(version).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        let mut acknowledged: Vec<String> = heard.iter().take(12).collect();
        // Kill -9, in the middle of whatever the four are doing.
        drop(registry);
        drop(told);
        for publisher in publishers {
            publisher.join().unwrap();
        }
        acknowledged.extend(heard);
        let registry = Registry::start_with(&sandbox, "--rate-limit 10000");
        for version in acknowledged {
            let out = format!("registry fetch com.acme.probe {version} --out {version}.tar.zst");
            registry.run(&sandbox, &out).ok();
            assert_eq!(sandbox.read(format!("{version}.tar.zst")), bundle(&version, "x"));
        }
    }
}

/// Uploads and finalizes; whether the registry said that it is done before it was gone.
fn publish_once(url: &str, api_key: &str, version: &str) -> bool {
    let bytes = bundle(version, "x");
    let headers = [("x-api-key", api_key), ("x-tenant-id", "acme")];
    let upload = || call(url, "POST", &format!("{UPLOAD}?filename=b&size={}", bytes.len()), &headers, &bytes);
    let Some(uploaded) = quietly(upload) else { return false };
    let body = json!({ "key": uploaded.json()["upload"]["key"] }).to_string();
    quietly(|| call(url, "POST", FINALIZE, &headers, body.as_bytes()))
        .is_some_and(|answer| answer.status == 200)
}

/// An answer that came whole, or none from a registry that is gone.
fn quietly(call: impl FnOnce() -> Answer) -> Option<Answer> {
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).ok()?;
    serde_json::from_slice::<Value>(&answer.body).is_ok().then_some(answer)
}

#[test]
fn bytes_are_fetched_by_their_canonical_key() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let bytes = bundle("1.0.0", "one");
    let key = registry.upload(&bytes);
    let finalized = registry.post(FINALIZE, &json!({ "key": key })).json();
    let path = format!("/bundles/{}", finalized["canonicalKey"].as_str().unwrap());
    let got = registry.call("GET", &path, b"");
    assert_eq!((got.status, &got.body), (200, &bytes));
    assert_eq!(got.header("etag"), Some(format!("\"sha256:{}\"", Digest::of(&bytes).hex()).as_str()));
    let head = registry.call("HEAD", &path, b"");
    assert_eq!(
        (head.status, head.header("content-length"), head.body.len()),
        (200, Some(bytes.len().to_string().as_str()), 0)
    );
    let hash = Digest::of(&bytes).hex();
    for wrong in [
        path.replace(&hash, &Digest::of(b"x").hex()),
        path.replace(&hash, "..%2f..%2fadmin.key"),
        path.replace("bundle.tar.zst", ".."),
    ] {
        assert_eq!(registry.call("GET", &wrong, b"").status, 404, "{wrong}");
    }
    // Bytes that rotted on the disk are not handed on.
    let object = format!("data/sha256/{hash}/bundle.tar.zst");
    sandbox.write(&object, "rotten");
    let run = registry.run(&sandbox, "registry fetch com.acme.probe 1.0.0 --out back.tar.zst").expect_code(3);
    assert!(run.stderr.contains(&hash) && !sandbox.path("back.tar.zst").exists(), "{}", run.stderr);
}

#[test]
fn installing_again_keeps_the_installation_and_uninstalling_keeps_the_bytes() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    for version in ["1.0.0", "1.1.0"] {
        bundle_file(&sandbox, "b.tar.zst", version, version);
        registry.run(&sandbox, "publish b.tar.zst --no-install").ok();
    }
    let first = registry.run(&sandbox, "registry install com.acme.probe 1.0.0").ok().json();
    let second = registry.run(&sandbox, "registry install Acme.com.acme.probe").ok().json();
    assert_eq!((&first["install_id"], &second["version"]), (&second["install_id"], &json!("1.1.0")));
    let id = second["registry_id"].as_str().unwrap();
    let listed = registry.run(&sandbox, "registry ls").ok().json();
    assert_eq!(listed["extensions"][0]["installed"], "1.1.0");
    assert_eq!(
        (&listed["extensions"][0]["registry_id"], &listed["extensions"][0]["versions"]),
        (&json!(id), &json!(2))
    );
    let missing = registry.run(&sandbox, "registry install com.acme.probe 9.9.9").expect_code(3);
    assert!(missing.stderr.contains("`com.acme.probe` has no version `9.9.9`"), "{}", missing.stderr);
    registry.run(&sandbox, &format!("registry uninstall {id}")).ok();
    registry.run(&sandbox, &format!("registry uninstall {id}")).ok();
    registry.run(&sandbox, "registry uninstall com.acme.other").expect_code(3);
    assert_eq!(registry.run(&sandbox, "registry ls").ok().json()["extensions"][0]["installed"], Value::Null);
    registry.run(&sandbox, "registry fetch com.acme.probe 1.1.0 --out back.tar.zst").ok();
    assert_eq!(sandbox.read("back.tar.zst"), bundle("1.1.0", "1.1.0"));
    registry.run(&sandbox, "registry fetch com.acme.probe 7.0.0").expect_code(3);
}

#[test]
fn a_runner_learns_what_is_installed() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    bundle_file(&sandbox, "b.tar.zst", "1.0.0", "one");
    let published = registry.run(&sandbox, "publish b.tar.zst").ok().json();
    let (id, hash) =
        (published["registry_id"].as_str().unwrap(), published["content_hash"].as_str().unwrap());
    let validate = |tenant: &str, hash: &str| {
        registry.call(
            "GET",
            &format!("/api/installs/validate?tenant={tenant}&extension={id}&hash={hash}"),
            b"",
        )
    };
    assert_eq!(validate("acme", hash).json(), json!({ "valid": true }));
    assert_eq!(validate("acme", hash.trim_start_matches("sha256:")).json(), json!({ "valid": true }));
    assert_eq!(validate("other", hash).json(), json!({ "valid": false }));
    assert_eq!(validate("acme", "x").status, 400);
    let host = format!("acme-{}.localhost", &id[..8]);
    let found =
        registry.call("GET", &format!("/api/installs/lookup-by-host?host={}:80", host.to_uppercase()), b"");
    assert_eq!(found.json(), json!({ "tenant_id": "acme", "extension_id": id, "content_hash": hash }));
    assert_eq!(registry.call("GET", "/api/installs/lookup-by-host?host=x.localhost", b"").status, 404);
    let path = "/api/internal/ext-runner/install-config";
    let body = json!({ "tenantId": "acme", "extensionId": "ACME.com.acme.probe" }).to_string();
    let config =
        call(registry.url(), "POST", path, &[("x-runner-auth", &registry.key)], body.as_bytes()).json();
    assert_eq!(
        (&config["registryId"], &config["contentHash"], &config["config"]),
        (&json!(id), &json!(hash), &json!({}))
    );
    let providers = ["cap:context.read", "cap:log.emit", "cap:user.read", "cap:http.fetch", "cap:storage.kv"];
    assert_eq!(config["providers"], json!(providers));
    let refused =
        call(registry.url(), "POST", path, &[("x-runner-auth", "local-runner-key")], body.as_bytes());
    assert_eq!((refused.status, &refused.json()["code"]), (401, &json!("unauthorized")));
}

#[test]
fn a_foreign_host_name_reaches_nothing() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let mut stream = TcpStream::connect(registry.url().strip_prefix("http://").unwrap()).unwrap();
    let request = format!(
        "GET /api/v1/extensions HTTP/1.1\r\nHost: evil.example\r\nx-api-key: {}\r\nConnection: close\r\n\r\n",
        registry.key
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[test]
fn a_page_of_another_site_reaches_nothing() {
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox);
    let ask = |origin: &str| {
        let headers = [("x-api-key", registry.key.as_str()), ("x-tenant-id", "acme"), ("Origin", origin)];
        call(registry.url(), "GET", "/api/v1/extensions", &headers, b"")
    };
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let answer = ask(origin);
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("FOREIGN_ORIGIN")), "{origin}");
    }
    assert_eq!(ask(registry.url()).status, 200);
}
