//! From a project to the bundle that is signed and published.

use super::gather::gather;
use super::packed::Record;
use super::sbom::{self, Sbom};
use super::{Error, beside, checksum_path};
use crate::bundle::{
    self, About, COMPONENT, Digest, File, INDEX, Index, Lock, Packing, Part, Requires, SBOM,
};
use crate::component::{self, Component};
use crate::files::{self, Pending};
use crate::findings::{Findings, Severity};
use crate::project::Project;
use crate::validate::Bounds;
use crate::{build, validate};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How to pack.
#[derive(Debug, Clone, Copy)]
pub struct PackOptions<'a> {
    /// How to build, if what was built is stale.
    pub build: build::Options<'a>,
    /// The file to write; `dist/bundle.<container>` when absent.
    pub out: Option<&'a Path>,
    /// How the bundle is held together.
    pub packing: Packing,
    /// Where the bill of materials goes.
    pub sbom: Sbom,
    /// The time that files say they were made, in seconds since 1970; none when absent.
    pub epoch: Option<u64>,
}

/// A bundle that was written.
#[derive(Debug, Clone)]
pub struct Packed {
    /// Where.
    pub path: PathBuf,
    /// The content hash.
    pub digest: Digest,
    /// What stays the same in another container.
    pub files_digest: Digest,
    /// The archive's length in bytes.
    pub size: u64,
    /// The files it holds.
    pub entries: Vec<File>,
    /// The bill of materials beside it.
    pub sbom: Option<PathBuf>,
    /// Whether just this bundle was there already.
    pub unchanged: bool,
    /// What may be wrong: the build's words, warnings of the rules, files left out.
    pub warnings: Vec<String>,
}

/// Builds if that would change anything, checks, and writes the bundle with its checksum and bill of materials beside it.
///
/// Either all files are new or all are as they were, as long as the disk takes them: what stands in the way of one is seen
/// before the first is put in its place. What is there already is not made again; whether it is there is
/// decided by the hashes of all files, never by their times.
pub fn pack(project: &Project, options: &PackOptions) -> Result<Packed, Error> {
    let path = match options.out {
        Some(path) => path.to_path_buf(),
        None => project.dist().join(format!("bundle.{}", options.packing.container)),
    };
    if path.is_dir() {
        return Err(Error::Folder { path });
    }
    let mut warnings = Vec::new();
    if build::is_stale(project)? {
        warnings.extend(build::build(project, &options.build)?.warnings);
    }
    // Who wants it quick wants it small, too: what is published is judged in full.
    let bounds = if options.packing.fast { Bounds::TIGHT } else { Bounds::USUAL };
    judge(validate::project_within(&project.root, bounds)?, &mut warnings)?;
    let gathered = gather(project)?;
    let mut parts = gathered.parts;
    judge(check(&parts, bounds), &mut warnings)?;
    warnings.extend(gathered.skipped);
    if let Some(folder) = path.parent() {
        files::sweep(folder);
    }
    let component = component(project, &parts)?;
    let sbom = match options.sbom {
        Sbom::None => None,
        Sbom::Beside | Sbom::Embed => {
            Some(sbom::of(project, component.as_ref(), options.build.tools, options.epoch)?)
        }
    };
    if let (Sbom::Embed, Some(sbom)) = (options.sbom, &sbom) {
        parts.push(Part::of_bytes(SBOM, sbom.clone()));
    }
    let index = Index::new(about(project, component)?, parts.iter().map(Part::file).collect());
    let files_digest = bundle::files_digest(&index.files);
    let index = Part::of_bytes(INDEX, index.to_bytes().map_err(Error::Pack)?);
    let index_digest = index.sha256;
    parts.push(index);
    parts.sort_by(|one, other| one.path.cmp(&other.path));

    let record = Record::read(project);
    let known = record.find(options.packing, &index_digest, &path);
    let mut pending = Vec::new();
    let (digest, size) = if let Some(known) = known {
        known
    } else {
        let (bundle, made) = write(&parts, options.packing, &path)?;
        pending.push(bundle);
        made
    };
    let sbom_path = sbom.is_some().then(|| beside(&path, ".cdx.json"));
    let checksum = checksum_line(&path, &digest);
    let others = [(Some(checksum_path(&path)), Some(checksum)), (sbom_path.clone(), sbom)];
    for (path, bytes) in others.into_iter().filter_map(|(path, bytes)| Some((path?, bytes?))) {
        let longest = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if !files::read_bounded(&path, longest).is_ok_and(|present| present == bytes) {
            let mut file = Pending::begin(&path)?;
            file.write_all(&bytes)?;
            pending.push(file);
        }
    }
    files::put_together(pending)?;
    if known.is_none() {
        record.note(project, options.packing, &index_digest, &digest);
    }
    warnings.extend(stale_signature(&path, &digest));
    let entries = parts.iter().map(Part::file).collect();
    let unchanged = known.is_some();
    Ok(Packed { path, digest, files_digest, size, entries, sbom: sbom_path, unchanged, warnings })
}

