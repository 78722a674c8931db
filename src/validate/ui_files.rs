//! Which UI files the platform serves: names and types (contract/runner.md §5.2, §6.2).

use super::Overlay;
use super::judge::with_help;
use super::ui_contents::Contents;
use crate::files;
use crate::findings::{Code, Finding};
use crate::manifest::Manifest;
use std::path::Path;

/// The extensions the runner serves, lower case (contract/runner.md §5.2).
pub(super) const SERVED: [&str; 12] =
    ["html", "js", "css", "json", "map", "svg", "png", "jpg", "jpeg", "webp", "woff", "woff2"];

/// What systems and tools leave behind; packing leaves it out and nobody misses it.
const LITTER: [&str; 4] = [".DS_Store", ".gitkeep", ".gitignore", ".keep"];

/// The most files and folders that are looked at.
const MOST_FILES: usize = 10_000;
/// The deepest folder that is looked at.
const DEEPEST: usize = 64;

/// Judges one path of a bundle that begins with `ui/`; `file` is the name the finding carries.
pub(super) fn name(path: &str, file: &str) -> Option<Finding> {
    let finding = |code, message: String, help: String| Some(with_help(code, message, help).in_file(file));
    let last = path.rsplit('/').next().unwrap_or(path);
    if LITTER.contains(&last) {
        return None;
    }
    if path.contains("..") {
        let message = format!("the runner drops `{path}`: its path contains `..`");
        return finding(Code::UI_FILE_NAME, message, "rename it".into());
    }
    if let Some(segment) = path.split('/').find(|segment| segment.starts_with('.')) {
        let message =
            format!("`{path}` is not packed, and the runner drops it: `{segment}` begins with a dot");
        return finding(Code::UI_FILE_NAME, message, "rename it without the dot, or remove it".into());
    }
    if path.contains(|letter: char| letter.is_control() || letter == '\\') {
        let message = format!(
            "`{}` cannot be asked for: the runner refuses control characters and `\\`",
            path.escape_debug()
        );
        return finding(Code::UI_FILE_NAME, message, "rename it".into());
    }
    let (_, extension) = last.rsplit_once('.')?;
    if SERVED.contains(&extension.to_ascii_lowercase().as_str()) {
        return None;
    }
    let message = match extension {
        "" => format!("the runner answers 400 for `{path}`: its name ends in a dot"),
        _ => format!("the runner answers 400 for `{path}`: it serves no `.{extension}` files"),
    };
    finding(Code::UI_FILE_TYPE, message, instead(&extension.to_ascii_lowercase()))
}

/// What to use instead of a file type that is not served.
fn instead(extension: &str) -> String {
    match extension {
        "mjs" | "cjs" => "rename it to `.js`".into(),
        "ico" | "gif" | "avif" | "bmp" => "use png, webp or svg".into(),
        "ttf" | "otf" | "eot" => "use woff2".into(),
        "txt" | "md" | "xml" | "webmanifest" | "yaml" | "yml" => {
            "use json, or move it out of the UI folder".into()
        }
        "ts" | "tsx" | "jsx" | "vue" | "svelte" | "scss" | "sass" | "less" => {
            "build it into js or css; `ui.command` in alga-ext.yaml names a build of the UI".into()
        }
        _ => format!("the types are {}", SERVED.join(", ")),
    }
}

/// Judges every file below `folder`, whose files become the bundle's `ui/`. `shown` is the folder's name in findings.
/// Beside the findings what the files show together.
pub(super) fn folder<'m>(
    folder: &Path,
    shown: &str,
    manifest: &'m Manifest,
    overlay: &Overlay,
) -> (Vec<Finding>, Contents<'m>) {
    let mut findings = Vec::new();
    let mut contents = Contents::new(format!("{shown}/index.html"), Some(manifest), overlay.bounds);
    let mut waiting = vec![(folder.to_path_buf(), String::new(), 0)];
    let mut seen = 0;
    while let Some((folder, prefix, depth)) = waiting.pop() {
        let entries = match fs_err::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                findings.push(
                    Finding::new(Code::UI_FILE_NAME, error.to_string()).in_file(format!("{shown}{prefix}")),
                );
                continue;
            }
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(fs_err::DirEntry::file_name);
        for entry in entries {
            seen += 1;
            if seen > MOST_FILES {
                let message = format!("more than {MOST_FILES} UI files; the rest is not looked at");
                findings.push(Finding::new(Code::FINDINGS_LIMIT, message).in_file(shown));
                findings.append(&mut contents.finish());
                contents.miss();
                return (findings, contents);
            }
            let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
            let file = format!("{shown}{path}");
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => {
                    let message = format!("`{file}` is a link, which no bundle may hold");
                    findings.push(
                        with_help(Code::UI_FILE_NAME, message, "put the file itself there").in_file(file),
                    );
                }
                Ok(kind) if kind.is_dir() && depth < DEEPEST && !is_hidden(&path) => {
                    waiting.push((entry.path(), path, depth + 1));
                }
                // Of what is too deep, or what git keeps, only the name is looked at.
                Ok(kind) if kind.is_dir() => findings.extend(name(&format!("ui{path}"), &file)),
                Ok(kind) if !kind.is_file() => {
                    let message = format!("`{file}` is {}, which no bundle may hold", files::kind(kind));
                    let help = "remove it, or put a file in its place";
                    findings.push(with_help(Code::UI_FILE_NAME, message, help).in_file(file));
                }
                Ok(_) => {
                    findings.extend(name(&format!("ui{path}"), &file));
                    if path.contains("/.") {
                        // It is not packed, so what is in it is the author's own business.
                        continue;
                    }
                    let size = entry.metadata().map_or(0, |metadata| metadata.len());
                    let bytes = || overlay.read(&entry.path(), overlay.bounds.text).unwrap_or_default();
                    contents.add(&format!("ui{path}"), &file, size, bytes);
                }
                Err(_) => {}
            }
        }
    }
    findings.append(&mut contents.finish());
    (findings, contents)
}

fn is_hidden(path: &str) -> bool {
    // Of a hidden folder one finding is enough, and it is about a file: what tools leave there may be large.
    path.rsplit('/').next().is_some_and(|name| name == ".git" || name == ".svn")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn served_names_pass_and_others_say_why() {
        for good in ["ui/index.html", "ui/a/B.PNG", "ui/LICENSE", "ui/app.js.map", "ui/.gitkeep"] {
            assert_eq!(name(good, good), None, "{good}");
        }
        for (bad, code) in [
            ("ui/favicon.ico", Code::UI_FILE_TYPE),
            ("ui/a.mjs", Code::UI_FILE_TYPE),
            ("ui/name.", Code::UI_FILE_TYPE),
            ("ui/.env", Code::UI_FILE_NAME),
            ("ui/.well-known/x.json", Code::UI_FILE_NAME),
            ("ui/a..b.js", Code::UI_FILE_NAME),
            ("ui/a\\b.js", Code::UI_FILE_NAME),
        ] {
            assert_eq!(name(bad, bad).map(|finding| finding.code), Some(code), "{bad}");
        }
    }
}
