//! `types` and `build --types`: the declarations hold for the real `tsc`, on every template and example in TypeScript.

use crate::extension::Extension;
use crate::harness::{Run, Sandbox, tool};
use std::path::Path;
use std::process::Command;

const MANIFEST: &str =
    r#"{ "name": "com.acme.typed", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1" }"#;
const TSCONFIG: &str = r#"{ "compilerOptions": { "target": "ES2022", "module": "ESNext", "moduleResolution": "Bundler", "lib": ["ES2022"],
    "types": [], "strict": true, "exactOptionalPropertyTypes": true, "noEmit": true }, "include": ["src", "types"] }"#;

/// The compiler with everything checked, our declarations too: as the project says, and with the libraries of a browser.
fn tsc_with_and_without_dom(folder: &Path) {
    tsc(folder).ok();
    let configuration = folder.join("tsconfig.json");
    let text = fs_err::read_to_string(&configuration).unwrap();
    let with_dom = text.replace(r#""lib": ["ES2022"]"#, r#""lib": ["ES2022", "DOM"]"#);
    assert_ne!(text, with_dom, "the configuration has another `lib` than expected");
    fs_err::write(&configuration, with_dom).unwrap();
    tsc(folder).ok();
    fs_err::write(&configuration, text).unwrap();
}

/// The compiler with everything checked, our declarations too.
fn tsc(folder: &Path) -> Run {
    let sandbox = Sandbox::new();
    let mut command: Command = sandbox.command("node");
    command.arg(tool("node/node_modules/typescript/bin/tsc")).args([
        "--strict",
        "--skipLibCheck",
        "false",
        "-p",
    ]);
    sandbox.run_command(command.arg(folder).current_dir(folder))
}

/// A project with `src/handler.ts` and the declarations.
fn typed(handler: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("tsconfig.json", TSCONFIG);
    sandbox.write("src/handler.ts", handler);
    sandbox.run("types").ok();
    sandbox
}

#[test]
fn every_template_and_example_in_typescript_satisfies_tsc() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_typescript = |folder: &Path| folder.join("tsconfig.json").is_file();
    let mut checked = 0;
    for entry in fs_err::read_dir(repository.join("templates")).unwrap() {
        let template = entry.unwrap();
        if is_typescript(&template.path().join("content")) {
            let extension = Extension::from_template(template.file_name().to_str().unwrap());
            tsc_with_and_without_dom(&extension.path(""));
            let check = extension.run(&["types", "--check"]).ok().json();
            assert_eq!(check["changed"], serde_json::json!([]), "`new` wrote what `types` writes");
            checked += 1;
        }
    }
    for entry in fs_err::read_dir(repository.join("examples")).unwrap() {
        let example = entry.unwrap();
        if is_typescript(&example.path()) {
            let extension = Extension::from_example(example.file_name().to_str().unwrap());
            extension.run(&["types"]).ok();
            tsc_with_and_without_dom(&extension.path(""));
            checked += 1;
        }
    }
    assert!(checked >= 9, "{checked}");
}

#[test]
fn the_declarations_tell_right_from_wrong() {
    let sandbox = typed(
        "import { createMockHostBindings, jsonResponse, type Handler, type UserError } from '@alga-psa/extension-runtime';
        import * as storage from 'alga:extension/storage';
        import { delete as remove, type StorageEntry, type StorageError } from 'alga:extension/storage';
        import type { PlatformError } from 'alga:extension/types';
        import type { Capability, Endpoint, Manifest } from 'alga:manifest';
        export const manifest: Manifest = { name: 'n', publisher: 'p', version: '1.0.0', runtime: 'wasm-js@1', capabilities: ['cap:log.emit'] };
        export const capability: Capability = 'cap:storage.kv', endpoint: Endpoint = { method: 'GET', path: '/a', handler: 'dist/main' };
        export const mock = createMockHostBindings({ secrets: { get: async () => 's' } });
        export const handler: Handler = async (request, host) => {
            const entry: StorageEntry = storage.get('n', request.http.url);
            try { remove('n', 'k'); } catch (error) {
                const { code } = error as PlatformError<StorageError>;
                if (code === 'missing') console.error('%s', code);
            }
            const user = await host.user.getUser().catch((error: PlatformError<UserError>) => error.code);
            const made = await host.invoicing.createManualInvoice({ clientId: 'c', items: [] });
            using closed = { [Symbol.dispose]() {} };
            // @ts-expect-error what the guest does not have
            document.title;
            // @ts-expect-error a value that is no bytes
            storage.put({ namespace: 'n', key: 'k', value: 'text' });
            // @ts-expect-error a capability that is none
            const wrong: Capability = 'cap:everything';
            // @ts-expect-error a method that is none
            await host.storage.set('n', 'k');
            return jsonResponse({ user, entry, number: made.success ? made.invoice.invoiceNumber : made.error, closed, wrong });
        };",
    );
    tsc(sandbox.root()).ok();
}

