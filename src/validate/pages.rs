//! Pages of the UI against the CSP they are served with, and against where they are served from.

use super::judge::{Judge, with_help};
use super::ui_styles;
use crate::findings::{Code, Finding};
use std::collections::BTreeMap;

/// Judges one page. Reading is tolerant, as browsers are: what is no tag is text.
pub(super) fn judge(text: &str, file: &str) -> Vec<Finding> {
    let mut judge = Judge::new(text, file);
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = comment.find("-->").map_or(text.len(), |end| start + 4 + end + 3);
            continue;
        }
        let Some(tag) = Tag::read(text, start) else {
            at = start + 1;
            continue;
        };
        at = tag.end;
        if judge.is_full() {
            break;
        }
        judge_tag(&mut judge, &tag);
        if matches!(tag.name.as_str(), "script" | "style" | "textarea" | "title") {
            let end = closing(text, at, &tag.name);
            let inside = text.get(at..end).unwrap_or_default();
            match tag.name.as_str() {
                "script" => inline(&mut judge, &tag, inside),
                "style" => ui_styles::sheet(&mut judge, inside, at),
                _ => {}
            }
            at = end;
        }
    }
    judge.findings
}

/// One opening tag.
struct Tag<'a> {
    /// Lower case.
    name: String,
    start: usize,
    /// After `>`.
    end: usize,
    /// By their names in lower case; of one that is repeated the first counts, as in browsers.
    attributes: BTreeMap<String, Attribute<'a>>,
}

