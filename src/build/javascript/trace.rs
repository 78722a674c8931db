//! Where the text of a linked script comes from: kept for the build's own messages, and written into the script for the
//! stacks of a running handler.
//!
//! Of the project's own files every line has its marks, so that a stack names columns; of packages a component knows only
//! the lines. What is quoted of a source is read from the source itself (`quote.rs`): a component holds no source map,
//! which lies beside it (`source_map.rs`).

use std::borrow::Cow;
use std::fmt::Write;

/// What the engine calls the script in stacks.
pub(super) const SCRIPT: &str = "componentize-qjs:user.js:";
/// What the engine calls its own scripts.
const ENGINE: &str = "componentize-qjs:";

/// Where a piece of a line comes from. The text up to the next mark is as long as in the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes from the start of the line: the engine counts its columns so.
    pub(super) at: usize,
    /// The line of the source, counted from 1.
    pub(super) line: usize,
    /// Characters from the start of that line.
    pub(super) column: usize,
    /// Whether it says nothing that the one before it on its line does not; a component goes without it.
    pub(super) follows: bool,
}

/// For each line of a script the file and line it comes from.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Number 0 is not here: it stands for our own lines.
    files: Vec<String>,
    lines: Vec<Origin>,
}

/// Where a line comes from.
#[derive(Debug)]
enum Origin {
    Ours,
    /// A file and its line, with the marks that stay out of the component.
    Line(usize, usize, Vec<Mark>),
    /// A file, with marks that have lines and columns.
    Marks(usize, Vec<Mark>),
}

impl Lines {
    /// The number of a file.
    pub(super) fn file(&mut self, name: &str) -> usize {
        let known = self.files.iter().position(|file| file == name);
        known.unwrap_or_else(|| {
            self.files.push(name.to_owned());
            self.files.len() - 1
        }) + 1
    }

    /// Adds a line of which a component knows only that.
    pub(super) fn push(&mut self, file: usize, line: usize, marks: Vec<Mark>) {
        self.lines.push(if file == 0 || line == 0 { Origin::Ours } else { Origin::Line(file, line, marks) });
    }

    /// Adds a line with its marks, in order.
    pub(super) fn push_marks(&mut self, file: usize, marks: Vec<Mark>) {
        self.lines.push(Origin::Marks(file, marks));
    }

    /// The names of the files, in the order of [`Lines::marks`].
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// The file (from 0) and the marks of a line of the script, counted from 0; `None` for our own.
    pub(super) fn marks(&self, index: usize) -> Option<(usize, Cow<'_, [Mark]>)> {
        match self.lines.get(index)? {
            Origin::Ours => None,
            Origin::Line(file, line, marks) if marks.is_empty() => {
                Some((file.checked_sub(1)?, Cow::Owned(vec![Mark { line: *line, ..Mark::default() }])))
            }
            Origin::Line(file, _, marks) | Origin::Marks(file, marks) => {
                Some((file.checked_sub(1)?, Cow::Borrowed(marks.as_slice())))
            }
        }
    }

