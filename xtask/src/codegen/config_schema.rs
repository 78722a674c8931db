//! The JSON Schema of `alga-ext.yaml`, derived from the words in `src/config.rs` and their documentation.

use alga_ext::config::Config;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The schema of `alga-ext.yaml`.
pub(super) fn schema() -> Value {
    yaml::<Config>("alga-ext.yaml")
}

/// The schema of a file that people write as YAML: draft 7, which the editors' YAML servers read.
pub(super) fn yaml<T: JsonSchema>(title: &str) -> Value {
    of::<T>(title, SchemaSettings::draft07())
}

/// The schema of a JSON document: draft 2020-12.
pub(super) fn json<T: JsonSchema>(title: &str) -> Value {
    of::<T>(title, SchemaSettings::draft2020_12())
}

fn of<T: JsonSchema>(title: &str, settings: SchemaSettings) -> Value {
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    if let Value::Object(members) = &mut schema {
        members.insert("title".into(), title.into());
    }
    schema
}

/// Descriptions on one line and without references into the contract, which the reader does not have.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get("description") {
                let text = described(text);
                members.insert("description".into(), text.into());
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn described(text: &str) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    while let Some(start) = text.find(" (contract/") {
        let end = text.get(start..).and_then(|rest| rest.find(')')).map_or(text.len(), |end| start + end + 1);
        text.replace_range(start..end, "");
    }
    text
}

/// The keys of the file as rows for people: path, type, default, description.
pub(super) fn rows(schema: &Value) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    collect(schema, schema, "", &mut rows);
    rows
}

fn collect(root: &Value, schema: &Value, path: &str, rows: &mut Vec<[String; 4]>) {
    let empty = Map::new();
    for (key, property) in schema.get("properties").and_then(Value::as_object).unwrap_or(&empty) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let target = resolve(root, property);
        let items = target.get("items").map(|items| resolve(root, items));
        let words = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let description = words(property, "description").or_else(|| words(target, "description"));
        let default = match property.get("default") {
            None | Some(Value::Null | Value::Object(_)) => String::new(),
            Some(Value::Array(items)) if items.is_empty() => String::new(),
            Some(Value::String(text)) if text.is_empty() => String::new(),
            Some(default) => format!("`{}`", default.to_string().trim_matches('"')),
        };
        rows.push([path.clone(), kind(target, items), default, description.unwrap_or_default()]);
        collect(root, target, &path, rows);
        if let Some(items) = items {
            collect(root, items, &format!("{path}[]"), rows);
        }
    }
}

/// The definition behind a reference, also one wrapped to carry a description or to allow null.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let inner = ["allOf", "anyOf"].iter().find_map(|key| schema.get(key)?.get(0));
    let schema = inner.unwrap_or(schema);
    let target =
        schema.get("$ref").and_then(Value::as_str).and_then(|path| root.pointer(path.strip_prefix('#')?));
    target.unwrap_or(schema)
}

fn kind(target: &Value, items: Option<&Value>) -> String {
    let words = |value: &Value| match (value.get("enum"), value.get("oneOf"), value.get("type")) {
        (Some(Value::Array(words)), ..) => list(words.iter().filter_map(Value::as_str)),
        (_, Some(Value::Array(cases)), _) => {
            list(cases.iter().filter_map(|case| case.get("const")?.as_str()))
        }
        (.., Some(Value::String(kind))) => kind.clone(),
        (.., Some(Value::Array(kinds))) => kinds.first().and_then(Value::as_str).unwrap_or("any").to_owned(),
        _ => "any".into(),
    };
    match items {
        Some(items) => format!("list of {}", words(items)),
        None if target.get("additionalProperties").is_some_and(Value::is_object) => "map".into(),
        None => words(target),
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_and_references_are_gone() {
        let schema = schema();
        assert_eq!(schema["additionalProperties"], false);
        assert!(!schema.to_string().contains("contract/"));
    }

    #[test]
    fn nested_keys_have_rows() {
        let rows = rows(&schema());
        let paths: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        for path in ["build.entry", "limits.timeout_ms", "users[].type", "http.replies[].status"] {
            assert!(paths.contains(&path), "{path}: {paths:?}");
        }
    }
}
