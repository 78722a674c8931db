//! What every command prints with `--format json`: the table its schemas and the quick reference come from.

mod bundle;
mod project;
mod registry;
mod review;
mod run;
mod tool;
mod trust;

use serde_json::{Map, Value, json};

/// One document, or one line of a stream.
pub(super) struct Output {
    /// The schema's name, after `output.`.
    pub(super) name: &'static str,
    /// The command; empty for what any command prints.
    pub(super) command: &'static str,
    /// What the document is.
    pub(super) title: &'static str,
    /// Its keys.
    pub(super) fields: &'static [Field],
}

/// One key.
pub(super) struct Field {
    /// The key.
    pub(super) name: &'static str,
    kind: Kind,
    /// Whether it may be null or absent.
    pub(super) optional: bool,
    what: &'static str,
}

/// The type of a key's value.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Boolean,
    Texts,
    Any,
    Map,
    Words(&'static [&'static str]),
    Object(&'static [Field]),
    Objects(&'static [Field]),
}

use Kind::{Any, Boolean, Integer, Map as Members, Object, Objects, Text, Texts, Words};

const fn must(name: &'static str, kind: Kind, what: &'static str) -> Field {
    Field { name, kind, optional: false, what }
}

const fn may(name: &'static str, kind: Kind, what: &'static str) -> Field {
    Field { name, kind, optional: true, what }
}

const fn output(
    name: &'static str,
    command: &'static str,
    title: &'static str,
    fields: &'static [Field],
) -> Output {
    Output { name, command, title, fields }
}

const HASH: Field = must("content_hash", Text, "`sha256:` and 64 hex digits, of the archive's bytes");

/// Every document, in the order of an extension's life.
pub(super) fn all() -> impl Iterator<Item = &'static Output> {
    [
        project::OUTPUTS,
        bundle::OUTPUTS,
        trust::OUTPUTS,
        review::OUTPUTS,
        run::OUTPUTS,
        registry::OUTPUTS,
        tool::OUTPUTS,
    ]
    .into_iter()
    .flatten()
}

impl Output {
    /// The JSON Schema. Other keys may be added later, so it is open.
    pub(super) fn schema(&self) -> Value {
        let mut schema = Map::new();
        schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("title".into(), self.title.into());
        if !self.command.is_empty() {
            schema.insert("description".into(), format!("`{} --format json`", self.command).into());
        }
        if let Value::Object(mut members) = object(self.fields) {
            schema.append(&mut members);
        }
        Value::Object(schema)
    }
}

fn object(fields: &[Field]) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| !field.optional).map(|field| field.name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), value(field))).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn value(field: &Field) -> Value {
    let mut schema = match field.kind {
        Text => json!({ "type": "string" }),
        Integer => json!({ "type": "integer" }),
        Boolean => json!({ "type": "boolean" }),
        Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Any => json!({}),
        Members => json!({ "type": "object" }),
        Words(words) => json!({ "type": "string", "enum": words }),
        Object(fields) => object(fields),
        Objects(fields) => json!({ "type": "array", "items": object(fields) }),
    };
    if let Value::Object(members) = &mut schema {
        if field.optional {
            let either = members.get("type").and_then(Value::as_str).map(|kind| json!([kind, "null"]));
            members.extend(either.map(|either| ("type".to_owned(), either)));
        }
        members.insert("description".into(), field.what.into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_missing_may_be_null_and_is_not_required() {
        let verify = all().find(|output| output.name == "verify").unwrap().schema();
        assert_eq!(verify["properties"]["key_id"]["type"], json!(["string", "null"]));
        assert!(!verify["required"].as_array().unwrap().contains(&json!("key_id")));
        assert!(verify["required"].as_array().unwrap().contains(&json!("verified")));
    }
}
