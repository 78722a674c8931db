//! A platform for the tests of this folder: components built from a few files and called once.

use super::runtime::{MONOTONIC_CLOCK, POLL};
use super::{Built, Error, Options, build, find_entry};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Resource, ResourceType, Val};
use wasmtime::{Config, Engine, Store};

/// The cache all tests share, so that the engine is compiled once.
pub(super) fn cache() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/javascript-cache")
}

/// A project of these files.
pub(super) fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        crate::files::write(&folder.path().join(name), text.as_bytes()).unwrap();
    }
    folder
}

/// Builds a project of these files.
pub(super) fn try_build(files: &[(&str, &str)]) -> Result<Built, Error> {
    build_as(files, false)
}

/// Builds a project of these files, made small or not.
pub(super) fn build_as(files: &[(&str, &str)], minify: bool) -> Result<Built, Error> {
    let folder = project(files);
    let root = folder.path().canonicalize().unwrap();
    let (entry, _) = find_entry(&root, None)?.unwrap();
    build(&root, &entry, &Options { cache: &cache(), minify })
}

/// Builds a project of one file, `src/handler.ts`.
pub(super) fn build_text(text: &str) -> Built {
    try_build(&[("src/handler.ts", text)]).unwrap_or_else(|error| panic!("{error}"))
}

/// The message of the error that building these files ends with.
pub(super) fn refusal(files: &[(&str, &str)]) -> String {
    match try_build(files) {
        Ok(_) => panic!("it was built"),
        Err(error) => error.to_string(),
    }
}

/// The names a component imports.
pub(super) fn imports(component: &[u8]) -> Vec<String> {
    let engine = engine();
    let component = Component::new(&engine, component).unwrap();
    component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect()
}

fn engine() -> Engine {
    let mut config = Config::new();
    // The tests compile much and run little.
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    Engine::new(&config).unwrap()
}

/// What a call came to.
#[derive(Debug)]
pub(super) struct Answer {
    /// Status and body, or the trap.
    pub(super) response: Result<(u16, String), String>,
    /// Headers, `name: value`.
    pub(super) headers: Vec<String>,
    /// `level message`.
    pub(super) logs: Vec<String>,
}

impl Answer {
    /// The body of a response, or a panic with what happened.
    #[track_caller]
    pub(super) fn body(&self) -> &str {
        match &self.response {
            Ok((_, body)) => body,
            Err(error) => panic!("{error}\n{}", self.logs.join("\n")),
        }
    }
}

/// Builds one file and calls its handler; the body.
#[track_caller]
pub(super) fn answer(text: &str) -> String {
    call(&build_text(text).component).body().to_owned()
}

/// Builds these files and calls the handler; the body.
#[track_caller]
pub(super) fn answer_of(files: &[(&str, &str)]) -> String {
    let built = try_build(files).unwrap_or_else(|error| panic!("{error}"));
    call(&built.component).body().to_owned()
}

fn text(value: &str) -> Val {
    Val::String(value.to_owned())
}

