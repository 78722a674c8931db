//! A cursor in JSON, however much of it is missing.

use super::{Place, Role, Step};

/// Deeper than any manifest is.
const DEEPEST: usize = 128;

/// Something that is not closed yet.
enum Open {
    Object { keys: Vec<String>, key: Option<String>, state: State },
    Array { items: Vec<String>, state: State },
}

/// What an object or array waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A key, or an item.
    Start,
    /// A colon.
    Colon,
    /// The key's value.
    Value,
    /// A comma.
    Comma,
}

/// A text being read.
struct Scan<'a> {
    text: &'a str,
    cursor: usize,
    open: Vec<Open>,
    /// What was found, and in how many open ones it stands.
    found: Option<(Place, usize)>,
    /// Whether the cursor has been passed.
    is_passed: bool,
}

/// What stands at byte `cursor`; none where there is neither a key nor a value to write.
pub(in crate::lsp) fn json(text: &str, cursor: usize) -> Option<Place> {
    let mut scan = Scan { text, cursor, open: Vec::new(), found: None, is_passed: false };
    scan.run();
    scan.found.map(|(place, _)| place)
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(letter) = self.text.get(at..).and_then(|rest| rest.chars().next()) {
            let start = at;
            at = match letter {
                '"' => self.string_end(start),
                letter if is_word(letter) => self.word_end(start),
                letter => start + letter.len_utf8(),
            };
            let is_word = letter == '"' || is_word(letter);
            if !self.is_passed && !is_word && self.cursor <= start {
                self.find(self.cursor..self.cursor);
            }
            if self.is_passed && self.found.is_none() {
                return;
            }
            if is_word {
                self.word(start, at);
            } else if !self.punctuation(letter) {
                return;
            }
        }
        if !self.is_passed {
            self.find(self.cursor..self.cursor);
        }
        while self.close() {}
    }

    /// The byte after a string that begins at `start`; one without end stops at the line's.
    fn string_end(&self, start: usize) -> usize {
        let mut is_escaped = true;
        for (index, letter) in self.text.get(start..).unwrap_or_default().char_indices() {
            match letter {
                '\n' | '\r' => return start + index,
                '"' if !is_escaped => return start + index + 1,
                // The first quote is passed over as if escaped.
                '\\' => is_escaped = !is_escaped,
                _ => is_escaped = false,
            }
        }
        self.text.len()
    }

    fn word_end(&self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
    }

    /// A string, number or bare word.
    fn word(&mut self, start: usize, end: usize) {
        let token = self.text.get(start..end).unwrap_or_default();
        let is_closed = token.len() > 1 && token.starts_with('"') && token.ends_with('"');
        let holds = start <= self.cursor && (self.cursor < end || self.cursor == end && !is_closed);
        let is_hit = !self.is_passed && holds;
        if is_hit {
            self.find(start..end);
        }
        let text = unquoted(token);
        match self.open.last_mut() {
            Some(Open::Object { keys, key, state }) if matches!(state, State::Start) => {
                if !is_hit {
                    keys.push(text.clone());
                }
                (*key, *state) = (Some(text), State::Colon);
            }
            Some(Open::Object { state, .. }) => *state = State::Comma,
            Some(Open::Array { items, state }) => {
                if !is_hit {
                    items.push(text);
                }
                *state = State::Comma;
            }
            None => {}
        }
    }

    /// Whether there may be more.
    fn punctuation(&mut self, letter: char) -> bool {
        let opened = match letter {
            '{' => Open::Object { keys: Vec::new(), key: None, state: State::Start },
            '[' => Open::Array { items: Vec::new(), state: State::Start },
            '}' | ']' => return self.close(),
            ':' => {
                if let Some(Open::Object { state, key: Some(_), .. }) = self.open.last_mut() {
                    *state = State::Value;
                }
                return true;
            }
            ',' => {
                match self.open.last_mut() {
                    Some(Open::Object { state, key, .. }) => (*state, *key) = (State::Start, None),
                    Some(Open::Array { state, .. }) => *state = State::Start,
                    None => {}
                }
                return true;
            }
            _ => return true,
        };
        if let Some(Open::Object { state, .. } | Open::Array { state, .. }) = self.open.last_mut() {
            *state = State::Comma;
        }
        self.open.push(opened);
        self.open.len() <= DEEPEST
    }

    /// Closes the innermost; false when nothing is open any more.
    fn close(&mut self) -> bool {
        let depth = self.open.len();
        let closed = self.open.pop();
        if let Some((place, _)) = self.found.as_mut().filter(|(_, own)| *own == depth) {
            place.others = match closed {
                Some(Open::Object { keys, .. }) if place.role == Role::Key => keys,
                Some(Open::Array { items, .. }) => items,
                _ => Vec::new(),
            };
        }
        !self.open.is_empty()
    }

    /// The cursor is here; whether that is a key or a value depends on what is open.
    fn find(&mut self, word: std::ops::Range<usize>) {
        self.is_passed = true;
        let role = match self.open.last() {
            Some(Open::Object { state: State::Start, .. }) => Role::Key,
            Some(Open::Object { state: State::Value, .. } | Open::Array { state: State::Start, .. }) => {
                Role::Value
            }
            _ => return,
        };
        let steps = self.open.iter().filter_map(|open| match open {
            Open::Object { key, .. } => key.clone().map(Step::Key),
            Open::Array { .. } => Some(Step::Item),
        });
        let path = steps.collect();
        let text = unquoted(self.text.get(word.clone()).unwrap_or_default());
        self.found = Some((Place { path, role, word, text, others: Vec::new() }, self.open.len()));
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '+' | '.' | '$' | '\'' | '/' | '@')
}

/// What a string says; of one that is not whole, what stands there.
fn unquoted(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| token.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::told;
    use super::*;

    #[test]
    fn keys_and_values_are_told_in_texts_that_are_not_whole() {
        for (text, expected) in [
            ("{|}", "Key  <> "),
            ("{ \"|", "Key  <\"> "),
            ("{\"a\": 1, \"na|me\": 2, \"c\": [", "Key  <\"name\"> a,c"),
            ("{\"a\": |", "Value a <> "),
            ("{\"a\": \"x|", "Value a <\"x> "),
            ("{\"a\": [\"x\", \"|\", \"z\"]}", "Value a.[] <\"\"> x,z"),
            ("{\"a\": [\"x\", |]}", "Value a.[] <> x"),
            ("{\"api\": {\"endpoints\": [{\"m\": 1}, {\"p\": 2, |\n  ]}}", "Key api.endpoints.[] <> p"),
            ("{\"a\": 1,\n  |\n  \"b\": {\"c\": 1}\n}", "Key  <> a,b"),
            ("{\"ä\\\"\": \"ü|\"}", "Value ä\" <\"ü\"> "),
            ("{na|", "Key  <na> "),
            ("{\"a\": tr|ue}", "Value a <true> "),
        ] {
            assert_eq!(told(text, json).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn there_is_nothing_to_write_where_a_comma_or_colon_is_missing() {
        for text in ["|", "{\"a\" |", "{\"a\": 1 |}", "[1 |", "{} |"] {
            assert_eq!(told(text, json), None, "{text}");
        }
        assert_eq!(json(&"[".repeat(100_000), 99_999), None);
    }
}
