//! The names a bundle's files may have: one spelling each, and none that leads out of the bundle.

use super::{Error, limits};
use icu_normalizer::DecomposingNormalizerBorrowed;

/// Reads a name from an archive: a leading `./` goes, anything unsafe or ambiguous is an error.
///
/// Folders come with their last slash already taken off. `.` itself, the archive's root, reads as the empty path.
pub(super) fn read(raw: &[u8]) -> Result<String, Error> {
    let Ok(text) = std::str::from_utf8(raw) else {
        return Err(refused(&String::from_utf8_lossy(raw), "is not UTF-8"));
    };
    let mut path = text;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    if text.is_empty() {
        return Err(refused(text, "is empty"));
    }
    if path.is_empty() || path == "." {
        return Ok(String::new());
    }
    check(path)?;
    Ok(path.to_owned())
}

/// Fails unless `path` is relative, `/`-separated, without `.` and `..` segments, and of bearable length.
pub(super) fn check(path: &str) -> Result<(), Error> {
    let drive = path.as_bytes().get(1) == Some(&b':')
        && path.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let why = if path.is_empty() {
        "is empty"
    } else if path.starts_with('/') || drive {
        "is absolute"
    } else if path.contains('\\') {
        "holds a backslash"
    } else if path.contains(':') {
        "holds a colon, which names a drive or a stream on Windows"
    } else if path.chars().any(char::is_control) {
        "holds a control character"
    } else if path.chars().any(is_unseen) {
        "holds a character that nobody sees, or that turns the text around"
    } else if path.len() > limits::PATH {
        "is longer than 1,024 bytes"
    } else {
        match path.split('/').find_map(segment) {
            Some(why) => why,
            None => return Ok(()),
        }
    };
    Err(refused(path, why))
}

fn segment(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("has an empty segment"),
        "." => Some("has a `.` segment"),
        ".." => Some("leads out of the bundle"),
        _ if name.ends_with(['.', ' ']) => {
            Some("has a name that ends with a dot or space, which Windows drops")
        }
        _ if name.len() > limits::NAME => Some("has a name longer than 255 bytes"),
        _ => None,
    }
}

/// Marks of direction and breaks: with them a name reads as another one.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// The path as the least discerning file systems keep it: letters taken apart, and case folded. Two files of one bundle
/// never have the same.
///
/// Unicode calls two such texts canonical caseless matches (D145); macOS compares names in this way, Windows by case
/// alone. Case is folded by way of the capitals, which makes `ß` and `SS`, `ς` and `Σ` one. The Turkish `ı` is a letter
/// of its own.
pub fn folded(path: &str) -> String {
    let apart = DecomposingNormalizerBorrowed::new_nfd();
    let fold = |letter: char| {
        let capitals = if letter == 'ı' { None } else { Some(letter.to_uppercase()) };
        let itself = capitals.is_none().then_some(letter);
        capitals.into_iter().flatten().flat_map(char::to_lowercase).chain(itself)
    };
    let folded: String = apart.normalize(path).chars().flat_map(fold).collect();
    apart.normalize(&folded).into_owned()
}

fn refused(path: &str, why: &'static str) -> Error {
    Error::Path { path: shown(path.as_bytes()), why }
}

/// A stranger's name as it may stand in a message: short, and escaped where a terminal would obey it.
pub(super) fn shown(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).chars().take(120).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_read_and_lose_a_leading_dot_slash() {
        for (raw, path) in
            [("ui/a.js", "ui/a.js"), ("././ui/a..b", "ui/a..b"), ("ui/é", "ui/é"), (".", ""), ("./", "")]
        {
            assert_eq!(read(raw.as_bytes()).unwrap(), path);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_or_have_two_spellings_are_refused() {
        let long = "a".repeat(256);
        let deep = "abc/".repeat(300);
        let all = [
            "",
            "/etc/passwd",
            "../a",
            "a/../b",
            "a/..",
            "..",
            "a//b",
            "a/./b",
            "a/",
            "C:/x",
            "c:x",
            "a\\b",
            "ui/a.js:stream",
            "..\\a",
            "a\0b",
            "a\nb",
            "//a",
            ".//a",
            "ui/a.",
            "ui /a",
            "ui/\u{202e}gpj.exe",
            "ui/a\u{200b}",
            &long,
            &deep,
        ];
        for raw in all {
            assert!(matches!(read(raw.as_bytes()), Err(Error::Path { .. })), "{raw:?}");
        }
        assert!(read(b"a\xff").is_err());
    }

    #[test]
    fn names_that_some_file_system_takes_for_one_fold_alike() {
        for (one, other) in [
            ("ui/App.js", "UI/aPP.js"),
            ("ui/\u{e9}", "ui/e\u{301}"),
            ("ui/\u{c9}", "ui/e\u{301}"),
            ("ui/stra\u{df}e", "ui/STRASSE"),
            ("ui/\u{3c2}", "ui/\u{3a3}"),
            ("ui/\u{212a}", "ui/k"),
            ("ui/\u{d55c}", "ui/\u{1112}\u{1161}\u{11ab}"),
            ("ui/a\u{323}\u{307}", "ui/a\u{307}\u{323}"),
            ("ui/\u{1f80}", "ui/\u{1f88}"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("ui/a", "ui/b"), ("ui/\u{131}", "ui/i"), ("ui/e", "ui/\u{e9}")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }
}
