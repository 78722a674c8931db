//! The manifest's shape in TypeScript, from its schema.

use crate::schemas;
use serde_json::Value;
use std::fmt::Write;

/// `interface Manifest` with what it names.
pub(super) fn declaration() -> String {
    let schema: Option<Value> =
        schemas::named("manifest.v2").and_then(|schema| serde_json::from_str(schema.text).ok());
    let schema = schema.unwrap_or_default();
    let properties = schema.pointer("/properties");
    let items =
        |path: &str| properties.and_then(|properties| properties.pointer(path)).unwrap_or(&Value::Null);
    let mut text = "/** manifest.json */\nexport interface Manifest ".to_owned();
    object(&schema, 0, &mut text);
    let _ = write!(text, "\n\n/** What a manifest asks for. */\nexport type Capability = ");
    shape(items("/capabilities/items"), 0, &mut text);
    let _ = write!(text, ";\n\n/** One endpoint of a manifest. */\nexport interface Endpoint ");
    object(items("/api/properties/endpoints/items"), 0, &mut text);
    text.push('\n');
    text
}

fn object(schema: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    text.push_str("{\n");
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(said) = property["description"].as_str() {
            let _ = writeln!(text, "{indent}  /** {said} */");
        }
        let mark = if required.contains(&name.as_str()) { "" } else { "?" };
        let _ = write!(text, "{indent}  {name}{mark}: ");
        shape(property, depth + 1, text);
        text.push_str(";\n");
    }
    let _ = write!(text, "{indent}}}");
}

fn shape(schema: &Value, depth: usize, text: &mut String) {
    let words = schema["anyOf"].as_array().into_iter().flatten().find_map(|choice| choice["enum"].as_array());
    let quoted = |word: &Value| format!("'{}'", word.as_str().unwrap_or_default());
    match (schema["type"].as_str(), words, &schema["const"]) {
        (_, Some(words), _) => {
            text.push_str(&words.iter().map(quoted).collect::<Vec<_>>().join(" | "));
        }
        (_, None, word @ Value::String(_)) => text.push_str(&quoted(word)),
        (Some("object"), ..) if schema["properties"].is_object() => object(schema, depth, text),
        (Some("object"), ..) => {
            text.push_str("Record<string, ");
            shape(&schema["additionalProperties"], depth, text);
            text.push('>');
        }
        (Some("array"), ..) => {
            text.push_str("Array<");
            shape(&schema["items"], depth, text);
            text.push('>');
        }
        (Some(kind @ ("string" | "boolean")), ..) => text.push_str(kind),
        (Some("integer" | "number"), ..) => text.push_str("number"),
        _ => text.push_str("unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_an_interface_with_its_words() {
        let text = declaration();
        for expected in [
            "export interface Manifest {\n  /** Unique name",
            "  version: string;",
            "  capabilities?: Array<'cap:context.read' | ",
            "      /** Begins with `/`",
            "export type Capability = 'cap:context.read' | ",
            "export interface Endpoint {\n  /** GET,",
            "  method: 'GET' | ",
            "  precompiled?: Record<string, string>;",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
        assert!(!text.contains("unknown"), "{text}");
    }
}
