//! What the command line left open: asked for on a terminal, or the best guess.

use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::scaffold::{self, Template};
use dialoguer::Input;

/// The project's name.
pub(super) fn name(arguments: &cli::New, asking: bool) -> Result<String, Error> {
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

/// The template.
pub(super) fn template(arguments: &cli::New, session: &Session, asking: bool) -> Result<Template, Error> {
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

/// An error as a prompt shows it: what, and the way out.
pub(super) fn said(error: &scaffold::Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

/// A question that got no answer.
pub(super) fn unasked(error: dialoguer::Error) -> Error {
    match error {
        dialoguer::Error::IO(error) => Error::Io(error),
    }
}
