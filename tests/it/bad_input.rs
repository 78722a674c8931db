//! Sources and packages that are not as they should be: what works all the same, and what is refused by file and line.

use crate::harness::Sandbox;
use alga_ext::bundle::{Container, Entry, write};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

const MANIFEST: &str = r#"{ "name": "com.acme.sample", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
  "api": { "endpoints": [{ "method": "GET", "path": "/a", "handler": "dist/main" }] } }"#;

fn project(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    for (path, text) in files {
        sandbox.write(path, text);
    }
    sandbox
}

/// The body of the answer.
#[track_caller]
fn body(sandbox: &Sandbox) -> String {
    let document = sandbox.run("invoke GET /a --format json").ok().json();
    document["body"].as_str().unwrap().to_owned()
}

/// What a build that fails says.
#[track_caller]
fn refused(sandbox: &Sandbox) -> String {
    sandbox.run("build").expect_code(1).stderr
}

#[test]
fn circular_imports_share_live_bindings_and_what_comes_too_early_is_named() {
    let files = [
        (
            "src/handler.ts",
            "import { count, even } from './even';\nexport const handler = () => ({ body: `${even(11)} ${count}` });",
        ),
        (
            "src/even.ts",
            "import { odd } from './odd';\nexport let count = 0;\nexport function even(n: number): boolean { count++; return n === 0 || odd(n - 1); }",
        ),
        (
            "src/odd.ts",
            "import { count, even } from './even';\nexport const odd = (n: number): boolean => count < 100 && n !== 0 && even(n - 1);",
        ),
    ];
    let sandbox = project(&files);
    assert_eq!(body(&sandbox), "false 6");
    sandbox.write("src/odd.ts", "import { count } from './even';\nexport const odd = (n: number) => n > count;\nconst early: number = count;\n");
    let said = refused(&sandbox);
    assert!(
        said.contains("ReferenceError: count is not initialized\n    at <anonymous> (src/odd.ts:3:"),
        "{said}"
    );
    assert!(said.contains("> 3 | const early: number = count;"), "{said}");
}

#[test]
fn a_cycle_of_modules_that_wait_at_the_top_level_is_loaded() {
    let sandbox = project(&[
        (
            "src/handler.ts",
            "import { total, add } from './a';\nexport const handler = () => { add(2); return { body: String(total) }; };",
        ),
        (
            "src/a.ts",
            "import { step } from './b';\nexport let total = await Promise.resolve(1);\nexport function add(n: number) { total += step(n); }",
        ),
        (
            "src/b.ts",
            "import { total } from './a';\nawait null;\nexport const step = (n: number) => n * 10 + total;",
        ),
    ]);
    assert_eq!(body(&sandbox), "22");
}

