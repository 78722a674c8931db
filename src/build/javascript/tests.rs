//! What the language and the platform come to in a built component, each thing in a source of its own.

use super::testing::{answer, answer_of, build_text, call, imports, refusal, try_build};

#[test]
fn a_typescript_handler_answers() {
    let text = r"
        enum Color { Red = 'red', Green = 'green' }
        namespace Names { export const first = 'a'; }
        interface Request { http: { method: string; url: string; body?: Uint8Array | null } }
        export function handler(request: Request) {
            const body = new TextDecoder().decode(request.http.body!);
            return { status: 201, headers: [{ name: 'x-color', value: Color.Green }],
                body: new TextEncoder().encode(`${request.http.method} ${request.http.url} ${body} ${Names.first}`) };
        }";
    let answer = call(&build_text(text).component);
    assert_eq!(answer.response, Ok((201, "POST /a?b=c {\"é\":1} a".to_owned())));
    assert_eq!(answer.headers, ["x-color: green"]);
}

#[test]
fn a_component_imports_what_its_source_uses_and_exports_the_handler_alone() {
    let text = "import { get } from 'alga:extension/secrets';
        import { fetch } from 'alga:extension/http';
        export const handler = () => ({ body: get('k') });";
    let mut imports = imports(&build_text(text).component);
    imports.retain(|name| !name.starts_with("wasi:clocks/"));
    imports.sort();
    assert_eq!(imports, ["alga:extension/logging", "alga:extension/secrets", "alga:extension/types"]);
}

