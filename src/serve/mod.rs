//! What every server here has in common: the loopback address, the Host check, bounds, and a clean end.

mod workers;

use crate::interrupt;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use workers::Workers;

/// Connections served at once; more wait in the system's queue.
const CONNECTIONS: usize = 512;
/// How long a client may take to send its request head; it may be twice as long after another request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest body that counts as sent with its head.
const SHORT: u64 = 64 * 1024;
/// The largest request head.
const HEAD_BYTES: usize = 64 * 1024;
/// Bytes beyond its bound that a body is still read for, so that its sender gets the refusal.
const FORGOTTEN: usize = 64 << 20;
/// How long requests under way may take to end after the server was told to.
const GRACE: Duration = Duration::from_secs(3);

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process listens there.
    #[error("port {port} on 127.0.0.1 is in use")]
    PortInUse {
        /// The port that was asked for.
        port: u16,
    },
    /// The system said no.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::PortInUse { .. } => {
                Some("stop the process that uses it, or take any free port with `--port 0`".into())
            }
            Error::Listen { .. } => Some("take any free port with `--port 0`".into()),
        }
    }
}

/// A bound loopback address.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    workers: Workers,
}

impl Listener {
    /// Binds `port` on 127.0.0.1; any free one when 0.
    pub async fn bind(port: u16) -> Result<Listener, Error> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let socket = bound.map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => Error::PortInUse { port },
            _ => Error::Listen { port, source },
        })?;
        let refused = |source| Error::Listen { port, source };
        let address = socket.local_addr().map_err(refused)?;
        Ok(Listener { socket, address, workers: Workers::start().map_err(refused)? })
    }

    /// `http://127.0.0.1:<port>`, without a last slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `shutdown` is done, then lets the requests under way end, for three seconds at most.
    /// A request whose Host is not this machine gets 403, so that no other site can reach in by DNS.
    pub async fn serve<R>(
        self,
        answer: impl Fn(Request<Body>) -> R + Clone + Send + 'static,
        shutdown: impl Future<Output = ()>,
    ) where
        R: Future<Output = Response> + Send + 'static,
    {
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = GracefulShutdown::new();
        let mut http = http1::Builder::new();
        http.max_buf_size(HEAD_BYTES);
        // Answers are small: one copy costs less than a write of two parts.
        http.writev(false);
        tokio::pin!(shutdown);
        loop {
            let permit = tokio::select! {
                () = &mut shutdown => break,
                permit = Arc::clone(&permits).acquire_owned() => permit,
            };
            let stream = tokio::select! {
                () = &mut shutdown => break,
                accepted = self.socket.accept() => accepted,
            };
            let Ok((stream, _)) = stream else {
                // Out of descriptors, or a client that left: give the others a moment.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            // A socket that cannot be told to send at once is merely slower.
            let _ = stream.set_nodelay(true);
            let (answer, http, watcher) = (answer.clone(), http.clone(), graceful.watcher());
            let answering = async move |stream| {
                let activity = Arc::new(Activity::default());
                let idle = Arc::clone(&activity).idle();
                let service = service_fn(move |request| {
                    let (busy, answer) = (activity.begin(), answer.clone());
                    async move { local(answer, request).await.map(|response| busy.until_sent(response)) }
                });
                tokio::select! {
                    biased;
                    // A client that breaks off is no event here.
                    _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)) => {}
                    () = idle => {}
                }
                drop(permit);
            };
            // A connection nobody can take is closed; the next may fare better.
            let _ = self.workers.take(stream, answering);
        }
        drop(self.socket);
        let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    }
}

/// What one connection is about. Looked at every now and then: a timer for each request would cost a twentieth of a
/// small one.
#[derive(Debug, Default)]
struct Activity {
    /// Requests whose head came.
    begun: AtomicUsize,
    /// Requests whose answer was handed over whole.
    ended: AtomicUsize,
}

impl Activity {
    /// A request's head came.
    fn begin(self: &Arc<Activity>) -> Busy {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Done when no request was under way for [`HEAD_TIMEOUT`], or for twice as long.
    async fn idle(self: Arc<Activity>) {
        let mut seen = Some(0);
        loop {
            tokio::time::sleep(HEAD_TIMEOUT).await;
            if self.is_over(&mut seen) {
                return;
            }
        }
    }

    /// Whether nothing happened since the last look, which `seen` remembers.
    fn is_over(&self, seen: &mut Option<usize>) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        let is_idle = begun == self.ended.load(Ordering::Relaxed);
        let before = std::mem::replace(seen, is_idle.then_some(begun));
        is_idle && before == Some(begun)
    }
}

/// A request under way on a connection.
#[derive(Debug)]
struct Busy(Arc<Activity>);

impl Busy {
    /// Stays until a long body was taken; a short one is sent at once.
    fn until_sent(self, response: Response) -> Response {
        if response.body().size_hint().exact().is_some_and(|length| length <= SHORT) {
            return response;
        }
        response.map(|body| Body::new(Sent { body, _busy: self }))
    }
}

/// A body whose request ends when it was taken or given up.
#[derive(Debug)]
struct Sent {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Done at the first Ctrl-C, or when the process is told to end; until then an interrupt does not end the process.
pub async fn interrupted() {
    // Kept to the end of the process: letting go winds down by itself, within its grace.
    std::mem::forget(interrupt::graceful());
    interrupt::told().await;
}

/// What a router answers.
pub fn routed(
    router: Router,
) -> impl Fn(Request<Body>) -> Pin<Box<dyn Future<Output = Response> + Send>> + Clone + Send + 'static {
    let router = TowerToHyperService::new(router);
    move |request| {
        let answering = router.call(request);
        Box::pin(async { answering.await.unwrap_or_else(|never: Infallible| match never {}) })
    }
}

