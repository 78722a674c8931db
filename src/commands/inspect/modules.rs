//! `inspect --modules`: which packages are in a component.

use crate::output::plain;
use crate::release::Inspection;
use std::fmt::Write;

/// A package a line, and what is left for the engine.
pub(super) fn table(inspection: &Inspection) -> String {
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
