//! What changes between two versions, as a reviewer reads it: by subject, and with what the new one may do that the old
//! one could not. Such a widening has a name, by which it is approved.

mod approvals;
mod dependencies;
mod facts;
mod hosts;

pub use approvals::{Approval, approvals};
pub use facts::{Side, SideKind};

use super::Error;
use crate::build;
use crate::component::PACKAGE;
use crate::manifest::Capability;
use dependencies::built_in;
use facts::{Dependencies, Facts};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How to compare.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// How to build a project, if what was built is stale.
    pub build: build::Options<'a>,
    /// What is approved; none when nobody asks.
    pub approvals: Option<&'a [Approval]>,
}

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What is different: a capability, a host, an endpoint, a package, a file.
    pub name: String,
    /// How.
    pub change: Verb,
    /// What it was, or where it stood.
    pub old: Option<String>,
    /// What it is, or where it stands.
    pub new: Option<String>,
    /// The name by which this widening is approved; none of what widens nothing.
    pub widening: Option<String>,
}

/// A length, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Of what.
    pub name: String,
    /// Bytes before; none where there was none.
    pub old: Option<u64>,
    /// Bytes after.
    pub new: Option<u64>,
}

/// Something the new one may do and the old one could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Widening {
    /// What it is approved by.
    pub name: String,
    /// The approval, when there is one.
    pub approval: Option<Approval>,
}

/// All differences.
#[derive(Debug, Clone, Serialize)]
pub struct Diff {
    /// The old one.
    pub old: Side,
    /// The new one.
    pub new: Side,
    /// Name, publisher and version, and what built the component.
    pub identity: Vec<Change>,
    /// What it may call.
    pub capabilities: Vec<Change>,
    /// Hosts that code and pages name, and those a project allows.
    pub hosts: Vec<Change>,
    /// What it answers.
    pub endpoints: Vec<Change>,
    /// Where its UI appears.
    pub hooks: Vec<Change>,
    /// What the component imports.
    pub imports: Vec<Change>,
    /// Packages.
    pub dependencies: Vec<Change>,
    /// The files that are packed.
    pub files: Vec<Change>,
    /// Lengths that differ.
    pub sizes: Vec<Size>,
    /// What the new one may do and the old one could not.
    pub widenings: Vec<Widening>,
    /// Approvals of nothing that widens.
    pub unused_approvals: Vec<String>,
    /// What a side does not say, so that it could not be compared.
    pub not_compared: Vec<&'static str>,
}

impl Diff {
    /// The subjects in the order they are read.
    pub fn subjects(&self) -> [(&'static str, &[Change]); 8] {
        [
            ("identity", &self.identity),
            ("capabilities", &self.capabilities),
            ("hosts", &self.hosts),
            ("endpoints", &self.endpoints),
            ("hooks", &self.hooks),
            ("imports", &self.imports),
            ("dependencies", &self.dependencies),
            ("files", &self.files),
        ]
    }

    /// The widenings nobody has approved.
    pub fn unapproved(&self) -> impl Iterator<Item = &str> {
        let open = self.widenings.iter().filter(|widening| widening.approval.is_none());
        open.map(|widening| widening.name.as_str())
    }
}

/// Compares two bundles, projects, manifests or components; the kinds may be mixed where they have something in common.
pub fn diff(old: &Path, new: &Path, options: &Options) -> Result<Diff, Error> {
    let (old, new) = (Facts::read(old, options)?, Facts::read(new, options)?);
    let manifests = old.manifest.is_some() && new.manifest.is_some();
    let components = old.component.is_some() && new.component.is_some();
    if !manifests && !components {
        let (old, new) = (old.side.path, new.side.path);
        return Err(Error::NothingInCommon { old, new });
    }
    let mut not_compared = Vec::new();
    let mut compare = |what: &'static str, possible: bool, changes: Vec<Change>| {
        if !possible {
            not_compared.push(what);
        }
        if possible { changes } else { Vec::new() }
    };
    let capabilities = capabilities(&old, &new, !manifests);
    let endpoints = compare("endpoints", manifests, endpoints(&old, &new));
    let hooks = compare("hooks", manifests, hooks(&old, &new));
    let has_files = old.files.is_some() && new.files.is_some();
    let files = compare("files", has_files, files(&old, &new));
    // A bundle without a handler imports nothing; only a manifest says nothing of it.
    let has_code = |facts: &Facts| facts.hosts.is_some();
    let codes = has_code(&old) && has_code(&new);
    let imports = compare("imports", codes, imports(&old, &new));
    let hosts = compare("hosts", codes, hosts(&old, &new));
    let dependencies = compare("dependencies", codes, packages(&old, &new));
    let sizes = old.sizes().into_iter().zip(new.sizes());
    let sizes = sizes.map(|((name, old), (_, new))| Size { name: name.to_owned(), old, new });
    let sizes = sizes.filter(|size| size.old != size.new && size.old.is_some() && size.new.is_some());
    let mut diff = Diff {
        identity: identity(&old.side, &new.side),
        capabilities,
        hosts,
        endpoints,
        hooks,
        imports,
        dependencies,
        files,
        sizes: sizes.collect(),
        widenings: Vec::new(),
        unused_approvals: Vec::new(),
        not_compared,
        old: old.side,
        new: new.side,
    };
    approve(&mut diff, options.approvals.unwrap_or_default());
    Ok(diff)
}

