//! The platform's interfaces as JavaScript sees them.

use super::Fault;
use crate::component;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A function of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// As JavaScript names it.
    pub(super) name: String,
    /// How many of its parameters come before the options at the end, which JavaScript may leave out.
    pub(super) required: usize,
    /// Their names and types, as `prelude/platform.js` reads them.
    pub(super) checks: String,
}

/// The functions of every interface of `alga:extension`, by its full name.
pub(super) fn interfaces() -> Result<BTreeMap<String, Vec<Function>>, Fault> {
    let (resolve, _) = component::resolve()?;
    let mut interfaces = BTreeMap::new();
    for (_, interface) in &resolve.interfaces {
        let functions: Vec<_> = interface
            .functions
            .iter()
            .map(|(name, function)| {
                let is_option = |parameter: &&wit_parser::Param| is_option(resolve, parameter.ty);
                let options = function.params.iter().rev().take_while(is_option).count();
                let checks: Vec<Value> = function
                    .params
                    .iter()
                    .map(|parameter| json!([camel(&parameter.name), check(resolve, parameter.ty)]))
                    .collect();
                let checks = Value::from(checks).to_string();
                Function { name: camel(name), required: function.params.len() - options, checks }
            })
            .collect();
        if let Some(name) = interface.name.as_ref().filter(|_| !functions.is_empty()) {
            interfaces.insert(format!("alga:extension/{name}"), functions);
        }
    }
    Ok(interfaces)
}

fn is_option(resolve: &wit_parser::Resolve, shape: wit_parser::Type) -> bool {
    let wit_parser::Type::Id(id) = shape else { return false };
    match resolve.types.get(id).map(|defined| &defined.kind) {
        Some(wit_parser::TypeDefKind::Option(_)) => true,
        Some(wit_parser::TypeDefKind::Type(alias)) => is_option(resolve, *alias),
        _ => false,
    }
}

/// A type as `prelude/platform.js` reads it: a word, or a list that begins with what kind of type it is.
fn check(resolve: &wit_parser::Resolve, shape: wit_parser::Type) -> Value {
    use wit_parser::{Type, TypeDefKind};
    let Type::Id(id) = shape else { return word(shape).into() };
    let Some(defined) = resolve.types.get(id) else { return "any".into() };
    let name = defined.name.as_deref().unwrap_or_default();
    match &defined.kind {
        TypeDefKind::Type(alias) => check(resolve, *alias),
        TypeDefKind::Option(inner) => json!(["option", check(resolve, *inner)]),
        TypeDefKind::List(Type::U8) => "bytes".into(),
        TypeDefKind::List(inner) => json!(["list", check(resolve, *inner)]),
        TypeDefKind::Record(record) => {
            let fields: serde_json::Map<String, Value> =
                record.fields.iter().map(|field| (camel(&field.name), check(resolve, field.ty))).collect();
            json!(["record", name, fields])
        }
        TypeDefKind::Enum(cases) => {
            let cases: Vec<&str> = cases.cases.iter().map(|case| case.name.as_str()).collect();
            json!(["enum", name, cases])
        }
        _ => "any".into(),
    }
}

fn word(shape: wit_parser::Type) -> &'static str {
    use wit_parser::Type;
    match shape {
        Type::Bool => "bool",
        Type::String => "string",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::F64 => "f64",
        _ => "any",
    }
}

/// `log-info` → `logInfo`.
pub(super) fn camel(name: &str) -> String {
    let mut parts = name.split('-');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut characters = part.chars();
        camel.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(characters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_has_its_functions_in_camel_case() {
        let interfaces = interfaces().unwrap();
        assert_eq!(interfaces.len(), 12);
        let names: Vec<_> =
            interfaces["alga:extension/logging"].iter().map(|function| function.name.as_str()).collect();
        assert_eq!(names, ["logInfo", "logWarn", "logError"]);
    }

    #[test]
    fn parameters_have_their_types() {
        let interfaces = interfaces().unwrap();
        let put = &interfaces["alga:extension/storage"][1];
        let expected = r#"[["entry",["record","storage-entry",{"namespace":"string","key":"string","value":"bytes","revision":["option","u64"]}]]]"#;
        assert_eq!((put.name.as_str(), put.checks.as_str()), ("put", expected));
        assert!(interfaces.values().flatten().all(|function| !function.checks.contains("\"any\"")));
    }

    #[test]
    fn options_at_the_end_may_be_left_out() {
        let interfaces = interfaces().unwrap();
        let given = |function: &&Function| {
            serde_json::from_str::<Vec<Value>>(&function.checks).unwrap().len() > function.required
        };
        let shorter = interfaces.values().flatten().filter(given);
        let names: Vec<_> = shorter.map(|function| (function.name.as_str(), function.required)).collect();
        assert_eq!(names, [("listEntries", 1), ("callRoute", 1)]);
    }
}
