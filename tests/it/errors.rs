//! Every kind of exception, with its place in the author's own source and all its causes, wherever it is told.

use crate::dev::{manifest, start, wait_for};
use crate::harness::{Run, Sandbox};
use crate::http::get;

const MANIFEST: &str = r#"{ "name": "com.acme.sample", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
  "capabilities": ["cap:secrets.get"], "api": { "endpoints": [{ "method": "GET", "path": "/a", "handler": "dist/main" }] } }"#;

/// A handler of this text, and what `invoke` says when it fails: for people, and the last words of its document.
fn invoked(text: &str) -> (Run, String) {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("src/handler.ts", text);
    sandbox.write(
        "node_modules/deep/index.js",
        "'use strict';\nexports.fail = function fail(value) {\n    if (!value) throw new TypeError('no value');\n};\n",
    );
    let document = sandbox.run("invoke GET /a --format json").expect_code(1).json();
    let detail = document["error"]["detail"].as_str().unwrap().to_owned();
    let logs = document["logs"].as_array().unwrap();
    assert_eq!(logs.last().unwrap()["message"], detail.as_str(), "the log's last words are the error's");
    let run = sandbox.run("invoke GET /a").expect_code(1);
    assert!(run.stderr.contains(&format!("[log error] {detail}\n")), "{}", run.stderr);
    (run, detail)
}

#[test]
fn what_is_thrown_and_is_no_error_is_printed_as_console_does_with_its_place() {
    let (run, detail) = invoked(
        "type A = 1;\nexport function handler() {\n  throw { code: 1, seen: new Map([[1, 'x']]) };\n}\n",
    );
    let shown = "uncaught { code: 1, seen: Map(1) { 1 => 'x' } }\n    at handler (src/handler.ts:3:3)\n      2 | export function handler() {\n    > 3 |   throw { code: 1, seen: new Map([[1, 'x']]) };\n        |   ^\n      4 | }";
    assert_eq!(detail, shown);
    assert!(
        run.stderr.ends_with("error: the handler trapped: { code: 1, seen: Map(1) { 1 => 'x' } }\n"),
        "{}",
        run.stderr
    );
    let (_, detail) = invoked(
        "const fail = async () => { await null; throw 'text'; };\nexport async function handler() {\n  await fail();\n}\n",
    );
    assert!(
        detail.starts_with("uncaught 'text'\n    at <anonymous> (src/handler.ts:1:40)\n    > 1 | const fail"),
        "{detail}"
    );
    let (_, detail) =
        invoked("export const handler = async () => {\n  await Promise.reject({ reason: null });\n};\n");
    assert!(
        detail.starts_with("uncaught {\"reason\":null}\n    at <anonymous> (src/handler.ts:2:"),
        "{detail}"
    );
}

#[test]
fn an_error_of_the_platform_inside_several_others_is_told_with_every_place() {
    let (_, detail) = invoked(
        "import { get } from 'alga:extension/secrets';
const read = (key: string): string => get(key);
export const handler = () => {
  try {
    return { body: read('missing') };
  } catch (cause) {
    const inner = new Error('one', { cause });
    throw new AggregateError([inner, { two: 2 }], 'several', { cause: 'because' });
  }
};
",
    );
    assert!(
        detail.starts_with("uncaught AggregateError: several\n    at handler (src/handler.ts:8:"),
        "{detail}"
    );
    assert!(detail.contains("\n  [Error: one\n    at handler (src/handler.ts:7:23)\n      6 |   } catch (cause) {\n    > 7 |     const inner"), "{detail}");
    assert!(detail.contains("\ncaused by PlatformError: missing, from `secrets.get`\n    at read (src/handler.ts:2:43)\n      1 | import"), "{detail}");
    assert!(
        detail.contains("\n    at handler (src/handler.ts:5:20)]\n  [{\"two\":2}]\ncaused by \"because\""),
        "{detail}"
    );
}

#[test]
fn an_error_in_a_package_names_its_line_and_quotes_the_authors() {
    let (_, detail) =
        invoked("import { fail } from 'deep';\nexport const handler = () => {\n  fail(0);\n};\n");
    assert_eq!(
        detail,
        "uncaught TypeError: no value\n    at fail (node_modules/deep/index.js:3)\n    at handler (src/handler.ts:3:3)\n      2 | export const handler = () => {\n    > 3 |   fail(0);\n        |   ^\n      4 | };"
    );
}

