//! The dev server: gateway, execute, UI files, the host page and its bridge, watching.
//!
//! One version of the extension answers at a time (`state`); a thread of its own replaces it as files change
//! (`reload`, `watch`); everything that happens is an [`Event`].

mod access;
mod answer;
mod changes;
mod events;
mod execute;
mod finish;
mod forward;
mod gateway;
mod guard;
mod once;
mod page;
mod reload;
mod replays;
mod state;
mod ui;

pub use events::{Event, Record, RequestEvent};
pub use once::{Asked, Prepared, prepare};

use crate::exit::Exit;
use crate::project::Project;
use crate::toolchain::Tools;
use crate::{host, interrupt, project, runner, serve, watch};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::{get, post};
use changes::Moment;
use reload::Loader;
use state::{Served, State};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, oneshot};

/// How long the thread that builds may take to end.
const GRACE: Duration = Duration::from_secs(3);

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on the loopback address; any free one when 0.
    pub port: u16,
    /// Platform data instead of the project's configuration, absolute.
    pub data: Option<PathBuf>,
    /// Take up changes as they are saved.
    pub watch: bool,
    /// Behave as the platform does where it has a defect.
    pub as_production: bool,
    /// Where compiled engines and components are kept.
    pub cache: PathBuf,
    /// The programs that may be run to build.
    pub tools: Tools,
}

/// Why the dev server could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not listen.
    #[error(transparent)]
    Serve(#[from] serve::Error),
    /// The project could not be read.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// The platform data could not be used.
    #[error(transparent)]
    Host(#[from] host::Error),
    /// The handler could not be loaded.
    #[error(transparent)]
    Runner(#[from] runner::Error),
    /// The data file that was named is not there.
    #[error("the data file `{}` does not exist", path.display())]
    NoData {
        /// The file.
        path: PathBuf,
    },
    /// More UI than a bundle may hold.
    #[error("the UI holds {what}, more than a bundle may")]
    TooMuchUi {
        /// What is too much.
        what: String,
    },
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Project(error) => error.exit(),
            Error::Host(error) => error.exit(),
            Error::Runner(error) => error.exit(),
            Error::TooMuchUi { .. } => Exit::AtFault,
            Error::Serve(_) | Error::NoData { .. } | Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Serve(error) => error.hint(),
            Error::Project(error) => error.hint(),
            Error::Host(error) => error.hint(),
            Error::Runner(error) => error.hint(),
            Error::NoData { .. } => Some("leave `--data` out to use the project's alga-ext.yaml".into()),
            Error::TooMuchUi { .. } => {
                Some("name the folder with the built files in `ui.dir` of alga-ext.yaml".into())
            }
            Error::Io(_) => None,
        }
    }
}

/// Runs the server for a project until `shutdown` is done. `follow` gets the events, the address first.
pub async fn run(
    project: Project,
    options: Options,
    follow: impl FnOnce(broadcast::Receiver<Arc<Record>>),
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    // The server winds down by itself; what a build has begun is undone meanwhile.
    let _graceful = interrupt::graceful();
    let data = options.data.map(|path| in_project(&project.root, path));
    let options = Options { data, ..options };
    let config = state::data(&project, &options)?;
    let listener = serve::Listener::bind(options.port).await?;
    let served = Served::empty(&project, config);
    let state = Arc::new(State::new(project.root.clone(), options, served));
    follow(state.events.subscribe(0).1);
    let url = format!("{}/", listener.url());
    let listening = Event::Listening { url, extension: project.manifest.name.clone() };
    let loader = Loader::new(Arc::clone(&state), project, listening);
    let (watch, end) = if state.options.watch { watch(&state.root, &loader) } else { (None, None) };
    let (ended, ending) = oneshot::channel::<()>();
    let finished = end.clone();
    std::thread::Builder::new().name("reload".into()).spawn(move || {
        keep_up(loader, watch, finished);
        // Nobody waits any more when the grace is over.
        let _ = ended.send(());
    })?;
    let stopping = Arc::clone(&state);
    let stop = async move {
        shutdown.await;
        stopping.ending.send_replace(true);
        if let Some(end) = end {
            // A watcher that is gone has ended already.
            let _ = end.send(Signal::End);
        }
    };
    // Requests are taken from the first moment on; they wait for the first version.
    listener.serve(site(state), stop).await;
    let _ = tokio::time::timeout(GRACE, ending).await;
    Ok(())
}

