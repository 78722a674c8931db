//! `docs/manifest.md`: every key of the manifest, and what the platform makes of it.

use super::{Error, manifest_schema};
use alga_ext::findings::{Code, Severity};
use alga_ext::manifest::keys::{self, Key, Want};
use alga_ext::manifest::{Capability, Endpoint};
use std::fmt::Write;

const NOTE: &str = "<!-- written by `cargo xtask codegen`; do not edit -->\n";

/// The subjects whose codes are about the manifest alone.
const SUBJECTS: [&str; 5] = ["The manifest", "Name, version, runtime", "Capabilities", "Endpoints", "The UI"];

/// The page.
pub(super) fn page() -> Result<String, Error> {
    let mut page = format!("# manifest.json\n\n{NOTE}\n");
    page.push_str(
        "What an extension is, at the root of its project and of its bundle: strict JSON, UTF-8, at most 1 MiB.\n\n\
         - `alga-ext validate` judges it; every finding is explained in [findings.md](findings.md).\n\
         - `alga-ext validate --against server,zod,schema,runtime` says what the platform's own validators make of it.\n\
         - `alga-ext schema manifest.v2` prints its JSON Schema (draft 2020-12), which `alga-ext new` wires into VS Code.\n\n",
    );
    let example = serde_json::to_string_pretty(&manifest_schema::example(""))?;
    let _ = write!(page, "```json\n{example}\n```\n\n## Keys\n\n");
    page.push_str("| key | type | must | at publishing |\n|---|---|---|---|\n");
    for key in keys::KEYS {
        let must = if key.required { "yes" } else { "" };
        let path = key.path();
        let _ = writeln!(
            page,
            "| [`{path}`](#{}) | {} | {must} | {} |",
            anchor(&path),
            kind(key),
            cell(key.stored)
        );
    }
    for key in keys::KEYS {
        section(key, &mut page);
    }
    capabilities(&mut page);
    dropped(&mut page);
    page.push_str("\n## What is judged\n\n| code | severity | what |\n|---|---|---|\n");
    let subjects = Code::subjects().iter().filter(|(name, _)| SUBJECTS.contains(name));
    for code in subjects.flat_map(|(_, codes)| codes.iter()) {
        let severity = if code.severity() == Severity::Error { "**error**" } else { "warning" };
        let _ = writeln!(page, "| [`{code}`](findings.md#{code}) | {severity} | {} |", code.summary());
    }
    Ok(page)
}

/// One key with its example.
fn section(key: &Key, page: &mut String) {
    let path = key.path();
    let must = if key.required { ", required" } else { "" };
    let _ = write!(page, "\n### {path}\n\n{}{must}. {}.\n\n", kind(key), key.summary);
    let _ = writeln!(page, "- At publishing: {}.", key.stored);
    if !key.default.is_empty() {
        let _ = writeln!(page, "- Default, or the one value: `{}`", key.default);
    }
    if !key.example.is_empty() {
        let _ = writeln!(page, "- Example: `\"{}\": {}`", key.name, key.example);
    }
    if path == "api.endpoints[].path" {
        let _ = write!(page, "\n| declared | request | answers |\n|---|---|---|\n");
        for (declared, request) in [
            ("/notes", "/notes/"),
            ("/notes", "/Notes"),
            ("/notes/:id", "/notes/5"),
            ("/notes/:id", "/notes"),
            ("/", "/"),
        ] {
            let endpoint =
                Endpoint { method: "GET".into(), path: declared.into(), handler: "dist/main".into() };
            let answers = endpoint.matches("GET", request) == alga_ext::manifest::Match::Yes;
            let _ = writeln!(page, "| `{declared}` | `{request}` | {} |", if answers { "yes" } else { "no" });
        }
    }
}

fn capabilities(page: &mut String) {
    page.push_str("\n## Capabilities\n\nCompared without regard to case and to blanks around.\n\n");
    page.push_str("| capability | opens | granted |\n|---|---|---|\n");
    for capability in Capability::ALL {
        let opens: Vec<String> = capability.interfaces().iter().map(|name| format!("`{name}`")).collect();
        let granted = if capability.is_default() { "always" } else { "when asked for" };
        let _ = writeln!(page, "| `{capability}` | {} | {granted} |", opens.join(", "));
    }
}

/// Keys that are no keys.
fn dropped(page: &mut String) {
    page.push_str(
        "\n## Keys that are none\n\nAt the top level publishing refuses every other key. These are seen in documents, samples and older \
         tools:\n\n| key | what to do |\n|---|---|\n",
    );
    for (key, help) in keys::REFUSED {
        let _ = writeln!(page, "| `{key}` | {} |", cell(help));
    }
    page.push_str(
        "\nBelow the top unknown keys are dropped without a word:\n\n| key | because |\n|---|---|\n",
    );
    for (parent, key, why) in keys::DROPPED {
        let _ = writeln!(page, "| `{parent}.{key}` | {} |", cell(why));
    }
}

fn kind(key: &Key) -> &'static str {
    match key.want {
        Want::Text => "string",
        Want::Texts => "array of strings",
        Want::TextMap => "object of strings",
        Want::Object => "object",
        Want::Objects => "array of objects",
    }
}

/// The anchor a heading gets.
fn anchor(path: &str) -> String {
    let kept = path.to_lowercase();
    kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}

/// Text that can stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
