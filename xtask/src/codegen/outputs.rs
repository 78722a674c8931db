//! What every command prints with `--format json`: the table its schemas and the quick reference come from.

use serde_json::{Map, Value, json};

/// One document, or one line of a stream.
pub(super) struct Output {
    /// The schema's name, after `output.`.
    pub(super) name: &'static str,
    /// The command; empty for what any command prints.
    pub(super) command: &'static str,
    /// What the document is.
    pub(super) title: &'static str,
    /// Its keys.
    pub(super) fields: &'static [Field],
}

/// One key.
pub(super) struct Field {
    /// The key.
    pub(super) name: &'static str,
    kind: Kind,
    /// Whether it may be null or absent.
    pub(super) optional: bool,
    what: &'static str,
}

/// The type of a key's value.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Boolean,
    Texts,
    Any,
    Map,
    Words(&'static [&'static str]),
    Object(&'static [Field]),
    Objects(&'static [Field]),
}

use Kind::{Any, Boolean, Integer, Map as Members, Object, Objects, Text, Texts, Words};

const fn must(name: &'static str, kind: Kind, what: &'static str) -> Field {
    Field { name, kind, optional: false, what }
}

const fn may(name: &'static str, kind: Kind, what: &'static str) -> Field {
    Field { name, kind, optional: true, what }
}

const fn output(
    name: &'static str,
    command: &'static str,
    title: &'static str,
    fields: &'static [Field],
) -> Output {
    Output { name, command, title, fields }
}

const SEVERITIES: &[&str] = &["error", "warning"];
const VERDICTS: &[&str] = &["good", "optional", "bad"];

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

const FILE: &[Field] = &[
    must("path", Text, "Where, in the bundle"),
    must("size", Integer, "Its bytes"),
    must("sha256", Text, "64 hex digits"),
];

const HASH: Field = must("content_hash", Text, "`sha256:` and 64 hex digits, of the archive's bytes");

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
                must("description", Text, "What it makes"),
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
    output("explain", "alga-ext explain", "What a finding's code means", EXPLANATION),
    output(
        "explain.list",
        "alga-ext explain --list",
        "Every code",
        &[must("codes", Objects(EXPLANATION), "By subject")],
    ),
    output(
        "pack",
        "alga-ext pack",
        "The bundle that was written",
        &[
            must("bundle", Text, "The file"),
            HASH,
            must("size", Integer, "Its bytes"),
            must("entries", Objects(FILE), "The files in it"),
            may("warnings", Texts, "What may be wrong"),
        ],
    ),
    output(
        "keys.generate",
        "alga-ext keys generate",
        "The key pair that was made",
        &[
            must("key_id", Text, "16 hex digits"),
            must("secret_key", Text, "The secret key's file"),
            must("public_key", Text, "The public key's file"),
            must("key", Text, "The public key itself"),
        ],
    ),
    output(
        "sign",
        "alga-ext sign",
        "The signature that was written",
        &[
            must("signature", Text, "The file"),
            must("key_id", Text, "16 hex digits"),
            must("name", Text, "The manifest's name"),
            must("version", Text, "The manifest's version"),
            may("publisher", Text, "The manifest's publisher"),
            HASH,
            must("trusted_comment", Text, "What the signature vouches for"),
        ],
    ),
    output(
        "verify",
        "alga-ext verify",
        "Whether the bundle is what its publisher signed",
        &[
            must("verified", Boolean, "The answer"),
            must("reason", Text, "Why"),
            must("message", Text, "Why, in words"),
            may("key_id", Text, "Which key made the signature"),
            may("name", Text, "The manifest's name"),
            may("version", Text, "The manifest's version"),
            may("publisher", Text, "The manifest's publisher"),
            HASH,
            may("trusted_comment", Text, "What the signature vouches for"),
        ],
    ),
    output(
        "inspect",
        "alga-ext inspect",
        "What is in a bundle or wasm file",
        &[
            must("path", Text, "The file"),
            must("kind", Text, "What it is"),
            may("container", Text, "How the bundle is held together"),
            may("name", Text, "The manifest's name"),
            may("version", Text, "The manifest's version"),
            may("publisher", Text, "The manifest's publisher"),
            must("hash", Text, "SHA-256 of the file"),
            HASH,
            must("size", Integer, "The file's bytes"),
            must("files", Objects(FILE), "The bundle's files"),
            must("imports", Texts, "What the component imports"),
            must("exports", Texts, "What the component exports"),
            must("capabilities", Texts, "What the manifest asks for, or what the imports need"),
            may("build", Any, "Which tool built it from which source"),
        ],
    ),
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
    output(
        "publish",
        "alga-ext publish",
        "What was published",
        &[
            may("registry_id", Text, "The extension's id in the registry; null in a dry run"),
            must("version", Text, "The version it has there"),
            HASH,
            may("install_id", Text, "The installation; null without one"),
            must("already_there", Boolean, "The registry had these bytes before"),
            must("dry_run", Boolean, "Nothing was sent"),
        ],
    ),
    output(
        "registry.serve",
        "alga-ext registry serve",
        "One line of the stream; the first is `listening`",
        &[
            must("event", Text, "What happened"),
            may("url", Text, "Where it listens"),
            may("admin_key_file", Text, "Where the admin's API key is"),
        ],
    ),
    output(
        "registry.ls",
        "alga-ext registry ls",
        "The registry's extensions",
        &[must(
            "extensions",
            Objects(&[
                must("registry_id", Text, "Its id"),
                must("name", Text, "Its name"),
                may("publisher", Text, "Who publishes it"),
                may("latest", Text, "The newest version"),
                may("versions", Any, "How many versions there are"),
                may("installed", Any, "What the tenant has installed"),
            ]),
            "Every extension",
        )],
    ),
    output(
        "registry.versions",
        "alga-ext registry versions",
        "An extension's versions",
        &[
            must("registry_id", Text, "Its id"),
            must("name", Text, "Its name"),
            may("publisher", Text, "Who publishes it"),
            must(
                "versions",
                Objects(&[
                    must("version", Text, "The version"),
                    may("content_hash", Text, "Of its bundle"),
                    may("size", Integer, "Its bundle's bytes"),
                    may("published_at", Text, "When"),
                    may("signed", Boolean, "Whether a signature lies beside it"),
                    may("installed", Any, "Whether the tenant has it"),
                ]),
                "Every version",
            ),
        ],
    ),
    output(
        "registry.fetch",
        "alga-ext registry fetch",
        "The bundle that was fetched",
        &[
            must("registry_id", Text, "The extension's id"),
            may("name", Text, "The extension's name"),
            must("version", Text, "The version"),
            HASH,
            must("path", Text, "The file that was written"),
            must("size", Integer, "Its bytes"),
            may("signature", Any, "The signature's file"),
        ],
    ),
    output(
        "registry.install",
        "alga-ext registry install",
        "The installation",
        &[
            must("registry_id", Text, "The extension's id"),
            must("version", Text, "The version"),
            may("install_id", Text, "The installation"),
        ],
    ),
    output(
        "registry.uninstall",
        "alga-ext registry uninstall",
        "What was removed",
        &[
            must("registry_id", Text, "The extension's id"),
            must("uninstalled", Boolean, "Whether it is gone"),
            may("message", Text, "What the registry says"),
        ],
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

impl Output {
    /// The JSON Schema. Other keys may be added later, so it is open.
    pub(super) fn schema(&self) -> Value {
        let mut schema = Map::new();
        schema.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
        schema.insert("title".into(), self.title.into());
        if !self.command.is_empty() {
            schema.insert("description".into(), format!("`{} --format json`", self.command).into());
        }
        if let Value::Object(mut members) = object(self.fields) {
            schema.append(&mut members);
        }
        Value::Object(schema)
    }
}

fn object(fields: &[Field]) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| !field.optional).map(|field| field.name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), value(field))).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn value(field: &Field) -> Value {
    let mut schema = match field.kind {
        Text => json!({ "type": "string" }),
        Integer => json!({ "type": "integer" }),
        Boolean => json!({ "type": "boolean" }),
        Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Any => json!({}),
        Members => json!({ "type": "object" }),
        Words(words) => json!({ "type": "string", "enum": words }),
        Object(fields) => object(fields),
        Objects(fields) => json!({ "type": "array", "items": object(fields) }),
    };
    if let Value::Object(members) = &mut schema {
        if field.optional {
            let either = members.get("type").and_then(Value::as_str).map(|kind| json!([kind, "null"]));
            members.extend(either.map(|either| ("type".to_owned(), either)));
        }
        members.insert("description".into(), field.what.into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_missing_may_be_null_and_is_not_required() {
        let verify = OUTPUTS.iter().find(|output| output.name == "verify").unwrap().schema();
        assert_eq!(verify["properties"]["key_id"]["type"], json!(["string", "null"]));
        assert!(!verify["required"].as_array().unwrap().contains(&json!("key_id")));
        assert!(verify["required"].as_array().unwrap().contains(&json!("verified")));
    }
}
