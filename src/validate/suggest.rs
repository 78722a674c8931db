//! What someone probably meant: near names.

pub(super) use crate::findings::nearest;
use crate::manifest::Capability;

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