#[test]
fn errors_of_timers_and_lost_rejections_are_told_and_the_answer_stands() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write(
        "src/handler.ts",
        "export async function handler() {
  setTimeout(() => { throw new RangeError('in a timer'); }, 1);
  setTimeout(() => { throw { late: true }; }, 2);
  await new Promise((resolve) => setTimeout(resolve, 5));
  Promise.reject(new Error('lost', { cause: { why: 1 } }));
  return { body: 'ok' };
}
",
    );
    let run = sandbox.run("invoke GET /a").ok();
    assert!(run.stdout.ends_with("\nok\n"), "{}", run.stdout);
    for expected in [
        "[log error] uncaught RangeError: in a timer\n    at <anonymous> (src/handler.ts:2:32)\n      1 | export",
        "[log error] uncaught { late: true }\n    at <anonymous> (src/handler.ts:3:22)\n      2 |",
        "[log error] unhandled rejection: Error: lost\n    at <anonymous> (src/handler.ts:5:22)\n      4 |",
        "      6 |   return { body: 'ok' };\ncaused by { why: 1 }\n",
    ] {
        assert!(run.stderr.contains(expected), "{expected}\n{}", run.stderr);
    }
}

#[test]
fn a_response_of_the_wrong_shape_names_the_field_and_shows_the_handler() {
    let cases = [
        ("{ status: '200' }", "`status` of the response is the string \"200\", and the platform wants a u16"),
        (
            "{ headers: 'x: y' }",
            "`headers` of the response is the string \"x: y\", and the platform wants list<http-header>: [{ name, value }], [[name, value]] or { name: value }",
        ),
        (
            "{ headers: ['x'] }",
            "`headers[0]` of the response is the string \"x\", and the platform wants an http-header",
        ),
        (
            "{ headers: [{ name: 1, value: 'x' }] }",
            "`headers[0].name` of the response is 1, and the platform wants an http-header: { name, value }, both strings",
        ),
        (
            "{ headers: { x: {} } }",
            "`headers[0].value` of the response is an object with nothing in it, and the platform wants a string",
        ),
        (
            "{ body: 5 }",
            "`body` of the response is 5, and the platform wants option<list<u8>>: a Uint8Array, a string or null",
        ),
        ("{ body: true }", "`body` of the response is true"),
        ("{ body: new Date(0) }", "`body` of the response is an object of Date"),
        (
            "{ body: Promise.resolve('x') }",
            "`body` of the response is a promise, and the platform wants option<list<u8>>: a Uint8Array, a string or null; `await` it",
        ),
        ("{ body: [1, 256] }", "`body` of the response is an array of 2"),
        (
            "undefined",
            "the handler returned undefined, and the platform wants the record execute-response: { status, headers, body }",
        ),
        ("[]", "the handler returned an array of 0, and the platform wants the record execute-response"),
    ];
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    let shapes: Vec<&str> = cases.iter().map(|(shape, _)| *shape).collect();
    let shapes = shapes.join(",\n  ");
    sandbox.write(
        "src/handler.ts",
        format!("const shapes: any[] = [\n  {shapes},\n];\n/* declared here */\nexport const handler = (request: any) =>\n  shapes[Number(request.http.url.split('=')[1])];\n"),
    );
    sandbox.run("build").ok();
    for (index, (shape, words)) in cases.iter().enumerate() {
        let run = sandbox.run(&format!("invoke GET /a?at={index}")).expect_code(1);
        assert!(
            run.stderr.starts_with(&format!("[log error] uncaught TypeError: {words}")),
            "{shape}\n{}",
            run.stderr
        );
        assert!(run.stderr.contains("\n    at handler (src/handler.ts:16:14)\n      15 | /* declared here */\n    > 16 | export const handler"), "{shape}\n{}", run.stderr);
    }
}

#[test]
fn what_is_thrown_while_the_source_is_loaded_is_told_by_the_build_and_its_document() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    let text = |thrown: &str| {
        format!(
            "const options: {{ a?: number }} = {{}};\nif (!options.a) throw {thrown};\nexport const handler = () => ({{}});\n"
        )
    };
    sandbox.write("src/handler.ts", text("{ code: 'E_CONFIG', options }"));
    let run = sandbox.run("build").expect_code(1);
    let shown = "the source throws while it is loaded: { code: 'E_CONFIG', options: {} }\n    at <anonymous> (src/handler.ts:2:17)\n      1 | const options: { a?: number } = {};\n    > 2 | if (!options.a) throw { code: 'E_CONFIG', options };\n        |                 ^\n      3 | export const handler = () => ({});\n";
    assert!(run.stderr.starts_with(&format!("error: {shown}")), "{}", run.stderr);
    let run = sandbox.run("build --format json").expect_code(1);
    assert!(
        format!("{}{}", run.stdout, run.stderr).contains("at <anonymous> (src/handler.ts:2:17)"),
        "{run:?}"
    );
    sandbox.write(
        "src/handler.ts",
        text("new Error('no', { cause: new RangeError('why', { cause: 'this' }) })"),
    );
    let run = sandbox.run("build").expect_code(1);
    for expected in [
        "Error: no\n    at <anonymous> (src/handler.ts:2:",
        "\ncaused by RangeError: why\n    at <anonymous> (src/handler.ts:2:52)\n      1 | const",
        "\ncaused by \"this\"",
    ] {
        assert!(run.stderr.contains(expected), "{expected}\n{}", run.stderr);
    }
}

