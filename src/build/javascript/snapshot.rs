//! Evaluates a script in the engine and takes the snapshot, with clocks and randomness standing still.

use super::engine::Engine;
use super::locate::{PROBE, Probe};
use super::memory::Memory;
use super::runtime::{MONOTONIC_CLOCK, POLL};
use super::{Fault, rehearsal};
use crate::runner;
use futures_util::FutureExt;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentType, Instance, Lift, Linker, Lower, Resource, ResourceType, Val,
};
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wizer::{ComponentInstanceState, WasmtimeWizerComponent, Wizer};

/// How long the top level of a source may run.
pub(super) const TOP_LEVEL: Duration = Duration::from_secs(10);
/// How much memory it may take.
const MEMORY: usize = 512 << 20;
/// How often a running evaluation is looked at.
const TICK: Duration = Duration::from_millis(20);
/// What one evaluation may say to the build through [`CHANNEL`].
const MESSAGES: usize = 1000;
/// A log line that starts so is the prelude talking to the build; no source can write one by accident.
pub(super) const CHANNEL: &str = "\0alga-ext\0";
/// When the snapshot is taken, as far as the source can tell.
const NOW: u64 = 1_700_000_000;

/// The runtime's way in: evaluates the bindings' shim and the script.
type Init = (Result<(), String>,);

/// What came of an evaluation.
pub(super) struct Snapshot {
    /// The component as it is once the script was evaluated, but for function bodies and memory.
    pub(super) component: Vec<u8>,
    /// What is in its memory: the script, evaluated.
    pub(super) memory: Memory,
    /// What the prelude said to the build.
    pub(super) messages: Vec<String>,
    /// Whether the source asked what time it is.
    pub(super) read_clock: bool,
    /// Whether it asked for random bytes.
    pub(super) read_random: bool,
}

/// Why there is no snapshot.
pub(super) enum Failure {
    /// The top level threw: the error's text with its stack.
    Threw(String),
    /// The top level called the platform, with the stack of the call.
    Called { interface: String, function: String, stack: String },
    /// The top level did not come to an end; where it was, as a stack of the script, when that is known.
    Endless { stack: String },
    /// The top level took more than there is, and where.
    Exhausted { what: Exhausted, stack: String },
    /// The engine failed.
    Engine(Fault),
}

/// What a source can take too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// By calls inside of calls.
    Stack,
    /// By what it keeps.
    Memory,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exhausted::Stack => write!(formatter, "calls itself deeper than the stack reaches"),
            Exhausted::Memory => write!(formatter, "takes more than {} MiB of memory", MEMORY >> 20),
        }
    }
}

impl<E: Into<Fault>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Engine(error.into())
    }
}

/// The error with which a call of the platform ends the evaluation.
#[derive(Debug, thiserror::Error)]
#[error("`{interface}.{function}` was called while the source was loaded")]
struct Called {
    interface: String,
    function: String,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The engine's own: what it reads of clocks is nobody's mistake.
    Engine,
    /// The prelude's and the source's.
    Source,
    /// A rehearsal's: the platform answers with samples.
    Rehearsal,
}

pub(super) struct State {
    messages: Vec<String>,
    stage: Stage,
    read_clock: bool,
    read_random: bool,
    /// The last error whose stack was read, in the prelude's words.
    thrown: Option<String>,
    /// The last value that was thrown and is no error, in the prelude's words.
    bare: Option<String>,
    /// The stack of the last call of the platform.
    called: String,
    /// Bytes of all memories.
    used: usize,
    /// The number that was asked for and refused.
    refused: Option<usize>,
    /// What listens to an instrumented script.
    pub(super) probe: Option<Probe>,
}

impl State {
    fn new(probe: Option<Probe>) -> State {
        State {
            messages: Vec::new(),
            stage: Stage::Engine,
            read_clock: false,
            read_random: false,
            thrown: None,
            bare: None,
            called: String::new(),
            used: 0,
            refused: None,
            probe,
        }
    }

