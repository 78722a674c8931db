//! The platform's interfaces as JavaScript sees them.

use super::Fault;
use crate::component::WIT;
use std::collections::BTreeMap;

/// A function of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// As JavaScript names it.
    pub(super) name: String,
    /// How many parameters it has.
    pub(super) parameters: usize,
    /// How many of them come before the options at the end, which JavaScript may leave out.
    pub(super) required: usize,
}

/// The functions of every interface of `alga:extension`, by its full name.
pub(super) fn interfaces() -> Result<BTreeMap<String, Vec<Function>>, Fault> {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("extension.wit", WIT)?;
    let mut interfaces = BTreeMap::new();
    for (_, interface) in
        resolve.interfaces.iter().filter(|(_, interface)| interface.package == Some(package))
    {
        let functions: Vec<_> = interface
            .functions
            .iter()
            .map(|(name, function)| {
                let is_option = |parameter: &&wit_parser::Param| is_option(&resolve, parameter.ty);
                let options = function.params.iter().rev().take_while(is_option).count();
                let parameters = function.params.len();
                Function { name: camel(name), parameters, required: parameters - options }
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

/// `log-info` → `logInfo`.
fn camel(name: &str) -> String {
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
    fn options_at_the_end_may_be_left_out() {
        let interfaces = interfaces().unwrap();
        let shorter =
            interfaces.values().flatten().filter(|function| function.required < function.parameters);
        let names: Vec<_> = shorter.map(|function| (function.name.as_str(), function.required)).collect();
        assert_eq!(names, [("listEntries", 1), ("callRoute", 1)]);
    }
}
