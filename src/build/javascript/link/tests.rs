//! Modules as the language defines them, each rule in a handler of its own.

use crate::build::javascript::testing::{answer_of, call, refusal, try_build};

/// The body of the answer of `src/handler.ts` with these files beside it.
#[track_caller]
fn linked(handler: &str, files: &[(&str, &str)]) -> String {
    let all: Vec<_> = [("src/handler.ts", handler)].into_iter().chain(files.iter().copied()).collect();
    answer_of(&all)
}

#[test]
fn blank_lines_of_a_template_literal_stay() {
    let handler =
        "const text = `a\n\n   \n\nb`;\nexport const handler = () => ({ body: JSON.stringify(text) });";
    assert_eq!(linked(handler, &[]), r#""a\n\n   \n\nb""#);
}

#[test]
fn names_of_the_linker_and_of_helpers_can_be_the_sources_too() {
    let handler = "
        import old from './old.cjs';
        import * as other from './other';
        const $namespace = 1, $commonjs = 2, $require = 3, $missing = 4, $interop = 5, $star = 6, $lines = 7;
        class Symbol2 {}
        async function* two() { yield 1; yield 2; }
        export async function handler() {
            const asyncIterator = 'a', asyncToGenerator = 'b', awaitAsyncGenerator = 'c', wrapAsyncGenerator = 'd';
            const decorate = 'e', $interop2 = 'f';
            const inner = async () => asyncToGenerator;
            const seen = [];
            for await (const one of two()) seen.push(one);
            class Local { @((target, key, d) => d) run() { return decorate; } }
            const lazy = await import('./other');
            return { body: [$namespace, $commonjs, $require, $missing, $interop, $star, $lines, old.x, other.y, lazy.y,
                asyncIterator, awaitAsyncGenerator, wrapAsyncGenerator, $interop2, new Local().run(), await inner(), seen].join() };
        }";
    let configuration = r#"{ "compilerOptions": { "experimentalDecorators": true } }"#;
    let files = [
        ("src/old.cjs", "exports.x = 'x';"),
        ("src/other.ts", "export const y = 'y';"),
        ("tsconfig.json", configuration),
    ];
    assert_eq!(linked(handler, &files), "1,2,3,4,5,6,7,x,y,y,a,c,d,f,e,b,1,2");
}

#[test]
fn a_source_may_call_its_own_things_what_the_language_calls_its() {
    let handler = "
        import * as other from './other';
        import old from './old.cjs';
        class Object { mine() { return 'mine'; } }
        const Symbol = 'symbol', Error = 'error', Promise = 'promise';
        export const handler = () => ({ body: [new Object().mine(), Symbol, Error, Promise, other.y, old.x].join() });";
    let files = [("src/old.cjs", "exports.x = 'x';"), ("src/other.ts", "export const y = 'y';")];
    assert_eq!(linked(handler, &files), "mine,symbol,error,promise,y,x");
}

#[test]
fn a_name_that_two_stars_bring_is_neither_unless_it_is_one_thing() {
    let files = [
        ("src/all.ts", "export * from './a'; export * from './b';"),
        ("src/a.ts", "export * from './shared'; export const same = 'a'; export const only = 'a';"),
        ("src/b.ts", "export * from './shared'; export const same = 'b';"),
        ("src/shared.ts", "export const shared = 'shared';"),
    ];
    let handler = "import * as all from './all'; import { shared, only } from './all';
        export const handler = () => ({ body: [Object.keys(all), shared, only].join() });";
    assert_eq!(linked(handler, &files), "only,shared,shared,a");
    let handler = ("src/handler.ts", "import { same } from './all';\nexport const handler = () => same;");
    let error = refusal(&[&[handler][..], &files].concat());
    assert!(error.contains("src/handler.ts:1:10: `./all` exports `same` twice"), "{error}");
}

#[test]
fn an_own_export_comes_before_a_star() {
    let files = [
        ("src/all.ts", "export * from './a'; export const same = 'own';"),
        ("src/a.ts", "export const same = 'a'; export default 1;"),
    ];
    let handler = "import * as all from './all';
        export const handler = () => ({ body: JSON.stringify(all) });";
    assert_eq!(linked(handler, &files), r#"{"same":"own"}"#);
}

#[test]
fn an_import_cannot_be_assigned_to() {
    let cases =
        ["count = 2", "count++", "({ count } = { count: 2 })", "[count] = [2]", "for (count of [1]) {}"];
    for case in cases {
        let handler =
            format!("import {{ count }} from './count';\nexport const handler = () => {{ {case}; }};");
        let error = refusal(&[("src/handler.js", &handler), ("src/count.js", "export let count = 1;")]);
        assert!(
            error.contains("src/handler.js:2:") && error.contains("`count` is imported"),
            "{case}: {error}"
        );
    }
}

#[test]
fn a_class_keeps_its_name_when_another_module_has_one_of_that_name() {
    let class = "export class Missing extends Error { constructor() { super('m'); this.name = new.target.name; } static make() { return new Missing(); } }";
    let files = [("src/a.ts", class), ("src/b.ts", class)];
    let handler = "import { Missing } from './a'; import { Missing as Other } from './b';
        export const handler = () => ({ body: [String(new Missing()), String(Other.make()), Missing === Other].join() });";
    assert_eq!(linked(handler, &files), "Missing: m,Missing: m,false");
}

#[test]
fn a_default_export_without_a_name_is_called_default() {
    let files = [
        ("src/a.ts", "export default class {}"),
        ("src/b.ts", "export default () => 1;"),
        ("src/c.ts", "export default function () {}"),
        ("src/d.ts", "export default (class Named {});"),
        ("src/e.ts", "export default async function () {}"),
    ];
    let handler = "import a from './a'; import b from './b'; import c from './c'; import d from './d'; import e from './e';
        export const handler = () => ({ body: [a.name, b.name, c.name, d.name, e.name].join() });";
    assert_eq!(linked(handler, &files), "default,default,default,Named,default");
}

#[test]
fn functions_are_there_before_their_module_runs_in_a_circle() {
    let files = [
        ("src/a.ts", "import { early } from './b'; export default function late() { return 'late'; } export const seen = early;"),
        ("src/b.ts", "import late from './a'; import * as a from './a'; export const early = late();
            export const tdz = (() => { try { return a.seen; } catch (error) { return error.constructor.name; } })();"),
    ];
    let handler = "import { seen } from './a'; import { tdz } from './b';
        export const handler = () => ({ body: [seen, tdz].join() });";
    assert_eq!(linked(handler, &files), "late,ReferenceError");
}

#[test]
fn modules_run_once_in_the_order_of_their_imports() {
    let step = |name: &str| format!("import {{ log }} from './log'; log.push('{name}');");
    let (a, b, c) = (step("a"), format!("import './d';{}", step("b")), step("c"));
    let d = step("d");
    let files = [
        ("src/log.ts", "export const log: string[] = [];"),
        ("src/a.ts", &*a),
        ("src/b.ts", &*b),
        ("src/c.cjs", "globalThis.ran = (globalThis.ran ?? 0) + 1; exports.c = 'c';"),
        ("src/c.ts", &*c),
        ("src/d.ts", &*d),
    ];
    let handler = "import './b'; import './a'; import { c } from './c.cjs'; import './c.ts'; import './a'; import { log } from './log';
        export const handler = () => ({ body: [...log, globalThis.ran, c].join() });";
    assert_eq!(linked(handler, &files), "d,b,a,c,1,c");
}

#[test]
fn this_is_undefined_in_modules_and_everything_is_strict() {
    let handler = "const top = typeof this;
        export function handler() {
            let assigned; try { undeclared = 1; } catch (error) { assigned = error.name; }
            return { body: [top, (function () { return typeof this; })(), assigned].join() };
        }";
    assert_eq!(answer_of(&[("src/handler.js", handler)]), "undefined,undefined,ReferenceError");
}

#[test]
fn a_sloppy_commonjs_module_is_told_apart_from_a_broken_one() {
    let handler = ("src/handler.js", "import x from './old.cjs';\nexport const handler = () => x;");
    let error = refusal(&[handler, ("src/old.cjs", "var a = {};\nwith (a) { b = 1; }\nmodule.exports = a;")]);
    assert!(error.contains("src/old.cjs:2:") && error.contains("strict"), "{error}");
}

#[test]
fn class_fields_are_defined_and_declared_ones_are_not() {
    let handler = "
        class Base { kind = 'base'; constructor() { this.made(); } made() {} }
        class Derived extends Base {
            declare kind: string; own; #hidden = 1; static count = 0; static { Derived.count++; }
            made() { this.own = 'lost'; }
            constructor(public given: string) { super(); }
            get hidden() { return this.#hidden; }
        }
        export const handler = () => { const d = new Derived('g'); return { body: [d.kind, d.own, d.given, d.hidden, Derived.count].join() }; };";
    assert_eq!(linked(handler, &[]), "base,,g,1,1");
}

#[test]
fn import_meta_and_dynamic_imports_are_there() {
    let handler = "
        export async function handler() {
            const [esm, cjs, again] = await Promise.all([import('./esm'), import('./cjs.cjs'), import(`./esm`)]);
            const failed = await import('./esm').then(() => { throw new Error('then'); }).catch((error) => error.message);
            return { body: [typeof import.meta.url, import.meta.env, esm.default, cjs.default.x, cjs.x, esm === again, failed].join() };
        }";
    let files = [("src/esm.ts", "export default 'esm';"), ("src/cjs.cjs", "exports.x = 'x';")];
    assert_eq!(linked(handler, &files), "string,,esm,x,x,true,then");
}

#[test]
fn what_commonjs_exports_can_be_imported_by_name_however_it_is_defined() {
    let files = [
        ("src/class.cjs", "class Lib { static make() { return 'made'; } method() { return 'method'; } } module.exports = Lib;"),
        ("src/hidden.cjs", "Object.defineProperty(exports, 'quiet', { value: 'quiet' });
            Object.defineProperty(exports, 'broken', { enumerable: true, get() { throw new Error('deprecated'); } });
            exports.count = 0; exports.bump = () => { exports.count++; };"),
        ("src/instance.cjs", "class Lib { method() { return 'method'; } } module.exports = new Lib();"),
        ("src/nothing.cjs", "module.exports = null;"),
        ("src/function.cjs", "module.exports = () => 'called'; module.exports.extra = 'extra';"),
    ];
    let handler = "
        import Lib, { make } from './class.cjs'; import { quiet, count, bump } from './hidden.cjs'; import { method } from './instance.cjs';
        import * as hidden from './hidden.cjs'; import nothing from './nothing.cjs'; import call, { extra } from './function.cjs';
        export const handler = () => { bump(); return { body: [make(), new Lib().method(), quiet, hidden.count, method(), nothing, call(), extra].join() }; };";
    assert_eq!(linked(handler, &files), "made,method,quiet,1,method,,called,extra");
}

#[test]
fn json_is_data_whatever_its_keys_are() {
    let files = [("src/data.json", r#"{ "__proto__": { "a": 1 }, "b": "\u2028", "c": [ null, -0, 1e3 ] }"#)];
    let handler = "import data from './data.json';
        export const handler = () => ({ body: [Object.keys(data), data.a, data.c].join() });";
    assert_eq!(linked(handler, &files), "__proto__,b,c,,,0,1000");
}

#[test]
fn types_that_are_imported_and_exported_again_are_left_out() {
    let files = [
        (
            "src/types.ts",
            "export interface Shape { a: number } export type Name = string; export const value = 1;",
        ),
        (
            "src/index2.ts",
            "import { Shape, value } from './types'; export { Shape, value }; export { Name } from './types';",
        ),
    ];
    let handler = "import { value, Shape } from './index2'; export * from './index2';
        export const handler = (): unknown => { const shape: Shape = { a: value }; return { body: String(shape.a) }; };";
    assert_eq!(linked(handler, &files), "1");
}

#[test]
fn a_handler_that_another_file_does_not_have_is_missed_in_words() {
    let error = refusal(&[
        ("src/handler.ts", "export { handler } from './impl';"),
        ("src/impl.ts", "export const handle = 1;"),
    ]);
    assert!(error.contains("`src/impl.ts` does not export `handler`; it exports `handle`"), "{error}");
    let error = refusal(&[
        ("src/handler.ts", "export * from './impl';"),
        ("src/impl.ts", "export const handle = 1;"),
    ]);
    assert!(error.contains("`src/handler.ts` does not export `handler`; it exports `handle`"), "{error}");
}

#[test]
fn a_first_line_for_the_shell_is_no_mistake() {
    let text = "#!/usr/bin/env node\nimport './side.js';\nexport const handler = () => { console.log(new Error('x')); return {}; };";
    let files = [("src/handler.js", text), ("src/side.js", "#!/bin/node\n'use strict';\nglobalThis.a = 1;")];
    let logs = call(&try_build(&files).unwrap().component).logs;
    assert!(logs[0].contains("src/handler.js:3"), "{logs:?}");
}

#[test]
fn typescripts_own_modules_work_or_say_so() {
    let files = [
        ("src/old.cjs", "module.exports = () => 'old';"),
        ("src/new.cts", "import old = require('./old.cjs'); export const made = old();"),
    ];
    let handler = "import old = require('./old.cjs'); import { made } from './new.cjs';
        namespace A { export const b = old(); } export import c = A.b;
        export const handler = () => ({ body: [A.b, c, made].join() });";
    assert_eq!(linked(handler, &files), "old,old,old");
}

#[test]
fn stacks_name_the_line_in_every_file_of_a_deep_call() {
    let files = [
        (
            "src/deep/one.ts",
            "\n\nimport { two } from './two';\n/* a\n comment */\nexport const one = (n: number) => {\n\n  const text = `\n\n`;\n  return two(n, text);\n};",
        ),
        (
            "src/deep/two.ts",
            "type A = {\n  a: string\n};\nexport function two(n: number, text: string): A {\n  if (n) {\n    throw new RangeError(\n      text.length + ' bytes',\n    );\n  }\n  return { a: '' };\n}",
        ),
    ];
    let handler = (
        "src/handler.ts",
        "import { one } from './deep/one';\nexport function handler() {\n  return one(1);\n}",
    );
    let answer = call(&try_build(&[&[handler][..], &files].concat()).unwrap().component);
    let [log] = answer.logs.as_slice() else { panic!("{:?}", answer.logs) };
    for place in ["src/deep/two.ts:7:21", "src/deep/one.ts:11:17", "src/handler.ts:3:10"] {
        assert!(log.contains(place), "{place}\n{log}");
    }
}
