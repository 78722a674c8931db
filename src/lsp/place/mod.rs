//! What stands at the cursor: told from texts that are being written, so seldom whole.

mod json;
mod yaml;

pub(super) use json::json;
pub(super) use yaml::yaml;

use std::ops::Range;

/// A step from a document's root to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item,
}

/// Whether a key or a value stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Key,
    Value,
}

/// What stands at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Of a key, the object it stands in; of a value, the value.
    pub(super) path: Vec<Step>,
    pub(super) role: Role,
    /// The bytes of the word at the cursor, its quotes included; empty where there is none yet.
    pub(super) word: Range<usize>,
    /// The word without quotes.
    pub(super) text: String,
    /// The other keys of the object, or the other texts of the list.
    pub(super) others: Vec<String>,
}

/// A path as people write it: `api.endpoints[].path`.
pub(super) fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Item => text.push_str("[]"),
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
        }
    }
    text
}

/// What stands at `|` in a text, in one line: role, path, word and the others.
#[cfg(test)]
fn told(text: &str, read: fn(&str, usize) -> Option<Place>) -> Option<String> {
    let cursor = text.find('|')?;
    let text = text.replacen('|', "", 1);
    let place = read(&text, cursor)?;
    let steps = place.path.iter().map(|step| match step {
        Step::Key(key) => key.as_str(),
        Step::Item => "[]",
    });
    let path = steps.collect::<Vec<_>>().join(".");
    let word = text.get(place.word.clone())?;
    Some(format!("{:?} {path} <{word}> {}", place.role, place.others.join(",")))
}
