//! Documents: the tool itself.

use super::Kind::{Boolean, Integer, Objects, Text, Words};
use super::{Output, may, must, output};

const VERDICTS: &[&str] = &["good", "optional", "bad"];

/// Every document.
pub(super) const OUTPUTS: &[Output] = &[
    output(
        "wit",
        "alga-ext wit",
        "The interface extensions are built against",
        &[
            must("package", Text, "`alga:extension`"),
            must("world", Text, "`runner`"),
            must("text", Text, "The WIT"),
        ],
    ),
    output(
        "schema",
        "alga-ext schema",
        "The schemas there are; with a name, the schema itself",
        &[must(
            "schemas",
            Objects(&[must("name", Text, "Its name"), must("title", Text, "What it describes")]),
            "Every schema",
        )],
    ),
    output(
        "cache",
        "alga-ext cache",
        "What is kept between runs, or what was removed",
        &[
            must("folder", Text, "Where it is"),
            must(
                "kinds",
                Objects(&[
                    must("folder", Text, "The folder in it"),
                    must("what", Text, "What it holds"),
                    must("entries", Integer, "How many files"),
                    must("size", Integer, "Their bytes"),
                ]),
                "Every kind of entry",
            ),
            must("size", Integer, "All bytes"),
            must("cleared", Boolean, "Whether it was removed"),
        ],
    ),
    output(
        "doctor",
        "alga-ext doctor",
        "What the machine has and lacks",
        &[
            must("ready", Boolean, "Everything every extension needs is there"),
            must(
                "checks",
                Objects(&[
                    must("name", Text, "What was looked at"),
                    must("verdict", Words(VERDICTS), "`optional`: only some extensions need it"),
                    must("found", Text, "What was found"),
                    may("remedy", Text, "What to run or do"),
                ]),
                "Every check",
            ),
        ],
    ),
    output(
        "tour",
        "alga-ext tour",
        "The whole life of an extension, done",
        &[
            must(
                "steps",
                Objects(&[
                    must("command", Text, "The command that does the same"),
                    must("what", Text, "What came of it"),
                    must("duration_us", Integer, "Microseconds"),
                ]),
                "In order",
            ),
            must("duration_us", Integer, "Microseconds, all together"),
            may("folder", Text, "Where everything is, with `--keep`"),
        ],
    ),
];
