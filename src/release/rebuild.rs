//! From source again: a bundle built anew in a clean folder, and compared with the one that is there.

use super::{Error, PackOptions, Sbom, Surveyed, pack, survey};
use crate::build;
use crate::bundle::{self, COMPONENT, Digest, Packing, SBOM};
use crate::component;
use crate::project::Project;
use crate::signing::Time;
use crate::toolchain::{self, Invocation, Stdout};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a clean folder does not have.
const MADE: [&str; 4] = ["dist", "target", "node_modules", ".git"];

/// What to build from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The project in this folder, as it is now.
    Folder(&'a Path),
    /// The project in this folder, as it was at a commit, tag or branch.
    Commit(&'a Path, &'a str),
}

/// How to build.
#[derive(Debug, Clone, Copy)]
pub struct RebuildOptions<'a> {
    /// What from.
    pub source: Source<'a>,
    /// How.
    pub build: build::Options<'a>,
    /// An empty folder to do it in.
    pub folder: &'a Path,
}

/// What came out.
#[derive(Debug, Clone, Serialize)]
pub struct Rebuilt {
    /// Whether the same bytes came out.
    pub identical: bool,
    /// The content hash of the bundle.
    pub content_hash: Digest,
    /// The content hash of what was built.
    pub rebuilt_hash: Digest,
    /// Where they differ.
    pub differences: Vec<Difference>,
}

/// A file in which they differ.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// Its path in the bundle; empty for the archive itself.
    pub file: String,
    /// How it differs.
    pub what: String,
    /// The sections, nested modules and functions that differ, or the packages.
    pub parts: Vec<String>,
}

