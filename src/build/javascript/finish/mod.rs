//! Closes a snapshot: the finished component exports `handler` alone and imports only what the source uses.
//!
//! Imported instances that are dropped take their functions with them. Each lowering of such a function becomes a
//! core function that traps, at the same place of the core index space; component functions and instances are
//! renumbered, types leave a placeholder. An interface that stays loses the functions that need a type of one that
//! goes. One pass to see what there is, one to write; no composition, which other hosts refuse (wasmtime#13540).
//! All of this is about a component's outside: its modules' function bodies and memory are put in afterwards.

mod interface;

use super::Fault;
use super::runtime::signature;
use interface::Lost;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Range;
use wasm_encoder::reencode::{Reencode, ReencodeComponent, RoundtripReencoder};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CodeSection, Component, ComponentAliasSection, ComponentExportSection,
    ComponentImportSection, ComponentInstanceSection, ComponentSectionId, ComponentTypeSection, ExportKind,
    ExportSection, Function, FunctionSection, InstanceSection, Module, ModuleArg, ModuleSection,
    PrimitiveValType, RawSection, TypeSection,
};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentType,
    ComponentTypeRef, ExternalKind, FuncType, Parser, Payload, ValidPayload, Validator, WasmFeatures,
};

/// How many modules of its own a finished component begins with.
pub(super) const OWN: usize = 1;

/// Drops the imported instances that `keep` refuses and the export `init`.
pub(super) fn finish(snapshot: &[u8], keep: impl Fn(&str) -> bool) -> Result<Vec<u8>, Fault> {
    let survey = Survey::of(snapshot, keep)?;
    let traps = trapping_module(&survey.trap_types)?;
    let mut component = Component::new();
    component.section(&ModuleSection(&traps));
    let mut instances = InstanceSection::new();
    instances.instantiate(0, Vec::<(&str, ModuleArg)>::new());
    component.section(&instances);
    Writer { survey, counts: Counts::default(), depth: Depth::default() }.write(snapshot, &mut component)?;
    let component = component.finish();
    check(&component)?;
    Ok(component)
}

/// The shape only: function bodies were valid before, and are copied as they are.
fn check(component: &[u8]) -> Result<(), Fault> {
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    for payload in Parser::new(0).parse_all(component) {
        validator.payload(&payload?)?;
    }
    Ok(())
}

/// How deep the parser is inside nested modules and components, whose contents are none of ours.
#[derive(Default)]
pub(super) struct Depth(u32);

impl Depth {
    /// Whether `payload` belongs to something nested.
    pub(super) fn is_nested(&mut self, payload: &Payload<'_>) -> bool {
        let nested = self.0 > 0;
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => self.0 += 1,
            Payload::End(_) if nested => self.0 -= 1,
            _ => {}
        }
        nested
    }
}

/// How many items each index space has so far.
#[derive(Default)]
struct Counts {
    instances: u32,
    functions: u32,
    core_functions: u32,
    types: u32,
}

/// What goes.
#[derive(Default)]
struct Survey {
    instances: Vec<u32>,
    functions: Vec<u32>,
    /// Types of dropped instances.
    types: Vec<u32>,
    /// What interfaces lose, by the number of their type.
    lost: BTreeMap<u32, Lost>,
    /// The types of the instances that lose something.
    narrowed: BTreeMap<u32, u32>,
    /// Lowerings of dropped functions, in core function indices.
    traps: Vec<u32>,
    trap_types: Vec<FuncType>,
    init: Option<u32>,
}

