//! Packages from npm in a handler: which work, compared with what Node answers, and the table of `docs/javascript.md`.

use crate::foreign_host::{self, Job};
use crate::harness::{Sandbox, link_packages, tool};
use std::path::Path;

/// A package, and code that uses the part of it people take it for.
struct Package {
    name: &'static str,
    imports: &'static str,
    tries: &'static str,
    /// What to do where it does not work.
    instead: &'static str,
}

const fn package(name: &'static str, imports: &'static str, tries: &'static str) -> Package {
    Package { name, imports, tries, instead: "" }
}

const PACKAGES: [Package; 20] = [
    package(
        "lodash",
        "import _ from 'lodash';",
        "_.chunk(_.sortBy([3, 1, 2]), 2).join('|') + _.template('<%= name %>')({ name: 'x' }) + _.cloneDeep({ a: new Map([[1, 2]]) }).a.get(1)",
    ),
    package(
        "zod",
        "import { z } from 'zod';",
        "z.object({ id: z.number().int(), mail: z.email(), at: z.coerce.date() }).safeParse({ id: 1.5, mail: 'x', at: '2026-01-02' }).error.message + z.string().trim().parse(' y ')",
    ),
    package(
        "date-fns",
        "import { addMonths, differenceInDays, format } from 'date-fns';\nimport { de } from 'date-fns/locale';",
        "format(addMonths(new Date(2026, 0, 31), 1), 'yyyy-MM-dd EEEE', { locale: de }) + differenceInDays(new Date(2026, 2, 1), new Date(2026, 0, 1))",
    ),
    package(
        "dayjs",
        "import dayjs from 'dayjs';\nimport utc from 'dayjs/plugin/utc.js';\ndayjs.extend(utc);",
        "dayjs.utc('2026-01-31T10:00:00Z').add(1, 'month').format('YYYY-MM-DD HH:mm ddd')",
    ),
    package(
        "uuid",
        "import { v4, v5, v7, validate, version } from 'uuid';",
        "[validate(v4()), v4() === v4(), version(v7()), v5('alga', v5.URL)]",
    ),
    Package {
        instead: "`crypto.randomUUID()`, or in tsconfig.json the path `\"nanoid\": [\"./node_modules/nanoid/index.browser.js\"]`",
        ..package("nanoid", "import { nanoid } from 'nanoid';", "nanoid().length")
    },
    package("ms", "import ms from 'ms';", "[ms('2 days'), ms(60000, { long: true })]"),
    package(
        "semver",
        "import semver from 'semver';",
        "[semver.satisfies('1.2.3', '^1.2.0'), semver.inc('1.2.3', 'minor'), semver.coerce('v2').version]",
    ),
    package(
        "ajv",
        "import Ajv from 'ajv';\nconst check = new Ajv({ allErrors: true }).compile({ type: 'object', required: ['a'], properties: { b: { type: 'integer', minimum: 2 } } });",
        "[check({ a: 1, b: 3 }), check({ b: 1.5 }), check.errors.map((error) => error.message)]",
    ),
    package(
        "yaml",
        "import { parse, stringify } from 'yaml';",
        "JSON.stringify(parse('a: &x [1, 2]\\nb: *x\\nc: 2026-01-02\\n')) + stringify({ k: ['v', null] })",
    ),
    package(
        "marked",
        "import { marked } from 'marked';",
        "marked.parse('# Hi\\n\\n- *a*\\n- `b`\\n\\n| x |\\n|---|\\n| 1 |')",
    ),
    package(
        "papaparse",
        "import Papa from 'papaparse';",
        "JSON.stringify(Papa.parse('a,b\\n1,\"x, y\"\\n', { header: true, dynamicTyping: true, skipEmptyLines: true }).data) + Papa.unparse([{ q: 'a\"b' }])",
    ),
    package(
        "immer",
        "import { enableMapSet, produce } from 'immer';\nenableMapSet();\nconst base = { list: [1], map: new Map([['k', 1]]) };\nconst next = produce(base, (draft) => { draft.list.push(2); draft.map.set('k', 2); });",
        "[base.list.length, next.list.length, next.map.get('k'), Object.isFrozen(next)]",
    ),
    package(
        "ramda",
        "import * as R from 'ramda';",
        "R.pipe(R.filter((n) => n % 2 === 1), R.map(R.multiply(2)), R.sum)([1, 2, 3]) + R.join('', R.path(['a', 0], { a: [['x', 'y']] }))",
    ),
    package(
        "rxjs",
        "import { firstValueFrom, from, of } from 'rxjs';\nimport { concatMap, filter, map, toArray } from 'rxjs/operators';",
        "await firstValueFrom(from([1, 2, 3]).pipe(filter((n) => n > 1), concatMap(async (n) => n * 2), concatMap((n) => of(n, n)), map(String), toArray()))",
    ),
    package(
        "bignumber.js",
        "import BigNumber from 'bignumber.js';",
        "new BigNumber('0.1').plus('0.2').times('1e30').toFormat(2)",
    ),
    Package {
        instead: "`date-fns` or `dayjs`",
        ..package(
            "luxon",
            "import { DateTime } from 'luxon';",
            "DateTime.fromISO('2026-01-31T10:00:00Z', { zone: 'utc' }).plus({ months: 1 }).toISO()",
        )
    },
    package(
        "validator",
        "import validator from 'validator';",
        "[validator.isEmail('a@b.co'), validator.isURL('https://a.com/z'), validator.isIBAN('DE89370400440532013000'), validator.escape('<a>')]",
    ),
    package(
        "fast-xml-parser",
        "import { XMLBuilder, XMLParser } from 'fast-xml-parser';\nconst options = { ignoreAttributes: false };\nconst read = new XMLParser(options).parse('<a x=\"1\"><b>2</b><b>&lt;</b></a>');",
        "JSON.stringify(read) + new XMLBuilder(options).build(read)",
    ),
    package(
        "mustache",
        "import Mustache from 'mustache';",
        "Mustache.render('{{#list}}{{name}},{{/list}}{{{raw}}}', { list: [{ name: '<a>' }, { name: 'b' }], raw: '<i>' })",
    ),
];

