//! A stranger's text as it may be shown: names, messages and excerpts come from files that anybody wrote.

/// Whether a terminal would obey the letter, or it turns the text around it.
pub fn is_obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` on one line, with escapes for what a terminal would obey.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_obeyed(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_the_rest_stays() {
        assert_eq!(
            plain("a\u{202e}b\u{2066}\u{61c}\u{1b}[31m\n"),
            "a\\u{202e}b\\u{2066}\\u{61c}\\u{1b}[31m\\n"
        );
        assert_eq!(plain("日本 ä\u{301} 👩\u{200d}💻 שלום"), "日本 ä\u{301} 👩\u{200d}💻 שלום");
    }
}
