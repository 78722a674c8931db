//! `build`: source → `dist/main.wasm`, `ui/` → `dist/ui/`.

use super::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::{build, cli, output};
use serde_json::json;
use std::time::Instant;

/// Runs `build`.
pub(super) fn run(arguments: &cli::Build, session: &Session) -> Result<Exit, Error> {
    let project = session.project()?;
    let started = Instant::now();
    if arguments.types {
        build::javascript::check_types(&project.root).map_err(build::Error::from)?;
    }
    let built =
        build::build(&project, &build::Options { minify: arguments.minify, ..session.build_options() })?;
    for input in &built.inputs {
        let file = input.strip_prefix(&project.root).unwrap_or(input);
        session.output.detail(&format!("read {}", file.display()));
    }
    for import in &built.imports {
        session.output.detail(&format!("imports {import}"));
    }
    for warning in &built.warnings {
        session.output.warn(warning);
    }
    let document = json!({
        "component": built.component,
        "source_map": built.source_map,
        "size": built.size,
        "sha256": built.sha256,
        "engine": built.engine,
        "imports": built.imports,
        "warnings": built.warnings,
        "ui_files": built.ui_files,
    });
    session.output.data(&document, String::new)?;
    if !session.output.is_json() {
        session.output.say(&summary(&built, started.elapsed().as_secs_f64()));
    }
    Ok(Exit::Done)
}

/// `built dist/main.wasm (quickjs, 1.6 MiB, 5 imports) and dist/ui (3 files) in 0.2 s`
fn summary(built: &build::Built, seconds: f64) -> String {
    let mut parts = Vec::new();
    if let Some(size) = built.size {
        let imports = built.imports.len();
        parts.push(format!(
            "dist/main.wasm ({}, {}, {imports} import{})",
            built.engine.as_str(),
            output::size(size),
            if imports == 1 { "" } else { "s" }
        ));
    }
    if built.ui_files > 0 {
        parts.push(format!(
            "dist/ui ({} file{})",
            built.ui_files,
            if built.ui_files == 1 { "" } else { "s" }
        ));
    }
    if parts.is_empty() {
        return "there is nothing to build: neither a handler nor a UI".into();
    }
    format!("built {} in {seconds:.1} s", parts.join(" and "))
}
