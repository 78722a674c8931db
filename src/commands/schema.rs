//! `schema`: prints one JSON Schema, or their names.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::schemas;
use serde_json::{Value, json};

/// Runs `schema`.
pub(super) fn run(arguments: &cli::Schema, session: &Session) -> Result<Exit, Error> {
    let Some(name) = &arguments.name else {
        let titled = schemas::ALL.iter().map(|schema| (schema.name, title(schema.text)));
        let titled: Vec<(&str, String)> = titled.collect();
        let document: Vec<Value> =
            titled.iter().map(|(name, title)| json!({ "name": name, "title": title })).collect();
        session.output.data(&json!({ "schemas": document }), || {
            let lines: Vec<String> =
                titled.iter().map(|(name, title)| format!("{name:<27}{title}")).collect();
            lines.join("\n")
        })?;
        return Ok(Exit::Done);
    };
    match schemas::named(name) {
        Some(schema) => {
            session.output.raw(schema.text.as_bytes())?;
            Ok(Exit::Done)
        }
        None => Err(Error::Usage {
            what: format!("there is no schema `{name}`"),
            hint: Some(
                "`alga-ext schema` lists the names: `manifest.v2`, `alga-ext.yaml`, `output.<command>`"
                    .into(),
            ),
        }),
    }
}

fn title(text: &str) -> String {
    let schema: Option<Value> = serde_json::from_str(text).ok();
    schema.and_then(|schema| schema.get("title")?.as_str().map(str::to_owned)).unwrap_or_default()
}
