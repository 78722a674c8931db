//! The archive.

use crate::findings::code::{rules, words};

rules! {
    BUNDLE_MANIFEST_MISSING: "bundle-manifest-missing", Error {
        summary: "The bundle has no manifest.json at its root",
        why: "Publishing may find one a folder deeper; the runner then finds nothing else where it looks. Pack the folder's contents, not the folder.",
        platform: "registry.md §2.5",
        example: words("`tar -c reports | zstd > bundle.tar.zst`", "`alga-ext pack -C reports`"),
    }
    BUNDLE_COMPONENT_MISSING: "bundle-component-missing", Error {
        summary: "Endpoints are declared and the bundle has no `dist/main.wasm`",
        why: "It is the one path the runner reads.",
        platform: "runner.md §6.3",
        example: words("the archive holds `dist/component.wasm`", "the archive holds `dist/main.wasm`"),
    }
    BUNDLE_FILE_UNEXPECTED: "bundle-file-unexpected", Warning {
        summary: "The bundle has a file the platform never reads",
        why: "It makes the bundle larger and may tell more than you want. `alga-ext pack` takes only what the platform reads.",
        platform: "registry.md §2.1, registry.md §2.5",
        example: words("the archive holds `src/handler.ts`", "`alga-ext pack`, which leaves it out"),
    }
    LICENSE_DENIED: "license-denied", Error {
        summary: "A package of the bundle has a licence that `--deny-license` names",
        why: "What the handler imports, and what the UI is built from, is given on with the bundle, under its own licence. An expression with `OR` is denied when each choice is.",
        platform: "alga-ext",
        example: words(
            "`alga-ext validate --deny-license GPL-3.0`, and `node_modules/chart/package.json` has `\"license\": \"GPL-3.0-only\"`",
            "another package",
        ),
    }
    LICENSE_UNKNOWN: "license-unknown", Warning {
        summary: "A part of the bundle names no licence, and `--deny-license` is given",
        why: "Without one nobody may give it on. A package's own files may say more than its package.json. Only npm packages are looked at: of crates, and of what another tool made, nothing is known.",
        platform: "alga-ext",
        example: words(
            "`alga-ext validate --deny-license GPL-3.0`, and `node_modules/chart/package.json` has no `license`",
            "`validate.allow` with the reason, or another package",
        ),
    }
    BUNDLE_FILE_DROPPED: "bundle-file-dropped", Warning {
        summary: "The bundle has a file the runner skips",
        why: "Unpacking skips every path with a segment that begins with a dot, an empty segment, or `..` anywhere.",
        platform: "registry.md §2.5, runner.md §6.2",
        example: words("the archive holds `.env`", "`alga-ext pack`, which leaves it out"),
    }
}
