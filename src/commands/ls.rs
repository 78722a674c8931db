//! `ls`: a bundle's files, in lines or as a tree.

use super::Session;
use crate::bundle::File;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::release;
use serde_json::json;
use std::fmt::Write;

/// Runs `ls`.
pub(super) fn run(arguments: &cli::Ls, session: &Session) -> Result<Exit, Error> {
    let surveyed = release::survey(&session.path(&arguments.bundle))?;
    let files = &surveyed.listing.files;
    let document = json!({
        "path": surveyed.path,
        "container": surveyed.listing.container.to_string(),
        "content_hash": surveyed.digest,
        "files_digest": surveyed.listing.files_digest(),
        "has_index": surveyed.listing.index.is_some(),
        "files": files,
    });
    session.output.data(&document, || if arguments.tree { tree(files) } else { list(files) })?;
    Ok(Exit::Done)
}

/// A file a line.
fn list(files: &[File]) -> String {
    let line = |file: &File| format!("{:>11}  {}", file.size, plain(&file.path));
    files.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A name a line, each folder once, below the one it lies in. The files are sorted by path, so those of a folder follow
/// one another.
fn tree(files: &[File]) -> String {
    let mut text = String::new();
    let mut open: Vec<&str> = Vec::new();
    for file in files {
        let (folders, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let folders: Vec<&str> = folders.split('/').filter(|folder| !folder.is_empty()).collect();
        let shared = open.iter().zip(&folders).take_while(|(one, other)| one == other).count();
        for (depth, folder) in folders.iter().enumerate().skip(shared) {
            let _ = writeln!(text, "{:>11}  {}{}/", "", "  ".repeat(depth), plain(folder));
        }
        let _ = writeln!(text, "{:>11}  {}{}", file.size, "  ".repeat(folders.len()), plain(name));
        open = folders;
    }
    text.trim_end().to_owned()
}
