//! `cargo xtask tidy`: what the compiler does not check, from the tables in this folder.

mod duplicates;
mod layers;
mod tree;

use crate::{Problem, say};
use std::path::{Path, PathBuf};

/// A Rust file of the project.
pub(crate) struct File {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

/// Checks everything and prints every offence.
pub(crate) fn run(root: &Path) -> Result<(), Problem> {
    let offences = offences(root)?;
    for offence in &offences {
        say(&format!("tidy: {offence}"));
    }
    match offences.len() {
        0 => Ok(()),
        count => Err(format!("{count} offence{}", if count == 1 { "" } else { "s" }).into()),
    }
}

fn offences(root: &Path) -> Result<Vec<String>, Problem> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "xtask/src"] {
        collect(root, &root.join(folder), &mut files)?;
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut offences = tree::offences(root, &files)?;
    offences.extend(layers::offences(&files));
    offences.extend(duplicates::offences(root)?);
    Ok(offences)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<(), Problem> {
    for entry in fs_err::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(File { path: relative, text: fs_err::read_to_string(&path)? });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_tidy() {
        let offences = super::offences(&crate::root()).unwrap();
        assert!(offences.is_empty(), "{}", offences.join("\n"));
    }
}
