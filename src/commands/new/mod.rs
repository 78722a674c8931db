//! `new`

mod ask;
mod list;
mod steps;
mod variables;

use super::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::scaffold;
use crate::{build, cli};
use serde_json::json;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Runs `new`.
pub(super) fn run(arguments: &cli::New, session: &Session) -> Result<Exit, Error> {
    if arguments.list {
        return list::run(session);
    }
    if session.names_project() {
        return Err(Error::Usage {
            what: "`new` makes a project, it does not work in one".into(),
            hint: Some("name the folder to make with `--dir <dir>` instead of `-C`".into()),
        });
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let asking = terminal && !arguments.yes && !session.output.is_json();
    let name = ask::name(arguments, asking)?;
    scaffold::check_name(&name)?;
    let folder = arguments.dir.clone().unwrap_or_else(|| PathBuf::from(&name));
    let template = ask::template(arguments, session, asking)?;
    let variables = variables::of(arguments, &name, asking)?;
    let path = session.path(&folder);
    let types = build::types_of_new()?;
    let project = scaffold::scaffold(&scaffold::Options {
        template: &template,
        variables: &variables,
        folder: &path,
        types: &types,
    })?;
    let steps = steps::after(&template, session, &path);
    if session.output.is_json() {
        let document = json!({
            "project": project.folder,
            "template": template.id,
            "name": variables.name,
            "id": variables.id,
            "publisher": variables.publisher,
            "files": project.files,
            "next": steps,
        });
        session.output.data(&document, String::new)?;
    }
    session.output.say(&format!(
        "made `{}` from the template `{}`: {} files",
        folder.display(),
        template.id,
        project.files.len()
    ));
    for file in &project.files {
        session.output.detail(&format!("  {file}"));
    }
    if !session.output.is_json() {
        session.output.say(&format!("\nnext:\n  {}", steps.join("\n  ")));
    }
    Ok(Exit::Done)
}
