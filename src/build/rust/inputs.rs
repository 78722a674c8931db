//! What a Rust handler was built from: the files cargo noted beside the artifact, and those that steer cargo.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files beside the sources that decide what is built of them.
const STEERING: [&str; 4] = [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"];

/// The time as the files' own times tell it.
pub(super) fn time() -> io::Result<SystemTime> {
    Ok(changed(&tempfile::tempfile()?.metadata()?))
}

/// Those of the files that were saved after `begun`. Cargo itself writes its lock file.
pub(super) fn saved_since(begun: SystemTime, files: &[PathBuf]) -> Vec<PathBuf> {
    let is_later = |file: &&PathBuf| {
        let changed = fs_err::metadata(file).map(|metadata| changed(&metadata));
        !file.ends_with("Cargo.lock") && changed.is_ok_and(|changed| changed > begun)
    };
    files.iter().filter(is_later).cloned().collect()
}

/// When a file was changed: not what it claims, which can be set, where the system knows better.
fn changed(metadata: &std::fs::Metadata) -> SystemTime {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
        let rest = u32::try_from(metadata.ctime_nsec()).unwrap_or_default();
        SystemTime::UNIX_EPOCH + std::time::Duration::new(seconds, rest)
    }
    #[cfg(not(unix))]
    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Every input of an artifact, absolute, sorted.
pub(super) fn of(artifact: &Path, root: &Path, workspace: &Path) -> Vec<PathBuf> {
    let notes = fs_err::read_to_string(artifact.with_extension("d")).unwrap_or_default();
    let sources: BTreeSet<PathBuf> = parse(&notes).into_iter().map(|source| root.join(source)).collect();
    let manifests = sources.iter().filter_map(|source| {
        source.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|file| file.is_file())
    });
    let mut inputs: BTreeSet<PathBuf> = manifests.collect();
    inputs.extend(sources);
    inputs.extend([root, workspace].iter().flat_map(|folder| {
        let names = STEERING.iter().copied().chain(["Cargo.toml", "Cargo.lock"]);
        names.map(|name| folder.join(name)).collect::<Vec<_>>()
    }));
    inputs.into_iter().filter(|file| file.is_file()).collect()
}

/// The right-hand side of cargo's make rule: names parted by spaces, spaces within a name escaped.
fn parse(notes: &str) -> Vec<PathBuf> {
    let mut names = Vec::new();
    for line in notes.lines() {
        let Some((_, list)) = line.split_once(": ") else { continue };
        let mut name = String::new();
        let mut characters = list.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' if characters.peek() == Some(&' ') => name.extend(characters.next()),
                ' ' => names.push(std::mem::take(&mut name)),
                character => name.push(character),
            }
        }
        names.push(name);
    }
    names.into_iter().filter(|name| !name.is_empty()).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_with_its_escaped_spaces() {
        let names = parse("/t/ledger.wasm: /p/src/lib.rs /p/my\\ wit/a.wit\n");
        assert_eq!(names, [PathBuf::from("/p/src/lib.rs"), PathBuf::from("/p/my wit/a.wit")]);
    }
}
