//! Function bodies, taken out of a component before it is snapshot and put back afterwards, with what is in memory.
//!
//! A snapshot changes memory, globals and exports. Wizer validates all it is given, function bodies too, and that
//! costs more than the rest of a warm build; the bodies were validated when the engine was made.

use super::Fault;
use super::finish::Depth;
use super::memory::Memory;
use std::borrow::Cow;
use wasm_encoder::{CodeSection, Component, ComponentSectionId, Encode, Module, RawSection, SectionId};
use wasmparser::{BinaryReader, CodeSectionReader, Parser};

const MODULE: u8 = ComponentSectionId::CoreModule as u8;
const CODE: u8 = SectionId::Code as u8;
const MEMORY: u8 = SectionId::Memory as u8;
const DATA_COUNT: u8 = SectionId::DataCount as u8;
const DATA: u8 = SectionId::Data as u8;
/// Bytes before the first section.
const HEADER: u64 = 8;
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

/// A part of a module as it is written: a section's number, and what it holds one after the other.
type Part<'a> = (u8, Vec<Cow<'a, [u8]>>);

/// The component with the bodies of `full`, whose modules it has after `own` ones of its own, and with this memory in the
/// module that has one. It is written once, into as much room as it takes.
pub(super) fn fill(component: &[u8], own: usize, full: &[u8], memory: &Memory) -> Result<Vec<u8>, Fault> {
    let mut originals = sections(full)?.into_iter().filter(|(id, _)| *id == MODULE);
    let mut out = Vec::with_capacity(component.len() + full.len() + memory.segments.len());
    out.extend_from_slice(super::slice(component, 0..HEADER)?);
    let (mut modules, mut memories) = (0, 0);
    for (id, section) in sections(component)? {
        modules += usize::from(id == MODULE);
        if id != MODULE || modules <= own {
            write(&mut out, id, &[Cow::Borrowed(section)]);
            continue;
        }
        let (_, original) = originals.next().ok_or("a snapshot with a module too many")?;
        let original = sections(original)?.into_iter().find(|(id, _)| *id == CODE);
        let parts = sections(section)?;
        let has_memory = parts.iter().any(|(id, part)| *id == MEMORY && *part != [0]);
        memories += usize::from(has_memory);
        let mut written: Vec<Part<'_>> = Vec::with_capacity(parts.len());
        for (id, part) in parts {
            let pieces = match (id, original) {
                (CODE, Some((_, code))) => vec![Cow::Borrowed(code)],
                (DATA_COUNT, _) if has_memory => vec![Cow::Owned(added(part, memory.count)?.0)],
                (DATA, _) if has_memory => {
                    let (count, passive) = added(part, memory.count)?;
                    vec![Cow::Owned(count), Cow::Borrowed(passive), Cow::Borrowed(&*memory.segments)]
                }
                _ => vec![Cow::Borrowed(part)],
            };
            written.push((id, pieces));
        }
        if has_memory && memory.count > 0 && !written.iter().any(|(id, _)| *id == DATA) {
            return Err("the module with the memory has no data".into());
        }
        write_module(&mut out, super::slice(section, 0..HEADER)?, &written);
    }
    if memories == 1 { Ok(out) } else { Err(format!("{memories} modules with a memory").into()) }
}

/// Appends a section.
fn write(out: &mut Vec<u8>, id: u8, pieces: &[Cow<'_, [u8]>]) {
    out.push(id);
    length(pieces).encode(out);
    for piece in pieces {
        out.extend_from_slice(piece);
    }
}

/// Appends a module, whose length is written before it.
fn write_module(out: &mut Vec<u8>, header: &[u8], parts: &[Part<'_>]) {
    let frame = |length: u32| {
        let mut bytes = Vec::new();
        length.encode(&mut bytes);
        u32::try_from(1 + bytes.len()).unwrap_or(u32::MAX)
    };
    let all: u32 = parts.iter().map(|(_, pieces)| frame(length(pieces)) + length(pieces)).sum();
    out.push(MODULE);
    (length(&[Cow::Borrowed(header)]) + all).encode(out);
    out.extend_from_slice(header);
    for (id, pieces) in parts {
        write(out, *id, pieces);
    }
}

/// Both components were read, so nothing is longer than a component may be.
fn length(pieces: &[Cow<'_, [u8]>]) -> u32 {
    u32::try_from(pieces.iter().map(|piece| piece.len()).sum::<usize>()).unwrap_or(u32::MAX)
}

/// A count at the beginning of a section, with `more` added, and the rest of the section.
fn added(section: &[u8], more: u32) -> Result<(Vec<u8>, &[u8]), Fault> {
    let mut reader = BinaryReader::new(section, 0);
    let count = reader.read_var_u32()?.checked_add(more).ok_or("too much data")?;
    let mut bytes = Vec::new();
    count.encode(&mut bytes);
    let rest = section.len() - reader.bytes_remaining();
    Ok((bytes, section.get(rest..).unwrap_or_default()))
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

    const MEMORIES: &str = r#"(component (core module (memory 3) (data "x") (func (export "f") nop)))"#;

    #[test]
    fn a_component_is_what_it_was_once_its_bodies_are_back() {
        let linked = Engine::load(&cache()).unwrap().component().to_vec();
        let emptied = empty(&linked).unwrap();
        assert!(emptied.len() < linked.len() / 4, "{} of {} bytes", emptied.len(), linked.len());
        wasmparser::Validator::new().validate_all(&emptied).unwrap();
        assert!(emptied != linked && fill(&emptied, 0, &linked, &Memory::of(&[])).unwrap() == linked);
    }

    #[test]
    fn a_memory_is_put_in_beside_what_is_there() {
        let component = wat::parse_str(MEMORIES).unwrap();
        let bytes = [vec![0; 70_000], b"snapshot".to_vec(), vec![0; 3 * 65_536 - 70_008]].concat();
        let filled = fill(&empty(&component).unwrap(), 0, &component, &Memory::of(&bytes)).unwrap();
        wasmparser::Validator::new().validate_all(&filled).unwrap();
        let data = Parser::new(0).parse_all(&filled).find_map(|payload| match payload.unwrap() {
            wasmparser::Payload::DataSection(section) => {
                Some(section.into_iter().map(|data| data.unwrap().data.to_vec()).collect::<Vec<_>>())
            }
            _ => None,
        });
        assert_eq!(data.unwrap(), [b"x".to_vec(), b"snapshot".to_vec()]);
    }

    #[test]
    fn a_snapshot_of_another_component_is_refused() {
        let nothing = Memory::of(&[]);
        let module = wat::parse_str(MEMORIES).unwrap();
        let none = wat::parse_str("(component)").unwrap();
        for (component, full) in [(&module, &none), (&none, &none)] {
            assert!(fill(component, 0, full, &nothing).is_err());
        }
        let twice = wat::parse_str(
            "(component (core module (memory 1) (data \"\")) (core module (memory 1) (data \"\")))",
        );
        let twice = twice.unwrap();
        assert!(fill(&twice, 0, &twice, &nothing).is_err());
    }
}
