//! The shape of the tree: the top level, the size and first line of files, names, templates.

use super::File;
use crate::Problem;
use std::path::Path;

/// Everything the top level may hold besides dot files.
const TOP: [&str; 17] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "docs",
    "examples",
    "fuzz",
    "rustfmt.toml",
    "schemas",
    "src",
    "templates",
    "tests",
    "wit",
];
/// And these two, made or run by cargo.
const CARGOS: [&str; 2] = ["target", "xtask"];
/// The longest a file may be.
const LINES: usize = 600;
/// Names that say nothing.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "helper", "helpers", "manager", "common", "misc"];

pub(super) fn offences(root: &Path, files: &[File]) -> Result<Vec<String>, Problem> {
    let mut offences = Vec::new();
    for entry in fs_err::read_dir(root)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !TOP.contains(&name.as_str()) && !CARGOS.contains(&name.as_str()) {
            offences.push(format!("`{name}` does not belong to the top level"));
        }
    }
    for name in TOP.iter().filter(|name| **name != "fuzz" && !root.join(name).exists()) {
        offences.push(format!("`{name}` is missing from the top level"));
    }
    for File { path, text } in files {
        let lines = text.lines().count();
        if lines > LINES {
            offences.push(format!("`{path}` has {lines} lines, and a file has at most {LINES}"));
        }
        if !text.starts_with("//! ") {
            offences.push(format!("`{path}` does not open with a `//!` line that says what it is for"));
        }
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
        if EMPTY_NAMES.contains(&stem) {
            offences.push(format!("`{path}` has a name that says nothing"));
        }
    }
    manifests(&root.join("templates"), &mut offences)?;
    Ok(offences)
}

/// cargo leaves out of a package whatever holds a `Cargo.toml` of its own, so templates must not.
fn manifests(folder: &Path, offences: &mut Vec<String>) -> Result<(), Problem> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            manifests(&path, offences)?;
        } else if path.file_name().is_some_and(|name| name == "Cargo.toml") {
            offences.push(format!("`{}` is to be named `Cargo.toml.tmpl`", path.display()));
        }
    }
    Ok(())
}
