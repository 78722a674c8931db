//! The capabilities asked for.

use crate::findings::code::{file, fragment, rules};

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
    CAPABILITY_DEFAULT: "capability-default", Warning {
        summary: "A capability that every extension is granted",
        why: "`cap:context.read`, `cap:log.emit` and `cap:user.read` are added to whatever is asked for, and nobody can take them away.",
        platform: "runner.md §2.1, runner.md §2.2",
        example: fragment("\"capabilities\": [\"cap:log.emit\"]", "\"capabilities\": []"),
    }
    CAPABILITY_MISSING: "capability-missing", Error {
        summary: "The handler uses an interface whose capability is not asked for",
        why: "It links, and each call of the interface is denied. The source tells which call it is; of a component its imports do.",
        platform: "runner.md §2.1",
        example: file(
            "src/handler.ts",
            "export async function handler(request, host) {\n  await host.secrets.get('token');\n  return { status: 204, headers: [] };\n}",
            "export async function handler(request, host) {\n  await host.user.getUser();\n  return { status: 204, headers: [] };\n}",
        ),
    }
    CAPABILITY_UNUSED: "capability-unused", Warning {
        summary: "A capability is asked for and the handler does not use it",
        why: "Whoever installs the extension grants more than it needs. `--fix` takes it out where the source leaves no doubt.",
        platform: "runner.md §2.1",
        example: fragment("\"capabilities\": [\"cap:secrets.get\"]", "\"capabilities\": []"),
    }
}
