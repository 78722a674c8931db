//! An unpacked bundle as the platform sees it (contract/registry.md §2.5, contract/runner.md §6).

use super::judge::{Judge, with_help};
use super::ui_contents::Contents;
use super::{Bounds, component, manifest, secrets, ui, ui_files, uses};
use crate::bundle::{Entry, INDEX, SBOM, Spooled};
use crate::findings::{Code, Finding, Findings};
use crate::manifest::Manifest;
use crate::project::MANIFEST;
use std::cell::Cell;
use std::collections::HashMap;
use std::io;

/// Where the runner looks for the component.
const COMPONENT: &str = "dist/main.wasm";

/// Where other tools put the component, and the runner never looks.
const MISPLACED: [&str; 6] = [
    "dist/component.wasm",
    "entry.wasm",
    "main.wasm",
    "component.wasm",
    "artifacts/component/component.wasm",
    "artifacts/component.wasm",
];

/// Bytes of a file that are searched for secrets.
const LARGEST_SEARCHED: u64 = 256 << 20;

/// What a bundle holds, and a way to its bytes: the first so many of one file.
struct View<'a> {
    paths: Vec<&'a str>,
    sizes: HashMap<&'a str, u64>,
    head: &'a dyn Fn(&str, u64) -> Vec<u8>,
}

impl View<'_> {
    fn has(&self, path: &str) -> bool {
        self.paths.contains(&path)
    }

    fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<&str> {
        self.paths.iter().copied().find(|path| is_it(path))
    }

    fn whole(&self, path: &str) -> Option<Vec<u8>> {
        self.has(path).then(|| (self.head)(path, u64::MAX))
    }
}

/// Judges a bundle that is unpacked in memory.
pub fn bundle(entries: &[Entry]) -> Findings {
    let by_path: HashMap<&str, &[u8]> =
        entries.iter().map(|entry| (entry.path.as_str(), entry.bytes.as_slice())).collect();
    let head = |path: &str, limit: u64| {
        let bytes = by_path.get(path).copied().unwrap_or_default();
        bytes.get(..usize::try_from(limit).unwrap_or(usize::MAX)).unwrap_or(bytes).to_vec()
    };
    files(entries.iter().map(|entry| (entry.path.as_str(), entry.bytes.len() as u64)), &head, Bounds::USUAL)
}

/// Judges a bundle that is unpacked on disk. Fails when it cannot be read back.
pub fn spooled(bundle: &Spooled) -> io::Result<Findings> {
    let failure = Cell::new(None);
    let head = |path: &str, limit: u64| match bundle.head(path, limit) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(error) => {
            failure.set(Some(error));
            Vec::new()
        }
    };
    let findings = files(bundle.files(), &head, Bounds::USUAL);
    failure.take().map_or(Ok(findings), Err)
}