    /// What the prelude said.
    fn hear(&mut self, message: &str) {
        match message.split_once(' ') {
            Some(("thrown", text)) => self.thrown = Some(text.to_owned()),
            Some(("bare", text)) => self.bare = Some(text.to_owned()),
            Some(("called", stack)) => stack.clone_into(&mut self.called),
            _ if self.messages.len() < MESSAGES => {
                if message.starts_with("begin") {
                    self.stage = Stage::Source;
                }
                self.messages.push(message.to_owned());
            }
            _ => {}
        }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.used.saturating_add(desired.saturating_sub(current));
        if total > MEMORY {
            self.refused = Some(total);
            return Ok(false);
        }
        self.used = total;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// What nothing is waited for by while the source is loaded.
enum Never {}

/// A script that was evaluated, in the instance that did it.
pub(super) struct Evaluation {
    store: Store<State>,
    instance: Instance,
}

/// Evaluates `script` until `end`, or until it is to stop.
pub(super) fn evaluate(engine: &Engine, script: &str, end: End) -> Result<Evaluation, Failure> {
    let mut store = store(engine, None, end);
    let ticks = Ticks::start(&engine.wasmtime);
    let linker = link(engine)?;
    let evaluated = at_once(run(&linker, &mut store, engine, script))?;
    drop(ticks);
    match evaluated {
        Ok(instance) => Ok(Evaluation { store, instance }),
        Err(failure) => Err(explain(failure, store.into_data())),
    }
}

/// Evaluates an instrumented `script` for what the probe hears.
pub(super) fn listen(engine: &Engine, script: &str, probe: Probe, end: End) -> Result<Probe, Fault> {
    let mut store = store(engine, Some(probe), end);
    let _ticks = Ticks::start(&engine.wasmtime);
    // How it ends, the probe knows.
    let _ = at_once(run(&link(engine)?, &mut store, engine, script))?;
    store.into_data().probe.ok_or_else(|| "the probe is gone".into())
}

/// When an evaluation is stopped.
#[derive(Clone)]
pub(super) struct End {
    pub(super) at: Instant,
    /// Somebody has no use for it any more.
    pub(super) told: Arc<AtomicBool>,
}

impl End {
    /// The end of a time that begins now.
    pub(super) fn after(limit: Duration) -> End {
        End { at: Instant::now() + limit, told: Arc::default() }
    }

    /// Whether it is time.
    pub(super) fn has_come(&self) -> bool {
        self.told.load(Ordering::Relaxed) || Instant::now() >= self.at
    }
}

fn store(engine: &Engine, probe: Option<Probe>, end: End) -> Store<State> {
    let mut store = Store::new(&engine.wasmtime, State::new(probe));
    store.limiter(|state| state);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |context| {
        let is_stuck = context.data().probe.as_ref().is_some_and(Probe::is_stuck);
        let is_over = end.has_come() || is_stuck;
        Ok(if is_over { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
    });
    store
}

impl Evaluation {
    /// Takes the snapshot.
    pub(super) fn snapshot(self, engine: &Engine) -> Result<Snapshot, Fault> {
        let Evaluation { mut store, instance } = self;
        let wizer = Wizer::new();
        let (context, _) = wizer.instrument_component(engine.emptied())?;
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
        store.data_mut().stage = Stage::Rehearsal;
        at_once(rehearsal::rehearse(&mut store, &instance))??;
        let inside = WasmtimeWizerComponent { store: &mut store, instance };
        let mut witness = Witness { inside, memories: Vec::new() };
        let component = at_once(wizer.snapshot_component(context, &mut witness))??;
        let mut memories = witness.memories.into_iter();
        let (Some(memory), None) = (memories.next(), memories.next()) else {
            return Err("an engine with another number of memories than one".into());
        };
        let State { messages, read_clock, read_random, .. } = store.into_data();
        Ok(Snapshot { component, memory, messages, read_clock, read_random })
    }
}

/// What tells wizer of an instance, but of its memory only how long it is: see [`Memory`].
struct Witness<'a> {
    inside: WasmtimeWizerComponent<'a, State>,
    memories: Vec<Memory>,
}

impl ComponentInstanceState for Witness<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        let mut length = 0;
        let seen = |bytes: &[u8]| {
            length = bytes.len();
            self.memories.push(Memory::of(bytes));
        };
        self.inside.call_func_ret_list_u8(instance, function, seen).await;
        contents(&vec![0; length]);
    }

    async fn call_func_ret_s32(&mut self, instance: &str, function: &str) -> i32 {
        self.inside.call_func_ret_s32(instance, function).await
    }

    async fn call_func_ret_s64(&mut self, instance: &str, function: &str) -> i64 {
        self.inside.call_func_ret_s64(instance, function).await
    }

    async fn call_func_ret_f32(&mut self, instance: &str, function: &str) -> u32 {
        self.inside.call_func_ret_f32(instance, function).await
    }

    async fn call_func_ret_f64(&mut self, instance: &str, function: &str) -> u64 {
        self.inside.call_func_ret_f64(instance, function).await
    }
}