const MANIFEST: &str = r#"{
  "name": "com.acme.packages",
  "publisher": "Acme",
  "version": "1.0.0",
  "runtime": "wasm-js@1",
  "api": { "endpoints": [{ "method": "GET", "path": "/", "handler": "dist/main" }] }
}
"#;

/// A project of one handler, which answers `GET /` here and in Node.
fn handler(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("src/handler.mjs", text);
    sandbox.write("alga-ext.yaml", "build:\n  entry: src/handler.mjs\n");
    sandbox
}

/// A project that tries a package.
fn project(package: &Package) -> Sandbox {
    let Package { imports, tries, .. } = package;
    let sandbox = handler(&format!(
        "{imports}\nexport const handler = async () => ({{ status: 200, headers: [], body: String({tries}) }});\n"
    ));
    link_packages(sandbox.root());
    sandbox
}

/// What the handler answers in Node.
fn in_node(sandbox: &Sandbox) -> String {
    let script = "import { handler } from './src/handler.mjs'; process.stdout.write((await handler()).body);";
    let mut command = sandbox.command("node");
    command.env("TZ", "UTC").args(["--input-type=module", "--eval", script]);
    sandbox.run_command(&mut command).ok().stdout
}

/// What the handler answers in the platform, or the first line of why it does not.
fn here(sandbox: &Sandbox) -> Result<String, String> {
    let run = sandbox.run("invoke GET / --format json");
    let answer = run.json();
    if let Some(body) = answer["body"].as_str() {
        return Ok(body.to_owned());
    }
    let said = [&answer["error"]["message"], &answer["logs"][0]["message"]];
    let said = said.iter().find_map(|said| said.as_str()).unwrap_or(&run.stdout);
    let line = said.lines().next().unwrap_or_default();
    // Which line of the package it is does not matter here.
    let line = line.split_once(": `").map_or(line.to_owned(), |(_, rest)| format!("`{rest}"));
    Err(line.trim_start_matches("the handler trapped: ").to_owned())
}

