//! The sources of a handler written in Rust, read and not compiled: enough to tell which paths they name, and which of
//! their literals the platform refuses.

use super::judge::Judge;
use super::{Overlay, rust_limits, rust_tokens, secrets, unanswered};
use crate::findings::Finding;
use crate::manifest::Manifest;
use crate::manifest::source::Node;
use rust_tokens::{Kind, Token};
use std::path::Path;

/// The largest source file that is read, in bytes.
const LARGEST: u64 = 4 << 20;
/// More files and bytes than a handler has.
const MOST_FILES: usize = 1_000;
const MOST_BYTES: usize = 32 << 20;
/// The deepest folder that is looked at.
const DEEPEST: usize = 32;

/// What brings texts from elsewhere: other files, what a build script writes.
const ELSEWHERE: [&str; 4] = ["include!", "include_str!", "include_bytes!", "#[path"];

/// The sources.
#[derive(Debug)]
pub(super) struct Sources {
    /// Each file's name and text.
    files: Vec<(String, String)>,
    /// Whether all texts of the handler stand in them.
    is_whole: bool,
}

/// Reads every file below `src`.
pub(super) fn read(root: &Path, overlay: &Overlay) -> Sources {
    let mut sources = Sources { files: Vec::new(), is_whole: !has_more(root, overlay) };
    let mut waiting = vec![(root.join("src"), "src".to_owned(), 0)];
    let mut bytes = 0;
    while let Some((folder, name, depth)) = waiting.pop() {
        let Ok(entries) = fs_err::read_dir(&folder) else {
            sources.is_whole = false;
            continue;
        };
        for entry in entries.filter_map(Result::ok) {
            let (path, name) = (entry.path(), format!("{name}/{}", entry.file_name().to_string_lossy()));
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) && depth < DEEPEST {
                waiting.push((path, name, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = overlay.text(&path, LARGEST).ok();
                bytes += text.as_ref().map_or(0, String::len);
                match text.filter(|_| sources.files.len() < MOST_FILES && bytes <= MOST_BYTES) {
                    Some(text) => {
                        sources.is_whole &= !ELSEWHERE.iter().any(|word| text.contains(word));
                        sources.files.push((name, text));
                    }
                    None => sources.is_whole = false,
                }
            }
        }
    }
    sources.files.sort();
    sources
}

/// Whether there are crates of the author's own besides, or a build script that may write more.
fn has_more(root: &Path, overlay: &Overlay) -> bool {
    let Ok(cargo) = overlay.text(&root.join("Cargo.toml"), LARGEST) else { return true };
    let names_path = |line: &str| {
        let line = line.split('#').next().unwrap_or_default();
        line.split_once("path").is_some_and(|(_, rest)| rest.trim_start().starts_with('='))
    };
    cargo.lines().any(names_path) || root.join("build.rs").exists()
}

impl Sources {
    /// Endpoints that no text names, literals that the platform refuses, and secrets.
    pub(super) fn judge(&self, manifest: &Manifest, tree: &Node, judge: &mut Judge) -> Vec<Finding> {
        let mut findings = Vec::new();
        let (mut texts, mut says_404) = (Vec::new(), false);
        for (name, text) in &self.files {
            let tokens = rust_tokens::read(text.strip_prefix('\u{feff}').unwrap_or(text));
            let mut own = Judge::new(text, name);
            rust_limits::judge(&tokens, manifest, &mut own);
            findings.append(&mut own.findings);
            findings.extend(secrets::judge(name, name, text.as_bytes()));
            says_404 |= tokens.iter().any(is_404);
            texts.extend(tokens.into_iter().filter_map(Token::text));
        }
        if self.is_whole && says_404 {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            unanswered::judge(&texts, tree, judge);
        }
        findings
    }
}

/// Whether it is the number 404, or a name for it.
fn is_404(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Word("NOT_FOUND" | "NotFound" | "not_found") => true,
        Kind::Word(word) => rust_tokens::number(word).is_some_and(|number| (number - 404.0).abs() < 0.5),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_found_is_known_by_its_number_and_names() {
        let says = |text: &str| rust_tokens::read(text).iter().any(is_404);
        for text in ["status(404)", "status: 404u16", "Status::NOT_FOUND", "Problem::NotFound", "not_found()"]
        {
            assert!(says(text), "{text}");
        }
        for text in ["// 404", "\"404\"", "1404", "x404", "a.found()"] {
            assert!(!says(text), "{text}");
        }
    }
}
