//! Where the source begins.

use super::Error;
use std::path::{Path, PathBuf};

/// The names an entry may have without being configured, in order of preference.
const NAMES: [&str; 3] = ["src/index", "src/handler", "handler"];
/// The extensions each of them may have.
const EXTENSIONS: [&str; 5] = ["ts", "tsx", "mts", "js", "mjs"];

/// The entry of the project in `root`: what `build.entry` says, else the first of the usual names. The other
/// candidates come second, for a warning. `None` when there is no JavaScript or TypeScript to build.
pub fn find_entry(root: &Path, configured: Option<&str>) -> Result<Option<(PathBuf, Vec<PathBuf>)>, Error> {
    if let Some(entry) = configured {
        let path = root.join(entry);
        if !path.is_file() {
            return Err(Error::NoEntry { entry: entry.to_owned() });
        }
        return Ok(Some((path, Vec::new())));
    }
    let mut candidates = NAMES
        .iter()
        .flat_map(|name| EXTENSIONS.iter().map(move |extension| root.join(format!("{name}.{extension}"))))
        .filter(|path| path.is_file());
    Ok(candidates.next().map(|first| (first, candidates.collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            crate::files::write(&folder.path().join(file), b"").unwrap();
        }
        folder
    }

    fn found(files: &[&str], configured: Option<&str>) -> (String, Vec<String>) {
        let folder = project(files);
        let (entry, others) = find_entry(folder.path(), configured).unwrap().unwrap();
        let relative = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        (relative(entry), others.into_iter().map(relative).collect())
    }

    #[test]
    fn the_first_candidate_is_taken_and_the_others_are_named() {
        let files = ["handler.js", "src/handler.ts", "src/index.mjs"];
        let others = vec!["src/handler.ts".to_owned(), "handler.js".to_owned()];
        assert_eq!(found(&files, None), ("src/index.mjs".to_owned(), others));
    }

    #[test]
    fn a_configured_entry_is_the_only_candidate() {
        assert_eq!(found(&["src/index.ts", "lib/main.ts"], Some("lib/main.ts")).0, "lib/main.ts");
    }

    #[test]
    fn a_configured_entry_that_is_not_there_is_an_error() {
        let folder = project(&["src/index.ts"]);
        let error = find_entry(folder.path(), Some("lib/main.ts")).unwrap_err();
        assert!(error.to_string().contains("`lib/main.ts`"), "{error}");
    }

    #[test]
    fn a_project_without_source_has_no_entry() {
        assert!(find_entry(project(&["ui/index.html"]).path(), None).unwrap().is_none());
    }
}
