//! What is in a bundle or a wasm file.

use super::{Error, Opened};
use crate::bundle::{Container, Digest, limits};
use crate::component::{self, Component, Identity, Kind};
use crate::manifest::Capability;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The component's place in a bundle (contract/runner.md §6.3).
const COMPONENT: &str = "dist/main.wasm";

/// One file of a bundle.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, 64 hex digits.
    pub sha256: String,
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// An extension, packed.
    Bundle,
    /// A component alone.
    Component,
    /// A core module alone.
    Module,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// What it is.
    pub kind: Subject,
    /// How the bundle is held together.
    pub container: Option<String>,
    /// The manifest's name.
    pub name: Option<String>,
    /// The manifest's version.
    pub version: Option<String>,
    /// The manifest's publisher.
    pub publisher: Option<String>,
    /// SHA-256 of the file; of a bundle, its content hash.
    pub hash: Digest,
    /// The same, by the name that `pack`, `sign` and `publish` give it.
    pub content_hash: Digest,
    /// The file's length in bytes.
    pub size: u64,
    /// The bundle's files; none of a wasm file.
    pub files: Vec<File>,
    /// What the component imports.
    pub imports: Vec<String>,
    /// What the component exports.
    pub exports: Vec<String>,
    /// The capabilities that the manifest asks for, as written; of a wasm file, those its imports need.
    pub capabilities: Vec<String>,
    /// Which tool built the component from which source, when it says so.
    pub build: Option<Identity>,
}

/// Looks into the bundle, component or module at `path`, and runs nothing of it.
pub fn inspect(path: &Path) -> Result<Inspection, Error> {
    let bytes = super::Kind::Archive.read(path, limits::UNPACKED)?;
    if bytes.starts_with(b"\0asm") {
        return wasm(path, &bytes);
    }
    let opened = Opened::read(bytes, path)?;
    let mut inspection = Inspection::new(path, &opened.bytes, Subject::Bundle);
    inspection.container = Some(opened.bundle.container).as_ref().map(Container::to_string);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    inspection.name = text(&opened.manifest.name);
    inspection.version = text(&opened.manifest.version);
    inspection.publisher = opened.manifest.publisher;
    inspection.capabilities = opened.manifest.capabilities;
    inspection.files =
        opened.bundle.entries.iter().map(|entry| File::of(&entry.path, &entry.bytes)).collect();
    if let Some(bytes) = opened.bundle.entry(COMPONENT) {
        let component = component::read(bytes)
            .map_err(|source| Error::Component { path: path.join(COMPONENT), source })?;
        inspection.outside(component);
    }
    Ok(inspection)
}

fn wasm(path: &Path, bytes: &[u8]) -> Result<Inspection, Error> {
    let component =
        component::read(bytes).map_err(|source| Error::Component { path: path.to_path_buf(), source })?;
    let kind = match component.kind {
        Kind::Component => Subject::Component,
        Kind::Module => Subject::Module,
    };
    let mut inspection = Inspection::new(path, bytes, kind);
    let interfaces = component.interfaces();
    let needed = Capability::ALL.into_iter();
    let needed =
        needed.filter(|capability| capability.interfaces().iter().any(|name| interfaces.contains(name)));
    inspection.capabilities = needed.map(|capability| capability.id().to_owned()).collect();
    inspection.outside(component);
    Ok(inspection)
}

impl Inspection {
    fn new(path: &Path, bytes: &[u8], kind: Subject) -> Inspection {
        let hash = Digest::of(bytes);
        Inspection {
            path: path.to_path_buf(),
            kind,
            container: None,
            name: None,
            version: None,
            publisher: None,
            hash,
            content_hash: hash,
            size: length(bytes),
            files: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            capabilities: Vec::new(),
            build: None,
        }
    }

    fn outside(&mut self, component: Component) {
        self.imports = component.imports;
        self.exports = component.exports;
        self.build = component.identity;
    }
}

impl File {
    pub(super) fn of(path: &str, bytes: &[u8]) -> File {
        File { path: path.to_owned(), size: length(bytes), sha256: Digest::of(bytes).hex() }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