/// Lists the widenings with their approvals, and the approvals that are of none.
fn approve(diff: &mut Diff, approvals: &[Approval]) {
    let changes = diff.subjects().into_iter().flat_map(|(_, changes)| changes);
    let names: BTreeSet<String> = changes.filter_map(|change| change.widening.clone()).collect();
    let is_of = |approval: &Approval, name: &str| approval.name.trim() == name;
    let unused = approvals.iter().filter(|approval| !names.iter().any(|name| is_of(approval, name)));
    diff.unused_approvals = unused.map(|approval| approval.name.clone()).collect();
    let widening = |name: String| {
        let approval = approvals.iter().find(|approval| is_of(approval, &name)).cloned();
        Widening { name, approval }
    };
    diff.widenings = names.into_iter().map(widening).collect();
}

/// The differences of two maps; `widens` names what an addition widens.
fn between(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    widens: impl Fn(&str) -> Option<String>,
) -> Vec<Change> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let text = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
    let change = |name: &String| {
        let (before, after) = (old.get(name), new.get(name));
        let change = match (before, after) {
            (None, _) => Verb::Added,
            (_, None) => Verb::Removed,
            (before, after) if before != after => Verb::Changed,
            _ => return None,
        };
        let widening = (change == Verb::Added).then(|| widens(name)).flatten();
        Some(Change { name: name.clone(), change, old: text(before), new: text(after), widening })
    };
    names.into_iter().filter_map(change).collect()
}

fn identity(old: &Side, new: &Side) -> Vec<Change> {
    let facts = |side: &Side| {
        let Side { name, publisher, version, built_by, .. } = side.clone();
        let facts = [("name", name), ("publisher", publisher), ("version", version), ("built by", built_by)];
        facts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    };
    let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) = (facts(old), facts(new));
    let mut changes = between(&old, &new, |_| None);
    // What one kind of side does not say is no difference.
    changes.retain(|change| change.change == Verb::Changed);
    changes
}

fn capabilities(old: &Facts, new: &Facts, by_imports: bool) -> Vec<Change> {
    let of = |facts: &Facts| {
        let opens = |name: &str| {
            let capability = Capability::named(name);
            capability
                .map(|capability| format!("opens {}", capability.interfaces().join(", ")))
                .unwrap_or_default()
        };
        let names = facts.capabilities(by_imports).into_iter();
        names.map(|name| (name.clone(), opens(&name))).collect::<BTreeMap<_, _>>()
    };
    between(&of(old), &of(new), |name| {
        let is_everyones = Capability::named(name).is_some_and(Capability::is_default);
        (!is_everyones).then(|| name.to_owned())
    })
}