/// What the source does while it is loaded, told with stacks: evaluates `script` again behind a `Date` that tells of
/// every look at it. Only a build that has something to warn of pays for it.
pub(super) fn watch_clock(engine: &Engine, script: &str, limit: Duration) -> Result<Vec<String>, Fault> {
    // In the first line, which is one of ours, so that all lines keep their numbers.
    let script = format!("{}{script}", WATCH.lines().map(str::trim).collect::<String>());
    let mut store = store(engine, None, End::after(limit));
    let _ticks = Ticks::start(&engine.wasmtime);
    // What it comes to is known already.
    let _ = at_once(run(&link(engine)?, &mut store, engine, &script))?;
    Ok(store.into_data().messages)
}

/// See [`watch_clock`].
const WATCH: &str = r#"
    import { logInfo as $alga_ext_log } from "alga:extension/logging";
    {
        const tell = () => $alga_ext_log("\0alga-ext\0clock " + new Error().stack);
        const own = Date, clock = performance;
        const now = () => { tell(); return clock.now(); };
        Object.defineProperty(globalThis, "performance", { value: Object.create(clock, { now: { value: now } }) });
        globalThis.Date = new Proxy(own, {
            construct(target, given, self) { if (given.length === 0) tell(); return Reflect.construct(target, given, self === Date ? target : self); },
            apply(target) { tell(); return target(); },
            get(target, key) { return key === "now" ? () => { tell(); return target.now(); } : Reflect.get(target, key); },
        });
    }
"#;

/// The result of a future that never waits: nothing in the engine does.
fn at_once<T>(future: impl Future<Output = T>) -> Result<T, Fault> {
    future.now_or_never().ok_or_else(|| "the engine waited for something".into())
}

async fn run(
    linker: &Linker<State>,
    store: &mut Store<State>,
    engine: &Engine,
    script: &str,
) -> Result<Instance, Failure> {
    let instance = linker.instantiate_async(&mut *store, &engine.component).await?;
    let init = instance.get_typed_func::<(&str, &str, Option<&str>, bool), Init>(&mut *store, "init")?;
    let (result,) = init.call_async(&mut *store, (engine.shim(), script, None, false)).await?;
    result.map_err(|text| Failure::Threw(thrown(&text)))?;
    Ok(instance)
}

/// The author's part of the engine's message. What the engine says before it is about its own steps, and it calls
/// every error `Error`.
fn thrown(text: &str) -> String {
    let text = text.rsplit_once("JavaScript module evaluation: ").map_or(text, |(_, text)| text);
    text.strip_prefix("Error: ").unwrap_or(text).to_owned()
}

/// Finds what the author did in what the evaluation ended with.
fn explain(failure: Failure, state: State) -> Failure {
    let fault = match failure {
        // The engine's own error has no place.
        Failure::Threw(text) if state.refused.is_some() && text.contains("out of memory") => {
            return Failure::Exhausted { what: Exhausted::Memory, stack: String::new() };
        }
        // The prelude's words have the error's name and its causes.
        Failure::Threw(text) => {
            let first = text.lines().next().unwrap_or_default();
            if let Some(value) = first.strip_prefix("Exception generated by quickjs: ") {
                let value = value.split('(').next().unwrap_or(value);
                let told = state.bare.unwrap_or_else(|| format!("a value that is no error: {value}"));
                return Failure::Threw(told);
            }
            let told = state.thrown.filter(|told| told.contains(first));
            return Failure::Threw(told.unwrap_or(text));
        }
        Failure::Engine(fault) => fault,
        other => return other,
    };
    let called = |called: &Called| Failure::Called {
        interface: called.interface.clone(),
        function: called.function.clone(),
        stack: state.called.clone(),
    };
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&*fault);
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<Called>() {
            return called(found);
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::Interrupt) => return Failure::Endless { stack: String::new() },
            Some(wasmtime::Trap::StackOverflow) => {
                return Failure::Exhausted { what: Exhausted::Stack, stack: String::new() };
            }
            Some(_) if state.refused.is_some() => {
                return Failure::Exhausted { what: Exhausted::Memory, stack: String::new() };
            }
            _ => {}
        }
        source = error.source();
    }
    Failure::Engine(fault)
}

