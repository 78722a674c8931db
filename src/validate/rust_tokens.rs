//! Rust as a row of words, texts and marks: what can be told without knowing what it means.

use std::ops::Range;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    /// What it is.
    pub(super) kind: Kind<'a>,
    /// Its bytes.
    pub(super) span: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<'a> {
    /// A name, a keyword or a number.
    Word(&'a str),
    /// A string of any kind: what it says.
    Text(String),
    /// Anything else.
    Mark(char),
}

impl Token<'_> {
    /// What a string says.
    pub(super) fn text(self) -> Option<String> {
        if let Kind::Text(text) = self.kind { Some(text) } else { None }
    }

    pub(super) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// The word it is.
    pub(super) fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = self.kind { Some(word) } else { None }
    }
}

/// The tokens of a file; comments, characters and lifetimes are left out.
pub(super) fn read(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let letter = rest.chars().next().unwrap_or(' ');
        let (kind, length) = if rest.starts_with("//") {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (None, comment(rest))
        } else if letter == '"' {
            let length = quoted(rest);
            (Some(Kind::Text(unescaped(inside(rest, 1, length)))), length)
        } else if letter == '\'' {
            (None, character(rest))
        } else if is_word(letter) {
            word(rest)
        } else {
            let kind = (!letter.is_whitespace()).then_some(Kind::Mark(letter));
            (kind, letter.len_utf8())
        };
        let end = at + length.max(1);
        tokens.extend(kind.map(|kind| Token { kind, span: at..end }));
        at = end;
    }
    tokens
}

/// A word, or a string that one begins: `r"…"`, `b"…"`.
fn word(rest: &str) -> (Option<Kind<'_>>, usize) {
    let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
    let (word, after) = (inside(rest, 0, end), rest.get(end..).unwrap_or_default());
    match word {
        "r" | "br" | "cr" => {
            if let Some((text, length)) = raw(after) {
                return (Some(Kind::Text(text.to_owned())), end + length);
            }
        }
        "b" | "c" if after.starts_with('"') => {
            let length = quoted(after);
            return (Some(Kind::Text(unescaped(inside(after, 1, length)))), end + length);
        }
        "b" if after.starts_with('\'') => return (None, end + character(after)),
        _ => {}
    }
    // `1.5` is one number, `1..5` and `a.0` are not.
    let fraction =
        after.strip_prefix('.').filter(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()));
    if let (true, Some(fraction)) = (word.starts_with(|digit: char| digit.is_ascii_digit()), fraction) {
        let length = fraction.find(|letter| !is_word(letter)).unwrap_or(fraction.len());
        let whole = end + 1 + length;
        return (Some(Kind::Word(inside(rest, 0, whole))), whole);
    }
    (Some(Kind::Word(word)), end)
}

/// The number a word is, its type aside.
pub(super) fn number(word: &str) -> Option<f64> {
    if !word.starts_with(|digit: char| digit.is_ascii_digit()) {
        return None;
    }
    let plain = word.replace('_', "");
    let end = plain.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(plain.len());
    let (digits, kind) = plain.split_at_checked(end)?;
    matches!(kind, "" | "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" | "f32" | "f64")
        .then(|| digits.parse().ok())
        .flatten()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn inside(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end.max(start)).unwrap_or_default()
}

/// How long a comment is that begins here; they nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// How long a string is that begins here, its quotes included.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if !is_escaped => return index + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// What a raw string says whose `r` is before this, and how long it is; none when a name goes on.
fn raw(text: &str) -> Option<(&str, usize)> {
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    let inner = text.get(hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = inner.find(&close).unwrap_or(inner.len());
    let length = (hashes + 1 + end + close.len()).min(text.len());
    Some((inner.get(..end)?, length))
}

/// How long a character is that begins here; 1 for the mark of a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => text.get(3..).and_then(|rest| rest.find('\'')).map_or(1, |end| end + 4),
        Some(_) => match letters.next() {
            Some((end, '\'')) => end + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// What stands in a string without its last quote and the escapes that paths and names may have.
fn unescaped(text: &str) -> String {
    text.strip_suffix('"').unwrap_or(text).replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        read(text).into_iter().filter_map(Token::text).collect()
    }

    #[test]
    fn texts_are_told_from_comments_characters_and_lifetimes() {
        for (text, expected) in [
            (r#"match path { "/a" => x, b"/b" => y }"#, vec!["/a", "/b"]),
            ("r\"/a\\d\" r#\"/\"b\"# br\"/c\" for r in var", vec!["/a\\d", "/\"b", "/c"]),
            ("// \"no\"\n/* \"no\" /* \"no\" */ \"no\" */ \"yes\"", vec!["yes"]),
            (r#"let c = '"'; let d: &'a str = "x"; '\'' '\\' b'"' "y""#, vec!["x", "y"]),
            (r#""a\"b" "\\" "c""#, vec!["a\"b", "\\", "c"]),
            ("\"open", vec!["open"]),
            ("'é' \"ü\" '\u{1F600}' \"ö\"", vec!["ü", "ö"]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_no_panic_and_spans_are_within() {
        let text = "/* ä /* */ */ fn a<'b>(c: &'b str) { r##\"\"# é\"## ; '\\u{e9}'; 1.5; \"\\\"ü\" } // 404";
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            for token in read(&text[..end]) {
                assert!(text.get(token.span).is_some(), "{}", &text[..end]);
            }
        }
    }

    #[test]
    fn numbers_are_read_without_their_types() {
        for (word, expected) in [
            ("404", Some(404.0)),
            ("50_000usize", Some(5e4)),
            ("1.5", Some(1.5)),
            ("0x10", None),
            ("a1", None),
        ] {
            assert_eq!(number(word), expected, "{word}");
        }
        let words: Vec<_> =
            read("a.0 1..5 1.5f32").into_iter().map(|token| format!("{:?}", token.kind)).collect();
        assert_eq!(words.len(), 8, "{words:?}");
    }
}
