//! A source that is loaded for each call, as `dev` does after a save, against the component built from it; and how
//! one follows the other.

use crate::dev::{PROXY, manifest, start, state, wait_for};
use crate::extension::Extension;
use crate::harness::{Sandbox, Server};
use crate::http::get;
use alga_ext::build::{self, javascript};
use alga_ext::bundle::Digest;
use alga_ext::host::{Options, Persona, Platform};
use alga_ext::project::Project;
use alga_ext::runner::{Handler, Outcome, Request, Runner, Script};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A project's handler as a source and as a component.
struct Both {
    project: Project,
    source: Handler,
    /// The source, with an instance loaded before the first call.
    ahead: Handler,
    component: Handler,
}

impl Both {
    fn of(runner: &Runner, root: &Path) -> Both {
        let project = Project::load(&root.canonicalize().unwrap()).unwrap();
        let engine = javascript::Engine::load(&cache()).unwrap();
        let runtime = runner.runtime(engine.component()).unwrap();
        let begun =
            build::begin(&project, &mut javascript::Kept::default()).unwrap().expect("it is JavaScript");
        let script = Arc::new(Script { shim: engine.shim().into(), text: begun.script().to_owned() });
        let source = runtime.handler(Arc::clone(&script));
        let ahead = runtime.loaded(script, Duration::from_mins(1));
        assert!(ahead.is_loaded());
        let finished = begun.finish(&project, &Arc::new(engine)).unwrap();
        let component = runner.load(finished.component().unwrap()).unwrap();
        assert!(source.is_source() && !component.is_source());
        Both { project, source, ahead, component }
    }

    /// The same requests to both, each with a platform of its own.
    fn answers(&self, requests: &[Request]) -> [Vec<Outcome>; 3] {
        [&self.source, &self.component, &self.ahead].map(|handler| {
            let Project { config, manifest, .. } = &self.project;
            let platform = Platform::new(config, manifest, &Options::default()).unwrap();
            let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let call = |request: &Request| {
                let call = platform.call(platform.user(Persona::Internal), Some("request-1".into()));
                tokio.block_on(handler.call(&platform, call, request.clone()))
            };
            requests.iter().map(call).collect()
        })
    }
}

fn cache() -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

fn runner() -> Runner {
    Runner::new(Some(&cache())).unwrap()
}

fn request(method: &str, url: &str, body: &str) -> Request {
    let body = (!body.is_empty()).then(|| body.as_bytes().to_vec());
    Request { method: method.into(), url: url.into(), headers: vec![("X-Test".into(), "yes".into())], body }
}

/// What tells two answers apart: all but times, which no two calls share.
fn told(outcome: &Outcome) -> String {
    let calls: Vec<_> = outcome
        .host_calls
        .iter()
        .map(|call| (call.interface, call.function, &call.outcome, timeless(&call.summary)))
        .collect();
    let logs: Vec<_> = outcome.logs.iter().map(|log| (log.level, timeless(&log.message))).collect();
    let result = outcome.result.as_ref().map(|response| {
        let body = response.body.as_deref().map(|body| timeless(&String::from_utf8_lossy(body)));
        (response.status, &response.headers, body)
    });
    format!("{result:?}\n{calls:?}\n{logs:?}")
}

/// A text without points in time, be they written as a date or as milliseconds.
fn timeless(text: &str) -> String {
    let is_part =
        |character: char| character.is_ascii_digit() || matches!(character, '-' | ':' | '.' | 'T' | 'Z');
    let is_time = |run: &str| {
        run.contains('T') && run.contains(':') || run.chars().filter(char::is_ascii_digit).count() >= 13
    };
    let mut timeless = String::new();
    for run in text.split_inclusive(|character| !is_part(character)) {
        match run.char_indices().next_back() {
            Some((at, last)) if !is_part(last) && is_time(&run[..at]) => timeless.extend(['#', last]),
            _ if is_time(run) => timeless.push('#'),
            _ => timeless.push_str(run),
        }
    }
    timeless
}

fn body(outcome: &Outcome) -> String {
    let response = outcome.result.as_ref().unwrap();
    String::from_utf8(response.body.clone().unwrap_or_default()).unwrap()
}

#[test]
fn every_example_and_template_answers_the_same_as_a_source_and_as_a_component() {
    let runner = runner();
    let templates = ["ts-handler", "fullstack", "integration", "scheduled"].map(Extension::from_template);
    let examples =
        ["client-service-read", "fullstack", "manual-invoice", "notes", "scheduled-report", "webhook-relay"];
    for extension in templates.into_iter().chain(examples.map(Extension::from_example)) {
        let both = Both::of(&runner, &extension.path(""));
        let mut requests = vec![request("GET", "/nowhere?a=b", ""), request("POST", "/", "no json")];
        for endpoint in &both.project.manifest.endpoints {
            let path: Vec<&str> = endpoint
                .path
                .split('/')
                .map(|part| if part.starts_with([':', '{']) { "note-002" } else { part })
                .collect();
            let path = path.join("/");
            for body in ["", r#"{"text":"ünïcode","amount":3}"#] {
                requests.push(request(&endpoint.method, &path, body));
            }
        }
        let [source, component, ahead] = both.answers(&requests);
        let mut answered = false;
        for (((request, source), component), ahead) in
            requests.iter().zip(&source).zip(&component).zip(&ahead)
        {
            let name = &both.project.manifest.name;
            assert_eq!(told(ahead), told(component), "{name}: {request:?}, loaded before");
            assert_eq!(told(source), told(component), "{name}: {request:?}");
            answered |= source.result.as_ref().is_ok_and(|response| response.status < 300);
        }
        assert!(answered, "{}: no request was answered", both.project.manifest.name);
    }
}

