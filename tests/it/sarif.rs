//! The schema of SARIF 2.1.0, which the crate serde-sarif carries, and whether a document is what it wants.

use serde_json::Value;

/// The schema as the crate has it.
pub(crate) fn schema() -> Value {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .other_options(vec!["--offline".into(), "--locked".into()])
        .exec()
        .unwrap();
    let carrier = metadata.packages.iter().find(|package| package.name.as_str() == "serde-sarif").unwrap();
    let path = carrier.manifest_path.parent().unwrap().join("src/schema.json");
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

/// What the schema has against the document.
pub(crate) fn problems(schema: &Value, document: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(schema, schema, document, "$", &mut problems);
    problems
}

/// The keywords the schema uses; another one fails the test rather than being passed over.
fn check(root: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().unwrap() {
        let good = match keyword.as_str() {
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                check(root, target, value, at, problems);
                true
            }
            "type" => is_a(value, wanted.as_str().unwrap()),
            "enum" => wanted.as_array().unwrap().contains(value),
            "required" => value.as_object().is_none_or(|members| {
                wanted.as_array().unwrap().iter().all(|key| members.contains_key(key.as_str().unwrap()))
            }),
            "properties" => {
                for (key, member) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = wanted.get(key) {
                        check(root, schema, member, &format!("{at}.{key}"), problems);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let mut more = value.as_object().into_iter().flatten();
                if wanted == &Value::Bool(false) {
                    more.all(|(key, _)| known.is_some_and(|known| known.contains_key(key)))
                } else {
                    for (key, member) in more.filter(|_| wanted.is_object()) {
                        check(root, wanted, member, &format!("{at}.{key}"), problems);
                    }
                    true
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{at}[{index}]"), problems);
                }
                true
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
            "uniqueItems" => value.as_array().is_none_or(|items| {
                items.iter().enumerate().all(|(index, item)| !items[..index].contains(item))
            }),
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "anyOf" | "oneOf" => wanted.as_array().unwrap().iter().any(|one| {
                let mut own = Vec::new();
                check(root, one, value, at, &mut own);
                own.is_empty()
            }),
            // Of texts with a `pattern` or `format` no document of ours has any: GUIDs, times, language tags; URIs are
            // tested where they are made.
            "pattern" | "format" | "description" | "default" | "title" | "$schema" | "$id"
            | "definitions" => true,
            other => panic!("the keyword `{other}` is not known here"),
        };
        if !good {
            problems.push(format!("{at}: `{keyword}` wants {wanted}, found {value}"));
        }
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("the type `{other}` is not known here"),
    }
}
