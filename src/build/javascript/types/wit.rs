//! The platform's interfaces in TypeScript, from the WIT, as the engine's bindings give and take them.

use super::super::world::camel;
use crate::component;
use std::fmt::Write;
use wit_parser::{Docs, Function, Interface, Resolve, Type, TypeDef, TypeDefKind, TypeOwner};

/// What no interface holds: the error that every failing call throws.
const ERRORS: &str = "
  /** What a call of the platform throws when it fails: the name of the case is its `code`, and its message. */
  export interface PlatformError<Code extends string = string> extends Error {
    name: 'PlatformError';
    code: Code;
    /** Which call: `storage.get`. */
    call: string;
  }
";

/// A `declare module` for each interface.
pub(super) fn modules() -> Result<String, component::Error> {
    let (resolve, _) = component::resolve()?;
    let mut text = String::new();
    for (_, interface) in &resolve.interfaces {
        if let Some(name) = &interface.name {
            module(resolve, interface, name, &mut text);
        }
    }
    Ok(text)
}

fn module(resolve: &Resolve, interface: &Interface, name: &str, text: &mut String) {
    text.push('\n');
    docs(&interface.docs, &[], "", text);
    let _ = writeln!(text, "declare module '{}/{name}' {{", component::PACKAGE);
    let mut taken = Vec::new();
    for (name, id) in &interface.types {
        let Some(defined) = resolve.types.get(*id) else { continue };
        match &defined.kind {
            // A type of another interface.
            TypeDefKind::Type(_) => taken.push(pascal(name)),
            _ => definition(resolve, defined, name, text),
        }
    }
    if !taken.is_empty() {
        let _ =
            writeln!(text, "  import type {{ {} }} from '{}/types';", taken.join(", "), component::PACKAGE);
        let _ = writeln!(text, "  export type {{ {} }};", taken.join(", "));
    }
    if name == "types" {
        text.push_str(ERRORS.strip_prefix('\n').unwrap_or(ERRORS));
    }
    for (name, function) in &interface.functions {
        declaration(resolve, name, function, text);
    }
    text.push_str("}\n");
}

fn definition(resolve: &Resolve, defined: &TypeDef, name: &str, text: &mut String) {
    docs(&defined.docs, &[], "  ", text);
    let name = pascal(name);
    match &defined.kind {
        TypeDefKind::Record(record) => {
            let _ = writeln!(text, "  export interface {name} {{");
            for field in &record.fields {
                docs(&field.docs, &[], "    ", text);
                let mark = if option(resolve, field.ty).is_some() { "?" } else { "" };
                let _ = writeln!(text, "    {}{mark}: {};", camel(&field.name), shape(resolve, field.ty));
            }
            text.push_str("  }\n");
        }
        TypeDefKind::Enum(cases) => {
            let cases: Vec<String> = cases.cases.iter().map(|case| format!("'{}'", case.name)).collect();
            let _ = writeln!(text, "  export type {name} = {};", cases.join(" | "));
        }
        _ => {
            let _ = writeln!(text, "  export type {name} = {};", kind(resolve, &defined.kind));
        }
    }
}

fn declaration(resolve: &Resolve, name: &str, function: &Function, text: &mut String) {
    let (result, error) = match function.result {
        None => ("void".to_owned(), None),
        Some(Type::Id(id)) => match resolve.types.get(id).map(|defined| &defined.kind) {
            Some(TypeDefKind::Result(result)) => (
                result.ok.map_or_else(|| "void".to_owned(), |ok| read(resolve, ok)),
                result.err.map(|error| read(resolve, error)),
            ),
            _ => (read(resolve, Type::Id(id)), None),
        },
        Some(result) => (read(resolve, result), None),
    };
    let throws: Vec<String> =
        error.into_iter().map(|error| format!("@throws `PlatformError<{error}>`")).collect();
    docs(&function.docs, &throws, "  ", text);
    let options =
        function.params.iter().rev().take_while(|parameter| option(resolve, parameter.ty).is_some()).count();
    let required = function.params.len() - options;
    let parameters: Vec<String> = function
        .params
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            let mark = if index < required { "" } else { "?" };
            format!("{}{mark}: {}", camel(&parameter.name), shape(resolve, parameter.ty))
        })
        .collect();
    let parameters = parameters.join(", ");
    // A word of the language can be a module's export, but no function's own name.
    let name = camel(name);
    if name == "delete" {
        let _ =
            writeln!(text, "  function delete_({parameters}): {result};\n  export {{ delete_ as delete }};");
    } else {
        let _ = writeln!(text, "  export function {name}({parameters}): {result};");
    }
}

