//! The outside of a `.wasm`: what kind it is, what it imports and exports, which custom sections it carries.

use super::{Error, Identity, PACKAGE, sections};
use serde::Serialize;
use wasmparser::{
    BinaryReaderError, ComponentExternalKind, Encoding, KnownCustom, Parser, Payload, ProducersSectionReader,
    Validator, WasmFeatures,
};

/// How much of a binary is looked at: a stranger's file says its own counts.
const MOST_NAMES: usize = 100_000;

/// Which of the two binary formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A core module, to be made a component before the platform can run it.
    Module,
    /// A component.
    Component,
}

/// One custom section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Bytes of its contents.
    pub size: u64,
}

/// What can be read from a binary without running it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Module or component.
    pub kind: Kind,
    /// Names of the imports, in order, once each: interfaces of a component, modules of a module.
    pub imports: Vec<String>,
    /// Names of the exports, in order.
    pub exports: Vec<String>,
    /// Custom sections of the outermost level.
    pub sections: Vec<Section>,
    /// Which tool built it from which source, when it says so.
    pub identity: Option<Identity>,
    /// What the outermost `producers` section says it was made with: field and name.
    #[serde(skip)]
    pub producers: Vec<(String, String)>,
    /// Bytes of DWARF and of source maps, at every level.
    #[serde(skip)]
    pub debug_bytes: u64,
}

impl Component {
    /// The interfaces of `alga:extension` that are imported, without the package's name. `types` holds no
    /// functions and is not among them.
    pub fn interfaces(&self) -> Vec<&str> {
        let names = self.imports.iter().filter_map(|import| {
            let (package, interface) = import.split_once('/')?;
            (package == PACKAGE).then(|| interface.split('@').next().unwrap_or(interface))
        });
        names.filter(|name| *name != "types").collect()
    }
}

/// Reads the outside of a binary. The insides of functions are not judged.
pub fn read(bytes: &[u8]) -> Result<Component, Error> {
    let kind = kind(bytes)?;
    let mut component = Component {
        kind,
        imports: Vec::new(),
        exports: Vec::new(),
        sections: Vec::new(),
        identity: None,
        producers: Vec::new(),
        debug_bytes: 0,
    };
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| broken(&error))?;
        match payload {
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                if unchecked_range.end > bytes.len() as u64 {
                    let message =
                        format!("a nested binary at {:#x} reaches beyond the end", unchecked_range.start);
                    return Err(Error::Truncated { message });
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if is_debug(section.name()) && depth > 0 => {
                component.debug_bytes += section.data().len() as u64;
            }
            payload if depth == 0 => component.add(payload).map_err(|error| broken(&error))?,
            _ => {}
        }
    }
    Ok(component)
}

/// Judges a binary to its last instruction, by the features the platform's engine has.
pub fn validate(bytes: &[u8]) -> Result<(), Error> {
    let unknown = WasmFeatures::CM_ASYNC | WasmFeatures::WIDE_ARITHMETIC | WasmFeatures::COMPACT_IMPORTS;
    let features = WasmFeatures::default().difference(unknown);
    Validator::new_with_features(features).validate_all(bytes).map(|_| ()).map_err(|error| broken(&error))
}

