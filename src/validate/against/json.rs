//! JSON as `JSON.parse` reads it where `serde_json` refuses: halves of surrogate pairs, numbers beyond all bounds, any depth.

use serde_json::{Map, Value};

/// Levels that are kept. No validator looks deeper; what lies there has to be JSON all the same.
const DEEPEST: usize = 64;

/// Reads a text. None when it is no JSON.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.whole()?;
    reader.blanks();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// Something that is not closed yet. What is too deep collects nothing.
enum Open {
    Array(Vec<Value>),
    /// The members, and the key whose value is awaited.
    Object(Map<String, Value>, String),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over a byte if it is there.
    fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// A value, however deep, without calling itself.
    fn whole(&mut self) -> Option<Value> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            self.blanks();
            let mut value = match self.peek()? {
                b'[' => {
                    self.at += 1;
                    self.blanks();
                    if !self.takes(b']') {
                        open.push(Open::Array(Vec::new()));
                        continue;
                    }
                    Value::Array(Vec::new())
                }
                b'{' => {
                    self.at += 1;
                    self.blanks();
                    if !self.takes(b'}') {
                        let key = self.key()?;
                        open.push(Open::Object(Map::new(), key));
                        continue;
                    }
                    Value::Object(Map::new())
                }
                b'"' => Value::String(self.string()?),
                b't' => self.word("true", Value::Bool(true))?,
                b'f' => self.word("false", Value::Bool(false))?,
                b'n' => self.word("null", Value::Null)?,
                _ => self.number()?,
            };
            // Everything that ends with this value.
            loop {
                let is_kept = open.len() <= DEEPEST;
                self.blanks();
                let Some(last) = open.last_mut() else { return Some(value) };
                let closing = match last {
                    Open::Array(items) => {
                        if is_kept {
                            items.push(value);
                        }
                        b']'
                    }
                    Open::Object(members, key) => {
                        if is_kept {
                            members.insert(std::mem::take(key), value);
                        }
                        b'}'
                    }
                };
                if self.takes(b',') {
                    if let Open::Object(_, key) = last {
                        self.blanks();
                        *key = self.key()?;
                    }
                    break;
                }
                if !self.takes(closing) {
                    return None;
                }
                value = match open.pop()? {
                    Open::Array(items) => Value::Array(items),
                    Open::Object(members, _) => Value::Object(members),
                };
            }
        }
    }

    /// A key with its colon.
    fn key(&mut self) -> Option<String> {
        let key = self.string()?;
        self.blanks();
        self.takes(b':').then_some(key)
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        let is_there = self.text.get(self.at..)?.starts_with(word);
        self.at += word.len();
        is_there.then_some(value)
    }

    /// A number; which one matters to no validator.
    fn number(&mut self) -> Option<Value> {
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            if !self.takes(b'-') {
                self.takes(b'+');
            }
            self.digits()?;
        }
        Some(Value::from(0))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// A string; half of a surrogate pair is U+FFFD, as it is once it is written as UTF-8.
    fn string(&mut self) -> Option<String> {
        if !self.takes(b'"') {
            return None;
        }
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let plain = rest.find(|letter: char| letter < ' ' || matches!(letter, '"' | '\\'))?;
            text.push_str(rest.get(..plain)?);
            self.at += plain;
            if self.takes(b'"') {
                return Some(text);
            }
            if !self.takes(b'\\') {
                return None;
            }
            let escape = self.peek()?;
            self.at += 1;
            text.push(match escape {
                b'"' | b'\\' | b'/' => char::from(escape),
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.unit()?,
                _ => return None,
            });
        }
    }

    /// What `\u` stands for, together with the other half where one follows.
    fn unit(&mut self) -> Option<char> {
        let first = self.hex()?;
        let after = self.at;
        if (0xd800..0xdc00).contains(&first) && self.takes(b'\\') && self.takes(b'u') {
            let second = self.hex()?;
            if let Some(Ok(letter)) = char::decode_utf16([first, second]).next() {
                return Some(letter);
            }
        }
        // What follows stands for itself.
        self.at = after;
        Some(char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_both_read_is_read_alike() {
        for text in [
            "null",
            " [ ] ",
            "{}",
            r#"{"a": [true, false, {"b": "c"}, []], "d": "\u00e4\n\ud834\udd1e\/", "a2": {}}"#,
            r#"{"a": 0, "a": {"b": 0}}"#,
            "[\"ü𝄞\", \"\"]",
        ] {
            assert_eq!(read(text), serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn what_serde_refuses_and_javascript_reads_is_read() {
        for (text, expected) in [
            (
                r#"["\ud800", "\udc00x", "\ud800\ud834\udd1e", "\ud800\n"]"#,
                json!(["\u{fffd}", "\u{fffd}x", "\u{fffd}𝄞", "\u{fffd}\n"]),
            ),
            ("[1e999, -1E+400, 0.5e-3]", json!([0, 0, 0])),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for depth in [200, 500_000] {
            let deep = format!("{{\"a\": {}1{}, \"b\": 0}}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(read(&deep).unwrap()["b"], 0, "{depth}");
            assert_eq!(read(&deep.replacen(']', "", 1)), None, "{depth}");
            let deep = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
            assert!(read(&deep).is_some() && read(&deep.replacen('1', "x", 1)).is_none(), "{depth}");
        }
    }

    #[test]
    fn what_is_no_json_is_not() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "-",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u+123\"",
            "\"\\u12",
            "tru",
            "nulll",
            "1 2",
            "[1}",
            "{\"a\" 1}",
            "{\"a\":}",
            "\u{feff}{}",
            "[1\u{a0}]",
            "\"\\",
            "NaN",
        ] {
            assert_eq!(read(text), None, "{text}");
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }
}
