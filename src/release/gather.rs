//! Which of a project's files go into its bundle.
//!
//! The platform reads `manifest.json`, `dist/main.wasm` and `ui/**` (contract/registry.md §2.5, runner.md §6.2–6.3) and
//! nothing else; an `sbom.spdx.json` at the project's root goes along for those who judge the release.

use super::Error;
use crate::bundle::{COMPONENT, MANIFEST, Part, limits};
use crate::project::Project;
use std::io::ErrorKind;
use std::path::Path;

/// The software bill of materials, when the project has one.
const SBOM: &str = "sbom.spdx.json";

/// How much of a file says whether it is a secret key.
const KEY_HEAD: u64 = 120;

/// The files of a bundle, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) parts: Vec<Part>,
    /// One line each.
    pub(super) skipped: Vec<String>,
    unpacked: u64,
}

/// Gathers the files of a built project.
pub(super) fn gather(project: &Project) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    let dist = project.dist();
    if exists(&dist)? {
        gathered.optional(&project.component(), COMPONENT)?;
        if exists(&project.built_ui())? {
            gathered.folder(&project.built_ui(), "ui")?;
        }
        // The build takes no dot files along; that they are missing from the bundle is said here.
        if project.ui() != project.built_ui() && project.ui().is_dir() {
            gathered.dot_files(&project.ui(), "ui")?;
        }
    }
    gathered.optional(&project.root.join(SBOM), SBOM)?;
    gathered.add(&project.root.join(MANIFEST), MANIFEST.to_owned())?;
    gathered.parts.sort_by(|a, b| a.path.cmp(&b.path));
    gathered.skipped.sort();
    gathered.skipped.dedup();
    Ok(gathered)
}

/// Whether something is there; a link is an error, because it may lead out of the project.
fn exists(path: &Path) -> Result<bool, Error> {
    match fs_err::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(Error::Link { path: path.to_path_buf() }),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Gathered {
    fn optional(&mut self, path: &Path, name: &str) -> Result<(), Error> {
        if exists(path)? { self.add(path, name.to_owned()) } else { Ok(()) }
    }

    fn add(&mut self, path: &Path, name: String) -> Result<(), Error> {
        exists(path)?;
        let room = limits::UNPACKED.saturating_sub(self.unpacked);
        if path.is_dir() {
            return Err(Error::Folder { path: path.to_path_buf() });
        }
        let part = Part::of_file(name, path, room).map_err(Error::Pack)?;
        self.unpacked = self.unpacked.saturating_add(part.size);
        self.parts.push(part);
        Ok(())
    }

    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), Error> {
        for child in fs_err::read_dir(folder)? {
            let child = child?;
            let path = child.path();
            let name = child.file_name();
            let Some(name) = name.to_str() else { return Err(Error::Name { path }) };
            let inside = format!("{prefix}/{name}");
            let kind = child.file_type()?;
            if let Some(why) = unwanted(name) {
                self.skip(&inside, why);
            } else if kind.is_symlink() {
                self.skip(&inside, "is a link");
            } else if kind.is_dir() {
                self.folder(&path, &inside)?;
            } else if kind.is_file() {
                self.add(&path, inside)?;
                self.drop_if_key()?;
            } else {
                self.skip(&inside, "is no plain file");
            }
            if self.parts.len() > limits::ENTRIES {
                return Err(Error::Pack(crate::bundle::Error::TooManyEntries { entry: None }));
            }
        }
        Ok(())
    }

    fn dot_files(&mut self, folder: &Path, prefix: &str) -> Result<(), Error> {
        for child in fs_err::read_dir(folder)? {
            let child = child?;
            let name = child.file_name();
            let inside = format!("{prefix}/{}", name.to_string_lossy());
            if name.as_encoded_bytes().starts_with(b".") {
                self.skip(&inside, "is a dot file");
            } else if child.file_type()?.is_dir() {
                self.dot_files(&child.path(), &inside)?;
            }
        }
        Ok(())
    }

    /// Takes the last file out again when its first bytes say that it is a secret key, whatever its name.
    fn drop_if_key(&mut self) -> Result<(), Error> {
        let head = self.parts.last().map(|part| part.head(KEY_HEAD)).transpose()?;
        let holds_key = head.is_some_and(|head| is_secret_key(&head));
        if let Some(part) = self.parts.pop_if(|_| holds_key) {
            self.skip(&part.path, "holds a secret key");
        }
        Ok(())
    }

    fn skip(&mut self, path: &str, why: &str) {
        self.skipped.push(format!("`{path}` {why} and was left out of the bundle"));
    }
}

/// Why a file of this name stays out, if it must: everything in a bundle's `ui/` is served to browsers.
fn unwanted(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    if lower.starts_with('.') {
        return Some("is a dot file");
    }
    let is_secret = matches!(extension, "key" | "pem" | "p12" | "pfx" | "jks" | "env" | "keystore")
        || matches!(stem, "id_rsa" | "id_ecdsa" | "id_ed25519") && extension != "pub"
        || matches!(lower.as_str(), "id_rsa" | "id_ecdsa" | "id_ed25519" | "minisign.key");
    if is_secret {
        return Some("looks like a secret");
    }
    matches!(lower.as_str(), crate::project::CONFIG | "alga-ext.yml")
        .then_some("is platform data with secrets in it")
}

/// Whether a file begins as a private key in PEM or a minisign secret key does.
fn is_secret_key(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes);
    let first = head.trim_start().lines().next().unwrap_or_default();
    (first.starts_with("-----BEGIN ") && first.contains("PRIVATE KEY"))
        || (first.starts_with("untrusted comment:") && first.contains("secret key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_dot_files_are_unwanted_and_web_files_are_not() {
        for name in
            [".env", ".git", "server.key", "CERT.PEM", "id_ed25519", "prod.env", "alga-ext.yaml", ".DS_Store"]
        {
            assert!(unwanted(name).is_some(), "{name}");
        }
        for name in
            ["index.html", "main.js", "key.js", "environment.json", "manifest.json", "id_rsa.pub", "LICENSE"]
        {
            assert!(unwanted(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_secret_key_is_known_by_its_first_line() {
        assert!(is_secret_key(b"\n-----BEGIN RSA PRIVATE KEY-----\nMIIE"));
        assert!(is_secret_key(b"untrusted comment: minisign encrypted secret key\nRWRT"));
        assert!(!is_secret_key(b"const begin = '-----BEGIN PRIVATE KEY-----'"));
        assert!(!is_secret_key(b"-----BEGIN CERTIFICATE-----"));
    }
}
