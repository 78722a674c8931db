//! Where a finding stands: bytes of a file as lines and columns, and the line to show.

use super::{Ruler, Unit};
use crate::plain::is_obeyed;
use serde::Serialize;
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Characters of an excerpt; a longer line is shown around the place.
const WIDTH: usize = 100;
/// Characters shown before the place when a line is cut.
const BEFORE: usize = 40;

/// Stands where a line is cut.
const CUT: char = '…';

/// Bytes of a file, from its very first one, a byte order mark included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Span {
        Span { start: range.start, end: range.end }
    }
}

/// A line of the judged text, or the part of a long one that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What stands there, without a line end; `…` where it is cut.
    pub text: String,
    /// Columns of a terminal that `text` takes before the place.
    pub before: usize,
    /// Columns that are meant; at least 1.
    pub width: usize,
}

/// A text with its lines counted once, however many places are asked for.
#[derive(Debug)]
pub struct Text<'a> {
    body: &'a str,
    /// Bytes of the file before the text: a byte order mark, which editors do not count.
    origin: usize,
    ruler: Ruler<'a>,
    /// The first byte of each line.
    lines: Vec<usize>,
}

/// A place as people count: both from 1, columns in characters.
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl<'a> Text<'a> {
    /// The text of a file; places are counted without a byte order mark, as editors show them.
    pub fn new(file: &'a str) -> Text<'a> {
        let text = file.strip_prefix('\u{feff}').unwrap_or(file);
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(newlines.map(|(index, _)| index + 1)).collect();
        Text { body: text, origin: file.len() - text.len(), ruler: Ruler::new(text, Unit::Character), lines }
    }

    /// The text, without a byte order mark.
    pub fn as_str(&self) -> &'a str {
        self.body
    }

    /// Bytes of the text as bytes of the file.
    pub fn span(&self, range: Range<usize>) -> Span {
        Span { start: self.origin + range.start, end: self.origin + range.end.max(range.start) }
    }

    /// The byte at a line and column as people count them.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.body.len());
        let rest = self.body.get(start..).unwrap_or_default();
        start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(index, _)| index)
    }

    /// Where a byte stands, both counted from 1, the column in characters.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let place = self.place(byte);
        (place.line, place.column)
    }

    /// Where a byte stands.
    pub(super) fn place(&self, byte: usize) -> Place {
        let byte = self.floor(byte);
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        Place { line, column: self.ruler.before(byte) - self.ruler.before(start) + 1 }
    }

    /// The line of `start`, and as much of it as is meant up to `end`.
    pub(super) fn excerpt(&self, start: usize, end: usize) -> Excerpt {
        let start = self.floor(start);
        let line = self.lines.partition_point(|first| *first <= start).max(1);
        let line_start = self.lines.get(line - 1).copied().unwrap_or_default();
        let line_end = self.lines.get(line).map_or(self.body.len(), |next| next - 1);
        let whole = self.body.get(line_start..line_end).unwrap_or_default();
        let whole = whole.strip_suffix('\r').unwrap_or(whole);
        let meant = self.body.get(start..self.floor(end).min(line_start + whole.len())).unwrap_or_default();
        // A long line is shown from shortly before the place on; the whole of it may be the whole file.
        let leading = self.body.get(line_start..start).unwrap_or_default();
        let is_long = whole.chars().nth(WIDTH).is_some();
        let most = if is_long { BEFORE } else { WIDTH };
        let from = leading.char_indices().rev().take(most).last().map_or(leading.len(), |(index, _)| index);
        let shown = whole.get(from..).unwrap_or_default();
        let mut letters: Vec<char> = shown.chars().take(WIDTH).map(visible).collect();
        if let Some(first) = letters.first_mut().filter(|_| from > 0) {
            *first = CUT;
        }
        if let Some(last) = letters.last_mut().filter(|_| shown.chars().nth(WIDTH).is_some()) {
            *last = CUT;
        }
        let place = leading.get(from..).unwrap_or_default().chars().count().min(letters.len());
        let (before, rest) = letters.split_at(place);
        let meant = rest.get(..meant.chars().take(WIDTH).count()).unwrap_or(rest);
        Excerpt { before: columns(before), width: columns(meant).max(1), text: letters.into_iter().collect() }
    }

    /// The character boundary at or before `index`.
    fn floor(&self, index: usize) -> usize {
        self.body.floor_char_boundary(index.min(self.body.len()))
    }
}

