//! `diff`: what changes between two versions.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{self, plain};
use crate::release::diff::{self, Change, Diff, Options, Verb};
use std::fmt::Write;

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
    session.output.data(&diff, || table(&diff))?;
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

/// The subjects that differ, a change a line.
fn table(diff: &Diff) -> String {
    let mut text = String::new();
    for (subject, changes) in diff.subjects().into_iter().filter(|(_, changes)| !changes.is_empty()) {
        let _ = writeln!(text, "{subject}");
        let rows: Vec<[String; 3]> = changes.iter().map(|change| row(change, diff)).collect();
        for line in output::table(&rows).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !diff.sizes.is_empty() {
        let _ = writeln!(text, "sizes");
        let rows: Vec<[String; 2]> =
            diff.sizes.iter().map(|size| [size.name.clone(), growth(size.old, size.new)]).collect();
        for line in output::table(&rows).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !diff.not_compared.is_empty() {
        let _ = writeln!(text, "not compared, for one side does not say: {}", diff.not_compared.join(", "));
    }
    if text.is_empty() { "no difference".to_owned() } else { text.trim_end().to_owned() }
}

/// `+ cap:http.fetch`, what is said of it, and whether it widens.
fn row(change: &Change, diff: &Diff) -> [String; 3] {
    let (sign, said) = match (change.change, &change.old, &change.new) {
        (Verb::Added, _, new) => ('+', new.clone().unwrap_or_default()),
        (Verb::Removed, old, _) => ('-', old.clone().unwrap_or_default()),
        (Verb::Changed, old, new) if old == new => ('~', old.clone().unwrap_or_default()),
        (Verb::Changed, old, new) => {
            let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
            ('~', format!("{} → {}", shown(old), shown(new)))
        }
    };
    let approval = diff.widenings.iter().find(|widening| Some(&widening.name) == change.widening.as_ref());
    let widens = approval.map(|widening| match &widening.approval {
        None => format!("WIDENS `{}`", widening.name),
        Some(approval) => format!("approved by {}: {}", approval.by, approval.reason),
    });
    [format!("{sign} {}", change.name), said, widens.unwrap_or_default()]
}

/// `1.4 MiB → 1.5 MiB (+34.9 KiB)`
fn growth(old: Option<u64>, new: Option<u64>) -> String {
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let sign = if new < old { '-' } else { '+' };
    format!("{} → {} ({sign}{})", output::size(old), output::size(new), output::size(old.abs_diff(new)))
}
