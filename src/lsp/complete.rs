//! What may be written at the cursor: keys, known values, capabilities, files, publishers, endpoints, codes.

use super::document::At;
use super::hover::{bare, opens, place};
use super::place::{Place, Role, Step, shown};
use super::position::{Lines, Range};
use super::words::{Spot, Words};
use super::{Document, Kind, Server, paths};
use crate::files;
use crate::findings::Code;
use crate::manifest::{Capability, Manifest, source};
use crate::project::MANIFEST;
use serde_json::{Value, json};

/// The protocol's kinds of completions.
const PROPERTY: u8 = 10;
const VALUE: u8 = 12;
const FILE: u8 = 17;
const CONSTANT: u8 = 21;

/// Something that may be written.
struct Offer {
    label: String,
    kind: u8,
    detail: String,
    /// What is written, and the same with places to go on at.
    text: String,
    snippet: Option<String>,
}

/// A value that may be written, before it is dressed for its file.
struct Known {
    value: Value,
    kind: u8,
    detail: String,
}

impl Known {
    fn text(text: impl Into<String>, kind: u8, detail: impl Into<String>) -> Known {
        Known { value: Value::String(text.into()), kind, detail: detail.into() }
    }
}

impl Server {
    /// What may be written at a place; null where nothing is known.
    pub(super) fn complete(&self, at: &At) -> Value {
        let Some(document) = self.documents.get(&at.text_document.uri) else { return Value::Null };
        let lines = Lines::new(&document.text, self.client.encoding);
        let Some(place) = place(document, lines.byte(at.position)) else { return Value::Null };
        let words = self.words(document.kind);
        let spot = words.at(&place.path);
        let is_key = place.role == Role::Key && !spot.keys().is_empty();
        // Behind a dash of YAML a key may be as well begun as a text.
        let may_be_key =
            place.role == Role::Value && document.kind == Kind::Config && !spot.keys().is_empty();
        let offers = if is_key || may_be_key {
            keys(document, &place, &spot, words)
        } else if place.role == Role::Value {
            let known = self.known(document, &place, &spot);
            known.into_iter().map(|known| dress(known, document, &place, "")).collect()
        } else if spot.is("array") {
            let path = [place.path.as_slice(), &[Step::Item]].concat();
            let inner = Place { path, ..place.clone() };
            let known = self.known(document, &inner, &words.at(&inner.path));
            known.into_iter().map(|known| dress(known, document, &place, "- ")).collect()
        } else {
            Vec::new()
        };
        let range = lines.range(place.word.clone());
        let items = offers.into_iter().enumerate();
        items.map(|(index, offer)| self.item(index, offer, range)).collect::<Vec<Value>>().into()
    }

    fn item(&self, index: usize, offer: Offer, range: Range) -> Value {
        let snippet = offer.snippet.filter(|_| self.client.snippets);
        let format = if snippet.is_some() { 2 } else { 1 };
        // What an editor compares with what stands in the range, its quotes included.
        let filter = match offer.text.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some((inner, _)) => format!("\"{inner}\""),
            None => offer.label.clone(),
        };
        json!({
            "label": offer.label,
            "kind": offer.kind,
            "detail": offer.detail,
            "sortText": format!("{index:04}"),
            "filterText": filter,
            "insertTextFormat": format,
            "textEdit": { "range": range, "newText": snippet.unwrap_or(offer.text) },
        })
    }

    /// The values that are known for a place.
    fn known(&self, document: &Document, place: &Place, spot: &Spot) -> Vec<Known> {
        let root = &document.root;
        let files = |endings: &[&str]| {
            let files = paths::files(root, endings).into_iter();
            files.map(|file| Known::text(file, FILE, "")).collect::<Vec<Known>>()
        };
        let mut known = match (document.kind, shown(&place.path).as_str()) {
            (Kind::Manifest, "capabilities[]") | (Kind::Config, "grants[]") => capabilities(&place.others),
            (Kind::Manifest, "ui.entry") => {
                let mut pages = files(&[".html"]);
                pages.retain(|page| page.value.as_str().is_some_and(|page| page.starts_with("ui/")));
                pages
            }
            (Kind::Manifest, "publisher") => {
                let publishers = paths::publishers(root).into_iter();
                publishers.map(|(name, from)| Known::text(name, VALUE, from)).collect()
            }
            (Kind::Config, "build.entry") => files(&[".ts", ".js", ".mts", ".mjs", ".tsx", ".jsx"]),
            (Kind::Config, "build.output") => files(&[".wasm"]),
            (Kind::Config, "ui.dir") => {
                paths::folders(root).into_iter().map(|folder| Known::text(folder, FILE, "")).collect()
            }
            (Kind::Config, "schedules[].endpoint") => self.endpoints(document),
            (Kind::Config, "validate.allow[].code") => {
                Code::all().map(|code| Known::text(code.as_str(), CONSTANT, code.summary())).collect()
            }
            (Kind::Config, "validate.allow[].file") => files(&[""]),
            _ => Vec::new(),
        };
        for (value, said) in spot.values() {
            let is_new = !known.iter().any(|known| known.value == *value)
                && !place.others.iter().any(|other| value == other);
            if is_new {
                let detail = said.unwrap_or_default().to_owned();
                known.push(Known { value: value.clone(), kind: VALUE, detail });
            }
        }
        known
    }

    /// The endpoints the manifest beside declares, as schedules name them.
    fn endpoints(&self, document: &Document) -> Vec<Known> {
        let path = document.root.join(MANIFEST);
        let text = if let Some((_, manifest)) = self.document_at(&path) {
            manifest.text.clone()
        } else {
            let most = u64::try_from(source::MAX_BYTES).unwrap_or(u64::MAX);
            files::read_text(&path, most).unwrap_or_default()
        };
        let endpoints = Manifest::parse(&text).map(|manifest| manifest.endpoints).unwrap_or_default();
        let named = endpoints.iter().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path));
        named.map(|name| Known::text(name, VALUE, "declared in manifest.json")).collect()
    }
}