impl Survey {
    fn of(snapshot: &[u8], keep: impl Fn(&str) -> bool) -> Result<Survey, Fault> {
        let mut survey = Survey::default();
        let mut counts = Counts::default();
        let mut depth = Depth::default();
        // The validator knows the type of every core function; it is not asked to look at function bodies.
        let mut validator = Validator::new_with_features(WasmFeatures::default());
        let mut types = None;
        for payload in Parser::new(0).parse_all(snapshot) {
            let payload = payload?;
            let ended = match validator.payload(&payload)? {
                ValidPayload::End(ended) => Some(ended),
                _ => None,
            };
            if depth.is_nested(&payload) {
                continue;
            }
            if ended.is_some() {
                types = ended;
            }
            survey.see(payload, &mut counts, &keep)?;
        }
        survey.functions.push(survey.init.ok_or("the snapshot has no `init`")?);
        survey.functions.sort_unstable();
        let types = types.ok_or("the snapshot has no end")?;
        for trap in &survey.traps {
            let types = types.as_ref();
            let core = types.get(types.core_function_at(*trap)).ok_or("a core function without a type")?;
            survey.trap_types.push(core.unwrap_func().clone());
        }
        Ok(survey)
    }

    fn see(
        &mut self,
        payload: Payload<'_>,
        counts: &mut Counts,
        keep: &impl Fn(&str) -> bool,
    ) -> Result<(), Fault> {
        match payload {
            Payload::ComponentTypeSection(section) => {
                for declared in section {
                    if let ComponentType::Instance(interface) = declared?
                        && let Some(lost) = Lost::of(&interface, |index| self.types.contains(&index))?
                    {
                        self.lost.insert(counts.types, lost);
                    }
                    counts.types += 1;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    match import.ty {
                        ComponentTypeRef::Instance(interface) => {
                            if !keep(import.name.name) {
                                self.instances.push(counts.instances);
                            } else if self.lost.contains_key(&interface) {
                                self.narrowed.insert(counts.instances, interface);
                            }
                            counts.instances += 1;
                        }
                        ComponentTypeRef::Func(_) => counts.functions += 1,
                        ComponentTypeRef::Type(_) => counts.types += 1,
                        _ => {}
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => counts.instances += section.count(),
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.see_alias(&alias?, counts)?;
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    match function? {
                        CanonicalFunction::Lift { .. } => counts.functions += 1,
                        function => {
                            let is_gone = match function {
                                CanonicalFunction::Lower { func_index, .. } => {
                                    self.functions.contains(&func_index)
                                }
                                CanonicalFunction::ResourceDrop { resource } => {
                                    self.types.contains(&resource)
                                }
                                _ => false,
                            };
                            if is_gone {
                                self.traps.push(counts.core_functions);
                            }
                            counts.core_functions += 1;
                        }
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    match export.kind {
                        ComponentExternalKind::Func => {
                            if export.name.name == "init" {
                                self.init = Some(counts.functions);
                            }
                            counts.functions += 1;
                        }
                        ComponentExternalKind::Instance => counts.instances += 1,
                        ComponentExternalKind::Type => counts.types += 1,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn see_alias(&mut self, alias: &ComponentAlias<'_>, counts: &mut Counts) -> Result<(), Fault> {
        match alias {
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let dropped = self.instances.contains(instance_index) || self.is_lost(*instance_index, name);
                match kind {
                    ComponentExternalKind::Func => {
                        if dropped {
                            self.functions.push(counts.functions);
                        }
                        counts.functions += 1;
                    }
                    ComponentExternalKind::Type => {
                        if dropped {
                            self.types.push(counts.types);
                        }
                        counts.types += 1;
                    }
                    _ if dropped => return Err(format!("`{name}` of a dropped import is in use").into()),
                    ComponentExternalKind::Instance => counts.instances += 1,
                    _ => {}
                }
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func, .. } => counts.core_functions += 1,
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Type, .. } => counts.types += 1,
            _ => {}
        }
        Ok(())
    }

    /// Whether an instance that stays has lost what it exported under a name.
    fn is_lost(&self, instance: u32, name: &str) -> bool {
        let lost = self.narrowed.get(&instance).and_then(|interface| self.lost.get(interface));
        lost.is_some_and(|lost| lost.names.iter().any(|lost| lost == name))
    }
}

/// A module with one trapping function for each signature, exported as `0`, `1`, ….
fn trapping_module(signatures: &[FuncType]) -> Result<Module, Fault> {
    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (index, function) in (0u32..).zip(signatures) {
        let (params, results) = signature(function)?;
        types.ty().function(params, results);
        functions.function(index);
        exports.export(&index.to_string(), ExportKind::Func, index);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&exports).section(&code);
    Ok(module)
}

/// Writes the component again without what the survey dropped.
struct Writer {
    survey: Survey,
    counts: Counts,
    depth: Depth,
}

/// `index` after the items in `removed` are gone. A use of a removed item gets a number that cannot be, so that the
/// last validation refuses it.
fn renumber(removed: &[u32], index: u32) -> u32 {
    if removed.contains(&index) {
        return u32::MAX;
    }
    let below = removed.iter().filter(|gone| **gone < index).count();
    index - u32::try_from(below).unwrap_or_default()
}

impl Reencode for Writer {
    type Error = Infallible;
}

impl ReencodeComponent for Writer {
    fn component_func_index(&mut self, index: u32) -> u32 {
        renumber(&self.survey.functions, index)
    }

    fn component_instance_index(&mut self, index: u32) -> u32 {
        renumber(&self.survey.instances, index)
    }

    // The trapping module and its instance come first.
    fn module_index(&mut self, index: u32) -> u32 {
        index + 1
    }

    fn instance_index(&mut self, index: u32) -> u32 {
        index + 1
    }
}

impl Writer {
    fn write(mut self, snapshot: &[u8], out: &mut Component) -> Result<(), Fault> {
        for payload in Parser::new(0).parse_all(snapshot) {
            let payload = payload?;
            if self.depth.is_nested(&payload) {
                continue;
            }
            self.section(snapshot, payload, out)?;
        }
        Ok(())
    }

    fn section(&mut self, snapshot: &[u8], payload: Payload<'_>, out: &mut Component) -> Result<(), Fault> {
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                copy(snapshot, ComponentSectionId::CoreModule.into(), unchecked_range, out)?;
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                copy(snapshot, ComponentSectionId::Component.into(), unchecked_range, out)?;
            }
            Payload::CustomSection(_) => {}
            Payload::ComponentTypeSection(section) => self.types(section, out)?,
            Payload::ComponentImportSection(section) => self.imports(section, out)?,
            Payload::InstanceSection(section) => {
                let mut instances = InstanceSection::new();
                self.parse_instance_section(&mut instances, section)?;
                out.section(&instances);
            }
            Payload::ComponentInstanceSection(section) => {
                self.counts.instances += section.count();
                let mut instances = ComponentInstanceSection::new();
                self.parse_component_instance_section(&mut instances, section)?;
                out.section(&instances);
            }
            Payload::ComponentAliasSection(section) => self.aliases(section, out)?,
            Payload::ComponentCanonicalSection(section) => self.canonical(section, out)?,
            Payload::ComponentExportSection(section) => self.exports(section, out)?,
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    copy(snapshot, id, range, out)?;
                }
            }
        }
        Ok(())
    }

    fn types(
        &mut self,
        section: wasmparser::ComponentTypeSectionReader<'_>,
        out: &mut Component,
    ) -> Result<(), Fault> {
        let mut types = ComponentTypeSection::new();
        for declared in section {
            let declared = declared?;
            let lost = self.survey.lost.get(&self.counts.types);
            self.counts.types += 1;
            match (declared, lost) {
                (ComponentType::Instance(interface), Some(lost)) => {
                    types.ty().instance(&lost.write(&interface, &mut RoundtripReencoder)?);
                }
                (declared, _) => RoundtripReencoder
                    .parse_component_type(types.ty(), declared)
                    .map_err(|error| error.to_string())?,
            }
        }
        out.section(&types);
        Ok(())
    }

    fn imports(
        &mut self,
        section: wasmparser::ComponentImportSectionReader<'_>,
        out: &mut Component,
    ) -> Result<(), Fault> {
        let mut imports = ComponentImportSection::new();
        for import in section {
            let import = import?;
            let mut dropped = false;
            match import.ty.kind() {
                ComponentExternalKind::Instance => {
                    dropped = self.survey.instances.contains(&self.counts.instances);
                    self.counts.instances += 1;
                }
                ComponentExternalKind::Func => self.counts.functions += 1,
                ComponentExternalKind::Type => self.counts.types += 1,
                _ => {}
            }
            if !dropped {
                let kind = self.component_type_ref(import.ty)?;
                imports.import(import.name, kind);
            }
        }
        if !imports.is_empty() {
            out.section(&imports);
        }
        Ok(())
    }

    fn aliases(
        &mut self,
        section: wasmparser::ComponentAliasSectionReader<'_>,
        out: &mut Component,
    ) -> Result<(), Fault> {
        let mut aliases = ComponentAliasSection::new();
        for alias in section {
            let alias = alias?;
            match alias {
                ComponentAlias::InstanceExport { kind: ComponentExternalKind::Func, .. } => {
                    self.counts.functions += 1;
                    if self.survey.functions.contains(&(self.counts.functions - 1)) {
                        continue;
                    }
                }
                ComponentAlias::InstanceExport { kind: ComponentExternalKind::Instance, .. } => {
                    self.counts.instances += 1;
                }
                ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. }
                | ComponentAlias::Outer { kind: ComponentOuterAliasKind::Type, .. } => {
                    self.counts.types += 1;
                    if self.survey.types.contains(&(self.counts.types - 1)) {
                        // Another type takes the number.
                        if !aliases.is_empty() {
                            out.section(&std::mem::take(&mut aliases));
                        }
                        let mut types = ComponentTypeSection::new();
                        types.ty().defined_type().primitive(PrimitiveValType::Bool);
                        out.section(&types);
                        continue;
                    }
                }
                ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func, .. } => {
                    self.counts.core_functions += 1;
                }
                _ => {}
            }
            aliases.alias(self.component_alias(alias)?);
        }
        if !aliases.is_empty() {
            out.section(&aliases);
        }
        Ok(())
    }

    fn canonical(
        &mut self,
        section: wasmparser::ComponentCanonicalSectionReader<'_>,
        out: &mut Component,
    ) -> Result<(), Fault> {
        let mut functions = CanonicalFunctionSection::new();
        for function in section {
            let function = function?;
            if matches!(function, CanonicalFunction::Lift { .. }) {
                self.counts.functions += 1;
                self.parse_component_canonical(&mut functions, function)?;
                continue;
            }
            let trap = self.survey.traps.iter().position(|trap| *trap == self.counts.core_functions);
            self.counts.core_functions += 1;
            let Some(trap) = trap else {
                self.parse_component_canonical(&mut functions, function)?;
                continue;
            };
            // The alias takes the lowering's place in the core function index space.
            if !functions.is_empty() {
                out.section(&std::mem::take(&mut functions));
            }
            let mut aliases = ComponentAliasSection::new();
            let name = trap.to_string();
            aliases.alias(Alias::CoreInstanceExport { instance: 0, kind: ExportKind::Func, name: &name });
            out.section(&aliases);
        }
        if !functions.is_empty() {
            out.section(&functions);
        }
        Ok(())
    }

    fn exports(
        &mut self,
        section: wasmparser::ComponentExportSectionReader<'_>,
        out: &mut Component,
    ) -> Result<(), Fault> {
        let mut exports = ComponentExportSection::new();
        for export in section {
            let export = export?;
            match export.kind {
                ComponentExternalKind::Func => {
                    self.counts.functions += 1;
                    if self.survey.init == Some(self.counts.functions - 1) {
                        continue;
                    }
                }
                ComponentExternalKind::Instance => self.counts.instances += 1,
                ComponentExternalKind::Type => self.counts.types += 1,
                _ => {}
            }
            self.parse_component_export(&mut exports, export)?;
        }
        if !exports.is_empty() {
            out.section(&exports);
        }
        Ok(())
    }
}

fn copy(snapshot: &[u8], id: u8, range: Range<u64>, out: &mut Component) -> Result<(), Fault> {
    out.section(&RawSection { id, data: super::slice(snapshot, range)? });
    Ok(())
}