/// The type inside an option.
fn option(resolve: &Resolve, shape: Type) -> Option<Type> {
    let Type::Id(id) = shape else { return None };
    match &resolve.types.get(id)?.kind {
        TypeDefKind::Option(inner) => Some(*inner),
        TypeDefKind::Type(alias) => option(resolve, *alias),
        _ => None,
    }
}

/// What may be given: an absent option is null or undefined.
fn shape(resolve: &Resolve, given: Type) -> String {
    match option(resolve, given) {
        Some(inner) => format!("{} | null | undefined", read(resolve, inner)),
        None => read(resolve, given),
    }
}

/// What comes back: an absent option is null.
fn read(resolve: &Resolve, given: Type) -> String {
    match given {
        Type::Bool => "boolean".into(),
        Type::String | Type::Char => "string".into(),
        Type::Id(id) => match resolve.types.get(id) {
            Some(TypeDef { name: Some(name), owner: TypeOwner::Interface(_), .. }) => pascal(name),
            Some(defined) => kind(resolve, &defined.kind),
            None => "unknown".into(),
        },
        Type::ErrorContext => "unknown".into(),
        _ => "number".into(),
    }
}

fn kind(resolve: &Resolve, kind: &TypeDefKind) -> String {
    match kind {
        TypeDefKind::Type(alias) => read(resolve, *alias),
        TypeDefKind::Option(inner) => format!("{} | null", read(resolve, *inner)),
        TypeDefKind::List(Type::U8) => "Uint8Array".into(),
        TypeDefKind::List(inner) => format!("Array<{}>", read(resolve, *inner)),
        TypeDefKind::Tuple(tuple) => {
            let parts: Vec<String> = tuple.types.iter().map(|part| read(resolve, *part)).collect();
            format!("[{}]", parts.join(", "))
        }
        _ => "unknown".into(),
    }
}

/// `storage-entry` → `StorageEntry`.
fn pascal(name: &str) -> String {
    let camel = camel(name);
    let mut characters = camel.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn docs(docs: &Docs, more: &[String], indent: &str, text: &mut String) {
    let said = docs.contents.as_deref().unwrap_or_default();
    let lines: Vec<&str> =
        said.trim().lines().map(str::trim_end).chain(more.iter().map(String::as_str)).collect();
    match lines.as_slice() {
        [] => {}
        [line] => {
            let _ = writeln!(text, "{indent}/** {line} */");
        }
        lines => {
            let _ = writeln!(text, "{indent}/**");
            for line in lines {
                let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
            }
            let _ = writeln!(text, "{indent} */");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_modules_with_the_words_of_the_wit() {
        let text = modules().unwrap();
        for expected in [
            "/** Log lines (`cap:log.emit`). Granted by default. */\ndeclare module 'alga:extension/logging' {\n  export function logInfo(message: string): void;",
            "    /** At most 49,149 bytes. */\n    value: Uint8Array;",
            "    revision?: number | null | undefined;",
            "  export type SecretError = 'missing' | 'denied' | 'expired' | 'internal';",
            "  /** @throws `PlatformError<StorageError>` */\n  function delete_(namespace: string, key: string): void;\n  export { delete_ as delete };",
            "  export function listEntries(namespace: string, cursor?: string | null | undefined): Array<StorageEntry>;",
            "  export function getSchedule(scheduleId: string): ScheduleInfo | null;",
            "    additionalFields: Array<[string, string]>;",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
        assert!(!text.contains("unknown"), "{text}");
    }
}
