//! Findings as text for people: `file:line:column: severity[code]: message`, the line with a caret, then the help.

use super::{Excerpt, Finding, Findings};
use std::fmt;

/// Characters of an excerpt; a longer line is shown around the place.
const WIDTH: usize = 100;
/// Characters shown before the place when a line is cut.
const BEFORE: usize = 40;

impl fmt::Display for Findings {
    /// The findings, one after the other, without the summary and without a last newline.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            let gap = if index > 0 { "\n" } else { "" };
            write!(formatter, "{gap}{finding}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{}:", shown(file))?;
            if let (Some(line), Some(column)) = (self.line, self.column) {
                write!(formatter, "{line}:{column}:")?;
            }
            write!(formatter, " ")?;
        }
        write!(formatter, "{}[{}]: {}", self.severity.as_str(), self.code, shown(&self.message))?;
        if let (Some(excerpt), Some(line)) = (&self.excerpt, self.line) {
            let number = line.to_string();
            let margin = " ".repeat(number.len());
            let caret = "^".repeat(excerpt.width);
            write!(formatter, "\n  {number} | {}\n", excerpt.text)?;
            write!(formatter, "  {margin} | {}{caret}", " ".repeat(excerpt.before))?;
        }
        if let Some(help) = &self.help {
            write!(formatter, "\n  help: {}", shown(help))?;
        }
        Ok(())
    }
}

/// `text` on one line and without control characters: file contents and names are a stranger's.
fn shown(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// Line and column (from 1, in characters) of the byte `start` in `text`, and the line up to `end` to show.
pub(super) fn locate(text: &str, start: usize, end: usize) -> (usize, usize, Excerpt) {
    let start = floor(text, start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = text.get(line_start..start).unwrap_or_default().chars().count() + 1;
    let rest = text.get(line_start..).unwrap_or_default();
    let whole = rest.lines().next().unwrap_or_default();
    let meant = text.get(start..floor(text, end)).unwrap_or_default().lines().next().unwrap_or_default();
    let skipped = if whole.chars().nth(WIDTH).is_some() { (column - 1).saturating_sub(BEFORE) } else { 0 };
    // A tab is one column, so it is shown as one blank; the caret then stands below its character.
    let visible = |letter: char| {
        if letter == '\t' {
            ' '
        } else if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        }
    };
    let shown: String = whole.chars().skip(skipped).take(WIDTH).map(visible).collect();
    let before = column - 1 - skipped;
    let room = shown.chars().count().saturating_sub(before).max(1);
    let width = meant.chars().count().clamp(1, room);
    (line, column, Excerpt { text: shown, before, width })
}

/// The character boundary at or before `index`.
fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    #[test]
    fn a_finding_shows_its_line_with_a_caret_below_the_place() {
        let text = "{\n\t\"näme\": 5\n}";
        let start = text.find('5').unwrap();
        let finding = Finding::new(Code::WrongType, "`name` is a number, not a string")
            .in_file("manifest.json")
            .within(text, start, start + 1)
            .help("write a string");
        assert_eq!(
            finding.to_string(),
            "manifest.json:2:10: error[wrong-type]: `name` is a number, not a string\n  \
             2 |  \"näme\": 5\n    |          ^\n  help: write a string"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let (line, column, excerpt) = locate(&text, 5000, 10_001);
        assert_eq!((line, column, excerpt.before), (1, 5001, BEFORE));
        assert_eq!(excerpt.text.chars().nth(BEFORE), Some('X'));
        assert_eq!((excerpt.text.len(), excerpt.width), (WIDTH, WIDTH - BEFORE));
    }

    #[test]
    fn a_place_beyond_the_end_or_inside_a_character_is_no_panic() {
        assert_eq!(locate("ä", 1, 9).1, 1);
        assert_eq!(locate("a\n", 7, 9).0, 2);
        assert_eq!(locate("", 0, 0).1, 1);
    }

    #[test]
    fn control_characters_of_strangers_do_not_reach_the_terminal() {
        let finding = Finding::new(Code::UnknownKey, "\u{1b}[31m").in_file("a\nb");
        assert!(!finding.to_string().contains(['\u{1b}', '\n']), "{finding}");
    }
}
