//! Sees the files of a project change, waits until they are written, and says which ones.

use crate::files;
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How long nothing may change before what changed is taken up.
const QUIET: Duration = Duration::from_millis(20);
/// The same when every file that changed was closed or put in its place, as far as the system tells.
const SETTLED: Duration = Duration::from_millis(4);
/// How long taking it up may be put off.
const LONGEST: Duration = Duration::from_millis(300);
/// Folders watched; a project with more is watched in part.
const MAX_FOLDERS: usize = 8192;
/// Folders that are made, not written.
const IGNORED: [&str; 5] = ["node_modules", "dist", "target", ".git", ".alga-ext"];

/// What reaches the thread that watches; `T` is what else it is told.
#[derive(Debug)]
pub enum Signal<T> {
    /// The system saw something.
    Seen(notify::Result<notify::Event>),
    /// Something else happened.
    Sent(T),
    /// There is nothing to watch for any more.
    End,
}

/// What is to be done.
#[derive(Debug)]
pub enum Next<T> {
    /// These paths changed, the first of them then.
    Changed(BTreeSet<PathBuf>, Instant),
    /// Something else happened.
    Sent(T),
}

/// Watches folders one by one, so that what is ignored costs nothing.
#[derive(Debug)]
pub struct Watch<T> {
    watcher: RecommendedWatcher,
    signals: Receiver<Signal<T>>,
    root: PathBuf,
    folders: BTreeSet<PathBuf>,
    /// Single files outside the project.
    others: BTreeSet<PathBuf>,
    /// What came while changes were gathered.
    sent: Option<T>,
}

/// Changes as they come in.
#[derive(Debug, Default)]
struct Gathered {
    paths: BTreeSet<PathBuf>,
    /// Those that may still be written to.
    open: BTreeSet<PathBuf>,
}

impl<T: Send + 'static> Watch<T> {
    /// Watches the project in `root`. The sender ends it.
    pub fn new(root: &Path) -> notify::Result<(Watch<T>, Sender<Signal<T>>)> {
        let (sender, signals) = channel();
        let seen = sender.clone();
        let watcher = notify::recommended_watcher(move |event| {
            // The receiver is gone only when nobody watches any more.
            let _ = seen.send(Signal::Seen(event));
        })?;
        let mut watch = Watch {
            watcher,
            signals,
            root: root.to_path_buf(),
            folders: BTreeSet::new(),
            others: BTreeSet::new(),
            sent: None,
        };
        watch.watcher.watch(root, RecursiveMode::NonRecursive)?;
        watch.folders.insert(root.to_path_buf());
        watch.descend(root);
        Ok((watch, sender))
    }

    /// Watches files outside the project too: the data file, sources of linked packages.
    pub fn also<'a>(&mut self, paths: impl IntoIterator<Item = &'a PathBuf>) {
        for path in paths {
            let inside =
                path.starts_with(&self.root) || path.components().any(|part| is_ignored(part.as_os_str()));
            if inside || self.others.len() >= MAX_FOLDERS || !self.others.insert(path.clone()) {
                continue;
            }
            if let Some(folder) = path.parent() {
                self.add(folder);
            }
        }
    }

    /// Whether no more folders can be watched.
    pub fn is_full(&self) -> bool {
        self.folders.len() >= MAX_FOLDERS
    }

    fn add(&mut self, folder: &Path) -> bool {
        if self.is_full() || self.folders.contains(folder) {
            return false;
        }
        // A folder that vanished meanwhile has nothing to watch.
        let added = self.watcher.watch(folder, RecursiveMode::NonRecursive).is_ok();
        if added {
            self.folders.insert(folder.to_path_buf());
        }
        added
    }

    /// Watches every folder below `folder`; gives the files found there.
    fn descend(&mut self, folder: &Path) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs_err::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && !is_ignored(&entry.file_name()) && self.add(&entry.path()) {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    files.push(entry.path());
                }
            }
        }
        files
    }

    /// Waits for something to do; none at the end.
    #[expect(clippy::should_implement_trait, reason = "waiting is no iteration")]
    pub fn next(&mut self) -> Option<Next<T>> {
        loop {
            if let Some(sent) = self.sent.take() {
                return Some(Next::Sent(sent));
            }
            let event = match self.signals.recv() {
                Ok(Signal::Seen(event)) => event,
                Ok(Signal::Sent(sent)) => return Some(Next::Sent(sent)),
                Ok(Signal::End) | Err(_) => return None,
            };
            let mut gathered = Gathered::default();
            self.collect(event, &mut gathered);
            if gathered.paths.is_empty() {
                continue;
            }
            let begun = Instant::now();
            while begun.elapsed() < LONGEST {
                let quiet = if gathered.open.is_empty() { SETTLED } else { QUIET };
                match self.signals.recv_timeout(quiet) {
                    Ok(Signal::Seen(event)) => self.collect(event, &mut gathered),
                    Ok(Signal::Sent(sent)) => self.sent = Some(sent),
                    Ok(Signal::End) | Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) => break,
                }
            }
            return Some(Next::Changed(gathered.paths, begun));
        }
    }

    fn collect(&mut self, event: notify::Result<notify::Event>, gathered: &mut Gathered) {
        let Ok(event) = event else { return };
        let whole = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => true,
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) if !event.need_rescan() => {
                return;
            }
            _ => false,
        };
        for path in event.paths {
            let Ok(inner) = path.strip_prefix(&self.root) else {
                if self.others.contains(&path) {
                    gathered.add(path, whole);
                }
                continue;
            };
            if inner.components().any(|part| is_ignored(part.as_os_str())) || is_passing(&path) {
                continue;
            }
            if path.is_dir() {
                if self.add(&path) {
                    for file in self.descend(&path).into_iter().filter(|file| !is_passing(file)) {
                        gathered.add(file, false);
                    }
                }
            } else {
                self.folders.remove(&path);
                gathered.add(path, whole);
            }
        }
    }
}

