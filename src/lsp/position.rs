//! Bytes of a text as the protocol's positions: lines and characters, counted in the negotiated encoding.

use crate::findings::{Ruler, Unit};
use serde::{Deserialize, Serialize};
use std::ops;

/// How characters are counted within a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In bytes.
    Utf8,
    /// In UTF-16 code units: what everyone speaks.
    #[default]
    Utf16,
    /// In code points.
    Utf32,
}

impl Encoding {
    /// The encoding of that name.
    pub(super) fn named(name: &str) -> Option<Encoding> {
        [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32].into_iter().find(|known| known.as_str() == name)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        }
    }

    fn width(self, letter: char) -> usize {
        match self {
            Encoding::Utf8 => letter.len_utf8(),
            Encoding::Utf16 => letter.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// A place in a document, both counted from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) character: usize,
}

/// From a place to another, which is not part of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

impl Range {
    /// Whether two ranges have a place in common; touching is enough, as with a cursor after a word.
    pub(super) fn touches(self, other: Range) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// A text with its lines counted once.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    encoding: Encoding,
    /// None when bytes are counted.
    ruler: Option<Ruler<'a>>,
    /// The first byte of each line.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Lines end as the protocol says: with `\n`, `\r\n` or `\r`.
    pub(super) fn new(text: &'a str, encoding: Encoding) -> Lines<'a> {
        let bytes = text.as_bytes();
        let ends = |(index, byte): (usize, &u8)| match byte {
            b'\n' => Some(index + 1),
            b'\r' if bytes.get(index + 1) != Some(&b'\n') => Some(index + 1),
            _ => None,
        };
        let starts = std::iter::once(0).chain(bytes.iter().enumerate().filter_map(ends)).collect();
        let unit = match encoding {
            Encoding::Utf8 => None,
            Encoding::Utf16 => Some(Unit::Utf16),
            Encoding::Utf32 => Some(Unit::Character),
        };
        Lines { text, encoding, ruler: unit.map(|unit| Ruler::new(text, unit)), starts }
    }

    /// The place of a byte; of one inside a character, that character's.
    pub(super) fn position(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        // A whole file may stand on one line, and very many places of it be asked for.
        let character = match &self.ruler {
            None => byte - start,
            Some(ruler) => ruler.before(byte) - ruler.before(start),
        };
        Position { line, character }
    }

    pub(super) fn range(&self, bytes: ops::Range<usize>) -> Range {
        Range { start: self.position(bytes.start), end: self.position(bytes.end) }
    }

    /// The byte of a place; one beyond its line's end is that end, one beyond the text the text's.
    pub(super) fn byte(&self, position: Position) -> usize {
        let Some(start) = self.starts.get(position.line).copied() else { return self.text.len() };
        let end = self.starts.get(position.line + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let mut left = position.character;
        for (index, letter) in line.char_indices() {
            let width = self.encoding.width(letter);
            if left < width {
                return start + index;
            }
            left -= width;
        }
        start + line.len()
    }

    pub(super) fn bytes(&self, range: Range) -> ops::Range<usize> {
        let start = self.byte(range.start);
        start..self.byte(range.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_in_the_negotiated_encoding() {
        let text = "x\r\né𝄞a\rb\n";
        for (encoding, character) in [(Encoding::Utf8, 6), (Encoding::Utf16, 3), (Encoding::Utf32, 2)] {
            let lines = Lines::new(text, encoding);
            let place = Position { line: 1, character };
            assert_eq!(lines.position(9), place, "{encoding:?}");
            assert_eq!(lines.byte(place), 9);
            assert_eq!(lines.position(11), Position { line: 2, character: 0 });
            assert_eq!(lines.position(99), Position { line: 3, character: 0 });
        }
    }

    #[test]
    fn a_place_outside_or_inside_a_character_is_moved_to_one_that_is() {
        let lines = Lines::new("𝄞\r\nab", Encoding::Utf16);
        let byte = |line, character| lines.byte(Position { line, character });
        assert_eq!((byte(0, 1), byte(0, 99), byte(1, 1), byte(9, 0)), (0, 4, 7, 8));
        assert_eq!(lines.position(2), Position::default());
        let backwards = Range { start: Position { line: 1, character: 1 }, end: Position::default() };
        assert_eq!(lines.bytes(backwards), 7..7);
    }
}
