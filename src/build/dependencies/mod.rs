//! What a component is made of besides the project's own files: packages and crates, with licences and hashes.

mod npm;

pub(super) use npm::{lock_of, package_of};

use super::{Engine, Error, Source, javascript, rust};
use crate::bundle::Digest;
use crate::component::Identity;
use crate::project::Project;
use crate::toolchain::Tools;

/// Where a dependency is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registry {
    /// crates.io, or another of cargo's.
    Cargo,
    /// The npm registry.
    Npm,
    /// This program: it came with it.
    Own,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// Where it is from.
    pub registry: Registry,
    /// Its name, for npm with its scope.
    pub name: String,
    /// Its version, when it says one.
    pub version: Option<String>,
    /// Its licence, as it says it.
    pub licence: Option<String>,
    /// Hashes of its archive: the algorithm by the name of CycloneDX, and hexadecimal digits.
    pub hashes: Vec<(String, String)>,
}

/// What an extension was made of. For JavaScript that is what really is in its component; for Rust, the crates that the
/// handler's crate needs on its target; for a UI with a build of its own, the packages that its `package.json` needs.
pub fn dependencies(
    project: &Project,
    identity: Option<&Identity>,
    tools: &Tools,
) -> Result<Vec<Dependency>, Error> {
    let mut all = match identity {
        Some(identity) if identity.engine == Engine::QuickJs.as_str() => {
            let mut all = npm::of_component(&project.root, &identity.packages);
            all.extend(engine());
            all
        }
        Some(_) => match Source::find(project)? {
            Source::Rust { manifest } => rust::dependencies(&manifest, &project.root, tools)?,
            _ => Vec::new(),
        },
        None => Vec::new(),
    };
    all.extend(ui_package(project).map(|folder| npm::of_package(&folder)).unwrap_or_default());
    all.sort();
    all.dedup();
    Ok(all)
}

/// The folder of the package that a UI with a build of its own is made from.
pub fn ui_package(project: &Project) -> Option<std::path::PathBuf> {
    let ui = &project.config.ui;
    let is_built = ui.command.is_some() || ui.dir.is_some();
    is_built.then(|| package_of(&project.ui(), &project.root)).flatten()
}

/// The JavaScript engine, as it goes into every component of JavaScript.
fn engine() -> Vec<Dependency> {
    let own = |name: &str, version: &str, licence: &str, hashes: Vec<(String, String)>| Dependency {
        registry: Registry::Own,
        name: name.into(),
        version: Some(version.into()),
        licence: Some(licence.into()),
        hashes,
    };
    let runtime = vec![("SHA-256".to_owned(), Digest::of(javascript::shipped_runtime()).hex())];
    let cargo = |name: &str, version: &str, licence: &str| Dependency {
        registry: Registry::Cargo,
        ..own(name, version, licence, Vec::new())
    };
    vec![
        own("alga-ext", env!("CARGO_PKG_VERSION"), "Apache-2.0", Vec::new()),
        own("componentize-qjs-runtime", "0.4.5", "Apache-2.0", runtime),
        // As the runtime's own bill of materials lists them; the last of them holds QuickJS-ng.
        cargo("rquickjs", "0.13.0", "MIT"),
        cargo("rquickjs-core", "0.13.0", "MIT"),
        cargo("rquickjs-sys", "0.13.0", "MIT"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_the_one_in_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        let runtime = engine().into_iter().find(|part| part.name == "componentize-qjs-runtime").unwrap();
        let version = runtime.version.unwrap();
        assert!(lock.contains(&format!("name = \"componentize-qjs\"\nversion = \"{version}\"")));
    }
}
