//! `new`

mod ask;

use super::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::scaffold::{self, Template};
use crate::{build, cli};
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Runs `new`.
pub(super) fn run(arguments: &cli::New, session: &Session) -> Result<Exit, Error> {
    if arguments.list {
        return list(session);
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
    let variables = ask::variables(arguments, &name, asking)?;
    let path = session.path(&folder);
    let types = build::types_of_new()?;
    let project = scaffold::scaffold(&scaffold::Options {
        template: &template,
        variables: &variables,
        folder: &path,
        types: &types,
    })?;
    let steps = steps(&template, session, &path);
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

/// Shows the templates.
fn list(session: &Session) -> Result<Exit, Error> {
    let templates = scaffold::templates()?;
    session.output.data(&json!({ "templates": templates }), || {
        let lines: Vec<String> =
            templates.iter().map(|template| format!("{:<14}{}", template.id, template.description)).collect();
        lines.join("\n")
    })?;
    Ok(Exit::Done)
}

/// What to type next, beginning with the way there.
fn steps(template: &Template, session: &Session, folder: &Path) -> Vec<String> {
    let mut steps = Vec::new();
    if folder != session.directory && folder != session.path(Path::new(".")) {
        let shown = folder.strip_prefix(&session.directory).unwrap_or(folder).display().to_string();
        let plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
        steps.push(if shown.chars().all(plain) {
            format!("cd {shown}")
        } else {
            format!("cd '{}'", shown.replace('\'', "'\\''"))
        });
    }
    steps.extend(template.next.iter().cloned());
    steps
}
