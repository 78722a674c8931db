//! What someone probably meant.

/// The candidate nearest to `word`, when one is near enough to be a slip.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(64).collect::<String>().to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_other_words_find_none() {
        let words = ["publisher", "version", "runtime"];
        assert_eq!(nearest("pubilsher", words.into_iter()), Some("publisher"));
        assert_eq!(nearest("Version", words.into_iter()), Some("version"));
        assert_eq!(nearest("zebra", words.into_iter()), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), words.into_iter()), None);
    }
}
