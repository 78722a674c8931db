//! Man pages, one for each command.

use super::Error;
use alga_ext::cli::Cli;
use clap::{Command, CommandFactory};

/// The pages by name, such as `alga-ext-build`.
pub(super) fn pages() -> Result<Vec<(String, String)>, Error> {
    let mut pages = Vec::new();
    collect(&command(), &mut pages)?;
    Ok(pages)
}

/// The command line, complete: global options in every command.
pub(super) fn command() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

fn collect(command: &Command, pages: &mut Vec<(String, String)>) -> Result<(), Error> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .date("")
        .manual("alga-ext")
        .source(concat!("alga-ext ", env!("CARGO_PKG_VERSION")))
        .render(&mut page)?;
    pages.push((name, String::from_utf8_lossy(&page).into_owned()));
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        collect(subcommand, pages)?;
    }
    Ok(())
}
