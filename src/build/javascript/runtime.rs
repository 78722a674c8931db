//! The QuickJS runtime, narrowed: of WASI only the two clocks stay imports, a small library stands in for the rest.

use super::Fault;
use std::borrow::Cow;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, CustomSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemArg,
    MemoryType, Module, RawSection, TypeSection,
};
use wasmparser::{FuncType, Parser, Payload, TypeRef};

/// The interface of the runtime's clock, which timers wait by.
pub(super) const MONOTONIC_CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.0";
/// The interface a timer needs beside it.
pub(super) const POLL: &str = "wasi:io/poll@0.2.0";

/// What a timer waits for.
pub(super) const IO: &str = "package wasi:io@0.2.0;
interface poll { resource pollable { block: func(); } }";

/// The WASI functions that stay imports, at the oldest version, which every host links. The runtime itself waits for
/// nothing; bindings of the same interface do.
pub(super) const CLOCKS: &str = "package wasi:clocks@0.2.0;
interface monotonic-clock {
  use wasi:io/poll@0.2.0.{pollable};
  type instant = u64;
  now: func() -> instant;
  subscribe-duration: func(when: u64) -> pollable;
}
interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }
world clocks { import monotonic-clock; import wall-clock; }";

/// The `dylink.0` section of a library without memory or table of its own.
const DYLINK: [u8; 6] = [1, 4, 0, 0, 0, 0];

/// The runtime as it is linked: itself, and the library that answers what it asks of the rest of WASI.
pub(super) struct Narrowed {
    /// The runtime.
    pub(super) runtime: Vec<u8>,
    /// What stands in for files, streams and the environment.
    pub(super) stand_in: Vec<u8>,
}

/// A function of WASI that is answered inside the component.
struct Stub {
    symbol: String,
    function: FuncType,
}

/// The runtime as it is shipped, in the variant made for size. Measured with the TypeScript template, against the
/// variant made for speed: component 1.45 MB against 1.99, with zstd 494 KB against 569 (a bundle has 600), a request
/// in a fresh instance 550 µs against 530 at best on a busy machine; most of a request is memory, not code.
pub(super) fn shipped() -> &'static [u8] {
    componentize_qjs::opt_size_sync_runtime_wasm()
}

/// Turns every core import from WASI but the clocks into the symbol of a library, and makes that library.
pub(super) fn narrow(runtime: &[u8]) -> Result<Narrowed, Fault> {
    let mut module = Module::new();
    let mut types: Vec<FuncType> = Vec::new();
    let mut stubs = Vec::new();
    for payload in Parser::new(0).parse_all(runtime) {
        let payload = payload?;
        match &payload {
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    types.extend(group?.into_types().map(|kind| kind.unwrap_func().clone()));
                }
            }
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                for import in section.clone().into_imports() {
                    let import = import?;
                    let entity =
                        RoundtripReencoder.entity_type(import.ty).map_err(|error| error.to_string())?;
                    match import.ty {
                        TypeRef::Func(index) if is_stubbed(import.module, import.name) => {
                            let module = import.module.split('@').next().unwrap_or_default();
                            let symbol = format!("{module}#{}", import.name);
                            let function = types.get(index as usize).ok_or("an import without a type")?;
                            imports.import("env", &symbol, entity);
                            stubs.push(Stub { symbol, function: function.clone() });
                        }
                        _ => {
                            imports.import(import.module, import.name, entity);
                        }
                    }
                }
                module.section(&imports);
                continue;
            }
            // The worlds of the runtime's own libraries; nothing of them is imported any more.
            Payload::CustomSection(section)
                if section.name() == ".dep-v0"
                    || section.name().starts_with("component-type")
                        && !section.name().contains("local:init") =>
            {
                continue;
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let data = super::slice(runtime, range)?;
            module.section(&RawSection { id, data });
        }
    }
    let mut runtime = module.finish();
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_str("io.wit", IO)?;
    let package = resolve.push_str("clocks.wit", CLOCKS)?;
    let world = resolve.select_world(&[package], Some("clocks"))?;
    wit_component::embed_component_metadata(
        &mut runtime,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
    )?;
    Ok(Narrowed { runtime, stand_in: stand_in(&stubs)? })
}

fn is_stubbed(module: &str, name: &str) -> bool {
    let wasi = module.starts_with("wasi:") || module == "wasi_snapshot_preview1";
    wasi && !(module.starts_with("wasi:clocks/") && name == "now")
}

/// The library: one exported function for each stub.
fn stand_in(stubs: &[Stub]) -> Result<Vec<u8>, Fault> {
    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (index, stub) in (0u32..).zip(stubs) {
        let (params, results) = signature(&stub.function)?;
        types.ty().function(params, results);
        functions.function(index);
        exports.export(&stub.symbol, ExportKind::Func, index);
        code.function(&stub_body(stub));
    }
    let mut imports = ImportSection::new();
    let memory =
        MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import("env", "memory", memory);
    let mut module = Module::new();
    module.section(&CustomSection { name: Cow::Borrowed("dylink.0"), data: Cow::Borrowed(&DYLINK) });
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    Ok(module.finish())
}

/// A core signature, as the encoder wants it.
pub(super) fn signature(
    function: &FuncType,
) -> Result<(Vec<wasm_encoder::ValType>, Vec<wasm_encoder::ValType>), Fault> {
    let convert = |types: &[wasmparser::ValType]| -> Result<Vec<_>, Fault> {
        types
            .iter()
            .map(|kind| RoundtripReencoder.val_type(*kind).map_err(|error| error.to_string().into()))
            .collect()
    };
    Ok((convert(function.params())?, convert(function.results())?))
}

/// What a stubbed function does: there is nothing to read and nowhere to write, and output is dropped.
/// Anything else cannot happen in a handler, and traps.
fn stub_body(stub: &Stub) -> Function {
    let mut body = Function::new([]);
    let at = |offset: u64, align: u32| MemArg { offset, align, memory_index: 0 };
    // A result that does not fit one value is written to the address in the last parameter.
    let result = u32::try_from(stub.function.params().len().saturating_sub(1)).unwrap_or_default();
    let name = stub.symbol.split_once('#').map_or("", |(_, name)| name);
    let mut code = body.instructions();
    match name {
        "reset_adapter_state" => {}
        name if name.starts_with("[resource-drop]") => {}
        "get-environment" | "get-directories" => {
            code.local_get(result).i64_const(0).i64_store(at(0, 2));
        }
        "get-stdin" | "get-stdout" | "get-stderr" => {
            code.i32_const(1);
        }
        "get-terminal-stdin"
        | "get-terminal-stdout"
        | "get-terminal-stderr"
        | "[method]output-stream.write"
        | "[method]output-stream.blocking-flush" => {
            code.local_get(result).i32_const(0).i32_store8(at(0, 0));
        }
        "[method]output-stream.check-write" => {
            code.local_get(result).i32_const(0).i32_store8(at(0, 0));
            code.local_get(result).i64_const(65_536).i64_store(at(8, 3));
        }
        // Seeds the hash tables; secure randomness comes from `wasi:random/random`.
        "insecure-seed" => {
            code.local_get(result).i64_const(0x5eed_0001).i64_store(at(0, 3));
            code.local_get(result).i64_const(0x5eed_0002).i64_store(at(8, 3));
        }
        _ => {
            code.unreachable();
        }
    }
    code.end();
    body
}
