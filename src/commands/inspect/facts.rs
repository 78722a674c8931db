//! What was found in a file, as people read it.

use crate::output::plain;
use crate::release::{Inspection, Subject};
use std::fmt::Write;

/// One fact a line, then the lists. What comes from the file is escaped, for it may be a stranger's.
pub(super) fn table(inspection: &Inspection) -> String {
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "{label:<13}{}", plain(value));
    };
    for (label, value) in [
        ("name", &inspection.name),
        ("version", &inspection.version),
        ("publisher", &inspection.publisher),
        ("container", &inspection.container),
    ] {
        if let Some(value) = value {
            line(label, value);
        }
    }
    line(
        "kind",
        match inspection.kind {
            Subject::Bundle => "bundle",
            Subject::Component => "component",
            Subject::Module => "core module",
        },
    );
    line("hash", &inspection.hash.to_string());
    line("size", &inspection.size.to_string());
    if let Some(digest) = &inspection.files_digest {
        line("files digest", &digest.to_string());
        match &inspection.index {
            Some(index) => {
                let (name, version) = (&index.tool.name, &index.tool.version);
                line("index", &format!("of {name} {version}, and lists exactly these files"));
                for lock in &index.locks {
                    line("lock file", &format!("{} sha256:{}", lock.path, lock.sha256));
                }
            }
            None => line("index", "none; another tool made this bundle"),
        }
    }
    if let Some(build) = &inspection.build {
        line(
            "built by",
            &format!("{} {} ({}) from {}", build.tool, build.version, build.engine, build.source),
        );
    }
    for (label, names) in [
        ("capabilities", &inspection.capabilities),
        ("imports", &inspection.imports),
        ("exports", &inspection.exports),
    ] {
        for (index, name) in names.iter().enumerate() {
            line(if index == 0 { label } else { "" }, name);
        }
    }
    if !inspection.files.is_empty() {
        let _ = writeln!(text, "\n{:>11}  {:<64}  path", "size", "sha256");
    }
    for file in &inspection.files {
        let _ = writeln!(text, "{:>11}  {}  {}", file.size, file.sha256, plain(&file.path));
    }
    text.trim_end().to_owned()
}
