//! Declared endpoints against what a handler's source names: a path it does not know ends in its own 404.

use super::judge::{Judge, with_help};
use crate::build::javascript::survey::METHODS;
use crate::findings::Code;
use crate::manifest::source::Node;
use std::collections::HashSet;

/// Endpoints that a handler with these texts cannot tell from a path it does not know, and so answers with its 404.
pub(super) fn judge(texts: &[&str], tree: &Node, judge: &mut Judge) {
    let Some(list) = tree.get("api").and_then(|api| api.get("endpoints")) else { return };
    let known = Known::of(texts);
    if known.fronts.is_empty() {
        return;
    }
    for endpoint in list.items().unwrap_or_default() {
        let Some(node) = endpoint.get("path") else { continue };
        let Some(path) = node.as_str().map(str::trim).filter(|path| !known.knows(path)) else { continue };
        let message = format!("`{path}` is declared, and no text of the handler's source names it");
        let help = "a path the handler does not know ends in its 404; answer it, or remove the endpoint";
        judge.add(node.start, node.end, with_help(Code::ENDPOINT_UNANSWERED, message, help));
    }
}

/// What a handler's texts name.
struct Known {
    words: HashSet<String>,
    /// Texts that are paths or begin ones, as segments.
    fronts: HashSet<Vec<String>>,
}

impl Known {
    fn of(texts: &[&str]) -> Known {
        let mut words = HashSet::new();
        let mut fronts = HashSet::new();
        for text in texts {
            let plain = text.replace('\\', "");
            words.extend(words_of(&plain).map(str::to_owned));
            let path = plain.trim_start_matches('^');
            let path = path
                .split_once(' ')
                .filter(|(method, _)| METHODS.contains(method))
                .map_or(path, |(_, path)| path);
            if path.starts_with('/') {
                let front = path.split(['(', '[', '{', '*', '+', '$', '?']).next().unwrap_or_default();
                let segments: Vec<String> =
                    front.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
                fronts.insert(segments);
            }
        }
        Known { words, fronts }
    }

    /// Whether the texts name the last literal segment of the path, or a front of it that may stand for all behind.
    fn knows(&self, path: &str) -> bool {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some(last) = segments.iter().rposition(|part| !part.starts_with(':')) else { return true };
        let named = |word: &&str| self.words.contains(*word);
        let is_named = segments.get(last).is_none_or(|word| {
            named(word)
                || words_of(word).filter(|part| part != word && part.len() > 2).any(|part| named(&part))
        });
        let mut fronts = (1..=last).filter_map(|length| segments.get(..length));
        is_named
            || fronts.any(|front| {
                let front: Vec<String> = front.iter().map(|part| (*part).to_owned()).collect();
                self.fronts.contains(&front)
            })
    }
}

/// Runs of letters, digits, `-`, `_` and `.`, and the parts of these.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |letter: char| letter.is_alphanumeric() || "-_.%".contains(letter);
    let runs = text.split(move |letter: char| !is_word(letter)).filter(|run| !run.is_empty());
    runs.flat_map(|run| {
        std::iter::once(run).chain(run.split(['-', '_', '.']).filter(move |part| *part != run))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_knows_the_paths_its_texts_name_or_begin() {
        let texts = ["/notes", "^\\/clients\\/(\\d+)$", "status", "GET /api/report", "/files/"];
        let known = Known::of(&texts);
        for path in [
            "/notes",
            "/notes/:id",
            "/clients/:id",
            "/v1/status",
            "/api/report",
            "/files/:a/raw",
            "/",
            "/:any",
        ] {
            assert!(known.knows(path), "{path}");
        }
        for path in ["/Notes", "/api/other", "/tickets/:id", "/note"] {
            assert!(!known.knows(path), "{path}");
        }
    }
}
