//! The npm packages in a component: hashes from the project's lock file, licences from the lock file or the package.

use super::{Dependency, Registry};
use crate::component::Package;
use crate::{files, yaml};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The largest lock file or package.json that is read.
const LARGEST: u64 = 64 << 20;

/// What a lock file says of one version of a package.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Locked {
    integrity: Option<String>,
    licence: Option<String>,
}

/// By name and version.
type Lock = BTreeMap<(String, String), Locked>;

/// The packages among `packages`, which also list the project's own files and this program's.
pub(super) fn dependencies(root: &Path, packages: &[Package]) -> Vec<Dependency> {
    let lock = read(root);
    let is_package = |package: &&Package| !package.name.starts_with('(') && package.name != "alga-ext";
    let dependency = |package: &Package| {
        let version = package.version.clone().unwrap_or_default();
        let locked = lock.get(&(package.name.clone(), version.clone())).cloned().unwrap_or_default();
        let licence = locked.licence.or_else(|| installed(root, &package.name, &version));
        Dependency {
            registry: Registry::Npm,
            name: package.name.clone(),
            version: package.version.clone(),
            licence,
            hashes: locked.integrity.as_deref().map(hashes).unwrap_or_default(),
        }
    };
    packages.iter().filter(is_package).map(dependency).collect()
}

/// The first lock file there is, in the order in which package managers prefer them.
fn read(root: &Path) -> Lock {
    let text = |name: &str| files::read_text(&root.join(name), LARGEST).ok();
    let npm = ["npm-shrinkwrap.json", "package-lock.json"].into_iter().find_map(text);
    if let Some(lock) = npm.and_then(|text| serde_json::from_str(&text).ok()) {
        return of_npm(&lock);
    }
    if let Some(lock) = text("pnpm-lock.yaml").and_then(|text| yaml::parse::<Value>(&text).ok()) {
        return of_pnpm(&lock);
    }
    text("yarn.lock").map(|text| of_yarn(&text)).unwrap_or_default()
}

/// `package-lock.json`, of npm 7 and later by path, of earlier ones by name.
fn of_npm(lock: &Value) -> Lock {
    let mut all = Lock::new();
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut add = |name: &str, value: &Value| {
        if let Some(version) = word(value, "version") {
            let locked = Locked { integrity: word(value, "integrity"), licence: word(value, "license") };
            all.entry((name.to_owned(), version)).or_insert(locked);
        }
    };
    for (path, value) in lock.get("packages").and_then(Value::as_object).into_iter().flatten() {
        if let Some((_, name)) = path.rsplit_once("node_modules/") {
            // A package under another name says its own.
            add(value.get("name").and_then(Value::as_str).unwrap_or(name), value);
        }
    }
    let mut waiting: Vec<&Value> = lock.get("dependencies").into_iter().collect();
    while let Some(level) = waiting.pop() {
        for (name, value) in level.as_object().into_iter().flatten() {
            add(name, value);
            waiting.extend(value.get("dependencies").filter(|below| below.is_object()));
        }
    }
    all
}

/// `pnpm-lock.yaml`: keys are `name@version`, older ones with a slash before and peers in brackets after.
fn of_pnpm(lock: &Value) -> Lock {
    let mut all = Lock::new();
    for (key, value) in lock.get("packages").and_then(Value::as_object).into_iter().flatten() {
        let key = key.trim_start_matches('/').split('(').next().unwrap_or_default();
        let Some((name, version)) = key.rsplit_once('@').filter(|(name, _)| !name.is_empty()) else {
            continue;
        };
        let integrity = value.pointer("/resolution/integrity").and_then(Value::as_str).map(str::to_owned);
        all.insert((name.to_owned(), version.to_owned()), Locked { integrity, licence: None });
    }
    all
}

