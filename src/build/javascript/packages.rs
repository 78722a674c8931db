//! Packages as Node and its package managers lay them out.

use super::testing::{answer_of, build_as, call, project, refusal, try_build};
use super::{Options, build, find_entry};
use std::path::Path;

#[test]
fn exports_maps_conditions_and_imports_are_heeded() {
    let files = [
        ("package.json", r##"{ "name": "me", "exports": { "./own": "./src/own.ts" }, "imports": { "#inner": "./src/inner.ts", "#dep": "maps" } }"##),
        ("src/own.ts", "export const own = 'own';"),
        ("src/inner.ts", "export const inner = 'inner';"),
        ("node_modules/maps/package.json", r#"{ "browser": "./no.js", "main": "./no.js", "exports": {
            ".": { "browser": "./no.js", "node": "./no.js", "types": "./no.js", "import": { "default": "./esm.mjs" }, "require": "./main.cjs" },
            "./features/*": "./features/*.js", "./features/private/*": null } }"#),
        ("node_modules/maps/esm.mjs", "export const kind = 'esm';"),
        ("node_modules/maps/main.cjs", "exports.kind = 'cjs';"),
        ("node_modules/maps/features/a.js", "export const feature = 'a';"),
        ("node_modules/fields/package.json", r#"{ "browser": { "./main.js": "./browser.js" }, "main": "main.js" }"#),
        ("node_modules/fields/main.js", "exports.fields = 'main';"),
        ("node_modules/fields/browser.js", "exports.fields = 'browser';"),
        ("node_modules/user/index.js", "exports.kind = require('maps').kind;"),
        ("src/handler.ts", "import { own } from 'me/own'; import { inner } from '#inner'; import { kind as dep } from '#dep';
            import { kind } from 'maps'; import { feature } from 'maps/features/a'; import { fields } from 'fields'; import { kind as required } from 'user';
            export const handler = () => ({ body: [own, inner, dep, kind, feature, fields, required].join() });"),
    ];
    assert_eq!(answer_of(&files), "own,inner,esm,esm,a,main,cjs");
    let mut closed = files.to_vec();
    closed
        .push(("src/handler.ts", "import x from 'maps/features/private/x'; export const handler = () => x;"));
    let error = refusal(&closed);
    assert!(
        error.contains("src/handler.ts:1:16: the package `maps` does not export `maps/features/private/x`"),
        "{error}"
    );
}

#[test]
fn what_is_required_is_commonjs_where_a_package_has_both() {
    let files = [
        (
            "node_modules/a/index.js",
            "exports.called = require('b')(); exports.part = require('c/part').kind; exports.deep = require('d').kind;",
        ),
        ("node_modules/b/package.json", r#"{ "name": "b", "main": "b.cjs.js", "module": "b.esm.js" }"#),
        ("node_modules/b/b.cjs.js", "module.exports = () => 'cjs';"),
        ("node_modules/b/b.esm.js", "export default () => 'esm';"),
        (
            "node_modules/c/package.json",
            r#"{ "exports": { "./part": { "module": "./part.mjs", "import": "./import.mjs", "require": "./part.cjs" } } }"#,
        ),
        ("node_modules/c/part.mjs", "export const kind = 'module';"),
        ("node_modules/c/import.mjs", "export const kind = 'import';"),
        ("node_modules/c/part.cjs", "exports.kind = 'require';"),
        ("node_modules/d/package.json", r#"{ "module": "only.mjs" }"#),
        ("node_modules/d/only.mjs", "export const kind = 'only';"),
        (
            "src/handler.ts",
            "import { called, part, deep } from 'a'; import b from 'b'; import { kind } from 'c/part';
            export const handler = () => ({ body: [called, part, deep, b(), kind].join() });",
        ),
    ];
    assert_eq!(answer_of(&files), "cjs,require,only,esm,module");
}

#[test]
fn an_ecmascript_module_that_is_required_says_what_it_is() {
    let files = [
        ("node_modules/esm/package.json", r#"{ "type": "module", "exports": "./index.js" }"#),
        ("node_modules/esm/index.js", "export default 'default'; export const named = 'named';"),
        ("node_modules/names/package.json", r#"{ "type": "module", "exports": "./index.js" }"#),
        ("node_modules/names/index.js", "export const only = 'only';"),
        ("node_modules/user/index.js", "
            const interop = (found) => (found && found.__esModule ? found : { default: found });
            const esm = require('esm'), names = require('names');
            exports.seen = [interop(esm).default, esm.named, Object.keys(esm).join('+'), require('esm') === esm, interop(names).default.only];
            exports.all = require('esm');"),
        ("node_modules/again/index.js", "module.exports = require('esm');"),
        ("src/handler.ts", "import { seen } from 'user'; import again, { named } from 'again';
            export const handler = () => ({ body: [...seen, again, named].join() });"),
    ];
    assert_eq!(answer_of(&files), "default,named,default+named,true,only,default,named");
}

#[test]
fn a_commonjs_module_that_threw_is_run_again_by_the_next_require() {
    let files = [
        ("src/shaky.cjs", "exports.half = 1; globalThis.runs = (globalThis.runs ?? 0) + 1; if (globalThis.runs < 3) throw new Error(`run ${globalThis.runs}`); exports.whole = 2;"),
        ("src/user.cjs", "exports.load = () => { try { return Object.keys(require('./shaky.cjs')).join('+'); } catch (error) { return error.message; } };"),
        ("src/handler.ts", "import { load } from './user.cjs';
            export const handler = () => ({ body: [load(), load(), load(), load(), globalThis.runs].join() });"),
    ];
    assert_eq!(answer_of(&files), "run 1,run 2,half+whole,half+whole,3");
}

#[test]
fn a_function_inside_a_try_is_not_tried() {
    for function in
        ["() => require('fs')", "function () { return require('fs'); }", "() => { return require('fs'); }"]
    {
        let own =
            format!("let load; try {{ load = {function}; }} catch {{}}\nexports.handler = () => load();");
        let files =
            [("src/handler.ts", "export { handler } from './own.cjs';"), ("src/own.cjs", own.as_str())];
        assert!(refusal(&files).contains("`fs` is a module of Node"), "{function}");
    }
}

#[test]
fn a_file_outside_the_project_is_not_taken_for_one_inside() {
    let files = [
        ("shared/src/handler.ts", "\n\nexport function fail(): never { throw new RangeError('outside'); }"),
        (
            "project/src/handler.ts",
            "import { fail } from '../../shared/src/handler';\nexport const handler = () => fail();",
        ),
    ];
    let folder = project(&files);
    let root = folder.path().join("project");
    let entry = root.join("src/handler.ts");
    let built = build(&root, &entry, &Options { cache: &super::testing::cache(), minify: false }).unwrap();
    let logs = call(&built.component).logs;
    let stack = "    at fail (../shared/src/handler.ts:3:43)\n    at handler (src/handler.ts:2:";
    assert!(logs[0].contains(stack), "{logs:?}");
    assert!(built.source_map.contains("\"../shared/src/handler.ts\""), "{}", built.source_map);
}

#[test]
fn what_a_package_asks_of_node_inside_a_function_fails_when_it_is_called() {
    let files = [
        ("node_modules/parts/package.json", r#"{ "main": "main.js" }"#),
        ("node_modules/parts/main.js", "exports.here = () => 'here'; exports.node = function () { return require('stream').Duplex; };"),
        ("src/handler.ts", "import { here, node } from 'parts';
            export const handler = () => { try { node(); } catch (error) { return { body: `${here()} ${error.code} ${error.message}` }; } };"),
    ];
    let expected = "here MODULE_NOT_FOUND Cannot find module 'stream': it is not in the component; the platform does not run Node";
    assert_eq!(answer_of(&files), expected);
    let mut own = files.to_vec();
    own.push(("src/handler.cjs", "exports.handler = () => require('stream');"));
    own.push(("src/handler.ts", "export { handler } from './handler.cjs';"));
    assert!(
        refusal(&own).contains("src/handler.cjs:1:34: `stream` is a module of Node"),
        "{}",
        refusal(&own)
    );
}

/// Links as pnpm does: the packages in a store, each with its own dependencies beside it.
#[cfg(unix)]
fn pnpm(root: &Path) {
    let link = |to: &str, at: &str| {
        let at = root.join(at);
        fs_err::create_dir_all(at.parent().unwrap()).unwrap();
        fs_err::os::unix::fs::symlink(to, at).unwrap();
    };
    link(".pnpm/a@1.0.0/node_modules/a", "node_modules/a");
    link("../../b@2.0.0/node_modules/b", "node_modules/.pnpm/a@1.0.0/node_modules/b");
}

#[cfg(unix)]
const STORE: [(&str, &str); 3] = [
    ("node_modules/.pnpm/a@1.0.0/node_modules/a/index.js", "export { b } from 'b';"),
    ("node_modules/.pnpm/b@2.0.0/node_modules/b/index.js", "export const b = () => new Error('b');"),
    (
        "src/handler.ts",
        "import { b } from 'a'; import './circle'; export const runs = [0];\nexport const handler = () => { console.log(b()); return { body: `${runs.push(1)}` }; };",
    ),
];

#[cfg(unix)]
#[test]
fn a_project_gives_the_same_bytes_under_any_path_and_through_links() {
    let mut files = STORE.to_vec();
    files.push((
        "src/circle.ts",
        "import { handler, runs } from './handler'; export const circle = () => [handler, runs];",
    ));
    let cache = super::testing::cache();
    let built = |root: &Path| {
        let (entry, _) = find_entry(root, None).unwrap().unwrap();
        build(root, &entry, &Options { cache: &cache, minify: false })
            .unwrap_or_else(|error| panic!("{error}"))
            .component
    };
    let folders = [project(&files), project(&files)];
    let [one, two] = folders.each_ref().map(|folder| {
        pnpm(folder.path());
        built(folder.path())
    });
    let link = folders[1].path().join("deep/er/link");
    fs_err::create_dir_all(link.parent().unwrap()).unwrap();
    fs_err::os::unix::fs::symlink(folders[0].path(), &link).unwrap();
    assert!(one == two, "two folders, two components");
    assert!(one == built(&link), "the link made another component");
    let path = folders[0].path().to_string_lossy().into_owned();
    assert!(!one.windows(path.len()).any(|window| window == path.as_bytes()), "`{path}` is in the component");
    let answer = super::testing::call(&one);
    assert_eq!(answer.body(), "2");
    assert!(answer.logs[0].contains("b/index.js:1"), "{:?}", answer.logs);
}

#[test]
fn two_builds_at_once_with_one_empty_cache_give_the_same() {
    let files = [("src/handler.ts", "export const handler = () => ({ body: 'ok' });")];
    let folder = project(&files);
    let cache = folder.path().join("cache");
    let entry = folder.path().join("src/handler.ts");
    let build = || {
        build(folder.path(), &entry, &Options { cache: &cache, minify: false })
            .map(|built| built.component)
            .unwrap()
    };
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(build), scope.spawn(build));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert!(one == two && one == build());
    let left = fs_err::read_dir(cache.join("javascript")).unwrap().count();
    assert_eq!(left, 2, "a linked and a compiled engine, and nothing beside them");
}

/// A package with an index of what it has, of which little is taken.
const LARGE: [(&str, &str); 9] = [
    (
        "node_modules/large/package.json",
        r#"{ "name": "large", "version": "1.2.3", "type": "module", "sideEffects": false }"#,
    ),
    (
        "node_modules/large/index.js",
        "export { default as one } from './one.js'; export * from './two.js'; export * as all from './all.js'; export { default as old } from './old.cjs'; globalThis.index = 1;",
    ),
    ("node_modules/large/one.js", "import { shared } from './shared.js'; export default () => shared + 1;"),
    ("node_modules/large/two.js", "globalThis.two = 1; export const two = 2;"),
    (
        "node_modules/large/all.js",
        "globalThis.all = 1; export { two } from './two.js'; export const three = 3;",
    ),
    ("node_modules/large/shared.js", "export const shared = 'shared';"),
    ("node_modules/large/old.cjs", "globalThis.old = 1; module.exports = 'old';"),
    ("node_modules/loud/index.js", "globalThis.loud = 1; export const unused = 1;"),
    ("node_modules/loud/package.json", r#"{ "name": "loud", "type": "module" }"#),
];

const SEEN: &str = "['index', 'two', 'all', 'old', 'loud'].filter((name) => name in globalThis)";

#[test]
fn modules_without_side_effects_are_in_for_what_is_taken_of_them() {
    for (taken, expected) in [
        ("import { one } from 'large'; import 'loud'; const got = one();", r#"["shared1",["loud"]]"#),
        (
            "import * as large from 'large'; const got = large.one() + large.all.three + large.old;",
            r#"["shared13old",["index","two","all","old"]]"#,
        ),
        ("import { all } from 'large'; import 'loud'; const got = all.two;", r#"[2,["two","all","loud"]]"#),
        ("import { old } from 'large'; const got = old;", r#"["old",["old"]]"#),
        ("import { one } from 'large'; const got = typeof (() => one);", r#"["function",[]]"#),
    ] {
        let handler =
            format!("{taken} export const handler = () => ({{ body: JSON.stringify([got, {SEEN}]) }});");
        let files = [&LARGE[..], &[("src/handler.ts", handler.as_str())]].concat();
        for minify in [false, true] {
            let built = build_as(&files, minify).unwrap_or_else(|error| panic!("{taken}: {error}"));
            assert_eq!(call(&built.component).body(), expected, "{taken}");
        }
    }
}

#[test]
fn a_build_says_what_is_in_it_by_package() {
    let handler =
        "import { one } from 'large'; import 'loud'; export const handler = () => ({ body: one() });";
    let built = try_build(&[&LARGE[..], &[("src/handler.ts", handler)]].concat()).unwrap();
    let mut packages: Vec<_> = built
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package.version.as_deref(), package.files))
        .collect();
    packages.sort_unstable();
    assert!(packages.iter().any(|(name, ..)| *name == "alga-ext"), "{packages:?}");
    packages.retain(|(name, ..)| *name != "alga-ext");
    assert_eq!(packages, [("(project)", None, 1), ("large", Some("1.2.3"), 2), ("loud", None, 1)]);
    assert!(built.packages.is_sorted_by(|one, other| one.bytes >= other.bytes));
}

#[test]
fn a_minified_source_is_smaller_and_its_stacks_name_the_source() {
    let text = "interface Ticket { id: string }
/** Fails, in a function whose text is small. */
export function load(ticketNumber: string): Ticket {
    const withoutSpaces = ticketNumber.replaceAll(' ', '');
    if (withoutSpaces.length > 3) {
        throw new RangeError(`too long: ${withoutSpaces}`);
    }
    return { id: withoutSpaces };
}
export class Loader { static async run(text: string) { return load(text); } }
export async function handler() {
    return { body: (await Loader.run('1 2 3 4')).id + Loader.name };
}";
    let [plain, small] = [false, true].map(|minify| build_as(&[("src/handler.ts", text)], minify).unwrap());
    assert!(small.component.len() < plain.component.len());
    let [plain, small] = [plain, small].map(|built| call(&built.component).logs);
    assert!(
        plain[0].starts_with("error uncaught RangeError: too long: 1234\n    at load (src/handler.ts:6:"),
        "{plain:?}"
    );
    // The engine names the last thing it read of a call, which may be another one.
    let lines = |logs: &[String]| -> Vec<String> {
        logs[0]
            .lines()
            .map(|line| line.rsplit_once(':').map_or(line, |(place, _)| place).to_owned())
            .collect()
    };
    assert_eq!(lines(&plain), lines(&small));
}

#[test]
fn mistakes_in_what_is_to_be_minified_keep_their_lines() {
    let text =
        "const a = 1;\nconst b = 2;\nimport { x } from './gone';\nexport const handler = () => [a, b, x];";
    let error = build_as(&[("src/handler.ts", text)], true).unwrap_err().to_string();
    assert!(error.starts_with("src/handler.ts:3:20: `./gone` leads to no file"), "{error}");
}
