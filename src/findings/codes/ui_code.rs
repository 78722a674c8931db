//! The UI's code: what the policy and the sandbox keep from working, and what ships that nobody wants shipped.

use crate::findings::code::{file, rules, words};

rules! {
    UI_EVAL: "ui-eval", Warning {
        summary: "Code made of text, which the platform's CSP blocks",
        why: "Pages are served with `script-src 'self'`: `eval`, `new Function` and timers with text throw. Libraries have builds without them; a bundler's development mode often uses them.",
        platform: "runner.md §5.4, ui.md §1.8",
        example: file(
            "ui/app.js",
            "const add = new Function('a', 'b', 'return a + b');\n",
            "const add = (a, b) => a + b;\n",
        ),
    }
    UI_REMOTE_CALL: "ui-remote-call", Warning {
        summary: "A request to another origin, which the platform's CSP blocks",
        why: "Pages are served with `connect-src 'self'`: `fetch`, XMLHttpRequest, WebSocket, EventSource and beacons reach the page's own origin alone. Call an endpoint of the handler through the bridge, and let it ask with `cap:http.fetch`.",
        platform: "runner.md §5.4, ui.md §1.8",
        example: file(
            "ui/app.js",
            "const rates = await fetch('https://api.example.com/rates');\n",
            "const rates = await call('GET', '/rates');\n",
        ),
    }
    UI_DIALOG: "ui-dialog", Warning {
        summary: "`alert`, `confirm` or `prompt`, which the frame's sandbox keeps quiet",
        why: "The frame has no `allow-modals`: nothing is shown, `confirm` is false and `prompt` null, without an error. Ask in the page itself.",
        platform: "ui.md §1.9",
        example: file(
            "ui/app.js",
            "if (confirm('Delete the note?')) remove();\n",
            "dialog.showModal();\ndialog.addEventListener('close', () => dialog.returnValue === 'yes' && remove());\n",
        ),
    }
    UI_READY_MISSING: "ui-ready-missing", Warning {
        summary: "No script tells the host that the page is up",
        why: "The host covers the frame until it gets `ready`, or for 1.5 seconds, and sends the theme only in answer to it. Listen for messages first, then send it.",
        platform: "ui.md §1.4, ui.md §2",
        example: file(
            "ui/index.html",
            "<!doctype html>\n<script type=\"module\">go()</script>",
            "<!doctype html>\n<title>Reports</title>",
        ),
    }
    UI_ORIGIN_ANY: "ui-origin-any", Warning {
        summary: "Messages to whatever page frames this one",
        why: "`postMessage(…, '*')` hands what the UI sends, routes and bodies included, to any page that puts it into a frame. The host's origin is `location.ancestorOrigins[0]`, the query's `parentOrigin` where it has one, or the origin of `document.referrer`; the templates' bridge.js tries them in this order.",
        platform: "ui.md §1.9",
        example: file(
            "ui/app.js",
            "parent.postMessage({ alga: true, version: '1', type: 'ready' }, '*');\n",
            "parent.postMessage({ alga: true, version: '1', type: 'ready' }, location.ancestorOrigins[0]);\n",
        ),
    }
    UI_FILE_LARGE: "ui-file-large", Warning {
        summary: "A UI file of more than 5 MiB",
        why: "It is sent as it is, without compression, and a deployment may refuse it (`EXT_STATIC_MAX_FILE_BYTES`, 413).",
        platform: "runner.md §5.1, runner.md §5.4",
        example: words("`ui/manual.json` with 12 MiB", "the same in parts that are loaded when they are needed"),
    }
    UI_SOURCE_MAP: "ui-source-map", Warning {
        summary: "A source map is about to ship",
        why: "The runner serves it to everyone who can open the UI: sources, comments and paths.",
        platform: "runner.md §5.2",
        example: words("`ui/assets/app.js.map`", "`build: { sourcemap: false }` in vite.config.ts"),
    }
    UI_PATH_CASE: "ui-path-case", Error {
        summary: "Two UI files whose names differ in case or composition alone",
        why: "The runner's file system tells them apart; that of whoever builds or unpacks the bundle may not (Windows and macOS do not heed case, and macOS takes an `é` of one character and one of two for the same), and one overwrites the other. `pack` refuses them.",
        platform: "registry.md §2.5, runner.md §6.2",
        example: words("`ui/App.css` beside `ui/app.css`", "`ui/app.css` alone"),
    }
    UI_TEST_FILE: "ui-test-file", Warning {
        summary: "A test is about to ship",
        why: "Everything in the UI folder is packed and served.",
        platform: "runner.md §5.2, registry.md §2.5",
        example: words("`ui/app.test.js`", "`test/app.test.js`"),
    }
}