/// `yarn.lock` of yarn 1; what later ones note of a package is no hash of its archive.
fn of_yarn(text: &str) -> Lock {
    let mut all = Lock::new();
    let mut name = None;
    let mut version = None;
    for line in text.lines() {
        let body = line.trim();
        let quoted = |word: &str| word.trim().trim_matches('"').to_owned();
        if !line.starts_with(' ') && !body.starts_with('#') && body.ends_with(':') {
            let first = quoted(body.trim_end_matches(':').split(',').next().unwrap_or_default());
            name = first.rsplit_once('@').map(|(name, _)| name.to_owned()).filter(|name| !name.is_empty());
            version = None;
        } else if let Some(value) = body.strip_prefix("version ") {
            version = Some(quoted(value));
        } else if let (Some(value), Some(name), Some(version)) =
            (body.strip_prefix("integrity "), &name, &version)
        {
            let locked = Locked { integrity: Some(quoted(value)), licence: None };
            all.insert((name.clone(), version.clone()), locked);
        }
    }
    all
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
        (digest.len() == length).then(|| (algorithm.to_owned(), hex(&digest)))
    };
    integrity.split_whitespace().filter_map(hash).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        use std::fmt::Write;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The licence in the `package.json` of an installed package of just this version.
fn installed(root: &Path, name: &str, version: &str) -> Option<String> {
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

    const INTEGRITY: &str =
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

    fn of(lock: &Lock) -> Vec<(&str, &str, bool)> {
        lock.iter()
            .map(|((name, version), locked)| {
                let is_hashed = locked.integrity.as_deref().is_some_and(|text| !hashes(text).is_empty());
                (name.as_str(), version.as_str(), is_hashed)
            })
            .collect()
    }

    #[test]
    fn every_lock_file_gives_names_versions_and_hashes() {
        let expected = [("@a/b", "1.0.0", true), ("c", "2.0.0", true)];
        let npm = format!(
            r#"{{"packages": {{"": {{"name": "me", "version": "9.9.9"}},
                "node_modules/@a/b": {{"version": "1.0.0", "integrity": "{INTEGRITY}", "license": "MIT"}},
                "node_modules/@a/b/node_modules/c": {{"version": "2.0.0", "integrity": "{INTEGRITY}"}}}}}}"#
        );
        let npm = of_npm(&serde_json::from_str(&npm).unwrap());
        assert_eq!(of(&npm), expected);
        assert_eq!(npm.values().next().unwrap().licence.as_deref(), Some("MIT"));
        let old = format!(
            r#"{{"dependencies": {{"@a/b": {{"version": "1.0.0", "integrity": "{INTEGRITY}",
                "dependencies": {{"c": {{"version": "2.0.0", "integrity": "{INTEGRITY}"}}}}}}}}}}"#
        );
        assert_eq!(of(&of_npm(&serde_json::from_str(&old).unwrap())), expected);
        let pnpm = format!(
            "packages:\n  '@a/b@1.0.0(x@1.0.0)':\n    resolution: {{integrity: {INTEGRITY}}}\n  /c@2.0.0:\n    \
             resolution: {{integrity: {INTEGRITY}}}\n"
        );
        assert_eq!(of(&of_pnpm(&yaml::parse(&pnpm).unwrap())), expected);
        let yarn = format!(
            "# yarn lockfile v1\n\n\"@a/b@^1.0.0\", \"@a/b@~1.0.0\":\n  version \"1.0.0\"\n  integrity {INTEGRITY}\n\n\
             c@2:\n  version \"2.0.0\"\n  integrity {INTEGRITY}\n"
        );
        assert_eq!(of(&of_yarn(&yarn)), expected);
    }

    #[test]
    fn a_hash_is_turned_into_hexadecimal_digits_or_left_out() {
        let (algorithm, hex) = hashes(INTEGRITY).remove(0);
        assert_eq!((algorithm.as_str(), &hex[..8], hex.len()), ("SHA-512", "cf83e135", 128));
        assert!(hashes("md5-abcd sha512-AAAA").is_empty());
    }
}
