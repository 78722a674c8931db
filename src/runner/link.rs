//! Whether a component fits the platform, and by name what does not.

use super::state::State;
use super::{Cause, Error};
use crate::host::{self, bindings::RunnerPre};
use crate::manifest::Capability;
use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, Linker};

/// What the handler takes and gives (contract/runner.md §1.4), in the words of [`describe`].
const REQUEST: &str = "record { context: record { request-id: option<string>, tenant-id: string, \
    extension-id: string, install-id: option<string>, version-id: option<string> }, http: record { \
    method: string, url: string, headers: list<record { name: string, value: string }>, body: option<list<u8>> } }";
const RESPONSE: &str =
    "record { status: u16, headers: list<record { name: string, value: string }>, body: option<list<u8>> }";

/// Everything a component may import.
pub(super) fn linker(engine: &Engine) -> Result<Linker<State>, Error> {
    let mut linker = Linker::new(engine);
    let added =
        host::add_to_linker(&mut linker).and_then(|()| wasmtime_wasi::p2::add_to_linker_async(&mut linker));
    added.map_err(|error| Error::Engine(Cause::from(error)))?;
    Ok(linker)
}

/// What the runtime of a source imports beside: the script is one file, so nothing is found under any name.
pub(super) fn with_loader(linker: &Linker<State>) -> wasmtime::Result<Linker<State>> {
    let mut linker = linker.clone();
    refuse_modules(&mut linker)?;
    Ok(linker)
}

/// Links a loader of modules that finds none, whatever a store holds.
pub fn refuse_modules<T: 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut loader = linker.instance("local:init/module-loader")?;
    let refusal = "modules are loaded by the build";
    loader.func_wrap("resolve", move |_, (_, _): (String, String)| {
        Ok((Err::<String, _>(refusal.to_owned()),))
    })?;
    loader.func_wrap("load", move |_, (_,): (String,)| Ok((Err::<String, _>(refusal.to_owned()),)))
}

/// Resolves a component's imports once for all calls, and finds its handler.
pub(super) fn link(linker: &Linker<State>, component: &Component) -> Result<RunnerPre<State>, Error> {
    let engine = component.engine();
    let kind = component.component_type();
    let imports: Vec<&str> = kind.imports(engine).map(|(name, _)| name).collect();
    let foreign: Vec<String> =
        imports.iter().filter(|name| !is_offered(name)).map(|name| format!("`{name}`")).collect();
    let pre = linker.instantiate_pre(component).map_err(|error| {
        let what = if foreign.is_empty() {
            mismatch(&error)
        } else {
            let way = if foreign.iter().any(|name| name.starts_with("`wasi:http/")) {
                // The platform links it, past every capability and allowlist (contract/runner.md §8 A3).
                "; requests go out through `alga:extension/http` under `cap:http.fetch`"
            } else {
                ""
            };
            format!("it imports {}{way}", foreign.join(", "))
        };
        Error::Link { what, source: Cause::from(error) }
    })?;
    let exports: Vec<String> = kind.exports(engine).map(|(name, _)| format!("`{name}`")).collect();
    match kind.exports(engine).find(|(name, _)| *name == "handler").map(|(_, export)| export.ty) {
        Some(ComponentItem::ComponentFunc(handler)) => check_handler(&handler)?,
        Some(_) => return Err(Error::Handler("its export `handler` is no function".into())),
        None if exports.is_empty() => return Err(Error::Handler("it exports nothing".into())),
        None => return Err(Error::Handler(format!("it exports {}", exports.join(", ")).into())),
    }
    RunnerPre::new(pre).map_err(|error| Error::Handler(Cause::from(error)))
}

/// Whether the platform has an interface of that name; its functions may still differ.
fn is_offered(import: &str) -> bool {
    let name = import.split('@').next().unwrap_or(import);
    match name.split_once('/') {
        Some(("alga:extension", interface)) => {
            interface == "types" || Capability::of_interface(interface).is_some()
        }
        Some((package, _)) => {
            matches!(
                package,
                "wasi:io" | "wasi:clocks" | "wasi:random" | "wasi:cli" | "wasi:filesystem" | "wasi:sockets"
            )
        }
        None => false,
    }
}

/// The engine's chain of causes as one line: which instance, which function, what differs.
fn mismatch(error: &wasmtime::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.join(": ")
}

