//! The words a document may have, and what is said of them: read from its JSON Schema.

use super::place::Step;
use crate::schemas;
use serde_json::Value;

/// Deeper than references and cases of any schema go.
const DEEPEST: usize = 8;

/// A document's schema.
#[derive(Debug)]
pub(super) struct Words {
    root: Value,
}

/// What may stand at a place: the cases of a schema, references followed.
#[derive(Debug, Clone)]
pub(super) struct Spot<'a> {
    cases: Vec<&'a Value>,
}

impl Words {
    /// The words of the schema of that name.
    pub(super) fn of(schema: &str) -> Words {
        let text = schemas::named(schema).map(|schema| schema.text).unwrap_or_default();
        Words { root: serde_json::from_str(text).unwrap_or_default() }
    }

    /// What may stand there; empty where the schema knows nothing.
    pub(super) fn at(&self, path: &[Step]) -> Spot<'_> {
        let mut spot = self.spot(vec![&self.root]);
        for step in path {
            let next = spot.cases.iter().filter_map(|case| match step {
                Step::Key(key) => case
                    .get("properties")
                    .and_then(|properties| properties.get(key))
                    .or_else(|| case.get("additionalProperties").filter(|more| more.is_object())),
                Step::Item => case.get("items"),
            });
            spot = self.spot(next.collect());
        }
        spot
    }

    fn spot<'a>(&'a self, schemas: Vec<&'a Value>) -> Spot<'a> {
        let mut cases = Vec::new();
        for schema in schemas {
            self.cases(schema, DEEPEST, &mut cases);
        }
        Spot { cases }
    }

    fn cases<'a>(&'a self, schema: &'a Value, depth: usize, cases: &mut Vec<&'a Value>) {
        cases.push(schema);
        let Some(depth) = depth.checked_sub(1) else { return };
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        if let Some(target) = target.and_then(|target| self.root.pointer(target)) {
            self.cases(target, depth, cases);
        }
        for word in ["allOf", "anyOf", "oneOf"] {
            for case in schema.get(word).and_then(Value::as_array).into_iter().flatten() {
                self.cases(case, depth, cases);
            }
        }
    }
}

impl<'a> Spot<'a> {
    /// The keys an object there may have.
    pub(super) fn keys(&self) -> Vec<&'a str> {
        let objects = self.cases.iter().filter_map(|case| case.get("properties")?.as_object());
        objects.flat_map(|properties| properties.keys().map(String::as_str)).collect()
    }

    /// The keys an object there must have.
    pub(super) fn required(&self) -> Vec<&'a str> {
        let lists = self.cases.iter().filter_map(|case| case.get("required")?.as_array());
        lists.flatten().filter_map(Value::as_str).collect()
    }

    /// The values that are known, each with what is said of it.
    pub(super) fn values(&self) -> Vec<(&'a Value, Option<&'a str>)> {
        let mut values: Vec<(&Value, Option<&str>)> = Vec::new();
        for case in &self.cases {
            let said = case.get("description").and_then(Value::as_str);
            if let Some(value) = case.get("const") {
                values.push((value, said));
            }
            for list in ["enum", "examples"] {
                let list = case.get(list).and_then(Value::as_array).into_iter().flatten();
                values.extend(list.map(|value| (value, None)));
            }
        }
        if self.is("boolean") {
            values.extend([(&Value::Bool(true), None), (&Value::Bool(false), None)]);
        }
        let mut seen: Vec<&Value> = Vec::new();
        values.retain(|(value, _)| {
            let is_new = !seen.contains(value) && !value.is_null();
            seen.push(value);
            is_new
        });
        values
    }

    /// Whether a value of that type may stand there.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.cases.iter().filter_map(|case| case.get("type")).any(|word| match word {
            Value::Array(words) => words.iter().any(|word| word == kind),
            word => word == kind,
        })
    }

    /// What is said of it: what stands nearest to the key counts.
    pub(super) fn description(&self) -> Option<&'a str> {
        self.cases.iter().find_map(|case| case.get("description")?.as_str())
    }

    /// What counts where nothing is written, when that says something.
    pub(super) fn default(&self) -> Option<&'a Value> {
        let mut defaults = self.cases.iter().filter_map(|case| case.get("default"));
        defaults.find(|value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(members) => !members.is_empty() && members.values().any(|value| !value.is_null()),
            Value::String(text) => !text.is_empty(),
            _ => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<Step> {
        let steps = text.split('.').filter(|step| !step.is_empty());
        steps.map(|step| if step == "[]" { Step::Item } else { Step::Key(step.to_owned()) }).collect()
    }

    #[test]
    fn keys_values_and_descriptions_come_from_the_schemas() {
        let manifest = Words::of("manifest.v2");
        assert!(manifest.at(&[]).keys().contains(&"publisher"));
        assert!(manifest.at(&path("api.endpoints.[]")).required().contains(&"path"));
        let values = manifest.at(&path("capabilities.[]")).values();
        assert!(values.iter().any(|(value, _)| *value == "cap:http.fetch"), "{values:?}");
        let config = Words::of("alga-ext.yaml");
        assert!(config.at(&path("build")).keys().contains(&"entry"));
        assert!(config.at(&path("users.[].type")).values().iter().any(|(value, _)| *value == "client"));
        assert!(config.at(&path("build.entry")).description().is_some());
        assert_eq!(config.at(&path("limits.timeout_ms")).default(), Some(&serde_json::json!(30_000)));
        assert!(config.at(&path("clients.[].inactive")).is("boolean"));
        assert!(config.at(&path("zebra.[].x")).keys().is_empty());
    }
}