struct Attribute<'a> {
    value: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Tag<'a> {
    fn read(text: &'a str, start: usize) -> Option<Tag<'a>> {
        let bytes = text.as_bytes();
        let is = |index: usize, test: fn(u8) -> bool| bytes.get(index).copied().is_some_and(test);
        let run = |mut index: usize, test: fn(u8) -> bool| {
            while is(index, test) {
                index += 1;
            }
            index
        };
        let name_end = run(start + 1, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is(start + 1, |byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        let mut tag = Tag {
            name: text.get(start + 1..name_end)?.to_ascii_lowercase(),
            start,
            end: name_end,
            attributes: BTreeMap::new(),
        };
        loop {
            let begin = run(tag.end, |byte| byte.is_ascii_whitespace() || byte == b'/');
            match bytes.get(begin) {
                None => {
                    tag.end = begin;
                    return Some(tag);
                }
                Some(b'>') => {
                    tag.end = begin + 1;
                    return Some(tag);
                }
                Some(_) => {}
            }
            let end =
                run(begin + 1, |byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/'));
            let equals = run(end, |byte| byte.is_ascii_whitespace());
            let name = text.get(begin..end)?.to_ascii_lowercase();
            let mut attribute = Attribute { value: "", start: begin, end };
            tag.end = end;
            if bytes.get(equals) == Some(&b'=') {
                let first = run(equals + 1, |byte| byte.is_ascii_whitespace());
                let (from, to, after) = if let Some(quote @ (b'"' | b'\'')) = bytes.get(first) {
                    let close = text.get(first + 1..)?.find(char::from(*quote));
                    let close = close.map_or(text.len(), |close| first + 1 + close);
                    (first + 1, close, (close + 1).min(text.len()))
                } else {
                    let close = run(first, |byte| !byte.is_ascii_whitespace() && byte != b'>');
                    (first, close, close)
                };
                attribute.value = text.get(from..to)?.trim();
                (attribute.end, tag.end) = (to, after);
                if !attribute.value.is_empty() {
                    attribute.start = from;
                }
            }
            tag.attributes.entry(name).or_insert(attribute);
        }
    }

    fn get(&self, name: &str) -> Option<&Attribute<'a>> {
        self.attributes.get(name)
    }
}

/// Where the raw text of an element ends: at its closing tag or the end of the page.
fn closing(text: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("</")) {
        let begin = at + found;
        let candidate = text.get(begin + 2..begin + 2 + name.len());
        if candidate.is_some_and(|candidate| candidate.eq_ignore_ascii_case(name)) {
            return begin;
        }
        at = begin + 2;
    }
    text.len()
}

/// A script element with code in the page.
fn inline(judge: &mut Judge, tag: &Tag, code: &str) {
    let kind = tag.get("type").map(|kind| kind.value.to_ascii_lowercase()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let runs = matches!(kind, "" | "module" | "importmap" | "speculationrules")
        || kind.ends_with("javascript")
        || kind.ends_with("ecmascript");
    if tag.get("src").is_none() && runs && !code.trim().is_empty() {
        let message = "an inline script does not run: pages are served with `script-src 'self'`";
        let help = "move the code to a file and load it with `src`";
        judge.add(tag.start, tag.end, with_help(Code::UI_INLINE_SCRIPT, message, help));
    }
}

fn judge_tag(judge: &mut Judge, tag: &Tag) {
    for (name, attribute) in &tag.attributes {
        let (name, value) = (name.as_str(), attribute.value);
        let event =
            name.strip_prefix("on").is_some_and(|event| event.bytes().all(|byte| byte.is_ascii_lowercase()));
        if name == "style" {
            ui_styles::sheet(judge, value, attribute.start);
        } else if event && name.len() > 3 && !value.is_empty() {
            let message = format!("`{name}` does not run: pages are served with `script-src 'self'`");
            let help = "use `addEventListener` in a script file";
            judge.add(attribute.start, attribute.end, with_help(Code::UI_INLINE_SCRIPT, message, help));
        } else if value.get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case("javascript:")) {
            let message = "a `javascript:` link does not run: pages are served with `script-src 'self'`";
            let help = "use `addEventListener` in a script file";
            judge.add(attribute.start, attribute.end, with_help(Code::UI_INLINE_SCRIPT, message, help));
        } else if loads(tag, name) {
            for value in urls(name, value) {
                resource(judge, tag, attribute, value);
                if judge.is_full() {
                    return;
                }
            }
        }
    }
}

/// Whether the attribute makes the browser fetch something, or send a form.
fn loads(tag: &Tag, attribute: &str) -> bool {
    match (tag.name.as_str(), attribute) {
        ("script" | "img" | "iframe" | "audio" | "video" | "source" | "track" | "embed" | "input", "src")
        | ("img" | "source", "srcset")
        | ("video", "poster")
        | ("object", "data")
        | ("form", "action")
        | ("base" | "image" | "use", "href") => true,
        ("link", "href") => tag.get("rel").is_some_and(|rel| {
            let fetched = [
                "stylesheet",
                "icon",
                "preload",
                "modulepreload",
                "manifest",
                "apple-touch-icon",
                "prefetch",
            ];
            rel.value
                .split_ascii_whitespace()
                .any(|word| fetched.contains(&word.to_ascii_lowercase().as_str()))
        }),
        _ => false,
    }
}

/// The addresses in a value: one, or those of a `srcset`.
fn urls<'a>(name: &str, value: &'a str) -> impl Iterator<Item = &'a str> {
    let set = name == "srcset" && !value.starts_with("data:");
    value
        .split(move |letter| set && letter == ',')
        .filter_map(move |part| if set { part.split_ascii_whitespace().next() } else { Some(part.trim()) })
}

fn resource(judge: &mut Judge, tag: &Tag, attribute: &Attribute, url: &str) {
    let lower: String = url.chars().take(8).collect::<String>().to_ascii_lowercase();
    let shown: String = url.chars().take(80).collect();
    let made = lower.starts_with("data:") || lower.starts_with("blob:");
    let remote = lower.starts_with("//") || lower.starts_with("http://") || lower.starts_with("https://");
    if remote {
        let message = format!("`{shown}` is blocked: pages load from the bundle alone");
        let help = match tag.name.as_str() {
            "form" => "answer forms in a script, and call the handler through the bridge",
            "base" => "remove it; relative addresses already lead into the bundle",
            _ => "put the file into the UI folder and load it from there",
        };
        judge.add(attribute.start, attribute.end, with_help(Code::UI_REMOTE_RESOURCE, message, help));
    } else if made && !(lower.starts_with("data:") && shows_image(tag)) {
        let scheme = lower.split(':').next().unwrap_or_default();
        let message = format!(
            "the `{scheme}:` address is blocked: only images come from `data:`, and nothing from `blob:`"
        );
        let help = "put the file into the UI folder and load it from there";
        judge.add(attribute.start, attribute.end, with_help(Code::UI_REMOTE_RESOURCE, message, help));
    } else if lower.starts_with('/') {
        let message =
            format!("`{shown}` leads out of the bundle, which is served below `/ext-ui/<id>/<hash>/`");
        let relative = shown.trim_start_matches('/');
        let help = format!("write `./{relative}` (Vite: `base: './'`)");
        judge.add(attribute.start, attribute.end, with_help(Code::UI_ABSOLUTE_PATH, message, help));
    }
}

