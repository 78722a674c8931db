//! The UI: what the manifest declares, and the files that are served.

use crate::findings::code::{file, fragment, rules, words};

rules! {
    UI_TYPE: "ui-type", Error {
        summary: "`ui.type` is not `iframe`",
        why: "There is one kind of UI, and publishing refuses any other word.",
        platform: "registry.md §1.2",
        example: fragment(
            "\"ui\": {\"type\": \"react\", \"entry\": \"ui/index.html\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}}",
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}}",
        ),
    }
    UI_ENTRY_UNUSED: "ui-entry-unused", Warning {
        summary: "`ui.entry` is not `ui/index.html`",
        why: "The value is stored and never used: the platform always serves `ui/index.html`.",
        platform: "ui.md §1.8",
        example: fragment(
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/dist/index.html\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}}",
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}}",
        ),
    }
    HOOK_UNKNOWN: "hook-unknown", Warning {
        summary: "A UI hook the platform drops",
        why: "Only `appMenu` and `clientPortalMenu` survive publishing.",
        platform: "registry.md §1.4",
        example: fragment(
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {\n  \"appMenu\": {\"label\": \"Reports\"},\n  \"ticketSidebar\": {\"label\": \"Reports\"}\n}}",
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {\n  \"appMenu\": {\"label\": \"Reports\"}\n}}",
        ),
    }
    UI_WITHOUT_HOOKS: "ui-without-hooks", Warning {
        summary: "The UI has no hook, so no menu leads to it",
        why: "`appMenu` puts it into the staff's navigation; `clientPortalMenu` into the client portal's, and lets client users in. Without either, people reach it by its address only.",
        platform: "registry.md §1.6, registry.md §5.3",
        example: fragment(
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\"}",
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}}",
        ),
    }
    NOTHING_REACHABLE: "nothing-reachable", Warning {
        summary: "Neither a UI nor an endpoint is declared",
        why: "The gateway answers declared endpoints only and menus lead to a UI: an extension with neither can be installed and never used.",
        platform: "registry.md §5.3",
        example: file(
            "manifest.json",
            "{\n  \"name\": \"com.acme.reports\",\n  \"publisher\": \"Acme\",\n  \"version\": \"1.0.0\",\n  \"runtime\": \"wasm-js@1\"\n}",
            "{\n  \"name\": \"com.acme.reports\",\n  \"publisher\": \"Acme\",\n  \"version\": \"1.0.0\",\n  \"runtime\": \"wasm-js@1\",\n  \"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}\n}",
        ),
    }
    UI_ENTRY_MISSING: "ui-entry-missing", Error {
        summary: "The UI is declared and its page does not exist",
        why: "The platform serves the bundle's `ui/index.html`, also for every path that is missing; without it the UI is a 404.",
        platform: "runner.md §5.2, ui.md §1.8",
        example: words(
            "the manifest has `ui`, and the page is `ui/dist/index.html`",
            "the page is `ui/index.html`, or alga-ext.yaml has `ui: { dir: ui/dist }`",
        ),
    }
    UI_UNDECLARED: "ui-undeclared", Warning {
        summary: "There are UI files and the manifest declares no `ui`",
        why: "They are packed and nothing leads to them.",
        platform: "registry.md §1.2",
        example: file(
            "manifest.json",
            "{\n  \"name\": \"com.acme.reports\",\n  \"publisher\": \"Acme\",\n  \"version\": \"1.0.0\",\n  \"runtime\": \"wasm-js@1\",\n  \"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}\n}",
            "{\n  \"name\": \"com.acme.reports\",\n  \"publisher\": \"Acme\",\n  \"version\": \"1.0.0\",\n  \"runtime\": \"wasm-js@1\",\n  \"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}},\n  \"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}\n}",
        ),
    }
    UI_FILE_TYPE: "ui-file-type", Warning {
        summary: "A UI file the platform will not serve",
        why: "The runner serves html, js, css, json, map, svg, png, jpg, jpeg, webp, woff, woff2 and files without an extension, and answers 400 for any other.",
        platform: "runner.md §5.2",
        example: words("`ui/vendor/chart.mjs`", "`ui/vendor/chart.js`"),
    }
    UI_FILE_NAME: "ui-file-name", Warning {
        summary: "A UI file whose name the platform drops",
        why: "Unpacking skips files and folders that begin with a dot and every path that contains `..`, as in `a..b.js`; control characters and backslashes are refused when served.",
        platform: "runner.md §5.2, runner.md §6.2",
        example: words("`ui/.well-known/links.json`", "`ui/well-known/links.json`"),
    }
    UI_INLINE_SCRIPT: "ui-inline-script", Warning {
        summary: "The page has inline code, which the platform's CSP blocks",
        why: "Pages are served with `script-src 'self'`: inline scripts, `onclick` and the like, and `javascript:` links do not run. Move the code to a file.",
        platform: "runner.md §5.4, ui.md §1.8",
        example: file(
            "ui/index.html",
            "<!doctype html>\n<button onclick=\"refresh()\">Refresh</button>",
            "<!doctype html>\n<button id=\"refresh\">Refresh</button>\n<script src=\"./app.js\"></script>",
        ),
    }
    UI_REMOTE_RESOURCE: "ui-remote-resource", Warning {
        summary: "The page loads from another origin, which the platform's CSP blocks",
        why: "Scripts, styles, images and fonts come from the bundle alone (images and fonts from `data:` where the policy lets them). Put the file into `ui/`.",
        platform: "runner.md §5.4, ui.md §1.8",
        example: file(
            "ui/index.html",
            "<!doctype html>\n<script src=\"https://cdn.example.com/chart.js\"></script>",
            "<!doctype html>\n<script src=\"./chart.js\"></script>",
        ),
    }
    UI_ABSOLUTE_PATH: "ui-absolute-path", Warning {
        summary: "The page loads from the root of the host, where the bundle is not",
        why: "A bundle is served below `/ext-ui/<id>/<hash>/`; a path that begins with `/` leads out of it. Write relative paths (Vite: `base: './'`).",
        platform: "ui.md §1.8",
        example: file(
            "ui/index.html",
            "<!doctype html>\n<script type=\"module\" src=\"/assets/app.js\"></script>",
            "<!doctype html>\n<script type=\"module\" src=\"./assets/app.js\"></script>",
        ),
    }
}