/// Builds the bundle at `path` anew and compares.
pub fn rebuild(path: &Path, options: &RebuildOptions<'_>) -> Result<Rebuilt, Error> {
    let mut theirs = survey(path)?;
    let tool =
        theirs.listing.index.as_ref().map(|index| (index.tool.name.clone(), index.tool.version.clone()));
    let ours = ("alga-ext".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    if tool.as_ref() != Some(&ours) {
        let made_by = tool.map_or_else(
            || "a tool that does not say so".into(),
            |(name, version)| format!("{name} {version}"),
        );
        return Err(Error::OtherTool { path: path.to_path_buf(), made_by });
    }
    let (root, is_alone) = clean(options)?;
    let (Source::Folder(source) | Source::Commit(source, _)) = options.source;
    let failed =
        |error| Error::NotRebuilt { source_folder: source.to_path_buf(), is_alone, error: Box::new(error) };
    let project = Project::load(&root).map_err(|error| failed(error.into()))?;
    let (sbom, epoch) = sbom(&mut theirs)?;
    let out = options.folder.join("rebuilt");
    let mut packing = Packing { container: theirs.listing.container, fast: false };
    let again = |packing| {
        let pack_options = PackOptions { build: options.build, out: Some(&out), packing, sbom, epoch };
        pack(&project, &pack_options).map_err(failed)
    };
    let mut packed = again(packing)?;
    if packed.digest != theirs.digest && packed.files_digest == theirs.listing.files_digest() {
        packing.fast = true;
        let fast = again(packing)?;
        if fast.digest == theirs.digest {
            packed = fast;
        }
    }
    let mut rebuilt = survey(&out)?;
    let differences = differences(&mut theirs, &mut rebuilt)?;
    let identical = packed.digest == theirs.digest;
    Ok(Rebuilt { identical, content_hash: theirs.digest, rebuilt_hash: packed.digest, differences })
}

/// Whether the bundle carries a bill of materials, and the time that says it was made.
fn sbom(theirs: &mut Surveyed) -> Result<(Sbom, Option<u64>), Error> {
    let Some(bytes) = bytes_of(theirs, SBOM)? else { return Ok((Sbom::None, None)) };
    let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let time = document.pointer("/metadata/timestamp").and_then(|time| time.as_str()).and_then(Time::parse);
    Ok((Sbom::Embed, time.and_then(|time| u64::try_from(time.seconds()).ok())))
}

fn bytes_of(surveyed: &mut Surveyed, wanted: &str) -> Result<Option<Vec<u8>>, Error> {
    let mut found = None;
    surveyed.visit::<Error>(&mut |name: &str, body: &mut dyn Read| {
        if name == wanted {
            let mut bytes = Vec::new();
            body.read_to_end(&mut bytes)?;
            found = Some(bytes);
        }
        Ok(())
    })?;
    Ok(found)
}

fn differences(theirs: &mut Surveyed, ours: &mut Surveyed) -> Result<Vec<Difference>, Error> {
    let files = |surveyed: &Surveyed| -> BTreeMap<String, String> {
        surveyed.listing.files.iter().map(|file| (file.path.clone(), file.sha256.clone())).collect()
    };
    let (before, after) = (files(theirs), files(ours));
    let mut differences = Vec::new();
    for (path, hash) in &before {
        let what = match after.get(path) {
            None => "is in the bundle only",
            Some(other) if other != hash => "differs",
            Some(_) => continue,
        };
        differences.push(Difference { file: path.clone(), what: what.into(), parts: Vec::new() });
    }
    for path in after.keys().filter(|path| !before.contains_key(*path)) {
        differences.push(Difference { file: path.clone(), what: "was built only".into(), parts: Vec::new() });
    }
    for difference in differences.iter_mut().filter(|difference| difference.what == "differs") {
        let pair = (bytes_of(theirs, &difference.file)?, bytes_of(ours, &difference.file)?);
        let (Some(before), Some(after)) = pair else { continue };
        difference.parts = match difference.file.as_str() {
            COMPONENT => components(&before, &after),
            bundle::INDEX => members(&before, &after),
            _ => vec![format!("{} and {} bytes", before.len(), after.len())],
        };
    }
    if differences.is_empty() && theirs.digest != ours.digest {
        let what = "the files are the same, and the archive around them is not".to_owned();
        differences.push(Difference { file: String::new(), what, parts: Vec::new() });
    }
    Ok(differences)
}

/// The sections, nested modules and functions that differ, then the packages.
fn components(before: &[u8], after: &[u8]) -> Vec<String> {
    let mut parts = component::compare(before, after).unwrap_or_default();
    let packages = |bytes: &[u8]| -> BTreeMap<String, (u64, u64)> {
        let identity = component::read(bytes).ok().and_then(|component| component.identity);
        let packages = identity.map(|identity| identity.packages).unwrap_or_default();
        let name = |package: &component::Package| match &package.version {
            Some(version) => format!("{}@{version}", package.name),
            None => package.name.clone(),
        };
        packages.iter().map(|package| (name(package), (package.files, package.bytes))).collect()
    };
    let (before, after) = (packages(before), packages(after));
    for (name, (files, bytes)) in &before {
        match after.get(name) {
            None => parts.push(format!("package `{name}` is in the bundle only")),
            Some(other) if *other != (*files, *bytes) => parts.push(format!(
                "package `{name}` had {files} files and {bytes} bytes, and has {} and {}",
                other.0, other.1
            )),
            Some(_) => {}
        }
    }
    parts.extend(
        after
            .keys()
            .filter(|name| !before.contains_key(*name))
            .map(|name| format!("package `{name}` was built only")),
    );
    parts
}

/// The members of two JSON objects that differ.
fn members(before: &[u8], after: &[u8]) -> Vec<String> {
    let read = |bytes: &[u8]| {
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes).unwrap_or_default()
    };
    let (before, after) = (read(before), read(after));
    let names: Vec<&String> =
        before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))).collect();
    let differ = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differ.map(|name| format!("`{name}`")).collect()
}

