//! Evaluates a script in the engine and takes the snapshot, with clocks and randomness standing still.

use super::engine::Engine;
use super::runtime::{MONOTONIC_CLOCK, POLL};
use super::{Fault, bodies};
use futures_util::FutureExt;
use std::sync::mpsc;
use std::time::Duration;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentType, Instance, Lift, Linker, Lower, Resource, ResourceType, Val,
};
use wasmtime::{Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wizer::{WasmtimeWizerComponent, Wizer};

/// How long the top level of a source may run.
pub(super) const TOP_LEVEL: Duration = Duration::from_secs(10);
/// How much memory it may take.
const MEMORY: usize = 512 << 20;
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
    /// The component with the evaluated script inside, not yet finished.
    pub(super) component: Vec<u8>,
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
    /// The top level did not come to an end.
    Endless,
    /// The engine failed.
    Engine(Fault),
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

struct State {
    messages: Vec<String>,
    /// The prelude has begun; before that it is the engine that reads the clock.
    begun: bool,
    read_clock: bool,
    read_random: bool,
    /// The last error whose stack was read, in the prelude's words.
    thrown: Option<String>,
    /// The stack of the last call of the platform.
    called: String,
    limits: StoreLimits,
}

impl State {
    fn new() -> State {
        State {
            messages: Vec::new(),
            begun: false,
            read_clock: false,
            read_random: false,
            thrown: None,
            called: String::new(),
            limits: StoreLimitsBuilder::new().memory_size(MEMORY).build(),
        }
    }

    /// What the prelude said.
    fn hear(&mut self, message: &str) {
        match message.split_once(' ') {
            Some(("thrown", text)) => self.thrown = Some(text.to_owned()),
            Some(("called", stack)) => stack.clone_into(&mut self.called),
            _ if self.messages.len() < MESSAGES => {
                self.begun |= message.starts_with("begin");
                self.messages.push(message.to_owned());
            }
            _ => {}
        }
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

/// Evaluates `script`, for at most `limit`.
pub(super) fn evaluate(engine: &Engine, script: &str, limit: Duration) -> Result<Evaluation, Failure> {
    let mut store = Store::new(&engine.wasmtime, State::new());
    store.limiter(|state| &mut state.limits);
    store.set_epoch_deadline(1);
    let alarm = Alarm::set(&engine.wasmtime, limit);
    let linker = link(engine)?;
    let evaluated = at_once(run(&linker, &mut store, engine, script))?;
    drop(alarm);
    match evaluated {
        Ok(instance) => Ok(Evaluation { store, instance }),
        Err(failure) => Err(explain(failure, store.into_data())),
    }
}

impl Evaluation {
    /// Takes the snapshot.
    pub(super) fn snapshot(self, engine: &Engine) -> Result<Snapshot, Fault> {
        let Evaluation { mut store, instance } = self;
        let wizer = Wizer::new();
        let (context, _) = wizer.instrument_component(&engine.emptied)?;
        store.set_epoch_deadline(u64::MAX / 2);
        let mut wizened = WasmtimeWizerComponent { store: &mut store, instance };
        let component = at_once(wizer.snapshot_component(context, &mut wizened))??;
        let component = bodies::fill(&component, &engine.linked)?;
        let State { messages, read_clock, read_random, .. } = store.into_data();
        Ok(Snapshot { component, messages, read_clock, read_random })
    }
}

/// What the source does while it is loaded, told with stacks: evaluates `script` again behind a `Date` that tells of
/// every look at it. Only a build that has something to warn of pays for it.
pub(super) fn watch_clock(engine: &Engine, script: &str, limit: Duration) -> Result<Vec<String>, Fault> {
    // In the first line, which is one of ours, so that all lines keep their numbers.
    let script = format!("{}{script}", WATCH.lines().map(str::trim).collect::<String>());
    let mut store = Store::new(&engine.wasmtime, State::new());
    store.limiter(|state| &mut state.limits);
    store.set_epoch_deadline(1);
    let _alarm = Alarm::set(&engine.wasmtime, limit);
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
    let (result,) = init.call_async(&mut *store, (&engine.shim, script, None, false)).await?;
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
        // The prelude's words have the error's name and its causes.
        Failure::Threw(text) => {
            let first = text.lines().next().unwrap_or_default();
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
        if let Some(wasmtime::Trap::Interrupt) = error.downcast_ref::<wasmtime::Trap>() {
            return Failure::Endless;
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
            instance.func_new(function, move |mut store, _, params, _| {
                let state: &mut State = store.data_mut();
                if let Some(Val::String(text)) = params.first()
                    && let Some(message) = text.strip_prefix(CHANNEL)
                {
                    state.hear(message);
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
        state.read_clock |= state.begun;
        Ok((0u64,))
    })?;
    linker.instance("wasi:clocks/wall-clock@0.2.0")?.func_wrap("now", |mut store, ()| {
        let state: &mut State = store.data_mut();
        state.read_clock |= state.begun;
        Ok((Datetime { seconds: NOW, nanoseconds: 0 },))
    })?;
    let mut random = linker.instance("wasi:random/random@0.2.0")?;
    random.func_wrap("get-random-u64", |mut store, ()| {
        let state: &mut State = store.data_mut();
        state.read_random |= state.begun;
        Ok((0x5a5a_5a5a_u64,))
    })?;
    random.func_wrap("get-random-bytes", |mut store, (count,): (u64,)| {
        let state: &mut State = store.data_mut();
        state.read_random |= state.begun;
        Ok((vec![0x5a_u8; usize::try_from(count.min(65_536)).unwrap_or_default()],))
    })?;
    // The script is one file: nothing is resolved or loaded by the engine.
    let mut loader = linker.instance("local:init/module-loader")?;
    let refusal = "modules are loaded by the build";
    loader.func_wrap("resolve", move |_, (_, _): (String, String)| {
        Ok((Err::<String, _>(refusal.to_owned()),))
    })?;
    loader.func_wrap("load", move |_, (_,): (String,)| Ok((Err::<String, _>(refusal.to_owned()),)))?;
    Ok(linker)
}

/// Ends the evaluation when the time is up; dropped before that, it ends at once.
struct Alarm {
    off: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Alarm {
    fn set(engine: &wasmtime::Engine, limit: Duration) -> Alarm {
        let (off, rings) = mpsc::channel::<()>();
        let engine = engine.clone();
        let thread = std::thread::spawn(move || {
            if rings.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Alarm { off: Some(off), thread: Some(thread) }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.off.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads a compiled component back; `None` when it was made by another wasmtime or for another machine.
#[expect(unsafe_code, reason = "the one place where machine code is read back")]
pub(super) fn deserialize(engine: &wasmtime::Engine, bytes: &[u8]) -> Option<Component> {
    // SAFETY: `deserialize` runs what it is given, so the bytes must be what `Component::serialize` wrote. They come
    // from our own folder in the user's cache, under a name that holds the hash of what was compiled and of
    // wasmtime's version and settings, and `engine::Cache` has compared them with the SHA-256 written with them:
    // a damaged or half-written file does not get here. Who can forge both can as well replace this program.
    unsafe { Component::deserialize(engine, bytes) }.ok()
}
