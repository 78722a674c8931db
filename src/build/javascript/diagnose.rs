//! Where in a source something is wrong: file, line, column, the line itself and a caret.

use crate::build::record::relative;
use std::fmt;
use std::path::{Path, PathBuf};

/// Longer source lines are not quoted; a minified file has no readable line.
const QUOTED: usize = 400;

/// A source file as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Absolute.
    pub(super) path: PathBuf,
    /// Relative to the project, with `/` and through `..` where it lies outside: what messages and stacks call it.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
}

impl Source {
    /// Names `path` after the project in `root`.
    pub(super) fn new(root: &Path, path: PathBuf, text: String) -> Source {
        let name = relative(root, &path);
        Source { path, name, text }
    }

    /// Whether it is a part of this program: no file has it.
    pub(super) fn is_ours(&self) -> bool {
        self.path.as_os_str().is_empty()
    }

    /// The place at a byte offset.
    pub(super) fn place(&self, start: usize, end: usize) -> Place {
        let start = floor(&self.text, start);
        let before = self.text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(line_start..).unwrap_or_default();
        let text = rest.lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let marked = self.text.get(start..floor(&self.text, end).max(start)).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default().chars().count();
        Place {
            file: self.name.clone(),
            line: before.matches('\n').count() + 1,
            column: column + 1,
            width: marked.clamp(1, text.chars().count().saturating_sub(column).max(1)),
            text: text.to_owned(),
        }
    }

    /// The place of the word at a line and column (in UTF-16 units), both counted from 1.
    pub(super) fn place_at(&self, line: usize, column: usize) -> Place {
        let start: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = self.text.get(start..).unwrap_or_default();
        let mut units = 0;
        let before = rest.chars().take_while(|character| {
            units += character.len_utf16();
            units < column && *character != '\n'
        });
        let at = start + before.map(char::len_utf8).sum::<usize>();
        let word = self.text.get(at..).unwrap_or_default();
        let length = word.find(|character: char| !character.is_alphanumeric() && character != '_');
        self.place(at, at + length.unwrap_or(word.len()).max(1))
    }

    /// The place of `word` on a line counted from 1, or the line's first word.
    pub(super) fn word_on_line(&self, line: usize, word: &str) -> Place {
        let start: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = self.text.get(start..).unwrap_or_default();
        // A statement may go on for lines: an import's specifier stands at its end.
        // A specifier stands in quotes; a variable may be called the same.
        let quoted = ['\'', '"', '`'].iter().filter_map(|quote| rest.find(&format!("{quote}{word}{quote}")));
        let found = quoted.min().map(|at| at + 1).or_else(|| rest.find(word));
        if let Some(at) = found.filter(|_| !word.is_empty()) {
            return self.place(start + at, start + at + word.len());
        }
        let indent = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.place(start + indent, start + indent + 1)
    }
}

/// The nearest character boundary at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Relative to the project.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// How many characters are meant.
    pub width: usize,
    /// The whole line.
    pub text: String,
}

/// One thing that is wrong with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = &self.place else {
            return write!(formatter, "{}", self.message);
        };
        let Place { file, line, column, width, text } = place;
        write!(formatter, "{file}:{line}:{column}: {}", self.message)?;
        if text.len() > QUOTED {
            return Ok(());
        }
        let margin = " ".repeat(line.to_string().len());
        // A tab before the caret stays a tab, so that the caret stands under its character.
        let indent: String = text
            .chars()
            .take(column - 1)
            .map(|character| if character == '\t' { '\t' } else { ' ' })
            .collect();
        write!(formatter, "\n  {margin} |\n  {line} | {text}\n  {margin} | {indent}{}", "^".repeat(*width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new(Path::new("/p"), "/p/src/handler.ts".into(), text.into())
    }

    #[test]
    fn the_caret_stands_under_the_character_that_is_meant() {
        let source = source("let a;\n\tlet é = oops;\n");
        let start = source.text.find("oops").unwrap();
        let place = Some(source.place(start, start + 4));
        let diagnostic = Diagnostic { message: "no such name".into(), place, help: None };
        let expected =
            "src/handler.ts:2:10: no such name\n    |\n  2 | \tlet é = oops;\n    | \t        ^^^^";
        assert_eq!(diagnostic.to_string(), expected);
    }

    #[test]
    fn a_place_beyond_the_end_is_the_end() {
        let place = source("ab").place(99, 120);
        assert_eq!((place.line, place.column, place.width), (1, 3, 1));
    }

    #[test]
    fn a_file_outside_the_project_is_not_named_as_one_inside() {
        let outside =
            Source::new(Path::new("/home/a/p"), "/home/a/shared/src/handler.ts".into(), String::new());
        assert_eq!(outside.name, "../shared/src/handler.ts");
    }
}
