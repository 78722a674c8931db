//! The stable codes, one per rule: the table that output, docs and tests read.

use super::Severity;
use super::Severity::{Error, Warning};
use serde::{Serialize, Serializer};

/// Writes the enum and its table from one list, so that neither can lack a rule.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $summary:literal $why:literal)*) => {
        /// Which rule a finding comes from.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The word that stands in output. It never changes its meaning.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => $severity,)* }
            }

            /// What is wrong, in one line.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => $summary,)* }
            }

            /// What the platform does about it, and what to do instead.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $why,)* }
            }
        }
    };
}

codes! {
    ManifestUnreadable "manifest-unreadable" Error
        "The manifest is no readable text file"
        "It is a folder, no UTF-8, begins with a byte order mark, or is larger than 1 MiB. Publishing reads it as UTF-8 JSON and refuses anything else; save it as UTF-8 without a byte order mark."
    ManifestSyntax "manifest-syntax" Error
        "The manifest is not JSON"
        "Publishing reads the manifest with a strict JSON parser: no comments, no trailing commas, double quotes only. Nothing else is judged until it parses."
    DuplicateKey "duplicate-key" Error
        "A key stands twice in one object"
        "Readers disagree on which of the two counts; the platform takes the last one silently. A manifest that is signed must mean one thing. Keep one."
    WrongType "wrong-type" Error
        "A value has another JSON type than the platform wants"
        "Publishing refuses it with the path this finding names."
    MissingKey "missing-key" Error
        "A key that must be there is missing"
        "Publishing refuses a manifest without it. `publisher` is the one key publishing lets pass when the extension already exists; a first publish without it fails in the database, so it is wanted always."
    BlankValue "blank-value" Error
        "A text is empty or only blanks"
        "Publishing trims texts and refuses those with nothing left."
    UnknownKey "unknown-key" Error
        "A top-level key the platform refuses"
        "Publishing knows `name`, `publisher`, `version`, `runtime`, `capabilities`, `ui`, `api`, `assets` and `precompiled`, and refuses a manifest with any other key, even where older documents show one (`entry`, `events`, `sbom`, `$schema`, `description`)."
    UnknownNestedKey "unknown-nested-key" Warning
        "A key inside an object that the platform drops"
        "Below the top level unknown keys are accepted and forgotten: they never reach the runner."
    NameNotReverseDomain "name-not-reverse-domain" Warning
        "The name is not in reverse-domain form"
        "Names are unique in a registry. Publishing accepts any text; the platform's schema wants two or more lower-case labels with dots between them, such as `com.acme.reports`."
    VersionInvalid "version-invalid" Error
        "The version is neither `X.Y.Z` nor `X.Y.*`"
        "Publishing wants three numbers with dots, optionally `-prerelease` and `+build`, or `X.Y.*`, for which it chooses the next free patch."
    VersionNotSemver "version-not-semver" Warning
        "The version is accepted and is not semantic versioning"
        "Publishing's check is loose: it lets leading zeros and empty identifiers pass. Whatever compares versions later may not."
    RuntimeInvalid "runtime-invalid" Error
        "The runtime names no version"
        "Publishing wants a runtime that contains `@` or `-`. There is one runtime: `wasm-js@1`."
    RuntimeUnknown "runtime-unknown" Warning
        "The runtime is not `wasm-js@1`"
        "Publishing accepts it; nothing on the platform knows another runtime, and the schema wants exactly `wasm-js@1`."
    CapabilityUnknown "capability-unknown" Error
        "A capability the platform does not know"
        "Publishing accepts any text, installing drops what it does not know without a word, and the call is denied at run time. Names begin with `cap:`; the bare names of older documents (`http.fetch`) do not count."
    CapabilityRepeated "capability-repeated" Warning
        "A capability is asked for twice"
        "It is granted once."
    CapabilitySpelling "capability-spelling" Warning
        "A capability in another spelling than the platform's"
        "The platform trims and lower-cases before it compares, so it works; other readers compare byte by byte."
    UiType "ui-type" Error
        "`ui.type` is not `iframe`"
        "There is one kind of UI, and publishing refuses any other word."
    UiEntryUnused "ui-entry-unused" Warning
        "`ui.entry` is not `ui/index.html`"
        "The value is stored and never used: the platform always serves `ui/index.html`."
    PathParent "path-parent" Error
        "A path contains `..`"
        "Publishing refuses two dots anywhere in `ui.entry`, endpoint paths and handlers."
    HookUnknown "hook-unknown" Warning
        "A UI hook the platform drops"
        "Only `appMenu` and `clientPortalMenu` survive publishing."
    UiWithoutHooks "ui-without-hooks" Warning
        "The UI has no hook, so no menu leads to it"
        "`appMenu` puts it into the staff's navigation; `clientPortalMenu` into the client portal's, and lets client users in. Without either, people reach it by its address only."
    NothingReachable "nothing-reachable" Warning
        "Neither a UI nor an endpoint is declared"
        "The gateway answers declared endpoints only and menus lead to a UI: an extension with neither can be installed and never used."
    EndpointMethod "endpoint-method" Error
        "The method is none the platform knows"
        "Publishing accepts GET, POST, PUT, PATCH, DELETE, OPTIONS and HEAD, in any case."
    EndpointOptions "endpoint-options" Error
        "An OPTIONS endpoint is never called"
        "Publishing accepts it; the gateway drops it when it reads the endpoints."
    EndpointHead "endpoint-head" Warning
        "A HEAD endpoint is treated as GET"
        "The gateway reads HEAD as GET: the handler is called for both. Declare GET."
    EndpointPath "endpoint-path" Error
        "The path can match no request"
        "Publishing refuses blanks in a path. `?` and `#` are published, but the gateway compares with the path alone, where they never stand: the query reaches the handler in its url."
    EndpointPattern "endpoint-pattern" Warning
        "A part of the path looks like a pattern and is taken literally"
        "The one pattern is `:name` as a whole segment. `{name}`, `*` and `item-:id` match only themselves, and `{name}` also keeps schedules away."
    EndpointDuplicate "endpoint-duplicate" Error
        "Two endpoints have the same method and path"
        "Publishing does not refuse it; writing the endpoints then fails inside the database and is only logged."
    EndpointShadowed "endpoint-shadowed" Error
        "An earlier endpoint answers every request of this one"
        "The first declared match wins, so this endpoint is never chosen. Declare the special path before the one with parameters."
    EndpointHandler "endpoint-handler" Warning
        "`handler` is not `dist/main`"
        "The value is stored and never used to choose code: every endpoint calls the component's one `handler` export."
    EndpointSchedulable "endpoint-schedulable" Warning
        "`schedulable` is ignored"
        "The platform derives it: GET and POST endpoints without path parameters can be scheduled, all others cannot."
    PrecompiledUnused "precompiled-unused" Warning
        "`precompiled` is never read"
        "The runner compiles `dist/main.wasm` itself."
    ConfigInvalid "config-invalid" Error
        "`alga-ext.yaml` has a mistake"
        "It is no YAML, has a key that means nothing, or a value of the wrong type. `alga-ext schema alga-ext.yaml` prints what it may hold."
    HandlerMissing "handler-missing" Error
        "Endpoints are declared and there is no handler"
        "Every call would fail: the platform runs `dist/main.wasm`. Write `src/handler.ts` or a Rust crate, or name a prebuilt component in `alga-ext.yaml`."
    EndpointsMissing "endpoints-missing" Error
        "There is a handler and no endpoint is declared"
        "The gateway refuses every path that is not declared in `api.endpoints`, so the handler could never be called."
    UiEntryMissing "ui-entry-missing" Error
        "The UI is declared and its page does not exist"
        "The platform serves the bundle's `ui/index.html`, also for every path that is missing; without it the UI is a 404."
    UiUndeclared "ui-undeclared" Warning
        "There are UI files and the manifest declares no `ui`"
        "They are packed and nothing leads to them."
    UiFileType "ui-file-type" Warning
        "A UI file the platform will not serve"
        "The runner serves html, js, css, json, map, svg, png, jpg, jpeg, webp, woff, woff2 and files without an extension, and answers 400 for any other."
    UiFileName "ui-file-name" Warning
        "A UI file whose name the platform drops"
        "Unpacking skips files and folders that begin with a dot and every path that contains `..`, as in `a..b.js`; control characters and backslashes are refused when served."
    UiInlineScript "ui-inline-script" Warning
        "The page has inline code, which the platform's CSP blocks"
        "Pages are served with `script-src 'self'`: inline scripts, `onclick` and the like, and `javascript:` links do not run. Move the code to a file."
    UiRemoteResource "ui-remote-resource" Warning
        "The page loads from another origin, which the platform's CSP blocks"
        "Scripts, styles, images and fonts come from the bundle alone (images and fonts from `data:` where the policy lets them). Put the file into `ui/`."
    UiAbsolutePath "ui-absolute-path" Warning
        "The page loads from the root of the host, where the bundle is not"
        "A bundle is served below `/ext-ui/<id>/<hash>/`; a path that begins with `/` leads out of it. Write relative paths (Vite: `base: './'`)."
    ComponentInvalid "component-invalid" Error
        "`dist/main.wasm` is no component"
        "The platform compiles component binaries only; a core module, WebAssembly text or a cut file fails on every call. `alga-ext build` makes a component of a core module."
    ComponentWorld "component-world" Error
        "The component does not fit the world `alga:extension/runner`"
        "The runner looks for a root export `handler` with exactly the world's signature and links the world's imports and WASI 0.2; anything else fails when it is instantiated."
    ComponentExtraExport "component-extra-export" Warning
        "The component exports more than its handler"
        "The platform never calls it."
    CapabilityMissing "capability-missing" Error
        "The component imports an interface whose capability is not asked for"
        "It links, and each call of the interface is denied."
    CapabilityUnused "capability-unused" Warning
        "A capability is asked for and the component does not import its interface"
        "Whoever installs the extension grants more than it needs."
    BundleManifestMissing "bundle-manifest-missing" Error
        "The bundle has no manifest.json at its root"
        "Publishing may find one a folder deeper; the runner then finds nothing else where it looks. Pack the folder's contents, not the folder."
    BundleComponentMissing "bundle-component-missing" Error
        "Endpoints are declared and the bundle has no `dist/main.wasm`"
        "It is the one path the runner reads."
    BundleFileUnexpected "bundle-file-unexpected" Warning
        "The bundle has a file the platform never reads"
        "It makes the bundle larger and may tell more than you want. `alga-ext pack` takes only what the platform reads."
    FindingsLimit "findings-limit" Warning
        "There are more findings than are listed"
        "The first 1,000 of one file are listed."
    BundleFileDropped "bundle-file-dropped" Warning
        "The bundle has a file the runner skips"
        "Unpacking skips every path with a segment that begins with a dot, an empty segment, or `..` anywhere."
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        let kebab = |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        assert_eq!(names.iter().find(|name| !kebab(name)), None);
    }
}
