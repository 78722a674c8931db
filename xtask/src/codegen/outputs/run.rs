//! Documents: what calls an extension.

use super::Kind::{Any, Boolean, Integer, Map as Members, Text, Texts};
use super::{Output, may, must, output};

/// Every document.
pub(super) const OUTPUTS: &[Output] = &[
    output(
        "dev",
        "alga-ext dev",
        "One line of the stream; the first is `listening`",
        &[
            must(
                "event",
                Text,
                "`listening`, `building`, `built`, `build_failed`, `swapped`, `request`, `log`, …",
            ),
            may("url", Text, "Where it listens"),
            may("extension", Text, "The manifest's name"),
            may("size", Integer, "Bytes of the component that was built"),
            may("sha256", Text, "Its hash, hex"),
            may("engine", Any, "What built it"),
            may("warnings", Texts, "What may be wrong with it"),
            may("message", Text, "What happened, or the line that was written"),
            may("still_serving", Boolean, "An earlier version answers meanwhile"),
            may("hash", Text, "The digest of the files that answer now, as it stands in the UI's address"),
            may("changed", Texts, "What differs: `handler`, `ui`, `manifest`, `config`"),
            may("duration_us", Integer, "Microseconds of the build, the swap or the request"),
            may("id", Text, "The request's `x-request-id`"),
            may("surface", Text, "`ext`, `ext-proxy` or `execute`"),
            may("method", Text, "The method the endpoint was looked up with"),
            may("path", Text, "The path with its query"),
            may("status", Integer, "The status the caller got"),
            may("user", Text, "Who called: a user's id, or `none`"),
            may("error", Text, "The code of a refusal or failure"),
            may("detail", Text, "Why, in words"),
            may("notes", Texts, "What differs on the platform, or was dropped on the way"),
            may("host_calls", Any, "What the handler asked of the platform"),
            may("request_id", Text, "The request that a line was written for"),
            may("level", Text, "`info`, `warn` or `error`"),
            may("stream", Text, "`log`, `stdout`, `stderr` or `host`"),
            may("blocked", Text, "What the content security policy blocked"),
            may("directive", Text, "The directive that forbids it"),
            may("source", Text, "The file and line it was asked from"),
        ],
    ),
    output(
        "invoke",
        "alga-ext invoke",
        "The handler's answer",
        &[
            may("status", Integer, "Null when it trapped or ran out of time"),
            must("headers", Members, "Response headers"),
            may("body", Text, "The body, when it is text"),
            may("body_base64", Text, "The body, when it is not"),
            must("duration_us", Integer, "Microseconds, instance included"),
            must("peak_memory", Integer, "The most bytes of memory that the instance had"),
            must("host_calls", Any, "What the handler asked of the platform"),
            must("logs", Any, "What it wrote"),
            may("error", Any, "Why there is no answer"),
        ],
    ),
];
