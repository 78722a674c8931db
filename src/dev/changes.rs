//! What kinds of files changed, and which of them a build command wrote itself.

use crate::bundle::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The largest file whose contents are compared.
const MAX_COMPARED: u64 = 64 << 20;
/// Runs of a command in which a file may change one after the other, each time taken for a save meanwhile, before it
/// is taken for what the command writes.
const RUNS: u32 = 1;
/// The same for a file that was saved before.
const RUNS_OF_SAVED: u32 = 2;

/// What kinds of files changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// The manifest, `alga-ext.yaml` or the data file.
    pub(super) words: bool,
    /// Something the handler, or the UI's own build, is made from.
    pub(super) source: bool,
    /// Files of the UI that are served as they are.
    pub(super) ui: bool,
}

impl Changes {
    /// Everything, as at the start.
    pub(super) const ALL: Changes = Changes { words: true, source: true, ui: true };

    /// Both together.
    pub(super) fn and(self, other: Changes) -> Changes {
        Changes {
            words: self.words || other.words,
            source: self.source || other.source,
            ui: self.ui || other.ui,
        }
    }

    /// Whether anything changed.
    pub(super) fn any(self) -> bool {
        self.words || self.source || self.ui
    }
}

/// When files changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// While the author's own command ran, or right after: it may have written them.
    Command,
    /// At any other time.
    Rest,
}

/// Tells what the author saves from what the author's own command writes, which must not start it again.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What changed files held.
    contents: BTreeMap<PathBuf, Digest>,
    written: BTreeMap<PathBuf, Written>,
}

#[derive(Debug, Default)]
struct Written {
    /// It changed when no command ran.
    saved: bool,
    /// Runs in which it changed, one after the other, up to the last.
    runs: u32,
}

impl Seen {
    /// Notes that a run has ended in which these files changed.
    pub(super) fn command_ended(&mut self, paths: &BTreeSet<PathBuf>) {
        for (_, written) in self.written.iter_mut().filter(|(path, _)| !paths.contains(*path)) {
            written.runs = 0;
        }
        for path in paths {
            self.written.entry(path.clone()).or_default().runs += 1;
        }
    }

    /// Whether a change is one that the command has to run for.
    pub(super) fn is_saved(&mut self, path: &Path, moment: Moment) -> bool {
        if moment == Moment::Command {
            let is_made = self
                .written
                .get(path)
                .is_some_and(|written| written.runs > if written.saved { RUNS_OF_SAVED } else { RUNS });
            return !is_made && !self.is_repeated(path);
        }
        let saved = !self.is_repeated(path);
        if saved {
            self.written.insert(path.to_path_buf(), Written { saved, runs: 0 });
        }
        saved
    }

    /// Whether a file was written and holds what it held when it was last seen to change.
    fn is_repeated(&mut self, path: &Path) -> bool {
        let small = fs_err::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_COMPARED);
        let digest = Digest::of(&if small { fs_err::read(path).unwrap_or_default() } else { Vec::new() });
        self.contents.insert(path.to_path_buf(), digest) == Some(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_run_writes_anew_is_no_save_until_it_changes_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("build.log");
        let (mut seen, mut text) = (Seen::default(), 0);
        let mut change = |seen: &mut Seen, moment| {
            text += 1;
            fs_err::write(&path, text.to_string()).unwrap();
            if moment == Moment::Command {
                seen.command_ended(&BTreeSet::from([path.clone()]));
            }
            seen.is_saved(&path, moment)
        };
        assert!(change(&mut seen, Moment::Command), "it may be a save while the command ran");
        assert!((0..3).all(|_| !change(&mut seen, Moment::Command)));
        assert!(change(&mut seen, Moment::Rest));
        assert!((0..2).all(|_| change(&mut seen, Moment::Command)), "saved again and again");
        assert!(!change(&mut seen, Moment::Command), "written by the command although it was saved once");
        seen.command_ended(&BTreeSet::new());
        assert!(change(&mut seen, Moment::Command), "a run did not write it");
    }

    #[test]
    fn what_holds_the_same_as_before_is_no_save() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.bin");
        fs_err::write(&path, "1").unwrap();
        let mut seen = Seen::default();
        assert!(seen.is_saved(&path, Moment::Rest) && !seen.is_saved(&path, Moment::Rest));
    }
}
