//! A thousand generated manifests: the JSON Schema, the publish gate and the findings must agree about each.

use crate::harness::{Sandbox, tool};
use alga_ext::findings::{Code, Severity};
use alga_ext::validate;
use alga_ext::validate::against::{Validator, verdict};
use serde_json::{Value, json};

const COUNT: usize = 1000;

/// Errors of the rules that no schema can express: they compare endpoints with each other.
const BEYOND: [Code; 2] = [Code::ENDPOINT_DUPLICATE, Code::ENDPOINT_SHADOWED];

/// The places that are changed.
const PLACES: [&str; 31] = [
    "",
    "/name",
    "/publisher",
    "/version",
    "/runtime",
    "/capabilities",
    "/capabilities/0",
    "/capabilities/1",
    "/ui",
    "/ui/type",
    "/ui/entry",
    "/ui/hooks",
    "/ui/hooks/appMenu",
    "/ui/hooks/appMenu/label",
    "/ui/hooks/clientPortalMenu",
    "/ui/hooks/clientPortalMenu/label",
    "/ui/hooks/other",
    "/api",
    "/api/endpoints",
    "/api/endpoints/0",
    "/api/endpoints/0/method",
    "/api/endpoints/1/method",
    "/api/endpoints/0/path",
    "/api/endpoints/1/path",
    "/api/endpoints/0/handler",
    "/api/endpoints/0/schedulable",
    "/assets",
    "/assets/0",
    "/precompiled",
    "/precompiled/x86_64-linux-gnu",
    "/description",
];

/// Texts that are right somewhere and wrong elsewhere.
const TEXTS: [&str; 52] = [
    "",
    " ",
    "\t\n",
    "\u{feff}",
    "\u{a0}",
    "x",
    "..",
    "a..b",
    "../x",
    "./x",
    "x/./y",
    "/.",
    ".",
    "./",
    "././a",
    "//./b",
    "/notes",
    "notes",
    "/notes/:id",
    "/notes?x=1",
    "/notes#top",
    "/a b",
    " /a ",
    "/größe",
    "/{id}",
    "/*",
    "GET",
    "get",
    " GET",
    "OPTIONS",
    "HEAD",
    "FETCH",
    "PATCH\n",
    "iframe",
    "Iframe",
    "page",
    "wasm-js@1",
    "wasm",
    "wasm-",
    "@",
    "1.0.0",
    "01.2.3",
    "1.2.*",
    " 1.2.3 ",
    "1.0.0-..",
    "1.2",
    "v1.0.0",
    "1.*.0",
    "cap:http.fetch",
    " CAP:Storage.kv",
    "http.fetch",
    "dist/main\n..",
];

/// A small generator of numbers: the same ones on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

fn whole() -> Value {
    json!({
        "name": "com.acme.reports",
        "publisher": "Acme",
        "version": "1.0.0",
        "runtime": "wasm-js@1",
        "capabilities": ["cap:http.fetch", "cap:storage.kv"],
        "ui": {
            "type": "iframe",
            "entry": "ui/index.html",
            "hooks": { "appMenu": { "label": "Reports" }, "clientPortalMenu": { "label": "Reports" } },
        },
        "api": { "endpoints": [
            { "method": "GET", "path": "/reports", "handler": "dist/main" },
            { "method": "POST", "path": "/reports/:id", "handler": "dist/main" },
        ] },
        "assets": ["ui/**/*"],
        "precompiled": { "x86_64-linux-gnu": "a.cwasm" },
    })
}

fn value(numbers: &mut Numbers) -> Value {
    match numbers.below(14) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(5),
        3 => json!([]),
        4 => json!({}),
        5 => json!(["x", 5]),
        6 => json!({ "label": "x", "": "x" }),
        _ => json!(TEXTS[numbers.below(TEXTS.len())]),
    }
}

/// Changes, removes or adds one value; the text of a version or path is put together from pieces at times.
fn mutate(manifest: &mut Value, numbers: &mut Numbers) {
    let place = PLACES[numbers.below(PLACES.len())];
    let (parent, key) = place.rsplit_once('/').unwrap_or(("", ""));
    if place.is_empty() {
        if numbers.below(4) == 0 {
            *manifest = value(numbers);
        }
        return;
    }
    let pieces: &[&str] = if key == "version" {
        &["1", ".", "0", "*", "-", "+", "a", " "]
    } else {
        &["/", ".", "./", "a", ":b", "?", "#", " ", "%"]
    };
    let made: String = (0..numbers.below(6)).map(|_| pieces[numbers.below(pieces.len())]).collect();
    let new = if numbers.below(3) == 0 { json!(made) } else { value(numbers) };
    let remove = numbers.below(4) == 0;
    match manifest.pointer_mut(parent) {
        Some(Value::Object(members)) if remove => {
            members.remove(key);
        }
        Some(Value::Object(members)) => {
            members.insert(key.to_owned(), new);
        }
        Some(Value::Array(items)) => {
            let Ok(index) = key.parse::<usize>() else { return };
            if remove && index < items.len() {
                items.remove(index);
            } else if let Some(item) = items.get_mut(index) {
                *item = new;
            }
        }
        _ => {}
    }
}

fn generated() -> Vec<Value> {
    let mut numbers = Numbers(0x5eed_a19a);
    let mutated = |numbers: &mut Numbers| {
        let mut manifest = whole();
        for _ in 0..numbers.below(4) {
            mutate(&mut manifest, numbers);
        }
        manifest
    };
    (0..COUNT).map(|_| mutated(&mut numbers)).collect()
}

