//! The threads that answer: each has its own connections and its own clock, so that no request wakes a second thread.

use std::io;
use std::net::TcpStream;
use std::num::NonZero;
use std::sync::Arc;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// One thread for each core. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Workers(Vec<Worker>);

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// One reference more than it has connections.
    connections: Arc<()>,
    /// Dropped, it ends the thread.
    _end: oneshot::Sender<()>,
}

impl Workers {
    /// Starts the threads.
    pub(super) fn start() -> io::Result<Workers> {
        let count = std::thread::available_parallelism().map_or(1, NonZero::get);
        (0..count).map(|_| Worker::start()).collect::<io::Result<_>>().map(Workers)
    }

    /// Has the thread with the fewest connections answer on this one, by what `answer` makes of it there.
    pub(super) fn take<F: Future<Output = ()> + Send + 'static>(
        &self,
        stream: tokio::net::TcpStream,
        answer: impl FnOnce(tokio::net::TcpStream) -> F + Send + 'static,
    ) -> io::Result<()> {
        let fewest = self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.connections));
        let Some(worker) = fewest else { return Err(io::Error::other("there is no thread that answers")) };
        let connection = Arc::clone(&worker.connections);
        // The socket's readiness is told where it is registered.
        let stream: TcpStream = stream.into_std()?;
        worker.runtime.spawn(async move {
            // A socket that cannot be registered is closed, as when the system is out of memory.
            if let Ok(stream) = tokio::net::TcpStream::from_std(stream) {
                answer(stream).await;
            }
            drop(connection);
        });
        Ok(())
    }
}

impl Worker {
    fn start() -> io::Result<Worker> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("alga-ext-serve".into()).spawn(move || {
            // Nothing is ever sent.
            let _ = runtime.block_on(ended);
            // What still blocks a thread of the runtime's must not hold up the end.
            runtime.shutdown_background();
        })?;
        Ok(Worker { runtime: handle, connections: Arc::new(()), _end: end })
    }
}
