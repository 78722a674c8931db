//! The findings of one text as they are collected: each with its place.

use crate::findings::{Code, Finding};
use crate::manifest::source::{Member, Node};

/// More findings than anyone reads; the rest of a hostile file is left out.
pub(super) const MOST: usize = 1000;

/// Collects what is said about one text.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    text: &'a str,
    file: &'a str,
    /// So far.
    pub(super) findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    /// For this text, which stands in `file`.
    pub(super) fn new(text: &'a str, file: &'a str) -> Judge<'a> {
        Judge { text, file, findings: Vec::new() }
    }

    /// Adds a finding about the bytes `start..end`.
    pub(super) fn add(&mut self, start: usize, end: usize, finding: Finding) {
        if self.findings.len() < MOST {
            self.findings.push(finding.in_file(self.file).within(self.text, start, end));
        } else if self.findings.len() == MOST {
            let message = format!("more than {MOST} findings; the rest is left out");
            self.findings.push(Finding::new(Code::FindingsLimit, message).in_file(self.file));
        }
    }

    /// Adds a finding about a value.
    pub(super) fn value(
        &mut self,
        node: &Node,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(node.start, node.end, with_help(code, message, help));
    }

    /// Adds a finding about a key.
    pub(super) fn key(
        &mut self,
        member: &Member,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(member.start, member.end, with_help(code, message, help));
    }
}

/// A finding with its help, when there is any.
pub(super) fn with_help(code: Code, message: impl Into<String>, help: impl Into<String>) -> Finding {
    let (finding, help) = (Finding::new(code, message), help.into());
    if help.is_empty() { finding } else { finding.help(help) }
}
