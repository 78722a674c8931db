//! Quick fixes: a finding's own fix, what it means, and all that can be mended without asking.

use super::diagnostics::said;
use super::document::Named;
use super::position::{Lines, Range};
use super::{Document, EXPLAIN, Server};
use crate::findings::{self, Edit, Finding};
use serde::Deserialize;
use serde_json::{Value, json};

/// The kind of a quick fix.
pub(super) const FIX: &str = "quickfix";
/// The kind of the one that mends everything; editors can run it on saving.
pub(super) const FIX_ALL: &str = "source.fixAll.alga-ext";

/// `textDocument/codeAction`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    text_document: Named,
    range: Range,
    #[serde(default)]
    context: Context,
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    only: Option<Vec<String>>,
}

impl Context {
    /// Whether a kind is asked for, by itself or by one above it.
    fn wants(&self, kind: &str) -> bool {
        let covers = |wanted: &String| {
            let rest = kind.strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| wanted.is_empty() || rest.is_empty() || rest.starts_with('.'))
        };
        self.only.as_ref().is_none_or(|only| only.iter().any(covers))
    }
}

impl Server {
    /// The actions for a range.
    pub(super) fn actions(&mut self, wanted: &Wanted) -> Value {
        let uri = &wanted.text_document.uri;
        let found = self.findings_of(uri);
        let Some(document) = self.documents.get(uri) else { return Value::Null };
        let lines = Lines::new(&document.text, self.client.encoding);
        let mut actions = Vec::new();
        if wanted.context.wants(FIX) {
            let here = || found.iter().filter(|(range, _)| range.touches(wanted.range));
            for (range, finding) in here() {
                let Some(fix) = &finding.fix else { continue };
                actions.push(json!({
                    "title": fix.title,
                    "kind": FIX,
                    "diagnostics": [said(finding, *range)],
                    "isPreferred": fix.safe,
                    "edit": self.edit(uri, document, edits(&fix.edits, &lines)),
                }));
            }
            let mut codes: Vec<_> = here().map(|(_, finding)| finding.code).collect();
            codes.sort_unstable();
            codes.dedup();
            for code in codes {
                let title = format!("explain `{code}`");
                let command = json!({ "title": title, "command": EXPLAIN, "arguments": [code] });
                actions.push(json!({ "title": title, "kind": FIX, "command": command }));
            }
        }
        if wanted.context.wants(FIX_ALL) {
            actions.extend(self.fix_all(uri, document, &lines, &found));
        }
        Value::Array(actions)
    }

    /// Everything that can be mended without asking, as one edit; none when there is nothing.
    fn fix_all(
        &self,
        uri: &str,
        document: &Document,
        lines: &Lines,
        found: &[(Range, Finding)],
    ) -> Option<Value> {
        let fixed = findings::apply(&document.text, found.iter().map(|(_, finding)| finding))?;
        let title = match fixed.applied {
            1 => "mend 1 finding".to_owned(),
            count => format!("mend {count} findings"),
        };
        let edits = vec![replace(&document.text, &fixed.text, lines)];
        Some(json!({ "title": title, "kind": FIX_ALL, "edit": self.edit(uri, document, edits) }))
    }

    /// Edits of one document: with its version where the client can tell by it that the document has moved on.
    fn edit(&self, uri: &str, document: &Document, edits: Vec<Value>) -> Value {
        if self.client.versioned_edits {
            let named = json!({ "uri": uri, "version": document.version });
            return json!({ "documentChanges": [{ "textDocument": named, "edits": edits }] });
        }
        let changes = serde_json::Map::from_iter([(uri.to_owned(), Value::Array(edits))]);
        json!({ "changes": changes })
    }
}

fn edits(edits: &[Edit], lines: &Lines) -> Vec<Value> {
    let edit = |edit: &Edit| json!({ "range": lines.range(edit.span.start..edit.span.end), "newText": edit.replacement });
    edits.iter().map(edit).collect()
}

/// The one edit that makes `after` of `before`, and leaves alone what begins and ends alike.
fn replace(before: &str, after: &str, lines: &Lines) -> Value {
    let pairs = before.char_indices().zip(after.chars());
    let start = pairs.take_while(|((_, old), new)| old == new).last();
    let start = start.map_or(0, |((index, letter), _)| index + letter.len_utf8());
    let rest = |text: &'_ str| text.get(start..).map(str::len).unwrap_or_default();
    let most = rest(before).min(rest(after));
    let mut same = 0;
    for (old, new) in before.chars().rev().zip(after.chars().rev()) {
        if old != new || same + old.len_utf8() > most {
            break;
        }
        same += old.len_utf8();
    }
    let new = after.get(start..after.len() - same).unwrap_or_default();
    json!({ "range": lines.range(start..before.len() - same), "newText": new })
}

#[cfg(test)]
mod tests {
    use super::super::position::Encoding;
    use super::*;

    #[test]
    fn a_kind_is_wanted_by_itself_or_by_one_above_it() {
        let context = |only: &[&str]| Context { only: Some(only.iter().map(ToString::to_string).collect()) };
        assert!(Context::default().wants(FIX) && context(&[""]).wants(FIX));
        assert!(context(&["source.fixAll"]).wants(FIX_ALL) && context(&["source"]).wants(FIX_ALL));
        assert!(!context(&["source.fix"]).wants(FIX_ALL) && !context(&["refactor"]).wants(FIX));
    }

    #[test]
    fn one_edit_leaves_alone_what_begins_and_ends_alike() {
        for (before, after) in
            [("aXb", "aYYb"), ("aa", "a"), ("a", "aa"), ("ää", "äöä"), ("", "x"), ("xyx", "x")]
        {
            let edit = replace(before, after, &Lines::new(before, Encoding::Utf8));
            let at = |end: &str| usize::try_from(edit["range"][end]["character"].as_u64().unwrap()).unwrap();
            let mut text = before.to_owned();
            text.replace_range(at("start")..at("end"), edit["newText"].as_str().unwrap());
            assert_eq!(text, after, "{edit}");
        }
    }
}
