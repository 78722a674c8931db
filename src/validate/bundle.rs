//! An unpacked bundle as the platform sees it (contract/registry.md §2.5, contract/runner.md §6).

use super::judge::{Judge, with_help};
use super::{component, manifest, pages, ui, ui_files};
use crate::bundle::Entry;
use crate::findings::{Code, Finding, Findings};
use crate::manifest::Manifest;
use crate::project::MANIFEST;

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

/// Judges an unpacked bundle.
pub fn bundle(entries: &[Entry]) -> Findings {
    let find = |path: &str| entries.iter().find(|entry| entry.path == path);
    let Some(entry) = find(MANIFEST) else {
        return Findings::new(vec![without_manifest(entries)]);
    };
    let text = match manifest::decode(entry.bytes.clone(), MANIFEST) {
        Ok(text) => text,
        Err(finding) => return Findings::new(vec![*finding]),
    };
    let (mut findings, tree) = manifest::judge(&text, MANIFEST);
    let mut judge = Judge::new(&text, MANIFEST);
    if let (Some(tree), Ok(manifest)) = (&tree, Manifest::parse(&text)) {
        let wasm = find(COMPONENT);
        if let Some(wasm) = wasm {
            let more = component::judge(&wasm.bytes, COMPONENT, &manifest, tree, &mut judge);
            judge.findings.extend(more);
            if manifest.endpoints.is_empty() {
                let message =
                    "there is a component and no endpoint: the gateway calls declared endpoints only";
                let help = "declare its endpoints in `api.endpoints`, or leave the component out";
                judge.add(tree.start, tree.start + 1, with_help(Code::ENDPOINTS_MISSING, message, help));
            }
        } else if !manifest.endpoints.is_empty() {
            judge.findings.push(without_component(entries));
        }
        let page = find(ui::PAGE);
        if tree.get("ui").is_some() && page.is_none() {
            let message = format!("the UI is declared, and the bundle has no `{}`", ui::PAGE);
            let elsewhere = entries.iter().find(|entry| entry.path.ends_with("index.html"));
            let help = elsewhere.map(|entry| format!("`{}` is where the platform does not look", entry.path));
            judge
                .findings
                .push(with_help(Code::UI_ENTRY_MISSING, message, help.unwrap_or_default()).in_file(ui::PAGE));
        }
        if tree.get("ui").is_none() && page.is_some() {
            let message = format!("`{}` is packed, and the manifest declares no `ui`", ui::PAGE);
            judge.findings.push(with_help(Code::UI_UNDECLARED, message, "declare `ui`").in_file(ui::PAGE));
        }
    }
    findings.append(&mut judge.findings);
    for entry in entries {
        findings.extend(file(entry));
    }
    Findings::new(findings)
}

/// Why there is no manifest at the root.
fn without_manifest(entries: &[Entry]) -> Finding {
    let nested = entries.iter().find(|entry| {
        entry
            .path
            .strip_suffix(MANIFEST)
            .is_some_and(|folder| folder.ends_with('/') && folder.matches('/').count() == 1)
    });
    if let Some(entry) = nested {
        let path = &entry.path;
        let message =
            format!("the manifest is at `{path}`, one folder deep; the runner finds no `{COMPONENT}` there");
        let help = "pack the folder's contents, not the folder";
        return with_help(Code::BUNDLE_MANIFEST_MISSING, message, help).in_file(path.clone());
    }
    let message = "the bundle has no `manifest.json` at its root";
    let help = "`alga-ext pack` makes a bundle of a project";
    with_help(Code::BUNDLE_MANIFEST_MISSING, message, help).in_file(MANIFEST)
}

/// Why there is no component where the runner looks.
fn without_component(entries: &[Entry]) -> Finding {
    let misplaced = entries.iter().find(|entry| MISPLACED.contains(&entry.path.as_str()));
    let any = misplaced.or_else(|| entries.iter().find(|entry| entry.bytes.starts_with(b"\0asm")));
    let message = format!("endpoints are declared, and the bundle has no `{COMPONENT}`");
    let help = any.map_or_else(
        || "build the handler and pack again: `alga-ext pack`".to_owned(),
        |entry| format!("the runner does not look at `{}`; pack it as `{COMPONENT}`", entry.path),
    );
    with_help(Code::BUNDLE_COMPONENT_MISSING, message, help).in_file(COMPONENT)
}

/// Judges one file's name, and a page's contents.
fn file(entry: &Entry) -> Vec<Finding> {
    let path = entry.path.as_str();
    if path.starts_with("ui/") {
        let mut findings: Vec<Finding> = ui_files::name(path, path).into_iter().collect();
        if ui_files::is_page(path) {
            let length = entry.bytes.len().min(usize::try_from(ui_files::LARGEST_PAGE).unwrap_or(usize::MAX));
            let text = String::from_utf8_lossy(entry.bytes.get(..length).unwrap_or_default());
            findings.extend(pages::judge(&text, path));
        }
        return findings;
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
    let exact =
        [MANIFEST, COMPONENT, "dist/component.json", "dist/build.json", "SIGNATURE", "sbom.spdx.json"];
    let below = ["artifacts/", "precompiled/", "wit/"];
    exact.contains(&path) || below.iter().any(|folder| path.starts_with(folder))
}
