//! The types of what a handler imports and finds: written into a project for its editor and its `tsc`.
//!
//! The platform's interfaces come from the WIT, the manifest from its schema, the SDK and the globals from declarations
//! kept beside what they declare.

mod manifest;
mod wit;

use super::analyze::RequestKind;
use super::resolve::{Resolved, Resolver};
use super::{Error, builtin, world};
use std::fmt::Write;
use std::path::Path;

/// The platform's interfaces, the SDK and the manifest, in a project.
pub const PLATFORM: &str = "types/alga-ext.d.ts";
/// The globals of a handler. Apart, because a page of the UI has others.
pub const GLOBALS: &str = "types/alga-ext.globals.d.ts";

const NOTE: &str = "// Written by `alga-ext types`; do not edit.\n";
const SDK: &str = include_str!("../sdk/index.d.ts");
const ALL_GLOBALS: &str = include_str!("globals.d.ts");
/// What the engine itself has, beside the language.
const ENGINE: [&str; 6] = ["atob", "btoa", "queueMicrotask", "performance", "DOMException", "console"];

/// One file of declarations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// In the project, with `/`.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

impl File {
    /// Whether the project in `root` has another text there, or none.
    pub fn differs(&self, root: &Path) -> bool {
        fs_err::read(root.join(self.path)).ok().as_deref() != Some(self.text.as_bytes())
    }
}

/// Every file. The SDK is left out where the package itself is installed, which then brings its own types.
pub fn files(sdk: bool) -> Result<Vec<File>, Error> {
    let mut platform = NOTE.to_owned();
    platform.push_str(&wit::modules().map_err(|error| Error::Engine(Box::new(error)))?);
    if sdk {
        module(&mut platform, builtin::SDK, SDK);
    }
    module(&mut platform, "alga:manifest", &manifest::declaration());
    let globals = format!("{NOTE}{LIBRARIES}{}", globals());
    Ok(vec![File { path: PLATFORM, text: platform }, File { path: GLOBALS, text: globals }])
}

/// What the engine's language has beyond ES2022, where the templates' own `lib` ends.
const LIBRARIES: &str = "
/// <reference lib=\"es2024\" />
/// <reference lib=\"esnext.array\" />
/// <reference lib=\"esnext.disposable\" />
/// <reference lib=\"esnext.iterator\" />
";

/// The files for the project in `root`.
pub fn of_project(root: &Path) -> Result<Vec<File>, Error> {
    files(!is_sdk_installed(root)?)
}

/// Whether the SDK is installed as a package, which wins over ours.
fn is_sdk_installed(root: &Path) -> Result<bool, Error> {
    let root = fs_err::canonicalize(root)?;
    let resolver = Resolver::new(&root, world::interfaces().map_err(Error::Engine)?);
    let from = root.join("src/handler.ts");
    Ok(matches!(resolver.resolve(Some(&from), builtin::SDK, RequestKind::Import), Ok(Resolved::File(_))))
}

/// Adds a module's declaration around its body; a comment at the body's start is for us.
fn module(text: &mut String, name: &str, body: &str) {
    let body =
        body.split_once("\n\n").filter(|(head, _)| head.starts_with("// ")).map_or(body, |(_, body)| body);
    let _ = writeln!(text, "\ndeclare module '{name}' {{");
    for line in body.lines() {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "  {line}") };
    }
    text.push_str("}\n");
}

/// The declarations of the globals that are there.
fn globals() -> String {
    let mut text = String::new();
    for (names, body) in parts() {
        if names.iter().all(|name| is_there(name)) {
            let _ = write!(text, "\n{}\n", beside_dom(body.trim()));
        }
    }
    text
}

/// Lets a global that the library `DOM` declares too, where a project asks for that, be the library's: two variables of
/// one name must have one type.
fn beside_dom(body: &str) -> String {
    const DECLARED: &str = "declare var ";
    let mut text = String::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        match line.strip_prefix(DECLARED).and_then(|rest| rest.split_once(": {")) {
            Some((name, rest)) => {
                let _ = write!(
                    text,
                    "{DECLARED}{name}: typeof globalThis extends {{ onmessage: any; {name}: infer Library }} ? Library : {{{rest}"
                );
            }
            None => text.push_str(line),
        }
    }
    text
}

fn is_there(name: &str) -> bool {
    ENGINE.contains(&name)
        || builtin::GLOBALS.iter().any(|(word, global, _)| *word == name || *global == name)
}

/// The parts of `globals.d.ts`: the globals each needs, the first of them the one it declares, and its text.
fn parts() -> impl Iterator<Item = (Vec<&'static str>, &'static str)> {
    ALL_GLOBALS.split("\n//@ ").skip(1).map(|part| {
        let (names, body) = part.split_once('\n').unwrap_or((part, ""));
        (names.split(' ').collect(), body)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The names that `export <kind> name` declares.
    fn exported(text: &str, kinds: &[&str]) -> BTreeSet<String> {
        let names = text.lines().filter_map(|line| {
            let rest = line.trim_start().strip_prefix("export ")?;
            let rest = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
            Some(rest.trim().split(|character: char| !character.is_alphanumeric()).next()?.to_owned())
        });
        names.collect()
    }

    #[test]
    fn the_sdks_declaration_has_the_functions_of_the_sdk() {
        let source = builtin::source("sdk/index").unwrap();
        let mut functions = exported(source, &["function ", "async function "]);
        for line in source.lines().filter_map(|line| line.strip_prefix("export { ")) {
            let names = line.split(" }").next().unwrap().split(", ");
            functions.extend(names.map(str::to_owned));
        }
        assert_eq!(exported(SDK, &["function "]), functions);
    }

    #[test]
    fn the_sdks_declaration_has_the_groups_and_functions_of_the_host_bindings() {
        let body = |interface: &str| {
            let (_, rest) = SDK.split_once(&format!("interface {interface} {{\n")).unwrap();
            rest.split_once("\n}").unwrap().0.to_owned()
        };
        let bindings = body("HostBindings");
        let lines: Vec<(&str, &str)> =
            bindings.lines().map(|line| line.trim().split_once(": ").unwrap()).collect();
        let keys: Vec<&str> = lines.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, builtin::GROUPS.map(|group| group.key));
        for (group, (_, shape)) in builtin::GROUPS.iter().zip(lines) {
            let shape = shape.trim_end_matches(';');
            let text = if shape.starts_with('{') { shape.to_owned() } else { body(shape) };
            for function in group.functions {
                let declared = [format!("{function}("), format!("{function}?(")];
                assert!(
                    declared.iter().any(|start| text.contains(start.as_str())),
                    "`{}.{function}` is not declared",
                    group.key
                );
            }
        }
    }

    #[test]
    fn every_global_of_the_prelude_is_declared() {
        let declared: BTreeSet<&str> = parts().flat_map(|(names, _)| names).collect();
        for (_, global, _) in builtin::GLOBALS {
            // Parts of the language, which TypeScript's own library declares.
            if !["Math", "Array", "Date"].contains(&global) {
                assert!(declared.contains(global), "`{global}` is not in types/globals.d.ts");
            }
        }
        assert!(globals().contains("declare var console"), "{}", globals());
    }

    #[test]
    fn the_sdk_is_left_out_when_asked() {
        let text = |sdk| files(sdk).unwrap().remove(0).text;
        assert!(
            text(true).contains("declare module '@alga-psa/extension-runtime' {\n  /** One header line.")
        );
        assert!(!text(false).contains(builtin::SDK));
    }
}