impl Gathered {
    fn add(&mut self, path: PathBuf, whole: bool) {
        if whole {
            self.open.remove(&path);
        } else {
            self.open.insert(path.clone());
        }
        self.paths.insert(path);
    }
}

fn is_ignored(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| IGNORED.contains(&name))
}

/// Whether a file is one that editors and we ourselves write for a moment.
fn is_passing(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return true };
    name.starts_with(files::TEMPORARY)
        || name.starts_with(".#")
        || name.starts_with(".goutputstream-")
        || name.ends_with('~')
        || name == "4913"
        || [".swp", ".swx", ".swo", ".tmp"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(watch: &mut Watch<()>) -> BTreeSet<PathBuf> {
        match watch.next() {
            Some(Next::Changed(paths, _)) => paths,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_in_a_new_folder_is_seen_and_ignored_folders_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs_err::create_dir_all(root.join("node_modules/a")).unwrap();
        let (mut watch, _end) = Watch::new(&root).unwrap();
        fs_err::write(root.join("node_modules/a/index.js"), "1").unwrap();
        fs_err::write(root.join("x.ts.swp"), "1").unwrap();
        fs_err::create_dir_all(root.join("src/deep")).unwrap();
        fs_err::write(root.join("src/deep/handler.ts"), "1").unwrap();
        let mut seen = BTreeSet::new();
        while !seen.contains(&root.join("src/deep/handler.ts")) {
            seen.extend(changed(&mut watch));
        }
        assert_eq!(seen.len(), 1, "{seen:?}");
        fs_err::write(root.join("src/deep/other.ts"), "1").unwrap();
        let again = changed(&mut watch);
        assert!(again.contains(&root.join("src/deep/other.ts")), "{again:?}");
    }

    #[test]
    fn the_end_wakes_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut watch, end) = Watch::<()>::new(folder.path()).unwrap();
        end.send(Signal::End).unwrap();
        assert!(watch.next().is_none());
    }
}
