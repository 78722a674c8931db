//! Which package and which lock file a folder belongs to: its own, or those of the workspace above it.

use crate::{files, yaml};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The largest lock file or package.json that is read.
pub(super) const LARGEST: u64 = 64 << 20;

/// What package managers write, in the order in which they are preferred.
pub(super) const NAMES: [&str; 5] =
    ["npm-shrinkwrap.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"];

/// A lock file, and the package in it that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::build) struct Place {
    /// The file.
    pub(in crate::build) file: PathBuf,
    /// The package's folder, relative to the file's; empty when they are one.
    pub(super) inside: String,
}

/// The lock file of the package in `folder`: one that lies there, or that of a workspace above which lists it.
pub(in crate::build) fn lock_of(folder: &Path) -> Option<Place> {
    folder.ancestors().find_map(|above| {
        let inside = folder.strip_prefix(above).ok()?.to_str()?.replace('\\', "/");
        let is_there = |name: &&&str| above.join(name).is_file();
        let file = above.join(NAMES.iter().find(is_there)?);
        (inside.is_empty() || lists(&file, &inside)).then_some(Place { file, inside })
    })
}

/// The folder of the nearest `package.json` from `folder` up to `root`.
pub(in crate::build) fn package_of(folder: &Path, root: &Path) -> Option<PathBuf> {
    let within = folder.ancestors().take_while(|above| above.starts_with(root));
    within.into_iter().find(|above| above.join("package.json").is_file()).map(Path::to_path_buf)
}

/// Whether a lock file is a workspace's that has a package in the folder `inside`.
fn lists(file: &Path, inside: &str) -> bool {
    let Ok(text) = files::read_text(file, LARGEST) else { return false };
    let has = |value: Option<Value>, member: &str| {
        value.and_then(|value| value.get(member)?.get(inside).map(drop)).is_some()
    };
    match file.file_name().and_then(|name| name.to_str()) {
        Some("pnpm-lock.yaml") => has(yaml::parse(&text).ok(), "importers"),
        // It is JSON with commas too many; a key is a key.
        Some("bun.lock") => text.contains(&format!("\"{inside}\": {{")),
        // Yarn 1 does not say which packages are its workspace's.
        Some("yarn.lock") => package(file.parent().unwrap_or(Path::new(""))).get("workspaces").is_some(),
        _ => has(serde_json::from_str(&text).ok(), "packages"),
    }
}

/// The `package.json` in a folder; null when there is none.
pub(super) fn package(folder: &Path) -> Value {
    let text = files::read_text(&folder.join("package.json"), LARGEST);
    text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_above_counts_when_it_lists_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let (root, app) = (folder.path(), folder.path().join("packages/app"));
        fs_err::create_dir_all(&app).unwrap();
        assert_eq!(lock_of(&app).filter(|place| place.file.starts_with(root)), None);
        let inside = "packages/app".to_owned();
        for (name, text, counts) in [
            ("yarn.lock", "# yarn lockfile v1\n", false),
            ("pnpm-lock.yaml", "importers:\n  packages/other: {}\n", false),
            ("pnpm-lock.yaml", "importers:\n  packages/app: {}\n", true),
            ("package-lock.json", r#"{"packages": {"": {}, "packages/other": {}}}"#, false),
            ("package-lock.json", r#"{"packages": {"": {}, "packages/app": {}}}"#, true),
        ] {
            let file = root.join(name);
            fs_err::write(&file, text).unwrap();
            let found = lock_of(&app).filter(|place| place.file.starts_with(root));
            let expected = counts.then(|| Place { file: file.clone(), inside: inside.clone() });
            assert_eq!(found, expected, "{name}: {text}");
            fs_err::remove_file(file).unwrap();
        }
        fs_err::write(root.join("package.json"), r#"{"workspaces": ["packages/*"]}"#).unwrap();
        fs_err::write(root.join("yarn.lock"), "").unwrap();
        assert!(lock_of(&app).is_some());
        fs_err::write(app.join("yarn.lock"), "").unwrap();
        assert_eq!(lock_of(&app), Some(Place { file: app.join("yarn.lock"), inside: String::new() }));
        assert_eq!(package_of(&app.join("dist/ui"), root), Some(root.to_path_buf()));
        assert_eq!(package_of(&app, &app), None);
    }
}