/// Everything the engine imports. Calls of the platform end the evaluation, but for what the prelude says to the build.
fn link(engine: &Engine) -> Result<Linker<State>, Fault> {
    let mut linker: Linker<State> = Linker::new(&engine.wasmtime);
    for (name, item) in engine.component.component_type().imports(&engine.wasmtime) {
        let ComponentItem::ComponentInstance(interface) = item.ty else { continue };
        if !name.starts_with("alga:") {
            continue;
        }
        let mut instance = linker.instance(name)?;
        for (function, item) in interface.exports(&engine.wasmtime) {
            if !matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                continue;
            }
            let called = (name.to_owned(), function.to_owned());
            instance.func_new(function, move |mut store, kind, params, results| {
                let state: &mut State = store.data_mut();
                if let Some(Val::String(text)) = params.first()
                    && let Some(message) = text.strip_prefix(CHANNEL)
                {
                    if let (Some(probe), Some(stack)) = (&mut state.probe, message.strip_prefix(PROBE)) {
                        return probe.hear(stack);
                    }
                    state.hear(message);
                    return Ok(());
                }
                if state.stage == Stage::Rehearsal {
                    for (result, kind) in results.iter_mut().zip(kind.results()) {
                        *result = rehearsal::sample(&kind)
                            .ok_or_else(|| wasmtime::format_err!("a result that has no sample"))?;
                    }
                    return Ok(());
                }
                let (interface, function) = called.clone();
                Err(Called { interface, function }.into())
            })?;
        }
    }
    // Timers begin when an instance does, so nothing waits here.
    let waits = |function: &str| Called { interface: POLL.to_owned(), function: function.to_owned() };
    let mut poll = linker.instance(POLL)?;
    poll.resource("pollable", ResourceType::host::<Never>(), |_, _| Ok(()))?;
    poll.func_wrap("[method]pollable.block", move |_, (_,): (Resource<Never>,)| -> wasmtime::Result<()> {
        Err(waits("block").into())
    })?;
    let mut clock = linker.instance(MONOTONIC_CLOCK)?;
    clock.func_wrap(
        "subscribe-duration",
        move |_, (_,): (u64,)| -> wasmtime::Result<(Resource<Never>,)> {
            Err(waits("subscribe-duration").into())
        },
    )?;
    clock.func_wrap("now", |mut store, ()| {
        let state: &mut State = store.data_mut();
        state.read_clock |= state.stage == Stage::Source;
        Ok((0u64,))
    })?;
    linker.instance("wasi:clocks/wall-clock@0.2.0")?.func_wrap("now", |mut store, ()| {
        let state: &mut State = store.data_mut();
        state.read_clock |= state.stage == Stage::Source;
        Ok((Datetime { seconds: NOW, nanoseconds: 0 },))
    })?;
    let mut random = linker.instance("wasi:random/random@0.2.0")?;
    random.func_wrap("get-random-u64", |mut store, ()| {
        let state: &mut State = store.data_mut();
        if let Some(pace) = state.probe.as_mut().and_then(Probe::take_pace) {
            return Ok((pace,));
        }
        state.read_random |= state.stage == Stage::Source;
        Ok((0x5a5a_5a5a_u64,))
    })?;
    random.func_wrap("get-random-bytes", |mut store, (count,): (u64,)| {
        let state: &mut State = store.data_mut();
        state.read_random |= state.stage == Stage::Source;
        Ok((vec![0x5a_u8; usize::try_from(count.min(65_536)).unwrap_or_default()],))
    })?;
    // The script is one file: nothing is resolved or loaded by the engine.
    runner::refuse_modules(&mut linker)?;
    Ok(linker)
}

/// Has every evaluation looked at every now and then, until it is dropped.
struct Ticks {
    off: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticks {
    fn start(engine: &wasmtime::Engine) -> Ticks {
        let (off, end) = mpsc::channel::<()>();
        let engine = engine.clone();
        let thread = std::thread::spawn(move || {
            while end.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Ticks { off: Some(off), thread: Some(thread) }
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        self.off.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads a compiled component back; `None` when it was made by another wasmtime or for another machine. The file is
/// mapped and not copied: of what is never run nothing is read.
#[expect(unsafe_code, reason = "the one place where machine code is read back")]
pub(super) fn deserialize(engine: &wasmtime::Engine, file: &Path) -> Option<Component> {
    // SAFETY: `deserialize_file` runs what it is given, so the file must be what `Component::serialize` wrote, and stay
    // so. It is in our own folder in the user's cache, under a name that holds the hash of what was compiled and of
    // wasmtime's version and settings, and `engine::Cache` has compared it with the SHA-256 written with it: a damaged
    // or half-written file does not get here. Files there are replaced and removed, never written into. Who can forge
    // all that can as well replace this program.
    unsafe { Component::deserialize_file(engine, file) }.ok()
}