fn check_handler(handler: &ComponentFunc) -> Result<(), Error> {
    let params: Vec<String> = handler.params().map(|(_, kind)| describe(&kind)).collect();
    let results: Vec<String> = handler.results().map(|kind| describe(&kind)).collect();
    if params == [REQUEST] && results == [RESPONSE] && !handler.async_() {
        return Ok(());
    }
    let (params, results) = (params.join(", "), results.join(", "));
    Err(Error::Handler(format!("its `handler` is func({params}) -> ({results})").into()))
}

/// A type in WIT's words, with records spelled out.
fn describe(kind: &Type) -> String {
    let fields = |fields: Vec<String>| fields.join(", ");
    match kind {
        Type::Bool => "bool".into(),
        Type::U8 => "u8".into(),
        Type::U16 => "u16".into(),
        Type::U32 => "u32".into(),
        Type::U64 => "u64".into(),
        Type::S8 => "s8".into(),
        Type::S16 => "s16".into(),
        Type::S32 => "s32".into(),
        Type::S64 => "s64".into(),
        Type::Float32 => "f32".into(),
        Type::Float64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::List(list) => format!("list<{}>", describe(&list.ty())),
        Type::Option(option) => format!("option<{}>", describe(&option.ty())),
        Type::Tuple(tuple) => {
            format!("tuple<{}>", fields(tuple.types().map(|kind| describe(&kind)).collect()))
        }
        Type::Record(record) => {
            let named = record.fields().map(|field| format!("{}: {}", field.name, describe(&field.ty)));
            format!("record {{ {} }}", fields(named.collect()))
        }
        Type::Result(result) => {
            let side = |kind: Option<Type>| kind.map_or("_".into(), |kind| describe(&kind));
            format!("result<{}, {}>", side(result.ok()), side(result.err()))
        }
        Type::Enum(cases) => format!("enum {{ {} }}", fields(cases.names().map(str::to_owned).collect())),
        Type::Flags(flags) => format!("flags {{ {} }}", fields(flags.names().map(str::to_owned).collect())),
        Type::Variant(variant) => {
            format!("variant {{ {} }}", fields(variant.cases().map(|case| case.name.to_owned()).collect()))
        }
        _ => "another type".into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::runner::{Error, Runner};

    fn refused(wat: &str) -> (String, String) {
        let runner = Runner::new(None).unwrap();
        let error = runner.load(&wat::parse_str(wat).unwrap()).expect_err("it is refused");
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(error.hint().is_some(), "{error}");
        (error.to_string(), cause)
    }

    #[test]
    fn imports_the_platform_does_not_have_are_all_named() {
        let (what, _) = refused(
            r#"(component
              (import "wasi:http/outgoing-handler@0.2.0" (instance (export "x" (func))))
              (import "alga:extension/billing" (instance (export "x" (func))))
              (import "wasi:clocks/wall-clock@0.2.6" (instance)))"#,
        );
        assert!(what.contains("`wasi:http/outgoing-handler@0.2.0`, `alga:extension/billing`"), "{what}");
        assert!(!what.contains("wall-clock"), "{what}");
        assert!(what.contains("`alga:extension/http`"), "the way out is named: {what}");
    }

    #[test]
    fn a_function_of_another_form_is_named() {
        let (what, _) = refused(
            r#"(component (import "alga:extension/secrets" (instance
              (export "get" (func (param "key" u32) (result string))))))"#,
        );
        assert!(what.contains("alga:extension/secrets") && what.contains("get"), "{what}");
        let (what, _) =
            refused(r#"(component (import "alga:extension/secrets" (instance (export "set" (func)))))"#);
        assert!(what.contains("set"), "{what}");
    }

    #[test]
    fn a_component_without_a_fitting_handler_says_what_it_exports() {
        let (_, cause) = refused("(component)");
        assert_eq!(cause, "it exports nothing");
        let (_, cause) = refused(r#"(component (instance $i) (export "handle" (instance $i)))"#);
        assert_eq!(cause, "it exports `handle`");
        let (_, cause) = refused(r#"(component (instance $i) (export "handler" (instance $i)))"#);
        assert_eq!(cause, "its export `handler` is no function");
        let (_, cause) = refused(
            r#"(component (core module $m (func (export "f") (param i32) (result i32) (local.get 0)))
              (core instance $i (instantiate $m))
              (func (export "handler") (param "x" u8) (result bool) (canon lift (core func $i "f"))))"#,
        );
        assert_eq!(cause, "its `handler` is func(u8) -> (bool)");
    }

    #[test]
    fn what_is_no_component_is_refused() {
        let runner = Runner::new(None).unwrap();
        for bytes in [b"".as_slice(), b"nonsense", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0\x01"] {
            assert!(matches!(runner.load(bytes), Err(Error::Compile(_))), "{bytes:?}");
        }
    }
}
