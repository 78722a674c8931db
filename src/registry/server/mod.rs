//! The embedded registry: the routes of contract/registry.md §3 and §10 over one SQLite file and one folder of
//! bundles. Where the platform has a defect, it does what §9 suggests.

mod catalogue;
mod finalize;
mod folder;
mod installs;
mod judge;
mod keys;
mod limit;
mod objects;
mod publication;
mod refusal;
mod runner;
mod schema;
mod upload;

use crate::exit::Exit;
use crate::serve::{self, Listener};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use folder::Folder;
use limit::Limit;
use refusal::{Family, Refusal};
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a call may take that moves no bundle.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);
/// The largest JSON body.
const LARGEST_BODY: usize = 2 * 1024 * 1024;
/// Uploads taken at once.
const UPLOADS: usize = 16;
/// The address of the object route; what follows it is the key.
const OBJECTS: &str = "/bundles/tenants/{tenant}/extensions/{extension}/sha256/{hash}/bundle.tar.zst";

/// Why the embedded registry could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the folder.
    #[error("another registry is running on `{}`", folder.display())]
    Held {
        /// The data folder.
        folder: PathBuf,
    },
    /// The rows could not be opened.
    #[error("the registry's database `{}` could not be opened", path.display())]
    Database {
        /// The SQLite file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The rows were written by a later alga-ext.
    #[error("`{}` holds tables of version {found}, and this alga-ext knows versions up to {known}", path.display())]
    NewerTables {
        /// The SQLite file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest known here.
        known: u32,
    },
    /// The admin's key file holds something else.
    #[error("`{}` holds no API key of this registry", path.display())]
    AdminKey {
        /// The file.
        path: PathBuf,
    },
    /// No address to listen on.
    #[error(transparent)]
    Listen(#[from] serve::Error),
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Held { .. }
            | Error::Database { .. }
            | Error::NewerTables { .. }
            | Error::AdminKey { .. }
            | Error::Listen(_)
            | Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Held { .. } => Some("stop it, or name another folder with `--data`".into()),
            Error::Database { .. } => {
                Some("name a folder of a registry, or an empty one, with `--data`".into())
            }
            Error::NewerTables { .. } => Some("use the alga-ext that wrote it, or a later one".into()),
            Error::AdminKey { .. } => Some("remove the file: the next start writes a new key there".into()),
            Error::Listen(error) => error.hint(),
            Error::Io(_) => None,
        }
    }
}

/// How the embedded registry runs.
pub struct Options<'a> {
    /// Where rows and bundles are kept.
    pub data: &'a Path,
    /// The port on the loopback address; any free one when 0.
    pub port: u16,
    /// Calls a minute that each bundle route takes; the platform takes 30 (§3.1).
    pub calls_a_minute: u32,
    /// Hears of failures that a client is not told the cause of.
    pub report: Box<dyn Fn(&str) + Send + Sync>,
}

/// A registry that is bound to its address and holds its folder.
pub struct Bound {
    registry: Arc<Registry>,
    listener: Listener,
    admin_key: PathBuf,
}

/// The state all routes share.
struct Registry {
    folder: Folder,
    rows: Mutex<Connection>,
    uploads: Semaphore,
    finalizing: Arc<Semaphore>,
    limits: Limits,
    report: Box<dyn Fn(&str) + Send + Sync>,
}

/// The limit of each bundle route.
struct Limits {
    upload: Limit,
    finalize: Limit,
    abort: Limit,
}

/// Takes hold of the folder, brings it up to date, clears what a crash left and binds the address.
pub async fn bind(options: Options<'_>) -> Result<Bound, Error> {
    let listener = Listener::bind(options.port).await?;
    let folder = Folder::open(options.data)?;
    let mut rows = schema::open(&folder.database())?;
    let failed = |source| Error::Database { path: folder.database(), source };
    upload::forget_old(&rows).map_err(failed)?;
    let names = |sql: &str| -> rusqlite::Result<HashSet<String>> {
        rows.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    let staged = names("SELECT id FROM staging_upload WHERE version_id IS NULL").map_err(failed)?;
    let kept = names("SELECT substr(content_hash, 8) FROM extension_bundle").map_err(failed)?;
    folder.sweep(&staged, &kept)?;
    let admin_key = keys::admit_admin(&mut rows, &folder)?;
    let limit = || Limit::new(options.calls_a_minute as usize);
    let registry = Registry {
        folder,
        rows: Mutex::new(rows),
        uploads: Semaphore::new(UPLOADS),
        finalizing: Arc::new(Semaphore::new(1)),
        limits: Limits { upload: limit(), finalize: limit(), abort: limit() },
        report: options.report,
    };
    Ok(Bound { registry: Arc::new(registry), listener, admin_key })
}

impl Bound {
    /// Its address, without a last slash.
    pub fn url(&self) -> String {
        self.listener.url()
    }

    /// The file that holds the admin's API key.
    pub fn admin_key(&self) -> &Path {
        &self.admin_key
    }

    /// Serves until `shutdown` is done.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        self.listener.serve(serve::routed(router(self.registry)), shutdown).await;
    }
}

