//! How findings are printed: for people, as JSON, SARIF, JUnit XML or annotations.

use crate::cli::{self, Format};
use crate::commands::Session;
use crate::error::Error;
use crate::findings::{Findings, github, junit, sarif, text};
use crate::output::Output;
use crate::validate::{Mended, MendedFile, Subject};
use serde::Serialize;

/// Where findings go, and how.
pub(super) struct Printer<'a> {
    output: &'a Output,
    format: Format,
    /// What leads from the current directory to the files that findings name.
    base: String,
}

/// What `--fix` prints as JSON.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    findings: &'a Findings,
    mended: &'a [MendedFile],
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
            Subject::Manifest { .. } | Subject::Component { .. } => String::new(),
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

    /// What was mended, and what is left.
    pub(super) fn mended(&self, mended: &Mended) -> Result<(), Error> {
        let document = Document { findings: &mended.left, mended: &mended.files };
        self.output.data(&document, || self.text(&mended.left))?;
        for file in &mended.files {
            self.output.detail(&format!("{}: {}", file.file, count(file.applied, "finding")));
        }
        if mended.files.is_empty() {
            self.output.say(&format!("nothing to mend; {}", mended.left.summary()));
        } else {
            self.output.say(&format!("mended {}; {}", amount(mended), mended.left.summary()));
        }
        Ok(())
    }

    /// What would be mended, as a diff.
    pub(super) fn proposal(&self, mended: &Mended) -> Result<(), Error> {
        let document = Document { findings: &mended.left, mended: &mended.files };
        self.output.data(&document, || match self.format {
            Format::Human => {
                let diffs: String = mended.files.iter().map(|file| file.diff.as_str()).collect();
                diffs.trim_end_matches('\n').to_owned()
            }
            _ => self.text(&mended.left),
        })?;
        if mended.files.is_empty() {
            self.output.say(&format!("nothing to mend; {}", mended.left.summary()));
        } else {
            let left = mended.left.summary();
            self.output.say(&format!("`--fix` mends {}, then: {left}; nothing is written", amount(mended)));
        }
        Ok(())
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

fn amount(mended: &Mended) -> String {
    format!("{} in {}", count(mended.applied(), "finding"), count(mended.files.len(), "file"))
}

fn count(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
