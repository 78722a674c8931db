//! The licences of the packages that become a part of the bundle.

use super::judge::with_help;
use super::{Subject, handler};
use crate::build::{self, javascript};
use crate::config::Build;
use crate::findings::{Code, Finding, Text};
use crate::manifest::source;
use crate::project;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The largest package.json that is read, in bytes.
const LARGEST: u64 = 4 << 20;
/// More packages than anything is made of.
const MOST: usize = 10_000;

/// npm packages of a project under one of these licences: those its handler imports, and, where its UI has a build of its
/// own, all that its package.json depends on. Where the handler is made of something else, that is said.
pub fn licenses(subject: &Subject, denied: &[String]) -> Vec<Finding> {
    let Subject::Project(root) = subject else { return Vec::new() };
    if denied.is_empty() {
        return Vec::new();
    }
    let Ok(config) = project::load_config(&root.join(project::CONFIG)) else { return Vec::new() };
    let (mut packages, mut findings) = (BTreeSet::new(), Vec::new());
    match Handler::find(root, &config.build) {
        Handler::Script(entry) => packages = handler::packages(root, &entry),
        Handler::Unknown { file, what, help } => {
            let message = format!("{what}, and the licences in it are not known");
            findings.push(with_help(Code::LICENSE_UNKNOWN, message, help).in_file(file));
        }
        Handler::None => {}
    }
    if config.ui.command.is_some() {
        let folder = project::Project::load(root).ok().and_then(|project| build::ui_package(&project));
        packages.extend(dependencies(root, &folder.unwrap_or_else(|| root.clone())));
    }
    findings.extend(packages.iter().filter_map(|folder| judge(root, folder, denied)));
    findings
}

/// What a handler is made of, as far as licences go.
enum Handler {
    /// What this file imports.
    Script(PathBuf),
    /// Something that no package.json describes.
    Unknown {
        file: &'static str,
        what: String,
        help: &'static str,
    },
    None,
}

impl Handler {
    /// In the build's order.
    fn find(root: &Path, build: &Build) -> Handler {
        if let Some(output) = &build.output {
            let what = format!("`{output}`, the `build.output`, is made by another tool");
            let help = "judge them with that tool, and allow this finding with that reason";
            return Handler::Unknown { file: project::CONFIG, what, help };
        }
        if build.entry.is_none() && root.join("Cargo.toml").is_file() {
            let what = "the handler is made of crates".to_owned();
            let help = "judge them with `cargo deny check licenses`, and allow this finding with that reason";
            return Handler::Unknown { file: "Cargo.toml", what, help };
        }
        if let Ok(Some((entry, _))) = javascript::find_entry(root, build.entry.as_deref()) {
            return Handler::Script(entry);
        }
        if build.command.is_some() {
            let what = "the handler's source is made by `build.command`, and is not there".to_owned();
            return Handler::Unknown { file: project::CONFIG, what, help: "run `alga-ext build` first" };
        }
        if root.join("dist/main.wasm").is_file() {
            let what = "`dist/main.wasm` is made by another tool".to_owned();
            let help = "judge them with that tool, and allow this finding with that reason";
            return Handler::Unknown { file: "dist/main.wasm", what, help };
        }
        Handler::None
    }
}

/// The packages that the package.json in `folder` asks for to run, and theirs.
fn dependencies(root: &Path, folder: &Path) -> BTreeSet<PathBuf> {
    // A workspace has them above the project.
    let top = if folder.starts_with(root) { root } else { folder };
    let mut found = BTreeSet::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let Some(package) = read(&folder) else { continue };
        let names =
            package.get("dependencies").and_then(|names| names.as_object()).cloned().unwrap_or_default();
        for name in names.keys().filter(|name| !name.contains("..")) {
            let place = folder
                .ancestors()
                .take_while(|above| above.starts_with(top))
                .map(|above| above.join("node_modules").join(name))
                .find(|place| place.join("package.json").is_file());
            if let Some(place) = place.filter(|_| found.len() < MOST)
                && found.insert(place.clone())
            {
                waiting.push(place);
            }
        }
    }
    found
}

fn read(folder: &Path) -> Option<serde_json::Value> {
    let text = crate::files::read_text(&folder.join("package.json"), LARGEST).ok()?;
    serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text)).ok()
}