/// Whether what a tag loads is an image.
fn shows_image(tag: &Tag) -> bool {
    let is_icon = || tag.get("rel").is_some_and(|rel| rel.value.to_ascii_lowercase().contains("icon"));
    let in_picture = || tag.get("srcset").is_some();
    match tag.name.as_str() {
        "img" | "image" | "input" | "use" => true,
        "video" => tag.get("poster").is_some(),
        "link" => is_icon(),
        "source" => in_picture(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::judge::MOST;
    use super::*;

    fn codes(page: &str) -> Vec<Code> {
        judge(page, "ui/index.html").into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn what_the_policy_lets_through_has_no_finding() {
        for page in [
            "<!doctype html><script src=\"./app.js\"></script><link rel=stylesheet href=app.css>",
            "<script type=\"application/json\">{\"a\": \"<script>\"}</script>",
            "<style>a{background:url(x.png)}</style><p style=\"color:red\">",
            "<!-- <script>alert(1)</script> onclick=\"x\" -->",
            "<a href=\"https://example.com\">out</a><img src=\"data:image/png;base64,AA\">",
            "<script src=app.js></script><button onclick>one</button>",
            "a < b && c > d <3 <",
            "<div data-on=\"x\" on=\"y\">",
            "<link rel=canonical href=\"https://example.com/\">",
        ] {
            assert_eq!(codes(page), [], "{page}");
        }
    }

    #[test]
    fn what_the_policy_blocks_is_named() {
        for (page, expected) in [
            ("<script>go()</script>", Code::UI_INLINE_SCRIPT),
            ("<SCRIPT type=module>import './a.js'</SCRIPT>", Code::UI_INLINE_SCRIPT),
            ("<button onclick=\"go()\">x</button>", Code::UI_INLINE_SCRIPT),
            ("<a href=\"JavaScript:go()\">x</a>", Code::UI_INLINE_SCRIPT),
            ("<script src=\"https://cdn.example/x.js\"></script>", Code::UI_REMOTE_RESOURCE),
            ("<link rel=\"stylesheet\" href='//cdn.example/x.css'>", Code::UI_REMOTE_RESOURCE),
            ("<img srcset=\"a.png 1x, https://x.example/b.png 2x\">", Code::UI_REMOTE_RESOURCE),
            ("<script type=module src=/assets/app.js></script>", Code::UI_ABSOLUTE_PATH),
        ] {
            assert_eq!(codes(page), [expected], "{page}");
        }
    }

    #[test]
    fn of_a_repeated_attribute_the_first_counts_and_very_many_are_read_once() {
        assert_eq!(codes("<img src=a.png SRC=/b.png><script src=a.js src=//b.js></script>"), []);
        assert_eq!(codes("<link href=/a.css href=b.css rel=stylesheet rel=x>"), [Code::UI_ABSOLUTE_PATH]);
        let names = (0..50_000).map(|number| format!(" a{number}")).collect::<Vec<String>>().concat();
        assert_eq!(codes(&format!("<link{names}{} rel=icon>", " href=//a".repeat(50_000))).len(), 1);
        let many = format!("<source{names} src=data:, srcset=\"{}\">", "blob:a,".repeat(50_000));
        assert_eq!(codes(&many).len(), MOST + 1);
    }

    #[test]
    fn a_finding_has_its_line_and_column() {
        let findings = judge("<html>\n  <script>go()</script>", "ui/index.html");
        assert_eq!((findings[0].line, findings[0].column), (Some(2), Some(3)));
    }

    #[test]
    fn a_page_cut_anywhere_is_no_panic() {
        let page = "<p a='ö' b=ü c><script src=\"x\">ä</script><!-- é --><img srcset='á 1x, /b 2x'>";
        for end in (0..=page.len()).filter(|end| page.is_char_boundary(*end)) {
            codes(&page[..end]);
        }
    }
}
