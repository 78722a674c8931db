//! `schema`: the names, the texts, and that what the commands print has the keys its schema promises.

use crate::harness::{Sandbox, Server, tool};
use crate::registry::{self, Registry};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn without_a_name_the_names_are_listed() {
    let run = Sandbox::new().run("schema").ok();
    for name in ["manifest.v2", "alga-ext.yaml", "output.validate", "output.invoke"] {
        assert!(
            run.stdout.lines().any(|line| line.split_whitespace().next() == Some(name)),
            "{}",
            run.stdout
        );
    }
    let document = Sandbox::new().run("--format json schema").ok().json();
    assert!(document["schemas"].as_array().unwrap().iter().all(|schema| schema["title"].is_string()));
}

#[test]
fn every_schema_is_printed_as_json() {
    let sandbox = Sandbox::new();
    for schema in alga_ext::schemas::ALL {
        let document = sandbox.run_args(["schema", schema.name]).ok().json();
        let draft = match schema.name {
            // What people write as YAML: the editors' YAML servers read this draft.
            "alga-ext.yaml" | "trust.yaml" => "http://json-schema.org/draft-07/schema#",
            _ => "https://json-schema.org/draft/2020-12/schema",
        };
        assert_eq!(document["$schema"], draft, "{}", schema.name);
    }
}

#[test]
fn a_name_that_is_none_says_where_the_names_are() {
    let run = Sandbox::new().run("schema manifest.v3").expect_code(2);
    assert!(run.stderr.contains("`manifest.v3`") && run.stderr.contains("alga-ext schema"), "{}", run.stderr);
}

/// What a validator of JSON Schema that is not ours has against documents, each with the name of its schema: what the
/// schema says, and keys of which it says nothing.
fn problems(documents: &[(&str, Value)]) -> String {
    let sandbox = Sandbox::new();
    let library = tool("node/node_modules/ajv/dist/2020.js");
    let pairs: Vec<Value> = documents
        .iter()
        .map(|(name, document)| {
            let schema: Value = serde_json::from_str(alga_ext::schemas::named(name).unwrap().text).unwrap();
            json!({ "name": name, "schema": schema, "document": document })
        })
        .collect();
    sandbox.write("pairs.json", Value::from(pairs).to_string());
    let script = "const [library] = process.argv.slice(1);
        const Ajv = require(library).default, ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true, validateFormats: false });
        const closed = (schema) => {
            if (Array.isArray(schema)) return schema.map(closed);
            if (schema === null || typeof schema !== 'object') return schema;
            const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
            return schema.properties && typeof schema.type !== 'undefined' ? { additionalProperties: false, ...copy } : copy;
        };
        const told = new Set();
        for (const { name, schema, document } of JSON.parse(require('fs').readFileSync('pairs.json', 'utf8'))) {
            const check = ajv.compile(closed(schema));
            if (check(document)) continue;
            for (const { instancePath, message, params } of check.errors) {
                told.add(`${name}${instancePath.replace(/[0-9]+/g, '*')} ${message}: ${JSON.stringify(params)}`);
            }
        }
        console.log([...told].join('\\n'));";
    let mut node = sandbox.command("node");
    sandbox.run_command(node.arg("-e").arg(script).arg(library)).ok().stdout.trim().to_owned()
}

/// The first document of a command that goes on.
fn first_line(command: &mut std::process::Command) -> Value {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    serde_json::from_str(&line).unwrap()
}

/// The documents of a command that goes on, until one is of that event.
fn events(server: &mut Server, until: &str) -> Vec<Value> {
    let mut events = Vec::new();
    while events.last().is_none_or(|event: &Value| event["event"] != until) {
        events.push(server.next_event());
    }
    events
}

