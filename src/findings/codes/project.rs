//! What only a project's folder can tell.

use crate::findings::code::{file, fragment, rules, words};

rules! {
    CONFIG_INVALID: "config-invalid", Error {
        summary: "`alga-ext.yaml` has a mistake",
        why: "It is no YAML, has a key that means nothing, or a value of the wrong type. `alga-ext schema alga-ext.yaml` prints what it may hold.",
        platform: "alga-ext",
        example: file("alga-ext.yaml", "limits:\n  timeout: 5000\n", "limits:\n  timeout_ms: 5000\n"),
    }
    HANDLER_MISSING: "handler-missing", Error {
        summary: "Endpoints are declared and there is no handler",
        why: "Every call would fail: the platform runs `dist/main.wasm`. Write `src/handler.ts` or a Rust crate, or name a prebuilt component in `alga-ext.yaml`.",
        platform: "runner.md §6.3",
        example: words(
            "`api.endpoints` has an endpoint, and there is neither `src/handler.ts` nor a Cargo.toml",
            "`src/handler.ts` exports `handler`",
        ),
    }
    ENDPOINTS_MISSING: "endpoints-missing", Error {
        summary: "There is a handler and no endpoint is declared",
        why: "The gateway refuses every path that is not declared in `api.endpoints`, so the handler could never be called.",
        platform: "registry.md §1.6, registry.md §5.3",
        example: fragment(
            "\"api\": {\"endpoints\": []}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}",
        ),
    }
}
