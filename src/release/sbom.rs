//! The software bill of materials: CycloneDX 1.6 in JSON, the same on every machine.
//!
//! It has no serial number, which would be another each time, and no time unless `SOURCE_DATE_EPOCH` gives one.

use super::Error;
use crate::build::{self, Dependency, Registry};
use crate::bundle::Digest;
use crate::component::Component;
use crate::project::Project;
use crate::toolchain::Tools;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Where the bill of materials goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sbom {
    /// Beside the bundle.
    Beside,
    /// Beside the bundle, and into it.
    Embed,
    /// Nowhere.
    None,
}

/// The bill of materials of a built project; `epoch` is the time it says it was made, in seconds since 1970.
pub(super) fn of(
    project: &Project,
    component: Option<&Component>,
    tools: &Tools,
    epoch: Option<u64>,
) -> Result<Vec<u8>, Error> {
    let identity = component.and_then(|component| component.identity.as_ref());
    let dependencies = build::dependencies(project, identity, tools)?;
    let mut bytes =
        serde_json::to_vec_pretty(&document(project, &dependencies, epoch)?).map_err(std::io::Error::from)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn document(project: &Project, dependencies: &[Dependency], epoch: Option<u64>) -> Result<Value, Error> {
    let manifest = &project.manifest;
    let root = format!("{}@{}", manifest.name, manifest.version);
    let mut subject = Map::new();
    subject.insert("type".into(), "application".into());
    subject.insert("bom-ref".into(), root.as_str().into());
    if let Some(publisher) = &manifest.publisher {
        subject.insert("publisher".into(), publisher.as_str().into());
    }
    subject.insert("name".into(), manifest.name.as_str().into());
    subject.insert("version".into(), manifest.version.as_str().into());
    if let Ok(mut file) = fs_err::File::open(project.component()) {
        let (digest, _) = Digest::of_reader(&mut file)?;
        subject.insert("hashes".into(), json!([{ "alg": "SHA-256", "content": digest.hex() }]));
    }
    let mut metadata = Map::new();
    let time = epoch.and_then(|seconds| jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok());
    if let Some(time) = time {
        metadata.insert("timestamp".into(), time.to_string().into());
    }
    let version = env!("CARGO_PKG_VERSION");
    let tool = json!({ "type": "application", "name": "alga-ext", "version": version });
    metadata.insert("tools".into(), json!({ "components": [tool] }));
    metadata.insert("component".into(), Value::Object(subject));
    let references: Vec<String> = dependencies.iter().map(reference).collect();
    let leaves = references.iter().map(|reference| json!({ "ref": reference }));
    let mut graph = vec![json!({ "ref": root, "dependsOn": references })];
    graph.extend(leaves);
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": dependencies.iter().map(component).collect::<Vec<_>>(),
        "dependencies": graph,
    }))
}

fn component(dependency: &Dependency) -> Value {
    let mut members = Map::new();
    let (group, name) = match dependency.name.split_once('/') {
        Some((group, name)) if dependency.registry == Registry::Npm => (Some(group), name),
        _ => (None, dependency.name.as_str()),
    };
    members.insert("type".into(), "library".into());
    members.insert("bom-ref".into(), reference(dependency).into());
    if let Some(group) = group {
        members.insert("group".into(), group.into());
    }
    members.insert("name".into(), name.into());
    if let Some(version) = &dependency.version {
        members.insert("version".into(), version.as_str().into());
    }
    members.insert("scope".into(), "required".into());
    if !dependency.hashes.is_empty() {
        let hash = |(alg, content): &(String, String)| json!({ "alg": alg, "content": content });
        members.insert("hashes".into(), dependency.hashes.iter().map(hash).collect());
    }
    if let Some(licence) = &dependency.licence {
        members.insert("licenses".into(), json!([licensed(licence)]));
    }
    if dependency.registry != Registry::Own {
        members.insert("purl".into(), reference(dependency).into());
    }
    Value::Object(members)
}

/// An expression of SPDX where it looks like one, its text where it does not. Old crates write `/` for `OR`.
fn licensed(licence: &str) -> Value {
    let expression = licence.replace('/', " OR ");
    let is_word = |word: &str| {
        let word = word.trim_matches(['(', ')']);
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+:".contains(&byte))
    };
    let words: Vec<&str> = expression.split_whitespace().collect();
    // Names and the words between them take turns.
    let takes_turns = words.iter().enumerate().all(|(at, word)| {
        let joins = matches!(*word, "OR" | "AND" | "WITH");
        is_word(word) && joins == (at % 2 == 1)
    });
    if takes_turns && words.len() % 2 == 1 && !words.contains(&"UNLICENSED") {
        json!({ "expression": words.join(" ") })
    } else {
        json!({ "license": { "name": licence } })
    }
}

/// A package's address among all packages; it names the component within the bill too.
fn reference(dependency: &Dependency) -> String {
    let kind = match dependency.registry {
        Registry::Cargo => "pkg:cargo/",
        Registry::Npm => "pkg:npm/",
        Registry::Own => "engine:",
    };
    let version = dependency.version.as_deref().map(|version| format!("@{}", escaped(version)));
    let name: Vec<String> = dependency.name.split('/').map(escaped).collect();
    format!("{kind}{}{}", name.join("/"), version.unwrap_or_default())
}

/// Percent-encoded, but for what a package URL may hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_an_expression_or_the_text_it_is() {
        for (text, expression) in [
            ("MIT", Some("MIT")),
            ("MIT/Apache-2.0", Some("MIT OR Apache-2.0")),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", Some("(MIT OR Apache-2.0) AND Unicode-3.0")),
            ("Apache-2.0 WITH LLVM-exception", Some("Apache-2.0 WITH LLVM-exception")),
            ("SEE LICENSE IN COPYING", None),
            ("UNLICENSED", None),
            ("", None),
        ] {
            assert_eq!(licensed(text)["expression"].as_str(), expression, "{text}");
        }
    }

    #[test]
    fn a_scope_is_escaped_in_a_package_url() {
        let dependency = Dependency {
            registry: Registry::Npm,
            name: "@acme/tools".into(),
            version: Some("1.0.0+x".into()),
            licence: None,
            hashes: Vec::new(),
        };
        assert_eq!(reference(&dependency), "pkg:npm/%40acme/tools@1.0.0%2Bx");
        assert_eq!(component(&dependency)["group"], "@acme");
    }
}
