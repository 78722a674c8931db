//! JSON as editors let people write it: the comments and commas that strict JSON does not have.

use std::ops::Range;

/// The bytes to take away so that `text` is strict JSON: its comments and the commas after last items, in order. None
/// when that does not make it JSON, or it is JSON already.
pub fn to_strict(text: &str) -> Option<Vec<Range<usize>>> {
    let extra = extra(text);
    if extra.is_empty() {
        return None;
    }
    let mut strict = String::with_capacity(text.len());
    let mut at = 0;
    for range in &extra {
        strict.push_str(text.get(at..range.start)?);
        at = range.end;
    }
    strict.push_str(text.get(at..)?);
    serde_json::from_str::<serde::de::IgnoredAny>(&strict).is_ok().then_some(extra)
}

/// Comments and trailing commas, in order.
fn extra(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut extra = Vec::new();
    let mut comma = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'"', _) => {
                at = end_of_string(bytes, at);
                comma = None;
                continue;
            }
            (b'/', Some(b'/')) => {
                let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
                extra.push(comment(bytes, at, end));
                at = end;
                continue;
            }
            (b'/', Some(b'*')) => {
                let end = text.get(at + 2..).and_then(|rest| rest.find("*/"));
                let end = end.map_or(text.len(), |end| at + 2 + end + 2);
                extra.push(comment(bytes, at, end));
                at = end;
                continue;
            }
            (b',', _) => comma = Some(at),
            (b'}' | b']', _) => extra.extend(comma.take().map(|comma| comma..comma + 1)),
            (byte, _) if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += 1;
    }
    // A comma is noticed only after the comments that follow it.
    extra.sort_by_key(|range| range.start);
    extra
}

/// The byte after the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A comment with the blanks before it, and with its line when nothing else stands there.
fn comment(bytes: &[u8], start: usize, end: usize) -> Range<usize> {
    let blanks = bytes.get(..start).unwrap_or_default().iter().rev();
    let before = start - blanks.take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = bytes.get(end..).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let own_line = before == 0 || bytes.get(before - 1) == Some(&b'\n');
    if own_line && rest.get(blank) == Some(&b'\n') {
        return before..end + blank + 1;
    }
    // Without line ends a carriage return is the text's, not the comment's.
    let end = if bytes.get(end.saturating_sub(1)) == Some(&b'\r') { end - 1 } else { end };
    before..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for range in to_strict(&text)?.into_iter().rev() {
            text.replace_range(range, "");
        }
        Some(text)
    }

    #[test]
    fn comments_and_trailing_commas_go_and_the_rest_stays() {
        for (loose, expected) in [
            ("{\"a\": [1, 2,],}", "{\"a\": [1, 2]}"),
            ("{\n  // why\n  \"a\": 1, // because\n}\n", "{\n  \"a\": 1\n}\n"),
            ("{\"a\": /* x */ 1 /* y */, /* z */}", "{\"a\": 1}"),
            (
                "{\r\n  \"a\": 1, // b\r\n  \"c\": \"//, }\"\r\n}",
                "{\r\n  \"a\": 1,\r\n  \"c\": \"//, }\"\r\n}",
            ),
            ("// a\n{}", "{}"),
            ("{\"a\\\"//\": 1,}", "{\"a\\\"//\": 1}"),
        ] {
            assert_eq!(strict(loose).as_deref(), Some(expected), "{loose}");
        }
    }

    #[test]
    fn what_is_json_or_stays_broken_is_left() {
        for text in ["{\"a\": 1}", "{\"a\": [1,, 2],}", "{a: 1,}", "", "/*", "\"\\", "// only"] {
            assert_eq!(to_strict(text), None, "{text}");
        }
    }
}