#[test]
fn the_globals_have_the_types_of_the_web_beside_its_libraries_and_alone() {
    let sandbox = typed(
        "export async function handler(): Promise<Response> {
            const init: RequestInit = { method: 'POST', headers: new Headers({ a: 'b' }), body: new FormData(), signal: AbortSignal.timeout(5) };
            const response = await fetch(new URL('https://a.example/'), init);
            for (const [name, value] of response.headers) console.log(name, value);
            for (const [name, value] of new URLSearchParams('a=b')) console.log(name, value);
            const controller = new AbortController();
            controller.signal.addEventListener('abort', () => controller.abort(), { once: true });
            controller.signal.onabort = () => {};
            const timer = setTimeout((text: string) => console.log(text), 5, 'x');
            clearTimeout(timer);
            const bytes = new TextEncoder().encode('x');
            const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
            const code = await crypto.subtle.sign('HMAC', key, bytes);
            const fits: boolean = await crypto.subtle.verify('HMAC', key, code, bytes);
            const text: string = new TextDecoder('utf-8', { fatal: true }).decode(await new Blob([bytes]).arrayBuffer());
            const options: ResponseInit = { status: 201, headers: { a: 'b' } };
            return Response.json({ fits, text, id: crypto.randomUUID(), now: performance.now(), copy: structuredClone(options) }, options);
        }",
    );
    tsc_with_and_without_dom(sandbox.root());
}

#[test]
fn an_installed_sdk_brings_its_own_types() {
    let sandbox = typed(
        "import { jsonResponse } from '@alga-psa/extension-runtime';\nexport const handler = () => jsonResponse(1);\n",
    );
    let package = "node_modules/@alga-psa/extension-runtime";
    sandbox.write(format!("{package}/package.json"), r#"{ "main": "index.js", "types": "index.d.ts" }"#);
    sandbox.write(format!("{package}/index.js"), "exports.jsonResponse = () => ({});");
    sandbox.write(format!("{package}/index.d.ts"), "export function jsonResponse(theirs: string): {};");
    let stale = sandbox.run("types --check").expect_code(1);
    assert!(
        stale.stderr.contains("types/alga-ext.d.ts differ") && stale.stderr.contains("run `alga-ext types`"),
        "{}",
        stale.stderr
    );
    sandbox.run("types").ok();
    let run = tsc(sandbox.root()).expect_code(2);
    assert!(run.stdout.contains("not assignable to parameter of type 'string'"), "{}", run.stdout);
}

#[test]
fn a_configuration_that_does_not_read_the_types_is_warned_of() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("tsconfig.json", r#"{ "include": ["src"] }"#);
    let run = sandbox.run("types").ok();
    assert!(run.stderr.contains("add `\"types\"` to its `include`"), "{}", run.stderr);
}

#[test]
fn build_types_tells_the_errors_of_the_projects_own_tsc() {
    let sandbox = typed("const size: number = 'é';\nexport const handler = () => ({ body: size });\n");
    let run = sandbox.run("build --types").expect_code(2);
    assert!(
        run.stderr.contains("`node_modules` has none")
            && run.stderr.contains("npm install --save-dev typescript"),
        "{}",
        run.stderr
    );
    let compiler = tool("node/node_modules/typescript/bin/tsc");
    let script = format!("#!/bin/sh\nexec node '{}' \"$@\"\n", compiler.display());
    let bin = sandbox.write("node_modules/.bin/tsc", script);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs_err::set_permissions(bin, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let run = sandbox.run("build --types").expect_code(1);
    let expected = "error: src/handler.ts:1:7: type 'string' is not assignable to type 'number' (TS2322)\n    |\n  1 | const size: number = 'é';\n    |       ^^^^";
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
    assert!(!sandbox.path("dist").exists(), "nothing is written");
    sandbox.write(
        "src/handler.ts",
        "const size: string = 'é';\nexport const handler = () => ({ body: size });\n",
    );
    sandbox.run("build --types").ok();
}
