//! The table of functions, handed over from the linker's own module to the runtime's, whose functions are in it.
//!
//! A host fills a table that a module imports entry by entry in every instance, and one that a module defines when an
//! entry is first called. Of 800 entries a request calls some dozens: filling them all was a quarter of a request.

use super::Fault;
use std::borrow::Cow;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentSectionId, ConstExpr, ElementSection, Elements,
    EntityType, ExportKind, ExportSection, ImportSection, InstanceSection, Module, ModuleArg, RawSection,
    SectionId, TableSection, TableType,
};
use wasmparser::{
    ElementItems, ElementKind, Export, ExternalKind, Instance, Operator, Parser, Payload, TypeRef,
};

/// What the table is called wherever it is imported and exported.
const TABLE: &str = "__indirect_function_table";
/// What the linker's own module is called in the one that runs last and sets single entries.
const MAIN: &str = "main";

/// The linked component, in which the library called `runtime` defines the table.
pub(super) fn hand_over(linked: &[u8], runtime: &str) -> Result<Vec<u8>, Fault> {
    let survey = Survey::of(linked, runtime)?;
    let mut out = Component::new();
    let mut depth = super::finish::Depth::default();
    let (mut modules, mut instances, mut tables, mut owner) = (0, 0, 0, None);
    for payload in Parser::new(0).parse_all(linked) {
        let payload = payload?;
        if depth.is_nested(&payload) {
            continue;
        }
        match &payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                let module = super::slice(linked, unchecked_range.clone())?;
                let changed = match modules {
                    number if number == survey.runtime => Some(survey.define(module)?),
                    number if number == survey.last => Some(survey.set_both(module, runtime)?),
                    _ => None,
                };
                let data = changed.as_deref().unwrap_or(module);
                out.section(&RawSection { id: ComponentSectionId::CoreModule.into(), data });
                modules += 1;
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    let wasmparser::ComponentAlias::CoreInstanceExport { kind: ExternalKind::Table, .. } =
                        alias?
                    else {
                        continue;
                    };
                    tables += 1;
                }
                copy(linked, &payload, &mut out)?;
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    let mut written = InstanceSection::new();
                    match instance? {
                        Instance::Instantiate { module_index, args } => {
                            let args = args.iter().map(|arg| (arg.name, ModuleArg::Instance(arg.index)));
                            written.instantiate(module_index, args);
                            if module_index == survey.runtime {
                                owner = Some(instances);
                            }
                        }
                        Instance::FromExports(exports) => {
                            let takes = exports.iter().any(|export| export.kind == ExternalKind::Table);
                            if let (Some(instance), true) = (owner, takes) {
                                let mut aliases = ComponentAliasSection::new();
                                let kind = ExportKind::Table;
                                aliases.alias(Alias::CoreInstanceExport { instance, kind, name: TABLE });
                                out.section(&aliases);
                                tables += 1;
                            }
                            let index = |export: &Export<'_>| match export.kind {
                                ExternalKind::Table => tables - 1,
                                _ => export.index,
                            };
                            let exports = exports.iter().map(|export| {
                                Ok((export.name, RoundtripReencoder.export_kind(export.kind)?, index(export)))
                            });
                            let exports: Result<Vec<_>, wasm_encoder::reencode::Error> = exports.collect();
                            written.export_items(exports.map_err(|error| error.to_string())?);
                        }
                    }
                    instances += 1;
                    out.section(&written);
                }
            }
            _ => copy(linked, &payload, &mut out)?,
        }
    }
    let component = out.finish();
    // The linker may lay out its modules otherwise one day.
    wasmparser::Validator::new().validate_all(&component)?;
    Ok(component)
}

fn copy(linked: &[u8], payload: &Payload<'_>, out: &mut Component) -> Result<(), Fault> {
    if let Some((id, range)) = payload.as_section() {
        out.section(&RawSection { id, data: super::slice(linked, range)? });
    }
    Ok(())
}

