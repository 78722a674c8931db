//! From a project to the bundle that is signed and published.

use super::gather::gather;
use super::inspect::File;
use super::{Error, checksum_path, signature_path};
use crate::bundle::{self, Container, Digest};
use crate::findings::{Findings, Severity};
use crate::project::Project;
use crate::signing::{Identity, Signature};
use crate::{build, files, validate};
use std::path::{Path, PathBuf};

/// How to pack.
#[derive(Debug, Clone, Copy)]
pub struct PackOptions<'a> {
    /// How to build, if what was built is stale.
    pub build: build::Options<'a>,
    /// The file to write; `dist/bundle.<container>` when absent.
    pub out: Option<&'a Path>,
    /// How the bundle is held together.
    pub container: Container,
}

/// A bundle that was written.
#[derive(Debug, Clone)]
pub struct Packed {
    /// Where.
    pub path: PathBuf,
    /// The content hash.
    pub digest: Digest,
    /// The archive's length in bytes.
    pub size: u64,
    /// The files it holds.
    pub entries: Vec<File>,
    /// What may be wrong: the build's words, warnings of the rules, files left out.
    pub warnings: Vec<String>,
}

/// Builds if that would change anything, checks, and writes the bundle with its checksum beside it.
///
/// Either both files are new or both are as they were.
pub fn pack(project: &Project, options: &PackOptions) -> Result<Packed, Error> {
    let path = match options.out {
        Some(path) => path.to_path_buf(),
        None => project.dist().join(format!("bundle.{}", options.container)),
    };
    if path.is_dir() {
        return Err(Error::Folder { path });
    }
    let mut warnings = Vec::new();
    if build::is_stale(project)? {
        warnings.extend(build::build(project, &options.build)?.warnings);
    }
    judge(validate::project(&project.root)?, &mut warnings)?;
    let gathered = gather(project)?;
    judge(validate::bundle(&gathered.entries), &mut warnings)?;
    warnings.extend(gathered.skipped);
    let bytes = bundle::write(&gathered.entries, options.container).map_err(Error::Pack)?;
    let digest = Digest::of(&bytes);
    let checksum = checksum_line(&path, &digest);
    files::write_together(&[(&path, &bytes), (&checksum_path(&path), &checksum)])?;
    warnings.extend(stale_signature(&path, &digest));
    let entries = gathered.entries.iter().map(|entry| File::of(&entry.path, &entry.bytes)).collect();
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(Packed { path, digest, size, entries, warnings })
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
fn checksum_line(path: &Path, digest: &Digest) -> Vec<u8> {
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

/// Says so when the signature beside the bundle was made for what it was before.
fn stale_signature(bundle: &Path, digest: &Digest) -> Option<String> {
    let path = signature_path(bundle);
    let text = String::from_utf8(super::read_bounded(&path, 1 << 16).ok()?).ok()?;
    let signed =
        Signature::parse(&text).ok().and_then(|signature| Identity::parse(signature.trusted_comment()));
    let is_current = signed.is_some_and(|identity| identity.content_hash == digest.to_string());
    (!is_current).then(|| format!("`{}` was made for other bytes; sign again", path.display()))
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
