//! `dist/pack.json`: which bundle was made of which files, by content, so that nothing is compressed twice.

use crate::bundle::{Digest, Packing};
use crate::files;
use crate::project::Project;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Its name in `dist/`.
const FILE: &str = "pack.json";

/// The last bundle of each container.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// By container and level.
    bundles: BTreeMap<String, Made>,
}

/// One bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    /// Hash of the index, which lists every file and names the tool's version.
    index: String,
    /// The content hash of the bundle that was made of them.
    content_hash: String,
}

impl Record {
    /// The record of earlier runs; an empty one where there is none that this version can read.
    pub(super) fn read(project: &Project) -> Record {
        let bytes = files::read_bounded(&place(project), 1 << 20).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// The digest and length of the file at `path`, when that is the bundle that packing these files would make.
    pub(super) fn find(&self, packing: Packing, index: &Digest, path: &Path) -> Option<(Digest, u64)> {
        let made = self.bundles.get(&key(packing)).filter(|made| made.index == index.to_string())?;
        let found = Digest::of_reader(&mut fs_err::File::open(path).ok()?).ok()?;
        (found.0.to_string() == made.content_hash).then_some(found)
    }

    /// Notes what was made. Without the note the next run takes longer, and that is all.
    pub(super) fn note(mut self, project: &Project, packing: Packing, index: &Digest, bundle: &Digest) {
        let made = Made { index: index.to_string(), content_hash: bundle.to_string() };
        self.bundles.insert(key(packing), made);
        if let Ok(mut bytes) = serde_json::to_vec_pretty(&self) {
            bytes.push(b'\n');
            let _ = files::write(&place(project), &bytes);
        }
    }
}

fn place(project: &Project) -> PathBuf {
    project.dist().join(FILE)
}

fn key(packing: Packing) -> String {
    format!("{}{}", packing.container, if packing.fast { " fast" } else { "" })
}
