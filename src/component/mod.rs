//! What a `.wasm` is: module or component, its imports and exports, and whether it fits the world.

mod compare;
mod encode;
mod read;
mod sections;
mod types;
mod world;

pub use compare::compare;
pub use encode::from_module;
pub use read::{Component, Kind, Section, read, validate};
pub use sections::{Identity, Package, stamp, strip};
pub use world::{Problem, check_world};

use crate::exit::Exit;
use std::sync::OnceLock;
use wit_parser::{Resolve, WorldId};

/// The package `alga:extension`, as text: the only copy.
pub const WIT: &str = include_str!("../../wit/extension.wit");
/// The package's name.
pub const PACKAGE: &str = "alga:extension";
/// The world extensions are made for.
pub const WORLD: &str = "runner";
/// The one function an extension exports, at the root (contract/runner.md §6.5).
pub const HANDLER: &str = "handler";

/// Why bytes are no component, or could not be made one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else than WebAssembly.
    #[error("this is {found}, not a WebAssembly binary")]
    NotWasm {
        /// What it looks like.
        found: &'static str,
    },
    /// The bytes end too early.
    #[error("the WebAssembly binary is cut off: {message}")]
    Truncated {
        /// What was being read, and where.
        message: String,
    },
    /// The bytes say something that cannot be.
    #[error("the WebAssembly binary is malformed: {message}")]
    Malformed {
        /// What is wrong, and where.
        message: String,
    },
    /// The bytes hold a WIT package and no code.
    #[error("this is a WIT package encoded as WebAssembly: it holds interfaces and no code")]
    WitPackage,
    /// A core module lacks what every handler has.
    #[error("the module does not export `handler`; it exports {}", list(exports))]
    NoHandler {
        /// What it exports instead.
        exports: Vec<String>,
    },
    /// A core module that cannot be lifted to the world.
    #[error("the module cannot be made a component: {message}")]
    Encode {
        /// What `wit-component` says.
        message: String,
    },
    /// The package in `wit/` does not parse; a test keeps this from happening.
    #[error("the package `alga:extension` of this tool does not parse: {message}")]
    Package {
        /// What `wit-parser` says.
        message: String,
    },
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::NotWasm { .. }
            | Error::Truncated { .. }
            | Error::Malformed { .. }
            | Error::WitPackage
            | Error::NoHandler { .. }
            | Error::Encode { .. } => Exit::AtFault,
            Error::Package { .. } => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::NotWasm { .. } => Some("name the `.wasm` file that the compiler writes".into()),
            Error::Truncated { .. } | Error::Malformed { .. } => {
                Some("build it again; the file was not written whole or is made by a newer format".into())
            }
            Error::WitPackage => Some("name the component that implements the world, not its WIT".into()),
            Error::NoHandler { .. } => Some(
                "export the world's one function, `handler: func(request: execute-request) -> execute-response`; \
                 `alga-ext wit` prints the world"
                    .into(),
            ),
            Error::Encode { .. } => {
                Some("generate the bindings from the world that `alga-ext wit` prints, and export them".into())
            }
            Error::Package { .. } => None,
        }
    }
}

/// The package and its world `runner`, resolved once.
pub fn resolve() -> Result<&'static (Resolve, WorldId), Error> {
    static RESOLVED: OnceLock<Result<(Resolve, WorldId), String>> = OnceLock::new();
    let resolved = RESOLVED.get_or_init(|| {
        let failed = |error: &dyn std::fmt::Display| format!("{error:#}");
        let mut resolve = Resolve::default();
        let package = resolve.push_str("extension.wit", WIT).map_err(|error| failed(&error))?;
        let world = resolve.select_world(&[package], Some(WORLD)).map_err(|error| failed(&error))?;
        Ok((resolve, world))
    });
    resolved.as_ref().map_err(|message| Error::Package { message: message.clone() })
}

/// Names in backticks, or `nothing`.
fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".into();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
