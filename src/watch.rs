//! Sees the files of a project change, waits until they are written, and says which ones.

use crate::files;
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};
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
    /// Files and folders that are seen whatever the folders above them are called.
    named: BTreeSet<PathBuf>,
    /// What came while changes were gathered.
    sent: VecDeque<T>,
    /// The end came while changes were gathered.
    ended: bool,
    trouble: Trouble,
}

/// What cannot be watched. One sentence says it; the rest is for the same reason.
#[derive(Debug, Default)]
enum Trouble {
    #[default]
    None,
    Noted(String),
    Told,
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
            named: BTreeSet::new(),
            sent: VecDeque::new(),
            ended: false,
            trouble: Trouble::None,
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

    /// Watches these files, and these folders with all that is in them but hidden names, wherever they lie: the
    /// author named them. They replace those named before, and need not be there yet.
    pub fn name(&mut self, paths: BTreeSet<PathBuf>) {
        if paths == self.named {
            return;
        }
        self.named = paths;
        self.look_at_named();
    }

    /// Watches what is named and the folders it may appear in; gives its files.
    fn look_at_named(&mut self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for path in self.named.clone() {
            let inside = path.starts_with(&self.root);
            let above: Vec<&Path> = if inside {
                path.ancestors().skip(1).take_while(|above| above.starts_with(&self.root)).collect()
            } else {
                path.parent().into_iter().collect()
            };
            for folder in above {
                self.add(folder);
            }
            if path.is_dir() {
                self.add(&path);
                files.extend(self.descend(&path));
            } else {
                files.push(path);
            }
        }
        files
    }

    /// Why some changes are not seen; told once.
    pub fn take_trouble(&mut self) -> Option<String> {
        if !matches!(self.trouble, Trouble::Noted(_)) {
            return None;
        }
        match std::mem::replace(&mut self.trouble, Trouble::Told) {
            Trouble::Noted(why) => Some(why),
            Trouble::None | Trouble::Told => None,
        }
    }

    fn note(&mut self, why: impl FnOnce() -> String) {
        if matches!(self.trouble, Trouble::None) {
            self.trouble = Trouble::Noted(why());
        }
    }

