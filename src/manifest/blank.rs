//! Blanks as the platform knows them, which is written in JavaScript.

/// What `\s` matches and `trim` removes in JavaScript: not quite Unicode's white space.
pub fn is_blank(letter: char) -> bool {
    letter == '\u{feff}' || letter.is_whitespace() && letter != '\u{85}'
}

/// What JavaScript's `trim` leaves.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_those_of_javascript() {
        assert_eq!(trim("\u{feff}\u{a0} a\u{3000}"), "a");
        assert_eq!(trim("\u{85}a"), "\u{85}a");
    }
}
