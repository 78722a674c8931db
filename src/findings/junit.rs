//! Findings as JUnit XML, which CI servers show: a suite for each file, a failed case for each error.

use super::{Finding, Findings, Severity};
use crate::plain::is_obeyed;
use std::fmt::Write;

/// The document, without a last newline.
pub fn render(findings: &Findings) -> String {
    let cases = findings.findings.len().max(1);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = write!(
        xml,
        "<testsuites name=\"alga-ext validate\" tests=\"{cases}\" failures=\"{}\">",
        findings.errors
    );
    if findings.findings.is_empty() {
        xml.push_str(
            "\n  <testsuite name=\"alga-ext validate\" tests=\"1\" failures=\"0\">\
             \n    <testcase classname=\"alga-ext validate\" name=\"no findings\"/>\n  </testsuite>",
        );
    }
    // Findings are in order of their files.
    for own in findings.findings.chunk_by(|one, next| file(one) == file(next)) {
        let name = own.first().map(file).unwrap_or_default();
        let failures = own.iter().filter(|finding| finding.severity == Severity::Error).count();
        let tests = own.len();
        let _ = write!(
            xml,
            "\n  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\">",
            escape(name)
        );
        for finding in own {
            case(&mut xml, finding);
        }
        xml.push_str("\n  </testsuite>");
    }
    xml.push_str("\n</testsuites>");
    xml
}

fn file(finding: &Finding) -> &str {
    finding.file.as_deref().unwrap_or("alga-ext validate")
}

fn case(xml: &mut String, finding: &Finding) {
    let line = finding.line.map(|line| format!(" line=\"{line}\"")).unwrap_or_default();
    let place = finding.file.as_ref().map(|file| format!(" file=\"{}\"", escape(file))).unwrap_or_default();
    let name = match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!("{} at {line}:{column}", finding.code),
        _ => finding.code.to_string(),
    };
    let _ =
        write!(xml, "\n    <testcase classname=\"{}\" name=\"{name}\"{place}{line}>", escape(file(finding)));
    let text = escape(&finding.to_string());
    let _ = match finding.severity {
        Severity::Error => write!(
            xml,
            "\n      <failure type=\"{}\" message=\"{}\">{text}</failure>",
            finding.code,
            escape(&finding.message)
        ),
        Severity::Warning => write!(xml, "\n      <system-out>{text}</system-out>"),
    };
    xml.push_str("\n    </testcase>");
}

/// Text that can stand in XML, in attributes too. What XML has no way to write is replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if is_obeyed(letter) => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            escape("<a b=\"c\">&\u{1b}\u{ffff}\n"),
            "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\u{fffd}\n"
        );
    }
}