fn version(name: &str) -> String {
    let manifest = fs_err::read(tool("node/node_modules").join(name).join("package.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    manifest["version"].as_str().unwrap().to_owned()
}

/// The row of a package in the table.
fn row(package: &Package) -> String {
    let sandbox = project(package);
    let Package { name, instead, .. } = package;
    let works = match here(&sandbox) {
        Ok(body) => {
            assert_eq!(body, in_node(&sandbox), "`{name}` answers something else than in Node");
            assert_eq!(*instead, "", "`{name}` works");
            "yes".to_owned()
        }
        Err(why) => {
            assert_ne!(*instead, "", "`{name}` does not work ({why}), and nothing is said of what to do");
            format!("no: {why}. Instead: {instead}")
        }
    };
    format!("| `{name}` | {} | {works} |\n", version(name))
}

#[test]
fn the_page_says_which_packages_work_and_why_others_do_not() {
    let rows: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = PACKAGES
            .chunks(5)
            .map(|packages| scope.spawn(|| packages.iter().map(row).collect::<String>()))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let table = format!("| package | tried | works |\n|---|---|---|\n{}", rows.concat());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/javascript.md");
    let page = fs_err::read_to_string(page).unwrap();
    assert!(page.contains(&table), "`docs/javascript.md` is to hold this table:\n\n{table}");
}

#[test]
fn expressions_give_what_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/javascript.md");
    let page = fs_err::read_to_string(page).unwrap();
    let (_, rows) = page.split_once("| expression | gives |\n|---|---|\n").unwrap();
    let rows: Vec<(&str, &str)> = rows
        .lines()
        .map_while(|row| row.strip_prefix("| `")?.strip_suffix("` |")?.split_once("` | `"))
        .collect();
    assert!(rows.len() > 3, "{page}");
    let list: Vec<&str> = rows.iter().map(|(expression, _)| *expression).collect();
    let text = format!("export const handler = () => ({{ body: [{}].join('\\n') }});", list.join(", "));
    let gives = here(&handler(&text)).unwrap();
    assert_eq!(gives.lines().collect::<Vec<_>>(), rows.iter().map(|(_, gives)| *gives).collect::<Vec<_>>());
}

#[test]
fn what_the_page_says_instead_of_nanoid_works() {
    let sandbox = project(PACKAGES.iter().find(|package| package.name == "nanoid").unwrap());
    let paths =
        r#"{ "compilerOptions": { "paths": { "nanoid": ["./node_modules/nanoid/index.browser.js"] } } }"#;
    sandbox.write("tsconfig.json", paths);
    assert_eq!(here(&sandbox), Ok("21".to_owned()));
}

/// Work of the globals over many inputs, of which Node knows the answers too.
const SAME_AS_NODE: [(&str, &str); 3] = [
    (
        "digests",
        "let seed = 1;
        const draw = () => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return seed >>> 16; };
        export async function handler() {
            const lines = [];
            const lengths = [...Array(260).keys(), ...Array.from({ length: 20 }, () => draw() % 5000)];
            for (const length of lengths) {
                const bytes = Uint8Array.from({ length }, draw);
                for (const name of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
                    const words = new DataView(await crypto.subtle.digest(name, bytes));
                    lines.push([name, length, words.byteLength, words.getUint32(0), words.getUint32(words.byteLength - 4)].join());
                }
            }
            return { body: lines.join('\\n') };
        }",
    ),
    (
        "parts of URLs",
        "const starts = ['http:', 'https://', 'file:///', 'x:', 'http://u:p@h:80', '//h', '/a', 'a', '?q', '#f', 'mailto:'];
        const ends = ['', '/', 'a/../b', './%2e/c', 'C|/d', '?x=ü&y', '#z z', ':8080/', '@h', '\\\\e', '//e//', '[::1]', '127.1', '%41', 'É'];
        const bases = [undefined, 'http://base/p/q?r#s', 'file:///C:/d/e', 'x:/y/z'];
        export function handler() {
            const lines = [];
            for (const start of starts) for (const end of ends) for (const base of bases) {
                const url = URL.canParse(start + end, base) ? new URL(start + end, base) : null;
                lines.push([start + end, base, url?.href, url?.origin, url?.host, url?.pathname, String(url?.searchParams)].join(' '));
            }
            return { body: lines.join('\\n') };
        }",
    ),
    (
        "text in pieces",
        "const bytes = [0x61, 0xff, 0xfe, 0xd8, 0x3d, 0xde, 0x00, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xef, 0xbb, 0xbf, 0xd8];
        const attempt = (run) => { try { return run(); } catch (error) { return error.name; } };
        export function handler() {
            const lines = [];
            for (const label of ['utf-8', 'utf-16le']) for (const fatal of [true, false]) for (const ignoreBOM of [true, false]) {
                for (let from = 0; from < bytes.length; from++) for (let to = from; to <= bytes.length; to++) for (let cut = from; cut <= to; cut += 2) {
                    lines.push(attempt(() => {
                        const decoder = new TextDecoder(label, { fatal, ignoreBOM });
                        const first = decoder.decode(Uint8Array.from(bytes.slice(from, cut)), { stream: true });
                        return JSON.stringify(first + decoder.decode(Uint8Array.from(bytes.slice(cut, to))));
                    }));
                }
            }
            return { body: lines.join('\\n') };
        }",
    ),
];

