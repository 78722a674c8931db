//! The hosts that code and pages name: what stands behind `http:`, `https:`, `ws:` and `wss:`, and in pages and scripts behind
//! `//`, as browsers read it: after credentials, with backslashes, as a number.
//!
//! An address that is put together while running is not seen; it needs `cap:http.fetch` all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The endings of components, and of what is text for a browser.
const SEARCHED: [&str; 9] = ["wasm", "html", "htm", "js", "mjs", "css", "json", "svg", "map"];
/// The endings of what is no script: a backslash is one there, and not the begin of something else.
const PAGES: [&str; 4] = ["html", "htm", "css", "svg"];
/// What names of XML look like; nobody calls there.
const NAMES: [&str; 3] = ["www.w3.org", "w3.org", "json-schema.org"];
/// The longest name that a host has.
const LONGEST: usize = 253;
/// More hosts than anybody reads.
const MOST: usize = 10_000;

/// The hosts, and the files each stands in.
pub(super) fn of<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, bytes) in files {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
        if !SEARCHED.contains(&ending.as_str()) {
            continue;
        }
        for host in named(bytes, &ending) {
            if found.len() >= MOST && !found.contains_key(&host) {
                return found;
            }
            found.entry(host).or_default().insert(path.to_owned());
        }
    }
    found
}

fn named(bytes: &[u8], ending: &str) -> BTreeSet<String> {
    let is_page = PAGES.contains(&ending);
    let mut hosts = BTreeSet::new();
    for (at, byte) in bytes.iter().enumerate() {
        let (before, after) = (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default());
        let least = match byte {
            b':' => after_scheme(before),
            b'"' | b'\'' | b'`' if ending != "wasm" => Some(2),
            b'(' | b'=' if is_page => Some(2),
            // Between the pictures of a `srcset`.
            b' ' if is_page && before.ends_with(b",") => Some(2),
            _ => None,
        };
        let Some(least) = least else { continue };
        let (count, address) = slashes(after, is_page);
        if count >= least {
            host_of(address, &mut hosts);
        }
    }
    hosts
}

/// How many slashes make an address of what follows this and a colon; none when no scheme ends here.
fn after_scheme(before: &[u8]) -> Option<usize> {
    let end = before.get(before.len().saturating_sub(6)..)?.to_ascii_lowercase();
    let scheme =
        ["https", "http", "wss", "ws"].into_iter().find(|scheme| end.ends_with(scheme.as_bytes()))?;
    // Browsers do with one, which behind any other word is the begin of a pattern: `{nohttp:/a.b/}`.
    let is_word = end.len() > scheme.len()
        && end.get(end.len() - scheme.len() - 1).is_some_and(u8::is_ascii_alphanumeric);
    Some(if scheme.starts_with("http") && !is_word { 1 } else { 2 })
}

/// How many slashes, of either kind, there are, and what follows. Scripts write `\\` for one, and may write `\/`.
fn slashes(bytes: &[u8], is_page: bool) -> (usize, &[u8]) {
    let (mut count, mut rest) = (0, bytes);
    loop {
        rest = match rest {
            [b'\\', b'\\' | b'/', after @ ..] if !is_page => after,
            [b'/' | b'\\', after @ ..] => after,
            _ => return (count, rest),
        };
        count += 1;
    }
}

/// The host of an address that begins after its slashes.
fn host_of(address: &[u8], hosts: &mut BTreeSet<String>) {
    let is_end = |byte: &u8| *byte <= b' ' || b"/\\?#\"'`".contains(byte);
    let end = address.iter().position(is_end).unwrap_or(address.len());
    let authority = address.get(..end).unwrap_or_default();
    let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else {
        hosts.extend(host(authority));
        return;
    };
    let (credentials, after) = authority.split_at(at);
    hosts.extend(host(after.get(1..).unwrap_or_default()));
    // It may have ended before: `url(https://a.example)@media`.
    if credentials.iter().any(|byte| b"(){}<>,;|".contains(byte)) {
        hosts.extend(host(credentials));
    }
}

