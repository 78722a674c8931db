//! Applies the safe fixes of what is found, round after round, until nothing more is to be mended.

use super::subject::Error;
use super::{Overlay, Subject};
use crate::files;
use crate::findings::{self, Finding, Findings};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// More rounds than fixes that uncover each other need.
const MOST_ROUNDS: usize = 16;
/// The largest file that is mended, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What mending comes to. Nothing is written yet.
#[derive(Debug)]
pub struct Mended {
    /// The files that would change.
    pub files: Vec<MendedFile>,
    /// What is left to say when they have changed.
    pub left: Findings,
}

/// A file with its mends.
#[derive(Debug, Clone, Serialize)]
pub struct MendedFile {
    /// Its name in findings.
    pub file: String,
    /// How many findings were mended.
    pub applied: usize,
    /// What changes, as a unified diff.
    pub diff: String,
    /// Where it is.
    #[serde(skip)]
    pub path: PathBuf,
    /// The new text.
    #[serde(skip)]
    pub text: String,
}

/// Mends what can be mended without asking; `judge` says what is found, and which of it counts.
pub fn mend(subject: &Subject, judge: impl Fn(&Overlay) -> Result<Findings, Error>) -> Result<Mended, Error> {
    let mut overlay = Overlay::default();
    let mut applied: BTreeMap<String, usize> = BTreeMap::new();
    let mut left = judge(&overlay)?;
    for _ in 0..MOST_ROUNDS {
        let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in left.findings.iter().filter(|finding| finding.is_fixable()) {
            if let Some(file) = &finding.file {
                by_file.entry(file).or_default().push(finding);
            }
        }
        let mut changed = false;
        for (file, findings) in by_file {
            let path = subject.file(file)?;
            let Ok(text) = overlay.text(&path, LARGEST) else { continue };
            if let Some(fixed) = findings::apply(&text, findings.into_iter()) {
                *applied.entry(file.to_owned()).or_default() += fixed.applied;
                overlay.set(path, fixed.text);
                changed = true;
            }
        }
        if !changed {
            break;
        }
        left = judge(&overlay)?;
    }
    let mut files = Vec::new();
    for (file, applied) in applied {
        let path = subject.file(&file)?;
        let before = files::read_text(&path, LARGEST)?;
        let Some(text) = overlay.get(&path).filter(|text| **text != before) else { continue };
        let diff = diff(&file, &before, text);
        files.push(MendedFile { file, applied, diff, text: text.to_owned(), path });
    }
    Ok(Mended { files, left })
}

impl Mended {
    /// Writes the files: each whole, all of them or, when the disk is full, none.
    pub fn write(&self) -> std::io::Result<()> {
        let paths: Vec<PathBuf> =
            self.files.iter().map(|file| fs_err::canonicalize(&file.path)).collect::<Result<_, _>>()?;
        let written: Vec<(&Path, &[u8])> = paths
            .iter()
            .zip(&self.files)
            .map(|(path, file)| (path.as_path(), file.text.as_bytes()))
            .collect();
        files::write_together(&written)
    }

    /// How many findings are mended.
    pub fn applied(&self) -> usize {
        self.files.iter().map(|file| file.applied).sum()
    }
}

/// A unified diff, as `patch` reads it.
fn diff(file: &str, before: &str, after: &str) -> String {
    // As git names files, so that `patch -p1` finds them.
    let file = file.trim_start_matches('/');
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&format!("a/{file}"), &format!("b/{file}"))
        .to_string()
}
