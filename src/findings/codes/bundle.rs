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
    BUNDLE_FILE_DROPPED: "bundle-file-dropped", Warning {
        summary: "The bundle has a file the runner skips",
        why: "Unpacking skips every path with a segment that begins with a dot, an empty segment, or `..` anywhere.",
        platform: "registry.md §2.5, runner.md §6.2",
        example: words("the archive holds `.env`", "`alga-ext pack`, which leaves it out"),
    }
}
