//! `validate`: a project, a manifest alone, a bundle or a component.

mod against;
mod known;
mod print;
mod watch;

use super::{Session, explain};
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::findings::{Findings, Policy};
use crate::validate::{self, Mended, Overlay, Subject};

/// Runs `validate`: findings are the data, the count is talk.
pub(super) fn run(arguments: &cli::Validate, session: &Session) -> Result<Exit, Error> {
    let subject = subject(arguments, session)?;
    if !arguments.against.is_empty() {
        return against::run(arguments, &subject, session);
    }
    let policy = policy(arguments)?;
    let printer = print::Printer::new(arguments, &subject, session);
    let baseline = known::read(arguments, session)?;
    let judged = |overlay: &Overlay| -> Result<Findings, validate::Error> {
        let licenses = validate::licenses(&subject, &arguments.deny_license);
        Ok(policy.apply(subject.judge(overlay, &licenses)?))
    };
    let select = |overlay: &Overlay| Ok(known::apply(baseline.as_ref(), judged(overlay)?));
    if arguments.fix {
        let mended = validate::mend(&subject, select)?;
        return mend(arguments, &mended, &printer);
    }
    if arguments.watch {
        return watch::run(&subject, || Ok(select(&Overlay::default())?), &printer, session);
    }
    if arguments.write_baseline {
        return known::write(arguments, &judged(&Overlay::default())?, session);
    }
    let found = select(&Overlay::default())?;
    printer.findings(&found)?;
    Ok(exit(&found))
}

/// Writes the mends, or shows them.
fn mend(arguments: &cli::Validate, mended: &Mended, printer: &print::Printer) -> Result<Exit, Error> {
    if arguments.dry_run {
        printer.proposal(mended)?;
        return Ok(if mended.files.is_empty() { exit(&mended.left) } else { Exit::AtFault });
    }
    mended.write()?;
    printer.mended(mended)?;
    Ok(exit(&mended.left))
}

fn exit(findings: &Findings) -> Exit {
    if findings.errors > 0 { Exit::AtFault } else { Exit::Done }
}

fn subject(arguments: &cli::Validate, session: &Session) -> Result<Subject, Error> {
    let subject = match &arguments.path {
        None => Subject::Project(session.project_root()?),
        Some(path) => Subject::of(&session.path(path), &path.display().to_string())?,
    };
    if arguments.deny_license.is_empty() || matches!(subject, Subject::Project(_)) {
        return Ok(subject);
    }
    Err(Error::Usage {
        what: "`--deny-license` judges the npm packages of a project, and this is none".into(),
        hint: Some(
            "name the project's folder; the bill of materials beside a bundle lists its licences".into(),
        ),
    })
}

fn policy(arguments: &cli::Validate) -> Result<Policy, Error> {
    let codes =
        |names: &[String]| names.iter().map(|name| explain::code(name)).collect::<Result<Vec<_>, _>>();
    let (warnings, deny): (Vec<String>, Vec<String>) =
        arguments.deny.iter().cloned().partition(|word| word == "warnings");
    Ok(Policy { deny_warnings: !warnings.is_empty(), deny: codes(&deny)?, allow: codes(&arguments.allow)? })
}