/// What a validator of JSON Schema that is not ours says of each.
fn by_schema(manifests: &[Value]) -> Vec<bool> {
    let sandbox = Sandbox::new();
    let library = tool("node/node_modules/ajv/dist/2020.js");
    sandbox.write("schema.json", alga_ext::schemas::named("manifest.v2").unwrap().text);
    sandbox.write("manifests.json", Value::from(manifests).to_string());
    let script = "const [library] = process.argv.slice(1);
        const Ajv = require(library).default, read = (name) => JSON.parse(require('fs').readFileSync(name, 'utf8'));
        const check = new Ajv({ strict: false }).compile(read('schema.json'));
        console.log(JSON.stringify(read('manifests.json').map((manifest) => check(manifest))));";
    let mut node = sandbox.command("node");
    let answer = sandbox.run_command(node.arg("-e").arg(script).arg(library)).ok().json();
    answer.as_array().unwrap().iter().map(|valid| valid.as_bool().unwrap()).collect()
}

#[test]
fn schema_and_findings_agree_on_a_thousand_manifests() {
    let manifests = generated();
    let valid = by_schema(&manifests);
    let mut wrong = Vec::new();
    for (manifest, valid) in manifests.iter().zip(&valid) {
        let findings = validate::manifest(&manifest.to_string(), "manifest.json").findings;
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let errors: Vec<&str> = errors
            .filter(|error| !BEYOND.contains(&error.code))
            .map(|error| error.message.as_str())
            .collect();
        if *valid != errors.is_empty() {
            wrong.push(format!("schema: {valid}, findings: {errors:?}\n  {manifest}"));
        }
    }
    let passing = valid.iter().filter(|valid| **valid).count();
    assert!((200..COUNT - 200).contains(&passing), "{passing} of {COUNT} are valid: that tells little");
    assert!(wrong.is_empty(), "{} of {COUNT}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_the_publish_gate_refuses_is_an_error_for_a_thousand_manifests() {
    let mut refused = 0;
    for manifest in generated() {
        let text = manifest.to_string();
        let verdict = verdict(text.as_bytes(), Validator::Server);
        let errors = validate::manifest(&text, "manifest.json").errors;
        refused += usize::from(!verdict.accepted);
        assert!(verdict.accepted || errors > 0, "{:?}\n{text}", verdict.issues);
    }
    assert!(refused > 200, "{refused} of {COUNT} are refused: that tells little");
}

/// Every field of the union table (contract/registry.md §1.2) that is no plain key, and what is said of it.
#[test]
fn every_field_of_the_union_table_is_told_what_happens_to_it() {
    let sandbox = Sandbox::new();
    let endpoint = |extra: &str| {
        format!(
            "\"api\": {{\"endpoints\": [{{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"{extra}}}]}}"
        )
    };
    let ui = |extra: &str| {
        format!(
            "\"ui\": {{\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {{\"appMenu\": {{\"label\": \"A\"}}}}{extra}}}"
        )
    };
    let top = |key: &str| format!("\"{key}\": \"x\"");
    let mut cases = vec![
        (ui(", \"routes\": []"), "unknown-nested-key", "serves `ui/index.html` for every path"),
        (ui(", \"basePath\": \"/x\""), "unknown-nested-key", "chooses where"),
        (ui(", \"assets\": []"), "unknown-nested-key", "every file below `ui/`"),
        (endpoint(", \"id\": \"x\""), "unknown-nested-key", "the registry gives"),
        (endpoint(", \"permissions\": []"), "unknown-nested-key", "`extension:read`"),
        (endpoint(", \"schedulable\": true"), "endpoint-schedulable", "can be scheduled"),
        ("\"precompiled\": {\"x86_64-linux-gnu\": \"a.cwasm\"}".to_owned(), "precompiled-unused", "compiles"),
        ("\"version\": \"0.1.*\"".to_owned(), "version-wildcard", "write the number"),
    ];
    for key in [
        "sbom",
        "events",
        "entry",
        "permissions",
        "displayName",
        "description",
        "main",
        "apiEndpoints",
        "author",
        "homepage",
        "repository",
        "license",
        "components",
        "requiredExtensions",
        "settings",
        "autoEnable",
        "minAppVersion",
        "id",
        "extension",
    ] {
        cases.push((top(key), "unknown-key", ""));
    }
    for (member, code, help) in cases {
        let own: Vec<String> = ["\"version\": \"1.0.0\"", &ui(""), &endpoint("")]
            .into_iter()
            .filter(|known| !member.starts_with(known.split(' ').next().unwrap()))
            .map(str::to_owned)
            .collect();
        let rest = "\"name\": \"com.acme.reports\", \"publisher\": \"Acme\", \"runtime\": \"wasm-js@1\"";
        sandbox.write("manifest.json", format!("{{{rest}, {}, {member}}}", own.join(", ")));
        let document = sandbox.run("--format json validate manifest.json").json();
        let [finding] = document["findings"].as_array().unwrap().as_slice() else {
            panic!("{member}: {document}")
        };
        assert_eq!(finding["code"], code, "{member}");
        let said = finding["help"].as_str().unwrap();
        assert!(said.contains(help) && !said.contains("the keys are"), "{member}: {said}");
    }
}
