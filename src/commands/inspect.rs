//! `inspect`: what is in a bundle or a wasm file.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::release::{self, Inspection, Subject};
use std::fmt::Write;

/// Runs `inspect`.
pub(super) fn run(arguments: &cli::Inspect, session: &Session) -> Result<Exit, Error> {
    let inspection = release::inspect(&session.path(&arguments.path))?;
    session
        .output
        .data(&inspection, || if arguments.modules { modules(&inspection) } else { table(&inspection) })?;
    Ok(Exit::Done)
}

/// One fact a line, then the lists. What comes from the file is escaped, for it may be a stranger's.
fn table(inspection: &Inspection) -> String {
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

/// A package a line, and what is left for the engine.
fn modules(inspection: &Inspection) -> String {
    let packages = inspection.build.as_ref().map(|build| build.packages.as_slice()).unwrap_or_default();
    if packages.is_empty() {
        return "nothing says what is in it: it is no JavaScript, or another version built it".to_owned();
    }
    let mut text = format!("{:>11}  {:>5}  package", "bytes", "files");
    for package in packages {
        let version = package.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let name = format!("{}{version}", package.name);
        let _ = write!(text, "\n{:>11}  {:>5}  {}", package.bytes, package.files, plain(&name));
    }
    let all: u64 = packages.iter().map(|package| package.bytes).sum();
    let _ = write!(
        text,
        "\n{all:>11}  {:>5}  in all, beside the engine",
        packages.iter().map(|package| package.files).sum::<u64>()
    );
    text
}
