//! Declared endpoints against what a handler's source names: a path it does not know ends in its own 404.

use super::judge::{Judge, with_help};
use crate::build::javascript::survey::METHODS;
use crate::findings::Code;
use crate::manifest::source::Node;
use crate::manifest::trim;
use std::collections::{HashMap, HashSet};

/// Endpoints that a handler with these texts cannot tell from a path it does not know, and so answers with its 404.
pub(super) fn judge(texts: &[&str], tree: &Node, judge: &mut Judge) {
    let Some(list) = tree.get("api").and_then(|api| api.get("endpoints")) else { return };
    let known = Known::of(texts);
    if !known.fronts.iter().any(|(_, ends)| *ends) {
        return;
    }
    for endpoint in list.items().unwrap_or_default() {
        let Some(node) = endpoint.get("path") else { continue };
        let Some(path) = node.as_str().map(trim).filter(|path| !known.knows(path)) else { continue };
        if judge.is_full() {
            return;
        }
        let message = format!("`{path}` is declared, and no text of the handler's source names it");
        let help = "a path the handler does not know ends in its 404; answer it, or remove the endpoint";
        judge.add(node.start, node.end, with_help(Code::ENDPOINT_UNANSWERED, message, help));
    }
}

/// What a handler's texts name.
struct Known {
    words: HashSet<String>,
    /// Texts that are paths or begin ones, segment by segment: what follows each step, and whether one ends there. The
    /// first step is before all segments.
    fronts: Vec<(HashMap<String, usize>, bool)>,
}

impl Known {
    fn of(texts: &[&str]) -> Known {
        let mut words = HashSet::new();
        let mut fronts = vec![(HashMap::new(), false)];
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
                let mut at = 0;
                for part in front.split('/').filter(|part| !part.is_empty()) {
                    let fresh = fronts.len();
                    let Some((next, _)) = fronts.get_mut(at) else { break };
                    at = *next.entry(part.to_owned()).or_insert(fresh);
                    if at == fresh {
                        fronts.push((HashMap::new(), false));
                    }
                }
                if let Some((_, ends)) = fronts.get_mut(at) {
                    *ends = true;
                }
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
        is_named || self.fronts_of(segments.iter().take(last)).any(|is_one| is_one)
    }

    /// Whether a front ends after each of these segments, as far as texts go.
    fn fronts_of<'s>(&self, segments: impl Iterator<Item = &'s &'s str>) -> impl Iterator<Item = bool> {
        segments
            .scan(0, |at, segment| {
                *at = *self.fronts.get(*at)?.0.get(*segment)?;
                Some(*at)
            })
            .map(|at| self.fronts.get(at).is_some_and(|(_, ends)| *ends))
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

    #[test]
    fn a_path_of_very_many_segments_is_read_once() {
        let path = "/a".repeat(50_000);
        assert!(!Known::of(&[&path]).knows(&format!("/b{path}/z")));
        assert!(Known::of(&[&path]).knows(&format!("{path}/z")));
    }
}
