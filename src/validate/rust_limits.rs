//! Literals of a handler written in Rust against what the platform will make of them: the records and calls of the
//! platform's interfaces, told by the names that `wit-bindgen` gives them.

use super::judge::Judge;
use super::literals;
use super::rust_tokens::{Kind, Token, number};
use crate::build::javascript::survey::{LONGEST_NAMED, Literal, Value};
use crate::host::refusals;
use crate::manifest::Manifest;
use std::collections::{HashMap, HashSet};

/// The records that are looked at.
const RECORDS: [&str; 8] = [
    "CreateScheduleInput",
    "UpdateScheduleInput",
    "StorageEntry",
    "CreateManualInvoiceInput",
    "ManualInvoiceItemInput",
    "ClientsListInput",
    "ServicesListInput",
    RESPONSE,
];
/// What the world itself names, so that no file imports it.
const RESPONSE: &str = "ExecuteResponse";
/// What makes an owned text of a literal.
const OWNED: [&str; 5] = ["into", "to_string", "to_owned", "into_bytes", "to_vec"];
/// More tokens than a `use` has.
const LONGEST_USE: usize = 500;
/// Deeper values are not read.
const DEEPEST: usize = 16;

/// Judges what one file shows.
pub(super) fn judge(tokens: &[Token<'_>], manifest: &Manifest, judge: &mut Judge) {
    let (constants, imported) = (constants(tokens), imported(tokens));
    let file = File { tokens, closings: closings(tokens), constants, imported };
    let mut at = 0;
    while at < tokens.len() {
        if let Some((name, record, end)) = file.record(at, 0) {
            said(name, &record, manifest, judge);
            at = end;
            continue;
        }
        file.call(at, judge);
        at += 1;
    }
}

fn said(name: &str, record: &Literal, manifest: &Manifest, judge: &mut Judge) {
    match name {
        "CreateScheduleInput" | "UpdateScheduleInput" => literals::scheduled(Some(record), manifest, judge),
        "StorageEntry" => literals::stored(record, judge),
        "CreateManualInvoiceInput" => literals::invoice(Some(record), judge),
        "ManualInvoiceItemInput" => {
            let items = Literal { value: Value::Array(vec![record.clone()]), span: record.span.clone() };
            let value = Value::Object(vec![("items".into(), items)]);
            literals::invoice(Some(&Literal { value, span: record.span.clone() }), judge);
        }
        "ClientsListInput" | "ServicesListInput" => literals::page(Some(record), judge),
        _ => literals::headers(record, judge),
    }
}

/// `const NAME: &str = "text";`
fn constants<'a>(tokens: &'a [Token<'a>]) -> HashMap<&'a str, Value> {
    let mut found = HashMap::new();
    for (index, token) in tokens.iter().enumerate() {
        let (Some("const" | "static"), Some(name)) =
            (token.word(), tokens.get(index + 1).and_then(Token::word))
        else {
            continue;
        };
        let rest = tokens.get(index + 2..).unwrap_or_default();
        let Some(equals) = rest.iter().take(12).position(|token| token.is('=')) else { continue };
        if let [value, end, ..] = rest.get(equals + 1..).unwrap_or_default()
            && end.is(';')
        {
            let value = match &value.kind {
                Kind::Text(text) if text.len() > LONGEST_NAMED => Some(Value::Length(text.len())),
                Kind::Text(text) => Some(Value::Text(text.clone())),
                Kind::Word(word) => number(word).map(Value::Number),
                Kind::Mark(_) => None,
            };
            found.extend(value.map(|value| (name, value)));
        }
    }
    found
}

/// The names that `use` brings from the platform's package.
fn imported<'a>(tokens: &'a [Token<'a>]) -> HashSet<&'a str> {
    let mut found = HashSet::new();
    for (index, _) in tokens.iter().enumerate().filter(|(_, token)| token.word() == Some("use")) {
        let rest = tokens.get(index + 1..).unwrap_or_default();
        let own = rest.iter().take(LONGEST_USE).take_while(|token| !token.is(';'));
        let words: Vec<&str> = own.filter_map(Token::word).collect();
        if words.windows(2).any(|pair| pair == ["alga", "extension"]) {
            found.extend(words);
        }
    }
    found
}

/// The mark that closes each one that opens.
fn closings(tokens: &[Token<'_>]) -> HashMap<usize, usize> {
    let (mut open, mut found) = (Vec::new(), HashMap::new());
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => open.push(index),
            Kind::Mark(')' | ']' | '}') => found.extend(open.pop().map(|opened| (opened, index))),
            _ => {}
        }
    }
    found
}

struct File<'a> {
    tokens: &'a [Token<'a>],
    closings: HashMap<usize, usize>,
    constants: HashMap<&'a str, Value>,
    imported: HashSet<&'a str>,
}