/// Puts the source into the clean folder; the project's root there, and whether it stands in no repository.
///
/// What git tracks, or would, is taken along with what lies around the project in its repository; where there is no
/// repository, the project's folder and what its last build read around it. What was made is left out, but for installed
/// packages, which no build fetches.
fn clean(options: &RebuildOptions<'_>) -> Result<(PathBuf, bool), Error> {
    let (Source::Folder(folder) | Source::Commit(folder, _)) = options.source;
    let folder = fs_err::canonicalize(folder)?;
    let top = git(&folder, &["rev-parse", "--show-toplevel"]);
    let is_alone = matches!((options.source, &top), (Source::Folder(_), Err(_)));
    let to = options.folder.join("source");
    let top = match (options.source, top) {
        (Source::Commit(_, reference), top) => {
            let top = PathBuf::from(top?.trim_end());
            let words = ["clone", "--quiet", "--shared", "--no-checkout", "--"];
            let words = words.iter().map(OsString::from).chain([top.clone().into(), to.clone().into()]);
            run(options.folder, words.collect())?;
            // Whatever it begins with, it is a commit's name and no option.
            let commit = git(
                &top,
                &["rev-parse", "--verify", "--end-of-options", &format!("{reference}^{{commit}}")],
            )?;
            git(&to, &["checkout", "--quiet", "--detach", commit.trim_end(), "--"])?;
            top
        }
        (Source::Folder(_), Ok(top)) => {
            let top = PathBuf::from(top.trim_end());
            let listed = git(&top, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
            for name in listed.split('\0').filter(|name| !name.is_empty()) {
                copy(&top.join(name), &to.join(name))?;
            }
            top
        }
        (Source::Folder(_), Err(_)) => without_git(&folder, &to)?,
    };
    let inside = folder.strip_prefix(&top).unwrap_or(Path::new(""));
    // Packages are found upwards from the project, and from its UI's own build, so they go where they were.
    let ui = Project::load(&folder).ok().and_then(|project| build::ui_package(&project));
    let starts = std::iter::once(folder.as_path()).chain(ui.as_deref());
    for ancestor in
        starts.flat_map(|start| start.ancestors().take_while(|ancestor| ancestor.starts_with(&top)))
    {
        let packages = ancestor.join("node_modules");
        let place = to.join(ancestor.strip_prefix(&top).unwrap_or(Path::new(""))).join("node_modules");
        if fs_err::symlink_metadata(&packages).is_ok() && fs_err::symlink_metadata(&place).is_err() {
            copy_or_folder(&packages, &place)?;
        }
    }
    Ok((to.join(inside), is_alone))
}

/// Copies a project and the files around it that its last build read; the folder that holds them all.
fn without_git(folder: &Path, to: &Path) -> Result<PathBuf, Error> {
    let outside = build::outside(&Project::load(folder)?)?;
    let split = |path: &str| {
        let names = path.trim_start_matches("../");
        ((path.len() - names.len()) / "../".len(), names.to_owned())
    };
    let outside: Vec<(usize, String)> = outside.iter().map(|path| split(path)).collect();
    let above = |up: usize| folder.ancestors().nth(up).unwrap_or(folder);
    let top = above(outside.iter().map(|(up, _)| *up).max().unwrap_or(0)).to_path_buf();
    let place = |path: &Path| to.join(path.strip_prefix(&top).unwrap_or(path));
    copy_folder(folder, &place(folder), &MADE)?;
    for (up, names) in outside {
        let from = above(up).join(names);
        copy(&from, &place(&from))?;
    }
    Ok(top)
}

fn copy_or_folder(from: &Path, to: &Path) -> Result<(), Error> {
    let is_folder = fs_err::symlink_metadata(from)?.is_dir();
    if is_folder { copy_folder(from, to, &[]) } else { copy(from, to) }
}

fn copy_folder(from: &Path, to: &Path, without: &[&str]) -> Result<(), Error> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !without.iter().any(|made| name == *made) {
            copy_or_folder(&entry.path(), &to.join(&name))?;
        }
    }
    Ok(())
}

/// Copies a file, or a link as the link it is. What git lists and is gone is left out.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let Ok(metadata) = fs_err::symlink_metadata(from) else { return Ok(()) };
    if let Some(parent) = to.parent() {
        fs_err::create_dir_all(parent)?;
    }
    if !metadata.is_symlink() {
        if metadata.is_file() {
            fs_err::copy(from, to)?;
        }
        return Ok(());
    }
    let target = fs_err::read_link(from)?;
    #[cfg(unix)]
    fs_err::os::unix::fs::symlink(target, to)?;
    #[cfg(windows)]
    fs_err::os::windows::fs::symlink_dir(target, to)?;
    Ok(())
}

fn git(folder: &Path, words: &[&str]) -> Result<String, Error> {
    let answer = run(folder, words.iter().map(OsString::from).collect())?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn run(folder: &Path, arguments: Vec<OsString>) -> Result<Vec<u8>, Error> {
    Ok(toolchain::run(&Invocation {
        program: OsStr::new("git"),
        arguments,
        directory: folder,
        environment: Vec::new(),
        stdout: Stdout::Return,
        is_quiet: true,
    })?)
}
