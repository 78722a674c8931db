//! The hosts that code and pages name: what stands behind `http://` and `https://` as it is written.
//!
//! An address that is put together while running is not seen; it needs `cap:http.fetch` all the same.

use std::collections::{BTreeMap, BTreeSet};

/// The endings of components, and of what is text for a browser.
const SEARCHED: [&str; 9] = ["wasm", "html", "htm", "js", "mjs", "css", "json", "svg", "map"];
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
        for host in named(bytes) {
            if found.len() >= MOST && !found.contains_key(&host) {
                return found;
            }
            found.entry(host).or_default().insert(path.to_owned());
        }
    }
    found
}

fn named(bytes: &[u8]) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        let Some(next) = rest.windows(3).position(|three| three == b"://") else { break };
        let before = rest.get(..next).unwrap_or_default().to_ascii_lowercase();
        let after = rest.get(next + 3..).unwrap_or_default();
        if before.ends_with(b"http") || before.ends_with(b"https") || before.ends_with(b"wss") {
            hosts.extend(host(after));
        }
        at += next + 3;
    }
    hosts
}

/// The host an address begins with, without its port.
fn host(address: &[u8]) -> Option<String> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let length = address.iter().take(LONGEST + 1).take_while(is_part).count();
    let name = std::str::from_utf8(address.get(..length)?).ok()?.trim_end_matches('.').to_ascii_lowercase();
    let (_, last) = name.rsplit_once('.')?;
    let is_top = last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_number = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    let is_whole = length <= LONGEST && name.split('.').all(|part| !part.is_empty() && part.len() < 64);
    ((is_top || is_number) && is_whole && !NAMES.contains(&name.as_str())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_what_stands_behind_the_scheme() {
        let text = b"fetch('https://API.example.com:8443/v1?x=http://10.0.0.1/') xmlns=\"http://www.w3.org/2000/svg\" \
            http://${host}/ https://localhost/ ftp://files.example.com https://a..b.example https://end.example.";
        let hosts: Vec<String> = named(text).into_iter().collect();
        assert_eq!(hosts, ["10.0.0.1", "api.example.com", "end.example"]);
        assert!(named(b"://").is_empty() && named(&[b'/'; 5000]).is_empty());
    }

    #[test]
    fn pages_and_code_are_searched_and_pictures_are_not() {
        let files = [("ui/a.png", b"https://a.example".as_slice()), ("ui/b.JS", b"https://b.example")];
        let found = of(files.into_iter());
        assert_eq!(found.into_keys().collect::<Vec<_>>(), ["b.example"]);
    }
}
