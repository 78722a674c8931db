//! Whether what was uploaded may be published: an archive that can be run, with a manifest the platform takes.

use super::refusal::Refusal;
use crate::bundle::{Container, MANIFEST, Spooled};
use crate::findings::{Finding, Findings, Severity};
use crate::manifest::Manifest;
use crate::manifest::source::{self, Kind, Node};
use crate::registry::wire::Issue;
use crate::validate;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::io::{self, Read, Seek};

/// The largest manifest that is taken: more than the rules read is not judged.
const LARGEST_MANIFEST: u64 = source::MAX_BYTES as u64;
/// The most issues one answer lists.
const MOST_ISSUES: usize = 100;

/// Reads the archive and judges the manifest inside it; `claimed` is the `manifestJson` of the call, if any.
pub(super) fn judge(archive: impl Read + Seek, claimed: Option<&str>) -> Result<Manifest, Refusal> {
    let refuse = |code, message: String| Refusal::new(StatusCode::BAD_REQUEST, code, message);
    let bundle = Spooled::read(archive).map_err(|error| {
        refuse("MANIFEST_EXTRACTION_FAILED", format!("the archive cannot be read: {error}"))
    })?;
    let container = bundle.container();
    if container != Container::TarZst {
        let message = format!("the archive is a {container}, and the platform runs tar.zst");
        return Err(refuse("MANIFEST_EXTRACTION_FAILED", message));
    }
    let unread = |error: io::Error| Refusal::failed("INTERNAL_ERROR", error);
    let Some(text) = bundle.head(MANIFEST, LARGEST_MANIFEST + 1).map_err(unread)? else {
        return Err(refuse("MANIFEST_NOT_FOUND", "the archive has no manifest.json at its root".into()));
    };
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LARGEST_MANIFEST {
        return Err(invalid(&[issue("$", &format!("is larger than {LARGEST_MANIFEST} bytes"))]));
    }
    let text = String::from_utf8_lossy(&text);
    let mut issues = issues(&validate::spooled(&bundle).map_err(unread)?, &text);
    let manifest = Manifest::parse(&text);
    if let Ok(Manifest { publisher: None, .. }) = &manifest
        && !issues.iter().any(|issue| issue.path == "publisher")
    {
        issues.push(issue("publisher", "is missing: this registry binds a name to its publisher"));
    }
    if let Some(claimed) = claimed.filter(|claimed| !claimed.trim().is_empty()) {
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        if value(claimed).is_none() || value(claimed) != value(text.trim_start_matches('\u{feff}')) {
            issues.push(issue("$", "`manifestJson` is not the manifest inside the bundle"));
        }
    }
    match manifest {
        Ok(manifest) if issues.is_empty() => Ok(manifest),
        Err(error) if issues.is_empty() => Err(invalid(&[issue("$", &error.to_string())])),
        _ => Err(invalid(&issues)),
    }
}

fn issue(path: &str, message: &str) -> Issue {
    Issue { path: path.to_owned(), message: message.to_owned() }
}

fn invalid(issues: &[Issue]) -> Refusal {
    let message = match issues {
        [one] => format!("the manifest is not valid: `{}`: {}", one.path, one.message),
        all => format!("the manifest is not valid: {} issues", all.len()),
    };
    Refusal::new(StatusCode::BAD_REQUEST, "INVALID_MANIFEST", message).details(json!({ "issues": issues }))
}

/// The errors of the rules, in the platform's shape: a path and what is wrong there (contract/registry.md §1.1).
fn issues(findings: &Findings, text: &str) -> Vec<Issue> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = source::read(body).ok();
    let errors = findings.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors
        .take(MOST_ISSUES)
        .map(|finding| issue(&place(finding, body, tree.as_ref()), &finding.message))
        .collect()
}

/// Where a finding is: a member of the manifest, or the file it is about.
fn place(finding: &Finding, text: &str, tree: Option<&Node>) -> String {
    match (finding.file.as_deref(), finding.line, finding.column, tree) {
        (Some(MANIFEST), Some(line), Some(column), Some(tree)) => {
            offset(text, line, column).map_or_else(|| "$".to_owned(), |offset| member(tree, offset))
        }
        (Some(MANIFEST) | None, ..) => "$".to_owned(),
        (Some(file), ..) => file.to_owned(),
    }
}

/// The byte at a line and column, both counted from 1, the column in characters.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let (within, _) = text.get(start..)?.char_indices().nth(column.checked_sub(1)?)?;
    Some(start + within)
}

/// The dotted path, with `[i]` indexes, of the innermost member around a byte; `$` is the whole.
fn member(tree: &Node, offset: usize) -> String {
    let mut path = String::new();
    let mut node = tree;
    loop {
        let inner = match &node.kind {
            Kind::Object(members) => {
                let around = members.iter().find(|member| (member.start..member.value.end).contains(&offset));
                around.map(|member| {
                    let dot = if path.is_empty() { "" } else { "." };
                    (format!("{dot}{}", member.key), &member.value)
                })
            }
            Kind::Array(items) => {
                let mut items = items.iter().enumerate();
                let around = items.find(|(_, item)| (item.start..item.end).contains(&offset));
                around.map(|(index, item)| (format!("[{index}]"), item))
            }
            _ => None,
        };
        match inner {
            Some((step, inner)) => {
                path.push_str(&step);
                node = inner;
            }
            None if path.is_empty() => return "$".to_owned(),
            None => return path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_becomes_a_path() {
        let text = "{\n  \"api\": {\"endpoints\": [{}, {\"path\": \"é x\"}]},\n  \"version\": 5\n}";
        let tree = source::read(text).unwrap();
        for (line, column, path) in [
            (1, 1, "$"),
            (2, 3, "api"),
            (2, 26, "api.endpoints[0]"),
            (2, 40, "api.endpoints[1].path"),
            (3, 14, "version"),
        ] {
            assert_eq!(member(&tree, offset(text, line, column).unwrap()), path, "{line}:{column}");
        }
        assert_eq!((offset(text, 9, 1), offset(text, 1, 99)), (None, None));
    }
}
