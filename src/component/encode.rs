//! A core module made a component: its own bindings' metadata, or the world's, and the preview-1 adapter.

use super::{Error, HANDLER, read, resolve};
use wasi_preview1_component_adapter_provider as adapter;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Makes a component of a core module. Metadata that bindings left in the module says which world it is for;
/// without any it is taken to be for `runner`. Imports from WASI preview 1 go through the adapter.
pub fn from_module(module: &[u8]) -> Result<Vec<u8>, Error> {
    let outside = read::read(module)?;
    let has_metadata = outside.sections.iter().any(|section| section.name.starts_with("component-type"));
    let mut module = module.to_vec();
    if !has_metadata {
        if !outside.exports.iter().any(|export| export == HANDLER) {
            return Err(Error::NoHandler { exports: outside.exports });
        }
        let (resolve, world) = resolve()?;
        embed_component_metadata(&mut module, resolve, *world, StringEncoding::UTF8)
            .map_err(|error| failed(&error))?;
    }
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    encoder.module(&module).map_err(|error| failed(&error))?;
    if outside.imports.iter().any(|import| import == adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME) {
        // A program with a `main` is called through it; everything else is a library that is only called into.
        let is_program = outside.exports.iter().any(|export| export == "_start");
        let bytes = if is_program {
            adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
        } else {
            adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
        };
        let name = adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
        encoder.adapter(name, bytes).map_err(|error| failed(&error))?;
    }
    encoder.encode().map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::Encode { message: format!("{error:#}") }
}
