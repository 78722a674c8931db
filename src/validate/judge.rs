//! The findings of one text as they are collected: each with its place, and what mends it.

use crate::findings::{Code, Edit, Finding, Fix, Span, Text};
use crate::manifest::source::{Member, Node};
use std::ops::Range;

/// More findings than anyone reads; the rest of a hostile file is left out.
pub(super) const MOST: usize = 1000;

/// Collects what is said about one text.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    text: Text<'a>,
    file: &'a str,
    /// So far.
    pub(super) findings: Vec<Finding>,
}

/// A finding that was added; none when there are too many. What mends it can follow.
#[derive(Debug)]
pub(super) struct Added<'a>(Option<&'a mut Finding>);

impl Added<'_> {
    /// With a fix; a value, so that a rule writes `judge.value(…).fix(judge…)` as one sentence.
    pub(super) fn fix(self, fix: Fix) {
        if let Some(finding) = self.0 {
            finding.fix = Some(fix);
        }
    }

    /// With a fix that some findings of the rule have.
    pub(super) fn maybe(self, fix: Option<Fix>) {
        if let Some(fix) = fix {
            self.fix(fix);
        }
    }
}

impl<'a> Judge<'a> {
    /// For this file's text.
    pub(super) fn new(text: &'a str, file: &'a str) -> Judge<'a> {
        Judge { text: Text::new(text), file, findings: Vec::new() }
    }

    /// Adds a finding about the bytes `start..end` of the text, which a byte order mark is no part of.
    pub(super) fn add(&mut self, start: usize, end: usize, finding: Finding) -> Added<'_> {
        if self.findings.len() < MOST {
            self.findings.push(finding.in_file(self.file).within(&self.text, start, end));
            return Added(self.findings.last_mut());
        }
        if self.findings.len() == MOST {
            let message = format!("more than {MOST} findings; the rest is left out");
            self.findings.push(Finding::new(Code::FINDINGS_LIMIT, message).in_file(self.file));
        }
        Added(None)
    }

    /// Whether nothing more is told: what it would be need not be found out.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() > MOST
    }

    /// Adds a finding about a value.
    pub(super) fn value(
        &mut self,
        node: &Node,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Added<'_> {
        self.add(node.start, node.end, with_help(code, message, help))
    }

    /// Adds a finding about a key.
    pub(super) fn key(
        &mut self,
        member: &Member,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Added<'_> {
        self.add(member.start, member.end, with_help(code, message, help))
    }

    /// Bytes of the text as bytes of the file, for edits.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        self.text.span(range)
    }

    /// What stands between two places of the text.
    pub(super) fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.as_str().get(start..end).unwrap_or_default()
    }

    /// The edit that writes a JSON string where `node` is.
    pub(super) fn write(&self, node: &Node, text: &str) -> Edit {
        Edit::new(self.span(node.start..node.end), serde_json::Value::from(text).to_string())
    }

    /// The fix that writes a JSON string where `node` is: what the platform makes of it is the same, or as was meant.
    pub(super) fn rewrite(&self, node: &Node, text: &str) -> Fix {
        Fix::safe(format!("write `{text}`"), vec![self.write(node, text)])
    }

    /// The same where it is only what was probably meant.
    pub(super) fn suggest(&self, node: &Node, text: &str) -> Fix {
        Fix::probable(format!("write `{text}`"), vec![self.write(node, text)])
    }

    /// The edit that takes item or member `index` of `node` away.
    pub(super) fn without(&self, node: &Node, index: usize) -> Edit {
        Edit::delete(self.span(node.without(index)))
    }
}

/// A finding with its help, when there is any.
pub(super) fn with_help(code: Code, message: impl Into<String>, help: impl Into<String>) -> Finding {
    Finding::new(code, message).help(help)
}
