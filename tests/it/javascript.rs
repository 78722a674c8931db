//! TypeScript and JavaScript handlers, from source to answer, as an author runs them.

use crate::harness::{self, Sandbox};
use alga_ext::bundle::Digest;
use alga_ext::config::Config;
use alga_ext::host::Platform;
use alga_ext::manifest::Manifest;
use alga_ext::runner::{Request, Runner};

const MANIFEST: &str = r#"{
  "name": "com.acme.sample",
  "publisher": "Acme",
  "version": "1.0.0",
  "runtime": "wasm-js@1",
  "capabilities": ["cap:storage.kv"],
  "api": { "endpoints": [{ "method": "GET", "path": "/a", "handler": "dist/main" }] }
}
"#;

fn project(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox
}

#[test]
fn an_async_typescript_handler_is_built_and_answers() {
    let sandbox = project(&[
        (
            "src/handler.ts",
            "import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';
            import { count } from './count';
            export const handler: Handler = async (request, host) => {
                console.log('asked for', request.http.url);
                return jsonResponse({ visits: await count(host.storage) });
            };",
        ),
        (
            "src/count.ts",
            "export async function count(storage: any): Promise<number> {
                const bytes = await storage.get('visits', 'all');
                const visits = bytes ? Number(new TextDecoder().decode(bytes)) + 1 : 1;
                await storage.put({ namespace: 'visits', key: 'all', value: new TextEncoder().encode(String(visits)) });
                return visits;
            }",
        ),
    ]);
    let built = sandbox.run("build --format json").ok().json();
    let imports = built["imports"].to_string();
    assert_eq!(built["engine"], "quickjs");
    assert!(
        imports.contains("alga:extension/storage") && !imports.contains("alga:extension/secrets"),
        "{imports}"
    );
    let answer = sandbox.run("invoke GET /a --format json").ok().json();
    assert_eq!(answer["status"], 200);
    assert!(answer.to_string().contains("visits"), "{answer}");
    assert!(answer["logs"].to_string().contains("asked for /a"), "{answer}");
}

#[test]
fn mistakes_are_shown_where_they_are_and_nothing_is_written() {
    let cases = [
        ("export const handler = () => {\n  const a = ;\n};", "src/handler.ts:2:13"),
        ("import x from './gone';\nexport const handler = () => x;", "`./gone` leads to no file"),
        ("import fs from 'fs';\nexport const handler = () => fs;", "`fs` is a module of Node"),
        ("export const handle = () => 1;", "`src/handler.ts` does not export `handler`; it exports `handle`"),
        (
            "throw new Error('at once');\nexport const handler = () => 1;",
            "Error: at once\n    at <anonymous> (src/handler.ts:1:11)",
        ),
    ];
    for (text, message) in cases {
        let sandbox = project(&[("src/handler.ts", text)]);
        let run = sandbox.run("build").expect_code(1);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert!(!sandbox.path("dist/main.wasm").exists());
    }
}

#[test]
fn of_several_entries_the_first_is_taken_and_the_others_are_named() {
    let text = "export const handler = () => ({ body: 'x' });";
    let sandbox = project(&[("src/index.ts", text), ("src/handler.js", text)]);
    let built = sandbox.run("build --format json").ok().json();
    assert!(built["warnings"].to_string().contains("src/handler.js"), "{built}");
    let sandbox = project(&[("src/index.ts", "export const shared = 1;"), ("src/handler.js", text)]);
    let failed = sandbox.run("build").expect_code(1).stderr;
    assert!(failed.contains("`src/index.ts` does not export `handler`; it exports `shared`"), "{failed}");
    assert!(
        failed.contains("name it as `build.entry` in `alga-ext.yaml`; there is `src/handler.js`"),
        "{failed}"
    );
}

#[test]
fn the_old_name_of_the_sdk_is_warned_of() {
    let text = "import { emptyResponse } from '@alga/extension-runtime';\nexport const handler = () => emptyResponse();";
    let sandbox = project(&[("src/handler.ts", text)]);
    let built = sandbox.run("build --format json").ok().json();
    assert!(built["warnings"].to_string().contains("`@alga/extension-runtime` is the old name"), "{built}");
}