/// Which modules are changed, and what about the table is known once all are linked.
struct Survey {
    /// The number of the runtime's module.
    runtime: u32,
    /// The number of the module that sets single entries.
    last: u32,
    /// The table.
    table: TableType,
    /// Where the runtime's functions begin in it.
    base: i32,
}

impl Survey {
    fn of(linked: &[u8], runtime: &str) -> Result<Survey, Fault> {
        let base_name = format!("{runtime}:table_base");
        let (mut found, mut last, mut table, mut base) = (None, None, None, None);
        let (mut modules, mut most) = (0, 0);
        let mut depth = super::finish::Depth::default();
        for payload in Parser::new(0).parse_all(linked) {
            let payload = payload?;
            let Payload::ModuleSection { unchecked_range, .. } = &payload else {
                depth.is_nested(&payload);
                continue;
            };
            depth.is_nested(&payload);
            let parts = Parts::of(super::slice(linked, unchecked_range.clone())?)?;
            if parts.imports_from == Some("env") && parts.functions > most {
                (found, most) = (Some(modules), parts.functions);
            }
            if parts.imports_from == Some(MAIN) {
                last = Some(modules);
            }
            if parts.exports_table {
                table = parts.table;
                base =
                    parts.constants.into_iter().find(|(name, _)| *name == base_name).map(|(_, value)| value);
            }
            modules += 1;
        }
        let unknown = "the linked runtime has no table that is known";
        Ok(Survey {
            runtime: found.ok_or(unknown)?,
            last: last.ok_or(unknown)?,
            table: table.ok_or(unknown)?,
            base: base.ok_or(unknown)?,
        })
    }