/// The host that what follows the credentials begins with, without its port.
fn host(bytes: &[u8]) -> Option<String> {
    if let Some(rest) = bytes.strip_prefix(b"[") {
        let end = rest.iter().take(LONGEST).position(|byte| *byte == b']')?;
        let address: Ipv6Addr = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    // A letter has four bytes at most.
    let bytes = bytes.get(..LONGEST * 4).unwrap_or(bytes);
    let valid = bytes.utf8_chunks().next()?.valid();
    let is_part =
        |letter: char| letter.is_alphanumeric() || is_dot(letter) || matches!(letter, '-' | '_' | '%');
    let length = valid.find(|letter| !is_part(letter)).unwrap_or(valid.len());
    let name = valid.get(..length)?.to_lowercase().replace(is_dot, ".");
    let name = name.trim_end_matches('.');
    if let Some(number) = number(name) {
        return Some(number.to_string());
    }
    let (_, last) = name.rsplit_once('.')?;
    let is_top =
        last.chars().count() > 1 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
    let is_whole = name.len() <= LONGEST && name.split('.').all(|part| !part.is_empty() && part.len() < 64);
    (is_top && is_whole && !NAMES.contains(&name)).then(|| name.to_owned())
}

/// What names of hosts are divided at, in any script.
fn is_dot(letter: char) -> bool {
    matches!(letter, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// The address that is spelled as up to four numbers: decimal, octal after `0`, hexadecimal after `0x`, the last of which
/// takes all the bytes that are left.
fn number(name: &str) -> Option<Ipv4Addr> {
    let parts: Option<Vec<u32>> = name
        .split('.')
        .map(|part| match part.strip_prefix("0x") {
            Some("") => Some(0),
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
            None => part.parse().ok(),
        })
        .collect();
    let parts = parts.filter(|parts| parts.len() <= 4)?;
    let (last, first) = parts.split_last()?;
    let free = 32 - 8 * u32::try_from(first.len()).ok()?;
    if first.iter().any(|part| *part > 255) || last.checked_shr(free).is_some_and(|beyond| beyond > 0) {
        return None;
    }
    let high = first.iter().fold(0_u32, |sum, part| sum << 8 | part);
    Some(Ipv4Addr::from_bits(high.checked_shl(free).unwrap_or_default() | last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn expect(text: &str, ending: &str, hosts: &[&str]) {
        assert_eq!(named(text.as_bytes(), ending).into_iter().collect::<Vec<_>>(), hosts, "{text}");
    }

    #[test]
    fn hosts_are_what_stands_behind_the_scheme() {
        let text = "fetch('https://API.example.com:8443/v1?x=http://10.0.0.1/') xmlns=\"http://www.w3.org/2000/svg\" \
            http://${host}/ https://localhost/ ftp://files.example.com https://a..b.example https://end.example.";
        expect(text, "js", &["10.0.0.1", "api.example.com", "end.example"]);
        expect("://", "js", &[]);
        expect(&"/".repeat(5000), "js", &[]);
        let text =
            "ws://a.example wss://b.example HTTPS://C.example {rows:/a.b/} {http:e.get} {nohttp:/d.e/}";
        expect(text, "js", &["a.example", "b.example", "c.example"]);
    }

    #[test]
    fn credentials_are_no_host_and_do_not_hide_one() {
        expect("'https://cdn.acme.example@evil.example/'", "js", &["evil.example"]);
        expect("'https://user:pw@evil.example:80/'", "js", &["evil.example"]);
        expect("'https://a.example@b.example@evil.example'", "wasm", &["evil.example"]);
        expect("'https://user:p)w@evil.example/'", "js", &["evil.example"]);
        expect("'https://evil.example/@a.example'", "js", &["evil.example"]);
        let text = "a{b:url(https://a.example)}@media x{c:url(https://b.example/x)}";
        expect(text, "css", &["a.example", "b.example"]);
    }

    #[test]
    fn whatever_browsers_take_for_slashes_is_one() {
        expect(r"'https:\\\\evil.example'", "js", &["evil.example"]);
        expect(r#""https:\/\/evil.example\/x""#, "json", &["evil.example"]);
        expect("'https:/evil.example' 'https:///evil2.example'", "js", &["evil.example", "evil2.example"]);
        expect(r#"<a href="https:\\evil.example\x">"#, "html", &["evil.example"]);
        let text = r"fetch('//evil.example/x'); fetch(`\\\\evil2.example`)";
        expect(text, "js", &["evil.example", "evil2.example"]);
        let text = "<img src=//a.example/1><b style='background:url(//b.example)'>";
        expect(text, "html", &["a.example", "b.example"]);
        expect("<img srcset=\"//a.example/1 1x, //b.example/2 2x\">", "html", &["a.example", "b.example"]);
        // Words after two slashes are a comment, or a pattern.
        expect("//console.log(x)\n f( //a.example\n'//' + host; \"\\\\w.js\"", "js", &[]);
        expect("'//evil.example'", "wasm", &[]);
    }

    #[test]
    fn addresses_and_foreign_names_are_hosts() {
        expect("http://[2001:DB8::1]:80/ http://[nonsense]/", "js", &["[2001:db8::1]"]);
        let text = "http://2130706433/ http://0x7f.1/ http://010.0.0.1/ http://1.2.3.256/ http://1.2.3.4.5";
        expect(text, "js", &["127.0.0.1", "8.0.0.1"]);
        let text = "https://bücher.example https://evil。example https://xn--bcher-kva.xn--p1ai/";
        expect(text, "js", &["bücher.example", "evil.example", "xn--bcher-kva.xn--p1ai"]);
        expect("https://a_b.example https://%65vil.example", "js", &["%65vil.example", "a_b.example"]);
        expect("https://.example https://a.1", "js", &[]);
    }

    #[test]
    fn pages_and_code_are_searched_and_pictures_are_not() {
        let files = [("ui/a.png", b"https://a.example".as_slice()), ("ui/b.JS", b"https://b.example")];
        let found = of(files.into_iter());
        assert_eq!(found.into_keys().collect::<Vec<_>>(), ["b.example"]);
    }
}