#[test]
fn an_installed_sdk_is_taken_instead_of_ours() {
    let sandbox = project(&[
        (
            "src/handler.ts",
            "import { jsonResponse } from '@alga-psa/extension-runtime';\nexport const handler = () => jsonResponse();",
        ),
        (
            "node_modules/@alga-psa/extension-runtime/package.json",
            r#"{ "type": "module", "exports": { "import": "./own.js" } }"#,
        ),
        (
            "node_modules/@alga-psa/extension-runtime/own.js",
            "export const jsonResponse = () => ({ body: 'installed' });",
        ),
    ]);
    sandbox.run("build").ok();
    let answer = sandbox.run("invoke GET /a --format json").ok().json();
    assert!(answer.to_string().contains("installed"), "{answer}");
}

#[test]
fn an_uncaught_error_names_the_authors_line() {
    let text = "type A = 1;\nexport async function handler() {\n  throw new TypeError('not today');\n}\n";
    let sandbox = project(&[("src/handler.ts", text)]);
    sandbox.run("build").ok();
    let shown = "uncaught TypeError: not today\n    at handler (src/handler.ts:3:13)\n      2 | export async function handler() {\n    > 3 |   throw new TypeError('not today');\n        |             ^\n      4 | }";
    let document = sandbox.run("invoke GET /a --format json").expect_code(1).json();
    assert_eq!(document["error"]["detail"], shown);
    assert_eq!(document["logs"][0]["message"], shown);
    let run = sandbox.run("invoke GET /a").expect_code(1);
    assert_eq!(
        run.stderr,
        format!("[log error] {shown}\nerror: the handler trapped: TypeError: not today\n")
    );
}

#[test]
fn two_builds_in_two_places_give_one_hash() {
    let files = [("src/handler.ts", "export const handler = () => ({ body: new Error('x').stack });")];
    let hashes = [project(&files), project(&files)]
        .map(|sandbox| sandbox.run("build --format json").ok().json()["sha256"].to_string());
    assert_eq!(hashes[0], hashes[1]);
}

#[test]
fn an_option_at_the_end_of_a_platform_function_may_be_left_out() {
    let sandbox = project(&[(
        "src/handler.ts",
        "import { listEntries, put } from 'alga:extension/storage';
        import * as storage from 'alga:extension/storage';
        export const handler = () => {
            put({ namespace: 'notes', key: 'a', value: new Uint8Array([123, 125]) });
            const [named, ofAll] = [listEntries('notes'), storage.listEntries('notes')];
            let without; try { listEntries(); } catch (error) { without = error.message; }
            return { status: 200, headers: [], body: JSON.stringify([named.length, ofAll.length, without]) };
        };",
    )]);
    let run = sandbox.run("invoke GET /a").ok();
    let said =
        "\n[1,1,\"`storage.listEntries(namespace, cursor)` was called with 0 arguments, and wants 1\"]\n";
    assert!(run.stdout.ends_with(said), "{}", run.stdout);
}

#[test]
fn a_cache_that_cannot_be_written_is_warned_of_and_done_without() {
    let sandbox = project(&[("src/handler.ts", "export const handler = () => ({ status: 204 });")]);
    sandbox.write("taken", "");
    let cache = sandbox.path("taken");
    let cache = cache.to_str().unwrap();
    let run = sandbox.run_args(["build", "--cache-dir", cache]).ok();
    assert!(run.stderr.contains("taken` cannot be written, so every run compiles anew"), "{}", run.stderr);
}

#[test]
fn inspect_says_what_is_in_a_component_by_package() {
    let sandbox = project(&[
        (
            "src/handler.ts",
            "import { half } from 'halves';\nexport const handler = () => ({ body: half(4) });",
        ),
        (
            "node_modules/halves/package.json",
            r#"{ "name": "halves", "version": "2.0.1", "type": "module", "main": "index.js" }"#,
        ),
        ("node_modules/halves/index.js", "export const half = (number) => String(number / 2);"),
    ]);
    sandbox.run("build --minify").ok();
    let run = sandbox.run("inspect dist/main.wasm --modules").ok();
    for package in ["  (project)", "  halves 2.0.1", "  alga-ext ", "  in all, beside the engine"] {
        assert!(run.stdout.contains(package), "{package}\n{}", run.stdout);
    }
    let document = sandbox.run("inspect dist/main.wasm --format json").ok().json();
    let packages = document["build"]["packages"].as_array().unwrap();
    assert!(
        packages.iter().any(|package| package["name"] == "halves" && package["files"] == 1),
        "{document}"
    );
    sandbox.write("module.wasm", b"\0asm\x01\0\0\0");
    let run = sandbox.run("inspect module.wasm --modules").ok();
    assert!(run.stdout.starts_with("nothing says what is in it"), "{}", run.stdout);
}

