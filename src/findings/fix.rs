//! What mends a finding: edits of the file's text, applied together where they do not overlap.

use super::{Finding, Span};
use serde::Serialize;
use std::collections::BTreeMap;

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, as a command.
    pub title: String,
    /// Whether it can be applied without asking: what the platform makes of the file is the same or as was meant.
    pub safe: bool,
    /// Made together or not at all.
    pub edits: Vec<Edit>,
}

/// Bytes of the file, and what to put there instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The bytes that go.
    #[serde(flatten)]
    pub span: Span,
    /// What comes.
    pub replacement: String,
}

impl Edit {
    /// Puts `replacement` where `span` is.
    pub fn new(span: Span, replacement: impl Into<String>) -> Edit {
        Edit { span, replacement: replacement.into() }
    }

    /// Takes `span` away.
    pub fn delete(span: Span) -> Edit {
        Edit::new(span, "")
    }
}

impl Fix {
    /// A fix that can be applied without asking.
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Fix {
        Fix { title: title.into(), safe: true, edits }
    }

    /// A fix that is probably meant: offered by editors, applied by nobody unasked.
    pub fn probable(title: impl Into<String>, edits: Vec<Edit>) -> Fix {
        Fix { title: title.into(), safe: false, edits }
    }
}

/// A text with fixes in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The new text.
    pub text: String,
    /// How many findings were mended.
    pub applied: usize,
}

/// `text` with the safe fixes of its findings; none when there are none. A fix that overlaps one before it is left for
/// the next round, which sees the new text.
pub fn apply<'a>(text: &str, findings: impl Iterator<Item = &'a Finding>) -> Option<Fixed> {
    let mut accepted: BTreeMap<Span, &str> = BTreeMap::new();
    let mut applied = 0;
    for fix in findings.filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.safe) {
        let mut edits: Vec<&Edit> = fix.edits.iter().collect();
        edits.sort_by_key(|edit| edit.span);
        let exist = edits.iter().all(|edit| text.get(edit.span.start..edit.span.end).is_some());
        // Of edits in order that are apart from their neighbours, all are apart.
        let are_whole = edits.is_sorted_by(|one, next| are_apart(one.span, next.span));
        let fit = |edit: &&Edit| {
            let before = accepted.range(..=edit.span).next_back();
            let mut neighbours = before.into_iter().chain(accepted.range(edit.span..).next());
            neighbours.all(|(other, _)| are_apart(edit.span, *other))
        };
        if !edits.is_empty() && exist && are_whole && edits.iter().all(fit) {
            accepted.extend(edits.into_iter().map(|edit| (edit.span, edit.replacement.as_str())));
            applied += 1;
        }
    }
    if applied == 0 {
        return None;
    }
    let mut fixed = String::with_capacity(text.len());
    let mut at = 0;
    for (span, replacement) in accepted {
        fixed.push_str(text.get(at..span.start).unwrap_or_default());
        fixed.push_str(replacement);
        at = span.end;
    }
    fixed.push_str(text.get(at..).unwrap_or_default());
    (fixed != text).then_some(Fixed { text: fixed, applied })
}

/// Whether two edits can be made together. Two that insert at the same place have no order, so they cannot.
fn are_apart(one: Span, other: Span) -> bool {
    let touches = one.start == other.start && (one.start == one.end || other.start == other.end);
    !touches && (one.end <= other.start || other.end <= one.start)
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    fn finding(edits: &[(usize, usize, &str)], safe: bool) -> Finding {
        let edits = edits.iter().map(|(start, end, text)| Edit::new((*start..*end).into(), *text)).collect();
        let mut finding = Finding::new(Code::WRONG_TYPE, "x");
        finding.fix = Some(Fix { title: "mend it".into(), safe, edits });
        finding
    }

    #[test]
    fn fixes_apart_are_made_together_and_overlapping_ones_are_left() {
        let findings = [
            finding(&[(4, 5, "E")], true),
            finding(&[(0, 1, "A"), (2, 3, "C")], true),
            finding(&[(2, 4, "")], true),
            finding(&[(5, 6, "never")], false),
        ];
        let fixed = apply("abcdef", findings.iter()).unwrap();
        assert_eq!((fixed.text.as_str(), fixed.applied), ("AbCdEf", 2));
    }

    #[test]
    fn a_fix_is_made_whole_or_not_at_all() {
        let overlapping = finding(&[(0, 2, ""), (1, 3, "")], true);
        let beyond = finding(&[(0, 1, ""), (9, 10, "")], true);
        let inside = finding(&[(4, 5, "")], true);
        assert_eq!(apply("abcä", [overlapping, beyond, inside].iter()), None);
    }

    #[test]
    fn a_fix_of_very_many_edits_and_very_many_fixes_are_made_in_one_go() {
        let text = "ab".repeat(100_000);
        let edits: Vec<(usize, usize, &str)> =
            (0..100_000).rev().map(|at| (at * 2, at * 2 + 1, "")).collect();
        let one = [finding(&edits, true)];
        let many: Vec<Finding> = edits.iter().map(|edit| finding(&[*edit], true)).collect();
        assert_eq!(apply(&text, one.iter()).unwrap().applied, 1);
        let fixed = apply(&text, many.iter().chain(&one)).unwrap();
        assert_eq!((fixed.text, fixed.applied), ("b".repeat(100_000), 100_000));
    }

    #[test]
    fn two_insertions_at_one_place_are_not_made_together() {
        let findings = [finding(&[(1, 1, "x")], true), finding(&[(1, 1, "y")], true)];
        assert_eq!(apply("ab", findings.iter()).unwrap().text, "axb");
    }
}
