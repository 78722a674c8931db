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
