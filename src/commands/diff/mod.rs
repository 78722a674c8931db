//! `diff`: what changes between two versions.

mod table;

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::release::diff::{self, Options};

/// Runs `diff`: the differences are the data, what widens is talk, and a verdict where approval is required.
pub(super) fn run(arguments: &cli::Diff, session: &Session) -> Result<Exit, Error> {
    let approvals = arguments.require_approval.as_ref();
    let approvals = approvals.map(|path| diff::approvals(&session.path(path))).transpose()?;
    let new = match &arguments.new {
        Some(new) => session.path(new),
        None => session.project_root()?,
    };
    let options = Options { build: session.build_options(), approvals: approvals.as_deref() };
    let spinner = session.output.spinner("comparing");
    let diff = diff::diff(&session.path(&arguments.old), &new, &options);
    spinner.finish_and_clear();
    let diff = diff?;
    session.output.data(&diff, || table::of(&diff))?;
    for name in &diff.unused_approvals {
        session.output.warn(&format!("the approval of `{}` is of nothing that widens", plain(name)));
    }
    let open: Vec<String> = diff.unapproved().map(|name| format!("`{}`", plain(name))).collect();
    let count = match diff.widenings.len() {
        0 => "nothing widens".to_owned(),
        1 => "1 widening".to_owned(),
        count => format!("{count} widenings"),
    };
    if approvals.is_none() || open.is_empty() {
        let approved = if approvals.is_some() && !diff.widenings.is_empty() { ", approved" } else { "" };
        session.output.say(&format!("{count}{approved}"));
        return Ok(Exit::Done);
    }
    let hint = "approve each by name, with `reason` and `by`, in the file `--require-approval` names";
    session.output.refuse(&format!("{count}, and not approved: {}", open.join(", ")), Some(hint));
    Ok(Exit::AtFault)
}
