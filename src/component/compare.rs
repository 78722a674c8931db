//! Where two binaries differ: by section, through every nested module, and by function where it is code.

use super::{Error, read};
use std::collections::BTreeMap;
use wasmparser::{Parser, Payload};

/// The parts in which `one` and `other` differ, in the order they stand; none when they are the same.
pub fn compare(one: &[u8], other: &[u8]) -> Result<Vec<String>, Error> {
    let (ours, theirs) = (parts(one)?, parts(other)?);
    let mut differences = Vec::new();
    for (name, (order, bytes)) in &ours {
        match theirs.get(name) {
            None => differences.push((*order, format!("{name} is missing"))),
            Some((_, others)) if others != bytes => {
                let at = bytes
                    .iter()
                    .zip(*others)
                    .position(|(a, b)| a != b)
                    .unwrap_or(bytes.len().min(others.len()));
                let what = format!(
                    "{name} differs from its byte {at} on ({} and {} bytes)",
                    bytes.len(),
                    others.len()
                );
                differences.push((*order, what));
            }
            Some(_) => {}
        }
    }
    for (name, (order, _)) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
        differences.push((*order, format!("{name} is new")));
    }
    differences.sort();
    Ok(differences.into_iter().map(|(_, what)| what).collect())
}

/// The parts of a binary by name, each with its place in the order.
fn parts(bytes: &[u8]) -> Result<BTreeMap<String, (usize, &[u8])>, Error> {
    let mut parts = BTreeMap::new();
    let mut nested: Vec<String> = Vec::new();
    // How many modules, functions and sections of one kind came before, by where they stand.
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| read::broken(&error))?;
        let place = nested.concat();
        let mut next = |what: String| {
            let count = counts.entry(format!("{place}{what}")).or_insert(0);
            *count += 1;
            *count - 1
        };
        let (name, range) = match &payload {
            Payload::ModuleSection { .. } => {
                let number = next("module".into());
                nested.push(format!("module {number}, "));
                continue;
            }
            Payload::ComponentSection { .. } => {
                let number = next("component".into());
                nested.push(format!("component {number}, "));
                continue;
            }
            Payload::End(_) => {
                nested.pop();
                continue;
            }
            Payload::CodeSectionStart { .. } => continue,
            Payload::CodeSectionEntry(body) => {
                (format!("function {}", next("function".into())), body.range())
            }
            Payload::CustomSection(section) => {
                (format!("section `{}`", section.name().escape_debug()), section.range())
            }
            payload => match payload.as_section() {
                Some((id, range)) => (format!("{} section", kind(id, payload)), range),
                None => continue,
            },
        };
        let number = next(name.clone());
        let again = if number == 0 { String::new() } else { format!(" {number}") };
        let range = usize::try_from(range.start).unwrap_or(0)..usize::try_from(range.end).unwrap_or(0);
        let order = parts.len();
        parts.insert(format!("{place}{name}{again}"), (order, bytes.get(range).unwrap_or_default()));
    }
    Ok(parts)
}

fn kind(id: u8, payload: &Payload<'_>) -> String {
    let name = match payload {
        Payload::TypeSection(_) => "type",
        Payload::ImportSection(_) => "import",
        Payload::FunctionSection(_) => "function",
        Payload::TableSection(_) => "table",
        Payload::MemorySection(_) => "memory",
        Payload::GlobalSection(_) => "global",
        Payload::ExportSection(_) => "export",
        Payload::ElementSection(_) => "element",
        Payload::DataSection(_) => "data",
        Payload::ComponentTypeSection(_) => "component type",
        Payload::ComponentImportSection(_) => "component import",
        Payload::ComponentExportSection(_) => "component export",
        Payload::ComponentAliasSection(_) => "alias",
        Payload::ComponentCanonicalSection(_) => "canonical",
        Payload::InstanceSection(_) | Payload::ComponentInstanceSection(_) => "instance",
        _ => return format!("number {id}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let module = |value: u32, data: &str| {
            wat::parse_str(format!(
                r#"(component (core module (memory 1) (data (i32.const 0) "{data}")
                (func (result i32) i32.const 1) (func (result i32) i32.const {value})))"#
            ))
            .unwrap()
        };
        assert_eq!(compare(&module(1, "x"), &module(1, "x")).unwrap(), Vec::<String>::new());
        let differences = compare(&module(1, "x"), &module(2, "y")).unwrap();
        assert_eq!(differences.len(), 2, "{differences:?}");
        assert!(differences[0].starts_with("module 0, function 1 differs"), "{differences:?}");
        assert!(differences[1].starts_with("module 0, data section differs"), "{differences:?}");
    }
}