#[test]
fn random_values_are_there_on_wasmtime_44() {
    let sandbox =
        handler("export const handler = () => ({ status: 200, headers: [], body: crypto.randomUUID() });");
    sandbox.run("build").ok();
    let request = serde_json::json!({ "method": "GET", "url": "/", "headers": [], "body": null });
    let job = Job { component: sandbox.path("dist/main.wasm"), requests: vec![request.clone(), request] };
    let ran = foreign_host::run(&sandbox, &[job]).remove(0);
    let [first, second] =
        [0, 1].map(|call| ran["answers"][call]["body"].as_str().unwrap_or_default().to_owned());
    assert!(first.len() == 36 && second.len() == 36 && first != second, "{ran}");
}

#[test]
fn no_host_is_read_as_another_than_node_reads() {
    let sandbox = handler(
        "const hosts = [];
        for (let code = 0x80; code < 0xb000; code++) if (code < 0x3100 || code > 0xa000) hosts.push(`a${String.fromCodePoint(code)}b`, String.fromCodePoint(code));
        const read = (url) => (URL.canParse(url) ? new URL(url).hostname : '');
        export const handler = () => ({ body: hosts.map((host) => read(`http://${host}/`)).join('\\n') });",
    );
    let (ours, node) = (here(&sandbox).unwrap(), in_node(&sandbox));
    let both: Vec<_> = ours.split('\n').zip(node.split('\n')).collect();
    let accepted: Vec<_> = both.iter().filter(|(ours, _)| !ours.is_empty()).collect();
    // What the standard maps is refused here, and what Unicode added last is refused there.
    let differ: Vec<_> = accepted.iter().filter(|(ours, node)| !node.is_empty() && ours != node).collect();
    assert!(differ.is_empty(), "{differ:?}");
    let same = accepted.iter().filter(|(ours, node)| ours == node).count();
    assert!(same > 10_000, "{same} of {}", both.len());
}

#[test]
fn the_globals_answer_what_node_answers() {
    for (what, text) in SAME_AS_NODE {
        let sandbox = handler(text);
        let (ours, node) = (here(&sandbox).unwrap(), in_node(&sandbox));
        let differ = ours.lines().zip(node.lines()).find(|(ours, node)| ours != node);
        assert_eq!(differ, None, "{what}");
        assert!(ours.len() > 10_000 && ours.len() == node.len(), "{what}: {ours}");
    }
}
