//! How much of a text stands before a byte, counted in characters: from marks made once, however long its lines are.

/// Bytes from one mark to the next.
const STEP: usize = 1024;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Code points.
    Character,
    /// Code units of UTF-16.
    Utf16,
}

impl Unit {
    fn count(self, bytes: &[u8]) -> usize {
        let begun = bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        match self {
            Unit::Character => begun,
            // A character of four bytes is one of two units.
            Unit::Utf16 => begun + bytes.iter().filter(|byte| **byte >= 0xf0).count(),
        }
    }
}

/// A text with its marks.
#[derive(Debug)]
pub struct Ruler<'a> {
    text: &'a str,
    unit: Unit,
    /// Units before each step's first byte; none when each byte is one.
    marks: Vec<usize>,
}

impl<'a> Ruler<'a> {
    /// Measures the text.
    pub fn new(text: &'a str, unit: Unit) -> Ruler<'a> {
        let mut marks = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            for step in text.as_bytes().chunks(STEP) {
                marks.push(before);
                before += unit.count(step);
            }
        }
        Ruler { text, unit, marks }
    }

    /// Units before a byte, which is a character's first.
    pub fn before(&self, byte: usize) -> usize {
        let step = byte / STEP;
        match self.marks.get(step) {
            Some(mark) => {
                let rest = self.text.as_bytes().get(step * STEP..byte);
                mark + self.unit.count(rest.unwrap_or_default())
            }
            // The end of a text that ends with a step, or each byte is one.
            None => match (self.marks.last(), self.text.as_bytes().chunks(STEP).next_back()) {
                (Some(mark), Some(last)) => mark + self.unit.count(last),
                _ => byte.min(self.text.len()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_as_much_before_it_as_is_counted_from_the_start() {
        let long = "aé日𝄞\n".repeat(500);
        for text in ["", "abc", "ä", "𝄞", &"é".repeat(512), &"𝄞".repeat(256), &long] {
            let (characters, units) = (Ruler::new(text, Unit::Character), Ruler::new(text, Unit::Utf16));
            for byte in (0..=text.len()).filter(|byte| text.is_char_boundary(*byte)) {
                assert_eq!(characters.before(byte), text[..byte].chars().count(), "{byte}");
                assert_eq!(units.before(byte), text[..byte].encode_utf16().count(), "{byte}");
            }
        }
    }
}
