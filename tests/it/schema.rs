//! `schema`: the names, the texts, and that what the commands print has the keys its schema promises.

use crate::harness::Sandbox;
use serde_json::Value;

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
            "manifest.v2" => "https://json-schema.org/draft/2020-12/schema",
            _ => "http://json-schema.org/draft-07/schema#",
        };
        assert_eq!(document["$schema"], draft, "{}", schema.name);
    }
}

#[test]
fn a_name_that_is_none_says_where_the_names_are() {
    let run = Sandbox::new().run("schema manifest.v3").expect_code(2);
    assert!(run.stderr.contains("`manifest.v3`") && run.stderr.contains("alga-ext schema"), "{}", run.stderr);
}

/// Keys the schema requires and the document lacks, and values of another type.
fn differences(schema: &Value, document: &Value, path: &str) -> Vec<String> {
    let kind = match document {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted = &schema["type"];
    let fits = wanted.is_null()
        || wanted == kind
        || wanted.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind));
    if !fits {
        return vec![format!("{path} is {kind}, not {wanted}")];
    }
    let mut differences_found = Vec::new();
    if document.is_null() {
        return differences_found;
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if document.get(key).is_none() {
            differences_found.push(format!("{path}.{key} is missing"));
        }
    }
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = document.get(key) {
            differences_found.extend(differences(property, value, &format!("{path}.{key}")));
        }
    }
    for (index, item) in document.as_array().into_iter().flatten().enumerate() {
        differences_found.extend(differences(&schema["items"], item, &format!("{path}[{index}]")));
    }
    differences_found
}

#[test]
fn what_commands_print_is_what_their_schemas_say() {
    let sandbox = Sandbox::new();
    sandbox.write("bad/manifest.json", "{\"name\": 5}");
    for (name, line, code) in [
        ("output.validate", "validate bad/manifest.json", 1),
        ("output.validate.against", "validate bad/manifest.json --against server,zod,schema,runtime", 1),
        ("output.wit", "wit", 0),
        ("output.schema", "schema", 0),
        ("output.error", "validate nowhere.json", 2),
        ("output.new.list", "new --list", 0),
        ("output.keys.generate", "keys generate --out test.key --no-password", 0),
        ("output.new", "new shop --template ui --publisher Acme --id com.acme.shop --yes", 0),
        ("output.build", "-C shop build", 0),
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
        let schema: Value = serde_json::from_str(alga_ext::schemas::named(name).unwrap().text).unwrap();
        let found = differences(&schema, &run.json(), name);
        assert!(found.is_empty(), "{}\n{}", found.join("\n"), run.stdout);
    }
}
