//! Many bundles at once: a folder of them, judged on all cores.

use super::inside::sentence;
use super::{Reason, Verification, VerifyOptions, verify};
use crate::bundle::Container;
use crate::exit::Exit;
use crate::release::Error;
use serde::Serialize;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What became of the bundles of a folder.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Whether every one is accepted.
    pub verified: bool,
    /// How many there are of each outcome.
    pub reasons: BTreeMap<String, usize>,
    /// Each, by path.
    pub bundles: Vec<Verification>,
    /// What could not be judged, by path.
    pub unread: Vec<Unread>,
}

/// A bundle, or a folder of some, that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub message: String,
}

impl Unread {
    fn new(path: &Path, error: &Error) -> Unread {
        Unread { path: path.to_path_buf(), message: sentence(error) }
    }
}

impl Summary {
    /// The exit code: 0 when all are accepted, else that of the refusal that weighs most: revoked or expired, then other
    /// keys, then what disagrees, then no signature, then what could not be judged, then the bundle itself.
    pub fn exit(&self) -> Exit {
        let refused = self.bundles.iter().map(|bundle| bundle.reason.exit());
        let unread = self.unread.iter().map(|_| Exit::NotJudged);
        refused.chain(unread).max_by_key(|exit| exit.code()).unwrap_or(Exit::Done)
    }
}

/// Judges every bundle in a folder and those below it, told by their names; links to files are followed, links to
/// folders are not. The order they are judged in does not show, and one that cannot be read keeps no other from it.
pub fn verify_all(folder: &Path, options: &VerifyOptions<'_>) -> Result<Summary, Error> {
    let (mut paths, mut unread) = (Vec::new(), Vec::new());
    find(folder, &mut paths, &mut unread)?;
    paths.sort();
    if paths.is_empty() && unread.is_empty() {
        return Err(Error::NoBundles { folder: folder.to_path_buf() });
    }
    let waiting = Mutex::new(paths.into_iter());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut done = Vec::new();
        loop {
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
            let Some(path) = next else { return done };
            done.push(verify(&path, options).map_err(|error| Unread::new(&path, &error)));
        }
    };
    let parts: Vec<Vec<Result<Verification, Unread>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        // What one of them was judging when it fell must not be missing unseen.
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|fall| resume_unwind(fall))).collect()
    });
    let mut bundles = Vec::new();
    for judged in parts.into_iter().flatten() {
        match judged {
            Ok(verification) => bundles.push(verification),
            Err(error) => unread.push(error),
        }
    }
    unread.sort_by(|one, other| one.path.cmp(&other.path));
    bundles.sort_by(|one, other| one.path.cmp(&other.path));
    let mut reasons = BTreeMap::new();
    for bundle in &bundles {
        *reasons.entry(word(bundle.reason)).or_insert(0) += 1;
    }
    let verified = unread.is_empty() && bundles.iter().all(|bundle| bundle.verified);
    Ok(Summary { verified, reasons, bundles, unread })
}

fn word(reason: Reason) -> String {
    serde_json::to_value(reason).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>, unread: &mut Vec<Unread>) -> Result<(), Error> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() {
            if let Err(error) = find(&entry.path(), paths, unread) {
                unread.push(Unread::new(&entry.path(), &error));
            }
        } else if (kind.is_file() || entry.path().is_file())
            && Container::ALL.iter().any(|one| name.ends_with(&format!(".{one}")))
        {
            paths.push(entry.path());
        }
    }
    Ok(())
}