/// The thread that watches is also told what was finished.
type Signal = watch::Signal<Box<finish::Finished>>;
type Watch = watch::Watch<Box<finish::Finished>>;

/// A file as changes of it are named: where it really lies, or below the project's folder as that was named.
fn in_project(root: &Path, path: PathBuf) -> PathBuf {
    let (Ok(real), Ok(real_root)) = (fs_err::canonicalize(&path), fs_err::canonicalize(root)) else {
        return path;
    };
    real.strip_prefix(real_root).map(|inner| root.join(inner)).unwrap_or(real)
}

/// Watches the project, or says why that cannot be.
fn watch(root: &Path, loader: &Loader) -> (Option<Watch>, Option<Sender<Signal>>) {
    match Watch::new(root) {
        Ok((watch, end)) => (Some(watch), Some(end)),
        Err(error) => {
            loader.warn(format!("changes cannot be watched, start again to see them: {error}"));
            (None, None)
        }
    }
}

/// Loads the first version, then takes up changes until the watcher ends.
/// What was finished meanwhile comes by `finished`.
fn keep_up(mut loader: Loader, mut watch: Option<Watch>, finished: Option<Sender<Signal>>) {
    // Before the first version answers, so that no change after it is missed.
    if let Some(watch) = &mut watch {
        watch.also(loader.outside());
        watch.name(loader.named());
    }
    loader.start();
    let Some(mut watch) = watch else { return };
    if let Some(finished) = finished {
        loader.prepare(finished);
    }
    loop {
        watch.also(loader.outside());
        watch.name(loader.named());
        if let Some(trouble) = watch.take_trouble() {
            loader.warn(trouble);
        }
        let (paths, begun, moment) = if loader.take_ran() {
            (watch.rest(), Instant::now(), Moment::Command)
        } else {
            match watch.next() {
                Some(watch::Next::Changed(paths, begun)) => (paths, begun, Moment::Rest),
                Some(watch::Next::Sent(finished)) => {
                    loader.take_finished(*finished);
                    continue;
                }
                None => return,
            }
        };
        let changes = loader.judge(&paths, moment);
        if changes.any() {
            loader.reload(changes, begun);
        }
    }
}

/// Everything that is answered. Calls of the extension are many, and do not go through the router.
fn site(
    state: Arc<State>,
) -> impl Fn(Request<Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> + Clone + Send + 'static {
    let pages = serve::routed(pages(Arc::clone(&state)));
    move |request| {
        let (state, pages) = (Arc::clone(&state), pages.clone());
        Box::pin(guard::refuse_foreign(request, async move |request: Request<Body>| {
            match gateway::surface(request.uri().path()) {
                Some(surface) => gateway::handle(&state, surface, request).await,
                None => pages(request).await,
            }
        }))
    }
}

fn pages(state: Arc<State>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/msp/extensions/{id}", get(page::index))
        .route("/msp/extensions/{id}/", get(page::index))
        .route("/client-portal/extensions/{id}", get(page::index))
        .route("/client-portal/extensions/{id}/", get(page::index))
        .route("/__alga/state", get(page::document))
        .route("/__alga/events", get(page::events))
        .route("/__alga/csp", post(page::report))
        .route("/__alga/{name}", get(page::asset))
        .route("/ext-ui/{id}/{hash}/{*path}", get(page::extension_ui))
        .route("/runner/ext-ui/{id}/{hash}/{*path}", get(page::extension_ui))
        .route("/v1/execute", post(execute::handle))
        .fallback(page::nowhere)
        .with_state(state)
}
