//! The one engine: how it compiles, how many instances it holds ready, and the clock that interrupts guests.

use super::functions::Functions;
use super::{Cause, Error};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use wasmtime::{
    CacheStore, Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
};

/// Calls that run at once; further ones wait for a place.
pub(super) const PLACES: u32 = 32;
/// Instances that are loaded before their call comes: the version that answers, and the one that takes its place.
pub(super) const AHEAD: u32 = 2;
/// Instances at once.
const INSTANCES: u32 = PLACES + AHEAD;
/// How often a running guest is looked at (contract/runner.md §3.8).
const TICK: Duration = Duration::from_millis(10);

/// Starts the engine: with a pool of instances where the address space allows it, else without.
pub(super) fn start(functions: &Arc<Functions>) -> Result<Engine, Error> {
    let engine = config(true, functions).and_then(|config| Engine::new(&config));
    let engine = engine.or_else(|_| config(false, functions).and_then(|config| Engine::new(&config)));
    engine.map_err(|error| Error::Engine(Cause::from(error)))
}

/// What is compiled does not depend on `pooled`, so both kinds of engine read the same cache.
fn config(pooled: bool, functions: &Arc<Functions>) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config.wasm_component_model(true);
    // The platform's engine has no component-model async either (contract/runner.md §6.4).
    config.concurrency_support(false);
    config.epoch_interruption(true);
    // Bounds are checked by the guest's code and not by page protection. Guests grow their memory in nearly every
    // call, and protecting pages stops every other thread of the process for a moment: two threads then answer no
    // more requests than one. Measured, checks halve the time of a Rust request and add a tenth to a JavaScript one.
    config.signals_based_traps(false);
    config.memory_guard_size(0);
    config.memory_init_cow(true);
    config.memory_reservation(4 << 30);
    config.max_wasm_stack(1 << 20);
    config.async_stack_size(2 << 20);
    config.enable_incremental_compilation(Arc::clone(functions) as Arc<dyn CacheStore>)?;
    if pooled {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    }
    Ok(config)
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_stacks(INSTANCES)
        .total_core_instances(INSTANCES * 32)
        .max_core_instances_per_component(32)
        .total_memories(INSTANCES * 4)
        .max_memories_per_component(4)
        .total_tables(INSTANCES * 16)
        .max_tables_per_component(16)
        .max_tables_per_module(8)
        .table_elements(100_000)
        .max_memory_size(4 << 30)
        .max_component_instance_size(2 << 20)
        .max_core_instance_size(2 << 20)
        // Memory a request dirtied is reset in place; giving it back to the system costs more than keeping it.
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(1 << 20)
        .max_unused_warm_slots(INSTANCES)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// One thread that moves the engine's epoch while any call runs, and sleeps otherwise.
#[derive(Debug, Clone)]
pub(super) struct Ticker {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// The thread waits to be woken. Waking one that does not wait is a system call for nothing.
    asleep: bool,
    closed: bool,
}

/// A call that runs; dropped when it ends.
#[derive(Debug)]
pub(super) struct Running<'a>(&'a Shared);

impl Ticker {
    /// Starts the thread; it ends when the ticker is closed.
    pub(super) fn start(engine: &Engine) -> Result<Ticker, Error> {
        let ticker = Ticker { shared: Arc::new(Shared::default()) };
        let (shared, engine) = (Arc::downgrade(&ticker.shared), engine.weak());
        let body = move || {
            while let Some(shared) = shared.upgrade() {
                if !tick(&shared, &engine) {
                    break;
                }
            }
        };
        std::thread::Builder::new().name("alga-ext-ticks".into()).spawn(body)?;
        Ok(ticker)
    }

    /// Notes that a call begins.
    pub(super) fn run(&self) -> Running<'_> {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running += 1;
        if std::mem::take(&mut state.asleep) {
            self.shared.wake.notify_one();
        }
        Running(&self.shared)
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.wake.notify_one();
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running = state.running.saturating_sub(1);
    }
}

/// Waits until something runs, then for one tick; false when there is nothing left to tick for.
fn tick(shared: &Shared, engine: &EngineWeak) -> bool {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    while state.running == 0 && !state.closed {
        state.asleep = true;
        state = shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    let closed = state.closed;
    drop(state);
    if closed {
        return false;
    }
    std::thread::sleep(TICK);
    let Some(engine) = engine.upgrade() else { return false };
    engine.increment_epoch();
    true
}
