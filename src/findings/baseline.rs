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
    /// Its message; places in lists are left out, because they move.
    pub message: String,
}

impl Known {
    fn of(finding: &Finding) -> Known {
        let message = without_indexes(&finding.message);
        Known { code: finding.code.to_string(), file: finding.file.clone(), message }
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
        for entry in &self.findings {
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
    fn only_places_in_lists_are_left_out() {
        assert_eq!(without_indexes("a[12].b[] [x] [3 [4]"), "a[].b[] [x] [3 []");
    }
}