/// Writes a bundle beside its place; its digest and length.
pub(super) fn write(
    parts: &[Part],
    packing: Packing,
    path: &Path,
) -> Result<(Pending, (Digest, u64)), Error> {
    let mut pending = Pending::begin(path)?;
    bundle::write_to(parts, packing, &mut pending).map_err(Error::Pack)?;
    let made = Digest::of_reader(pending.reread()?)?;
    Ok((pending, made))
}

/// What the rules say of the files, each read when it is looked at.
fn check(parts: &[Part], bounds: Bounds) -> Findings {
    let by_path: HashMap<&str, &Part> = parts.iter().map(|part| (part.path.as_str(), part)).collect();
    let head =
        |path: &str, limit: u64| by_path.get(path).and_then(|part| part.head(limit).ok()).unwrap_or_default();
    validate::files(parts.iter().map(|part| (part.path.as_str(), part.size)), &head, bounds)
}

/// What the component says of itself.
fn component(project: &Project, parts: &[Part]) -> Result<Option<Component>, Error> {
    let path = project.component();
    let Some(part) = parts.iter().find(|part| part.path == COMPONENT) else { return Ok(None) };
    let read = component::read(&part.head(u64::MAX)?);
    read.map(Some).map_err(|source| Error::Component { path, source })
}

/// What the index says beside the files.
fn about(project: &Project, component: Option<Component>) -> Result<About, Error> {
    let locks = build::locks(project)?;
    let locks = locks.into_iter().map(|(path, digest)| Lock { path, sha256: digest.hex() }).collect();
    let (interfaces, identity) =
        component.map(|component| (component.imports, component.identity)).unwrap_or_default();
    let (engine, source) = match identity {
        Some(identity) => (identity.engine, Some(identity.source)),
        None => ("none".to_owned(), None),
    };
    let capabilities = project.manifest.capabilities.clone();
    let runtime = Some(&project.manifest.runtime).filter(|runtime| !runtime.is_empty()).cloned();
    Ok(About { engine, source, locks, requires: Requires { runtime, interfaces, capabilities } })
}

/// Refuses on errors; warnings are kept, each once.
fn judge(findings: Findings, warnings: &mut Vec<String>) -> Result<(), Error> {
    if findings.errors > 0 {
        return Err(Error::Findings(findings));
    }
    for finding in findings.findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        let place = finding.file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
        let line = format!("{place}{} [{}]", finding.message, finding.code);
        if !warnings.contains(&line) {
            warnings.push(line);
        }
    }
    Ok(())
}

/// The line `sha256sum -c` reads; a name with a backslash or line end in it is escaped the way it wants.
pub(super) fn checksum_line(path: &Path, digest: &Digest) -> Vec<u8> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let mut line = Vec::new();
    if name.iter().any(|byte| b"\\\n\r".contains(byte)) {
        line.push(b'\\');
    }
    line.extend_from_slice(digest.hex().as_bytes());
    line.extend_from_slice(b"  ");
    for byte in name {
        match byte {
            b'\\' => line.extend_from_slice(b"\\\\"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            byte => line.push(*byte),
        }
    }
    line.push(b'\n');
    line
}

/// Says so when signatures beside the bundle were made for what it was before.
pub(super) fn stale_signature(bundle: &Path, digest: &Digest) -> Option<String> {
    let signatures = super::sign::signatures(bundle).unwrap_or_default();
    signatures.iter().find_map(|path| super::sign::stale(path, &digest.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_a_line_that_sha256sum_reads() {
        let digest = Digest::of(b"abc");
        let line = checksum_line(Path::new("/x/bundle.tar.zst"), &digest);
        assert_eq!(String::from_utf8(line).unwrap(), format!("{}  bundle.tar.zst\n", digest.hex()));
        let line = checksum_line(Path::new("/x/a\\b\nc"), &digest);
        assert_eq!(String::from_utf8(line).unwrap(), format!("\\{}  a\\\\b\\nc\n", digest.hex()));
    }
}