#[test]
fn a_timer_waits_and_the_deadline_ends_it() {
    let text = "const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
        export async function handler(request: any) {
            const start = performance.now();
            await sleep(request.http.url.includes('long') ? 60_000 : 30);
            return { body: String(performance.now() - start >= 30) };
        }";
    let sandbox = project(&[("src/handler.ts", text), ("alga-ext.yaml", "limits: { timeout_ms: 500 }\n")]);
    let built = sandbox.run("build --format json").ok().json();
    assert!(built["imports"].to_string().contains("wasi:io/poll@0.2.0"), "{built}");
    let run = sandbox.run("invoke GET /a").ok();
    assert!(run.stdout.ends_with("\ntrue\n"), "{}", run.stdout);
    let started = std::time::Instant::now();
    let run = sandbox.run("invoke GET /a?long").expect_code(1);
    assert!(run.stderr.contains("the time limit of 500 ms was reached"), "{}", run.stderr);
    assert!(started.elapsed().as_secs() < 30, "it waited for the timer");
}

#[test]
fn fetch_keeps_to_what_the_platform_allows() {
    let text = "export async function handler() {
            const found = await fetch('https://api.example/rates', { headers: { accept: 'application/json' } });
            const denied = await fetch('https://elsewhere.example/').catch((error) => `${error.name}: ${error.message}`);
            return Response.json({ status: found.status, found: await found.json(), denied });
        }";
    let data = "http: { replies: [{ url: 'https://api.example/*', status: 404, body: { none: true } }] }\n";
    let manifest = |capabilities: &str| MANIFEST.replace("\"cap:storage.kv\"", capabilities);
    let sandbox = project(&[("src/handler.ts", text), ("alga-ext.yaml", data)]);
    sandbox.write("manifest.json", manifest("\"cap:http.fetch\""));
    sandbox.run("build").ok();
    let answer = sandbox.run("invoke GET /a --format json").ok().json();
    let body: serde_json::Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["status"], &body["found"]["none"]), (&404.into(), &true.into()), "{body}");
    let denied = body["denied"].as_str().unwrap();
    let words =
        "TypeError: fetch failed: GET to https://elsewhere.example/: `elsewhere.example` may not be asked";
    assert!(denied.starts_with(words) && denied.contains("`cap:http.fetch`"), "{denied}");
    sandbox.write("manifest.json", manifest(""));
    let run = sandbox.run("invoke GET /a").expect_code(1);
    assert!(run.stderr.contains("the extension needs the capability `cap:http.fetch`"), "{}", run.stderr);
    assert!(run.stderr.contains("src/handler.ts:2"), "{}", run.stderr);
}

#[test]
fn a_guest_that_waits_does_not_hold_the_thread() {
    let text = "export async function handler(request) {
            await new Promise((resolve) => setTimeout(resolve, Number(request.http.url.slice(1))));
            return { status: 200, body: request.http.url };
        }";
    let sandbox = project(&[("src/handler.js", text)]);
    sandbox.run("build").ok();
    let runner = Runner::new(Some(&harness::shared_cache())).unwrap();
    let handler = runner.load(&sandbox.read("dist/main.wasm")).unwrap();
    let config = Config::default();
    let platform = Platform::new(&config, &Manifest::default(), &alga_ext::host::Options::default()).unwrap();
    let ask = |url: &str| {
        let request = Request { method: "GET".into(), url: url.into(), headers: Vec::new(), body: None };
        handler.call(&platform, platform.call(None, None), request)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // One thread, and the long wait begins first.
        tokio::select! {
            biased;
            long = ask("/20000") => panic!("{long:?}"),
            short = ask("/10") => assert_eq!(short.result.unwrap().body.unwrap(), b"/10"),
        }
    });
}

#[test]
fn a_top_level_that_does_not_end_or_takes_too_much_is_stopped_with_its_place() {
    let cases = [
        (
            "while (round >= 0) {\n  round += 1;\n  if (round > 9) round = 0;\n}",
            "error: the source does not come to an end while it is loaded; it was stopped after 10 seconds\n    at <anonymous> (src/handler.ts:",
        ),
        (
            "function deeper(n: number): number {\n  return deeper(n + 1) + 1;\n}\ndeeper(round);",
            "error: the source calls itself deeper than the stack reaches while it is loaded\n    at deeper (src/handler.ts:3:",
        ),
        (
            "const all: Uint8Array[] = [];\nfor (;;) {\n  all.push(new Uint8Array(1 << 26));\n}",
            "error: the source takes more than 512 MiB of memory while it is loaded\n    at <anonymous> (src/handler.ts:4:",
        ),
    ];
    for (text, message) in cases {
        let text = format!("let round = 0;\n{text}\nexport const handler = () => ({{ status: round }});\n");
        let sandbox = project(&[("src/handler.ts", &text)]);
        let run = sandbox.run("build").expect_code(1);
        assert!(run.stderr.starts_with(message), "{}", run.stderr);
        assert!(run.stderr.contains("\n    > ") && run.stderr.contains("hint: code outside of functions"));
    }
}