/// The keys that are not there yet, those that must be there first.
fn keys(document: &Document, place: &Place, spot: &Spot, words: &Words) -> Vec<Offer> {
    let required = spot.required();
    let mut keys: Vec<&str> =
        spot.keys().into_iter().filter(|key| !place.others.iter().any(|other| other == key)).collect();
    keys.sort_by_key(|key| !required.contains(key));
    let after = document.text.get(place.word.end..).unwrap_or_default();
    let offer = |key: &str| {
        let path = [place.path.as_slice(), &[Step::Key(key.to_owned())]].concat();
        let spot = words.at(&path);
        let must = if required.contains(&key) { "required. " } else { "" };
        let detail = format!("{must}{}", spot.description().unwrap_or_default());
        let (text, snippet) = match document.kind {
            Kind::Manifest => json_key(key, &spot, after),
            Kind::Config => (yaml_key(key, &spot, after), None),
        };
        Offer { label: key.to_owned(), kind: PROPERTY, detail, text, snippet }
    };
    keys.into_iter().map(offer).collect()
}

/// The capabilities that are not there yet; those that everyone has come last.
fn capabilities(others: &[String]) -> Vec<Known> {
    let mut known: Vec<Capability> = Capability::ALL.into_iter().collect();
    known.retain(|capability| !others.iter().any(|other| Capability::named(other) == Some(*capability)));
    known.sort_by_key(|capability| capability.is_default());
    known.into_iter().map(|capability| Known::text(capability.id(), CONSTANT, opens(capability))).collect()
}

/// A value as it is written in the document.
fn dress(known: Known, document: &Document, place: &Place, prefix: &str) -> Offer {
    let label = bare(&known.value);
    let is_quoted = document.text.get(place.word.start..).is_some_and(|word| word.starts_with(['"', '\'']));
    let text = match (document.kind, &known.value) {
        (Kind::Config, Value::String(text)) if !is_quoted && is_plain(text) => text.clone(),
        (_, value) => value.to_string(),
    };
    Offer { label, kind: known.kind, detail: known.detail, text: format!("{prefix}{text}"), snippet: None }
}

/// Whether YAML reads a text without quotes as that text.
fn is_plain(text: &str) -> bool {
    let first = |letter: char| letter.is_ascii_alphabetic() || letter == '/' || letter == '_';
    let is_word =
        matches!(text.to_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    text.starts_with(first)
        && !is_word
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
}

/// A key of JSON with what its value begins with, and a comma where another key follows.
fn json_key(key: &str, spot: &Spot, after: &str) -> (String, Option<String>) {
    let quoted = Value::from(key).to_string();
    let next = after.trim_start().chars().next();
    if next == Some(':') {
        return (quoted, None);
    }
    let comma = if next == Some('"') { "," } else { "" };
    let only = match spot.values().as_slice() {
        [(value @ Value::String(_), _)] => Some(value.to_string()),
        _ => None,
    };
    let (text, snippet) = match only {
        Some(value) => {
            let escaped = value.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
            let inner = escaped.trim_matches('"').to_owned();
            (value, format!("\"${{1:{inner}}}\""))
        }
        None if spot.is("string") => ("\"\"".to_owned(), "\"$1\"".to_owned()),
        None if spot.is("array") => ("[]".to_owned(), "[$1]".to_owned()),
        None if spot.is("object") => ("{}".to_owned(), "{$1}".to_owned()),
        None => (String::new(), "$1".to_owned()),
    };
    (format!("{quoted}: {text}{comma}"), Some(format!("{quoted}: {snippet}{comma}")))
}

/// A key of YAML; what is an object or a list goes on in the next line.
fn yaml_key(key: &str, spot: &Spot, after: &str) -> String {
    if after.trim_start_matches(' ').starts_with(':') {
        return key.to_owned();
    }
    let is_block = spot.is("object") || spot.is("array") || !spot.keys().is_empty();
    if is_block { format!("{key}:") } else { format!("{key}: ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_yaml_reads_as_something_else_is_quoted() {
        for (text, plain) in [
            ("cap:http.fetch", true),
            ("GET /notes", true),
            ("src/handler.ts", true),
            ("yes", false),
            ("1.0.0", false),
            ("*.html", false),
            ("a: b", false),
        ] {
            assert_eq!(is_plain(text), plain, "{text}");
        }
    }
}
