//! `--against`: the verdicts of the platform's own validators.

use crate::cli::{self, Against, Format};
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::plain;
use crate::validate::Subject;
use crate::validate::against::{self, Validator, Verdict};
use serde_json::json;
use std::fmt::Write;

/// Prints a verdict for each validator; one that refuses makes the manifest the one at fault.
pub(super) fn run(arguments: &cli::Validate, subject: &Subject, session: &Session) -> Result<Exit, Error> {
    if let Some(Format::Sarif | Format::Junit | Format::Github) = session.output.format() {
        return Err(Error::Usage {
            what: "`--against` prints verdicts, which this format has no form for".into(),
            hint: Some("use `--format human` or `--format json`".into()),
        });
    }
    let bytes = against::manifest_of(subject)?;
    let verdicts: Vec<Verdict> =
        arguments.against.iter().map(|which| against::verdict(&bytes, validator(*which))).collect();
    session.output.data(&json!({ "verdicts": verdicts }), || {
        let texts: Vec<String> = verdicts.iter().map(text).filter(|text| !text.is_empty()).collect();
        texts.join("\n")
    })?;
    for verdict in &verdicts {
        session.output.say(&summary(verdict));
    }
    let refused = verdicts.iter().any(|verdict| !verdict.accepted);
    Ok(if refused { Exit::AtFault } else { Exit::Done })
}

fn validator(which: Against) -> Validator {
    match which {
        Against::Server => Validator::Server,
        Against::Zod => Validator::Zod,
        Against::Schema => Validator::Schema,
        Against::Runtime => Validator::Runtime,
    }
}

/// The complaints, one line each, and what is left.
fn text(verdict: &Verdict) -> String {
    let name = verdict.validator.as_str();
    let mut text = String::new();
    for issue in &verdict.issues {
        let place = match (issue.line, issue.column) {
            (Some(line), Some(column)) => format!("manifest.json:{line}:{column}: "),
            _ => String::new(),
        };
        let _ = writeln!(text, "{place}{name}: `{}` {}", plain(&issue.path), plain(&issue.message));
    }
    if let Some(keeps) = &verdict.keeps {
        let what = match verdict.validator {
            Validator::Server => "publishing stores",
            Validator::Zod => "parsing returns",
            Validator::Schema | Validator::Runtime => "what is left",
        };
        let _ = writeln!(text, "{name}: {what}\n{keeps:#}");
    }
    text.trim_end().to_owned()
}

fn summary(verdict: &Verdict) -> String {
    let count = match verdict.issues.len() {
        1 => "1 issue".to_owned(),
        count => format!("{count} issues"),
    };
    match (verdict.validator, verdict.issues.is_empty()) {
        (Validator::Runtime, false) if verdict.accepted => format!("runtime drops or changes {count}"),
        (Validator::Runtime, true) => "runtime drops nothing".to_owned(),
        (validator, _) if verdict.accepted => format!("{} accepts it", validator.as_str()),
        (validator, _) => format!("{} refuses it: {count}", validator.as_str()),
    }
}
