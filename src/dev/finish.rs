//! What follows a quick answer: the source that was loaded becomes a compiled component, on a thread of its own.

use super::Signal;
use crate::build::{self, Begun, javascript::Engine};
use crate::bundle::Digest;
use crate::project::Project;
use crate::runner::{self, Handler, Runner};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long no further save may come before a source is finished: compiling takes the processors from whoever asks
/// the new version first, and from the next save.
const QUIET: Duration = Duration::from_millis(250);

/// A source that answers already.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) project: Project,
    pub(super) runner: Runner,
    pub(super) engine: Arc<Engine>,
    pub(super) begun: Begun,
    /// What identifies the handler.
    pub(super) script: Digest,
    /// When it was saved.
    pub(super) saved: Instant,
    /// How long reading and loading it took.
    pub(super) spent: Duration,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) script: Digest,
    pub(super) saved: Instant,
    /// How long the whole build took, without what it waited.
    pub(super) spent: Duration,
    pub(super) result: Result<(build::Finished, Option<Handler>), Error>,
}

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The component could not be made.
    #[error(transparent)]
    Build(#[from] build::Error),
    /// It could not be compiled.
    #[error(transparent)]
    Runner(#[from] runner::Error),
}

/// The thread. Of several sources only the last is finished; dropped, it ends after the one under way.
#[derive(Debug)]
pub(super) struct Finisher {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    job: Option<Box<Job>>,
    closed: bool,
}

impl Finisher {
    /// Starts the thread; what it finished goes to `done`.
    pub(super) fn start(done: Sender<Signal>) -> std::io::Result<Finisher> {
        let desk = Arc::new(Desk::default());
        let theirs = Arc::clone(&desk);
        let body = move || {
            while let Some(job) = theirs.next() {
                // Nobody listens any more when the server ends.
                let _ = done.send(Signal::Sent(Box::new(finish(*job))));
            }
        };
        let thread = std::thread::Builder::new().name("finish".into()).spawn(body)?;
        Ok(Finisher { desk, thread: Some(thread) })
    }

    /// Takes a source in the place of one that waits.
    pub(super) fn put(&self, job: Option<Job>) {
        self.desk.lock().job = job.map(Box::new);
        self.desk.changed.notify_all();
    }
}

impl Drop for Finisher {
    fn drop(&mut self) {
        self.desk.lock().closed = true;
        self.desk.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // One that panicked has ended too.
            let _ = thread.join();
        }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a source that no other has replaced for a while; none at the end.
    fn next(&self) -> Option<Box<Job>> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let Some(job) = &state.job else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = QUIET.saturating_sub(job.saved.elapsed());
            if left.is_zero() {
                return state.job.take();
            }
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn finish(job: Job) -> Finished {
    let Job { project, runner, engine, begun, script, saved, spent } = job;
    let started = Instant::now();
    let finished = begun.finish(&project, &engine);
    let spent = spent + started.elapsed();
    let result = finished.map_err(Error::from).and_then(|finished| {
        let handler = finished.component().map(|component| runner.load(component)).transpose()?;
        Ok((finished, handler))
    });
    Finished { script, saved, spent, result }
}
