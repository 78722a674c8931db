//! `types`: the declarations of what a handler imports and finds, written into the project.

use super::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::{build, cli};
use serde_json::json;

/// Runs `types`.
pub(super) fn run(arguments: &cli::Types, session: &Session) -> Result<Exit, Error> {
    let root = session.project()?.root;
    let types = build::types(&root)?;
    let stale: Vec<&str> = types.iter().filter(|file| file.differs(&root)).map(|file| file.path).collect();
    if !arguments.check {
        for file in types.iter().filter(|file| stale.contains(&file.path)) {
            crate::files::write(&root.join(file.path), file.text.as_bytes())?;
        }
    }
    let all: Vec<&str> = types.iter().map(|file| file.path).collect();
    session.output.data(&json!({ "files": all, "changed": stale }), String::new)?;
    if stale.is_empty() {
        session.output.say(&format!("{} are as this version writes them", all.join(" and ")));
        return Ok(Exit::Done);
    }
    let names = stale.join(" and ");
    if arguments.check {
        session.output.say(&format!("{names} differ from what this version writes; run `alga-ext types`"));
        return Ok(Exit::AtFault);
    }
    session.output.say(&format!("wrote {names}"));
    if !reads_types(&root) {
        session.output.warn("`tsconfig.json` does not read them: add `\"types\"` to its `include`");
    }
    Ok(Exit::Done)
}

/// Whether the project's configuration, if it has one, includes the folder.
fn reads_types(root: &std::path::Path) -> bool {
    let configuration = fs_err::read_to_string(root.join("tsconfig.json"));
    configuration.map_or(true, |text| !text.contains("\"include\"") || text.contains("\"types"))
}
