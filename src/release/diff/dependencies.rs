//! Which packages in which versions: from the lock files of a project, the list in a bundle, and the component itself.

use super::super::Error;
use super::facts::Dependencies;
use crate::bundle::{Entry, SBOM};
use crate::component::Component;
use crate::files;
use serde_json::Value;
use std::path::Path;

/// The largest lock file that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The bill of materials that a project brings itself.
const OWN_SBOM: &str = "sbom.spdx.json";

/// What the lock files of npm and cargo say; none where there is neither.
pub(super) fn locked(root: &Path) -> Result<Option<Dependencies>, Error> {
    let mut found = None;
    for (name, read) in [("package-lock.json", npm as fn(&str, &mut Dependencies)), ("Cargo.lock", cargo)] {
        match files::read_text(&root.join(name), LARGEST) {
            Ok(text) => read(&text, found.get_or_insert_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn npm(text: &str, found: &mut Dependencies) {
    let lock: Value = serde_json::from_str(text).unwrap_or_default();
    for (path, package) in lock.get("packages").and_then(Value::as_object).into_iter().flatten() {
        let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
        if let Some(version) = package.get("version").and_then(Value::as_str) {
            found.entry(name.to_owned()).or_default().insert(version.to_owned());
        }
    }
}

/// A `[[package]]` has its name and then its version, each on a line.
fn cargo(text: &str, found: &mut Dependencies) {
    let quoted = |line: &str, key: &str| {
        let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
        Some(value.trim_matches('"').to_owned())
    };
    let mut name = None;
    for line in text.lines() {
        if line.starts_with("[[") {
            name = None;
        } else if let Some(own) = quoted(line, "name") {
            name = Some(own);
        } else if let (Some(version), Some(name)) =
            (quoted(line, "version"), name.take_if(|_| line.starts_with("version")))
        {
            found.entry(name).or_default().insert(version);
        }
    }
}

/// What the list of a bundle says: one that packing wrote, or the project's own.
pub(super) fn listed(entry: &Entry) -> Option<Dependencies> {
    let (packages, version) = match entry.path.as_str() {
        SBOM => ("components", "version"),
        OWN_SBOM => ("packages", "versionInfo"),
        _ => return None,
    };
    let list: Value = serde_json::from_slice(&entry.bytes).ok()?;
    let mut found = Dependencies::new();
    for package in list.get(packages)?.as_array()? {
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        if let (Some(name), Some(version)) = (text("name"), text(version)) {
            let name = text("group").map_or_else(|| name.to_owned(), |group| format!("{group}/{name}"));
            found.entry(name).or_default().insert(version.to_owned());
        }
    }
    Some(found)
}

/// What the component says is built into it.
pub(super) fn built_in(component: &Component) -> Dependencies {
    let packages = component.identity.iter().flat_map(|build| &build.packages);
    let mut found = Dependencies::new();
    for package in packages {
        if let Some(version) = &package.version {
            found.entry(package.name.clone()).or_default().insert(version.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_say_names_and_versions() {
        let mut found = Dependencies::new();
        npm(
            r#"{"packages": {"": {"version": "9"}, "node_modules/@a/b": {"version": "1.0.0"},
                "node_modules/c/node_modules/@a/b": {"version": "2.0.0"}}}"#,
            &mut found,
        );
        cargo(
            "version = 4\n[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\n\n[[package]]\nname = \"x\"\n",
            &mut found,
        );
        let shown: Vec<String> = found.into_iter().map(|(name, all)| format!("{name} {all:?}")).collect();
        assert_eq!(shown, ["@a/b {\"1.0.0\", \"2.0.0\"}", "serde {\"1.0.1\"}"]);
    }
}