/// A file's name behind `base`, which ends in `/` when there is one, without `.` and `..` as far as they can be resolved.
pub(super) fn under(base: &str, file: &str) -> String {
    if base.is_empty() || file.starts_with('/') {
        return file.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(file.split('/')).filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("{}{}", if base.starts_with('/') { "/" } else { "" }, parts.join("/"))
}

/// The columns that a terminal gives to letters; some are two wide, and marks above others none.
fn columns(letters: &[char]) -> usize {
    letters.iter().filter_map(|letter| letter.width()).sum()
}

/// One letter for each, so that the caret stands below its character: a tab is shown as one blank.
fn visible(letter: char) -> char {
    match letter {
        '\t' => ' ',
        letter if is_obeyed(letter) => '\u{fffd}',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let text = Text::new(&text);
        let excerpt = text.excerpt(5000, 10_001);
        assert_eq!((text.place(5000).column, excerpt.before), (5001, BEFORE));
        assert_eq!(excerpt.text.chars().nth(BEFORE), Some('X'));
        assert_eq!((excerpt.text.chars().count(), excerpt.width), (WIDTH, WIDTH - BEFORE));
        assert!(excerpt.text.starts_with("…a") && excerpt.text.ends_with("b…"), "{}", excerpt.text);
    }

    #[test]
    fn a_file_is_named_from_where_its_reader_is() {
        for (base, file, expected) in [
            ("", "./a.json", "./a.json"),
            ("ext/", "manifest.json", "ext/manifest.json"),
            ("tools/../ext/", "ui/a.js", "ext/ui/a.js"),
            ("tools/", "../ext/./manifest.json", "ext/manifest.json"),
            ("../ext/", "a.json", "../ext/a.json"),
            ("/w/../x/", "a.json", "/x/a.json"),
            ("ext/", "/abs/manifest.json", "/abs/manifest.json"),
        ] {
            assert_eq!(under(base, file), expected, "{base} {file}");
        }
    }

    #[test]
    fn a_letter_of_two_columns_has_two_carets() {
        let text = "日本 = \"日e\u{301}\"";
        let start = text.find('"').unwrap();
        let excerpt = Text::new(text).excerpt(start, text.len());
        assert_eq!((excerpt.before, excerpt.width), (7, 5));
    }

    #[test]
    fn a_place_beyond_the_end_or_inside_a_character_is_no_panic() {
        assert_eq!(Text::new("ä").place(1).column, 1);
        assert_eq!(Text::new("a\n").place(7).line, 2);
        assert_eq!(Text::new("").place(0).line, 1);
        assert_eq!(Text::new("").excerpt(3, 1).width, 1);
        assert_eq!(Text::new("a").offset(9, 9), 1);
    }

    #[test]
    fn a_byte_order_mark_counts_in_bytes_and_not_in_columns() {
        let text = Text::new("\u{feff}ab");
        assert_eq!((text.place(1).column, text.span(1..2)), (2, Span { start: 4, end: 5 }));
    }

    #[test]
    fn lines_that_end_in_crlf_are_shown_without_it() {
        let text = Text::new("a\r\nbc\r\n");
        assert_eq!(text.excerpt(0, 3), Excerpt { text: "a".into(), before: 0, width: 1 });
        assert_eq!((text.place(3).line, text.place(4).column), (2, 2));
    }
}