#[test]
fn what_a_component_imports_is_missed_before_it_is_packed() {
    let handler = |key: &str| {
        format!(
            "import {{ load }} from './load';\nexport const handler = async (request, host) => {{\n  const {{ {key} }} = \
             JSON.parse(String(await load(host)));\n  return {{ body: {key} }};\n}};\n"
        )
    };
    let sandbox = project(&[
        ("src/handler.js", &handler("services")),
        ("src/load.js", "export const load = (host) => host.storage.get('n', 'k');\n"),
    ]);
    sandbox.run("validate").ok();
    sandbox.run("build").ok();
    let missing = "the import of `alga:extension/services` needs `cap:service.read`, which is not asked for";
    for command in ["validate", "pack"] {
        let run = sandbox.run(command).expect_code(1);
        assert!(format!("{}{}", run.stdout, run.stderr).contains(missing), "{}\n{}", run.stdout, run.stderr);
    }
    // Of a source that was changed since, what was built of it says nothing.
    sandbox.write("src/handler.js", handler("words"));
    sandbox.run("validate").ok();
    sandbox.run("pack").ok();
}

#[test]
fn a_component_that_is_not_compiled_yet_answers_from_its_source_and_the_same() {
    // The cache outlives a run of the tests.
    let run = std::process::id();
    let handler = |word: &str| {
        format!(
            "let calls = 0;\nconst loaded = Date.now();\nexport const handler = () => ({{ headers: {{ run: '{run}' }}, body: `{word} ${{++calls}} ${{loaded}}` }});\n"
        )
    };
    let sandbox = project(&[("src/handler.ts", &handler("one"))]);
    let kept = |extension: &str| {
        let name = Digest::of(&sandbox.read("dist/main.wasm")).hex();
        let kept = fs_err::read_dir(harness::shared_cache().join("components")).unwrap();
        let mut kept = kept.flatten().map(|entry| entry.path());
        kept.find(|path| {
            let file = path.file_name().unwrap().to_string_lossy();
            file.starts_with(&name) && file.ends_with(extension)
        })
    };
    let is_compiled = || kept(".cwasm").is_some();
    sandbox.run("build").ok();
    assert!(sandbox.run("invoke GET /a").ok().stdout.ends_with("\none 1 1700000000000\n"));
    assert!(!is_compiled());
    for milliseconds in ["0", "500"] {
        fs_err::write(kept(".loaded").unwrap(), milliseconds).unwrap();
        assert!(sandbox.run("invoke GET /a").ok().stdout.ends_with("\none 1 1700000000000\n"));
        assert_eq!(is_compiled(), milliseconds == "500");
    }
    sandbox.write("src/handler.ts", handler("two"));
    sandbox.run("build").ok();
    assert!(sandbox.run("invoke GET /a").ok().stdout.ends_with("\ntwo 1 1700000000000\n"));
    assert!(!is_compiled());
    sandbox.run("pack --out x.tar.zst").ok();
    assert!(sandbox.run("invoke --bundle x.tar.zst GET /a").ok().stdout.ends_with("\ntwo 1 1700000000000\n"));
    assert!(is_compiled(), "a bundle has no source");
}

#[test]
fn what_tsconfig_says_is_a_part_of_the_source() {
    let configuration = |file: &str| {
        format!("{{ \"compilerOptions\": {{ \"paths\": {{ \"@text\": [\"./src/{file}.ts\"] }} }} }}")
    };
    let sandbox = project(&[
        ("src/one.ts", "export const text = 'one';"),
        ("src/two.ts", "export const text = 'two';"),
        ("src/handler.ts", "import { text } from '@text';\nexport const handler = () => ({ body: text });"),
        ("tsconfig.json", &configuration("one")),
    ]);
    sandbox.run("build").ok();
    sandbox.write("tsconfig.json", configuration("two"));
    sandbox.run("pack").ok();
    let answer = sandbox.run("invoke GET /a --bundle dist/bundle.tar.zst --format json").ok().json();
    assert_eq!(answer["body"], "two");
}
