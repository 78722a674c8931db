//! What someone probably meant: near names.

use crate::manifest::Capability;

/// The candidate nearest to `word`, when one is near enough to be a slip.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(64).collect::<String>().to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The capability someone meant by a name that is none: without `cap:`, by its interface, cut short or misspelt.
pub(super) fn capability(name: &str) -> Option<Capability> {
    let name = name.trim().to_lowercase().replace('_', "-");
    let bare = ["cap:", "cap.", "capability:", "alga:extension/"]
        .iter()
        .fold(name.as_str(), |bare, prefix| bare.strip_prefix(prefix).unwrap_or(bare));
    let id = format!("cap:{bare}");
    Capability::named(&id)
        .or_else(|| Capability::of_interface(bare.split('.').next().unwrap_or(bare)))
        .or_else(|| {
            let cut = Capability::ALL.into_iter().find(|capability| {
                let rest = capability.id().strip_prefix(id.as_str());
                rest.is_some_and(|rest| !bare.is_empty() && rest.starts_with('.'))
            });
            cut.or_else(|| {
                nearest(&id, Capability::ALL.into_iter().map(Capability::id)).and_then(Capability::named)
            })
        })
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

    #[test]
    fn what_people_write_for_a_capability_finds_it() {
        for (name, expected) in [
            ("http.fetch", Some(Capability::HttpFetch)),
            ("cap:http", Some(Capability::HttpFetch)),
            ("cap:http.fecth", Some(Capability::HttpFetch)),
            ("storage", Some(Capability::StorageKv)),
            ("cap.secrets.get", Some(Capability::SecretsGet)),
            ("log", Some(Capability::LogEmit)),
            ("alga:extension/clients", Some(Capability::ClientRead)),
            ("cap:invoice", Some(Capability::InvoiceManualCreate)),
            ("ui_proxy", Some(Capability::UiProxy)),
            ("teleport", None),
            ("", None),
        ] {
            assert_eq!(capability(name), expected, "{name}");
        }
    }
}
