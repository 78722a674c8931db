//! The files a handler is made of, found from its entry as a build finds them.

use super::super::analyze::RequestKind;
use super::super::builtin::{OLD_SDK, SDK};
use super::super::resolve::{Resolved, Resolver};
use super::{Survey, survey};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// More files and bytes than a handler has.
const MOST_FILES: usize = 4_000;
const MOST_BYTES: usize = 64 << 20;

/// One file.
#[derive(Debug)]
pub struct Source {
    /// Relative to the project, with `/`.
    pub name: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// What it shows.
    pub survey: Survey,
    /// Whether it is of a package, and not the project's own.
    pub is_package: bool,
}

/// How a file is read.
pub type Read<'r> = &'r dyn Fn(&Path) -> std::io::Result<String>;

/// All of them.
#[derive(Debug, Default)]
pub struct Sources {
    /// The project's own first.
    pub files: Vec<Source>,
    /// The folders of the packages that are imported, those of the SDK aside; with packages' own imports only when those
    /// were read.
    pub packages: BTreeSet<PathBuf>,
    /// Whether every file was found, read and understood.
    pub is_whole: bool,
}

impl Sources {
    /// Reads the project's own files from `entry` on, and those of packages when they are asked for.
    pub fn read(root: &Path, entry: &Path, with_packages: bool, wanted: &[&str], read: Read<'_>) -> Sources {
        let mut sources = Sources { is_whole: true, ..Sources::default() };
        // Packages are reached over links at times: their real paths are told.
        let actual = fs_err::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        let mut resolver = None;
        let (mut waiting, mut seen) = (vec![entry.to_path_buf()], BTreeSet::from([entry.to_path_buf()]));
        let mut bytes = 0;
        while let Some(path) = waiting.pop() {
            let Ok(text) = read(&path) else {
                sources.is_whole = false;
                continue;
            };
            bytes += text.len();
            if sources.files.len() >= MOST_FILES || bytes > MOST_BYTES {
                sources.is_whole = false;
                break;
            }
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            let Some(survey) = survey(&path, &text, wanted) else {
                sources.is_whole = false;
                continue;
            };
            for specifier in &survey.requests {
                if is_known(specifier) {
                    continue;
                }
                let resolver = resolver.get_or_insert_with(|| Resolver::new(root, BTreeMap::new()));
                let Ok(Resolved::File(found)) = resolver.resolve(Some(&path), specifier, RequestKind::Import)
                else {
                    sources.is_whole = false;
                    continue;
                };
                let found = found.strip_prefix(&actual).map(|inner| root.join(inner)).unwrap_or(found);
                let package = package(&found);
                sources.packages.extend(package.clone());
                if is_script(&found) && (package.is_none() || with_packages) && seen.insert(found.clone()) {
                    waiting.push(found);
                }
            }
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string().replace('\\', "/");
            let is_package = package(&path).is_some();
            sources.files.push(Source { name, text, survey, is_package });
        }
        sources.files.sort_by(|one, other| (one.is_package, &one.name).cmp(&(other.is_package, &other.name)));
        sources
    }
}

/// Whether a specifier is of the platform or the SDK, which define everything and use nothing.
fn is_known(specifier: &str) -> bool {
    specifier.starts_with("alga:")
        || [SDK, OLD_SDK].iter().any(|sdk| {
            specifier.strip_prefix(sdk).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

fn is_script(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    matches!(extension, "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs")
}

/// The folder of the package a file is of.
fn package(path: &Path) -> Option<PathBuf> {
    let parts: Vec<_> = path.iter().collect();
    let at = parts.iter().rposition(|part| *part == "node_modules")?;
    let scoped = parts.get(at + 1)?.to_string_lossy().starts_with('@');
    let parts = parts.get(..at + if scoped { 3 } else { 2 })?;
    Some(parts.iter().collect())
}
