//! What a check says: findings are data, all of them at once, sorted, each with a stable code, a place, and where it is
//! safe a fix. The rest of the folder says them: text, SARIF, JUnit, GitHub annotations.

mod baseline;
mod code;
mod codes;
mod explain;
mod fix;
pub mod github;
pub mod junit;
mod near;
mod place;
mod policy;
mod ruler;
pub mod sarif;
pub mod text;

pub use baseline::{Baseline, Known};
pub use code::{Code, Example, ExampleKind, Rule};
pub use explain::{ExplainedExample, Explanation};
pub use fix::{Edit, Fix, Fixed, apply};
pub use near::nearest;
pub use place::{Excerpt, Span, Text};
pub use policy::Policy;
pub use ruler::{Ruler, Unit};

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The platform would refuse it, or it would never work.
    Error,
    /// It works, and probably not as meant.
    Warning,
}

impl Severity {
    /// The word that stands in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What was found and what was wanted; one line.
    pub message: String,
    /// The file, relative to the project, or the bundle's entry.
    pub file: Option<String>,
    /// Counted from 1.
    pub line: Option<usize>,
    /// Counted from 1, in characters.
    pub column: Option<usize>,
    /// The line it ends in.
    pub end_line: Option<usize>,
    /// The column after the last character that is meant.
    pub end_column: Option<usize>,
    /// The bytes of the file that are meant.
    pub span: Option<Span>,
    /// What to do.
    pub help: Option<String>,
    /// What would mend it.
    pub fix: Option<Fix>,
    /// The line it is about, for people.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

impl Finding {
    /// A finding of this rule, as bad as the rule says, without a place.
    pub fn new(code: Code, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity: code.severity(),
            message: message.into(),
            file: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            span: None,
            help: None,
            fix: None,
            excerpt: None,
        }
    }

    /// About this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Finding {
        self.file = Some(file.into());
        self
    }

    /// At the bytes `start..end` of `text`, which is the file's.
    #[must_use]
    pub fn within(mut self, text: &Text, start: usize, end: usize) -> Finding {
        let (first, last) = (text.place(start), text.place(end.max(start)));
        (self.line, self.column) = (Some(first.line), Some(first.column));
        (self.end_line, self.end_column) = (Some(last.line), Some(last.column));
        self.span = Some(text.span(start..end));
        self.excerpt = Some(text.excerpt(start, end));
        self
    }

    /// With what to do about it; blank when there is nothing to say.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        let help = help.into();
        self.help = (!help.is_empty()).then_some(help);
        self
    }

    /// With what would mend it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Finding {
        self.fix = Some(fix);
        self
    }

    /// Whether `--fix` mends it.
    pub fn is_fixable(&self) -> bool {
        self.fix.as_ref().is_some_and(|fix| fix.safe)
    }
}

/// All findings of one check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// In order of file, place and code.
    pub findings: Vec<Finding>,
    /// How many are errors.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are not told because they are allowed.
    pub allowed: usize,
    /// How many are not told because the baseline has them.
    pub known: usize,
    /// How many the baseline has that are gone.
    pub gone: usize,
}

impl Findings {
    /// Sorts and counts.
    pub fn new(mut findings: Vec<Finding>) -> Findings {
        findings.sort_by(|a, b| {
            (&a.file, a.line, a.column, a.code, &a.message)
                .cmp(&(&b.file, b.line, b.column, b.code, &b.message))
        });
        findings.dedup();
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let warnings = findings.len() - errors;
        Findings { findings, errors, warnings, allowed: 0, known: 0, gone: 0 }
    }

    /// The same with more of them.
    #[must_use]
    pub fn with(self, more: Vec<Finding>) -> Findings {
        if more.is_empty() {
            return self;
        }
        let (allowed, known, gone) = (self.allowed, self.known, self.gone);
        Findings { allowed, known, gone, ..Findings::new(self.findings.into_iter().chain(more).collect()) }
    }

    /// `2 errors, 1 warning`, or `no findings`; then how many are not told.
    pub fn summary(&self) -> String {
        let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let mut parts = Vec::new();
        for (number, word) in [(self.errors, "error"), (self.warnings, "warning")] {
            if number > 0 {
                parts.push(count(number, word));
            }
        }
        if parts.is_empty() {
            parts.push("no findings".into());
        }
        let untold = [
            (self.allowed, "allowed"),
            (self.known, "in the baseline"),
            (self.gone, "gone from the baseline"),
        ];
        for (number, word) in untold {
            if number > 0 {
                parts.push(format!("{number} {word}"));
            }
        }
        parts.join(", ")
    }
}
