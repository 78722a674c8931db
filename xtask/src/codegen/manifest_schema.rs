//! The manifest's JSON Schema: what publishing accepts, less what never works, for editors.

use alga_ext::manifest::Capability;
use alga_ext::manifest::keys::{self, Key, Want};
use serde_json::{Map, Value, json};

/// The schema (draft 7, which every editor reads).
pub(super) fn schema() -> Value {
    let mut schema = object("");
    let root = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Alga PSA extension manifest v2",
        "description": "manifest.json at the root of an extension. Publishing refuses unknown top-level keys.",
    });
    if let (Value::Object(members), Value::Object(mut root)) = (&mut schema, root) {
        members.insert("additionalProperties".into(), false.into());
        root.append(members);
        return Value::Object(root);
    }
    schema
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
        members.insert("description".into(), key.summary.into());
    }
    schema
}

/// What a text must look like, by its place.
fn text(path: &str) -> Value {
    let pattern = match path {
        "version" => {
            return json!({
                "type": "string",
                "pattern": "^\\s*[0-9]+\\.[0-9]+\\.([0-9]+(-[A-Za-z0-9.-]+)?(\\+[A-Za-z0-9.-]+)?|\\*)\\s*$",
                "examples": ["0.1.0", "0.1.*"],
            });
        }
        "runtime" => {
            return json!({ "type": "string", "pattern": "^(?=.*\\S).*[@-]", "examples": ["wasm-js@1"] });
        }
        "name" => return json!({ "type": "string", "pattern": "\\S", "examples": ["com.acme.reports"] }),
        "capabilities[]" => return words(Capability::ALL.iter().map(|capability| capability.id())),
        "ui.type" => return json!({ "type": "string", "const": "iframe" }),
        "ui.entry" => {
            return json!({
                "type": "string",
                "pattern": "^(?!.*\\.\\.)(?=[\\s\\S]*\\S)",
                "examples": ["ui/index.html"],
            });
        }
        "api.endpoints[].method" => {
            return words(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].into_iter());
        }
        "api.endpoints[].path" => "^(?!.*\\.\\.)\\s*[^\\s?#]+\\s*$",
        "api.endpoints[].handler" => {
            return json!({
                "type": "string",
                "pattern": "^(?!.*\\.\\.)(?=[\\s\\S]*\\S)",
                "examples": ["dist/main"],
            });
        }
        _ => "\\S",
    };
    json!({ "type": "string", "pattern": pattern })
}

/// One of these words: as an enumeration, which editors complete, or in any case with blanks around, as the
/// platform compares.
fn words<'a>(words: impl Iterator<Item = &'a str>) -> Value {
    let words: Vec<&str> = words.collect();
    let loose: Vec<String> = words.iter().map(|word| word.chars().map(any_letter).collect()).collect();
    json!({ "type": "string", "anyOf": [
        { "enum": words },
        { "pattern": format!("^\\s*({})\\s*$", loose.join("|")) },
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
    fn every_capability_is_offered() {
        let items = &schema()["properties"]["capabilities"]["items"]["anyOf"][0]["enum"];
        assert_eq!(items.as_array().map(Vec::len), Some(Capability::ALL.len()));
    }
}
