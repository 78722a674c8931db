//! Where a linked script comes from, as other tools read it: a source map, revision 3 (ECMA-426).
//!
//! Stacks need none: a component has its own table (`trace.rs`). The map has what that table leaves out to be small, the
//! columns of packages.

use super::trace::{Lines, Mark, push_base64};
use serde_json::json;
use std::collections::BTreeMap;

/// The map of `script`. `texts` are the sources by name; what is not there has no content in the map.
pub(super) fn source_map(lines: &Lines, script: &str, texts: &BTreeMap<&str, &str>) -> String {
    let sources: Vec<Vec<&str>> = lines
        .files()
        .iter()
        .map(|file| texts.get(file.as_str()).map(|text| text.split('\n').collect()).unwrap_or_default())
        .collect();
    let mut mappings = String::new();
    let mut last = [0_i64; 3];
    for (index, printed) in script.split('\n').enumerate() {
        if index > 0 {
            mappings.push(';');
        }
        let Some((file, marks)) = lines.marks(index) else { continue };
        let mut before = 0;
        for (number, mark) in marks.iter().enumerate() {
            if number > 0 {
                mappings.push(',');
            }
            let text = sources.get(file).and_then(|source| source.get(mark.line.saturating_sub(1)));
            let [at, column] = units(mark, printed, text.copied().unwrap_or_default());
            let here = [signed(file), signed(mark.line) - 1, column];
            push_base64(&mut mappings, at - before);
            for (value, before) in here.iter().zip(last) {
                push_base64(&mut mappings, value - before);
            }
            (before, last) = (at, here);
        }
    }
    let contents: Vec<Option<&&str>> = lines.files().iter().map(|file| texts.get(file.as_str())).collect();
    let packages = lines.files().iter().enumerate().filter(|(_, file)| file.contains("node_modules/"));
    let map = json!({
        "version": 3,
        "file": "main.wasm",
        "sourceRoot": "..",
        "sources": lines.files(),
        "sourcesContent": contents,
        "names": [],
        "mappings": mappings,
        "ignoreList": packages.map(|(index, _)| index).collect::<Vec<_>>(),
    });
    map.to_string() + "\n"
}

/// A mark's two columns in UTF-16 units, as source maps count them.
fn units(mark: &Mark, printed: &str, source: &str) -> [i64; 2] {
    let at = printed.get(..mark.at).filter(|before| !before.is_ascii());
    let at = at.map_or(mark.at, |before| before.encode_utf16().count());
    let column = if source.is_ascii() {
        mark.column
    } else {
        source.chars().take(mark.column).map(char::len_utf16).sum()
    };
    [signed(at), signed(column)]
}

fn signed(value: usize) -> i64 {
    i64::try_from(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_units_of_utf_16() {
        let mut lines = Lines::default();
        let file = lines.file("src/a.ts");
        lines.push(0, 0, Vec::new());
        let mark = |at, column| Mark { at, line: 2, column, follows: false };
        // In front of the second mark there are four bytes and one character, two units each way.
        lines.push_marks(file, vec![mark(0, 0), mark(4, 1)]);
        let texts = BTreeMap::from([("src/a.ts", "\n😀b")]);
        let map = source_map(&lines, "x\n😀b\n", &texts);
        let map: serde_json::Value = serde_json::from_str(&map).unwrap();
        assert_eq!(map["mappings"], ";AACA,EAAE;");
        assert_eq!(map["sourcesContent"][0], "\n😀b");
    }
}
