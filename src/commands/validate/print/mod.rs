//! How findings are printed: for people, as JSON, SARIF, JUnit XML or annotations.

mod mended;

use crate::cli::{self, Format};
use crate::commands::Session;
use crate::error::Error;
use crate::findings::{Findings, github, junit, sarif, text};
use crate::output::Output;
use crate::validate::Subject;

/// Where findings go, and how.
pub(super) struct Printer<'a> {
    output: &'a Output,
    format: Format,
    /// What leads from the current directory to the files that findings name.
    base: String,
}

impl<'a> Printer<'a> {
    pub(super) fn new(arguments: &cli::Validate, subject: &Subject, session: &'a Session) -> Printer<'a> {
        let in_workflow = arguments.github_actions.as_deref() == Some("true");
        let default = if in_workflow { Format::Github } else { Format::Human };
        let base = match subject {
            Subject::Project(root) | Subject::Bundle(root) => {
                let path = root.strip_prefix(&session.directory).unwrap_or(root);
                let path = path.to_string_lossy().replace('\\', "/");
                if path.is_empty() { path } else { format!("{path}/") }
            }
            Subject::Manifest { .. } | Subject::Config { .. } | Subject::Component { .. } => String::new(),
        };
        Printer { output: &session.output, format: session.output.format().unwrap_or(default), base }
    }

    /// The findings, and their count as talk.
    pub(super) fn findings(&self, findings: &Findings) -> Result<(), Error> {
        self.output.data(findings, || self.text(findings))?;
        let fixable = findings.findings.iter().filter(|finding| finding.is_fixable()).count();
        let fixes = match fixable {
            0 => String::new(),
            count => format!("; `--fix` mends {count}"),
        };
        self.output.say(&format!("{}{fixes}", findings.summary()));
        Ok(())
    }

    /// The findings as one of many judgements.
    pub(super) fn again(&self, findings: &Findings) -> Result<(), Error> {
        if self.output.is_json() {
            return self.output.event(findings, String::new);
        }
        self.findings(findings)
    }

    /// Whether judgement can follow judgement in this format.
    pub(super) fn can_repeat(&self) -> bool {
        matches!(self.format, Format::Human | Format::Json)
    }

    fn text(&self, findings: &Findings) -> String {
        match self.format {
            Format::Human | Format::Json => {
                let style =
                    text::Style { color: self.output.colors_data(), notes: self.output.verbosity() > 0 };
                text::render(findings, style)
            }
            Format::Sarif => format!("{:#}", sarif::render(findings, &self.base)),
            Format::Junit => junit::render(findings),
            Format::Github => github::render(findings, &self.base),
        }
    }
}
