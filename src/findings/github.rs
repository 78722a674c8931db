//! Findings as GitHub workflow commands, which annotate the changed lines of a pull request.

use super::place::under;
use super::{Finding, Findings, Severity};
use crate::plain::plain;
use std::fmt::Write;

/// One command a line, without a last newline. `base` stands before each file's name: what leads from the repository to
/// the project.
pub fn render(findings: &Findings, base: &str) -> String {
    let lines: Vec<String> = findings.findings.iter().map(|finding| command(finding, base)).collect();
    lines.join("\n")
}

fn command(finding: &Finding, base: &str) -> String {
    let mut command = String::from(match finding.severity {
        Severity::Error => "::error ",
        Severity::Warning => "::warning ",
    });
    if let Some(file) = &finding.file {
        let _ = write!(command, "file={},", property(&plain(&under(base, file))));
    }
    if let (Some(line), Some(end)) = (finding.line, finding.end_line) {
        let _ = write!(command, "line={line},endLine={end},");
        // GitHub takes columns only within one line.
        if let (Some(first), Some(last)) = (finding.column, finding.end_column)
            && line == end
        {
            let _ = write!(command, "col={first},endColumn={},", last.max(first));
        }
    }
    let _ = write!(command, "title={}::{}", property(finding.code.as_str()), message(&finding.said()));
    command
}

/// Text after `::`.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Text};
    use super::*;

    #[test]
    fn what_would_end_a_property_or_the_command_is_escaped() {
        let text = Text::new("{\n}");
        let finding = Finding::new(Code::UNKNOWN_KEY, "100%\n::error::x")
            .in_file("a,b:c")
            .within(&text, 0, 1)
            .help("y");
        assert_eq!(
            command(&finding, "p%/"),
            "::error file=p%25/a%2Cb%3Ac,line=1,endLine=1,col=1,endColumn=2,title=unknown-key::100%25\\n::error::x%0Ahelp: y"
        );
        let finding = Finding::new(Code::VALUE_REWRITTEN, "x").within(&text, 0, 3);
        assert_eq!(command(&finding, ""), "::warning line=1,endLine=2,title=value-rewritten::x");
    }
}
