//! Documents: what calls an extension.

use super::Kind::{Any, Integer, Map as Members, Text};
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
            may("message", Text, "What happened"),
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
            must("host_calls", Any, "What the handler asked of the platform"),
            must("logs", Any, "What it wrote"),
            may("error", Any, "Why there is no answer"),
        ],
    ),
];
