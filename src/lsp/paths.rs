//! What a project's folder offers: its files and folders, and who publishes the extensions around it.

use crate::files;
use crate::manifest::{Manifest, source};
use crate::project::MANIFEST;
use serde_json::Value;
use std::path::Path;

/// The most entries of folders that are looked at: an editor waits for them.
const MOST: usize = 2000;
/// Folders are looked into down to this depth.
const DEEPEST: usize = 6;
/// The largest package.json that is read, in bytes.
const LARGEST_PACKAGE: u64 = 1024 * 1024;
/// What is made or fetched, not written.
const PASSED_OVER: [&str; 3] = ["node_modules", "dist", "target"];

/// The files below `root` with one of these endings, as paths with `/`, in order.
pub(super) fn files(root: &Path, endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    walk(root, &mut |path, is_folder| {
        if !is_folder && endings.iter().any(|ending| path.ends_with(ending)) {
            found.push(path.to_owned());
        }
    });
    found
}

/// The folders below `root`, in order.
pub(super) fn folders(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(root, &mut |path, is_folder| {
        if is_folder {
            found.push(path.to_owned());
        }
    });
    found
}

fn walk(root: &Path, see: &mut dyn FnMut(&str, bool)) {
    let mut left = MOST;
    let mut waiting = vec![(String::new(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let mut inner = Vec::new();
        for (name, is_folder) in entries(&root.join(&folder), &mut left) {
            if is_folder && PASSED_OVER.contains(&name.as_str()) {
                continue;
            }
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            see(&path, is_folder);
            if is_folder && depth < DEEPEST {
                inner.push((path, depth + 1));
            }
        }
        // The last one is taken first.
        waiting.extend(inner.into_iter().rev());
    }
}

/// Names in a folder in order, hidden ones left out.
fn entries(folder: &Path, left: &mut usize) -> Vec<(String, bool)> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let mut names = Vec::new();
    for entry in entries.flatten() {
        let Some(rest) = left.checked_sub(1) else { break };
        *left = rest;
        if let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type())
            && !name.starts_with('.')
        {
            names.push((name, kind.is_dir()));
        }
    }
    names.sort();
    names
}

/// Who may be the publisher, and where that stands: the package's author, and who publishes the extensions beside.
pub(super) fn publishers(root: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, from: String| {
        let name = name.trim();
        if !name.is_empty() && !found.iter().any(|(known, _)| known == name) {
            found.push((name.to_owned(), from));
        }
    };
    if let Ok(text) = files::read_text(&root.join("package.json"), LARGEST_PACKAGE) {
        let package: Value = serde_json::from_str(&text).unwrap_or_default();
        let author = package.get("author").map(|author| author.get("name").unwrap_or(author));
        if let Some(author) = author.and_then(Value::as_str) {
            // `Acme <mail@acme.example> (https://acme.example)`
            add(author.split(['<', '(']).next().unwrap_or(author), "the author in package.json".into());
        }
    }
    let Some(folder) = root.parent() else { return found };
    let mut left = MOST;
    for (name, is_folder) in entries(folder, &mut left) {
        let path = folder.join(&name).join(MANIFEST);
        let is_other = is_folder && folder.join(&name) != root;
        let most = u64::try_from(source::MAX_BYTES).unwrap_or(u64::MAX);
        if let Some(text) = is_other.then(|| files::read_text(&path, most).ok()).flatten()
            && let Some(publisher) = Manifest::parse(&text).ok().and_then(|manifest| manifest.publisher)
        {
            add(&publisher, format!("publishes {name}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_that_were_written_and_publishers_those_around() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            files::write(&path, text.as_bytes()).unwrap();
        };
        write("own/src/handler.ts", "");
        write("own/node_modules/x/index.ts", "");
        write("own/.git/x.ts", "");
        write("own/package.json", r#"{"author": "Acme <mail@acme.example>"}"#);
        write("other/manifest.json", r#"{"publisher": "Northwind"}"#);
        let root = folder.path().join("own");
        assert_eq!(files(&root, &[".ts"]), ["src/handler.ts"]);
        assert_eq!(folders(&root), ["src"]);
        let names: Vec<String> = publishers(&root).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Acme", "Northwind"]);
    }
}
