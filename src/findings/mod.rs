//! What a check says: findings are data, all of them at once, sorted, each with a stable code.

mod code;
mod text;

pub use code::Code;

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    /// What to do.
    pub help: Option<String>,
    /// The line it is about, for people.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

/// A line of the judged text, or the part of a long one that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What stands there, without a line end.
    pub text: String,
    /// Characters of `text` before the place.
    pub before: usize,
    /// Characters that are meant; at least 1.
    pub width: usize,
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
            help: None,
            excerpt: None,
        }
    }

    /// About this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Finding {
        self.file = Some(file.into());
        self
    }

    /// At this line and column, both counted from 1.
    #[must_use]
    pub fn at(mut self, line: usize, column: usize) -> Finding {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }

    /// At the bytes `start..end` of `text`, which is the file's.
    #[must_use]
    pub fn within(mut self, text: &str, start: usize, end: usize) -> Finding {
        let (line, column, excerpt) = text::locate(text, start, end);
        (self.line, self.column, self.excerpt) = (Some(line), Some(column), Some(excerpt));
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
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
        Findings { findings, errors, warnings }
    }

    /// `2 errors, 1 warning`, or `no findings`.
    pub fn summary(&self) -> String {
        let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        match (self.errors, self.warnings) {
            (0, 0) => "no findings".into(),
            (errors, 0) => count(errors, "error"),
            (0, warnings) => count(warnings, "warning"),
            (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        }
    }
}