#[test]
fn an_async_handler_is_run_to_its_end() {
    let text = "
        const sleep = (value) => new Promise((resolve) => queueMicrotask(() => resolve(value)));
        async function* count(n) { for (let i = 0; i < n; i++) { await null; yield i; } }
        class Base { async name() { return 'base'; } }
        class Derived extends Base { #secret = 1; async name() { return (await super.name()) + this.#secret; } }
        export async function handler(request) {
            const seen = [];
            for await (const i of count(3)) seen.push(i);
            const [a, b] = await Promise.all([sleep('a'), new Derived().name()]);
            const settled = await Promise.allSettled([Promise.reject(new Error('no')), 1]);
            let caught; try { await Promise.any([Promise.reject(1)]); } catch (error) { caught = error.constructor.name; }
            const raced = await Promise.race([new Promise(() => {}), sleep('raced')]);
            const list = await Array.fromAsync(count(2));
            const late = await (async () => { try { return await Promise.reject(new Error('x')); } finally { seen.push('f'); } })().catch((e) => e.message);
            return { status: 200, body: JSON.stringify([seen, a, b, settled.map((s) => s.status), caught, raced, list, late]) };
        }";
    let expected = r#"[[0,1,2,"f"],"a","base1",["rejected","fulfilled"],"AggregateError","raced",[0,1],"x"]"#;
    assert_eq!(answer(text), expected);
}

#[test]
fn what_the_parameters_of_an_async_function_throw_is_a_rejection() {
    let text = "
        const seen = [];
        const apart = async ({ a }) => a;
        async function first(a = fail('default')) { return a; }
        const late = { async method(a = fail('method')) { return a; } };
        class Client { static async load(key = fail('static')) { return key; } }
        function fail(why) { throw new Error(why); }
        export async function handler() {
            for (const run of [() => apart(), () => first(), () => late.method(), () => Client.load()]) {
                let promise;
                try { promise = run(); } catch (error) { seen.push(`threw ${error.message}`); continue; }
                await promise.catch((error) => seen.push(error.message));
            }
            const [{ status }] = await Promise.allSettled([apart()]);
            return { body: [...seen, status, await apart({ a: 'kept' })].join() };
        }";
    assert_eq!(
        answer(text),
        "Cannot convert undefined or null to object,default,method,static,rejected,kept"
    );
}

#[test]
fn modules_keep_live_bindings_circles_and_their_own_names() {
    let files = [
        ("src/handler.ts", "
            import def, { count, bump, type Shape } from './counter.js';
            import * as counter from './counter';
            import { even } from './even';
            export * from './star';
            export * as stars from './star';
            import data from './data.json';
            import { nested } from './data.json';
            import { value as alias } from './star';
            const helper = 'mine';
            class Promise2 {}
            export async function handler() {
                bump();
                const count$1 = 'local';
                const lazy = await import('./lazy');
                const own: Shape = { count, helper };
                const { a = 1, ...rest } = { a: undefined, count };
                return { status: 200, body: JSON.stringify([own, def(), counter.count, Object.keys(counter), even(10),
                    data.nested.a, nested.a, alias, lazy.default.x, new Promise2().constructor.name, count$1, a, rest]) };
            }"),
        ("src/counter.ts", "export let count = 0; export type Shape = { count: number; helper: string };
            const helper = 'theirs'; export function bump() { count++; } export default () => helper;"),
        ("src/even.ts", "import { odd } from './odd'; export const even = (n: number): boolean => n === 0 || odd(n - 1);"),
        ("src/odd.ts", "import { even } from './even'; export function odd(n: number): boolean { return n !== 0 && even(n - 1); }"),
        ("src/star.ts", "const inner = () => { const handler = 1; return handler; }; export const value = inner() + 1;"),
        ("src/lazy.ts", "export default class { static x = 'lazy' }"),
        ("src/data.json", "{ \"nested\": { \"a\": 5 } }"),
    ];
    let expected = r#"[{"count":1,"helper":"mine"},"theirs",1,["bump","count","default"],true,5,5,2,"lazy","Promise2","local",1,{"count":1}]"#;
    assert_eq!(answer_of(&files), expected);
}

#[test]
fn packages_are_resolved_as_node_does() {
    let files = [
        ("package.json", "{}"),
        ("src/handler.ts", "
            import legacy, { named } from 'legacy';
            import * as all from 'legacy';
            import { modern } from 'modern/feature';
            import { compiled } from 'compiled';
            import compiledDefault from 'compiled';
            import { shared } from '@lib/shared';
            export const handler = () => ({ body: JSON.stringify([legacy.named, named, all.named, modern, compiled, compiledDefault, shared]) });"),
        ("src/lib/shared.ts", "export const shared: string = 'shared';"),
        ("tsconfig.json", "{ \"compilerOptions\": { \"paths\": { \"@lib/*\": [\"./src/lib/*\"] } } }"),
        ("node_modules/legacy/package.json", "{ \"main\": \"main.js\" }"),
        ("node_modules/legacy/main.js", "const { other } = require('./other'); exports.named = other + typeof this.x;
            try { require('fsevents') } catch (error) { exports.named += error.code; }
            if (process.env.NODE_ENV !== 'production') throw new Error('development');"),
        ("node_modules/legacy/other.js", "module.exports = { other: 'other', self: () => require('./main') };"),
        ("node_modules/modern/package.json",
            "{ \"type\": \"module\", \"exports\": { \"./feature\": { \"import\": \"./esm.js\", \"require\": \"./no.js\" } } }"),
        ("node_modules/modern/esm.js", "export const modern = 'modern';"),
        ("node_modules/compiled/package.json", "{ \"main\": \"index.js\" }"),
        ("node_modules/compiled/index.js", "Object.defineProperty(exports, '__esModule', { value: true });
            exports.compiled = 'compiled'; exports.default = 'default';"),
    ];
    let named = "otherundefinedMODULE_NOT_FOUND";
    let expected = format!(r#"["{named}","{named}","{named}","modern","compiled","default","shared"]"#);
    assert_eq!(answer_of(&files), expected);
}

#[test]
fn decorators_and_disposal_work() {
    let text = "
        const seen: string[] = [];
        const mark = (target: object, key: string, d: PropertyDescriptor) => { seen.push(key); return d; };
        class Service { @mark run() { return 1; } }
        export async function handler() {
            { using r = { [Symbol.dispose]() { seen.push('closed'); } }; }
            { await using s = { async [Symbol.asyncDispose]() { seen.push('closed later'); } }; }
            return { body: seen.join() };
        }";
    let configuration = r#"{ "compilerOptions": { "experimentalDecorators": true } }"#;
    let files = [("src/handler.ts", text), ("tsconfig.json", configuration)];
    assert_eq!(answer_of(&files), "run,closed,closed later");
}

#[test]
fn the_console_writes_to_the_log() {
    let text = "export function handler() {
            console.log('%s has %d of %o', 'a', '3', { b: [1, 'x'], m: new Map([[1, { c: 1n }]]) }, 'rest');
            console.group('group'); console.warn('inside'); console.groupEnd();
            console.error(new TypeError('bad', { cause: new Error('why') }));
            console.assert(false, 'no'); console.debug(null, undefined, -0, [ , 1], new Date(0), /x/g, Promise.resolve(1));
            return { body: null };
        }";
    let logs = call(&build_text(text).component).logs;
    assert_eq!(logs[0], "info a has 3 of { b: [ 1, 'x' ], m: Map(1) { 1 => { c: 1n } } } rest");
    assert_eq!(logs[1..3], ["info group", "warn   inside"]);
    assert_eq!(
        logs[3],
        "error TypeError: bad\n    at handler (src/handler.ts:4:61)\ncaused by Error: why\n    at handler (src/handler.ts:4:61)"
    );
    assert_eq!(logs[4], "error Assertion failed: no");
    assert_eq!(
        logs[5],
        "info null undefined -0 [ <1 empty item>, 1 ] 1970-01-01T00:00:00.000Z /x/g Promise { 1 }"
    );
}

#[test]
fn an_uncaught_error_is_logged_with_the_authors_lines_and_traps() {
    let files = [
        (
            "src/handler.ts",
            "import { fail } from './fail';\n\ntype A = string;\nexport async function handler(request: A) {\n    await null;\n    return fail();\n}\n",
        ),
        (
            "src/fail.ts",
            "interface B {}\n\nexport function fail(): never {\n    throw new RangeError('too far');\n}\n",
        ),
    ];
    let answer = call(&try_build(&files).unwrap().component);
    assert!(answer.response.is_err());
    let [log] = answer.logs.as_slice() else { panic!("{:?}", answer.logs) };
    assert!(log.starts_with("error uncaught RangeError: too far\n    at fail (src/fail.ts:4:15)\n"), "{log}");
    assert!(log.contains("(src/handler.ts:6:12)"), "{log}");
}

#[test]
fn a_handler_that_waits_for_nothing_is_told_so() {
    let answer = call(&build_text("export const handler = () => new Promise(() => {});").component);
    assert!(answer.logs[0].contains("handler never settled"), "{:?}", answer.logs);
}

#[test]
fn a_rejection_that_nobody_handles_is_logged() {
    let text = "export const handler = () => { Promise.reject(new Error('lost')); return { body: 'ok' }; };";
    let answer = call(&build_text(text).component);
    assert_eq!(answer.body(), "ok");
    let said = "error unhandled rejection: Error: lost\n    at handler (src/handler.ts:1:51)";
    assert!(answer.logs[0].starts_with(said), "{:?}", answer.logs);
}

#[test]
fn responses_come_in_the_shapes_people_write() {
    let shapes = [
        ("{ status: 204 }", 204, "", vec![]),
        ("{ body: 'tëxt' }", 200, "tëxt", vec![]),
        (
            "{ headers: { a: 1, b: ['x', 'y'] }, body: new TextEncoder().encode('b').buffer }",
            200,
            "b",
            vec!["a: 1", "b: x", "b: y"],
        ),
        ("{ headers: [['a', 'b']], body: null }", 200, "", vec!["a: b"]),
    ];
    for (shape, status, body, headers) in shapes {
        let answer = call(&build_text(&format!("export const handler = () => ({shape});")).component);
        assert_eq!(
            (answer.response.clone(), answer.headers.clone()),
            (Ok((status, body.into())), headers.into_iter().map(str::to_owned).collect()),
            "{shape}"
        );
    }
    for (shape, words) in [
        ("'text'", "the handler returned the string \"text\""),
        ("({ body: {} })", "`body` of the response is an object with nothing in it"),
        ("({ status: 1.5 })", "whole number"),
    ] {
        let answer = call(&build_text(&format!("export const handler = () => {shape};")).component);
        assert!(answer.logs[0].contains(words), "{:?}", answer.logs);
    }
}

#[test]
fn text_is_encoded_and_decoded_as_the_standard_says() {
    let text = "export function handler() {
            const d = (bytes, options) => new TextDecoder('utf-8', options).decode(Uint8Array.from(bytes));
            const stream = new TextDecoder(); let joined = '';
            for (const byte of new TextEncoder().encode('a€😀')) joined += stream.decode(Uint8Array.of(byte), { stream: true });
            joined += stream.decode();
            let fatal; try { d([0xff], { fatal: true }); } catch (error) { fatal = error.name; }
            return { body: JSON.stringify([
                Array.from(new TextEncoder().encode('é\\ud800')), d([0xef, 0xbb, 0xbf, 0x61]), d([0xef, 0xbb, 0xbf, 0x61], { ignoreBOM: true }).length,
                d([0x61, 0xff, 0x62]), d([0xe2, 0x82]), d([0xf0, 0x80, 0x80, 0x41]), joined, fatal,
                new TextEncoder().encodeInto('€€', new Uint8Array(5)), d([]), new TextDecoder('UTF8').encoding]) };
        }";
    let expected = r#"[[195,169,239,191,189],"a",2,"a�b","�","���A","a€😀","TypeError",{"read":1,"written":3},"","utf-8"]"#;
    assert_eq!(answer(text), expected);
}

#[test]
fn random_numbers_differ_between_instances_and_time_goes_on() {
    let built = build_text(
        "export const handler = () => ({ body: [Math.random(), Date.now() > 1.75e12, performance.now() > 0].join() });",
    );
    let (first, second) = (call(&built.component), call(&built.component));
    assert_ne!(first.body(), second.body());
    assert!(first.body().ends_with(",true,true"), "{}", first.body());
    assert_eq!(built.warnings, [""; 0]);
}

#[test]
fn the_same_source_gives_the_same_bytes_wherever_it_lies() {
    let files = [
        ("src/handler.ts", "import { a } from './a'; export const handler = () => ({ body: a });"),
        ("src/a.ts", "export const a = 'a';"),
    ];
    let (first, second) = (try_build(&files).unwrap(), try_build(&files).unwrap());
    assert!(first.component == second.component);
    assert_ne!(first.inputs, second.inputs);
}

#[test]
fn what_loading_freezes_is_warned_of_with_its_place_and_a_code() {
    let files = [
        (
            "src/handler.ts",
            "import { at } from './at';
            const id: number = Math.random();
            const started = new Date(), given = new Date(0);
            console.log('hello');
            export const handler = () => ({ body: [at, id, started, given].join() + process.env.TZ });",
        ),
        ("src/at.ts", "type A = 1;\nconst later = (): number => Date.now();\nexport const at = later();"),
    ];
    let built = try_build(&files).unwrap();
    let expected = [
        "src/at.ts:2:34: the clock is read while the source is loaded; the time stands still in the component: read it in `handler` (frozen-clock)",
        "src/handler.ts:3:33: the clock is read while the source is loaded; the time stands still in the component: read it in `handler` (frozen-clock)",
        "src/handler.ts:2:37: a random number is drawn while the source is loaded; it is the same in every call of the handler: draw it in `handler` (frozen-random)",
        "src/handler.ts:5:85: `process.env` is read, and there is neither an environment nor `process`: a setting belongs into `alga:extension/secrets` (frozen-environment)",
        "the source prints while it is loaded, at build time and never again (frozen-console): hello",
    ];
    assert_eq!(built.warnings, expected);
}

#[test]
fn an_author_reads_the_places_of_the_source_and_every_cause_is_told() {
    let text = "interface Ticket { id: string }
export function load(): string {
  const é = '😀é', ticket = undefined as any as Ticket; return é + (ticket as Ticket).id;
}
export const handler = async () => {
  await null;
  try { load(); } catch (cause) {
    const plain: { stack?: string } = {};
    Error.captureStackTrace(plain);
    console.log((cause as Error).stack, plain.stack);
    throw new Error('no ticket', { cause });
  }
};";
    let answer = call(&build_text(text).component);
    let [read, uncaught] = answer.logs.as_slice() else { panic!("{:?}", answer.logs) };
    let load = "    at load (src/handler.ts:3:68)\n    at <anonymous> (src/handler.ts:7:9)";
    assert_eq!(*read, format!("info {load}     at <anonymous> (src/handler.ts:9:29)"));
    let expected = format!(
        "error uncaught Error: no ticket\n    at <anonymous> (src/handler.ts:11:15)\ncaused by TypeError: cannot read property 'id' of undefined\n{load}"
    );
    assert_eq!(*uncaught, expected);
}

#[test]
fn a_response_of_the_wrong_shape_is_told_by_field() {
    let cases = [
        (
            "5",
            "the handler returned 5, and the platform wants the record execute-response: { status, headers, body }",
        ),
        (
            "{ body: { a: 1 } }",
            "`body` of the response is an object with `a`, and the platform wants option<list<u8>>: a Uint8Array, a string or null; `JSON.stringify` makes a string of a value",
        ),
        (
            "{ status: '200' }",
            "`status` of the response is the string \"200\", and the platform wants a u16: a whole number from 100 to 999",
        ),
        (
            "{ headers: [{ nam: 'a' }] }",
            "`headers[0].name` of the response is undefined, and the platform wants an http-header: { name, value }, both strings",
        ),
        (
            "{ headers: { a: { b: 1 } } }",
            "`headers[0].value` of the response is an object with `b`, and the platform wants a string",
        ),
    ];
    let shapes: Vec<&str> = cases.iter().map(|(shape, _)| *shape).collect();
    for (index, (_, expected)) in cases.iter().enumerate() {
        let text = format!(
            "const shapes: any[] = [{}]; export const handler = () => shapes[{index}];",
            shapes.join(", ")
        );
        let answer = call(&build_text(&text).component);
        let place = format!("    at handler (src/handler.ts:1:{})", shapes.join(", ").len() + 40);
        assert_eq!(answer.logs, [format!("error uncaught TypeError: {expected}\n{place}")]);
    }
}

#[test]
fn every_mistake_is_shown_where_it_is() {
    let cases = [
        ("export function handler( { return 1 }", "src/handler.ts:1:", "^"),
        (
            "import { x } from './gone';\nexport const handler = () => x;",
            "src/handler.ts:1:20: `./gone` leads to no file",
            "import { x } from './gone';",
        ),
        (
            "const a = 1;\nimport fs from 'node:fs';\nexport const handler = () => fs;",
            "src/handler.ts:2:17: `fs` is a module of Node",
            "^^^^^^",
        ),
        (
            "import _ from 'lodash';\nexport const handler = () => _;",
            "src/handler.ts:1:16: the package `lodash` is not installed",
            "lodash",
        ),
        (
            "import { get } from 'alga:extension/secret';\nexport const handler = () => get;",
            "the platform has no interface `alga:extension/secret`",
            "^",
        ),
        (
            "import { read } from 'alga:extension/secrets';\nexport const handler = () => read();",
            "src/handler.ts:1:10: `alga:extension/secrets` has no export `read`",
            "^^^^",
        ),
        (
            "export const handler = (name) => import(name.http.url);",
            "src/handler.ts:1:34: `import(…)` needs a specifier",
            "^",
        ),
        (
            "import { t } from 'wasi:clocks/wall-clock';\nexport const handler = () => t;",
            "cannot be imported",
            "^",
        ),
    ];
    for (text, message, line) in cases {
        let error = refusal(&[("src/handler.ts", text)]);
        assert!(error.contains(message) && error.contains(line), "{text}\n{error}");
    }
}

#[test]
fn a_source_without_a_handler_is_told_what_to_export() {
    let error = refusal(&[("src/handler.ts", "export const handle = 1; export const help = 2;")]);
    assert_eq!(error, "`src/handler.ts` does not export `handler`; it exports `handle`, `help`");
    let error = refusal(&[("src/handler.ts", "export const handler = 'text';")]);
    assert!(
        error.contains("`handler` is exported, but it is the string \"text\" and not a function"),
        "{error}"
    );
}

#[test]
fn a_throwing_top_level_is_shown_with_its_line() {
    let error = refusal(&[(
        "src/handler.ts",
        "type A = 1;\nfunction load(): never {\n  throw new TypeError('not here');\n}\nload();\nexport const handler = () => 1;",
    )]);
    let expected = "the source throws while it is loaded: TypeError: not here\n    at load (src/handler.ts:3:13)\n      2 | function load(): never {\n    > 3 |   throw new TypeError('not here');\n        |             ^\n      4 | }\n    at <anonymous> (src/handler.ts:5:1)";
    assert_eq!(error, expected);
}

#[test]
fn a_call_of_the_platform_at_the_top_level_is_said_in_words() {
    let error = refusal(&[(
        "src/handler.ts",
        "import { get } from 'alga:extension/secrets';\nconst key = get('k');\nexport const handler = () => key;",
    )]);
    assert!(error.contains("calls `get` of `alga:extension/secrets` while it is loaded"), "{error}");
    assert!(
        error.contains("(src/handler.ts:2:13)\n      1 | import")
            && error.contains("> 2 | const key = get('k');"),
        "{error}"
    );
}

#[test]
fn a_damaged_cache_is_made_again() {
    let files = [("src/handler.ts", "export const handler = () => ({ body: 'ok' });")];
    let folder = super::testing::project(&files);
    let cache = folder.path().join("cache");
    let entry = folder.path().join("src/handler.ts");
    let build = || {
        super::build(folder.path(), &entry, &super::Options { cache: &cache, minify: false })
            .unwrap()
            .component
    };
    let first = build();
    for file in fs_err::read_dir(cache.join("javascript")).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = fs_err::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes.truncate(bytes.len() - 10);
        fs_err::write(&path, bytes).unwrap();
    }
    assert!(first == build());
}

#[test]
fn a_top_level_without_an_end_is_stopped() {
    let engine = super::engine::Engine::load(&super::testing::cache()).unwrap();
    let end = super::snapshot::End::after(std::time::Duration::from_millis(200));
    let outcome = super::snapshot::evaluate(&engine, "while (true) {}", end);
    assert!(matches!(outcome, Err(super::snapshot::Failure::Endless { .. })));
}

#[test]
fn a_top_level_that_takes_all_memory_is_stopped() {
    let error = refusal(&[(
        "src/handler.ts",
        "const all = [];\nwhile (true) all.push(new Uint8Array(1 << 24));\nexport const handler = () => all;",
    )]);
    let expected = "the source takes more than 512 MiB of memory while it is loaded\n    at <anonymous> (src/handler.ts:2:14)\n      1 | const all";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_wrong_argument_of_a_platform_function_is_told_in_words() {
    let text = "
        import * as storage from 'alga:extension/storage';
        import { get } from 'alga:extension/secrets';
        import { fetch } from 'alga:extension/http';
        export async function handler(request, host) {
            const said = [];
            const tell = async (call) => { try { said.push(await call()); } catch (error) { said.push(`${error instanceof Error} ${error.name} ${error.code ?? ''} ${error.message}`); } };
            const entry = { namespace: 'n', key: 'k', value: new Uint8Array(1) };
            await tell(() => get(5));
            await tell(() => get());
            await tell(() => storage.put({ ...entry, value: 'text' }));
            await tell(() => storage.put({ ...entry, revision: 1.5 }));
            await tell(() => storage.put({ ...entry, key: Promise.resolve('k') }));
            await tell(() => fetch({ method: 'GET', url: 'https://x.example', headers: { a: 'b' } }));
            await tell(() => host.services.list({ itemKind: 'thing' }));
            await tell(() => host.secrets.get('missing'));
            return { body: said.join('\\n') };
        }";
    let expected = [
        "true TypeError  `key` of `secrets.get` is 5, and the platform wants a string",
        "true TypeError  `secrets.get(key)` was called with 0 arguments, and wants 1",
        "true TypeError  `entry.value` of `storage.put` is the string \"text\", and the platform wants list<u8>: a Uint8Array; \
         `new TextEncoder().encode(text)` makes one of text",
        "true TypeError  `entry.revision` of `storage.put` is 1.5, and the platform wants a u64: a whole number from 0 to 2^53 - 1",
        "true TypeError  `entry.key` of `storage.put` is a promise, and the platform wants a string; `await` it",
        "true TypeError  `request.headers` of `http.fetch` is an object with `a`, and the platform wants a list: an array, each of \
         its items the record http-header: an object with `name`, `value`",
        "true TypeError  `input.itemKind` of `services.listServices` is the string \"thing\", and the platform wants \
         service-item-kind: 'service' or 'product'",
        "true PlatformError missing missing",
    ];
    assert_eq!(answer(text), expected.join("\n"));
}
