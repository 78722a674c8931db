//! Requests per second over HTTP: the dev server with a Rust handler against a bare axum hello.

use super::pairs::Pairs;
use super::{Bench, Part, Row};
use crate::Problem;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A server in a process of its own, ended when dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts a dev server with these words, which say what it tells of requests.
    pub(super) fn start(bench: &Bench, project: &Path, words: &[&str]) -> Result<Server, Problem> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let port = address.port().to_string();
        let mut command = bench.command(&["dev", "--port", &port, "--no-watch"], project);
        let mut child = command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = child.try_wait()? {
                return Err(format!("`dev` ended with {status}").into());
            }
        }
        Ok(Server { child, address })
    }

    /// Starts a hello. In a process of its own, as the dev server is: within this one, going from a client's thread to
    /// the server's would cost it less.
    fn hello() -> Result<Server, Problem> {
        #[expect(clippy::disallowed_methods, reason = "the bench starts itself again as the baseline")]
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("hello").stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        // From here on whatever fails ends it.
        let mut server = Server { child, address: ([127, 0, 0, 1], 0).into() };
        server.address = line.trim().parse()?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the dev server answers in a second.
pub(super) const HTTP: Part = Part { figures: &[RATE], measure: rows };
const RATE: &str = "Rust template over HTTP, 8 connections";

fn rows(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = super::requests::rust_project(bench)?;
    let manifest = super::manifest(&project)?;
    let (id, endpoint) = (&manifest.name, super::first_get(&manifest)?);
    // It prints no line for each request: the hello it is compared with prints none either.
    let server = Server::start(bench, &project, &["-q"])?;
    let hello = Server::hello()?;
    let path = format!("/api/ext-proxy/{id}{endpoint}");
    let mut pairs = Pairs::default();
    load(server.address, &path, Duration::from_millis(500))?;
    load(hello.address, "/", Duration::from_millis(500))?;
    for _ in 0..9 {
        let plain = load(hello.address, "/", Duration::from_secs(1))?;
        pairs.push(plain, load(server.address, &path, Duration::from_secs(1))?);
    }
    let ratio = pairs.ratio();
    Ok(vec![Row {
        what: RATE,
        figure: format!("{:.0} requests/s", pairs.subject()),
        baseline: format!("bare axum hello, {:.0} requests/s", pairs.baseline()),
        ratio,
        promise: "≥ 0.4",
        kept: ratio >= 0.4,
    }])
}

/// Serves a hello as axum's documentation writes it, and prints where.
pub(crate) fn hello() -> Result<(), Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        let router = axum::Router::new().route("/", axum::routing::get(|| async { "Hello, World!" }));
        Ok(axum::serve(listener, router).await?)
    })
}

/// Requests per second over eight keep-alive connections.
fn load(address: SocketAddr, path: &str, time: Duration) -> Result<f64, Problem> {
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n").into_bytes();
    let start = Instant::now();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (stop, count, request) = (Arc::clone(&stop), Arc::clone(&count), request.clone());
            std::thread::spawn(move || {
                client(address, &request, &stop, &count).map_err(|error| error.to_string())
            })
        })
        .collect();
    std::thread::sleep(time);
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().map_err(|_| "a client panicked")??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    Ok(count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64())
}

fn client(address: SocketAddr, request: &[u8], stop: &AtomicBool, count: &AtomicU64) -> Result<(), Problem> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut buffer = Vec::with_capacity(4096);
    let mut piece = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        stream.write_all(request)?;
        buffer.clear();
        let whole = loop {
            let read = stream.read(&mut piece)?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            buffer.extend_from_slice(piece.get(..read).unwrap_or_default());
            if let Some(whole) = response_length(&buffer)? {
                break whole;
            }
        };
        while buffer.len() < whole {
            let read = stream.read(&mut piece)?;
            buffer.extend_from_slice(piece.get(..read).unwrap_or_default());
        }
        count.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// How long the response will be, once its head is there. A status other than 200 is an error.
fn response_length(buffer: &[u8]) -> Result<Option<usize>, Problem> {
    let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?.to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        return Err(format!("not 200: {}", String::from_utf8_lossy(buffer)).into());
    }
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("no content-length")?;
    Ok(Some(end + 4 + length.trim().parse::<usize>()?))
}
