//! Whether the manifest can be read, and its keys and types.

use crate::findings::code::{file, fragment, rules};

rules! {
    MANIFEST_UNREADABLE: "manifest-unreadable", Error {
        summary: "The manifest is no readable text file",
        why: "It is a folder, no UTF-8, begins with a byte order mark, or is larger than 1 MiB. Publishing reads it as UTF-8 JSON and refuses anything else; save it as UTF-8 without a byte order mark.",
        platform: "registry.md §1.1",
        example: file(
            "manifest.json",
            "\u{feff}{\"name\": \"com.acme.reports\", \"publisher\": \"Acme\", \"version\": \"1.0.0\", \"runtime\": \"wasm-js@1\"}",
            "{\"name\": \"com.acme.reports\", \"publisher\": \"Acme\", \"version\": \"1.0.0\", \"runtime\": \"wasm-js@1\"}",
        ),
    }
    MANIFEST_SYNTAX: "manifest-syntax", Error {
        summary: "The manifest is not JSON",
        why: "Publishing reads the manifest with a strict JSON parser: no comments, no trailing commas, double quotes only. Nothing else is judged until it parses.",
        platform: "registry.md §1.1",
        example: fragment(
            "\"capabilities\": [\n  \"cap:http.fetch\", // calls the vendor\n]",
            "\"capabilities\": [\n  \"cap:http.fetch\"\n]",
        ),
    }
    DUPLICATE_KEY: "duplicate-key", Error {
        summary: "A key stands twice in one object",
        why: "Readers disagree on which of the two counts; the platform takes the last one silently. A manifest that is signed must mean one thing. Keep one.",
        platform: "registry.md §1.1",
        example: fragment(
            "\"version\": \"1.0.0\",\n\"version\": \"1.1.0\"",
            "\"version\": \"1.1.0\"",
        ),
    }
    WRONG_TYPE: "wrong-type", Error {
        summary: "A value has another JSON type than the platform wants",
        why: "Publishing refuses it with the path this finding names.",
        platform: "registry.md §1.2",
        example: fragment("\"capabilities\": \"cap:http.fetch\"", "\"capabilities\": [\"cap:http.fetch\"]"),
    }
    MISSING_KEY: "missing-key", Error {
        summary: "A key that must be there is missing",
        why: "Publishing refuses a manifest without it. `publisher` is the one key publishing lets pass when the extension already exists; a first publish without it fails in the database, so it is wanted always.",
        platform: "registry.md §1.2, registry.md §4.1",
        example: fragment(
            "\"ui\": {\"type\": \"iframe\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}}",
            "\"ui\": {\"type\": \"iframe\", \"entry\": \"ui/index.html\", \"hooks\": {\"appMenu\": {\"label\": \"Reports\"}}}",
        ),
    }
    BLANK_VALUE: "blank-value", Error {
        summary: "A text is empty or only blanks",
        why: "Publishing trims texts and refuses those with nothing left.",
        platform: "registry.md §1.2",
        example: fragment("\"publisher\": \" \"", "\"publisher\": \"Acme\""),
    }
    UNKNOWN_KEY: "unknown-key", Error {
        summary: "A top-level key the platform refuses",
        why: "Publishing knows `name`, `publisher`, `version`, `runtime`, `capabilities`, `ui`, `api`, `assets` and `precompiled`, and refuses a manifest with any other key, even where older documents show one (`entry`, `events`, `sbom`, `$schema`, `description`).",
        platform: "registry.md §1.2",
        example: fragment(
            "\"entry\": \"dist/main.wasm\",\n\"capabilities\": [\"cap:http.fetch\"]",
            "\"capabilities\": [\"cap:http.fetch\"]",
        ),
    }
    UNKNOWN_NESTED_KEY: "unknown-nested-key", Warning {
        summary: "A key inside an object that the platform drops",
        why: "Below the top level unknown keys are accepted and forgotten: they never reach the runner.",
        platform: "registry.md §1.2",
        example: fragment(
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\", \"permissions\": [\"ticket:read\"]}\n]}",
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}\n]}",
        ),
    }
    VALUE_REWRITTEN: "value-rewritten", Warning {
        summary: "Publishing stores another value than the one written",
        why: "Publishing trims texts, writes methods in upper case, strips `./` from the front of paths, makes one slash of several and puts a missing `/` before an endpoint's path. The platform works with what it stored; the platform's other validators, and whoever reads the manifest, see what is written. Write what is stored.",
        platform: "registry.md §1.4",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"get\", \"path\": \"status\", \"handler\": \"./dist/main\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/status\", \"handler\": \"dist/main\"}]}",
        ),
    }
    PRECOMPILED_UNUSED: "precompiled-unused", Warning {
        summary: "`precompiled` is never read",
        why: "The runner compiles `dist/main.wasm` itself.",
        platform: "registry.md §1.2, runner.md §6.3",
        example: fragment(
            "\"precompiled\": {\"x86_64-linux-gnu\": \"precompiled/x86_64-linux-gnu.cwasm\"},\n\"capabilities\": [\"cap:http.fetch\"]",
            "\"capabilities\": [\"cap:http.fetch\"]",
        ),
    }
    PATH_PARENT: "path-parent", Error {
        summary: "A path contains `..`",
        why: "Publishing refuses two dots anywhere in `ui.entry`, endpoint paths and handlers.",
        platform: "registry.md §1.2",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"../dist/main\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}",
        ),
    }
}
