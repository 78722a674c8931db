//! `verify --dir`: all bundles of a folder.

use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{plain, table};
use crate::release::{self, Unread, Verification, VerifyOptions};
use std::path::Path;

/// Verifies them, a line each.
pub(super) fn run(folder: &Path, options: &VerifyOptions, session: &Session) -> Result<Exit, Error> {
    let summary = release::verify_all(folder, options)?;
    session.output.data(&summary, || {
        let row = |bundle: &Verification| {
            let path = bundle.path.strip_prefix(folder).unwrap_or(&bundle.path).display().to_string();
            let outcome = if bundle.verified { "ok" } else { "NO" };
            [outcome.to_owned(), plain(&path), plain(&bundle.message)]
        };
        let unread = |unread: &Unread| {
            let path = unread.path.strip_prefix(folder).unwrap_or(&unread.path).display().to_string();
            ["NO".to_owned(), path, unread.message.clone()]
        };
        let rows = summary.bundles.iter().map(row).chain(summary.unread.iter().map(unread));
        table(&rows.collect::<Vec<_>>())
    })?;
    let all = summary.bundles.len() + summary.unread.len();
    let good = summary.bundles.iter().filter(|bundle| bundle.verified).count();
    match summary.exit() {
        Exit::Done if all == 1 => session.output.say("verified 1 bundle"),
        Exit::Done => session.output.say(&format!("verified {all} bundles")),
        _ => session.output.refuse(&format!("{} of {all} bundles are not verified", all - good), None),
    }
    Ok(summary.exit())
}
