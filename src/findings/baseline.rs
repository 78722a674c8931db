//! A baseline: the findings an old project has, so that only new ones are told.

use super::{Finding, Findings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The findings that are known, without the lines they stood at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The format: 1.
    pub version: u32,
    /// In order; one that occurs twice stands twice.
    pub findings: Vec<Known>,
}

/// A finding as it is known again after lines have moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its code. One this version does not have never matches.
    pub code: String,
    /// Its file.
    pub file: Option<String>,
    /// Its message; places in lists and in files are left out, because they move.
    pub message: String,
}

impl Known {
    fn of(finding: &Finding) -> Known {
        let message = without_places(&finding.message);
        Known { code: finding.code.to_string(), file: finding.file.clone(), message }
    }

    fn plain(&self) -> Known {
        Known { message: without_places(&self.message), ..self.clone() }
    }
}

impl Baseline {
    /// What is found now.
    pub fn of(findings: &Findings) -> Baseline {
        let mut known: Vec<Known> = findings.findings.iter().map(Known::of).collect();
        known.sort();
        Baseline { version: 1, findings: known }
    }

    /// The findings that are new; the known ones are counted, and those of the baseline that are gone.
    pub fn apply(&self, findings: Findings) -> Findings {
        let mut known: BTreeMap<&Known, usize> = BTreeMap::new();
        // One that an older version wrote may have places in it.
        let entries: Vec<Known> = self.findings.iter().map(Known::plain).collect();
        for entry in &entries {
            *known.entry(entry).or_default() += 1;
        }
        let allowed = findings.allowed;
        let before = findings.findings.len();
        let mut new = findings.findings;
        new.retain(|finding| match known.get_mut(&Known::of(finding)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        });
        let gone = known.values().sum();
        let count = before - new.len();
        Findings { allowed, known: count, gone, ..Findings::new(new) }
    }
}

/// A message that stays the same when what it is about moves.
fn without_places(message: &str) -> String {
    let mut text = without_indexes(message);
    for word in ["byte ", "line ", "column "] {
        text = without(&text, word, |rest| Some(digits(rest)).filter(|count| *count > 0));
    }
    // `src/handler.ts:3:12`
    without(&text, ":", |rest| {
        let line = digits(rest);
        let column = digits(rest.get(line..)?.strip_prefix(':')?);
        (line > 0 && column > 0).then_some(line + 1 + column)
    })
}

/// Leaves out what follows `word`, as many bytes of it as `count` says.
fn without(text: &str, word: &str, count: impl Fn(&str) -> Option<usize>) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        left.push_str(before);
        left.push_str(word);
        rest = count(after).and_then(|count| after.get(count..)).unwrap_or(after);
    }
    left + rest
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// `api.endpoints[3].path` as `api.endpoints[].path`.
fn without_indexes(message: &str) -> String {
    let mut parts = message.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push('[');
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let rest = part.get(digits..).unwrap_or_default();
        text.push_str(if rest.starts_with(']') { rest } else { part });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Text};
    use super::*;

    fn finding(message: &str, line: usize) -> Finding {
        let text = "\n".repeat(line);
        Finding::new(Code::ENDPOINT_PATH, message).in_file("manifest.json").within(
            &Text::new(&text),
            line,
            line,
        )
    }

    #[test]
    fn a_known_finding_is_known_again_where_it_moved_to_and_a_second_is_new() {
        let old = Findings::new(vec![finding("`api.endpoints[3].path` is `/a b`", 3)]);
        let baseline = Baseline::of(&old);
        let now = Findings::new(vec![
            finding("`api.endpoints[4].path` is `/a b`", 9),
            finding("`api.endpoints[5].path` is `/a b`", 10),
        ]);
        let left = baseline.apply(now);
        assert_eq!((left.findings.len(), left.known, left.errors, left.gone), (1, 1, 1, 0));
        let left = baseline.apply(Findings::new(Vec::new()));
        assert_eq!((left.known, left.gone), (0, 1));
    }

    #[test]
    fn places_in_files_are_left_out() {
        for (message, left) in [
            ("`fetch` at src/handler.ts:3:12 needs it", "`fetch` at src/handler.ts: needs it"),
            ("a secret, at byte 1204 of the file", "a secret, at byte  of the file"),
            ("see line 3, column 14", "see line , column "),
            ("at 12:30, 4 bytes, `a:b:3`, https://x:8080/", "at 12:30, 4 bytes, `a:b:3`, https://x:8080/"),
        ] {
            assert_eq!(without_places(message), left);
        }
    }

    #[test]
    fn what_an_older_version_wrote_with_places_is_known_too() {
        let known = Known {
            code: Code::ENDPOINT_PATH.to_string(),
            file: Some("manifest.json".into()),
            message: "`fetch` at a.ts:3:1".into(),
        };
        let baseline = Baseline { version: 1, findings: vec![known] };
        let left = baseline.apply(Findings::new(vec![finding("`fetch` at a.ts:9:4", 1)]));
        assert_eq!((left.findings.len(), left.known, left.gone), (0, 1, 0));
    }

    #[test]
    fn only_places_in_lists_are_left_out() {
        assert_eq!(without_indexes("a[12].b[] [x] [3 [4]"), "a[].b[] [x] [3 []");
    }
}