impl<'a> File<'a> {
    fn token(&self, at: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(at)
    }

    fn is(&self, at: usize, mark: char) -> bool {
        self.token(at).is_some_and(|token| token.is(mark))
    }

    /// A record that is written out at `at`: its name, its fields under the names JavaScript gives them, and what follows.
    fn record(&self, at: usize, depth: usize) -> Option<(&'a str, Literal, usize)> {
        let name = self.token(at)?.word()?;
        let is_known =
            RECORDS.contains(&name) && self.is_platforms(name, at) || name == "HttpHeader" && depth > 0;
        if !is_known || !self.is(at + 1, '{') || self.declares(at) {
            return None;
        }
        let end = self.closing(at + 1)?;
        let fields = self.parts(at + 2, end).into_iter().filter_map(|(start, stop)| {
            let name = self.token(start)?.word()?;
            let is_field = self.is(start + 1, ':') && !self.is(start + 2, ':');
            is_field.then(|| (camel(name), self.value(start + 2, stop, depth + 1)))
        });
        let span = self.token(at)?.span.start..self.token(end)?.span.end;
        Some((name, Literal { value: Value::Object(fields.collect()), span }, end + 1))
    }

    /// Whether a name is the platform's: imported from its package, or written with it.
    fn is_platforms(&self, name: &str, at: usize) -> bool {
        let is_written = (1..=4).any(|back| {
            let word = at.checked_sub(back * 3).and_then(|before| self.token(before)?.word());
            word == Some("extension")
        });
        name == RESPONSE || self.imported.contains(name) || is_written
    }

    /// Whether the name before a brace is no value: of a type that is declared, implemented or given back.
    fn declares(&self, at: usize) -> bool {
        let mut first = at;
        while first >= 3 && self.is(first - 1, ':') && self.is(first - 2, ':') {
            first -= 3;
        }
        let Some(before) = first.checked_sub(1).and_then(|before| self.token(before)) else { return false };
        matches!(before.word(), Some("struct" | "impl" | "for" | "enum" | "trait" | "let" | "dyn"))
            || before.is('>') && first >= 2 && self.is(first - 2, '-')
    }

    /// The mark that closes the one at `at`.
    fn closing(&self, at: usize) -> Option<usize> {
        self.closings.get(&at).copied()
    }

    /// What commas part between two places.
    fn parts(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let (mut parts, mut first, mut at) = (Vec::new(), start, start);
        while at < end {
            at = match self.token(at).map(|token| &token.kind) {
                Some(Kind::Mark('(' | '[' | '{')) => self.closing(at).map_or(end, |close| close + 1),
                Some(Kind::Mark(',')) => {
                    parts.push((first, at));
                    first = at + 1;
                    first
                }
                _ => at + 1,
            };
        }
        parts.push((first, end));
        parts.retain(|(first, end)| first < end);
        parts
    }

