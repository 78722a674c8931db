//! A rule's stable code, and all that is said about it: output, docs, `explain` and tests read the same entry.

use super::{Severity, codes};
use serde::{Serialize, Serializer};

/// Which rule a finding comes from. The entries are in `codes/`, a file per subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub(super) &'static Rule);

/// What is said about a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// The word that stands in output. It never changes its meaning and is never used again for another rule.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub summary: &'static str,
    /// What the platform does about it, and what to do instead.
    pub why: &'static str,
    /// The sections of the contract that say so, such as `registry.md §1.2`; `alga-ext` for rules of our own.
    pub platform: &'static str,
    /// What shows it, and the same without fault.
    pub example: Example,
}

/// What triggers a rule, and its mend.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Example {
    /// What it is; a test judges everything but words.
    pub kind: ExampleKind,
    /// What the rule finds.
    pub wrong: &'static str,
    /// The same, mended.
    pub mended: &'static str,
}

/// What an example is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExampleKind {
    /// Members of a manifest that is otherwise without fault.
    Fragment,
    /// A whole file at this path of a project that is otherwise without fault.
    File(&'static str),
    /// Commands or prose: what no text file shows.
    Words,
}

/// Members of a manifest, before and after.
pub(super) const fn fragment(wrong: &'static str, mended: &'static str) -> Example {
    Example { kind: ExampleKind::Fragment, wrong, mended }
}

/// A file of a project, before and after.
pub(super) const fn file(path: &'static str, wrong: &'static str, mended: &'static str) -> Example {
    Example { kind: ExampleKind::File(path), wrong, mended }
}

/// Commands or prose, before and after.
pub(super) const fn words(wrong: &'static str, mended: &'static str) -> Example {
    Example { kind: ExampleKind::Words, wrong, mended }
}

/// Writes a constant of [`Code`] for each entry, and the list of them: neither can lack a rule.
macro_rules! rules {
    ($($constant:ident: $name:literal, $severity:ident {
        summary: $summary:literal,
        why: $why:literal,
        platform: $platform:literal,
        example: $example:expr $(,)?
    })*) => {
        impl $crate::findings::Code {
            $(
                #[doc = $summary]
                pub const $constant: $crate::findings::Code = $crate::findings::Code(&$crate::findings::Rule {
                    name: $name,
                    severity: $crate::findings::Severity::$severity,
                    summary: $summary,
                    why: $why,
                    platform: $platform,
                    example: $example,
                });
            )*
        }

        /// In the order they are documented.
        pub(in crate::findings) const RULES: &[$crate::findings::Code] = &[$($crate::findings::Code::$constant),*];
    };
}
pub(super) use rules;

impl Code {
    /// Every code, by subject.
    pub fn all() -> impl Iterator<Item = Code> {
        codes::SUBJECTS.iter().flat_map(|(_, codes)| codes.iter().copied())
    }

    /// The subjects with their codes, as the docs list them.
    pub fn subjects() -> &'static [(&'static str, &'static [Code])] {
        codes::SUBJECTS
    }

    /// The code of that name.
    pub fn named(name: &str) -> Option<Code> {
        Code::all().find(|code| code.as_str() == name)
    }

    /// Codes near to a word that is none: the one it is a slip of, or up to three that share a word with it.
    pub fn near(word: &str) -> Vec<Code> {
        let word = word.trim().to_lowercase().replace([' ', '_'], "-");
        let slip = super::nearest(&word, Code::all().map(Code::as_str)).and_then(Code::named);
        let shares = |code: &Code| {
            let parts = word.split('-').filter(|part| part.len() > 2);
            parts.filter(|part| code.as_str().split('-').any(|own| own == *part)).count()
        };
        let mut sharing: Vec<Code> = Code::all().filter(|code| shares(code) > 0).collect();
        sharing.sort_by_key(|code| std::cmp::Reverse(shares(code)));
        sharing.truncate(3);
        slip.map_or(sharing, |slip| vec![slip])
    }

    /// The word that stands in output.
    pub fn as_str(self) -> &'static str {
        self.0.name
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// What is wrong, in one line.
    pub fn summary(self) -> &'static str {
        self.0.summary
    }

    /// What the platform does about it, and what to do instead.
    pub fn explanation(self) -> &'static str {
        self.0.why
    }

    /// The sections of the contract that say so; `alga-ext` for rules of our own.
    pub fn platform(self) -> &'static str {
        self.0.platform
    }

    /// What shows it, and the same without fault.
    pub fn example(self) -> &'static Example {
        &self.0.example
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let names: BTreeSet<&str> = Code::all().map(Code::as_str).collect();
        assert_eq!(names.len(), Code::all().count());
        let kebab = |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        assert_eq!(names.iter().find(|name| !kebab(name)), None);
    }

    #[test]
    fn every_rule_names_its_section_and_has_an_example() {
        for code in Code::all() {
            let sections: Vec<&str> = code.platform().split(", ").collect();
            let known = |section: &&str| {
                let pages = ["registry.md §", "runner.md §", "ui.md §"];
                let numbered = |rest: &str| rest.starts_with(|letter: char| letter.is_ascii_alphanumeric());
                pages.iter().any(|page| section.strip_prefix(page).is_some_and(numbered))
            };
            let own = code.platform() == "alga-ext";
            assert!(own || sections.iter().all(known), "{code}: {}", code.platform());
            let example = code.example();
            assert!(!example.wrong.is_empty() && example.wrong != example.mended, "{code}");
            assert!(code.summary().len() <= 90 && !code.summary().ends_with('.'), "{code}");
            assert!(code.explanation().ends_with('.'), "{code}");
        }
    }

    #[test]
    fn a_slip_and_a_part_of_a_name_find_the_code() {
        assert_eq!(Code::near("capabilty-unknown").first(), Some(&Code::CAPABILITY_UNKNOWN));
        assert_eq!(Code::near("Unknown_Key").first(), Some(&Code::UNKNOWN_KEY));
        assert!(Code::near("endpoint").iter().all(|code| code.as_str().contains("endpoint")));
        assert!(Code::near("zebra").is_empty());
    }
}
