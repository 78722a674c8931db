//! How findings are printed: for people, as JSON, SARIF, JUnit XML or annotations.

mod mended;

use crate::cli::{self, Format};
use crate::commands::Session;
use crate::error::Error;
use crate::findings::{Findings, github, junit, sarif, text};
use crate::output::Output;
use crate::validate::Subject;
use std::path::Path;

/// Where findings go, and how.
pub(super) struct Printer<'a> {
    output: &'a Output,
    format: Format,
    /// What leads from the repository of a GitHub workflow, else from the current directory, to the files that findings
    /// name.
    base: String,
}

impl<'a> Printer<'a> {
    pub(super) fn new(arguments: &cli::Validate, subject: &Subject, session: &'a Session) -> Printer<'a> {
        let in_workflow = arguments.github_actions.as_deref() == Some("true");
        let default = if in_workflow { Format::Github } else { Format::Human };
        let base = base(subject, arguments.github_workspace.as_deref(), &session.directory);
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

/// Where the files that findings name are, seen from the workspace when it holds the current directory, else from there.
fn base(subject: &Subject, workspace: Option<&Path>, directory: &Path) -> String {
    let workspace = workspace.and_then(|workspace| fs_err::canonicalize(workspace).ok());
    let here = fs_err::canonicalize(directory).unwrap_or_else(|_| directory.to_path_buf());
    let below = workspace.as_deref().and_then(|workspace| here.strip_prefix(workspace).ok());
    let path = match subject {
        Subject::Project(root) | Subject::Bundle(root) => match (root.strip_prefix(directory), &workspace) {
            (Ok(path), _) => below.unwrap_or(Path::new("")).join(path),
            (Err(_), Some(workspace)) => root.strip_prefix(workspace).unwrap_or(root).to_path_buf(),
            (Err(_), None) => root.clone(),
        },
        // Their names are as they were given.
        Subject::Manifest { .. } | Subject::Config { .. } | Subject::Component { .. } => {
            below.unwrap_or(Path::new("")).to_path_buf()
        }
    };
    let path = path.to_string_lossy().replace('\\', "/");
    if path.is_empty() { path } else { format!("{path}/") }
}
