//! A cursor in YAML, told by lines and their indentation: what is being written seldom parses.

use super::{Place, Role, Step};
use std::ops::Range;

/// A line as far as it matters.
#[derive(Debug, Clone)]
struct Line<'a> {
    /// Its first byte in the text.
    start: usize,
    /// The columns of its dashes.
    dashes: Vec<usize>,
    /// The column its content begins at.
    column: usize,
    /// What follows the dashes, without a comment and blanks at the end.
    content: &'a str,
    /// The key, when the content is one.
    key: Option<Key<'a>>,
}

/// A key and where it ends, in bytes of the content.
#[derive(Debug, Clone, Copy)]
struct Key<'a> {
    name: &'a str,
    colon: usize,
    value: usize,
}

impl<'a> Line<'a> {
    fn read(start: usize, line: &'a str) -> Line<'a> {
        let mut column = line.len() - line.trim_start_matches(' ').len();
        let mut dashes = Vec::new();
        loop {
            let rest = line.get(column..).unwrap_or_default();
            if rest != "-" && !rest.starts_with("- ") {
                break;
            }
            dashes.push(column);
            let after = rest.get(1..).unwrap_or_default();
            column += 1 + after.len() - after.trim_start_matches(' ').len();
        }
        let content = without_comment(line.get(column..).unwrap_or_default());
        Line { start, dashes, column, content, key: key(content) }
    }

    fn is_blank(&self) -> bool {
        self.content.is_empty() && self.dashes.is_empty()
    }

    /// The column of the first thing on the line.
    fn indent(&self) -> usize {
        self.dashes.first().copied().unwrap_or(self.column)
    }
}

/// The content up to a comment, which a blank or nothing precedes.
fn without_comment(content: &str) -> &str {
    let (mut before, mut in_double, mut in_single) = (b' ', false, false);
    let starts = content.bytes().position(|byte| {
        in_double ^= byte == b'"';
        in_single ^= byte == b'\'';
        std::mem::replace(&mut before, byte) == b' ' && byte == b'#' && !in_double && !in_single
    });
    content.get(..starts.unwrap_or(content.len())).unwrap_or_default().trim_end()
}

fn key(content: &str) -> Option<Key<'_>> {
    if content.starts_with(['[', '{']) {
        return None;
    }
    let mut colons = content.match_indices(':').map(|(index, _)| index);
    let colon = colons.find(|index| {
        let after = content.get(index + 1..).unwrap_or_default();
        after.is_empty() || after.starts_with(' ')
    })?;
    let after = content.get(colon + 1..).unwrap_or_default();
    let value = colon + 1 + after.len() - after.trim_start_matches(' ').len();
    let name = unquoted(content.get(..colon).unwrap_or_default().trim_end());
    Some(Key { name, colon, value })
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote).map(|rest| rest.strip_suffix(quote).unwrap_or(rest));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// What stands at byte `cursor`; none in comments and where the form says nothing.
pub(in crate::lsp) fn yaml(text: &str, cursor: usize) -> Option<Place> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push(Line::read(start, line.trim_end_matches(['\n', '\r'])));
        start += line.len();
    }
    if text.is_empty() || text.ends_with('\n') {
        lines.push(Line::read(start, ""));
    }
    let index = lines.partition_point(|line| line.start <= cursor).checked_sub(1)?;
    let (before, rest) = lines.split_at_checked(index)?;
    let (own, after) = rest.split_first()?;
    let mut own = own.clone();
    let column = cursor.checked_sub(own.start)?;
    let cursor_line = text.get(own.start..)?.split(['\n', '\r']).next().unwrap_or_default();
    if own.is_blank() {
        let is_comment = cursor_line.trim_start().starts_with('#');
        if is_comment {
            return None;
        }
        own.column = column;
    }
    if column < own.column {
        return None;
    }
    let at = column - own.column;
    let length = own.content.len();
    // A capability that is being written ends in a colon too: behind a dash that is a text first.
    if !own.dashes.is_empty() && own.content.ends_with(':') && at == length {
        own.key = None;
    }
    let mut path: Vec<Step> = opened(before, &own).into_iter().map(|(_, step)| step).collect();
    let offset = own.start + own.column;
    let place = |path: Vec<Step>, role, range: Range<usize>, others| {
        let text = unquoted(own.content.get(range.clone()).unwrap_or_default()).to_owned();
        Some(Place { path, role, word: offset + range.start..offset + range.end, text, others })
    };
    let Some(Key { name, colon, value }) = own.key else {
        if at > length || own.content.starts_with(['[', '{']) {
            return None;
        }
        let role = if own.dashes.is_empty() { Role::Key } else { Role::Value };
        return place(path, role, 0..length, siblings(before, &own, after));
    };
    if at <= colon {
        return place(path, Role::Key, 0..colon, siblings(before, &own, after));
    }
    path.push(Step::Key(name.to_owned()));
    let content = own.content.get(value..).unwrap_or_default();
    if content.is_empty() {
        // A value needs a blank before it.
        return if at > colon + 1 { place(path, Role::Value, at..at, Vec::new()) } else { None };
    }
    if content.starts_with('[') {
        path.push(Step::Item);
        let (range, others) = flow(content, at.checked_sub(value)?)?;
        return place(path, Role::Value, value + range.start..value + range.end, others);
    }
    if at > length || content.starts_with('{') {
        return None;
    }
    place(path, Role::Value, value..length, Vec::new())
}

