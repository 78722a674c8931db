//! `new --list`

use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::scaffold;
use serde_json::json;

/// Shows the templates.
pub(super) fn run(session: &Session) -> Result<Exit, Error> {
    let templates = scaffold::templates()?;
    session.output.data(&json!({ "templates": templates }), || {
        let lines: Vec<String> =
            templates.iter().map(|template| format!("{:<14}{}", template.id, template.description)).collect();
        lines.join("\n")
    })?;
    Ok(Exit::Done)
}
