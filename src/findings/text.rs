//! Findings as text for people: `file:line:column: severity[code]: message`, the line with a caret run, what to do.

use super::{Finding, Findings, Severity};
use crate::plain::plain;
use std::fmt::{self, Write};

/// How findings are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Colour repeats what the text says.
    pub color: bool,
    /// Say with each where the platform's behaviour is written down.
    pub notes: bool,
}

impl Style {
    fn paint(self, text: &str, style: &str) -> String {
        if self.color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The findings, a blank line between two, without the summary and without a last newline.
pub fn render(findings: &Findings, style: Style) -> String {
    let texts: Vec<String> = findings.findings.iter().map(|finding| one(finding, style)).collect();
    texts.join("\n\n")
}

/// One finding.
fn one(finding: &Finding, style: Style) -> String {
    let mut text = String::new();
    let hue = match finding.severity {
        Severity::Error => "31",
        Severity::Warning => "33",
    };
    if let Some(file) = &finding.file {
        let mut place = format!("{}:", plain(file));
        if let (Some(line), Some(column)) = (finding.line, finding.column) {
            let _ = write!(place, "{line}:{column}:");
        }
        let _ = write!(text, "{} ", style.paint(&place, "1"));
    }
    let label = format!("{}[{}]:", finding.severity.as_str(), finding.code);
    let _ = write!(text, "{} {}", style.paint(&label, &format!("1;{hue}")), plain(&finding.message));
    let gutter = finding.line.map_or(1, |line| line.to_string().len());
    let margin = " ".repeat(gutter);
    let bar = style.paint("|", "34");
    if let (Some(excerpt), Some(line)) = (&finding.excerpt, finding.line) {
        let caret = style.paint(&"^".repeat(excerpt.width), &format!("1;{hue}"));
        let number = style.paint(&line.to_string(), "34");
        let _ = write!(text, "\n {margin} {bar}\n {number} {bar} {}", excerpt.text);
        let more = match finding.end_line {
            Some(end) if end > line + 1 || end == line + 1 && finding.end_column > Some(1) => {
                format!(" to line {end}")
            }
            _ => String::new(),
        };
        let _ = write!(text, "\n {margin} {bar} {}{caret}{more}", " ".repeat(excerpt.before));
    }
    let mut say = |word: &str, what: &str| {
        let _ = write!(text, "\n {margin} {} {}", style.paint("=", "34"), style.paint(word, "1"));
        let _ = write!(text, " {}", plain(what));
    };
    let fix = finding.fix.as_ref().filter(|fix| fix.safe).map(|fix| fix.title.as_str());
    let does = "(`--fix` does it)";
    match (&finding.help, fix) {
        (Some(help), Some(title)) if help == title => say("help:", &format!("{help} {does}")),
        (help, title) => {
            if let Some(help) = help {
                say("help:", help);
            }
            if let Some(title) = title {
                say("fix:", &format!("{title} {does}"));
            }
        }
    }
    if style.notes {
        match finding.code.platform() {
            "alga-ext" => {}
            platform => say("note:", &format!("{platform}: {}", finding.code.explanation())),
        }
    }
    text
}

impl Finding {
    /// What was found and what to do, as those show it who have a form of their own for the rest.
    pub fn said(&self) -> String {
        let help = self.help.as_ref().map(|help| format!("\nhelp: {}", plain(help))).unwrap_or_default();
        format!("{}{help}", plain(&self.message))
    }
}

impl fmt::Display for Findings {
    /// Without colour and notes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&render(self, Style::default()))
    }
}

impl fmt::Display for Finding {
    /// Without colour and notes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&one(self, Style::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Fix, Text};
    use super::*;

    fn finding() -> Finding {
        let text = Text::new("{\n\t\"näme\": 5\n}");
        let start = text.as_str().find('5').unwrap();
        Finding::new(Code::WRONG_TYPE, "`name` is a number, not a string")
            .in_file("manifest.json")
            .within(&text, start, start + 1)
            .help("write a string")
            .fix(Fix::safe("quote it", Vec::new()))
    }

    #[test]
    fn a_finding_shows_its_line_with_a_caret_below_the_place() {
        assert_eq!(
            finding().to_string(),
            "manifest.json:2:10: error[wrong-type]: `name` is a number, not a string\n   \
             |\n 2 |  \"näme\": 5\n   |          ^\n   = help: write a string\n   \
             = fix: quote it (`--fix` does it)"
        );
    }

    #[test]
    fn colour_repeats_what_the_text_says() {
        let findings = Findings::new(vec![finding()]);
        let colored = render(&findings, Style { color: true, notes: true });
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        assert_ne!(plain, colored);
        assert_eq!(plain, render(&findings, Style { color: false, notes: true }));
        assert!(
            plain.ends_with(
                "= note: registry.md §1.2: Publishing refuses it with the path this finding names."
            )
        );
    }

    #[test]
    fn what_strangers_write_is_not_obeyed_by_the_terminal() {
        let finding = Finding::new(Code::UNKNOWN_KEY, "\u{1b}[31m").in_file("a\nb");
        assert!(!finding.to_string().contains(['\u{1b}', '\n']), "{finding}");
        let text = Text::new("\"\u{202e}b\": \u{2066}5");
        let start = text.as_str().find('5').unwrap();
        let finding = Finding::new(Code::UNKNOWN_KEY, "`\u{202e}b`")
            .in_file("\u{2066}.json")
            .within(&text, start, start + 1)
            .help("\u{202e}");
        let shown = finding.to_string();
        assert!(!shown.contains(['\u{202e}', '\u{2066}']), "{shown}");
        // The caret stands below its character all the same.
        assert!(shown.contains("| \"\u{fffd}b\": \u{fffd}5\n   |        ^"), "{shown}");
    }
}
