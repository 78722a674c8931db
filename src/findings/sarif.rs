//! Findings as SARIF 2.1.0, which code scanning and editors read.

use super::place::under;
use super::{Code, ExampleKind, Finding, Findings, Fix, Severity};
use crate::plain::plain;
use serde_json::{Map, Value, json};

/// The document. `base` stands before each file's name: what leads from where the reader is to the project.
pub fn render(findings: &Findings, base: &str) -> Value {
    let mut codes: Vec<Code> = findings.findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> = findings.findings.iter().map(|finding| result(finding, &codes, base)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "alga-ext",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<Value>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn rule(code: Code) -> Value {
    let example = code.example();
    let markdown = match example.kind {
        ExampleKind::Words => format!("For example: {}\n\nMended: {}", example.wrong, example.mended),
        _ => format!(
            "For example:\n\n```\n{}\n```\n\nMended:\n\n```\n{}\n```",
            example.wrong.trim_start_matches('\u{feff}'),
            example.mended
        ),
    };
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.summary() },
        "fullDescription": { "text": code.explanation() },
        "help": { "text": code.explanation(), "markdown": format!("{}\n\n{markdown}", code.explanation()) },
        "defaultConfiguration": { "level": level(code.severity()) },
        "properties": { "platform": code.platform() },
    })
}

fn result(finding: &Finding, codes: &[Code], base: &str) -> Value {
    let mut result = Map::new();
    result.insert("ruleId".into(), finding.code.as_str().into());
    if let Ok(index) = codes.binary_search(&finding.code) {
        result.insert("ruleIndex".into(), index.into());
    }
    result.insert("level".into(), level(finding.severity).into());
    result.insert("message".into(), json!({ "text": finding.said() }));
    if let Some(file) = &finding.file {
        let artifact = json!({ "uri": uri(&under(base, file)) });
        let mut physical = Map::from_iter([("artifactLocation".to_owned(), artifact.clone())]);
        if let Some(region) = region(finding) {
            physical.insert("region".into(), region);
        }
        result.insert("locations".into(), json!([{ "physicalLocation": physical }]));
        if let Some(fix) = &finding.fix {
            result.insert("fixes".into(), json!([fixed(fix, &artifact)]));
        }
    }
    Value::Object(result)
}

fn region(finding: &Finding) -> Option<Value> {
    let mut region = Map::new();
    region.insert("startLine".into(), finding.line?.into());
    region.insert("startColumn".into(), finding.column?.into());
    if let (Some(line), Some(column)) = (finding.end_line, finding.end_column) {
        region.insert("endLine".into(), line.into());
        region.insert("endColumn".into(), column.into());
    }
    if let Some(span) = finding.span {
        region.insert("byteOffset".into(), span.start.into());
        region.insert("byteLength".into(), (span.end - span.start).into());
    }
    Some(Value::Object(region))
}

fn fixed(fix: &Fix, artifact: &Value) -> Value {
    let replacement = |edit: &super::Edit| {
        let mut replacement = Map::new();
        let length = edit.span.end - edit.span.start;
        let region = json!({ "byteOffset": edit.span.start, "byteLength": length });
        replacement.insert("deletedRegion".into(), region);
        if !edit.replacement.is_empty() {
            replacement.insert("insertedContent".into(), json!({ "text": edit.replacement }));
        }
        Value::Object(replacement)
    };
    let replacements: Vec<Value> = fix.edits.iter().map(replacement).collect();
    json!({
        "description": { "text": plain(&fix.title) },
        "artifactChanges": [{ "artifactLocation": artifact, "replacements": replacements }],
    })
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(byte.into());
            }
            byte => {
                use std::fmt::Write;
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("ui/ä b:c.html"), "ui/%C3%A4%20b%3Ac.html");
    }
}