#[test]
fn a_source_is_loaded_anew_for_each_call_at_the_same_time_and_with_the_same_chance() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write(
        "src/handler.ts",
        "let calls = 0;\n\
         const loaded = [Date.now(), Math.random(), performance.now() < 1000];\n\
         export function handler() {\n\
           calls += 1;\n\
           const live = [Date.now() > 1_750_000_000_000, Math.random() !== loaded[1]];\n\
           return { status: 200, headers: [], body: new TextEncoder().encode(JSON.stringify({ calls, loaded, live })) };\n\
         }\n",
    );
    let both = Both::of(&runner(), sandbox.root());
    let [source, component, ahead] =
        both.answers(&[request("GET", "/items", ""), request("GET", "/items", "")]);
    assert_eq!((body(&ahead[0]), body(&ahead[1])), (body(&source[0]), body(&source[0])));
    assert_eq!(body(&source[0]), body(&component[0]));
    assert_eq!(body(&source[0]), body(&source[1]));
    assert!(body(&source[0]).contains(r#""calls":1,"loaded":[1700000000000,"#), "{}", body(&source[0]));
    assert!(body(&source[0]).ends_with(r#""live":[true,true]}"#), "{}", body(&source[0]));
    assert!(source[0].logs.is_empty(), "what is said to the build is no log: {:?}", source[0].logs);
}

#[test]
fn loading_a_source_counts_into_the_bounds_of_the_call() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write(
        "src/handler.ts",
        "const all: number[][] = [];\n\
         for (let index = 0; index < 64; index++) all.push(new Array(100_000).fill(index));\n\
         export function handler() {\n\
           return { status: 200, headers: [], body: null };\n\
         }\n",
    );
    for (limits, kind) in [("timeout_ms: 1", "timeout"), ("memory_mb: 24", "memory")] {
        sandbox.write("alga-ext.yaml", format!("limits: {{ {limits} }}\n"));
        let both = Both::of(&runner(), sandbox.root());
        let [source, ..] = both.answers(&[request("GET", "/items", "")]);
        let failure = source[0].result.as_ref().unwrap_err();
        assert_eq!(serde_json::to_value(failure.kind).unwrap(), kind, "{failure:?}");
    }
}

#[test]
fn a_saved_source_answers_before_it_is_built_and_its_component_comes_unannounced() {
    let handler = |word: &str| {
        format!(
            "let calls = 0;\n\
             export function handler() {{\n\
               calls += 1;\n\
               return {{ status: 200, headers: [], body: new TextEncoder().encode(`{word} ${{calls}}`) }};\n\
             }}\n"
        )
    };
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("src/handler.ts", handler("first"));
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    let ask = |server: &Server| get(&server.url, &format!("{PROXY}/items")).text();
    assert_eq!(ask(&server), "first 1");
    // Until the runtime for sources is compiled, saves wait for their builds.
    let swapped = (0..200).find_map(|round| {
        sandbox.write(
            "src/handler.ts",
            format!("{}// {round}\nglobalThis.round = {round};\n", handler("second")),
        );
        loop {
            let event = server.next_event();
            match event["event"].as_str() {
                Some("built") => {
                    wait_for(&mut server, "swapped");
                    return None;
                }
                Some("swapped") => return Some(event),
                _ => {}
            }
        }
    });
    let swapped = swapped.expect("the source answers before it is built");
    assert_eq!(swapped["changed"], json!(["handler"]));
    assert_eq!((ask(&server), ask(&server)), ("second 1".into(), "second 1".into()));
    assert_eq!(wait_for(&mut server, "built")["sha256"], Digest::of(&sandbox.read("dist/main.wasm")).hex());
    assert_eq!((ask(&server), ask(&server)), ("second 1".into(), "second 1".into()));
    assert_eq!(state(&server)["hash"], swapped["hash"]);
    sandbox.write("src/handler.ts", format!("throw new Error('no {{}}');\n{}", handler("third")));
    let failed = wait_for(&mut server, "build_failed");
    let message = failed["message"].as_str().unwrap();
    assert!(message.contains("no {}") && message.contains("src/handler.ts:1"), "{message}");
    assert_eq!(ask(&server), "second 1");
    sandbox.write("ui/index.html", "<p>hello</p>");
    assert_eq!(wait_for(&mut server, "swapped")["changed"], json!(["ui"]), "the component was not told of");
}

#[test]
fn a_save_that_changes_nothing_in_the_script_is_built_and_swaps_nothing() {
    let handler = "export const handler = () => ({ body: 'same' });\n";
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("src/handler.ts", handler);
    sandbox.run("build").ok();
    sandbox.run("invoke GET /items").ok();
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    for round in 0..5 {
        sandbox.write("src/handler.ts", format!("{handler}// {round}\n"));
        while let event = server.next_event()
            && event["event"] != "built"
        {
            assert_ne!(event["event"], "swapped", "{event}");
        }
    }
    sandbox.write("ui/index.html", "<p>hello</p>");
    assert_eq!(wait_for(&mut server, "swapped")["changed"], json!(["ui"]));
    assert_eq!(get(&server.url, &format!("{PROXY}/items")).text(), "same");
    sandbox.run("validate").ok();
}