fn record(fields: &[(&str, Val)]) -> Val {
    Val::Record(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn some(value: Val) -> Val {
    Val::Option(Some(Box::new(value)))
}

fn bytes(value: &[u8]) -> Val {
    Val::List(value.iter().map(|byte| Val::U8(*byte)).collect())
}

fn request() -> Val {
    let header = record(&[("name", text("x-test")), ("value", text("yes"))]);
    let context = record(&[
        ("request-id", some(text("r1"))),
        ("tenant-id", text("t1")),
        ("extension-id", text("e1")),
        ("install-id", Val::Option(None)),
        ("version-id", Val::Option(None)),
    ]);
    let http = record(&[
        ("method", text("POST")),
        ("url", text("/a?b=c")),
        ("headers", Val::List(vec![header])),
        ("body", some(bytes("{\"é\":1}".as_bytes()))),
    ]);
    record(&[("context", context), ("http", http)])
}

/// The URL a request goes to, and all of it as text.
fn asked(params: &[Val]) -> (&str, String) {
    let [Val::Record(fields)] = params else { panic!("{params:?}") };
    let [(_, Val::String(method)), (_, Val::String(url)), (_, Val::List(headers)), (_, Val::Option(body))] =
        fields.as_slice()
    else {
        panic!("{fields:?}")
    };
    let mut sent = format!("{method} {url}");
    for header in headers {
        let Val::Record(fields) = header else { panic!("{header:?}") };
        let [(_, Val::String(name)), (_, Val::String(value))] = fields.as_slice() else {
            panic!("{fields:?}")
        };
        let _ = write!(sent, "|{name}: {value}");
    }
    if let Some(Val::List(body)) = body.as_deref() {
        let bytes: Vec<u8> =
            body.iter().map(|byte| if let Val::U8(byte) = byte { *byte } else { 0 }).collect();
        let _ = write!(sent, "|{}", String::from_utf8(bytes).unwrap());
    }
    (url, sent)
}

/// The response to a request: a number at the end of the path is the status, `/to/…` redirects there, and the body
/// is what was sent.
fn http_reply(url: &str, sent: &str) -> Val {
    let last = url.rsplit('/').next().unwrap_or_default();
    let target = url.split_once("/to/").map(|(_, target)| target);
    let status = if target.is_some() { 307 } else { last.parse().unwrap_or(200) };
    let header = |name: &str, value: &str| record(&[("name", text(name)), ("value", text(value))]);
    let mut headers = vec![header("content-type", "text/x"), header("set-cookie", "a=1")];
    headers.push(header("set-cookie", "b=2"));
    if let Some(target) = target {
        headers.push(header("location", target));
    } else if (300..400).contains(&status) {
        headers.push(header("location", "/end?x#y"));
    }
    record(&[
        ("status", Val::U16(status)),
        ("headers", Val::List(headers)),
        ("body", some(bytes(sent.as_bytes()))),
    ])
}

/// What the platform of the tests answers.
fn reply(interface: &str, function: &str, params: &[Val]) -> Option<Val> {
    let ok = |value: Val| Some(Val::Result(Ok(Some(Box::new(value)))));
    let failure = |case: &str| Some(Val::Result(Err(Some(Box::new(Val::Enum(case.to_owned()))))));
    match (interface, function) {
        ("secrets", "get") if params == [text("missing")] => failure("missing"),
        ("secrets", "get") => ok(text("s3cret")),
        ("secrets", "list-keys") => Some(Val::List(vec![text("a"), text("b")])),
        ("storage", "get") if params.get(1) == Some(&text("missing")) => failure("missing"),
        ("storage", "get" | "put") => ok(record(&[
            ("namespace", text("n")),
            ("key", text("k")),
            ("value", bytes(b"v")),
            ("revision", some(Val::U64(7))),
        ])),
        ("http", "fetch") => Some(Val::Result(match asked(params) {
            (url, _) if url.starts_with("https://denied.example/") => {
                Err(Some(Box::new(Val::Enum("not-allowed".into()))))
            }
            ("https://down.example/", _) => Err(Some(Box::new(Val::Enum("transport".into())))),
            (url, sent) => Ok(Some(Box::new(http_reply(url, &sent)))),
        })),
        ("user-v2", "get-user") => ok(record(&[
            ("tenant-id", text("t1")),
            ("client-name", text("Dev")),
            ("user-id", text("u1")),
            ("user-email", text("u@example.com")),
            ("user-name", text("U")),
            ("user-type", text("internal")),
            ("client-id", Val::Option(None)),
            ("additional-fields", Val::List(vec![Val::Tuple(vec![text("locale"), text("de")])])),
        ])),
        ("invoicing", "create-manual-invoice") => Some(record(&[
            ("success", Val::Bool(true)),
            ("invoice-id", some(text("i1"))),
            ("invoice-number", some(text("INV-1"))),
            ("status", some(text("draft"))),
            ("subtotal", some(Val::Float64(100.0))),
            ("tax", some(Val::Float64(0.0))),
            ("total", some(Val::Float64(100.0))),
            ("error", Val::Option(None)),
            ("field-errors", Val::Option(None)),
        ])),
        ("scheduler", "create-schedule") => Some(record(&[
            ("success", Val::Bool(false)),
            ("schedule-id", Val::Option(None)),
            ("error", some(text("Validation failed"))),
            ("field-errors", some(text("{\"cron\":\"Invalid\"}"))),
        ])),
        _ => None,
    }
}

/// A clock that moves when somebody waits, and by a millisecond whenever it is read.
struct Clock {
    nanoseconds: u64,
}

/// What is waited for, until when.
struct Pollable;

/// Links the clock.
fn link_clock(linker: &mut Linker<Clock>) {
    let mut clock = linker.instance(MONOTONIC_CLOCK).unwrap();
    clock
        .func_wrap("now", |mut store, ()| {
            store.data_mut().nanoseconds += 1_000_000;
            Ok((store.data().nanoseconds,))
        })
        .unwrap();
    clock
        .func_wrap("subscribe-duration", |mut store, (wanted,): (u64,)| {
            assert!(wanted > 0, "nobody waits for nothing");
            store.data_mut().nanoseconds += wanted;
            Ok((Resource::<Pollable>::new_own(0),))
        })
        .unwrap();
    let mut poll = linker.instance(POLL).unwrap();
    poll.resource("pollable", ResourceType::host::<Pollable>(), |_, _| Ok(())).unwrap();
    poll.func_wrap("[method]pollable.block", |_, (_,): (Resource<Pollable>,)| Ok(())).unwrap();
}

/// Calls the component's handler once, in a fresh instance.
pub(super) fn call(component: &[u8]) -> Answer {
    let engine = engine();
    let component = Component::new(&engine, component).unwrap();
    let mut linker: Linker<Clock> = Linker::new(&engine);
    let logs = Arc::new(Mutex::new(Vec::new()));
    link_clock(&mut linker);
    for (name, item) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(interface) = item.ty else { continue };
        if name == MONOTONIC_CLOCK || name == POLL {
            continue;
        }
        let mut instance = linker.instance(name).unwrap();
        for (function, item) in interface.exports(&engine) {
            let ComponentItem::ComponentFunc(_) = item.ty else { continue };
            let logs = logs.clone();
            let short = name.trim_start_matches("alga:extension/").to_owned();
            let function = function.to_owned();
            instance
                .func_new(&function.clone(), move |_, _, params, results| {
                    if short.starts_with("wasi:") {
                        results[0] = match function.as_str() {
                            "get-random-bytes" => {
                                static NEXT: std::sync::atomic::AtomicU8 =
                                    std::sync::atomic::AtomicU8::new(1);
                                let seed = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                                let [Val::U64(count)] = params else { panic!("{params:?}") };
                                let drawn =
                                    (0..*count).map(|at| Val::U8(seed.wrapping_add(at.to_le_bytes()[0])));
                                Val::List(drawn.collect())
                            }
                            _ if short.contains("wall-clock") => {
                                record(&[("seconds", Val::U64(1_800_000_000)), ("nanoseconds", Val::U32(0))])
                            }
                            _ => panic!("the test has no answer for {short}.{function}"),
                        };
                        return Ok(());
                    }
                    if let ("logging", [Val::String(message)]) = (short.as_str(), params) {
                        logs.lock()
                            .unwrap()
                            .push(format!("{} {message}", function.trim_start_matches("log-")));
                        return Ok(());
                    }
                    if let Some(answer) = reply(&short, &function, params) {
                        results[0] = answer;
                        return Ok(());
                    }
                    Err(wasmtime::format_err!("the test has no answer for {short}.{function}{params:?}"))
                })
                .unwrap();
        }
    }
    let mut store = Store::new(&engine, Clock { nanoseconds: 5_000_000 });
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let handler = instance.get_func(&mut store, "handler").unwrap();
    let mut results = [Val::Bool(false)];
    let outcome = handler.call(&mut store, &[request()], &mut results);
    let logs = logs.lock().unwrap().clone();
    if let Err(error) = outcome {
        return Answer { response: Err(format!("{error:#}")), headers: Vec::new(), logs };
    }
    let [Val::Record(fields)] = &results else { panic!("{results:?}") };
    let [(_, Val::U16(status)), (_, Val::List(headers)), (_, Val::Option(body))] = fields.as_slice() else {
        panic!("{fields:?}")
    };
    let headers = headers
        .iter()
        .map(|header| match header {
            Val::Record(fields) => match fields.as_slice() {
                [(_, Val::String(name)), (_, Val::String(value))] => format!("{name}: {value}"),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    let body = match body.as_deref() {
        Some(Val::List(values)) => {
            let bytes = values
                .iter()
                .map(|value| if let Val::U8(byte) = value { *byte } else { panic!("{value:?}") });
            String::from_utf8(bytes.collect()).unwrap()
        }
        None => String::new(),
        other => panic!("{other:?}"),
    };
    Answer { response: Ok((*status, body)), headers, logs }
}
