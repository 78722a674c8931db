//! A manifest's text as a tree that knows where each value stands: strict JSON, duplicate keys kept.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions};
use std::ops::Range;

/// The largest manifest that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Text that is no JSON, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What is wrong, without the place.
    pub message: String,
    /// The first byte that is wrong.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What to do, when that is clear.
    pub help: Option<&'static str>,
}

/// A value and the bytes it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// Any number.
    Number,
    /// A string, escapes resolved.
    String(String),
    /// In order.
    Array(Vec<Node>),
    /// In order, duplicates included.
    Object(Vec<Member>),
}

/// A key of an object and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key, escapes resolved.
    pub key: String,
    /// The key's first byte, its quote.
    pub start: usize,
    /// The byte after the key's last.
    pub end: usize,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The word for what it is, with its article.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Boolean => "a boolean",
            Kind::Number => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "an array",
            Kind::Object(_) => "an object",
        }
    }

    /// The string it is.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// Its items, when it is an array.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Its members, when it is an object.
    pub fn members(&self) -> Option<&[Member]> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value of `key`; of a duplicate key the last one counts, as everywhere.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members()?.iter().rev().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The bytes to take away with its item or member `index`: a comma goes along, so that the rest stays JSON.
    pub fn without(&self, index: usize) -> Range<usize> {
        let place = |index: usize| match &self.kind {
            Kind::Array(items) => items.get(index).map(|item| (item.start, item.end)),
            Kind::Object(members) => members.get(index).map(|member| (member.start, member.value.end)),
            _ => None,
        };
        let before = index.checked_sub(1).and_then(place);
        match (before, place(index), place(index + 1)) {
            (_, None, _) => self.end..self.end,
            (_, Some((start, _)), Some((next, _))) => start..next,
            (Some((_, before)), Some((_, end)), None) => before..end,
            (None, Some(_), None) => self.start + 1..self.end.saturating_sub(1),
        }
    }
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads strict JSON. The text is bounded by the caller ([`MAX_BYTES`]), its depth here.
pub fn read(text: &str) -> Result<Node, Error> {
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        let (message, help) = words(error.kind());
        let range = error.range();
        Error { message, start: range.start, end: range.end, help }
    })?;
    let empty = || Error { message: "the file is empty".into(), start: 0, end: 0, help: None };
    let value = parsed.value.ok_or_else(empty)?;
    // jsonc-parser lets a few things pass that JSON does not know, such as line ends in strings; the platform
    // reads with JSON.parse, so serde_json has the last word.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let start = offset(text, error.line(), error.column());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        return Err(Error { message, start, end: start + 1, help: None });
    }
    Ok(node(value))
}

fn node(value: Ast<'_>) -> Node {
    let range = value.range();
    let kind = match value {
        Ast::NullKeyword(_) => Kind::Null,
        Ast::BooleanLit(_) => Kind::Boolean,
        Ast::NumberLit(_) => Kind::Number,
        Ast::StringLit(text) => Kind::String(text.value.into_owned()),
        Ast::Array(array) => Kind::Array(array.elements.into_iter().map(node).collect()),
        Ast::Object(object) => Kind::Object(object.properties.into_iter().map(member).collect()),
    };
    Node { kind, start: range.start, end: range.end }
}

fn member(property: jsonc_parser::ast::ObjectProp<'_>) -> Member {
    let range = property.name.range();
    let key = match property.name {
        ObjectPropName::String(name) => name.value.into_owned(),
        ObjectPropName::Word(name) => name.value.to_owned(),
    };
    Member { key, start: range.start, end: range.end, value: node(property.value) }
}

/// The byte at a line and column as `serde_json` counts them: both from 1, columns in bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