fn router(registry: Arc<Registry>) -> Router {
    let calls = Router::new()
        .route("/api/ext-bundles/finalize", post(finalize::finalize))
        .route("/api/ext-bundles/abort", post(upload::abort))
        .route("/api/v1/extensions", get(catalogue::list))
        .route("/api/v1/extensions/{extension}/versions", get(catalogue::versions))
        .route("/api/v1/extensions/install", post(installs::install))
        .route("/api/v1/extensions/uninstall", post(installs::uninstall))
        .route("/api/installs/validate", get(runner::validate))
        .route("/api/installs/lookup-by-host", get(runner::lookup_by_host))
        .route("/api/internal/ext-runner/install-config", post(runner::install_config))
        .layer(middleware::from_fn(in_time));
    calls
        .route("/api/ext-bundles/upload-proxy", post(upload::upload))
        .route(OBJECTS, get(objects::fetch))
        .fallback(async || Refusal::not_found("there is no such route").answer(Family::Runner))
        .method_not_allowed_fallback(async || {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            Refusal::new(status, "METHOD_NOT_ALLOWED", "not with this method").answer(Family::Runner)
        })
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(refuse_foreign))
        .layer(middleware::from_fn(name_request))
        .with_state(registry)
}

impl Registry {
    /// Runs `work` on the rows, off the threads that answer.
    async fn rows<T: Send + 'static>(
        self: &Arc<Registry>,
        work: impl FnOnce(&mut Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let registry = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || registry.with_rows(work));
        work.await.unwrap_or_else(|error| Err(Refusal::failed("INTERNAL_ERROR", error)))
    }

    /// Runs `work` on the rows, on a thread that may wait.
    fn with_rows<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Refusal>) -> Result<T, Refusal> {
        // A panic inside a transaction rolled it back; the connection is sound.
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut rows)
    }

    /// The answer of a route: its own, or the refusal in its family's envelope. The operator hears of failures.
    fn answer(&self, family: Family, result: Result<Response, Refusal>) -> Response {
        result.unwrap_or_else(|refusal| {
            if let Some(cause) = &refusal.cause {
                (self.report)(&format!("{}: {cause}", refusal.code.unwrap_or("failed")));
            }
            refusal.answer(family)
        })
    }
}

/// Reads a JSON body, bounded.
async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let bytes = axum::body::to_bytes(body, LARGEST_BODY).await;
    let bytes = bytes
        .map_err(|_| Refusal::bad_request(format!("the body ends early, or is over {LARGEST_BODY} bytes")))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::bad_request(format!("the body is not what it should be: {error}")))
}

/// Gives every answer an `x-request-id`: the caller's, when it is a harmless one.
async fn name_request(request: Request, next: Next) -> Response {
    let harmless = |id: &&HeaderValue| id.len() <= 128 && id.as_bytes().iter().all(u8::is_ascii_graphic);
    let given = request.headers().get("x-request-id").filter(harmless).cloned();
    let id = given.or_else(|| HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).ok());
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Refuses what a page sends: a registry's clients are programs, and programs send no Origin.
async fn refuse_foreign(request: Request, next: Next) -> Response {
    if serve::has_foreign_origin(request.headers()) {
        let message = "a page of another site sent this request; the registry answers programs";
        return Refusal::new(StatusCode::FORBIDDEN, "FOREIGN_ORIGIN", message).answer(Family::Runner);
    }
    next.run(request).await
}

/// Ends a call that takes too long.
async fn in_time(request: Request, next: Next) -> Response {
    let late =
        || Refusal::plain(StatusCode::GATEWAY_TIMEOUT, "the call took too long").answer(Family::Runner);
    tokio::time::timeout(CALL_TIMEOUT, next.run(request)).await.unwrap_or_else(|_| late())
}