    /// The table as `prelude/stack.js` reads it: the files, the runs of lines, and the marks of each run that has some.
    pub(super) fn encode(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            let _ = write!(text, ";{}", file.replace([';', '|'], "_"));
        }
        text.push('|');
        let mut marks = String::new();
        let (mut start, mut source, mut origin) = (0_i64, 0_i64, 0_i64);
        let mut expected = None;
        let mut last = Mark::default();
        let number = |value: usize| i64::try_from(value).unwrap_or_default();
        for (index, line) in self.lines.iter().enumerate() {
            // A run with marks has line 0 and a file.
            let here = match line {
                Origin::Ours => (0, 0),
                Origin::Line(file, line, _) => (*file, *line),
                Origin::Marks(file, _) => (*file, 0),
            };
            let is_new = expected != Some(here);
            if is_new {
                if start > 0 {
                    text.push(';');
                }
                let at = (number(index + 1), number(here.0), number(here.1));
                for (separator, difference) in
                    [("", at.0 - start), (",", at.1 - source), (",", at.2 - origin)]
                {
                    text.push_str(separator);
                    push_base36(&mut text, difference);
                }
                (start, source, origin) = at;
            }
            // A run of ours or with marks stays on line 0, any other goes on with its file.
            expected = Some((here.0, if here.1 == 0 { 0 } else { here.1 + 1 }));
            if let Origin::Marks(_, line) = line {
                marks.push(if is_new { '|' } else { ';' });
                if is_new {
                    last = Mark::default();
                }
                last.at = 0;
                for (index, mark) in line.iter().enumerate() {
                    if mark.follows {
                        continue;
                    }
                    if index > 0 {
                        marks.push(',');
                    }
                    for (value, before) in
                        [(mark.at, last.at), (mark.line, last.line), (mark.column, last.column)]
                    {
                        push_base64(&mut marks, number(value) - number(before));
                    }
                    last = *mark;
                }
            }
        }
        text + &marks
    }

    /// Whether a line, counted from 1, comes from a file.
    pub(super) fn is_known(&self, line: usize) -> bool {
        let origin = line.checked_sub(1).and_then(|index| self.lines.get(index));
        matches!(origin, Some(Origin::Line(..) | Origin::Marks(..)))
    }

    /// The file, line and column that a place in the script, counted from 1, comes from; `None` for our own.
    pub(super) fn origin(&self, line: usize, column: usize) -> Option<String> {
        let index = line.checked_sub(1)?;
        let name = |file: &usize| self.files.get(file.checked_sub(1)?);
        match self.lines.get(index)? {
            Origin::Ours => None,
            Origin::Line(file, line, _) => Some(format!("{}:{line}", name(file)?)),
            Origin::Marks(file, marks) => {
                let at = column.saturating_sub(1);
                let mark = marks.iter().rev().find(|mark| mark.at <= at).or(marks.first());
                // A line without marks is the build's: it runs an async function's generator.
                let mark = mark?;
                // An error's text is the guest's, and may name any column.
                let column = mark.column.saturating_add(at.saturating_sub(mark.at)).saturating_add(1);
                Some(format!("{}:{}:{column}", name(file)?, mark.line))
            }
        }
    }

    /// An error's text with the author's files and lines in its stack, and without our own frames.
    pub(super) fn translate(&self, text: &str) -> String {
        let mut translated = Vec::new();
        for line in text.lines() {
            let Some(start) = line.find(SCRIPT) else {
                if !line.contains(ENGINE) && !line.contains("(native)") {
                    translated.push(line.to_owned());
                }
                continue;
            };
            let (before, place) = line.split_at(start);
            let place = place.get(SCRIPT.len()..).unwrap_or_default();
            let end = place.find(|character: char| !character.is_ascii_digit() && character != ':');
            let (place, after) = place.split_at(end.unwrap_or(place.len()));
            let mut numbers = place.split(':').map(|number| number.parse().unwrap_or_default());
            let (line, column) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
            if let Some(origin) = self.origin(line, column) {
                translated.push(format!("{before}{origin}{after}"));
            }
        }
        translated.join("\n")
    }
}

fn push_base36(text: &mut String, value: i64) {
    if value < 0 {
        text.push('-');
    }
    let mut digits = Vec::new();
    let mut rest = value.unsigned_abs();
    loop {
        digits.extend(char::from_digit(u32::try_from(rest % 36).unwrap_or_default(), 36));
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    text.extend(digits.iter().rev());
}

/// As source maps write numbers: the sign in the lowest bit, five bits a letter, the lowest first.
pub(super) fn push_base64(text: &mut String, value: i64) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = value.unsigned_abs() << 1 | u64::from(value < 0);
    loop {
        let more = if rest > 31 { 32 } else { 0 };
        let letter = usize::try_from(rest & 31 | more).unwrap_or_default();
        text.extend(LETTERS.get(letter).copied().map(char::from));
        rest >>= 5;
        if rest == 0 {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let mut lines = Lines::default();
        let file = lines.file("src/handler.ts");
        lines.push(0, 0, Vec::new());
        lines.push(0, 0, Vec::new());
        lines.push(file, 10, Vec::new());
        lines.push(file, 11, Vec::new());
        lines.push(file, 40, Vec::new());
        lines.push(0, 0, Vec::new());
        let mark = |at, line, column| Mark { at, line, column, follows: false };
        lines.push_marks(file, vec![mark(0, 3, 2), mark(20, 3, 30)]);
        lines.push_marks(file, vec![mark(1, 5, 0)]);
        lines
    }

    #[test]
    fn runs_of_lines_are_written_once() {
        let expected = ";src/handler.ts|1,0,0;2,1,a;2,0,u;1,-1,-14;1,1,0|AGE,oBA4B;CE9B";
        assert_eq!(lines().encode(), expected);
    }

    #[test]
    fn frames_get_the_authors_places_and_ours_are_gone() {
        let stack = "Error: no\n    at load (componentize-qjs:user.js:4:30)\n    at next (native)\n    at step (componentize-qjs:user.js:2:1)\n    at own (componentize-qjs:user.js:7:25)\n    at <anonymous> (componentize-qjs:user.js:7:3)";
        let expected = "Error: no\n    at load (src/handler.ts:11)\n    at own (src/handler.ts:3:35)\n    at <anonymous> (src/handler.ts:3:5)";
        assert_eq!(lines().translate(stack), expected);
    }
}