/// The parser's words in ours, and what to do.
fn words(kind: &ParseErrorKind) -> (String, Option<&'static str>) {
    let (message, help) = match kind {
        ParseErrorKind::CommentsNotAllowed | ParseErrorKind::UnterminatedCommentBlock => {
            ("a comment, and JSON has none", Some("remove the comment"))
        }
        ParseErrorKind::TrailingCommasNotAllowed => ("a comma after the last item", Some("remove the comma")),
        ParseErrorKind::ExpectedComma => ("a comma is missing", Some("put `,` between two items")),
        ParseErrorKind::SingleQuotedStringsNotAllowed => {
            ("a string in single quotes", Some("put strings in double quotes"))
        }
        ParseErrorKind::ExpectedStringObjectProperty => {
            ("a key without double quotes", Some("put the key in double quotes"))
        }
        ParseErrorKind::ExpectedColonAfterObjectKey => ("`:` is missing after the key", None),
        ParseErrorKind::ExpectedObjectValue => ("the key's value is missing", None),
        ParseErrorKind::UnterminatedObject => ("the object that begins here has no `}`", None),
        ParseErrorKind::UnterminatedArray => ("the array that begins here has no `]`", None),
        ParseErrorKind::UnexpectedCloseBrace => ("`}` where a value was wanted", None),
        ParseErrorKind::UnexpectedCloseBracket => ("`]` where a value was wanted", None),
        ParseErrorKind::UnexpectedComma => ("`,` where a value was wanted", None),
        ParseErrorKind::UnexpectedColon => ("`:` where a value was wanted", None),
        ParseErrorKind::UnexpectedWord => {
            ("a bare word where a value was wanted", Some("put strings in double quotes"))
        }
        ParseErrorKind::MultipleRootJsonValues => ("something follows the end of the JSON value", None),
        ParseErrorKind::NestingDepthExceeded => ("nested too deeply to be a manifest", None),
        ParseErrorKind::HexadecimalNumbersNotAllowed
        | ParseErrorKind::UnaryPlusNumbersNotAllowed
        | ParseErrorKind::BareDecimalPointNumbersNotAllowed
        | ParseErrorKind::NonFiniteNumbersNotAllowed => ("a number JSON does not know", None),
        other => {
            let text = other.to_string();
            let mut letters = text.chars();
            let first = letters.next().map(|letter| letter.to_lowercase().to_string()).unwrap_or_default();
            return (format!("{first}{}", letters.as_str()), None);
        }
    };
    (message.to_owned(), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_knows_its_bytes_and_duplicates_are_kept() {
        let text = r#"{"a": 1, "a": "x"}"#;
        let root = read(text).unwrap();
        assert_eq!(root.members().unwrap().len(), 2);
        let last = root.get("a").unwrap();
        assert_eq!(&text[last.start..last.end], "\"x\"");
    }

    #[test]
    fn what_json_does_not_know_is_refused_with_its_place() {
        for (text, place, words) in [
            ("", 0, "empty"),
            ("{\"a\": 1,}", 7, "comma after"),
            ("{\"a\" 1}", 5, "`:`"),
            ("{a: 1}", 1, "double quotes"),
            ("{\"a\": 1 \"b\": 2}", 7, "comma is missing"),
            ("[1] // x", 4, "comment"),
            ("{'a': 1}", 1, "single quotes"),
            ("{\"a\": 0x1}", 6, "number"),
            ("{} {}", 3, "follows"),
            ("{\"a\": [1, 2}", 11, "`}`"),
            ("{\"a\": \"b\nc\"}", 8, "control character"),
            ("{\"a\": -}", 6, "digit"),
            ("{\"a\":", 0, "value is missing"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(words), "{text}: {}", error.message);
            assert!(error.start.abs_diff(place) <= 1 || place == 0, "{text}: {} is not {place}", error.start);
        }
    }

    #[test]
    fn what_is_taken_away_leaves_json_with_its_formatting() {
        for (text, index, expected) in [
            ("[1, 2, 3]", 0, "[2, 3]"),
            ("[1, 2, 3]", 1, "[1, 3]"),
            ("[1, 2, 3]", 2, "[1, 2]"),
            ("[ 1 ]", 0, "[]"),
            ("{\n  \"a\": 1,\n  \"b\": 2\n}", 0, "{\n  \"b\": 2\n}"),
            ("{\n  \"a\": 1,\n  \"b\": 2\n}", 1, "{\n  \"a\": 1\n}"),
            ("[1]", 5, "[1]"),
        ] {
            let range = read(text).unwrap().without(index);
            let mut left = text.to_owned();
            left.replace_range(range, "");
            assert_eq!(left, expected, "{text} {index}");
            assert!(read(&left).is_ok(), "{left}");
        }
    }

    #[test]
    fn a_thousand_levels_do_not_overflow_the_stack() {
        for depth in [200, 1000, 300_000] {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert!(read(&text).is_err(), "{depth}");
        }
        let text = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert!(read(&text).is_err());
    }
}
