//! What a store holds for one call: the host, the memory bound, and WASI when the guest asks for it.

use super::stdio::Capture;
use crate::host::{Host, Log, Stream};
use std::time::Duration;
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{
    Deterministic, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView,
};

/// When a source is loaded, as far as it can tell; the build says the same.
const NOW: Duration = Duration::from_secs(1_700_000_000);

/// The data of one store.
pub(super) struct State {
    pub(super) host: Host,
    pub(super) memory: Memory,
    wasi: Option<Box<Wasi>>,
    /// A source is being loaded: time and chance stand still.
    still: bool,
}

struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
    stdout: Capture,
    stderr: Capture,
}

impl State {
    pub(super) fn new(host: Host, memory_bytes: usize) -> State {
        let memory = Memory { limit: memory_bytes, used: 0, refused: None };
        State { host, memory, wasi: None, still: false }
    }

    /// The state while a source is loaded: no platform answers, time and chance stand still, as when it is built.
    pub(super) fn loading(memory_bytes: usize) -> State {
        State { still: true, ..State::new(Host::silent(), memory_bytes) }
    }

    /// The source is loaded, the call begins.
    pub(super) fn begin(&mut self, host: Host) {
        (self.host, self.wasi, self.still) = (host, None, false);
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
            if self.still {
                stand_still(&mut builder);
            }
            Box::new(Wasi { context: builder.build(), table: ResourceTable::new(), stdout, stderr })
        });
        WasiCtxView { ctx: &mut wasi.context, table: &mut wasi.table }
    }
}

/// What the clocks say and the dice show while a source is loaded.
struct Still;

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        NOW
    }
}

impl HostMonotonicClock for Still {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

fn stand_still(builder: &mut WasiCtxBuilder) {
    builder.wall_clock(Still).monotonic_clock(Still).secure_random(Deterministic::new(vec![0x5a]));
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