#[test]
fn a_source_of_five_megabytes_is_built_and_a_larger_one_than_sixteen_is_refused() {
    let mut text =
        String::from("interface Row { id: number }\nconst rows: string[] = [];\nconst table = `\n");
    // Most of so large a source is data.
    text += &"a row of a table, in words and numbers: 1234567890\n".repeat(95_000);
    text += "`;\n";
    let mut number = 0;
    while text.len() < 5 << 20 {
        let _ = writeln!(
            text,
            "export function step{number}(value: number): number {{\n  let sum: number = {number};"
        );
        text += &"  sum += (value as number) * 3 - rows.length; if (sum > 1e9) { sum = sum % 1000; }\n"
            .repeat(40);
        text += "  return sum;\n}\n";
        number += 1;
    }
    let last = number - 1;
    let _ =
        writeln!(text, "export const handler = () => ({{ body: String(step{last}(0) + table.length) }});");
    let sandbox = project(&[("src/handler.ts", &text)]);
    assert_eq!(body(&sandbox), (number + 95_000 * 51).to_string());
    sandbox.write("src/handler.ts", format!("{text}// {}", "x".repeat(12 << 20)));
    let said = refused(&sandbox);
    assert!(
        said.contains("src/handler.ts` has") && said.contains("a source file has 16777216 at most"),
        "{said}"
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_keep_every_place() {
    let sandbox = project(&[(
        "src/handler.ts",
        "\u{feff}type A = 1;\r\nexport function handler() {\r\n  throw new Error('no');\r\n}\r\n",
    )]);
    let said = sandbox.run("invoke GET /a").expect_code(1).stderr;
    let expected = "at handler (src/handler.ts:3:13)\n      2 | export function handler() {\n    > 3 |   throw new Error('no');\n        |             ^\n      4 | }\n";
    assert!(said.contains(expected), "{said}");
    sandbox.write("src/handler.ts", "\u{feff}const a = ;\r\nexport const handler = 1;\r\n");
    let expected =
        "error: src/handler.ts:1:11: unexpected token\n    |\n  1 | const a = ;\n    |           ^\n";
    assert!(refused(&sandbox).starts_with(expected), "{}", refused(&sandbox));
}

#[test]
fn a_byte_that_is_no_text_is_shown_where_it_is() {
    let sandbox = project(&[(
        "src/handler.ts",
        "import { name } from './name';\nexport const handler = () => ({ body: name });",
    )]);
    sandbox.write("src/name.ts", b"const a = 1;\nexport const name = 'caf\xe9';\n");
    let said = refused(&sandbox);
    assert!(said.starts_with("error: src/name.ts:2:25: the byte 0xe9 is not UTF-8"), "{said}");
    assert!(said.contains("hint: save the file as UTF-8"), "{said}");
}

#[test]
fn a_package_that_needs_node_is_refused_with_what_the_web_has_instead() {
    let sandbox = project(&[
        ("src/handler.ts", "import { read } from 'files';\nexport const handler = () => ({ body: read() });"),
        ("node_modules/files/package.json", r#"{ "name": "files", "main": "main.js" }"#),
        (
            "node_modules/files/main.js",
            "const fs = require('fs');\nconst http = require('node:http');\nexports.read = () => fs.readFileSync('x');",
        ),
    ]);
    let said = refused(&sandbox);
    assert!(said.contains("node_modules/files/main.js:1:21: `fs` is a module of Node"), "{said}");
    assert!(said.contains("node_modules/files/main.js:2:23: `http` is a module of Node"), "{said}");
    assert!(said.contains("hint: `alga:extension/storage` keeps values"), "{said}");
}

#[cfg(unix)]
#[test]
fn links_that_lead_round_in_node_modules_are_no_trouble() {
    use fs_err::os::unix::fs::symlink;
    let sandbox = project(&[
        ("src/handler.ts", "import { name } from 'round';\nexport const handler = () => ({ body: name });"),
        (
            "node_modules/round/index.js",
            "import { name as again } from 'round';\nexport const name = 'round', same = () => again;",
        ),
    ]);
    fs_err::create_dir(sandbox.path("node_modules/round/node_modules")).unwrap();
    symlink("../../round", sandbox.path("node_modules/round/node_modules/round")).unwrap();
    symlink("../node_modules", sandbox.path("node_modules/all")).unwrap();
    symlink("nowhere", sandbox.path("node_modules/nowhere")).unwrap();
    assert_eq!(body(&sandbox), "round");
    sandbox.write("src/handler.ts", "import x from 'nowhere';\nexport const handler = () => x;");
    let said = refused(&sandbox);
    assert!(said.starts_with("error: src/handler.ts:1:16: the package `nowhere` is not installed"), "{said}");
}

#[test]
fn a_handler_exported_as_the_default_is_taken_with_a_hint() {
    for text in [
        "export default (request: { http: { url: string } }) => ({ body: request.http.url });",
        "export default function answer(request: { http: { url: string } }) { return { body: request.http.url }; }",
        "const own = async (request: { http: { url: string } }) => ({ body: request.http.url });\nexport { own as default };",
    ] {
        let sandbox = project(&[("src/handler.ts", text)]);
        let built = sandbox.run("build --format json").ok().json();
        let warning = built["warnings"][0].as_str().unwrap();
        let said = "the handler is the default export; the platform calls it by its name: write `export function handler(…)`";
        assert!(warning.starts_with("src/handler.ts:1:") && warning.ends_with(said), "{warning}");
        assert_eq!(body(&sandbox), "/a");
    }
    let sandbox = project(&[("src/handler.ts", "const options = { a: 1 };\nexport default options;")]);
    let said = refused(&sandbox);
    assert!(said.contains("`default` is exported, but it is an object with `a` and not a function\n    at handler (src/handler.ts:2:16)"), "{said}");
}

#[test]
fn paths_of_tsconfig_are_heeded_and_so_are_those_it_extends() {
    let sandbox = project(&[
        ("tsconfig.base.json", r#"{ "compilerOptions": { "paths": { "@lib/*": ["./src/lib/*"] } } }"#),
        ("tsconfig.json", "// as tsc reads it\n{ \"extends\": \"./tsconfig.base.json\", }"),
        ("src/lib/name.ts", "export const name: string = 'lib';"),
        (
            "src/handler.ts",
            "import { name } from '@lib/name';\nexport const handler = () => ({ body: name });",
        ),
    ]);
    assert_eq!(body(&sandbox), "lib");
}

#[test]
fn standard_decorators_are_refused_by_file_and_line_and_typescripts_own_work() {
    let text = "const double = (target: object, key: string, found: PropertyDescriptor) => ({ ...found, value: () => 2 });
class Service {
  @double run() { return 1; }
}
export const handler = () => ({ body: String(new Service().run()) });";
    let sandbox = project(&[("src/handler.ts", text)]);
    let said = refused(&sandbox);
    assert!(
        said.starts_with("error: src/handler.ts:3:3: standard decorators cannot be transformed"),
        "{said}"
    );
    assert!(said.contains("hint: set `\"experimentalDecorators\": true` in `compilerOptions`"), "{said}");
    sandbox.write("tsconfig.json", r#"{ "compilerOptions": { "experimentalDecorators": true } }"#);
    assert_eq!(body(&sandbox), "2");
}

#[cfg(unix)]
#[test]
fn packages_in_the_store_of_pnpm_and_links_into_a_workspace_are_found() {
    use fs_err::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    for (path, text) in [
        ("apps/one/manifest.json", MANIFEST),
        (
            "apps/one/src/handler.ts",
            "import { a } from 'a';\nimport { shared } from '@acme/shared';\nexport const handler = () => ({ body: `${a} ${shared('x')}` });",
        ),
        ("packages/shared/package.json", r#"{ "name": "@acme/shared", "exports": "./src/index.ts" }"#),
        (
            "packages/shared/src/index.ts",
            "import { b } from 'b';\nexport function shared(text: string): string { if (!text) throw new Error('none'); return b + text; }",
        ),
        ("node_modules/.pnpm/a@1.0.0/node_modules/a/index.js", "export { b as a } from 'b';"),
        ("node_modules/.pnpm/b@2.0.0/node_modules/b/index.js", "export const b = 'b';"),
    ] {
        sandbox.write(path, text);
    }
    for (target, link) in [
        ("../../../node_modules/.pnpm/a@1.0.0/node_modules/a", "apps/one/node_modules/a"),
        ("../../../../packages/shared", "apps/one/node_modules/@acme/shared"),
        ("../../b@2.0.0/node_modules/b", "node_modules/.pnpm/a@1.0.0/node_modules/b"),
        ("../../../node_modules/.pnpm/b@2.0.0/node_modules/b", "packages/shared/node_modules/b"),
    ] {
        let link = sandbox.path(link);
        fs_err::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(target, link).unwrap();
    }
    let document = sandbox.run("-C apps/one invoke GET /a --format json").ok().json();
    assert_eq!(document["body"], "b bx");
}

#[test]
fn what_strangers_wrote_does_not_reach_the_terminal_through_errors() {
    let sandbox = Sandbox::new();
    let evil = r"\u001b]0;owned\u0007\u009b2J\u202e";
    let entry = |path: &str, text: String| Entry { path: path.into(), bytes: text.into_bytes() };
    let manifest =
        |name: &str| entry("manifest.json", format!("{{ \"name\": \"{name}\", \"version\": \"1.0.0\" }}"));
    let index = |more: &str, tool: &str| {
        entry(
            "META/bundle.json",
            format!(
                "{{ \"form\": 1, {more} \"tool\": {{ \"name\": \"{tool}\", \"version\": \"1\" }}, \"engine\": \"none\",
                \"locks\": [], \"requires\": {{ \"interfaces\": [], \"capabilities\": [] }}, \"files\": [] }}"
            ),
        )
    };
    let member = vec![manifest("a"), index(&format!("\"{evil}\": 1,"), "x")];
    sandbox.write("member.tar.gz", write(&member, Container::TarGz).unwrap());
    sandbox.write(
        "statement.json",
        format!("{{ \"payloadType\": \"{evil}\", \"payload\": \"\", \"signatures\": [] }}"),
    );
    let new = sandbox.run("keys generate --no-password --out key --format json").ok().json()["key"].clone();
    let rotation = format!(
        "{{ \"publisher\": \"A\", \"old\": \"{evil}\", \"new\": {new}, \"created\": \"2025-01-01T00:00:00Z\" }}"
    );
    let kind = "application/vnd.alga-ext.rotation+json";
    let payload = STANDARD.encode(rotation);
    let sealed = format!("{{ \"payloadType\": \"{kind}\", \"payload\": \"{payload}\", \"signatures\": [] }}");
    sandbox.write("rotation.json", sealed);
    sandbox.run("trust init").ok();
    let add = |file: &str| format!("trust add --statement {file}");
    for line in ["inspect member.tar.gz".to_owned(), add("statement.json"), add("rotation.json")] {
        let run = sandbox.run(&line);
        assert_ne!(run.code, 0, "{line}");
        assert!(run.stderr.contains(r"\u{1b}]0;"), "{line}\n{}", run.stderr);
        let obeyed = |letter: char| letter != '\n' && letter.is_control() || letter == '\u{202e}';
        assert!(!run.stderr.contains(obeyed), "{line}\n{:?}", run.stderr);
    }
}
