//! The crates a handler's crate needs on its target, with licences as they say them and hashes from `Cargo.lock`.

use super::{Cargo, Error, handler_crate, target};
use crate::build::dependencies::{Dependency, Registry};
use crate::files;
use crate::toolchain::Tools;
use cargo_metadata::{DependencyKind, Metadata, PackageId};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// The largest lock file that is read.
const LARGEST: u64 = 64 << 20;

/// `Cargo.lock`, as far as it is read.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

/// One crate in it.
#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// What the handler's crate of `manifest` is built with, without itself, and without what only builds or tests it.
pub(in crate::build) fn dependencies(
    manifest: &Path,
    root: &Path,
    tools: &Tools,
) -> Result<Vec<Dependency>, crate::build::Error> {
    let cargo = Cargo { root, tools };
    let target = target::choose(root, tools)?;
    let metadata = cargo.metadata_with(manifest, &["--filter-platform", &target])?;
    let handler = handler_crate(&metadata, manifest)?.id.clone();
    let checksums = checksums(metadata.workspace_root.as_std_path())?;
    let needed = needed(&metadata, &handler);
    let packages = metadata.packages.iter().filter(|package| needed.contains(&package.id));
    Ok(packages
        .map(|package| {
            let (name, version) = (package.name.to_string(), package.version.to_string());
            let checksum = checksums.get(&(name.clone(), version.clone())).cloned();
            Dependency {
                registry: Registry::Cargo,
                name,
                version: Some(version),
                licence: package.license.clone(),
                hashes: checksum.map(|checksum| ("SHA-256".to_owned(), checksum)).into_iter().collect(),
            }
        })
        .collect())
}

/// Everything that is reached from `handler` without a step that only builds or tests.
fn needed(metadata: &Metadata, handler: &PackageId) -> BTreeSet<PackageId> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: HashMap<&PackageId, _> = nodes.map(|node| (&node.id, node)).collect();
    let mut found = BTreeSet::new();
    let mut waiting = vec![handler];
    while let Some(id) = waiting.pop() {
        for step in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
            let is_normal = step.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if is_normal && found.insert(step.pkg.clone()) {
                waiting.push(&step.pkg);
            }
        }
    }
    found
}

fn checksums(workspace: &Path) -> Result<HashMap<(String, String), String>, Error> {
    let file = workspace.join("Cargo.lock");
    let Ok(text) = files::read_text(&file, LARGEST) else { return Ok(HashMap::new()) };
    let lock: Lock =
        toml::from_str(&text).map_err(|source| Error::Configuration { file, source: Box::new(source) })?;
    let entry = |locked: Locked| Some(((locked.name, locked.version), locked.checksum?));
    Ok(lock.package.into_iter().filter_map(entry).collect())
}
