//! One side of a comparison: what a bundle, project, manifest or component says and holds.

use super::super::gather::gather;
use super::super::{Error, Kind, Opened};
use super::{Options, dependencies, hosts};
use crate::bundle::{COMPONENT, Entry, File, limits};
use crate::component::{self, Component};
use crate::manifest::{Capability, Manifest, source};
use crate::project::Project;
use crate::{build, files};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SideKind {
    /// A project, as it would be packed.
    Project,
    /// A bundle.
    Bundle,
    /// A manifest without its project.
    Manifest,
    /// A component or core module.
    Component,
}

/// One side, as it is named in the result.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// The file or folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: SideKind,
    /// The manifest's name.
    pub name: Option<String>,
    /// The manifest's version.
    pub version: Option<String>,
    /// The manifest's publisher.
    pub publisher: Option<String>,
    /// What built the component, when it says so.
    pub built_by: Option<String>,
}

/// Packages and their versions, by where that is written.
pub(super) type Dependencies = BTreeMap<String, BTreeSet<String>>;

/// What there is to compare; none where a side does not say.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) side: Side,
    pub(super) manifest: Option<Manifest>,
    pub(super) component: Option<Component>,
    pub(super) files: Option<Vec<File>>,
    /// Where each host that is written out stands.
    pub(super) hosts: Option<BTreeMap<String, BTreeSet<String>>>,
    /// What the project lets the dev runner reach.
    pub(super) allowed: Option<BTreeSet<String>>,
    pub(super) locked: Option<Dependencies>,
    pub(super) listed: Option<Dependencies>,
    /// Bytes of the archive.
    pub(super) archive: Option<u64>,
}

impl Facts {
    /// Reads what stands at `path`. A project is built first if that would change anything.
    pub(super) fn read(path: &Path, options: &Options) -> Result<Facts, Error> {
        if path.is_dir() {
            return project(path, options);
        }
        let bytes = Kind::Archive.read(path, limits::UNPACKED)?;
        if bytes.starts_with(b"\0asm") {
            let mut facts = Facts::new(path, SideKind::Component);
            facts.component(path, &bytes)?;
            facts.hosts = Some(hosts::of([(COMPONENT, bytes.as_slice())].into_iter()));
            return Ok(facts);
        }
        let is_text =
            bytes.trim_ascii_start().starts_with(b"{") || path.extension().is_some_and(|end| end == "json");
        if is_text {
            return manifest(path);
        }
        let archive = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let opened = Opened::read(bytes, path)?;
        let mut facts = Facts::new(path, SideKind::Bundle);
        facts.archive = Some(archive);
        facts.entries(opened.bundle.entries)?;
        facts.name(opened.manifest);
        Ok(facts)
    }

    fn new(path: &Path, kind: SideKind) -> Facts {
        let side = Side {
            path: path.to_path_buf(),
            kind,
            name: None,
            version: None,
            publisher: None,
            built_by: None,
        };
        Facts {
            side,
            manifest: None,
            component: None,
            files: None,
            hosts: None,
            allowed: None,
            locked: None,
            listed: None,
            archive: None,
        }
    }

    fn name(&mut self, manifest: Manifest) {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.side.name = text(&manifest.name);
        self.side.version = text(&manifest.version);
        self.side.publisher.clone_from(&manifest.publisher);
        self.manifest = Some(manifest);
    }

    fn entries(&mut self, mut entries: Vec<Entry>) -> Result<(), Error> {
        self.listed = entries.iter().find_map(dependencies::listed);
        // What packing writes about the files is no file of the extension.
        entries.retain(|entry| !entry.path.starts_with("META/"));
        self.files = Some(entries.iter().map(|entry| File::of(&entry.path, &entry.bytes)).collect());
        let searched =
            entries.iter().filter(|entry| entry.path == COMPONENT || entry.path.starts_with("ui/"));
        self.hosts = Some(hosts::of(searched.map(|entry| (entry.path.as_str(), entry.bytes.as_slice()))));
        match entries.iter().find(|entry| entry.path == COMPONENT) {
            Some(entry) => self.component(&self.side.path.join(COMPONENT), &entry.bytes),
            None => Ok(()),
        }
    }

    fn component(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let component =
            component::read(bytes).map_err(|source| Error::Component { path: path.to_path_buf(), source })?;
        self.side.built_by = component
            .identity
            .as_ref()
            .map(|build| format!("{} {} ({})", build.tool, build.version, build.engine));
        self.component = Some(component);
        Ok(())
    }

    /// The capabilities: as the platform reads the manifest or, when `by_imports`, as the component's imports need them.
    pub(super) fn capabilities(&self, by_imports: bool) -> BTreeSet<String> {
        if by_imports {
            let interfaces = self.component.as_ref().map(Component::interfaces).unwrap_or_default();
            let needed = interfaces.into_iter().filter_map(Capability::of_interface);
            return needed.map(|capability| capability.id().to_owned()).collect();
        }
        let Some(manifest) = &self.manifest else { return BTreeSet::new() };
        let known = manifest.known_capabilities().into_iter().map(|capability| capability.id().to_owned());
        let unknown = manifest.capabilities.iter().filter(|name| Capability::named(name).is_none());
        known.chain(unknown.map(|name| name.to_lowercase())).collect()
    }

    /// The bytes of what is packed, and of its component and UI.
    pub(super) fn sizes(&self) -> Vec<(&'static str, Option<u64>)> {
        let sum = |wanted: &dyn Fn(&File) -> bool| {
            let files = self.files.as_ref()?;
            Some(files.iter().filter(|file| wanted(file)).map(|file| file.size).sum())
        };
        vec![
            ("archive", self.archive),
            ("files", sum(&|_| true)),
            ("component", sum(&|file| file.path == COMPONENT)),
            ("ui", sum(&|file| file.path.starts_with("ui/"))),
        ]
    }
}

fn project(root: &Path, options: &Options) -> Result<Facts, Error> {
    let project = Project::load(root)?;
    if build::is_stale(&project)? {
        build::build(&project, &options.build)?;
    }
    let mut facts = Facts::new(root, SideKind::Project);
    let parts = gather(&project)?.parts.into_iter();
    let entries = parts.map(|part| Ok(Entry { bytes: part.head(u64::MAX)?, path: part.path }));
    facts.entries(entries.collect::<Result<_, Error>>()?)?;
    facts.allowed = Some(project.config.http.allow.iter().map(|host| host.trim().to_lowercase()).collect());
    facts.locked = dependencies::locked(root)?;
    facts.name(project.manifest);
    Ok(facts)
}

fn manifest(path: &Path) -> Result<Facts, Error> {
    let text = files::read_text(path, u64::try_from(source::MAX_BYTES).unwrap_or(u64::MAX))?;
    let manifest =
        Manifest::parse(&text).map_err(|source| Error::Manifest { path: path.to_path_buf(), source })?;
    let mut facts = Facts::new(path, SideKind::Manifest);
    facts.name(manifest);
    Ok(facts)
}
