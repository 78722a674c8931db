//! `cargo xtask codegen`: everything a program can write — schemas, docs tables, man pages — written from the code.

mod config_schema;
mod docs;
mod man;
mod manifest_page;
mod manifest_schema;
mod outputs;

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folders whose files are all generated.
const OWNED: [&str; 2] = ["schemas", "docs/man"];

/// Why nothing was generated, or what differs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Files are not as the code says.
    #[error("these files differ from what the code says; run `cargo xtask codegen`:\n  {}", .0.join("\n  "))]
    Stale(Vec<String>),
    /// A page could not be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A schema could not be written as JSON.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

/// Writes every generated file, or with `check` fails when one differs.
pub(crate) fn run(check: bool) -> Result<(), Error> {
    let root = root();
    let files = files()?;
    let stale = stale(&root, &files)?;
    if stale.is_empty() {
        return Ok(());
    }
    if check {
        return Err(Error::Stale(stale));
    }
    for path in stale {
        match files.get(&path) {
            Some(text) => alga_ext::files::write(&root.join(&path), text.as_bytes())?,
            None => fs_err::remove_file(root.join(&path))?,
        }
    }
    Ok(())
}

/// Every generated file, by its path in the repository.
fn files() -> Result<BTreeMap<String, String>, Error> {
    let mut files = BTreeMap::new();
    let config = config_schema::schema();
    let schemas = [
        ("manifest.v2", manifest_schema::schema()),
        ("alga-ext.yaml", config.clone()),
        ("trust.yaml", config_schema::yaml::<alga_ext::signing::trust::Trust>("trust.yaml")),
        ("bundle.index", config_schema::json::<alga_ext::bundle::Index>("META/bundle.json")),
    ];
    for (name, schema) in schemas {
        files.insert(format!("schemas/{name}.json"), json(&schema)?);
    }
    for output in outputs::all() {
        files.insert(format!("schemas/output.{}.json", output.name), json(&output.schema())?);
    }
    files.insert("docs/findings.md".into(), docs::findings());
    files.insert("docs/quick-reference.md".into(), docs::quick_reference(&config));
    files.insert("docs/manifest.md".into(), manifest_page::page()?);
    for (name, page) in man::pages()? {
        files.insert(format!("docs/man/{name}.1"), page);
    }
    Ok(files)
}

/// The paths that are missing, differ, or should not be there.
fn stale(root: &Path, files: &BTreeMap<String, String>) -> Result<Vec<String>, Error> {
    let differs =
        |path: &str, text: &String| fs_err::read_to_string(root.join(path)).ok().as_ref() != Some(text);
    let mut stale: Vec<String> =
        files.iter().filter(|(path, text)| differs(path, text)).map(|(path, _)| path.clone()).collect();
    for folder in OWNED {
        if !root.join(folder).is_dir() {
            continue;
        }
        for entry in fs_err::read_dir(root.join(folder))? {
            let path = format!("{folder}/{}", entry?.file_name().to_string_lossy());
            if !files.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    stale.sort();
    Ok(stale)
}

fn json(schema: &Value) -> Result<String, Error> {
    Ok(format!("{}\n", serde_json::to_string_pretty(schema)?))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_what_the_code_says() {
        run(true).unwrap();
    }

    #[test]
    fn every_generated_schema_can_be_printed() {
        let files = files().unwrap();
        let written = files.keys().filter_map(|path| path.strip_prefix("schemas/")?.strip_suffix(".json"));
        let mut written: Vec<&str> = written.collect();
        written.sort_unstable();
        let mut printed: Vec<&str> = alga_ext::schemas::ALL.iter().map(|schema| schema.name).collect();
        printed.sort_unstable();
        assert_eq!(written, printed);
    }
}
