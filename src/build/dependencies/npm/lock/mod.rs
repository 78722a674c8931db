//! Lock files of npm, pnpm and yarn: what they say of each version of a package, and what a package needs.

use super::place::{LARGEST, Place, package};
use crate::{files, yaml};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a lock file says of one version of a package.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) integrity: Option<String>,
    pub(super) licence: Option<String>,
}

/// A package's name and version.
pub(super) type Named = (String, String);

/// A lock file that was read.
#[derive(Debug, Default)]
pub(super) enum Lock {
    Npm(Value),
    Pnpm(Value),
    Yarn(Vec<Entry>),
    /// None, or one of a form that is not known.
    #[default]
    None,
}

/// One entry of a `yarn.lock`: what was asked for, and what that came to.
#[derive(Debug, Default)]
pub(super) struct Entry {
    asked: Vec<String>,
    version: String,
    integrity: Option<String>,
    needs: Vec<String>,
}

/// The members of `package.json` and of lock files that name what runs.
const NEEDS: [&str; 2] = ["dependencies", "optionalDependencies"];

impl Lock {
    /// Reads the file.
    pub(super) fn read(place: &Place) -> Lock {
        let Ok(text) = files::read_text(&place.file, LARGEST) else { return Lock::None };
        match place.file.file_name().and_then(|name| name.to_str()) {
            Some("package-lock.json" | "npm-shrinkwrap.json") => {
                serde_json::from_str(&text).map_or(Lock::None, Lock::Npm)
            }
            Some("pnpm-lock.yaml") => yaml::parse(&text).map_or(Lock::None, Lock::Pnpm),
            Some("yarn.lock") => Lock::Yarn(entries(&text)),
            _ => Lock::None,
        }
    }

    /// Everything it says, by name and version.
    pub(super) fn all(&self) -> BTreeMap<Named, Locked> {
        match self {
            Lock::Npm(lock) => of_npm(lock),
            Lock::Pnpm(lock) => of_pnpm(lock),
            Lock::Yarn(entries) => entries.iter().filter_map(Entry::named).collect(),
            Lock::None => BTreeMap::new(),
        }
    }

    /// What the package in `folder`, which is `inside` of the lock file's folder, needs to run, with what that needs.
    pub(super) fn needed(&self, folder: &Path, inside: &str) -> BTreeSet<Named> {
        match self {
            Lock::Npm(lock) => match lock.get("packages").and_then(Value::as_object) {
                Some(packages) => needed_of_npm(packages, inside),
                None => of_old_npm(lock),
            },
            Lock::Pnpm(lock) => needed_of_pnpm(lock, inside),
            Lock::Yarn(entries) => needed_of_yarn(entries, &package(folder)),
            Lock::None => BTreeSet::new(),
        }
    }
}

