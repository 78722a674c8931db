//! What identifies an extension.

use crate::findings::code::{fragment, rules};

rules! {
    NAME_NOT_REVERSE_DOMAIN: "name-not-reverse-domain", Warning {
        summary: "The name is not in reverse-domain form",
        why: "Names are unique in a registry. Publishing accepts any text; the platform's schema wants two or more lower-case labels with dots between them, such as `com.acme.reports`.",
        platform: "registry.md §1.2, registry.md §1.3",
        example: fragment("\"name\": \"Reports\"", "\"name\": \"com.acme.reports\""),
    }
    VERSION_INVALID: "version-invalid", Error {
        summary: "The version is neither `X.Y.Z` nor `X.Y.*`",
        why: "Publishing wants three numbers with dots, optionally `-prerelease` and `+build`, or `X.Y.*`, for which it chooses the next free patch.",
        platform: "registry.md §1.3, registry.md §1.7",
        example: fragment("\"version\": \"v1.2.3\"", "\"version\": \"1.2.3\""),
    }
    VERSION_NOT_SEMVER: "version-not-semver", Warning {
        summary: "The version is accepted and is not semantic versioning",
        why: "Publishing's check is loose: it lets leading zeros and empty identifiers pass. Whatever compares versions later may not.",
        platform: "registry.md §1.3",
        example: fragment("\"version\": \"1.02.3\"", "\"version\": \"1.2.3\""),
    }
    RUNTIME_INVALID: "runtime-invalid", Error {
        summary: "The runtime names no version",
        why: "Publishing wants a runtime that contains `@` or `-`. There is one runtime: `wasm-js@1`.",
        platform: "registry.md §1.2",
        example: fragment("\"runtime\": \"wasm\"", "\"runtime\": \"wasm-js@1\""),
    }
    RUNTIME_UNKNOWN: "runtime-unknown", Warning {
        summary: "The runtime is not `wasm-js@1`",
        why: "Publishing accepts it; nothing on the platform knows another runtime, and the schema wants exactly `wasm-js@1`.",
        platform: "registry.md §1.2",
        example: fragment("\"runtime\": \"wasm-js@1.0\"", "\"runtime\": \"wasm-js@1\""),
    }
    VERSION_WILDCARD: "version-wildcard", Warning {
        summary: "Publishing chooses the version's patch",
        why: "`X.Y.*` becomes `X.Y.0`, or one more than the highest `X.Y.N` that is published; pre-releases do not count. The bundle and its signature keep the `*`, two who publish at once race for one number, installing wants the number that was chosen, and the platform's schema refuses it. Write the number where a release must say what it is.",
        platform: "registry.md §1.3, registry.md §1.7",
        example: fragment("\"version\": \"0.3.*\"", "\"version\": \"0.3.0\""),
    }
    PLACEHOLDER: "placeholder", Warning {
        summary: "The name or the publisher is what a template left",
        why: "Both are unique to a publisher in the registry and cannot be changed after publishing: publishing this is publishing under somebody's placeholder. `alga-ext new --publisher <name> --id <name>` fills them in.",
        platform: "registry.md §1.2, registry.md §4.1",
        example: fragment("\"publisher\": \"Your Company\"", "\"publisher\": \"Acme\""),
    }
}
