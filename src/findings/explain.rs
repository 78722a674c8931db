//! The long text of a code: why, an example that triggers it, and its mend.

use super::{Code, Example, ExampleKind, Severity};
use serde::Serialize;

/// Characters of a line of prose.
const WIDTH: usize = 88;

/// Everything about a code, as a document.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Explanation {
    /// The code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub summary: &'static str,
    /// What the platform does about it, and what to do instead.
    pub explanation: &'static str,
    /// The sections of the contract that say so.
    pub platform: &'static str,
    /// What triggers it, and the mend.
    pub example: ExplainedExample,
}

/// An example, as a document.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ExplainedExample {
    /// The file it stands in; none for commands and prose.
    pub file: Option<&'static str>,
    /// What triggers the code.
    pub wrong: &'static str,
    /// The same without fault.
    pub mended: &'static str,
}

impl Explanation {
    /// Everything about `code`.
    pub fn of(code: Code) -> Explanation {
        let Example { kind, wrong, mended } = *code.example();
        let file = match kind {
            ExampleKind::Fragment => Some("manifest.json"),
            ExampleKind::File(path) => Some(path),
            ExampleKind::Words => None,
        };
        Explanation {
            code,
            severity: code.severity(),
            summary: code.summary(),
            explanation: code.explanation(),
            platform: code.platform(),
            example: ExplainedExample { file, wrong, mended },
        }
    }

    /// The long text, without a last newline.
    pub fn text(&self) -> String {
        let severity = self.severity.as_str();
        let place = self.example.file.map(|file| format!(", in {file}")).unwrap_or_default();
        let basis = match self.platform {
            "alga-ext" => "a rule of alga-ext's own".to_owned(),
            sections => format!("the platform's behaviour is written down in {sections}"),
        };
        format!(
            "{severity}[{}]: {}\n\n{}\n\nfor example{place}:\n\n{}\n\nmended:\n\n{}\n\n{basis}",
            self.code,
            self.summary,
            wrap(self.explanation),
            indent(self.example.wrong),
            indent(self.example.mended),
        )
    }
}

/// Prose in lines of at most [`WIDTH`] characters, where its words let it.
fn wrap(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

fn indent(text: &str) -> String {
    let lines = text.lines().map(|line| format!("    {}", line.replace('\u{feff}', "<U+FEFF>")));
    lines.collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_examples_are_not() {
        for code in Code::all() {
            let text = Explanation::of(code).text();
            let prose = text.lines().filter(|line| !line.starts_with("    ")).skip(1);
            assert_eq!(prose.filter(|line| line.chars().count() > WIDTH + 20).count(), 0, "{text}");
            assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
        }
    }
}