/// The steps that lead to the line, with their columns.
fn opened(before: &[Line], own: &Line) -> Vec<(usize, Step)> {
    let mut open: Vec<(usize, Step)> = Vec::new();
    for line in before.iter().filter(|line| !line.is_blank()) {
        enter(&mut open, line);
        if let Some(key) = line.key {
            leave(&mut open, line.column);
            open.push((line.column, Step::Key(key.name.to_owned())));
        }
    }
    enter(&mut open, own);
    leave(&mut open, own.column);
    open
}

/// Closes what the line's first thing is not in, and opens an item for each dash.
fn enter(open: &mut Vec<(usize, Step)>, line: &Line) {
    for dash in &line.dashes {
        // A list may stand at the column of its key.
        while open
            .last()
            .is_some_and(|(column, step)| *column > *dash || *column == *dash && matches!(step, Step::Item))
        {
            open.pop();
        }
        open.push((*dash, Step::Item));
    }
    if line.dashes.is_empty() {
        leave(open, line.column);
    }
}

fn leave(open: &mut Vec<(usize, Step)>, column: usize) {
    while open.last().is_some_and(|(own, _)| *own >= column) {
        open.pop();
    }
}

/// The other keys of the line's object, or the other items of its list.
fn siblings(before: &[Line], own: &Line, after: &[Line]) -> Vec<String> {
    let mut others = Vec::new();
    let own_dash = own.dashes.last().copied();
    let is_item = own.key.is_none() && own_dash.is_some();
    let mut add = |line: &Line| {
        if is_item {
            if line.dashes.first() == own_dash.as_ref() {
                others.push(unquoted(line.content).to_owned());
            }
        } else if let (Some(key), true) = (line.key, line.column == own.column) {
            others.push(key.name.to_owned());
        }
    };
    let least = if is_item { own.indent() } else { own.column };
    let is_outside = |line: &Line| !line.is_blank() && line.indent() < least;
    // An item's first key stands behind its dash, so that line is the last one upwards.
    if is_item || own.dashes.is_empty() {
        for line in before.iter().rev() {
            if is_outside(line) {
                if !is_item && line.column == own.column && !line.dashes.is_empty() {
                    add(line);
                }
                break;
            }
            if is_item && line.dashes.is_empty() && line.indent() == least && !line.is_blank() {
                break;
            }
            add(line);
        }
    }
    for line in after {
        if is_outside(line) {
            break;
        }
        add(line);
    }
    others
}

/// The item of a list in brackets at byte `at`, and the other ones.
fn flow(content: &str, at: usize) -> Option<(Range<usize>, Vec<String>)> {
    let end = content.find(']').unwrap_or(content.len());
    if at == 0 || at > end {
        return None;
    }
    let (mut others, mut own) = (Vec::new(), None);
    let mut start = 1;
    for item in content.get(1..end)?.split(',') {
        let stop = start + item.len();
        let first = start + item.len() - item.trim_start().len();
        if (start..=stop).contains(&at) && own.is_none() {
            let last = start + item.trim_end().len();
            own = Some(if first <= last { first..last } else { at..at });
        } else {
            others.push(unquoted(item.trim()).to_owned());
        }
        start = stop + 1;
    }
    Some((own?, others))
}

#[cfg(test)]
mod tests {
    use super::super::told;
    use super::*;

    #[test]
    fn keys_and_values_are_told_by_indentation() {
        for (text, expected) in [
            ("|", "Key  <> "),
            ("bui|", "Key  <bui> "),
            ("build:\n  en|try: x\nusers: []\n", "Key build <entry> "),
            ("build:\n  entry: sr|c/a.ts # why\n", "Value build.entry <src/a.ts> "),
            ("build:\n  entry: |\n", "Value build.entry <> "),
            ("build:\n  entry: a\n  |\n  output: b\nui:\n", "Key build <> entry,output"),
            ("grants:\n  - cap:http.fetch\n  - cap:|\n", "Value grants.[] <cap:> cap:http.fetch"),
            ("grants:\n- |\n", "Value grants.[] <> "),
            ("grants: [cap:a, \"cap:|\"]\n", "Value grants.[] <\"cap:\"> cap:a"),
            ("users:\n  - id: 1\n    ty|\n    name: x\n  - id: 2\n", "Key users.[] <ty> id,name"),
            ("users:\n  - id: 1\n    type: |\n", "Value users.[].type <> "),
            ("users:\n  - type: |\n", "Value users.[].type <> "),
            ("users:\n  - i|d: 1\n    type: x\n", "Key users.[] <id> type"),
            ("ä: 'ü'\n\nusers:\n- id: é\n\n  type: cl|\n", "Value users.[].type <cl> "),
            ("a:\n  b: 1\n|c: 2\n", "Key  <c> a"),
        ] {
            assert_eq!(told(text, yaml).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_line_of_very_many_marks_is_read_once() {
        let text = format!("a: \"{}", " #".repeat(200_000));
        assert_eq!(without_comment(&text), text);
        assert_eq!(without_comment("a: 'b # c' #d # e"), "a: 'b # c'");
    }

    #[test]
    fn comments_and_what_has_no_form_say_nothing() {
        for text in ["# a|\n", "a: b # c|\n", "a: {b|: c}\n", "a: [b] |\n"] {
            assert_eq!(told(text, yaml), None, "{text}");
        }
    }
}
