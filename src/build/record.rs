//! `dist/build.json`: what was built from what, by content; the same on any machine and at any time.

use super::javascript::Script;
use super::{Engine, Error, Made, Source, identity, ui};
use crate::bundle::Digest;
use crate::component::{self, Identity};
use crate::project::Project;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Its name in `dist/`.
pub(super) const FILE: &str = "build.json";

/// A file that something was built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// The hash of what was read of it.
    pub digest: Digest,
}

impl Input {
    /// The file at `path`, of which `bytes` were read.
    pub fn of(path: &Path, bytes: &[u8]) -> Input {
        Input { path: path.to_path_buf(), digest: Digest::of(bytes) }
    }

    /// The file at `path` as it is now.
    pub(super) fn now(path: &Path) -> std::io::Result<Input> {
        let (digest, _) = Digest::of_reader(&mut fs_err::File::open(path)?)?;
        Ok(Input { path: path.to_path_buf(), digest })
    }
}

/// Files relative to the project, with their hashes.
type Inputs = BTreeMap<String, String>;

/// One build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    tool: String,
    version: String,
    engine: Engine,
    /// The file that decides the source, relative to the project.
    entry: Option<String>,
    /// Hash of `build` and `ui` of alga-ext.yaml.
    configuration: String,
    /// Hash of everything the component was built from.
    source: Option<String>,
    /// Hash of `dist/main.wasm`.
    pub(super) component: Option<String>,
    /// Hash of the script in it, where it holds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) script: Option<String>,
    /// Whether that script was made small.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) minified: bool,
    /// Hash of what its packages are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) packages: Option<String>,
    /// Hash of `dist/main.wasm.map`.
    #[serde(default)]
    pub(super) source_map: Option<String>,
    /// Every file it was built from, relative to the project, with its hash.
    pub(super) inputs: Inputs,
    /// Files saved while the component was built, relative to the project: it may be older than they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) saved_meanwhile: Vec<String>,
    /// The UI's files with their hashes.
    ui: BTreeMap<String, String>,
}

impl Record {
    /// The record of a build whose component is not made yet.
    pub(super) fn new(project: &Project, source: &Source, ui: &ui::Files) -> Result<Record, Error> {
        let configuration = serde_json::to_vec(&(&project.config.build, &project.config.ui));
        let configuration = configuration.map_err(std::io::Error::from)?;
        Ok(Record {
            tool: "alga-ext".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            engine: source.engine(),
            entry: source.file().map(|file| relative(&project.root, file)),
            configuration: Digest::of(&configuration).to_string(),
            source: None,
            component: None,
            script: None,
            minified: false,
            packages: None,
            source_map: None,
            inputs: BTreeMap::new(),
            saved_meanwhile: Vec::new(),
            ui: ui.files.iter().map(|(path, digest)| (path.clone(), digest.to_string())).collect(),
        })
    }

    /// Notes the inputs and stamps the component with them.
    pub(super) fn finish(
        &mut self,
        project: &Project,
        made: &Made,
        engine: Engine,
    ) -> Result<Vec<u8>, Error> {
        let name = |path: &PathBuf| relative(&project.root, path);
        self.inputs = named(&project.root, &made.inputs);
        self.saved_meanwhile = made.saved_meanwhile.iter().map(name).collect();
        self.script = made.script.map(|script| script.to_string());
        self.minified = made.minified;
        self.packages = made.script.map(|_| hash_of(&made.packages)).transpose()?;
        let failed = |source| Error::Component { file: made.file.clone(), source };
        let source = if self.inputs.is_empty() {
            // Built in place: the component is its own source, without the stamp it may carry.
            Digest::of(&component::strip(&made.component).map_err(failed)?)
        } else {
            let lines: Vec<String> =
                self.inputs.iter().map(|(path, hash)| format!("{path}\0{hash}\n")).collect();
            Digest::of(lines.concat().as_bytes())
        };
        self.source = Some(source.to_string());
        let identity = Identity { packages: made.packages.clone(), ..identity(engine, source) };
        component::stamp(&made.component, &identity).map_err(failed)
    }

    /// The record of the last build, when there is one that this version can read.
    pub(super) fn read(project: &Project) -> Result<Option<Record>, Error> {
        match fs_err::read(project.dist().join(FILE)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the last build wrote a source map.
    pub(super) fn has_source_map(project: &Project) -> Result<bool, Error> {
        Ok(Record::read(project)?.is_some_and(|record| record.source_map.is_some()))
    }

    /// Whether building now would make the same, and what it made still stands.
    pub(super) fn is_current(
        &self,
        project: &Project,
        source: &Source,
        ui: &ui::Files,
    ) -> Result<bool, Error> {
        let now = Record::new(project, source, ui)?;
        let same = self.tool == now.tool
            && self.version == now.version
            && self.engine == now.engine
            && self.entry == now.entry
            && self.configuration == now.configuration
            && self.ui == now.ui;
        let stands = hash(&project.component())? == self.component
            && (self.source_map.is_none() || hash(&project.source_map())? == self.source_map)
            && ui::is_written(project, ui);
        if !same || !stands || !self.saved_meanwhile.is_empty() {
            return Ok(false);
        }
        for (path, expected) in &self.inputs {
            if hash(&project.root.join(path))?.as_ref() != Some(expected) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the script, linked now, is the one that was built, from the same files and packages.
    pub(super) fn is_of(&self, project: &Project, script: &Script) -> Result<bool, Error> {
        let text = Digest::of(script.text.as_bytes()).to_string();
        Ok(self.script == Some(text)
            && self.inputs == named(&project.root, &script.inputs)
            && self.packages == Some(hash_of(&script.packages)?))
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(std::io::Error::from)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Inputs as the record names them.
fn named(root: &Path, inputs: &[Input]) -> Inputs {
    inputs.iter().map(|input| (relative(root, &input.path), input.digest.to_string())).collect()
}

/// The hash of what a script's packages are called.
fn hash_of(packages: &[component::Package]) -> Result<String, Error> {
    let bytes = serde_json::to_vec(packages).map_err(std::io::Error::from)?;
    Ok(Digest::of(&bytes).to_string())
}

/// The hash of a file; none when it does not exist.
fn hash(path: &Path) -> Result<Option<String>, Error> {
    match fs_err::File::open(path).and_then(|mut file| Digest::of_reader(&mut file)) {
        Ok((digest, _)) => Ok(Some(digest.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// `path` as seen from `root`, with `/`; through `..` when it lies outside.
pub(super) fn relative(root: &Path, path: &Path) -> String {
    let (root, path): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (root.components().collect(), path.components().collect());
    let shared = root.iter().zip(&path).take_while(|(a, b)| a == b).count();
    let up = root.iter().skip(shared).map(|_| "..".to_owned());
    let down = path.iter().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_project() {
        let root = Path::new("/work/project");
        assert_eq!(relative(root, Path::new("/work/project/src/a.ts")), "src/a.ts");
        assert_eq!(relative(root, Path::new("/work/shared/b.ts")), "../shared/b.ts");
    }
}
