//! The handler's source: what it uses of the platform, and which limits its literals will meet.

use super::judge::Judge;
use super::uses::{self, Evidence};
use super::{Overlay, literals, secrets, unanswered};
use crate::build::javascript::survey::{Asked, Source, Sources};
use crate::files;
use crate::findings::{Finding, Text};
use crate::manifest::source::Node;
use crate::manifest::{Capability, Manifest};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The largest source file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// What is asked of each file.
const ASKED: Asked<'static> = Asked { calls: &literals::CALLS, routes: false, texts: true };

/// Reads the source that begins at `entry`, packages aside.
pub(super) fn read(root: &Path, entry: &Path, overlay: &Overlay) -> Sources {
    Sources::read(root, entry, ASKED, &|path| overlay.text(path, LARGEST))
}

/// The folders of all packages that the source is built with.
pub(super) fn packages(root: &Path, entry: &Path) -> BTreeSet<PathBuf> {
    let mut sources = read(root, entry, &Overlay::default());
    sources.read_packages(root, Asked::default(), &|path| files::read_text(path, LARGEST));
    sources.packages
}

/// What was built.
pub(super) struct Built<'b> {
    /// Its imports.
    pub(super) interfaces: &'b [&'b str],
    /// Whether it is what the source would be built to now.
    pub(super) is_fresh: &'b dyn Fn() -> bool,
}

/// What the source shows of the capabilities the manifest asks for, and what was built of it. Packages are read when
/// they matter.
pub(super) fn capabilities(
    sources: &mut Sources,
    built: Option<&Built<'_>>,
    root: &Path,
    manifest: &Manifest,
    tree: &Node,
    judge: &mut Judge,
) {
    let mut evidence = evidence(sources.files.iter());
    // What a package uses is known for sure only from what was built with it.
    let tells_all = sources.is_whole && sources.packages.is_empty();
    let imports = uses::imports(built.map_or(&[], |built| built.interfaces));
    if tells_all {
        // A component may import what its source only looks like using, and that is what is granted or denied.
        let is_new = |import: &Evidence| {
            let is_known = |one: &Evidence| one.is_certain && one.capability == import.capability;
            !import.capability.is_default() && !evidence.iter().any(is_known)
        };
        let more: Vec<_> = imports.iter().filter(|import| is_new(import)).cloned().collect();
        if !more.is_empty() && built.is_some_and(|built| (built.is_fresh)()) {
            evidence.extend(more);
        }
    } else {
        evidence.extend(imports.iter().cloned());
    }
    let asked = manifest.known_capabilities();
    let unused = |evidence: &[Evidence]| {
        let used = |capability: &Capability| evidence.iter().any(|one| one.capability == *capability);
        asked.iter().any(|capability| !capability.is_default() && !used(capability))
    };
    if sources.is_whole && !sources.packages.is_empty() && unused(&evidence) {
        sources.read_packages(root, Asked::default(), &|path| files::read_text(path, LARGEST));
        let more = self::evidence(sources.files.iter().filter(|source| source.is_package));
        evidence.extend(more.into_iter().map(|one| Evidence { is_certain: false, ..one }));
    }
    uses::missing(&evidence, manifest, tree, judge);
    if sources.is_whole {
        uses::unused(&evidence, "nothing in the source uses it", true, tree, judge);
    } else if built.is_some() {
        uses::unused(&imports, uses::NOT_IMPORTED, false, tree, judge);
    }
}

fn evidence<'s>(sources: impl Iterator<Item = &'s Source>) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for source in sources {
        let text = Text::new(&source.text);
        let mut last: Option<(usize, Capability)> = None;
        for used in &source.survey.uses {
            let Some(capability) = Capability::of_interface(&used.interface) else { continue };
            // What is certain comes first; what only looks like it at the same place says nothing more.
            if last == Some((used.span.start, capability)) {
                continue;
            }
            last = Some((used.span.start, capability));
            let (line, column) = text.line_and_column(used.span.start);
            let what = format!("`{}` at {}:{line}:{column}", used.what, source.name);
            evidence.push(Evidence { capability, what, is_certain: used.is_certain });
        }
    }
    evidence
}

/// Endpoints that the source does not name. Nothing is said of a source that was not read as a whole, or never answers 404.
pub(super) fn unanswered(sources: &Sources, tree: &Node, judge: &mut Judge) {
    let own = || sources.files.iter().filter(|source| !source.is_package);
    if sources.is_whole && !sources.has_others && own().any(|source| source.survey.says_404) {
        let texts: Vec<&str> = own().flat_map(|source| &source.survey.texts).map(String::as_str).collect();
        unanswered::judge(&texts, tree, judge);
    }
}

/// Secrets of the project's own source, which becomes a part of the component.
pub(super) fn secrets(sources: &Sources) -> Vec<Finding> {
    let own = sources.files.iter().filter(|source| !source.is_package);
    own.flat_map(|source| secrets::judge(&source.name, &source.name, source.text.as_bytes())).collect()
}

/// What the source's literals will meet.
pub(super) fn limits(sources: &Sources, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.files.iter().filter(|source| !source.is_package) {
        let mut judge = Judge::new(&source.text, &source.name);
        literals::judge(&source.survey, manifest, &mut judge);
        findings.append(&mut judge.findings);
    }
    findings
}