impl Component {
    fn add(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    push_new(&mut self.imports, import?.module);
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader {
                    push_new(&mut self.exports, export?.name);
                }
            }
            Payload::ComponentImportSection(reader) => {
                for import in reader {
                    let import = import?;
                    // A type names what others pass; it is nothing the platform has to bring.
                    if import.ty.kind() != ComponentExternalKind::Type {
                        push_new(&mut self.imports, import.name.name);
                    }
                }
            }
            Payload::ComponentExportSection(reader) => {
                for export in reader {
                    let export = export?;
                    if export.kind != ComponentExternalKind::Type {
                        push_new(&mut self.exports, export.name.name);
                    }
                }
            }
            Payload::CustomSection(section) => {
                if is_debug(section.name()) {
                    self.debug_bytes += section.data().len() as u64;
                }
                if let KnownCustom::Producers(fields) = section.as_known() {
                    self.producers = producers(fields);
                }
                if section.name() == sections::IDENTITY {
                    self.identity = Identity::parse(section.data());
                }
                if self.sections.len() < MOST_NAMES {
                    let size = section.data().len() as u64;
                    self.sections.push(Section { name: section.name().to_owned(), size });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether only debuggers read a section.
fn is_debug(name: &str) -> bool {
    name.starts_with(".debug_") || matches!(name, "sourceMappingURL" | "external_debug_info")
}

/// Field and name of each value; what cannot be read is left out.
fn producers(fields: ProducersSectionReader<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for field in fields.into_iter().map_while(Result::ok) {
        for value in field.values.into_iter().map_while(Result::ok).take(MOST_NAMES) {
            all.push((field.name.to_owned(), value.name.to_owned()));
        }
    }
    all
}

/// Imports of a module come function by function; one name per module is enough.
fn push_new(names: &mut Vec<String>, name: &str) {
    let repeats =
        names.last().is_some_and(|last| last == name) || names.iter().take(1_000).any(|known| known == name);
    if !repeats && names.len() < MOST_NAMES {
        names.push(name.to_owned());
    }
}

/// Module or component, from the first eight bytes; anything else is named by what it looks like.
pub(super) fn kind(bytes: &[u8]) -> Result<Kind, Error> {
    if !bytes.starts_with(b"\0asm") {
        return Err(Error::NotWasm { found: looks_like(bytes) });
    }
    if bytes.len() < 8 {
        return Err(Error::Truncated {
            message: format!("{} bytes, and the header alone takes 8", bytes.len()),
        });
    }
    match Parser::new(0).parse(bytes, true).map_err(|error| broken(&error))? {
        wasmparser::Chunk::Parsed {
            payload: Payload::Version { encoding: Encoding::Component, .. }, ..
        } => Ok(Kind::Component),
        _ => Ok(Kind::Module),
    }
}

fn looks_like(bytes: &[u8]) -> &'static str {
    let start = bytes.get(..512).unwrap_or(bytes);
    // Where the piece ends in the middle of a character, the text goes on.
    let is_text = match std::str::from_utf8(start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && start.len() < bytes.len(),
    };
    let text = String::from_utf8_lossy(start);
    match text.trim_start() {
        "" if start.is_empty() => "an empty file",
        text if text.starts_with("(module") || text.starts_with("(component") || text.starts_with(";;") => {
            "WebAssembly text"
        }
        _ if start.starts_with(b"PK\x03\x04") => "a zip archive",
        _ if start.starts_with(b"\x1f\x8b") => "a gzip archive",
        _ if start.starts_with(b"\x7fELF") => "a native program",
        _ if start.starts_with(b"\0asm".get(..start.len().min(4)).unwrap_or_default()) => "a cut-off header",
        _ if !start.contains(&0) && is_text => "text",
        _ => "something else",
    }
}

/// The reader's words, told apart: cut off or malformed.
pub(super) fn broken(error: &BinaryReaderError) -> Error {
    let message = error.to_string();
    if message.contains("unexpected end")
        || message.contains("unexpected EOF")
        || message.contains("out of bounds")
    {
        Error::Truncated { message }
    } else {
        Error::Malformed { message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_wasm_is_named_by_what_it_looks_like() {
        let table: [(&[u8], &str); 5] = [
            (b"", "an empty file"),
            (b"(module)", "WebAssembly text"),
            (b"PK\x03\x04", "a zip archive"),
            (b"<!doctype html>", "text"),
            (b"\x00\x01\x02", "something else"),
        ];
        let long = format!("<!doctype html>{}", "é".repeat(300));
        assert!(!long.is_char_boundary(512));
        let more: [(&[u8], &str); 3] =
            [(long.as_bytes(), "text"), (b"a\xc3", "something else"), (b"a\xff\xffb", "something else")];
        for (bytes, looks) in table.into_iter().chain(more) {
            let Err(Error::NotWasm { found }) = read(bytes) else { panic!("{looks}") };
            assert_eq!(found, looks);
        }
    }

    #[test]
    fn a_binary_cut_anywhere_is_refused_without_a_panic() {
        let whole =
            wat::parse_str("(component (import \"a\" (func)) (core module (func (export \"f\"))))").unwrap();
        assert_eq!(read(&whole).unwrap().imports, ["a"]);
        // A cut between two sections leaves a smaller, well-formed binary; every other one is noticed.
        let ends = Parser::new(0).parse_all(&whole).filter_map(|payload| payload.unwrap().as_section());
        let ends: Vec<u64> = ends.map(|(_, range)| range.end).collect();
        for end in 9..whole.len() {
            assert!(read(&whole[..end]).is_err() || ends.contains(&(end as u64)), "cut at {end}");
        }
    }

    #[test]
    fn the_interfaces_are_those_of_the_package_without_types() {
        let wat = r#"(component
            (import "alga:extension/types" (instance)) (import "alga:extension/http" (instance))
            (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#;
        assert_eq!(read(&wat::parse_str(wat).unwrap()).unwrap().interfaces(), ["http"]);
    }
}
