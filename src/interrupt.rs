//! What Ctrl-C must undo: temporary files and child processes do not outlive the process that made them.

use std::collections::BTreeSet;
#[cfg(unix)]
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};
use tokio::sync::watch;

/// One thing to be undone when the process is told to end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undo {
    /// End this group of processes, named by its leader's id. Done before the rest: they may still write what is to
    /// be removed.
    EndGroup(u32),
    /// End this process and what it started, as far as the system tells: they are in our own group.
    EndTree(u32),
    /// Remove this file or folder.
    Remove(PathBuf),
    /// Give the terminal back its settings, as [`without_echo`] found them.
    Terminal,
}

/// While it lives, the thing it stands for is undone on an interrupt.
#[derive(Debug)]
pub struct Guard(Undo);

/// While it lives, an interrupt does not end the process: a server winds down by itself.
#[derive(Debug)]
pub struct Graceful(());

struct State {
    undos: BTreeSet<Undo>,
    graceful: usize,
}

static STATE: Mutex<State> = Mutex::new(State { undos: BTreeSet::new(), graceful: 0 });
/// A terminal that does not show what is typed, and its settings before.
#[cfg(unix)]
static TERMINAL: Mutex<Option<(File, rustix::termios::Termios)>> = Mutex::new(None);
static WATCH: Once = Once::new();
/// Whether the process was told to end. It stays true: a server may begin to listen for it only later.
static TOLD: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a thing and notes how it is undone, with no moment between the two for an interrupt to slip in.
pub fn hold<T>(
    make: impl FnOnce() -> io::Result<T>,
    undo: impl FnOnce(&T) -> Undo,
) -> io::Result<(T, Guard)> {
    WATCH.call_once(listen);
    let mut kept = state();
    let thing = make()?;
    let undo = undo(&thing);
    kept.undos.insert(undo.clone());
    Ok((thing, Guard(undo)))
}

/// Puts what was made in its place: an interrupt comes before, and nothing is put there, or after, and it is whole.
/// `put` must not let go of a [`Guard`].
pub fn commit<T>(put: impl FnOnce() -> T) -> T {
    let _kept = state();
    put()
}

/// Waits for an interrupt that is under way, which ends the process: what fails because it removes the files in use is
/// no failure to tell.
pub fn settle() {
    drop(state());
}

/// Reads from a terminal that does not show what is typed, and shows it again even if what is typed is an interrupt.
#[cfg(unix)]
pub fn without_echo<T>(terminal: &File, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let hide = || {
        let settings = tcgetattr(terminal)?;
        let mut hidden = settings.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        *TERMINAL.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal.try_clone()?, settings));
        Ok(tcsetattr(terminal, OptionalActions::Flush, &hidden)?)
    };
    let ((), kept) = hold(hide, |()| Undo::Terminal)?;
    let answer = read();
    show_again();
    drop(kept);
    answer
}

/// For servers: they see the signal themselves and end when they have let go of everything.
pub fn graceful() -> Graceful {
    WATCH.call_once(listen);
    state().graceful += 1;
    Graceful(())
}

/// Done once the process was told to end, be it before this was asked.
pub async fn told() {
    WATCH.call_once(listen);
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
    // The sender is never dropped.
    #[cfg(unix)]
    let _ = TOLD.subscribe().wait_for(|told| *told).await;
}

impl Drop for Guard {
    fn drop(&mut self) {
        state().undos.remove(&self.0);
    }
}

impl Drop for Graceful {
    fn drop(&mut self) {
        let mut state = state();
        state.graceful = state.graceful.saturating_sub(1);
    }
}

/// Listens on a thread of its own; returns when the listener stands.
#[cfg(unix)]
fn listen() {
    use tokio::signal::unix::{SignalKind, signal};
    let (ready, is_ready) = std::sync::mpsc::channel::<()>();
    let body = move || -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            drop(ready);
            loop {
                let code = tokio::select! {
                    _ = interrupt.recv() => 130,
                    _ = terminate.recv() => 143,
                };
                end(code);
            }
        })
    };
    // Without the listener the system's own way of ending a process stands, and nothing is undone.
    if std::thread::Builder::new().name("interrupt".into()).spawn(body).is_ok() {
        let _ = is_ready.recv();
    }
}

#[cfg(not(unix))]
fn listen() {}

/// Undoes everything. The lock is held to the end, so that nobody makes anything new meanwhile.
#[cfg(unix)]
fn end(code: i32) {
    let mut state = state();
    TOLD.send_replace(true);
    for undo in std::mem::take(&mut state.undos) {
        match undo {
            Undo::EndGroup(leader) => end_group(leader),
            Undo::EndTree(root) => end_tree(root),
            Undo::Remove(path) => remove(&path),
            Undo::Terminal => show_again(),
        }
    }
    if state.graceful == 0 {
        #[expect(clippy::exit, reason = "an interrupt ends the process wherever it is")]
        std::process::exit(code);
    }
}

#[cfg(unix)]
fn show_again() {
    use rustix::termios::{OptionalActions, tcsetattr};
    if let Some((terminal, settings)) = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(&terminal, OptionalActions::Now, &settings);
    }
}

/// Removes a file or folder, though other threads may still be writing into it and removing from it.
#[cfg(unix)]
fn remove(path: &Path) {
    for _ in 0..200 {
        // What fails here, because something came or went meanwhile, is tried again as long as the path is there.
        let _ = if path.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) };
        // Whoever made it may have removed or renamed it already.
        if path.symlink_metadata().is_err() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Asks a group of processes to end, and makes it after two seconds.
#[cfg(unix)]
pub(crate) fn end_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
    let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) else { return };
    let _ = kill_process_group(group, Signal::TERM);
    for _ in 0..200 {
        if test_kill_process_group(group).is_err() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let _ = kill_process_group(group, Signal::KILL);
}

/// Asks a process and those it started to end, and makes them after two seconds.
#[cfg(unix)]
fn end_tree(root: u32) {
    use rustix::process::{Pid, Signal, kill_process, test_kill_process};
    let processes = descendants(root);
    let mut left: Vec<Pid> =
        processes.into_iter().filter_map(|process| Pid::from_raw(i32::try_from(process).ok()?)).collect();
    let tell = |left: &[Pid], signal| {
        for process in left {
            // It may have ended by itself.
            let _ = kill_process(*process, signal);
        }
    };
    tell(&left, Signal::TERM);
    for _ in 0..200 {
        left.retain(|process| test_kill_process(*process).is_ok());
        if left.is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    tell(&left, Signal::KILL);
}

/// A process, those it started, and theirs; it alone where the system has no `/proc` to tell.
#[cfg(unix)]
fn descendants(root: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs_err::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let process = entry.ok()?.file_name().to_str()?.parse().ok()?;
            // Behind the name, which may hold anything: the state and the parent.
            let facts = fs_err::read_to_string(format!("/proc/{process}/stat")).ok()?;
            let parent = facts.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        next += 1;
    }
    found
}

#[cfg(not(unix))]
pub(crate) fn end_group(_leader: u32) {}
