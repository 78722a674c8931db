//! Crates that stand twice in the lock file: each is listed in deny.toml with its reason, and wasmtime never.

use crate::Problem;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// There is one of these, because two engines would not share a compiled component.
const ONCE: [&str; 1] = ["wasmtime"];

#[derive(Deserialize)]
struct Deny {
    bans: Bans,
}

#[derive(Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

/// One version that may stand beside the newest.
#[derive(Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

pub(super) fn offences(root: &Path) -> Result<Vec<String>, Problem> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).exec()?;
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in metadata.packages {
        versions.entry(package.name.to_string()).or_default().insert(package.version.to_string());
    }
    let deny: Deny = toml::from_str(&fs_err::read_to_string(root.join("deny.toml"))?)?;
    Ok(judge(&versions, &deny))
}

fn judge(versions: &BTreeMap<String, BTreeSet<String>>, deny: &Deny) -> Vec<String> {
    let mut offences = Vec::new();
    let twice: BTreeMap<&String, &BTreeSet<String>> =
        versions.iter().filter(|(_, versions)| versions.len() > 1).collect();
    for (name, versions) in &twice {
        let listed: Vec<&str> = versions.iter().map(String::as_str).collect();
        if ONCE.contains(&name.as_str()) {
            offences.push(format!(
                "`{name}` stands in the lock file as {}, and is to stand once",
                listed.join(", ")
            ));
        }
        // One version is the one meant; all others need a reason.
        let excused = listed.iter().filter(|version| deny.excuses(name, version)).count();
        if excused + 1 < listed.len() {
            offences.push(format!(
                "`{name}` stands in the lock file as {}; all but one need a line with a reason in deny.toml",
                listed.join(", ")
            ));
        }
    }
    for skip in &deny.bans.skip {
        let (name, version) = skip.name.split_once('@').unwrap_or((&skip.name, ""));
        let stands = twice.iter().any(|(twice, versions)| *twice == name && versions.contains(version));
        if !stands {
            offences.push(format!("deny.toml excuses `{}`, which does not stand twice any more", skip.name));
        }
        if skip.reason.trim().is_empty() {
            offences.push(format!("deny.toml excuses `{}` without a reason", skip.name));
        }
    }
    offences
}

impl Deny {
    fn excuses(&self, name: &str, version: &str) -> bool {
        self.bans.skip.iter().any(|skip| skip.name.split_once('@') == Some((name, version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_twice_needs_a_reason_and_what_does_not_needs_none() {
        let versions = |name: &str, list: &[&str]| {
            (name.to_owned(), list.iter().map(|version| (*version).to_owned()).collect())
        };
        let lock = BTreeMap::from([versions("syn", &["1.0.0", "2.0.0"]), versions("log", &["0.4.0"])]);
        let deny = |skip: &[(&str, &str)]| Deny {
            bans: Bans {
                skip: skip
                    .iter()
                    .map(|(name, why)| Skip { name: (*name).into(), reason: (*why).into() })
                    .collect(),
            },
        };
        assert_eq!(judge(&lock, &deny(&[])).len(), 1);
        assert_eq!(judge(&lock, &deny(&[("syn@1.0.0", "an old macro")])).len(), 0);
        assert_eq!(judge(&lock, &deny(&[("syn@1.0.0", "")])).len(), 1);
        assert_eq!(judge(&lock, &deny(&[("syn@1.0.0", "x"), ("log@0.4.0", "y")])).len(), 1);
    }
}
