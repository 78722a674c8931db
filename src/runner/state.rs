//! What a store holds for one call: the host, the memory bound, and WASI when the guest asks for it.

use super::stdio::Capture;
use crate::host::{Host, Log, Stream};
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The data of one store.
pub(super) struct State {
    pub(super) host: Host,
    pub(super) memory: Memory,
    wasi: Option<Box<Wasi>>,
}

struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
    stdout: Capture,
    stderr: Capture,
}

impl State {
    pub(super) fn new(host: Host, memory_bytes: usize) -> State {
        State { host, memory: Memory { limit: memory_bytes, used: 0, refused: None }, wasi: None }
    }

    /// The lines written to WASI's two streams, and how many were not kept.
    pub(super) fn stdio(&self) -> (Vec<Log>, u64) {
        let Some(wasi) = &self.wasi else { return (Vec::new(), 0) };
        let (mut logs, dropped) = wasi.stdout.take();
        let (errors, more) = wasi.stderr.take();
        logs.extend(errors);
        (logs, dropped + more)
    }
}

impl AsMut<Host> for State {
    fn as_mut(&mut self) -> &mut Host {
        &mut self.host
    }
}

impl WasiView for State {
    /// Made at the first use, because seeding its generators costs more than a whole small call. No arguments, no
    /// environment, no folders; sockets are linked, as on the platform, and refuse every address
    /// (contract/runner.md §6.4).
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let started = self.host.journal.started();
        let wasi = self.wasi.get_or_insert_with(|| {
            let stdout = Capture::new(Stream::Stdout, started);
            let stderr = Capture::new(Stream::Stderr, started);
            let mut builder = WasiCtx::builder();
            builder.allow_blocking_current_thread(false).stdout(stdout.clone()).stderr(stderr.clone());
            builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
            Box::new(Wasi { context: builder.build(), table: ResourceTable::new(), stdout, stderr })
        });
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}

/// The bound on all linear memories of a call together; the platform counts each alone (contract/runner.md §8 A12).
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) limit: usize,
    /// Bytes of all memories; they never shrink, so this is the peak.
    pub(super) used: usize,
    /// The total that was asked for and refused.
    pub(super) refused: Option<usize>,
}

/// Elements of one table.
const MAX_TABLE: usize = 100_000;

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.used.saturating_add(desired.saturating_sub(current));
        if total > self.limit {
            self.refused = Some(total);
            return Ok(false);
        }
        self.used = total;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE)
    }
}
