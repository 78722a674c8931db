//! `new`

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::scaffold::{self, Template, Variables};
use dialoguer::Input;
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
    let name = name(arguments, asking)?;
    scaffold::check_name(&name)?;
    let folder = arguments.dir.clone().unwrap_or_else(|| PathBuf::from(&name));
    let template = template(arguments, session, asking)?;
    let variables = variables(arguments, &name, asking)?;
    let path = session.path(&folder);
    let project =
        scaffold::scaffold(&scaffold::Options { template: &template, variables: &variables, folder: &path })?;
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

fn name(arguments: &cli::New, asking: bool) -> Result<String, Error> {
    if let Some(name) = &arguments.name {
        return Ok(name.clone());
    }
    if asking {
        let checked = |name: &String| scaffold::check_name(name).map_err(|error| said(&error));
        return Input::new().with_prompt("Name").validate_with(checked).interact_text().map_err(unasked);
    }
    Err(Error::Usage {
        what: "a new project needs a name".into(),
        hint: Some("name it: `alga-ext new hello --template ts-handler`".into()),
    })
}

fn template(arguments: &cli::New, session: &Session, asking: bool) -> Result<Template, Error> {
    if let Some(id) = &arguments.template {
        return Ok(scaffold::find(id)?);
    }
    if arguments.yes {
        return Ok(scaffold::find(scaffold::DEFAULT)?);
    }
    let templates = scaffold::templates()?;
    if asking {
        // A line of input, not a menu: an interrupted menu leaves the terminal without its cursor.
        for template in &templates {
            session.output.say(&format!("  {:<14}{}", template.id, template.title));
        }
        let id: String = Input::new()
            .with_prompt("Template")
            .default(scaffold::DEFAULT.to_owned())
            .validate_with(|id: &String| scaffold::find(id).map(|_| ()).map_err(|error| said(&error)))
            .interact_text()
            .map_err(unasked)?;
        return Ok(scaffold::find(&id)?);
    }
    let ids: Vec<String> = templates.iter().map(|template| format!("`{}`", template.id)).collect();
    Err(Error::Usage {
        what: format!("no template is named; there are {}", ids.join(", ")),
        hint: Some(format!(
            "choose one with `--template <id>`, see them with `--list`, or take `{}` with `--yes`",
            scaffold::DEFAULT
        )),
    })
}

fn variables(arguments: &cli::New, name: &str, asking: bool) -> Result<Variables, Error> {
    let publisher = match &arguments.publisher {
        Some(publisher) => publisher.clone(),
        None if asking => Input::new()
            .with_prompt("Publisher")
            .default(scaffold::default_publisher(arguments.id.as_deref()))
            .validate_with(|publisher: &String| {
                scaffold::check_publisher(publisher).map_err(|error| said(&error))
            })
            .interact_text()
            .map_err(unasked)?,
        None => scaffold::default_publisher(arguments.id.as_deref()),
    };
    let id = match &arguments.id {
        Some(id) => id.clone(),
        None if asking => Input::new()
            .with_prompt("Manifest name")
            .default(scaffold::default_id(&publisher, name))
            .validate_with(|id: &String| scaffold::check_id(id).map_err(|error| said(&error)))
            .interact_text()
            .map_err(unasked)?,
        None => scaffold::default_id(&publisher, name),
    };
    Ok(Variables::new(name, &id, &publisher)?)
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

/// An error as a prompt shows it: what, and the way out.
fn said(error: &scaffold::Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

/// A question that got no answer.
fn unasked(error: dialoguer::Error) -> Error {
    match error {
        dialoguer::Error::IO(error) => Error::Io(error),
    }
}
