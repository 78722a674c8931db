//! The endpoints: methods, paths, and which of them can be reached.

use crate::findings::code::{file, fragment, rules, words};

rules! {
    ENDPOINT_METHOD: "endpoint-method", Error {
        summary: "The method is none the platform knows",
        why: "Publishing accepts GET, POST, PUT, PATCH, DELETE, OPTIONS and HEAD, in any case.",
        platform: "registry.md §1.2",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"FETCH\", \"path\": \"/\", \"handler\": \"dist/main\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_OPTIONS: "endpoint-options", Error {
        summary: "An OPTIONS endpoint is never called",
        why: "Publishing accepts it; the gateway drops it when it reads the endpoints.",
        platform: "registry.md §5.4",
        example: fragment(
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"},\n  {\"method\": \"OPTIONS\", \"path\": \"/\", \"handler\": \"dist/main\"}\n]}",
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}\n]}",
        ),
    }
    ENDPOINT_HEAD: "endpoint-head", Warning {
        summary: "A HEAD endpoint is treated as GET",
        why: "The gateway reads HEAD as GET: the handler is called for both. Declare GET.",
        platform: "registry.md §5.3, registry.md §5.4",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"HEAD\", \"path\": \"/status\", \"handler\": \"dist/main\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/status\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_PATH: "endpoint-path", Error {
        summary: "The path can match no request",
        why: "Publishing refuses blanks in a path, those around it too. A segment `.` is published and never arrives, because browsers take it out of an address. `?` and `#` are published, but the gateway compares with the path alone, where they never stand: the query reaches the handler in its url.",
        platform: "registry.md §1.2, registry.md §5.4",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/search?q=\", \"handler\": \"dist/main\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/search\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_PATTERN: "endpoint-pattern", Warning {
        summary: "A part of the path looks like a pattern and is taken literally",
        why: "The one pattern is `:name` as a whole segment. `{name}`, `*` and `item-:id` match only themselves, and `{name}` also keeps schedules away.",
        platform: "registry.md §1.6, registry.md §5.4",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/notes/{id}\", \"handler\": \"dist/main\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/notes/:id\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_ENCODED: "endpoint-encoded", Warning {
        summary: "The path has letters that requests carry percent-encoded",
        why: "Letters outside ASCII, and those an address cannot hold, arrive as `%…`, and the gateway compares letter by letter without decoding; what the framework before it decodes is not written down. A path of ASCII letters, digits, `-`, `.`, `_` and `~` always matches.",
        platform: "registry.md §5.4, registry.md §11",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/größe\", \"handler\": \"dist/main\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/size\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_CASE: "endpoint-case", Warning {
        summary: "Two endpoints differ only in upper and lower case",
        why: "The gateway compares letter by letter, so both exist and a slip in a caller reaches the other one or none.",
        platform: "registry.md §5.4",
        example: fragment(
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/notes\", \"handler\": \"dist/main\"},\n  {\"method\": \"POST\", \"path\": \"/Notes\", \"handler\": \"dist/main\"}\n]}",
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/notes\", \"handler\": \"dist/main\"},\n  {\"method\": \"POST\", \"path\": \"/notes\", \"handler\": \"dist/main\"}\n]}",
        ),
    }
    ENDPOINT_DUPLICATE: "endpoint-duplicate", Error {
        summary: "Two endpoints have the same method and path",
        why: "Publishing does not refuse it; writing the endpoints then fails inside the database and is only logged.",
        platform: "registry.md §1.4",
        example: fragment(
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/notes\", \"handler\": \"dist/main\"},\n  {\"method\": \"GET\", \"path\": \"/notes\", \"handler\": \"dist/main\"}\n]}",
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/notes\", \"handler\": \"dist/main\"}\n]}",
        ),
    }
    ENDPOINT_SHADOWED: "endpoint-shadowed", Error {
        summary: "An earlier endpoint answers every request of this one",
        why: "The first declared match wins, so this endpoint is never chosen. Declare the special path before the one with parameters.",
        platform: "registry.md §5.4",
        example: fragment(
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/notes/:id\", \"handler\": \"dist/main\"},\n  {\"method\": \"GET\", \"path\": \"/notes/latest\", \"handler\": \"dist/main\"}\n]}",
            "\"api\": {\"endpoints\": [\n  {\"method\": \"GET\", \"path\": \"/notes/latest\", \"handler\": \"dist/main\"},\n  {\"method\": \"GET\", \"path\": \"/notes/:id\", \"handler\": \"dist/main\"}\n]}",
        ),
    }
    ENDPOINT_HANDLER: "endpoint-handler", Warning {
        summary: "`handler` is not `dist/main`",
        why: "The value is stored and never used to choose code: every endpoint calls the component's one `handler` export.",
        platform: "registry.md §1.2",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/handlers/root\"}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"GET\", \"path\": \"/\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_SCHEDULABLE: "endpoint-schedulable", Warning {
        summary: "`schedulable` is ignored",
        why: "The platform derives it: GET and POST endpoints without path parameters can be scheduled, all others cannot.",
        platform: "registry.md §7.3",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"POST\", \"path\": \"/sync\", \"handler\": \"dist/main\", \"schedulable\": true}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"POST\", \"path\": \"/sync\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_NOT_SCHEDULABLE: "endpoint-not-schedulable", Warning {
        summary: "`schedulable` is true for an endpoint that no schedule may call",
        why: "The flag is ignored, and the platform's own rule says no: only GET and POST endpoints whose path has none of `:`, `{` and `}` can be scheduled. Creating a schedule for this one is refused.",
        platform: "registry.md §7.2, registry.md §7.3",
        example: fragment(
            "\"api\": {\"endpoints\": [{\"method\": \"PUT\", \"path\": \"/sync\", \"handler\": \"dist/main\", \"schedulable\": true}]}",
            "\"api\": {\"endpoints\": [{\"method\": \"POST\", \"path\": \"/sync\", \"handler\": \"dist/main\"}]}",
        ),
    }
    ENDPOINT_UNANSWERED: "endpoint-unanswered", Warning {
        summary: "An endpoint is declared and the handler's source does not know its path",
        why: "The handler routes by the paths in its texts and answers 404 to others; none of its texts names this one, nor a path it begins with. The gateway lets the request through and the caller gets the handler's 404.",
        platform: "registry.md §5.4",
        example: words(
            "the manifest declares `/tickets`; the handler's texts name `/notes` alone, and 404",
            "the handler answers `/tickets`, or the manifest does not declare it",
        ),
    }
    ENDPOINT_UNCALLED: "endpoint-uncalled", Warning {
        summary: "An endpoint is declared and the UI, which calls others, does not name it",
        why: "The last word of its path stands in no file of the UI, no schedule of alga-ext.yaml calls it and it is not marked `schedulable`: the call was forgotten, or the endpoint is left over. Everyone who may use the extension can still reach it through the gateway. An endpoint for other programs, such as a webhook, is as it should be: allow this finding and say so.",
        platform: "registry.md §5.3, registry.md §5.4",
        example: words(
            "the manifest declares `/notes` and `/tickets`; the page calls `/notes` alone",
            "the page calls `/tickets` too, or the manifest does not declare it",
        ),
    }
    UI_CALL_UNDECLARED: "ui-call-undeclared", Warning {
        summary: "A page calls a route that no endpoint declares",
        why: "The gateway answers declared endpoints only: the call ends in 404 `endpoint_not_found`, whatever the handler would say. Calls of the bridge (`callProxy`, `callHandlerJson`, an `apiproxy` message), of the gateway by `fetch`, and of any function that takes a method and a path are looked at.",
        platform: "registry.md §5.3, registry.md §5.4, ui.md §1.5",
        example: file("ui/app.js", "import { call } from './bridge.js';\nawait call('GET', '/tickets');\n", "import { call } from './bridge.js';\nawait call('GET', '/');\n"),
    }
}