    /// What stands between two places, as far as it is known.
    fn value(&self, start: usize, end: usize, depth: usize) -> Literal {
        let bytes = |at: usize| self.token(at).map(|token| token.span.clone()).unwrap_or_default();
        let span = bytes(start).start..bytes(end.saturating_sub(1)).end;
        Literal { value: self.known(start, end, depth).unwrap_or(Value::Unknown), span }
    }

    fn known(&self, start: usize, end: usize, depth: usize) -> Option<Value> {
        let first = self.token(start).filter(|_| start < end && depth < DEEPEST)?;
        let inner =
            |open: usize| self.closing(open).filter(|close| close + 1 == end).map(|close| (open + 1, close));
        match &first.kind {
            Kind::Mark('&') => self.known(start + 1, end, depth + 1),
            Kind::Mark('[') => self.list(inner(start)?, depth),
            Kind::Word("vec") if self.is(start + 1, '!') => self.list(inner(start + 2)?, depth),
            Kind::Word("Some") if self.is(start + 1, '(') => {
                let (start, end) = inner(start + 1)?;
                self.known(start, end, depth + 1)
            }
            Kind::Word("String") if self.token(start + 3)?.word() == Some("from") => {
                let (start, end) = inner(start + 4)?;
                self.known(start, end, depth + 1)
            }
            Kind::Text(text) => self.is_owned(start + 1, end).then(|| Value::Text(text.clone())),
            Kind::Word(word) => {
                if let Some((_, record, after)) = self.record(start, depth) {
                    return (after == end).then_some(record.value);
                }
                let value = number(word).map(Value::Number).or_else(|| self.constants.get(word).cloned())?;
                self.is_owned(start + 1, end).then_some(value)
            }
            Kind::Mark(_) => None,
        }
    }

    /// `[a, b]`, and `[0; 50_000]`, of which the length is known.
    fn list(&self, (start, end): (usize, usize), depth: usize) -> Option<Value> {
        if let [_, semicolon, length] = self.tokens.get(start..end)?
            && semicolon.is(';')
        {
            let length = number(length.word()?).filter(|length| *length <= 1e12)?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "bounded just before"
            )]
            return Some(Value::Length(length as usize));
        }
        let items = self.parts(start, end).into_iter().map(|(start, end)| self.value(start, end, depth + 1));
        Some(Value::Array(items.collect()))
    }

    /// Whether nothing follows, or what makes the text an owned one.
    fn is_owned(&self, start: usize, end: usize) -> bool {
        match self.tokens.get(start..end).unwrap_or_default() {
            [] => true,
            [dot, name, open, close] => {
                let is_call = dot.is('.') && open.is('(') && close.is(')');
                is_call && name.word().is_some_and(|name| OWNED.contains(&name))
            }
            _ => false,
        }
    }

    /// `storage::get(NAMESPACE, "key")` and the like.
    fn call(&self, at: usize, judge: &mut Judge) {
        let is_storage = self.token(at).and_then(Token::word) == Some("storage");
        if !is_storage || !self.is(at + 1, ':') || !self.is(at + 2, ':') || !self.is(at + 4, '(') {
            return;
        }
        if !self.is_platforms("storage", at) {
            return;
        }
        let function = self.token(at + 3).and_then(Token::word).unwrap_or_default();
        let Some(close) = self.closing(at + 4) else { return };
        let arguments = self.parts(at + 5, close).into_iter().map(|(start, end)| self.value(start, end, 0));
        let arguments: Vec<Literal> = arguments.collect();
        if matches!(function, "get" | "delete" | "list_entries") {
            literals::storage_text(arguments.first(), refusals::namespace, judge);
        }
        if matches!(function, "get" | "delete") {
            literals::storage_text(arguments.get(1), refusals::key, judge);
        }
    }
}

