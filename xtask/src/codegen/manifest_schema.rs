//! The manifest's JSON Schema: what publishing accepts, less what never works, for editors.

use alga_ext::manifest::Capability;
use alga_ext::manifest::keys::{self, Key, Want};
use serde_json::{Map, Value, json};

/// The schema, draft 2020-12.
pub(super) fn schema() -> Value {
    let mut schema = object("");
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Alga PSA extension manifest v2",
        "description": "manifest.json at the root of an extension. Publishing refuses unknown top-level keys. What this schema refuses, `alga-ext validate` refuses too; keys that stand twice and endpoints that answer the same requests are beyond a schema, and found by `validate` alone.",
        "examples": [example("")],
    });
    if let (Value::Object(members), Value::Object(mut root)) = (&mut schema, root) {
        members.insert("additionalProperties".into(), false.into());
        root.append(members);
        return Value::Object(root);
    }
    schema
}

/// An object with the examples of its keys that the table has; what is never read is left out.
pub(super) fn example(parent: &str) -> Value {
    let members = keys::of(parent).filter(|key| !matches!(key.name, "precompiled" | "assets"));
    let members = members.map(|key| {
        let value = match key.want {
            Want::Object => example(&key.path()),
            Want::Objects => json!([example(&format!("{}[]", key.path()))]),
            Want::Text | Want::Texts | Want::TextMap => parsed(key.example).unwrap_or_default(),
        };
        (key.name.to_owned(), value)
    });
    Value::Object(members.collect())
}

/// JSON of the table of keys; none when it says nothing.
fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// An object of the keys table. Below the top unknown keys are accepted and dropped, so they validate here.
fn object(parent: &str) -> Value {
    let required: Vec<&str> = keys::of(parent).filter(|key| key.required).map(|key| key.name).collect();
    let properties: Map<String, Value> =
        keys::of(parent).map(|key| (key.name.to_owned(), value(key))).collect();
    if required.is_empty() {
        return json!({ "type": "object", "properties": properties });
    }
    json!({ "type": "object", "required": required, "properties": properties })
}

fn value(key: &Key) -> Value {
    let mut schema = match key.want {
        Want::Text => text(&key.path()),
        Want::Texts => json!({ "type": "array", "items": text(&format!("{}[]", key.path())) }),
        Want::TextMap => json!({
            "type": "object",
            "propertyNames": { "pattern": "\\S" },
            "additionalProperties": { "type": "string", "pattern": "\\S" },
        }),
        Want::Object => object(&key.path()),
        Want::Objects => json!({ "type": "array", "items": object(&format!("{}[]", key.path())) }),
    };
    if let Value::Object(members) = &mut schema {
        members
            .insert("description".into(), format!("{}. At publishing: {}.", key.summary, key.stored).into());
        let examples = match key.path().as_str() {
            "version" => json!(["0.1.0", "0.1.*"]),
            _ => parsed(key.example).map_or(Value::Null, |example| json!([example])),
        };
        for (name, value) in [("default", parsed(key.default)), ("examples", Some(examples))] {
            if let Some(value) = value.filter(|value| !value.is_null()) {
                members.insert(name.into(), value);
            }
        }
    }
    schema
}

/// What a text must look like, by its place.
fn text(path: &str) -> Value {
    let pattern = match path {
        "version" => "^\\s*[0-9]+\\.[0-9]+\\.([0-9]+(-[A-Za-z0-9.-]+)?(\\+[A-Za-z0-9.-]+)?|\\*)\\s*$",
        "runtime" => "[@-]",
        "capabilities[]" => {
            return words(Capability::ALL.iter().map(|capability| capability.id()), "\\s*");
        }
        "ui.type" => return json!({ "type": "string", "const": "iframe" }),
        "api.endpoints[].method" => {
            return words(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].into_iter(), "");
        }
        // No `..`, no blank, no `?` or `#`; behind any `./` in front, which publishing takes away, no segment `.`.
        "api.endpoints[].path" => "^(?=[^\\s?#]+$)(?!.*\\.\\.)(?:\\./)*(?!\\./)(?!\\.$)(?!.*/\\.(?:/|$))",
        "ui.entry" | "api.endpoints[].handler" => "^(?![\\s\\S]*\\.\\.)(?=[\\s\\S]*\\S)",
        _ => "\\S",
    };
    json!({ "type": "string", "pattern": pattern })
}

/// One of these words: as an enumeration, which editors complete, or in any case, with `around` before and behind, as
/// the platform compares.
fn words<'a>(words: impl Iterator<Item = &'a str>, around: &str) -> Value {
    let words: Vec<&str> = words.collect();
    let loose: Vec<String> = words.iter().map(|word| word.chars().map(any_letter).collect()).collect();
    json!({ "type": "string", "anyOf": [
        { "enum": words },
        { "pattern": format!("^{around}({}){around}$", loose.join("|")) },
    ] })
}

fn any_letter(letter: char) -> String {
    match letter {
        '.' => "\\.".into(),
        letter if letter.is_ascii_alphabetic() => {
            format!("[{}{}]", letter.to_ascii_uppercase(), letter.to_ascii_lowercase())
        }
        letter => letter.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_closed_and_wants_what_publishing_wants() {
        let schema = schema();
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"], json!(["name", "publisher", "version", "runtime"]));
        assert_eq!(schema["properties"]["api"]["required"], json!(["endpoints"]));
        assert_eq!(schema["properties"]["ui"].get("additionalProperties"), None);
    }

    #[test]
    fn every_example_and_default_of_the_table_is_json() {
        for key in keys::KEYS {
            let plain = matches!(key.want, Want::Text | Want::Texts | Want::TextMap);
            assert_eq!(parsed(key.example).is_some(), plain, "{}", key.path());
            assert!(key.default.is_empty() || parsed(key.default).is_some(), "{}", key.path());
        }
    }

    #[test]
    fn every_capability_is_offered() {
        let items = &schema()["properties"]["capabilities"]["items"]["anyOf"][0]["enum"];
        assert_eq!(items.as_array().map(Vec::len), Some(Capability::ALL.len()));
    }
}
