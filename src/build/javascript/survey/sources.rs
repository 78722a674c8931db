//! The files a handler is made of, found from its entry as a build finds them.

use super::super::analyze::RequestKind;
use super::super::builtin::{OLD_SDK, SDK};
use super::super::resolve::{Resolved, Resolver};
use super::{Asked, Survey, survey};
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
    /// Whether something of the project that is no script, such as JSON, is imported too.
    pub has_others: bool,
    /// Files of packages that nobody has read yet.
    unread: Vec<PathBuf>,
    seen: BTreeSet<PathBuf>,
    bytes: usize,
}

impl Sources {
    /// Reads the project's own files from `entry` on.
    pub fn read(root: &Path, entry: &Path, asked: Asked<'_>, read: Read<'_>) -> Sources {
        let seen = BTreeSet::from([entry.to_path_buf()]);
        let mut sources = Sources { is_whole: true, seen, ..Sources::default() };
        sources.follow(root, vec![entry.to_path_buf()], false, asked, read);
        sources
    }

    /// Reads the files of the packages too.
    pub fn read_packages(&mut self, root: &Path, asked: Asked<'_>, read: Read<'_>) {
        let unread = std::mem::take(&mut self.unread);
        self.follow(root, unread, true, asked, read);
    }

    fn follow(
        &mut self,
        root: &Path,
        mut waiting: Vec<PathBuf>,
        with_packages: bool,
        asked: Asked<'_>,
        read: Read<'_>,
    ) {
        // Packages are reached over links at times: their real paths are told.
        let actual = fs_err::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        let mut resolver = None;
        while let Some(path) = waiting.pop() {
            let Ok(text) = read(&path) else {
                self.is_whole = false;
                continue;
            };
            self.bytes += text.len();
            if self.files.len() >= MOST_FILES || self.bytes > MOST_BYTES {
                self.is_whole = false;
                break;
            }
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            let Some(survey) = survey(&path, &text, asked) else {
                self.is_whole = false;
                continue;
            };
            self.is_whole &= !survey.requests_unknown;
            for specifier in survey.requests.iter().filter(|specifier| !is_known(specifier)) {
                let resolver = resolver.get_or_insert_with(|| Resolver::new(root, BTreeMap::new()));
                let Ok(Resolved::File(found)) = resolver.resolve(Some(&path), specifier, RequestKind::Import)
                else {
                    self.is_whole = false;
                    continue;
                };
                let found = found.strip_prefix(&actual).map(|inner| root.join(inner)).unwrap_or(found);
                let package = package(&found);
                self.packages.extend(package.clone());
                if !is_script(&found) {
                    self.has_others |= package.is_none();
                } else if self.seen.insert(found.clone()) {
                    if package.is_none() || with_packages {
                        waiting.push(found);
                    } else {
                        self.unread.push(found);
                    }
                }
            }
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string().replace('\\', "/");
            let is_package = package(&path).is_some();
            self.files.push(Source { name, text, survey, is_package });
        }
        self.files.sort_by(|one, other| (one.is_package, &one.name).cmp(&(other.is_package, &other.name)));
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