    fn add(&mut self, folder: &Path) -> bool {
        if self.folders.contains(folder) {
            return false;
        }
        if self.folders.len() >= MAX_FOLDERS {
            self.note(|| format!("changes are seen in {MAX_FOLDERS} folders, and there are more"));
            return false;
        }
        match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.folders.insert(folder.to_path_buf());
                true
            }
            // A folder that vanished meanwhile, or is not there yet, has nothing to watch.
            Err(_) if !folder.is_dir() => false,
            Err(error) => {
                self.note(|| {
                    format!("changes in `{}` are not seen, start again for them: {error}", folder.display())
                });
                false
            }
        }
    }

    /// Watches every folder below `folder`; gives the files found there.
    fn descend(&mut self, folder: &Path) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs_err::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                let path = entry.path();
                if !self.sees(&path, kind.is_dir()) {
                    continue;
                }
                if kind.is_dir() {
                    if self.add(&path) || self.folders.contains(&path) {
                        folders.push(path);
                    }
                } else if kind.is_file() && !is_passing(&path) {
                    files.push(path);
                }
            }
        }
        files
    }

    /// Lets go of a folder that is not where it was, with all below it: another may take its place.
    fn forget(&mut self, path: &Path) {
        let from = (Bound::Included(path), Bound::Unbounded);
        let below = self.folders.range::<Path, _>(from).take_while(|folder| folder.starts_with(path));
        for folder in below.cloned().collect::<Vec<_>>() {
            self.folders.remove(&folder);
            // The system may have let go of it already.
            let _ = self.watcher.unwatch(&folder);
        }
    }

    /// Whether changes of this path matter, in the project or outside.
    fn sees(&self, path: &Path, is_folder: bool) -> bool {
        if self.others.contains(path) {
            return true;
        }
        let is_hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        let is_named = |named: &PathBuf| {
            let below = path.strip_prefix(named);
            below.is_ok_and(|below| !below.components().any(is_hidden))
                || (is_folder && named.starts_with(path))
        };
        let inner = path.strip_prefix(&self.root);
        inner.is_ok_and(|inner| !inner.components().any(|part| is_ignored(part.as_os_str())))
            || self.named.iter().any(is_named)
    }

    /// Waits for something to do; none at the end.
    #[expect(clippy::should_implement_trait, reason = "waiting is no iteration")]
    pub fn next(&mut self) -> Option<Next<T>> {
        loop {
            if let Some(sent) = self.sent.pop_front() {
                return Some(Next::Sent(sent));
            }
            if self.ended {
                return None;
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
            self.gather(&mut gathered, begun);
            return if self.ended { None } else { Some(Next::Changed(gathered.paths, begun)) };
        }
    }

    /// What changed until now, and then until nothing does for a moment.
    pub fn rest(&mut self) -> BTreeSet<PathBuf> {
        // Whoever wrote it may write on.
        let mut gathered = Gathered { open: BTreeSet::from([self.root.clone()]), ..Gathered::default() };
        self.gather(&mut gathered, Instant::now());
        gathered.paths
    }

    fn gather(&mut self, gathered: &mut Gathered, begun: Instant) {
        while begun.elapsed() < LONGEST {
            let quiet = if gathered.open.is_empty() { SETTLED } else { QUIET };
            match self.signals.recv_timeout(quiet) {
                Ok(Signal::Seen(event)) => self.collect(event, gathered),
                Ok(Signal::Sent(sent)) => self.sent.push_back(sent),
                Ok(Signal::End) | Err(RecvTimeoutError::Disconnected) => {
                    self.ended = true;
                    return;
                }
                Err(RecvTimeoutError::Timeout) => return,
            }
        }
    }

    fn collect(&mut self, event: notify::Result<notify::Event>, gathered: &mut Gathered) {
        let event = match event {
            Ok(event) if event.need_rescan() => return self.rescan(gathered),
            Ok(event) => event,
            Err(error) => {
                self.note(|| format!("the system lost sight of some changes: {error}"));
                return self.rescan(gathered);
            }
        };
        let (mut whole, mut gone) = (false, false);
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => whole = true,
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => gone = true,
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => return,
            _ => {}
        }
        for path in event.paths {
            let is_folder = path.is_dir();
            let is_other = self.others.contains(&path);
            if !self.sees(&path, is_folder) || (is_passing(&path) && !is_other) {
                continue;
            }
            if (gone || !is_folder) && path != self.root {
                self.forget(&path);
            }
            if !is_folder {
                gathered.add(path, whole);
            } else if self.add(&path) {
                for file in self.descend(&path) {
                    gathered.add(file, false);
                }
            }
        }
    }

    /// Looks at everything anew, because nobody knows any more what changed.
    fn rescan(&mut self, gathered: &mut Gathered) {
        let root = self.root.clone();
        self.forget(&root);
        self.add(&root);
        let mut files = self.descend(&root);
        files.extend(self.look_at_named());
        files.extend(self.others.iter().cloned());
        for file in files {
            gathered.add(file, false);
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

/// A path below `root` as changes of it are named: without the `..` in its spelling.
pub fn named(root: &Path, path: &Path) -> PathBuf {
    let Ok(below) = path.strip_prefix(root) else { return path.to_path_buf() };
    let mut named = root.to_path_buf();
    for part in below.components() {
        match part {
            Component::ParentDir => drop(named.pop()),
            part => named.push(part),
        }
    }
    named
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

    /// Waits until this file was seen to change; everything that was seen on the way.
    fn until(watch: &mut Watch<()>, file: &Path) -> BTreeSet<PathBuf> {
        let mut seen = BTreeSet::new();
        while !seen.contains(file) {
            seen.extend(changed(watch));
        }
        seen
    }

    #[test]
    fn what_is_named_is_seen_in_ignored_folders_also_when_it_appears_later() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (mut watch, _end) = Watch::new(&root).unwrap();
        watch.name(BTreeSet::from([root.join("web/dist"), root.join("target/wasm/handler.wasm")]));
        fs_err::create_dir_all(root.join("web/dist/node_modules")).unwrap();
        fs_err::create_dir_all(root.join("target/wasm/deps")).unwrap();
        fs_err::write(root.join("web/dist/node_modules/a.js"), "1").unwrap();
        until(&mut watch, &root.join("web/dist/node_modules/a.js"));
        fs_err::write(root.join("target/wasm/handler.wasm"), "1").unwrap();
        until(&mut watch, &root.join("target/wasm/handler.wasm"));
        fs_err::write(root.join("target/wasm/other.wasm"), "1").unwrap();
        fs_err::write(root.join("target/wasm/deps/handler.wasm"), "1").unwrap();
        fs_err::write(root.join("web/dist/node_modules/a.js"), "2").unwrap();
        let seen = until(&mut watch, &root.join("web/dist/node_modules/a.js"));
        assert_eq!(seen.len(), 1, "{seen:?}");
    }

    #[test]
    fn a_tree_that_took_the_place_of_another_is_seen_in_its_depth() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs_err::create_dir_all(root.join("ui/deep/deeper")).unwrap();
        let (mut watch, _end) = Watch::new(&root).unwrap();
        for round in ["one", "two"] {
            fs_err::rename(root.join("ui"), root.join(round)).unwrap();
            fs_err::create_dir_all(root.join("ui/deep/deeper")).unwrap();
            fs_err::write(root.join("ui/first.js"), round).unwrap();
            until(&mut watch, &root.join("ui/first.js"));
            fs_err::write(root.join("ui/deep/deeper/page.js"), round).unwrap();
            until(&mut watch, &root.join("ui/deep/deeper/page.js"));
        }
        fs_err::remove_dir_all(root.join("ui")).unwrap();
        fs_err::create_dir_all(root.join("ui/deep/deeper")).unwrap();
        fs_err::write(root.join("ui/last.js"), "1").unwrap();
        until(&mut watch, &root.join("ui/last.js"));
        fs_err::write(root.join("ui/deep/deeper/page.js"), "1").unwrap();
        until(&mut watch, &root.join("ui/deep/deeper/page.js"));
    }

    #[test]
    fn what_the_system_lost_sight_of_is_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs_err::create_dir_all(root.join("src/deep")).unwrap();
        fs_err::write(root.join("src/deep/handler.ts"), "1").unwrap();
        let (mut watch, end) = Watch::new(&root).unwrap();
        let overflow = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        end.send(Signal::Seen(Ok(overflow))).unwrap();
        assert_eq!(changed(&mut watch), BTreeSet::from([root.join("src/deep/handler.ts")]));
        assert_eq!(watch.take_trouble(), None);
        end.send(Signal::Seen(Err(notify::Error::generic("lost")))).unwrap();
        changed(&mut watch);
        assert!(watch.take_trouble().unwrap().ends_with("lost"));
        assert_eq!(watch.take_trouble(), None);
        fs_err::write(root.join("src/deep/other.ts"), "1").unwrap();
        until(&mut watch, &root.join("src/deep/other.ts"));
    }

    #[test]
    fn the_end_wakes_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut watch, end) = Watch::<()>::new(folder.path()).unwrap();
        end.send(Signal::End).unwrap();
        assert!(watch.next().is_none());
    }
}
