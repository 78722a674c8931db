//! `explain`: what a finding's code means.

use super::Session;
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::findings::{Code, Explanation};
use crate::output;
use serde_json::json;

/// Runs `explain`.
pub(super) fn run(arguments: &cli::Explain, session: &Session) -> Result<Exit, Error> {
    match &arguments.code {
        None => {
            let codes: Vec<Explanation> = Code::all().map(Explanation::of).collect();
            session.output.data(&json!({ "codes": codes }), || {
                let row =
                    |code: Code| [code.to_string(), code.severity().as_str().into(), code.summary().into()];
                output::table(&Code::all().map(row).collect::<Vec<_>>())
            })?;
        }
        Some(name) => {
            let explanation = Explanation::of(code(name)?);
            session.output.data(&explanation, || explanation.text())?;
        }
    }
    Ok(Exit::Done)
}

/// The code of that name, as people and messages write it.
pub(super) fn code(name: &str) -> Result<Code, Error> {
    let bare = name.trim().trim_matches(['[', ']', '`']);
    Code::named(bare).ok_or_else(|| {
        let near: Vec<String> = Code::near(bare).into_iter().map(|code| format!("`{code}`")).collect();
        let hint = match near.as_slice() {
            [] => "`alga-ext explain --list` lists the codes".to_owned(),
            near => format!("did you mean {}? `alga-ext explain --list` lists all", near.join(" or ")),
        };
        Error::Usage { what: format!("there is no code `{}`", output::plain(bare)), hint: Some(hint) }
    })
}