/// Judges the files of a bundle, each with its size, wherever they are: `head` gives the first so many bytes of one. Of
/// pictures and fonts nothing is asked for, and of one file at a time.
pub fn files<'a>(
    files: impl Iterator<Item = (&'a str, u64)>,
    head: &'a dyn Fn(&str, u64) -> Vec<u8>,
    bounds: Bounds,
) -> Findings {
    let sizes: Vec<(&str, u64)> = files.collect();
    let paths = sizes.iter().map(|(path, _)| *path).collect();
    let view = View { paths, sizes: sizes.into_iter().collect(), head };
    let Some(bytes) = view.whole(MANIFEST) else {
        return Findings::new(vec![without_manifest(&view)]);
    };
    let text = match manifest::decode(bytes, MANIFEST) {
        Ok(text) => text,
        Err(finding) => return Findings::new(vec![*finding]),
    };
    let (mut findings, tree) = manifest::judge(&text, MANIFEST);
    let mut judge = Judge::new(&text, MANIFEST);
    let mut declared = None;
    if let (Some(tree), Ok(manifest)) = (&tree, Manifest::parse(&text)) {
        if let Some(wasm) = view.whole(COMPONENT) {
            let (component, found) = component::judge(&wasm, COMPONENT);
            judge.findings.extend(found);
            if let Some(component) = component {
                let imports = uses::imports(&component.interfaces());
                uses::missing(&imports, &manifest, tree, &mut judge);
                uses::unused(&imports, uses::NOT_IMPORTED, false, tree, &mut judge);
            }
            if manifest.endpoints.is_empty() {
                let message =
                    "there is a component and no endpoint: the gateway calls declared endpoints only";
                let help = "declare its endpoints in `api.endpoints`, or leave the component out";
                judge.add(tree.start, tree.start + 1, with_help(Code::ENDPOINTS_MISSING, message, help));
            }
        } else if !manifest.endpoints.is_empty() {
            judge.findings.push(without_component(&view));
        }
        let has_page = view.has(ui::PAGE);
        if tree.get("ui").is_some() && !has_page {
            let message = format!("the UI is declared, and the bundle has no `{}`", ui::PAGE);
            let elsewhere = view.find(|path| path.ends_with("index.html"));
            let help = elsewhere.map(|path| format!("`{path}` is where the platform does not look"));
            judge
                .findings
                .push(with_help(Code::UI_ENTRY_MISSING, message, help.unwrap_or_default()).in_file(ui::PAGE));
        }
        if tree.get("ui").is_none() && has_page {
            let message = format!("`{}` is packed, and the manifest declares no `ui`", ui::PAGE);
            judge.findings.push(with_help(Code::UI_UNDECLARED, message, "declare `ui`").in_file(ui::PAGE));
        }
        declared = Some(manifest);
    }
    findings.append(&mut judge.findings);
    let mut contents = Contents::new(ui::PAGE.to_owned(), declared.as_ref(), bounds);
    for path in &view.paths {
        findings.extend(file(path));
        if path.starts_with("ui/") {
            let size = view.sizes.get(path).copied().unwrap_or_default();
            contents.add(path, path, size, || head(path, bounds.text));
        } else {
            findings.extend(secrets::judge(path, path, &head(path, LARGEST_SEARCHED)));
        }
    }
    findings.append(&mut contents.finish());
    Findings::new(findings)
}

/// Why there is no manifest at the root.
fn without_manifest(view: &View<'_>) -> Finding {
    let nested = view.find(|path| {
        let folder = path.strip_suffix(MANIFEST);
        folder.is_some_and(|folder| folder.ends_with('/') && folder.matches('/').count() == 1)
    });
    if let Some(path) = nested {
        let message =
            format!("the manifest is at `{path}`, one folder deep; the runner finds no `{COMPONENT}` there");
        let help = "pack the folder's contents, not the folder";
        return with_help(Code::BUNDLE_MANIFEST_MISSING, message, help).in_file(path);
    }
    let message = "the bundle has no `manifest.json` at its root";
    let help = "`alga-ext pack` makes a bundle of a project";
    with_help(Code::BUNDLE_MANIFEST_MISSING, message, help).in_file(MANIFEST)
}

/// Why there is no component where the runner looks.
fn without_component(view: &View<'_>) -> Finding {
    let misplaced = view.find(|path| MISPLACED.contains(&path));
    let any = misplaced.or_else(|| view.find(|path| (view.head)(path, 4) == b"\0asm"));
    let message = format!("endpoints are declared, and the bundle has no `{COMPONENT}`");
    let help = any.map_or_else(
        || "build the handler and pack again: `alga-ext pack`".to_owned(),
        |path| format!("the runner does not look at `{path}`; pack it as `{COMPONENT}`"),
    );
    with_help(Code::BUNDLE_COMPONENT_MISSING, message, help).in_file(COMPONENT)
}

/// Judges one file's name.
fn file(path: &str) -> Vec<Finding> {
    if path.starts_with("ui/") {
        return ui_files::name(path, path).into_iter().collect();
    }
    if path.contains("..") || path.split('/').any(|segment| segment.is_empty() || segment.starts_with('.')) {
        let message = format!("the runner skips `{path}` when it unpacks the bundle");
        return vec![with_help(Code::BUNDLE_FILE_DROPPED, message, "leave it out").in_file(path)];
    }
    if is_expected(path) {
        return Vec::new();
    }
    let message = format!("`{path}` is nothing the platform reads");
    vec![with_help(Code::BUNDLE_FILE_UNEXPECTED, message, "leave it out; `alga-ext pack` does").in_file(path)]
}

/// Whether packing, ours or upstream's, puts such a file into a bundle (contract/registry.md §2.1).
fn is_expected(path: &str) -> bool {
    let exact = [
        MANIFEST,
        COMPONENT,
        INDEX,
        SBOM,
        "dist/component.json",
        "dist/build.json",
        "SIGNATURE",
        "sbom.spdx.json",
    ];
    let below = ["artifacts/", "precompiled/", "wit/"];
    exact.contains(&path) || below.iter().any(|folder| path.starts_with(folder))
}