fn word(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The names and versions or ranges that a package asks for.
fn needs(package: &Value) -> impl Iterator<Item = (&String, &Value)> {
    NEEDS.iter().filter_map(|key| package.get(key).and_then(Value::as_object)).flatten()
}

/// The peers a package asks for, but for those it can do without. npm installs them from version 7 on.
fn peers(package: &Value) -> impl Iterator<Item = &String> {
    let is_optional = |name: &str| {
        let known = package.get("peerDependenciesMeta").and_then(|known| known.get(name)?.get("optional"));
        known.and_then(Value::as_bool) == Some(true)
    };
    let peers = package.get("peerDependencies").and_then(Value::as_object).into_iter().flatten();
    peers.map(|(name, _)| name).filter(move |name| !is_optional(name))
}

/// `package-lock.json`, of npm 7 and later by path, of earlier ones by name.
fn of_npm(lock: &Value) -> BTreeMap<Named, Locked> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, value: &Value| {
        if let Some(version) = word(value, "version") {
            let locked = Locked { integrity: word(value, "integrity"), licence: word(value, "license") };
            all.entry((name.to_owned(), version)).or_insert(locked);
        }
    };
    for (path, value) in lock.get("packages").and_then(Value::as_object).into_iter().flatten() {
        if let Some(name) = name_at(path, value) {
            add(name, value);
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

/// The name of the package at a path of an npm lock file, when it is an installed one. One under another name says its
/// own.
fn name_at<'a>(path: &'a str, value: &'a Value) -> Option<&'a str> {
    let (_, name) = path.rsplit_once("node_modules/")?;
    Some(value.get("name").and_then(Value::as_str).unwrap_or(name))
}

/// Looks each name up as node does: in the `node_modules` of the folder that asks, then of those above it.
fn needed_of_npm(packages: &serde_json::Map<String, Value>, inside: &str) -> BTreeSet<Named> {
    let mut needed = BTreeSet::new();
    let mut seen = BTreeSet::from([inside]);
    let mut waiting = vec![inside];
    while let Some(path) = waiting.pop() {
        let Some(asking) = packages.get(path) else { continue };
        for name in needs(asking).map(|(name, _)| name).chain(peers(asking)) {
            let mut folder = Some(path);
            let found = std::iter::from_fn(|| {
                let here = folder?;
                folder = if here.is_empty() {
                    None
                } else {
                    Some(here.rsplit_once('/').map_or("", |(above, _)| above))
                };
                Some(if here.is_empty() {
                    format!("node_modules/{name}")
                } else {
                    format!("{here}/node_modules/{name}")
                })
            });
            let Some((path, value)) = found.into_iter().find_map(|path| packages.get_key_value(&path)) else {
                continue;
            };
            // A package of the workspace is a link to where it lies.
            let to = value.get("resolved").and_then(Value::as_str).filter(|_| value.get("link").is_some());
            let path = to.unwrap_or(path);
            if to.is_none()
                && let (Some(name), Some(version)) = (name_at(path, value), word(value, "version"))
            {
                needed.insert((name.to_owned(), version));
            }
            if seen.insert(path) {
                waiting.push(path);
            }
        }
    }
    needed
}

/// Everything that an old lock file does not mark as for development.
fn of_old_npm(lock: &Value) -> BTreeSet<Named> {
    let mut needed = BTreeSet::new();
    let mut waiting: Vec<&Value> = lock.get("dependencies").into_iter().collect();
    while let Some(level) = waiting.pop() {
        for (name, value) in level.as_object().into_iter().flatten() {
            if value.get("dev").and_then(Value::as_bool) == Some(true) {
                continue;
            }
            needed.extend(word(value, "version").map(|version| (name.clone(), version)));
            waiting.extend(value.get("dependencies").filter(|below| below.is_object()));
        }
    }
    needed
}

/// A key of `pnpm-lock.yaml`: `name@version`, older ones with a slash before, and peers in brackets after.
fn split(key: &str) -> Option<Named> {
    let key = key.trim_start_matches('/').split('(').next().unwrap_or_default();
    let (name, version) = key.rsplit_once('@').filter(|(name, _)| !name.is_empty())?;
    Some((name.to_owned(), version.to_owned()))
}

fn of_pnpm(lock: &Value) -> BTreeMap<Named, Locked> {
    let packages = lock.get("packages").and_then(Value::as_object).into_iter().flatten();
    let named = packages.filter_map(|(key, value)| {
        let integrity = value.pointer("/resolution/integrity").and_then(Value::as_str).map(str::to_owned);
        Some((split(key)?, Locked { integrity, licence: None }))
    });
    named.collect()
}

/// Follows the resolved versions, which are the keys of the next entries.
fn needed_of_pnpm(lock: &Value, inside: &str) -> BTreeSet<Named> {
    let importer = |inside: &str| {
        lock.get("importers").and_then(|all| all.get(if inside.is_empty() { "." } else { inside }))
    };
    // Where there is no workspace, older ones say it at the top.
    let first = importer(inside).or_else(|| inside.is_empty().then_some(lock));
    let mut waiting: Vec<(String, &Value)> =
        first.map(|first| (inside.to_owned(), first)).into_iter().collect();
    let (mut needed, mut seen) = (BTreeSet::new(), BTreeSet::new());
    while let Some((asking, value)) = waiting.pop() {
        for (name, resolved) in needs(value) {
            let version = resolved.get("version").unwrap_or(resolved).as_str().unwrap_or_default();
            if let Some(to) = version.strip_prefix("link:") {
                let to = joined(&asking, to);
                if let Some(package) = importer(&to).filter(|_| seen.insert(to.clone())) {
                    waiting.push((to, package));
                }
                continue;
            }
            let keys = [
                format!("{name}@{version}"),
                format!("/{name}@{version}"),
                version.to_owned(),
                format!("/{version}"),
            ];
            let entry = |key: &String| {
                let of = |part: &str| lock.get(part).and_then(|all| all.get(key));
                of("snapshots").or_else(|| of("packages")).map(|value| (key.clone(), value))
            };
            let Some((key, value)) = keys.iter().find_map(entry) else { continue };
            needed.extend(split(&key));
            if seen.insert(key.clone()) {
                waiting.push((asking.clone(), value));
            }
        }
    }
    needed
}

/// `to`, which is relative to `from`, without its dots.
fn joined(from: &str, to: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// `yarn.lock`, of yarn 1 and, as far as it says the same, of later ones.
fn entries(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut is_needs = false;
    for line in text.lines() {
        let body = line.trim();
        let depth = line.len() - line.trim_start().len();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        if depth == 0 {
            let asked = body.trim_end_matches(':').trim_matches('"').split(',');
            let asked = asked.map(|word| plain(word.trim().trim_matches('"'))).collect();
            entries.push(Entry { asked, ..Entry::default() });
            continue;
        }
        let Some(entry) = entries.last_mut() else { continue };
        let key_end = body
            .strip_prefix('"')
            .and_then(|rest| rest.find('"'))
            .map_or_else(|| body.find([' ', ':']).unwrap_or(body.len()), |end| end + 2);
        let (key, value) = body.split_at(key_end);
        let (key, value) = (key.trim_matches('"'), value.trim_matches([' ', ':', '"']));
        if depth == 2 {
            is_needs = NEEDS.contains(&key);
        }
        match key {
            _ if depth > 2 && is_needs => entry.needs.push(plain(&format!("{key}@{value}"))),
            _ if depth > 2 => {}
            "version" => value.clone_into(&mut entry.version),
            "integrity" => entry.integrity = Some(value.to_owned()),
            _ => {}
        }
    }
    entries
}

/// What was asked for without the protocol that every package has.
fn plain(asked: &str) -> String {
    asked.replacen("@npm:", "@", 1)
}

impl Entry {
    fn named(&self) -> Option<(Named, Locked)> {
        let (name, _) = self.asked.first()?.rsplit_once('@').filter(|(name, _)| !name.is_empty())?;
        // Under another name: `other@real@1.0.0`.
        let name = match name.get(1..).and_then(|rest| rest.find('@')) {
            Some(at) => name.get(at + 2..).unwrap_or(name),
            None => name,
        };
        let locked = Locked { integrity: self.integrity.clone(), licence: None };
        Some(((name.to_owned(), self.version.clone()), locked))
    }
}

fn needed_of_yarn(entries: &[Entry], package: &Value) -> BTreeSet<Named> {
    let first =
        needs(package).filter_map(|(name, range)| Some(plain(&format!("{name}@{}", range.as_str()?))));
    let (mut needed, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut waiting: Vec<String> = first.collect();
    while let Some(asked) = waiting.pop() {
        if !seen.insert(asked.clone()) {
            continue;
        }
        let Some(entry) = entries.iter().find(|entry| entry.asked.contains(&asked)) else { continue };
        // Packages of the workspace are there for other yarns, with a version that says so.
        needed.extend(
            entry.named().map(|(named, _)| named).filter(|(_, version)| version != "0.0.0-use.local"),
        );
        waiting.extend(entry.needs.iter().cloned());
    }
    needed
}

#[cfg(test)]
mod tests;
