//! Function bodies, taken out of a component before it is snapshot and put back afterwards.
//!
//! A snapshot changes memory, globals and exports. Wizer validates all it is given, function bodies too, and that
//! costs more than the rest of a warm build; the bodies were validated when the engine was made.

use super::Fault;
use super::finish::Depth;
use wasm_encoder::{CodeSection, Component, ComponentSectionId, Module, RawSection, SectionId};
use wasmparser::{BinaryReader, CodeSectionReader, Parser};

const MODULE: u8 = ComponentSectionId::CoreModule as u8;
const CODE: u8 = SectionId::Code as u8;
/// No locals, `unreachable`, `end`.
const EMPTY: [u8; 3] = [0, 0, 0x0b];

/// The component with bodies that trap.
pub(super) fn empty(component: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = Component::new();
    for (id, section) in sections(component)? {
        if id == MODULE {
            let mut module = Module::new();
            for (id, part) in sections(section)? {
                if id == CODE {
                    let mut bodies = CodeSection::new();
                    for _ in 0..CodeSectionReader::new(BinaryReader::new(part, 0))?.count() {
                        bodies.raw(&EMPTY);
                    }
                    module.section(&bodies);
                } else {
                    module.section(&RawSection { id, data: part });
                }
            }
            out.section(&RawSection { id, data: module.as_slice() });
        } else {
            out.section(&RawSection { id, data: section });
        }
    }
    Ok(out.finish())
}

/// The snapshot with the bodies of `full`, the component it was taken of.
pub(super) fn fill(snapshot: &[u8], full: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut originals = sections(full)?.into_iter().filter(|(id, _)| *id == MODULE);
    let mut out = Component::new();
    for (id, section) in sections(snapshot)? {
        if id == MODULE {
            let (_, original) = originals.next().ok_or("a snapshot with a module too many")?;
            let original = sections(original)?.into_iter().find(|(id, _)| *id == CODE);
            let mut module = Module::new();
            for (id, part) in sections(section)? {
                let data = match original {
                    Some((_, code)) if id == CODE => code,
                    _ => part,
                };
                module.section(&RawSection { id, data });
            }
            out.section(&RawSection { id, data: module.as_slice() });
        } else {
            out.section(&RawSection { id, data: section });
        }
    }
    Ok(out.finish())
}

/// The sections of a component or module, not of what is nested in them.
fn sections(wasm: &[u8]) -> Result<Vec<(u8, &[u8])>, Fault> {
    let mut sections = Vec::new();
    let mut depth = Depth::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if !depth.is_nested(&payload)
            && let Some((id, range)) = payload.as_section()
        {
            sections.push((id, super::slice(wasm, range)?));
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::javascript::engine::Engine;
    use crate::build::javascript::testing::cache;

    #[test]
    fn a_component_is_what_it_was_once_its_bodies_are_back() {
        let linked = Engine::load(&cache()).unwrap().component().to_vec();
        let emptied = empty(&linked).unwrap();
        assert!(emptied.len() < linked.len() / 4, "{} of {} bytes", emptied.len(), linked.len());
        assert!(emptied != linked && fill(&emptied, &linked).unwrap() == linked);
        wasmparser::Validator::new().validate_all(&emptied).unwrap();
    }

    #[test]
    fn a_snapshot_of_another_component_is_refused() {
        let module = wat::parse_str("(component (core module (func)))").unwrap();
        let none = wat::parse_str("(component)").unwrap();
        assert!(fill(&module, &none).is_err());
    }
}
