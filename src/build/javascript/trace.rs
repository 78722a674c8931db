//! Where the lines of a linked script come from: kept for the build's own messages, and written into the script for
//! the stacks of a running handler.

use std::fmt::Write;

/// What the engine calls the script in stacks.
const SCRIPT: &str = "componentize-qjs:user.js:";
/// What the engine calls its own scripts.
const ENGINE: &str = "componentize-qjs:";

/// For each line of a script the file and line it comes from.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Number 0 is not here: it stands for our own lines.
    files: Vec<String>,
    lines: Vec<(usize, usize)>,
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

    /// Adds a line.
    pub(super) fn push(&mut self, file: usize, line: usize) {
        self.lines.push(if line == 0 { (0, 0) } else { (file, line) });
    }

    /// The table as `prelude/stack.js` reads it.
    pub(super) fn encode(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            let _ = write!(text, ";{}", file.replace([';', '|'], "_"));
        }
        text.push('|');
        let (mut start, mut source, mut origin) = (0_i64, 0_i64, 0_i64);
        let mut expected = None;
        let number = |value: usize| i64::try_from(value).unwrap_or_default();
        for (index, (file, line)) in self.lines.iter().enumerate() {
            if expected != Some((*file, *line)) {
                if start > 0 {
                    text.push(';');
                }
                let at = (number(index + 1), number(*file), number(*line));
                for (separator, difference) in
                    [("", at.0 - start), (",", at.1 - source), (",", at.2 - origin)]
                {
                    text.push_str(separator);
                    push_base36(&mut text, difference);
                }
                (start, source, origin) = at;
            }
            // A run of ours stays on line 0, any other goes on with its file.
            expected = Some((*file, if *file == 0 { 0 } else { line + 1 }));
        }
        text
    }

    /// The file and line that a line of the script, counted from 1, comes from; `None` for our own.
    fn origin(&self, line: usize) -> Option<String> {
        let (file, line) = self.lines.get(line.checked_sub(1)?)?;
        Some(format!("{}:{line}", self.files.get(file.checked_sub(1)?)?))
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
            let number = place.split(':').next().and_then(|number| number.parse().ok()).unwrap_or_default();
            if let Some(origin) = self.origin(number) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let mut lines = Lines::default();
        let file = lines.file("src/handler.ts");
        lines.push(0, 0);
        lines.push(0, 0);
        lines.push(file, 10);
        lines.push(file, 11);
        lines.push(file, 40);
        lines.push(0, 0);
        lines
    }

    #[test]
    fn runs_of_lines_are_written_once() {
        assert_eq!(lines().encode(), ";src/handler.ts|1,0,0;2,1,a;2,0,u;1,-1,-14");
    }

    #[test]
    fn frames_get_the_authors_places_and_ours_are_gone() {
        let stack = "Error: no\n    at load (componentize-qjs:user.js:4:30)\n    at next (native)\n    at step (componentize-qjs:user.js:2:1)";
        assert_eq!(lines().translate(stack), "Error: no\n    at load (src/handler.ts:11)");
    }
}
