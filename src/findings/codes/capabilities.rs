//! The capabilities asked for.

use crate::findings::code::{fragment, rules, words};

rules! {
    CAPABILITY_UNKNOWN: "capability-unknown", Error {
        summary: "A capability the platform does not know",
        why: "Publishing accepts any text, installing drops what it does not know without a word, and the call is denied at run time. Names begin with `cap:`; the bare names of older documents (`http.fetch`) do not count.",
        platform: "registry.md §1.5, runner.md §2.2, runner.md §2.3",
        example: fragment("\"capabilities\": [\"http.fetch\"]", "\"capabilities\": [\"cap:http.fetch\"]"),
    }
    CAPABILITY_REPEATED: "capability-repeated", Warning {
        summary: "A capability is asked for twice",
        why: "It is granted once.",
        platform: "runner.md §2.2",
        example: fragment(
            "\"capabilities\": [\"cap:http.fetch\", \"cap:http.fetch\"]",
            "\"capabilities\": [\"cap:http.fetch\"]",
        ),
    }
    CAPABILITY_SPELLING: "capability-spelling", Warning {
        summary: "A capability in another spelling than the platform's",
        why: "The platform trims and lower-cases before it compares, so it works; other readers compare byte by byte.",
        platform: "registry.md §1.5",
        example: fragment("\"capabilities\": [\"CAP:HTTP.fetch\"]", "\"capabilities\": [\"cap:http.fetch\"]"),
    }
    CAPABILITY_MISSING: "capability-missing", Error {
        summary: "The component imports an interface whose capability is not asked for",
        why: "It links, and each call of the interface is denied.",
        platform: "runner.md §2.1",
        example: words(
            "`dist/main.wasm` imports `alga:extension/secrets`, and the manifest has `\"capabilities\": []`",
            "`\"capabilities\": [\"cap:secrets.get\"]`, or a handler that does not import `secrets`",
        ),
    }
    CAPABILITY_UNUSED: "capability-unused", Warning {
        summary: "A capability is asked for and the component does not import its interface",
        why: "Whoever installs the extension grants more than it needs.",
        platform: "runner.md §2.1",
        example: words(
            "the manifest has `\"capabilities\": [\"cap:secrets.get\"]`, and `dist/main.wasm` does not import `alga:extension/secrets`",
            "`\"capabilities\": []`",
        ),
    }
}
