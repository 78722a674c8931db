//! What lies around a project: lock files, and what a build reads above the project's folder.

use super::record::{self, Record};
use super::{Error, dependencies};
use crate::bundle::Digest;
use crate::project::Project;
use std::collections::BTreeSet;

/// Files that decide how those beside and below them are found and built.
const BESIDE: [&str; 6] =
    ["Cargo.toml", "package.json", "pnpm-workspace.yaml", "tsconfig.json", "rust-toolchain.toml", ".npmrc"];

/// The lock files that say which dependencies the project has, with their hashes: those at its root, that of a UI with a
/// build of its own, and those of npm's and cargo's workspaces above it.
pub fn locks(project: &Project) -> Result<Vec<(String, Digest)>, Error> {
    const NAMES: [&str; 6] =
        ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "Cargo.lock"];
    let mut paths: BTreeSet<String> = NAMES.into_iter().map(str::to_owned).collect();
    let inputs = Record::read(project)?.map(|record| record.inputs).unwrap_or_default();
    paths.extend(inputs.into_keys().filter(|path| path.ends_with("/Cargo.lock")));
    let packages = dependencies::package_of(&project.root, &project.root).into_iter();
    let packages = packages.chain(dependencies::ui_package(project));
    let found = packages.filter_map(|folder| dependencies::lock_of(&folder));
    paths.extend(found.map(|place| record::relative(&project.root, &place.file)));
    let mut locks = Vec::new();
    for path in paths {
        match fs_err::File::open(project.root.join(&path)) {
            Ok(mut file) => locks.push((path, Digest::of_reader(&mut file)?.0)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(locks)
}

/// Files outside the project's folder that the last build read, or that say which dependencies it has and how they are
/// found; relative to the project, through `..`. Installed packages are not among them.
pub fn outside(project: &Project) -> Result<Vec<String>, Error> {
    let inputs = Record::read(project)?.map(|record| record.inputs).unwrap_or_default();
    let locks = locks(project)?.into_iter().map(|(path, _)| path);
    let is_outside =
        |path: &String| path.starts_with("../") && !path.split('/').any(|name| name == "node_modules");
    let mut outside: BTreeSet<String> = inputs.into_keys().chain(locks).filter(is_outside).collect();
    for path in outside.clone() {
        for (end, _) in path.match_indices('/') {
            let folder = path.get(..end).unwrap_or_default();
            let beside = BESIDE.iter().map(|name| format!("{folder}/{name}"));
            outside.extend(beside.filter(|path| project.root.join(path).is_file()));
        }
    }
    Ok(outside.into_iter().collect())
}