/// The answer, unless the Host is not this machine.
async fn local<R: Future<Output = Response>>(
    answer: impl Fn(Request<Body>) -> R,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    if names_this_machine(request.uri(), request.headers()) {
        return Ok(answer(request.map(Body::new)).await);
    }
    let body = axum::Json(serde_json::json!({
        "error": "host_not_allowed",
        "detail": "this server answers only to localhost and 127.0.0.1",
    }));
    Ok((StatusCode::FORBIDDEN, body).into_response())
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than it may be.
    TooLong,
    /// The connection ended in it.
    Broken,
}

/// Reads a body of at most `limit` bytes. Of a longer one the rest is read and forgotten, up to a bound: a sender
/// that is still sending would not see the answer that says so.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut pieces = body.into_data_stream();
    let (mut kept, mut length) = (Vec::new(), 0_usize);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Unread::Broken)?;
        length = length.saturating_add(piece.len());
        if length <= limit {
            kept.extend_from_slice(&piece);
        } else {
            kept = Vec::new();
        }
        if length > limit.saturating_add(FORGOTTEN) {
            break;
        }
    }
    if length > limit { Err(Unread::TooLong) } else { Ok(kept.into()) }
}

/// Whether the one Host header, and the target's authority where it has one, name this machine (RFC 9112 §3.2).
fn names_this_machine(target: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let is_here = hosts.next().is_some_and(is_local) && hosts.next().is_none();
    is_here && target.authority().is_none_or(|authority| is_local(authority.as_str()))
}

/// Whether a page of another origin sent the request, as browsers say. Programs send no Origin.
pub fn has_foreign_origin(headers: &HeaderMap) -> bool {
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    headers.get_all(header::ORIGIN).iter().any(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        !own.zip(origin).is_some_and(|(own, origin)| own.eq_ignore_ascii_case(origin))
    })
}

/// Whether a Host header, or an Origin's authority, names this machine.
pub fn is_local(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').unwrap_or(port)),
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let ends_localhost = || {
        let domain = host.len().checked_sub(".localhost".len()).and_then(|start| host.get(start..));
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case(".localhost"))
    };
    let is_named =
        host == "127.0.0.1" || host == "::1" || host.eq_ignore_ascii_case("localhost") || ends_localhost();
    is_named && port.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for local in ["localhost", "LOCALHOST:80", "127.0.0.1:4870", "[::1]:80", "a.localhost:1"] {
            assert!(is_local(local), "{local}");
        }
        for foreign in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "192.168.0.1"]
        {
            assert!(!is_local(foreign), "{foreign}");
        }
        for disguised in ["localhost:80@evil.example", "localhost@evil.example", "[::1]evil.example", "[::1"]
        {
            assert!(!is_local(disguised), "{disguised}");
        }
    }

    #[test]
    fn a_request_that_names_two_hosts_is_none_of_ours() {
        let check = |target: &'static str, hosts: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, axum::http::HeaderValue::from_static(host));
            }
            names_this_machine(&Uri::from_static(target), &headers)
        };
        assert!(check("/", &["localhost:1"]));
        assert!(check("http://localhost:1/", &["localhost:1"]));
        assert!(!check("/", &[]));
        assert!(!check("/", &["localhost:1", "evil.example"]));
        assert!(!check("http://evil.example/", &["localhost:1"]));
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound() {
        assert_eq!(read_body(Body::from("four"), 4).await.unwrap(), "four");
        assert_eq!(read_body(Body::from("fives"), 4).await, Err(Unread::TooLong));
        let broken = futures_util::stream::iter([Ok("fo"), Err(std::io::Error::other("gone"))]);
        assert_eq!(read_body(Body::from_stream(broken), 4).await, Err(Unread::Broken));
    }

    #[test]
    fn a_connection_is_over_when_nothing_happened_between_two_looks() {
        let activity = Arc::new(Activity::default());
        let mut seen = Some(0);
        assert!(activity.is_over(&mut seen), "no head came at all");
        let long = activity.begin();
        assert!(!activity.is_over(&mut seen), "a request is under way");
        drop(long);
        assert!(!activity.is_over(&mut seen), "it ended since");
        drop(activity.begin());
        assert!(!activity.is_over(&mut seen), "another came and went");
        assert!(activity.is_over(&mut seen), "nothing since");
    }

    #[tokio::test]
    async fn a_request_ends_when_its_long_body_was_taken() {
        let activity = Arc::new(Activity::default());
        let under_way = || activity.begun.load(Ordering::Relaxed) - activity.ended.load(Ordering::Relaxed);
        let short = activity.begin().until_sent(Response::new(Body::from("short")));
        assert_eq!((under_way(), short.body().size_hint().exact()), (0, Some(5)));
        let bytes = vec![b'x'; 100_000];
        let long = activity.begin().until_sent(Response::new(Body::from(bytes.clone())));
        assert_eq!((under_way(), long.body().size_hint().exact()), (1, Some(100_000)));
        assert_eq!(read_body(long.into_body(), 100_000).await.unwrap(), bytes);
        assert_eq!(under_way(), 0);
        let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let endless = activity.begin().until_sent(Response::new(endless));
        assert_eq!(under_way(), 1);
        drop(endless);
        assert_eq!(under_way(), 0);
    }

    #[tokio::test]
    async fn a_port_in_use_is_named() {
        let first = Listener::bind(0).await.unwrap();
        let port = first.address.port();
        assert!(matches!(Listener::bind(port).await, Err(Error::PortInUse { port: named }) if named == port));
    }
}
