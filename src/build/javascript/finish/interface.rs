//! An imported interface without what needs a type of an interface that is dropped.

use crate::build::javascript::Fault;
use std::convert::Infallible;
use wasm_encoder::reencode::{Reencode, ReencodeComponent};
use wasm_encoder::{InstanceType, PrimitiveValType};
use wasmparser::{ComponentAlias, ComponentOuterAliasKind, ComponentTypeRef, InstanceTypeDeclaration};

/// What an interface loses.
pub(super) struct Lost {
    /// Which declarations go.
    declarations: Vec<bool>,
    /// What is no longer exported.
    pub(super) names: Vec<String>,
}

impl Lost {
    /// What `interface` loses when the types of the component that `is_gone` names are not there; `None` when nothing.
    pub(super) fn of(
        interface: &[InstanceTypeDeclaration<'_>],
        is_gone: impl Fn(u32) -> bool,
    ) -> Result<Option<Lost>, Fault> {
        let mut types = Vec::new();
        let mut lost = Lost { declarations: Vec::new(), names: Vec::new() };
        for declaration in interface {
            let gone = match declaration {
                InstanceTypeDeclaration::Alias(ComponentAlias::Outer {
                    kind: ComponentOuterAliasKind::Type,
                    count: 1,
                    index,
                }) => is_gone(*index),
                declaration => References::of(declaration)?
                    .iter()
                    .any(|index| types.get(*index as usize).copied().unwrap_or_default()),
            };
            if let (true, InstanceTypeDeclaration::Export { name, .. }) = (gone, declaration) {
                lost.names.push(name.name.to_owned());
            }
            if makes_type(declaration) {
                types.push(gone);
            }
            lost.declarations.push(gone);
        }
        Ok(lost.declarations.contains(&true).then_some(lost))
    }

    /// Writes the interface. A type that goes leaves another, so that those after it keep their numbers.
    pub(super) fn write<R: ReencodeComponent<Error = Infallible>>(
        &self,
        interface: &[InstanceTypeDeclaration<'_>],
        reencoder: &mut R,
    ) -> Result<InstanceType, Fault> {
        let mut written = InstanceType::new();
        for (declaration, gone) in interface.iter().zip(&self.declarations) {
            if !gone {
                let declaration = declaration.clone();
                reencoder
                    .parse_component_instance_type_declaration(&mut written, declaration)
                    .map_err(|error| error.to_string())?;
            } else if makes_type(declaration) {
                written.ty().defined_type().primitive(PrimitiveValType::Bool);
            }
        }
        Ok(written)
    }
}

/// Whether a declaration takes a number among the types of its interface.
fn makes_type(declaration: &InstanceTypeDeclaration<'_>) -> bool {
    matches!(
        declaration,
        InstanceTypeDeclaration::Type(_)
            | InstanceTypeDeclaration::Alias(ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Type,
                ..
            })
            | InstanceTypeDeclaration::Export { ty: ComponentTypeRef::Type(_), .. }
    )
}

/// The types a declaration is made of, found by writing it.
struct References(Vec<u32>);

impl References {
    fn of(declaration: &InstanceTypeDeclaration<'_>) -> Result<Vec<u32>, Fault> {
        let mut references = References(Vec::new());
        references
            .parse_component_instance_type_declaration(&mut InstanceType::new(), declaration.clone())
            .map_err(|error| error.to_string())?;
        Ok(references.0)
    }
}

impl Reencode for References {
    type Error = Infallible;
}

impl ReencodeComponent for References {
    fn component_type_index(&mut self, index: u32) -> u32 {
        self.0.push(index);
        index
    }
}
