//! npm packages: those in a component, and those that a UI with a build of its own needs. Hashes are from the lock file,
//! licences from the lock file or the installed package.

mod lock;
mod place;

pub(in crate::build) use place::{lock_of, package_of};

use super::{Dependency, Registry};
use crate::bundle;
use crate::component::Package;
use crate::files;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lock::{Lock, Locked, Named};
use place::{LARGEST, Place};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The packages among `packages`, which also list the project's own files and this program's.
pub(super) fn of_component(root: &Path, packages: &[Package]) -> Vec<Dependency> {
    let all = lock_of(root).map(|place| Lock::read(&place).all()).unwrap_or_default();
    let is_package = |package: &&Package| !package.name.starts_with('(') && package.name != "alga-ext";
    let packages = packages.iter().filter(is_package);
    packages.map(|package| dependency(root, &all, &package.name, package.version.as_deref())).collect()
}

/// What the package in `folder` needs to run, with all that needs. Which of it a bundler then takes is not known.
///
/// Without a lock file that is what `package.json` names, as far as it is installed.
pub(super) fn of_package(folder: &Path) -> Vec<Dependency> {
    let place = lock_of(folder);
    let lock = place.as_ref().map(Lock::read).unwrap_or_default();
    let all = lock.all();
    let named: BTreeSet<Named> = match (&lock, &place) {
        (Lock::None, _) | (_, None) => installed_of(folder),
        (_, Some(Place { inside, .. })) => lock.needed(folder, inside),
    };
    named.iter().map(|(name, version)| dependency(folder, &all, name, Some(version))).collect()
}

fn dependency(folder: &Path, all: &BTreeMap<Named, Locked>, name: &str, version: Option<&str>) -> Dependency {
    let key = (name.to_owned(), version.unwrap_or_default().to_owned());
    let locked = all.get(&key).cloned().unwrap_or_default();
    let licence = locked.licence.or_else(|| licence(folder, name, &key.1));
    let hashes = locked.integrity.as_deref().map(hashes).unwrap_or_default();
    let (name, version) = (key.0, version.filter(|version| !version.is_empty()).map(str::to_owned));
    Dependency { registry: Registry::Npm, name, version, licence, hashes }
}

/// The packages that `package.json` names, each in the version that is installed; without one where none is.
fn installed_of(folder: &Path) -> BTreeSet<Named> {
    let package = place::package(folder);
    let named = package.get("dependencies").and_then(Value::as_object).into_iter().flatten();
    let version = |name: &str| {
        let installed =
            folder.ancestors().map(|above| place::package(&above.join("node_modules").join(name)));
        let mut versions =
            installed.filter_map(|package| package.get("version")?.as_str().map(str::to_owned));
        versions.next().unwrap_or_default()
    };
    named.map(|(name, _)| (name.clone(), version(name))).collect()
}

/// `sha512-<base64>`, several of them between spaces, as CycloneDX writes them.
fn hashes(integrity: &str) -> Vec<(String, String)> {
    let hash = |word: &str| {
        let (algorithm, digest) = word.split_once('-')?;
        let digest = STANDARD.decode(digest.split('?').next()?).ok()?;
        let (algorithm, length) = match algorithm {
            "sha512" => ("SHA-512", 64),
            "sha384" => ("SHA-384", 48),
            "sha256" => ("SHA-256", 32),
            "sha1" => ("SHA-1", 20),
            _ => return None,
        };
        (digest.len() == length).then(|| (algorithm.to_owned(), bundle::hex(&digest)))
    };
    integrity.split_whitespace().filter_map(hash).collect()
}

/// The licence in the `package.json` of an installed package of just this version.
fn licence(root: &Path, name: &str, version: &str) -> Option<String> {
    let store = root.join("node_modules/.pnpm");
    let in_store = format!("{}@{version}", name.replace('/', "+"));
    let mut folders: Vec<PathBuf> =
        root.ancestors().map(|folder| folder.join("node_modules").join(name)).collect();
    folders.push(store.join(in_store).join("node_modules").join(name));
    folders.into_iter().find_map(|folder| {
        let text = files::read_text(&folder.join("package.json"), LARGEST).ok()?;
        let package: Value = serde_json::from_str(&text).ok()?;
        if package.get("version").and_then(Value::as_str).unwrap_or_default() != version {
            return None;
        }
        let licence = package.get("license").or_else(|| package.pointer("/licenses/0"))?;
        licence.as_str().or_else(|| licence.get("type")?.as_str()).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_turned_into_hexadecimal_digits_or_left_out() {
        let integrity =
            "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        let (algorithm, hex) = hashes(integrity).remove(0);
        assert_eq!((algorithm.as_str(), &hex[..8], hex.len()), ("SHA-512", "cf83e135", 128));
        assert!(hashes("md5-abcd sha512-AAAA").is_empty());
    }

    #[test]
    fn without_a_lock_file_what_is_named_is_listed_as_it_is_installed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        };
        write("package.json", r#"{"dependencies": {"a": "1", "b": "2"}, "devDependencies": {"c": "3"}}"#);
        write("node_modules/a/package.json", r#"{"version": "1.2.3", "license": "ISC"}"#);
        let found = of_package(folder.path());
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.name.as_str(), one.version.as_deref(), one.licence.as_deref()))
            .collect();
        assert_eq!(found, [("a", Some("1.2.3"), Some("ISC")), ("b", None, None)]);
    }
}
