//! The built component.

use crate::findings::code::{rules, words};

rules! {
    COMPONENT_INVALID: "component-invalid", Error {
        summary: "`dist/main.wasm` is no component",
        why: "The platform compiles component binaries only; a core module, WebAssembly text or a cut file fails on every call. `alga-ext build` makes a component of a core module.",
        platform: "runner.md §6.4",
        example: words(
            "`cp target/wasm32-unknown-unknown/release/handler.wasm dist/main.wasm`: a core module",
            "`alga-ext build`, which makes a component of it",
        ),
    }
    COMPONENT_WORLD: "component-world", Error {
        summary: "The component does not fit the world `alga:extension/runner`",
        why: "The runner looks for a root export `handler` with exactly the world's signature and links the world's imports and WASI 0.2; anything else fails when it is instantiated.",
        platform: "runner.md §6.4, runner.md §6.5",
        example: words(
            "`world runner { export handle: func() -> u32; }`",
            "`world handler { include alga:extension/runner; }`",
        ),
    }
    COMPONENT_UNGOVERNED: "component-ungoverned", Warning {
        summary: "The component goes out without a capability",
        why: "The runner links `wasi:http`, and neither `cap:http.fetch` nor the allowed hosts govern it: a way around what whoever installs the extension has agreed to. It is a gap that may close at any time; send requests with `alga:extension/http`.",
        platform: "runner.md §4.3, runner.md §6.4",
        example: words(
            "`jco componentize handler.js --wit wit --world-name runner`",
            "the same with `--disable http fetch-event`, and `alga:extension/http` in the source",
        ),
    }
    COMPONENT_FROZEN: "component-frozen", Warning {
        summary: "The component's clock stands still, or its random values repeat",
        why: "A component of ComponentizeJS that imports no WASI clock or randomness has the moment and the seed of its build: `Date.now()` never changes, and `crypto.randomUUID()` gives the same value in every instance of every extension.",
        platform: "ui.md §3.2",
        example: words(
            "`jco componentize handler.js --wit wit --world-name runner --disable all`",
            "`alga-ext build`, or `--disable http fetch-event` in place of `--disable all`",
        ),
    }
    COMPONENT_DEBUG_INFO: "component-debug-info", Warning {
        summary: "The component carries debug information",
        why: "The platform never reads it, and fetches, unpacks and compiles the whole file for each request.",
        platform: "runner.md §3.8, runner.md §6.2",
        example: words(
            "`cargo build --target wasm32-wasip2`: a debug build",
            "`alga-ext build`, or `cargo build --release` with `strip = \"debuginfo\"`",
        ),
    }
    COMPONENT_LARGE: "component-large", Warning {
        summary: "The component is so large that callers wait for it to be compiled",
        why: "The runner keeps no compiled components: each request compiles the file again, which takes 15 seconds for the 12 MB of a component that jco made.",
        platform: "runner.md §3.8, runner.md §6.6",
        example: words(
            "a component of 12 MB, as `jco componentize` makes them",
            "`alga-ext build`, whose engine takes 1.6 MB",
        ),
    }
    COMPONENT_EXTRA_EXPORT: "component-extra-export", Warning {
        summary: "The component exports more than its handler",
        why: "The platform never calls it.",
        platform: "runner.md §6.5",
        example: words(
            "`world handler { include alga:extension/runner; export migrate: func(); }`",
            "`world handler { include alga:extension/runner; }`",
        ),
    }
}