    /// The runtime's module, which defines and exports the table in place of importing it.
    fn define(&self, module: &[u8]) -> Result<Vec<u8>, Fault> {
        rewrite(module, |payload, out| {
            match payload {
                Payload::ImportSection(section) => {
                    let mut imports = ImportSection::new();
                    for import in section.clone().into_imports() {
                        let import = import?;
                        if import.name != TABLE {
                            imports.import(import.module, import.name, entity(import.ty)?);
                        }
                    }
                    out.section(&imports);
                }
                Payload::FunctionSection(section) => {
                    let data = super::slice(module, section.range())?;
                    out.section(&RawSection { id: SectionId::Function.into(), data });
                    let mut tables = TableSection::new();
                    tables.table(self.table);
                    out.section(&tables);
                }
                Payload::ExportSection(section) => {
                    let mut exports = ExportSection::new();
                    for export in section.clone() {
                        let export = export?;
                        let kind = RoundtripReencoder.export_kind(export.kind);
                        exports.export(export.name, kind.map_err(|error| error.to_string())?, export.index);
                    }
                    exports.export(TABLE, ExportKind::Table, 0);
                    out.section(&exports);
                }
                Payload::ElementSection(section) => {
                    let mut elements = ElementSection::new();
                    for element in section.clone() {
                        let functions = functions(&element?.items)?;
                        elements.active(
                            None,
                            &ConstExpr::i32_const(self.base),
                            Elements::Functions(functions.into()),
                        );
                    }
                    out.section(&elements);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    /// The module that runs last: what it sets in the linker's table it sets in the runtime's too.
    fn set_both(&self, module: &[u8], runtime: &str) -> Result<Vec<u8>, Fault> {
        let mut tables = 0;
        rewrite(module, |payload, out| {
            match payload {
                Payload::ImportSection(section) => {
                    let mut imports = ImportSection::new();
                    for import in section.clone().into_imports() {
                        let import = import?;
                        tables += u32::from(matches!(import.ty, TypeRef::Table(_)));
                        imports.import(import.module, import.name, entity(import.ty)?);
                    }
                    imports.import(runtime, TABLE, self.table);
                    out.section(&imports);
                }
                Payload::ElementSection(section) => {
                    let mut elements = ElementSection::new();
                    for element in section.clone() {
                        let element = element?;
                        let ElementKind::Active { table_index, offset_expr } = element.kind else {
                            return Err("the linker sets its table in a way that is not known".into());
                        };
                        let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                            return Err("the linker sets its table at a place that is not known".into());
                        };
                        let (at, functions) = (ConstExpr::i32_const(value), functions(&element.items)?);
                        let set = || Elements::Functions(Cow::Borrowed(&functions[..]));
                        let table = table_index.unwrap_or_default();
                        elements.active(Some(table).filter(|table| *table > 0), &at, set());
                        if table == 0 {
                            elements.active(Some(tables), &at, set());
                        }
                    }
                    out.section(&elements);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })
    }
}

/// What of a module has to do with the table.
#[derive(Default)]
struct Parts<'m> {
    /// The module that the table is imported from.
    imports_from: Option<&'m str>,
    exports_table: bool,
    table: Option<TableType>,
    /// How many functions it puts into tables.
    functions: u32,
    /// Its exported globals that are numbers.
    constants: Vec<(&'m str, i32)>,
}

impl<'m> Parts<'m> {
    fn of(module: &'m [u8]) -> Result<Parts<'m>, Fault> {
        let mut parts = Parts::default();
        let mut globals = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if import.name == TABLE {
                            parts.imports_from = Some(import.module);
                        }
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        let kind = RoundtripReencoder.table_type(table?.ty);
                        parts.table = Some(kind.map_err(|error| error.to_string())?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        globals.push(match global?.init_expr.get_operators_reader().read()? {
                            Operator::I32Const { value } => Some(value),
                            _ => None,
                        });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        parts.exports_table |= export.kind == ExternalKind::Table && export.name == TABLE;
                        let value = globals.get(export.index as usize).copied().flatten();
                        if let (ExternalKind::Global, Some(value)) = (export.kind, value) {
                            parts.constants.push((export.name, value));
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        if let ElementItems::Functions(functions) = element?.items {
                            parts.functions += functions.count();
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(parts)
    }
}

/// A module whose sections are copied, but for those that `change` writes itself.
fn rewrite(
    module: &[u8],
    mut change: impl FnMut(&Payload<'_>, &mut Module) -> Result<bool, Fault>,
) -> Result<Vec<u8>, Fault> {
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if !change(&payload, &mut out)?
            && let Some((id, range)) = payload.as_section()
        {
            out.section(&RawSection { id, data: super::slice(module, range)? });
        }
    }
    Ok(out.finish())
}

fn entity(kind: TypeRef) -> Result<EntityType, Fault> {
    RoundtripReencoder.entity_type(kind).map_err(|error| error.to_string().into())
}

fn functions(items: &ElementItems<'_>) -> Result<Vec<u32>, Fault> {
    let ElementItems::Functions(functions) = items else { return Err("a table of expressions".into()) };
    Ok(functions.clone().into_iter().collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::javascript::engine::Engine;
    use crate::build::javascript::testing::cache;

    #[test]
    fn the_module_with_the_functions_has_the_table() {
        let linked = Engine::load(&cache()).unwrap().component().to_vec();
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(&linked) {
            if let Payload::ModuleSection { unchecked_range, .. } = payload.unwrap() {
                let parts =
                    Parts::of(crate::build::javascript::slice(&linked, unchecked_range).unwrap()).unwrap();
                if parts.functions > 500 {
                    found.push((parts.exports_table, parts.imports_from.is_none()));
                }
            }
        }
        assert_eq!(found, [(true, true)]);
    }

    #[test]
    fn a_component_that_is_linked_otherwise_is_refused() {
        let other = wat::parse_str("(component (core module (table 1 funcref)))").unwrap();
        assert!(hand_over(&other, "runtime.wasm").is_err());
    }
}
