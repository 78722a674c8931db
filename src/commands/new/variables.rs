//! Whose extension is made, and what it is called.

use super::ask::{said, unasked};
use crate::cli;
use crate::error::Error;
use crate::scaffold::{self, Variables};
use dialoguer::Input;

/// What the template's placeholders stand for.
pub(super) fn of(arguments: &cli::New, name: &str, asking: bool) -> Result<Variables, Error> {
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
