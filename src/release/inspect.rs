//! What is in a bundle or a wasm file.

use super::{Error, survey};
use crate::bundle::{COMPONENT, Digest, File, Index, limits};
use crate::component::{self, Component, Identity, Kind};
use crate::manifest::Capability;
use serde::Serialize;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

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
    /// What the bundle's files have whatever holds them together; none of a wasm file.
    pub files_digest: Option<Digest>,
    /// The bundle's index, which lists exactly its files; none where another tool made the bundle.
    pub index: Option<Index>,
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
    let mut file = super::Kind::Archive.open(path, limits::UNPACKED)?;
    let mut first = Vec::new();
    file.by_ref().take(4).read_to_end(&mut first)?;
    file.rewind()?;
    if first == b"\0asm" {
        let mut bytes = Vec::new();
        file.take(limits::UNPACKED).read_to_end(&mut bytes)?;
        return wasm(path, &bytes);
    }
    let (digest, size) = Digest::of_reader(&mut file)?;
    let (walked, component) = survey::walk_component(path, &mut file)?;
    let mut inspection = Inspection::new(path, digest, size, Subject::Bundle);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    inspection.container = Some(walked.listing.container.to_string());
    inspection.name = text(&walked.manifest.name);
    inspection.version = text(&walked.manifest.version);
    inspection.publisher = walked.manifest.publisher;
    inspection.capabilities = walked.manifest.capabilities;
    inspection.files_digest = Some(walked.listing.files_digest());
    inspection.files = walked.listing.files;
    inspection.index = walked.listing.index;
    if let Some(component) = component {
        let component = component::read(&component)
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
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut inspection = Inspection::new(path, Digest::of(bytes), size, kind);
    let interfaces = component.interfaces();
    let needed = Capability::ALL.into_iter();
    let needed =
        needed.filter(|capability| capability.interfaces().iter().any(|name| interfaces.contains(name)));
    inspection.capabilities = needed.map(|capability| capability.id().to_owned()).collect();
    inspection.outside(component);
    Ok(inspection)
}

impl Inspection {
    fn new(path: &Path, hash: Digest, size: u64, kind: Subject) -> Inspection {
        Inspection {
            path: path.to_path_buf(),
            kind,
            container: None,
            name: None,
            version: None,
            publisher: None,
            hash,
            content_hash: hash,
            size,
            files_digest: None,
            index: None,
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
