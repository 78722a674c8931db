//! Documents: what makes and checks an extension.

use super::Kind::{Boolean, Integer, Map as Members, Object, Objects, Text, Texts, Words};
use super::{Field, Output, may, must, output};

const VALIDATORS: &[&str] = &["server", "zod", "schema", "runtime"];
const SEVERITIES: &[&str] = &["error", "warning"];

const FINDING: &[Field] = &[
    must("code", Text, "The rule; docs/findings.md explains each"),
    must("severity", Words(SEVERITIES), "How bad it is"),
    must("message", Text, "What was found and what was wanted"),
    may("file", Text, "The file, relative to the project, or the bundle's entry"),
    may("line", Integer, "Counted from 1"),
    may("column", Integer, "Counted from 1, in characters"),
    may("end_line", Integer, "The line it ends in"),
    may("end_column", Integer, "The column after the last character that is meant"),
    may("span", Object(SPAN), "The bytes of the file that are meant"),
    may("help", Text, "What to do"),
    may("fix", Object(FIX), "What would mend it"),
];

const SPAN: &[Field] =
    &[must("start", Integer, "The first byte of the file"), must("end", Integer, "The byte after the last")];

const FIX: &[Field] = &[
    must("title", Text, "What it does"),
    must("safe", Boolean, "Whether `--fix` applies it"),
    must(
        "edits",
        Objects(&[
            must("start", Integer, "The first byte of the file that goes"),
            must("end", Integer, "The byte after the last"),
            must("replacement", Text, "What comes in its place"),
        ]),
        "Made together or not at all",
    ),
];

const EXPLANATION: &[Field] = &[
    must("code", Text, "The code"),
    must("severity", Words(SEVERITIES), "How bad it is"),
    must("summary", Text, "What is wrong, in one line"),
    must("explanation", Text, "What the platform does about it, and what to do instead"),
    must("platform", Text, "The sections of the contract that say so"),
    must(
        "example",
        Object(&[
            may("file", Text, "The file it stands in; none for commands and prose"),
            must("wrong", Text, "What triggers it"),
            must("mended", Text, "The same without fault"),
        ]),
        "An example and its mend",
    ),
];

const FAILURE: &[Field] = &[
    must("message", Text, "What could not be"),
    must("causes", Texts, "Why, outermost first"),
    may("hint", Text, "What to do"),
    must("exit", Integer, "The exit code"),
];

/// Every document.
pub(super) const OUTPUTS: &[Output] = &[
    output(
        "error",
        "",
        "What any command prints when it fails",
        &[must("error", Object(FAILURE), "The failure")],
    ),
    output(
        "new",
        "alga-ext new",
        "A scaffolded project",
        &[
            must("project", Text, "The folder"),
            must("template", Text, "The template's id"),
            must("name", Text, "The project's name"),
            must("id", Text, "The manifest's name"),
            must("publisher", Text, "Who publishes it"),
            must("files", Texts, "What was written, relative to the folder"),
            may("next", Texts, "What to run next"),
        ],
    ),
    output(
        "new.list",
        "alga-ext new --list",
        "The templates",
        &[must(
            "templates",
            Objects(&[
                must("id", Text, "The word for `--template`"),
                must("title", Text, "Its name"),
                must("description", Text, "What it makes"),
                must("next", Texts, "What to run next"),
            ]),
            "Every template",
        )],
    ),
    output(
        "build",
        "alga-ext build",
        "What was built",
        &[
            may("component", Text, "dist/main.wasm; none when there is no handler"),
            may("source_map", Text, "dist/main.wasm.map; none when the handler is no script"),
            may("size", Integer, "Its bytes"),
            may("sha256", Text, "Its hash, 64 hex digits"),
            must("engine", Text, "What made it"),
            must("imports", Texts, "What it imports"),
            must("warnings", Texts, "What may be wrong"),
            must("ui_files", Integer, "How many files dist/ui has"),
        ],
    ),
    output(
        "validate",
        "alga-ext validate",
        "What is wrong",
        &[
            must("findings", Objects(FINDING), "In order of file and place"),
            must("errors", Integer, "How many are errors"),
            must("warnings", Integer, "How many are warnings"),
            must("allowed", Integer, "How many are not told because they are allowed"),
            must("known", Integer, "How many are not told because the baseline has them"),
            must("gone", Integer, "How many the baseline has that are gone"),
            may(
                "mended",
                Objects(&[
                    must("file", Text, "The file"),
                    must("applied", Integer, "How many findings were mended"),
                    must("diff", Text, "What changed, as a unified diff"),
                ]),
                "With `--fix`: the files that changed; `findings` is what is left",
            ),
        ],
    ),
    output(
        "validate.against",
        "alga-ext validate --against",
        "What the platform's own validators say",
        &[must(
            "verdicts",
            Objects(&[
                must("validator", Words(VALIDATORS), "Whose verdict it is"),
                must("accepted", Boolean, "Whether it lets the manifest pass"),
                must(
                    "issues",
                    Objects(&[
                        must("path", Text, "The place as the validator writes it; `$` is the whole"),
                        must("message", Text, "What is wrong there"),
                        may("line", Integer, "Counted from 1"),
                        may("column", Integer, "Counted from 1, in characters"),
                    ]),
                    "Why not; of `runtime` what is dropped or changed, which refuses nothing",
                ),
                may("keeps", Members, "What is left of an accepted manifest; null for `schema`"),
            ]),
            "In the order they were asked for",
        )],
    ),
    output("explain", "alga-ext explain", "What a finding's code means", EXPLANATION),
    output(
        "explain.list",
        "alga-ext explain --list",
        "Every code",
        &[must("codes", Objects(EXPLANATION), "By subject")],
    ),
    output(
        "types",
        "alga-ext types",
        "The declarations of what a handler imports and finds",
        &[
            must("files", Texts, "Every file, relative to the project"),
            must("changed", Texts, "Those that were written, or with --check differ"),
        ],
    ),
];