#[test]
fn what_commands_print_is_what_their_schemas_say() {
    let sandbox = Sandbox::new();
    sandbox.write("bad/manifest.json", "{\"name\": 5}");
    let mut documents: Vec<(&str, Value)> = Vec::new();
    for (name, line, code) in [
        ("output.validate", "validate bad/manifest.json", 1),
        ("output.validate.against", "validate bad/manifest.json --against server,zod,schema,runtime", 1),
        ("output.validate", "validate bad/manifest.json --fix --dry-run", 1),
        ("output.explain", "explain wrong-type", 0),
        ("output.explain.list", "explain --list", 0),
        ("output.wit", "wit", 0),
        ("output.schema", "schema", 0),
        ("output.error", "validate nowhere.json", 2),
        ("output.new.list", "new --list", 0),
        ("output.keys.generate", "keys generate --out test.key --no-password", 0),
        ("output.new", "new shop --template ui --publisher Acme --id com.acme.shop --yes", 0),
        ("output.build", "-C shop build", 0),
        ("output.validate", "-C shop validate", 0),
        ("output.new", "new call --template ts-handler --publisher Acme --id com.acme.call --yes", 0),
        ("output.types", "-C call types", 0),
        ("output.build", "-C call build", 0),
        ("output.invoke", "-C call invoke GET /hello", 0),
        ("output.cache", "cache", 0),
        ("output.pack", "-C shop pack", 0),
        ("output.inspect", "inspect shop/dist/bundle.tar.zst", 0),
        ("output.diff", "diff bad/manifest.json shop/dist/bundle.tar.zst", 0),
        ("output.ls", "ls shop/dist/bundle.tar.zst", 0),
        ("bundle.index", "cat shop/dist/bundle.tar.zst META/bundle.json", 0),
        ("output.unpack", "unpack shop/dist/bundle.tar.zst", 0),
        ("output.convert", "convert shop/dist/bundle.tar.zst --to zip", 0),
        ("output.sign", "sign shop/dist/bundle.tar.zst --key test.key", 0),
        ("output.verify", "verify shop/dist/bundle.tar.zst --key test.key.pub", 0),
        ("output.attest", "attest shop/dist/bundle.tar.zst --key test.key", 0),
        ("output.verify.dir", "verify --dir shop --key test.key.pub", 10),
        ("output.verify.rebuild", "-C shop verify shop/dist/bundle.tar.zst --rebuild", 0),
        ("output.trust.init", "trust init", 0),
        ("output.trust.add", "trust add Acme --key test.key.pub", 0),
        ("output.trust.explain", "trust explain shop/dist/bundle.tar.zst", 0),
        ("output.trust.rotate", "trust rotate Acme --to test.key.pub --key test.key --out rotation.json", 0),
        (
            "output.trust.revoke",
            "trust revoke Acme --revoked-key 0123456789ABCDEF --reason withdrawn --key test.key --out revoked.json",
            0,
        ),
        ("output.trust.list", "trust list", 0),
        ("output.trust.remove", "trust remove Acme", 0),
        ("output.keys.import", "keys import test.key --name test --no-password", 0),
        ("output.keys.export", "keys export test", 0),
        ("output.keys.list", "keys list", 0),
        ("output.keys.change-password", "keys change-password test --no-password", 0),
        ("output.keys.default", "keys default Acme test", 0),
        ("output.doctor", "doctor", 0),
        ("output.tour", "tour", 0),
    ] {
        let run = sandbox.run(&format!("--format json {line}")).expect_code(code);
        documents.push((name, run.json()));
    }
    let dev = "-C call dev --port 0 --no-watch";
    documents.push(("output.dev", first_line(&mut sandbox.alga(format!("--format json {dev}").split(' ')))));
    let mut server = Server::start(&sandbox, dev);
    let mut said = events(&mut server, "swapped");
    registry::call(&server.url, "GET", "/api/ext-proxy/com.acme.call/hello", &[], b"");
    said.extend(events(&mut server, "request"));
    documents.extend(said.into_iter().map(|event| ("output.dev", event)));
    let registry = Registry::start(&sandbox);
    let begun =
        first_line(&mut sandbox.alga("--format json registry serve --data other --port 0".split(' ')));
    documents.push(("output.registry.serve", begun));
    for (name, line) in [
        ("output.publish", "publish shop/dist/bundle.tar.zst --dry-run"),
        ("output.publish", "publish shop/dist/bundle.tar.zst"),
        ("output.registry.ls", "registry ls"),
        ("output.registry.versions", "registry versions com.acme.shop"),
        ("output.registry.fetch", "registry fetch com.acme.shop 0.1.0 --out back.tar.zst"),
        ("output.registry.install", "registry install com.acme.shop 0.1.0"),
        ("output.registry.uninstall", "registry uninstall com.acme.shop"),
    ] {
        documents.push((name, registry.run(&sandbox, line).ok().json()));
    }
    let problems = problems(&documents);
    assert!(problems.is_empty(), "{problems}");
    let shown: BTreeSet<&str> = documents.iter().map(|(name, _)| *name).collect();
    let every = alga_ext::schemas::ALL.iter().map(|schema| schema.name);
    let unseen: Vec<&str> =
        every.filter(|name| name.starts_with("output.") && !shown.contains(name)).collect();
    assert!(unseen.is_empty(), "no document is held against {unseen:?}");
}
