//! Converting: the same files, held together another way.

use super::pack::{checksum_line, stale_signature, write};
use super::{Error, checksum_path, survey};
use crate::bundle::{Container, Digest, Packing, Part, limits};
use crate::files::{self, Pending, Workshop};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// How to convert.
#[derive(Debug, Clone, Copy)]
pub struct ConvertOptions<'a> {
    /// The file to write; the bundle's name with another extension when absent.
    pub out: Option<&'a Path>,
    /// How it is to be held together.
    pub packing: Packing,
}

/// A bundle that was converted.
#[derive(Debug, Clone)]
pub struct Converted {
    /// The new bundle.
    pub path: PathBuf,
    /// How the old one was held together.
    pub from: Container,
    /// The old content hash.
    pub old: Digest,
    /// The new content hash.
    pub digest: Digest,
    /// What both share.
    pub files_digest: Digest,
    /// The new archive's length in bytes.
    pub size: u64,
    /// What may be wrong.
    pub warnings: Vec<String>,
}

/// Writes the files of the bundle at `path` into another container, with the checksum beside it. Its index goes along
/// as it is, so the files digest stays.
pub fn convert(path: &Path, options: &ConvertOptions) -> Result<Converted, Error> {
    let mut surveyed = survey(path)?;
    let out = match options.out {
        Some(out) => out.to_path_buf(),
        None => renamed(path, options.packing.container),
    };
    if out.is_dir() {
        return Err(Error::Folder { path: out });
    }
    if fs_err::canonicalize(&out).ok().is_some_and(|out| fs_err::canonicalize(path).ok() == Some(out)) {
        return Err(Error::Itself { path: out });
    }
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The files may come in another order than they go, and all of them may be more than the memory should hold.
    files::sweep(folder);
    let spool = Workshop::begin(folder, files::UNPACKING)?;
    let mut parts = Vec::new();
    surveyed.visit::<Error>(&mut |name: &str, body: &mut dyn Read| {
        let file = spool.path().join(parts.len().to_string());
        super::unpack::write(&file, body)?;
        parts.push(Part::of_file(name, &file, limits::UNPACKED)?);
        Ok(())
    })?;
    let (bundle, (digest, size)) = write(&parts, options.packing, &out)?;
    let mut checksum = Pending::begin(&checksum_path(&out))?;
    checksum.write_all(&checksum_line(&out, &digest))?;
    files::put_together(vec![bundle, checksum])?;
    let warnings = stale_signature(&out, &digest).into_iter().collect();
    Ok(Converted {
        path: out,
        from: surveyed.listing.container,
        old: surveyed.digest,
        digest,
        files_digest: surveyed.listing.files_digest(),
        size,
        warnings,
    })
}

/// A bundle's name without its container's extension.
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = Container::ALL.iter().find_map(|container| name.strip_suffix(&format!(".{container}")));
    stem.map_or_else(|| name.clone(), str::to_owned)
}

fn renamed(path: &Path, container: Container) -> PathBuf {
    path.with_file_name(format!("{}.{container}", stem(path)))
}
