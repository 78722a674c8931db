//! What is said at the cursor: what the findings there mean, and what the key or value is for.

use super::document::At;
use super::place::{Place, Role, Step, json as json_place, yaml};
use super::position::{Lines, Range};
use super::words::{Spot, Words};
use super::{Document, Kind, Server};
use crate::findings::{Explanation, Finding};
use crate::manifest::Capability;
use serde_json::{Value, json};

impl Server {
    /// The text for a place; null where there is nothing to say.
    pub(super) fn hover(&mut self, at: &At) -> Value {
        let uri = &at.text_document.uri;
        let found = self.findings_of(uri);
        let Some(document) = self.documents.get(uri) else { return Value::Null };
        let here = Range { start: at.position, end: at.position };
        let mut said: Vec<String> = Vec::new();
        let mut range = None;
        for (place, finding) in found.iter().filter(|(place, _)| place.touches(here)) {
            range.get_or_insert(*place);
            said.push(explained(finding));
        }
        let lines = Lines::new(&document.text, self.client.encoding);
        let place = place(document, lines.byte(at.position)).filter(|place| !place.word.is_empty());
        if let Some(place) = place
            && let Some(text) = described(&place, document.kind, self.words(document.kind))
        {
            range.get_or_insert(lines.range(place.word));
            said.push(text);
        }
        let Some(range) = range else { return Value::Null };
        let (kind, value) = if self.client.plain_hover {
            ("plaintext", said.join("\n\n").replace("**", "").replace('`', ""))
        } else {
            ("markdown", said.join("\n\n---\n\n"))
        };
        json!({ "contents": { "kind": kind, "value": value }, "range": range })
    }
}

/// What stands at a byte of the document.
pub(super) fn place(document: &Document, byte: usize) -> Option<Place> {
    match document.kind {
        Kind::Manifest => json_place(&document.text, byte),
        Kind::Config => yaml(&document.text, byte),
    }
}

/// What a finding means.
fn explained(finding: &Finding) -> String {
    let explanation = Explanation::of(finding.code);
    let basis = match explanation.platform {
        "alga-ext" => String::new(),
        sections => format!(" ({sections})"),
    };
    let (severity, code) = (explanation.severity.as_str(), finding.code);
    let mended = match explanation.example.file {
        Some(_) => format!("Mended, for example:\n\n```\n{}\n```", explanation.example.mended),
        None => format!("Mended, for example: {}", explanation.example.mended),
    };
    let summary = explanation.summary;
    format!("**{severity}[{code}]**: {summary}\n\n{}{basis}\n\n{mended}", explanation.explanation)
}

/// What the key or value is for.
fn described(place: &Place, kind: Kind, words: &Words) -> Option<String> {
    let mut path = place.path.clone();
    if place.role == Role::Key {
        path.push(Step::Key(place.text.clone()));
    }
    let spot = words.at(&path);
    let capability = capability(kind, &path, &place.text);
    let description = spot.description().map(str::to_owned).or_else(|| {
        // What is said of a list is said of its items.
        let list = path.split_last().filter(|(last, _)| **last == Step::Item).map(|(_, list)| list)?;
        words.at(list).description().map(str::to_owned)
    })?;
    let facts = [capability, Some(description), values(&spot)];
    let text: Vec<String> = facts.into_iter().flatten().collect();
    Some(format!("**{}**\n\n{}", super::place::shown(&path), text.join("\n\n")))
}

/// The values that are known, and the one that counts unsaid.
fn values(spot: &Spot) -> Option<String> {
    let known: Vec<String> = spot.values().iter().map(|(value, _)| format!("`{}`", bare(value))).collect();
    let mut said = Vec::new();
    if known.len() > 1 && known.len() <= 8 {
        said.push(format!("For example {}", known.join(", ")));
    }
    if let Some(default) = spot.default().filter(|value| !value.is_object()) {
        said.push(format!("`{}` when absent", bare(default)));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// A value without a string's quotes.
pub(super) fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a capability opens.
fn capability(kind: Kind, path: &[Step], text: &str) -> Option<String> {
    let is_list = match kind {
        Kind::Manifest => super::place::shown(path) == "capabilities[]",
        Kind::Config => super::place::shown(path) == "grants[]",
    };
    let capability = Capability::named(text).filter(|_| is_list)?;
    Some(format!("`{capability}` {}", opens(capability)))
}

/// Which interfaces it opens, and whether everyone has it.
pub(super) fn opens(capability: Capability) -> String {
    let interfaces: Vec<String> = capability.interfaces().iter().map(|name| format!("`{name}`")).collect();
    let always = if capability.is_default() { "; granted to everyone, it need not be named" } else { "" };
    format!("opens {}{always}", interfaces.join(" and "))
}
