//! Styles of the UI: what they load against the policy they are served with.

use super::judge::{Judge, with_help};
use crate::findings::{Code, Finding};

/// Judges a style sheet's file.
pub(super) fn judge(file: &str, text: &str) -> Vec<Finding> {
    let mut judge = Judge::new(text, file);
    sheet(&mut judge, text, 0);
    judge.findings
}

/// Judges styles that stand at `offset` of the judged text. Reading is tolerant: strings and comments are stepped over.
pub(super) fn sheet(judge: &mut Judge, text: &str, offset: usize) {
    let lower = text.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    // The depth of the block of a font, and whether the rule that begins is one.
    let (mut font, mut begins_font) = (None, false);
    while let Some(byte) = bytes.get(at) {
        let rest = lower.get(at..).unwrap_or_default();
        match byte {
            b'/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            b'"' | b'\'' => {
                at = after_string(bytes, at);
                continue;
            }
            b'{' => {
                depth += 1;
                if std::mem::take(&mut begins_font) {
                    font = Some(depth);
                }
            }
            b'}' => {
                if font == Some(depth) {
                    font = None;
                }
                depth = depth.saturating_sub(1);
            }
            b'@' if rest.starts_with("@font-face") => begins_font = true,
            b'@' if rest.starts_with("@import") => {
                let from = at + 7;
                let blank = rest.get(7..).unwrap_or_default();
                let start = from + (blank.len() - blank.trim_start().len());
                if matches!(bytes.get(start), Some(b'"' | b'\'')) {
                    let end = after_string(bytes, start);
                    load(judge, text, start + 1, end.saturating_sub(1), offset, false);
                    at = end;
                    continue;
                }
            }
            b'u' if rest.starts_with("url(") => {
                let inside = rest.get(4..).unwrap_or_default();
                let start = at + 4 + (inside.len() - inside.trim_start().len());
                let quoted = matches!(bytes.get(start), Some(b'"' | b'\''));
                let (from, end) = if quoted {
                    (start + 1, after_string(bytes, start).saturating_sub(1))
                } else {
                    let rest = lower.get(start..).unwrap_or_default();
                    (start, start + rest.find([')', '\n']).unwrap_or(rest.len()))
                };
                load(judge, text, from, end, offset, font.is_some());
                at = end.max(at + 4);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// The byte after the string that begins at `at`.
fn after_string(bytes: &[u8], at: usize) -> usize {
    let quote = bytes.get(at).copied().unwrap_or_default();
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 1,
            b'\n' => return end,
            byte if *byte == quote => return end + 1,
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

fn load(judge: &mut Judge, text: &str, start: usize, end: usize, offset: usize, is_font: bool) {
    let Some(url) = text.get(start..end).map(str::trim) else { return };
    let lower: String = url.chars().take(8).collect::<String>().to_ascii_lowercase();
    let shown: String = url.chars().take(80).collect();
    let remote = ["//", "http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
    let (message, help) = if remote && is_font {
        (
            format!("the font `{shown}` is blocked: pages are served with `font-src 'self'`"),
            "put it into the UI folder as woff2 and load it from there",
        )
    } else if remote {
        (
            format!("`{shown}` is blocked: styles load from the bundle alone"),
            "put the file into the UI folder and load it from there",
        )
    } else if is_font && lower.starts_with("data:") {
        (
            "a font in a `data:` address is blocked: pages are served with `font-src 'self'`".to_owned(),
            "write it into a file of the UI folder (Vite: `build.assetsInlineLimit: 0`)",
        )
    } else if lower.starts_with("blob:") {
        ("a `blob:` address is blocked".to_owned(), "put the file into the UI folder and load it from there")
    } else {
        return;
    };
    judge.add(offset + start, offset + end, with_help(Code::UI_REMOTE_RESOURCE, message, help));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let spans = judge("ui/a.css", text).into_iter().filter_map(|finding| finding.span);
        spans.map(|span| text[span.start..span.end].to_owned()).collect()
    }

    #[test]
    fn what_styles_load_from_elsewhere_is_told_where_it_stands() {
        for (text, expected) in [
            ("@import url(https://fonts.example/css);", "https://fonts.example/css"),
            ("@import 'https://fonts.example/css' screen;", "https://fonts.example/css"),
            ("a { background: URL( \"//cdn.example/ä.png\" ) }", "//cdn.example/ä.png"),
            (
                "@font-face { src: url(data:font/woff2;base64,AA) format('woff2') }",
                "data:font/woff2;base64,AA",
            ),
            ("@font-face{font-family:x;src:url('https://a.example/x.woff2')}", "https://a.example/x.woff2"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_the_policy_lets_through_is_not() {
        for text in [
            "a { background: url(data:image/png;base64,AA) }",
            "@font-face { src: url(./x.woff2) } a { background: url(data:image/png;base64,A) }",
            "/* url(https://a.example) */ a::after { content: 'url(https://a.example)' }",
            "@import './b.css'; a { b: url() } a { b: url('",
            "ä{",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
