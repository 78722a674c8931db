//! YAML as a tree that knows where each value stands: the same tree as a manifest's.

use super::Error;
use crate::manifest::source::{Kind, Member, Node};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

/// Deeper than any configuration is.
const DEEPEST: usize = 128;

/// Something that is not closed yet.
struct Open {
    start: usize,
    end: usize,
    kind: OpenKind,
}

enum OpenKind {
    Array(Vec<Node>),
    /// The members, and the key whose value is awaited.
    Object(Vec<Member>, Option<Node>),
}

/// Reads the first document of a YAML text. An empty one is null; an alias is null too, since it is no value of its own.
pub fn tree(text: &str) -> Result<Node, Error> {
    let offsets = Offsets::new(text);
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| broken(error.info(), error.marker()))?;
        let (start, end) = (offsets.byte(span.start), offsets.byte(span.end));
        let node = match event {
            Event::SequenceStart(..) => {
                open.push(Open { start, end, kind: OpenKind::Array(Vec::new()) });
                None
            }
            Event::MappingStart(..) => {
                open.push(Open { start, end, kind: OpenKind::Object(Vec::new(), None) });
                None
            }
            Event::Scalar(value, style, ..) => Some(Node { kind: scalar(&value, style), start, end }),
            Event::Alias(_) => Some(Node { kind: Kind::Null, start, end }),
            // The end of a block is where the next token begins; it ends with its last value.
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|open| open.close(end, start == end)),
            Event::DocumentEnd => break,
            _ => None,
        };
        if open.len() > DEEPEST {
            return Err(broken("nested too deeply", &span.start));
        }
        if let Some(node) = node {
            match open.last_mut() {
                Some(parent) => parent.add(node),
                None => return Ok(node),
            }
        }
    }
    Ok(Node { kind: Kind::Null, start: 0, end: 0 })
}

fn broken(message: &str, marker: &Marker) -> Error {
    Error { message: message.to_owned(), line: marker.line(), column: marker.col() + 1 }
}

impl Open {
    fn add(&mut self, node: Node) {
        self.end = self.end.max(node.end);
        match &mut self.kind {
            OpenKind::Array(items) => items.push(node),
            OpenKind::Object(members, awaited) => match awaited.take() {
                None => *awaited = Some(node),
                Some(key) => {
                    let Node { kind, start, end } = key;
                    let key = if let Kind::String(key) = kind { key } else { String::new() };
                    members.push(Member { key, start, end, value: node });
                }
            },
        }
    }

    fn close(self, end: usize, is_block: bool) -> Node {
        let end = if is_block { self.end } else { end };
        let kind = match self.kind {
            OpenKind::Array(items) => Kind::Array(items),
            OpenKind::Object(members, _) => Kind::Object(members),
        };
        Node { kind, start: self.start, end }
    }
}

/// What a scalar is in YAML's core schema.
fn scalar(value: &str, style: ScalarStyle) -> Kind {
    if style != ScalarStyle::Plain {
        return Kind::String(value.to_owned());
    }
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Kind::Boolean,
        number if number.starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter)) => {
            if number.parse::<f64>().is_ok() {
                Kind::Number
            } else {
                Kind::String(number.to_owned())
            }
        }
        text => Kind::String(text.to_owned()),
    }
}

/// Characters as bytes.
struct Offsets {
    /// None when each character is one byte.
    starts: Option<Vec<usize>>,
    length: usize,
}

impl Offsets {
    fn new(text: &str) -> Offsets {
        let starts = (!text.is_ascii()).then(|| text.char_indices().map(|(index, _)| index).collect());
        Offsets { starts, length: text.len() }
    }

    fn byte(&self, marker: Marker) -> usize {
        match &self.starts {
            None => marker.index().min(self.length),
            Some(starts) => starts.get(marker.index()).copied().unwrap_or(self.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_knows_its_bytes() {
        let text =
            "# ü\nbuild: {entry: 'a'}\nusers:\n  - id: é1\n    permissions: [a, \"b\"]\n  - id: 2\nlast: x\n";
        let root = tree(text).unwrap();
        let shown = |node: &Node| text[node.start..node.end].to_owned();
        let users = root.get("users").unwrap();
        let first = &users.items().unwrap()[0];
        assert_eq!(shown(first.get("id").unwrap()), "é1");
        assert_eq!(shown(first.get("permissions").unwrap()), "[a, \"b\"]");
        assert_eq!(shown(first), "id: é1\n    permissions: [a, \"b\"]");
        assert_eq!(shown(root.get("build").unwrap()), "{entry: 'a'}");
        assert_eq!(users.items().unwrap()[1].get("id").unwrap().kind, Kind::Number);
        let member = &root.members().unwrap()[2];
        assert_eq!((member.key.as_str(), &text[member.start..member.end]), ("last", "last"));
    }

    #[test]
    fn what_is_no_yaml_has_a_place_and_hostile_text_ends() {
        assert_eq!(tree("a: b\nc: [").unwrap_err().line, 3);
        assert!(tree(&"[".repeat(100_000)).is_err());
        assert_eq!(tree("").unwrap().kind, Kind::Null);
        let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        assert_eq!(tree(laughs).unwrap().get("c").unwrap().items().unwrap()[0].kind, Kind::Null);
    }
}