/// Hosts that are named in what is packed; those that projects allow are compared where both sides are projects.
fn hosts(old: &Facts, new: &Facts) -> Vec<Change> {
    let with_allowed = old.allowed.is_some() && new.allowed.is_some();
    let of = |facts: &Facts| {
        let mut hosts = facts.hosts.clone().unwrap_or_default();
        for host in facts.allowed.iter().flatten().filter(|_| with_allowed) {
            hosts.entry(host.clone()).or_default().insert("http.allow in alga-ext.yaml".to_owned());
        }
        let places = |places: BTreeSet<String>| places.into_iter().collect::<Vec<_>>().join(", ");
        hosts.into_iter().map(|(host, files)| (host, places(files))).collect::<BTreeMap<_, _>>()
    };
    let mut changes = between(&of(old), &of(new), |host| Some(format!("host:{host}")));
    // That a host stands in another file is a change of files.
    changes.retain(|change| change.change != Verb::Changed);
    changes
}

/// Methods and paths. The handler is stored and never used to choose code, so it says nothing to a reviewer.
fn endpoints(old: &Facts, new: &Facts) -> Vec<Change> {
    let of = |facts: &Facts| {
        let endpoints = facts.manifest.iter().flat_map(|manifest| &manifest.endpoints);
        endpoints
            .map(|endpoint| (format!("{} {}", endpoint.method, endpoint.path), String::new()))
            .collect::<BTreeMap<_, _>>()
    };
    between(&of(old), &of(new), |name| Some(format!("endpoint:{name}")))
}

fn hooks(old: &Facts, new: &Facts) -> Vec<Change> {
    let of = |facts: &Facts| {
        let ui = facts.manifest.as_ref().and_then(|manifest| manifest.ui.clone()).unwrap_or_default();
        let hooks = [("appMenu", ui.app_menu), ("clientPortalMenu", ui.client_portal_menu)];
        let hooks = hooks.into_iter().filter_map(|(name, label)| Some((name.to_owned(), label?)));
        hooks.collect::<BTreeMap<_, _>>()
    };
    between(&of(old), &of(new), |name| Some(format!("hook:{name}")))
}

/// Imports without their versions. Those of the platform's own package are governed by capabilities, so they widen nothing.
fn imports(old: &Facts, new: &Facts) -> Vec<Change> {
    let of = |facts: &Facts| {
        let mut imports: BTreeMap<String, String> = BTreeMap::new();
        for import in facts.component.iter().flat_map(|component| &component.imports) {
            let (name, version) = import.split_once('@').unwrap_or((import, ""));
            imports.insert(name.to_owned(), version.to_owned());
        }
        imports
    };
    between(&of(old), &of(new), |name| {
        let is_own = name.split_once('/').is_some_and(|(package, _)| package == PACKAGE);
        (!is_own).then(|| format!("import:{name}"))
    })
}

/// Packages by what both sides have: the component's own list, lock files, the bundle's list.
fn packages(old: &Facts, new: &Facts) -> Vec<Change> {
    let built = |facts: &Facts| facts.component.as_ref().map(built_in).unwrap_or_default();
    let shown = |all: &Dependencies| {
        let versions = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
        all.iter().map(|(name, all)| (name.clone(), versions(all))).collect::<BTreeMap<_, _>>()
    };
    let mut changes = between(&shown(&built(old)), &shown(&built(new)), |_| None);
    for (old, new) in [(&old.locked, &new.locked), (&old.listed, &new.listed)] {
        if let (Some(old), Some(new)) = (old, new) {
            changes.extend(between(&shown(old), &shown(new), |_| None));
        }
    }
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes.dedup();
    changes
}

fn files(old: &Facts, new: &Facts) -> Vec<Change> {
    let of = |facts: &Facts| {
        let files = facts.files.iter().flatten();
        files.map(|file| (file.path.clone(), (file.size, file.sha256.clone()))).collect::<BTreeMap<_, _>>()
    };
    let (old, new) = (of(old), of(new));
    let hashes = |all: &BTreeMap<String, (u64, String)>| {
        all.iter().map(|(path, (_, hash))| (path.clone(), hash.clone())).collect::<BTreeMap<_, _>>()
    };
    let size = |all: &BTreeMap<String, (u64, String)>, path: &str| {
        all.get(path).map(|(size, _)| format!("{size} bytes"))
    };
    let changes = between(&hashes(&old), &hashes(&new), |_| None).into_iter();
    changes
        .map(|change| Change { old: size(&old, &change.name), new: size(&new, &change.name), ..change })
        .collect()
}