fn judge(root: &Path, folder: &Path, denied: &[String]) -> Option<Finding> {
    let path = folder.join("package.json");
    let real = fs_err::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let inside = path.strip_prefix(root).or_else(|_| path.strip_prefix(&real)).unwrap_or(&path);
    let file = inside.display().to_string().replace('\\', "/");
    let text = crate::files::read_text(&path, LARGEST).ok()?;
    let tree = source::read(text.strip_prefix('\u{feff}').unwrap_or(&text)).ok()?;
    let name = tree.get("name").and_then(|name| name.as_str()).unwrap_or("(unnamed)");
    let node = tree.get("license").or_else(|| tree.get("licenses")).or_else(|| tree.get("licence"));
    let one = |node: &source::Node| node.as_str().or_else(|| node.get("type")?.as_str()).map(str::to_owned);
    let license = node.and_then(|node| match node.items() {
        // The old form: any of them can be chosen.
        Some(items) => Some(items.iter().filter_map(one).collect::<Vec<_>>().join(" OR "))
            .filter(|text| !text.is_empty()),
        None => one(node),
    });
    let (start, end) = node.map_or((tree.start, tree.start + 1), |node| (node.start, node.end));
    let finding = match license {
        Some(license) if is_denied(&license, denied) => {
            let message = format!("`{name}` becomes a part of the bundle under `{license}`, which is denied");
            with_help(Code::LICENSE_DENIED, message, "use another package, or allow its licence")
        }
        Some(license) if !license.to_ascii_uppercase().starts_with("SEE ") => return None,
        _ => {
            let message =
                format!("`{name}` becomes a part of the bundle, and its package.json names no licence");
            with_help(
                Code::LICENSE_UNKNOWN,
                message,
                "look into its own files, and allow this finding for the reason you find",
            )
        }
    };
    Some(finding.in_file(file).within(&Text::new(&text), start, end))
}

/// Whether nothing of an SPDX expression is left when these are denied: of `OR` one suffices, of `AND` all must be.
fn is_denied(expression: &str, denied: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at, denied, 0)
}

/// Alternatives: denied when all of them are.
fn any(words: &[&str], at: &mut usize, denied: &[String], depth: usize) -> bool {
    let mut verdict = all(words, at, denied, depth);
    while words.get(*at).is_some_and(|word| word.eq_ignore_ascii_case("or")) {
        *at += 1;
        verdict &= all(words, at, denied, depth);
    }
    verdict
}

/// Parts: denied when one of them is.
fn all(words: &[&str], at: &mut usize, denied: &[String], depth: usize) -> bool {
    let mut verdict = part(words, at, denied, depth);
    while words.get(*at).is_some_and(|word| word.eq_ignore_ascii_case("and")) {
        *at += 1;
        verdict |= part(words, at, denied, depth);
    }
    verdict
}

fn part(words: &[&str], at: &mut usize, denied: &[String], depth: usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" && depth < 32 {
        let verdict = any(words, at, denied, depth + 1);
        *at += usize::from(words.get(*at) == Some(&")"));
        return verdict;
    }
    // An exception makes a licence milder; what is denied stays denied.
    if words.get(*at).is_some_and(|word| word.eq_ignore_ascii_case("with")) {
        *at += 2;
    }
    denied.iter().any(|denied| covers(denied, word))
}

/// `GPL-3.0` covers `GPL-3.0-only` and `GPL-3.0-or-later`; `GPL-*` all of them.
fn covers(denied: &str, license: &str) -> bool {
    let plain = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        let name =
            name.strip_suffix("-only").or_else(|| name.strip_suffix("-or-later")).unwrap_or(&name).to_owned();
        name.trim_end_matches('+').to_owned()
    };
    match denied.trim().strip_suffix('*') {
        Some(prefix) => license.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase()),
        None => plain(denied) == plain(license),
    }
}

#[cfg(test)]
mod tests {
    use super::is_denied;

    #[test]
    fn an_expression_is_denied_when_no_choice_is_left() {
        let denied = ["GPL-3.0".to_owned(), "agpl-*".to_owned()];
        for (expression, expected) in [
            ("MIT", false),
            ("GPL-3.0", true),
            ("GPL-3.0-or-later", true),
            ("gpl-3.0+", true),
            ("GPL-3.0-only WITH Classpath-exception-2.0", true),
            ("AGPL-3.0-only", true),
            ("LGPL-3.0", false),
            ("(MIT OR GPL-3.0)", false),
            ("MIT AND GPL-3.0-only", true),
            ("(AGPL-1.0 OR GPL-3.0) AND MIT", true),
            ("MIT AND (Apache-2.0 OR GPL-3.0)", false),
            ("", false),
            ("((((", false),
        ] {
            assert_eq!(is_denied(expression, &denied), expected, "{expression}");
        }
    }
}