#[test]
fn dev_tells_an_exception_in_its_events_and_in_its_answer() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write(
        "src/handler.ts",
        "export async function handler() {\n  const cause = new RangeError('why');\n  await null;\n  throw new Error('no', { cause });\n}\n",
    );
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    let answer = get(&server.url, "/api/ext/com.acme.probe/items");
    assert_eq!(answer.status, 500, "{}", answer.text());
    let log = wait_for(&mut server, "log");
    let shown = log["message"].as_str().unwrap().to_owned();
    let expected = "uncaught Error: no\n    at <anonymous> (src/handler.ts:4:";
    assert!(shown.starts_with(expected), "{shown}");
    assert!(shown.contains("\n    > 4 |   throw new Error('no', { cause });\n"), "{shown}");
    assert!(
        shown.contains("\ncaused by RangeError: why\n    at handler (src/handler.ts:2:21)\n      1 | export"),
        "{shown}"
    );
    let request = wait_for(&mut server, "request");
    assert!(request["detail"].as_str().unwrap().ends_with(&shown), "{request}");
    assert!(answer.json()["detail"].as_str().unwrap().ends_with(&shown), "{}", answer.text());
}

#[test]
fn the_source_map_leads_from_the_script_to_the_source_and_stays_out_of_the_bundle() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write(
        "src/handler.ts",
        "import { half } from 'halves';\ntype A = 1;\nexport const handler = () => ({ body: half(4) });\n",
    );
    sandbox
        .write("node_modules/halves/index.js", "export const half = (number) =>\n    String(number / 2);\n");
    let built = sandbox.run("build --format json").ok().json();
    assert_eq!(built["source_map"], sandbox.path("dist/main.wasm.map").to_str().unwrap());
    let bytes = sandbox.read("dist/main.wasm.map");
    let map: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        (&map["version"], &map["file"], &map["sourceRoot"]),
        (&3.into(), &"main.wasm".into(), &"..".into())
    );
    assert_eq!(map["sources"], serde_json::json!(["node_modules/halves/index.js", "src/handler.ts"]));
    assert_eq!(map["sourcesContent"][1].as_str().unwrap().as_bytes(), sandbox.read("src/handler.ts"));
    assert_eq!(map["ignoreList"], serde_json::json!([0]));
    // Node's own reader of source maps finds the places in it.
    let reader = "const { SourceMap } = require('node:module'); const map = new SourceMap(JSON.parse(require('node:fs').readFileSync('dist/main.wasm.map', 'utf8')));
        const found = new Set(); for (let line = 0; line < 2000; line++) for (let column = 0; column < 60; column++) {
            const { originalSource: file, originalLine, originalColumn } = map.findEntry(line, column);
            if (file) found.add(`${file}:${originalLine + 1}:${originalColumn + 1}`); }
        console.log([...found].join('\\n'));";
    let mut node = sandbox.command("node");
    let seen = sandbox.run_command(node.args(["-e", reader])).ok().stdout;
    for place in [
        "src/handler.ts:3:14",
        "src/handler.ts:3:39",
        "node_modules/halves/index.js:1:14",
        "node_modules/halves/index.js:2:5",
    ] {
        assert!(seen.lines().any(|line| line.ends_with(place)), "{place}\n{seen}");
    }
    // A build is current only with its map, and the same again.
    fs_err::remove_file(sandbox.path("dist/main.wasm.map")).unwrap();
    let packed = sandbox.run("pack --format json").ok().json();
    assert_eq!(sandbox.read("dist/main.wasm.map"), bytes);
    let paths: Vec<&str> =
        packed["entries"].as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["META/bundle.json", "dist/main.wasm", "manifest.json"]);
    let component = sandbox.read("dist/main.wasm");
    assert!(!component.windows(14).any(|part| part == b"sourcesContent"));
}