/// `page_size` as `pageSize`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::super::rust_tokens::read;
    use super::*;
    use crate::findings::Code;

    const USE: &str = "use alga::extension::{storage, types::{StorageEntry, CreateScheduleInput, ClientsListInput, CreateManualInvoiceInput, ManualInvoiceItemInput}};\n";

    fn found(body: &str) -> Vec<(Code, String)> {
        let text = format!("{USE}{body}");
        let mut said = Judge::new(&text, "src/lib.rs");
        judge(&read(&text), &Manifest::default(), &mut said);
        let shown = |span: crate::findings::Span| text[span.start..span.end].to_owned();
        said.findings
            .into_iter()
            .map(|finding| (finding.code, finding.span.map(shown).unwrap_or_default()))
            .collect()
    }

    #[test]
    fn what_the_platform_refuses_is_told_where_it_stands() {
        for (text, code, place) in [
            (
                "create_schedule(&CreateScheduleInput { cron: \"* * * * *\".into(), payload: None })",
                Code::SCHEDULE_REFUSED,
                "\"* * * * *\".into()",
            ),
            (
                "CreateScheduleInput { timezone: Some(\"Mars/X\".to_string()), ..input }",
                Code::SCHEDULE_REFUSED,
                "Some(\"Mars/X\".to_string())",
            ),
            ("let key = storage::get(\"notes\", \"a/b\")", Code::STORAGE_REFUSED, "\"a/b\""),
            ("const KEY: &str = \"a/b\"; storage::delete(\"notes\", KEY)", Code::STORAGE_REFUSED, "KEY"),
            (
                "StorageEntry { key: String::from(\"a\"), value: vec![0; 50_000], revision: None }",
                Code::STORAGE_REFUSED,
                "vec![0; 50_000]",
            ),
            (
                "list(&ClientsListInput { page_size: Some(500), page: Some(1) })",
                Code::PAGE_REFUSED,
                "Some(500)",
            ),
            (
                "CreateManualInvoiceInput { items: vec![ManualInvoiceItemInput { quantity: 0.0, rate: r }] }",
                Code::INVOICE_REFUSED,
                "0.0",
            ),
            (
                "ExecuteResponse { status, headers: vec![HttpHeader { name: \"set-cookie\".into(), value }] }",
                Code::HEADER_DROPPED,
                "\"set-cookie\".into()",
            ),
        ] {
            assert_eq!(found(text), [(code, place.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_is_fine_unknown_or_not_the_platforms_has_no_finding() {
        for text in [
            "fn answer() -> ExecuteResponse { headers(\"set-cookie\") }",
            "impl From<X> for ExecuteResponse { fn from() { name: \"set-cookie\" } }",
            "HttpRequest { headers: vec![HttpHeader { name: \"set-cookie\".into(), value }] }",
            "CreateScheduleInput { cron: format!(\"* * * * {x}\"), endpoint, name: None }",
            "CreateScheduleInput { cron: cron(\"* * * * *\"), timezone: zone() }",
            "let CreateScheduleInput { cron, .. } = input;",
            "other::get(\"notes\", \"a/b\"); cache.get(\"notes\", \"a/b\")",
            "ExecuteResponse { status: 200, headers: vec![content_type], body: Some(vec![0; 60_000]) }",
            "ClientsListInput { page_size: Some(100), page: Some(1) }",
            "CreateScheduleInput { cron: \"0 9 * * *\".into(",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        // What is hostile is read to its end, and soon.
        for unit in ["ExecuteResponse { ", "use ", "&", "Some(", "[", "vec![", "storage::get("] {
            found(&format!("ExecuteResponse {{ headers: {}", unit.repeat(50_000)));
            found(&format!("StorageEntry {{ key: {} }}", unit.repeat(50_000)));
        }
        let foreign = "struct StorageEntry { key: String } fn f() { StorageEntry { key: \"a/b\".into() }; }";
        let mut said = Judge::new(foreign, "src/lib.rs");
        judge(&read(foreign), &Manifest::default(), &mut said);
        assert_eq!(said.findings, []);
    }
}
