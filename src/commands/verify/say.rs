//! What came of a verification, as people read it.

use crate::commands::Session;
use crate::output::{plain, table};
use crate::release::{self, Outcome, Reason, Verification};
use std::path::Path;

/// A question a line, with its answer.
pub(in crate::commands) fn checks(verification: &Verification) -> String {
    let row = |check: &release::Check| {
        let outcome = match check.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed => "NO",
            Outcome::Skipped => "-",
        };
        [check.check.as_str().to_owned(), outcome.to_owned(), plain(&check.says)]
    };
    table(&verification.checks.iter().map(row).collect::<Vec<_>>())
}

/// The outcome in a line.
pub(in crate::commands) fn tell(verification: &Verification, bundle: &Path, session: &Session) {
    let bundle = bundle.display();
    let (name, version) = (verification.name.as_deref(), verification.version.as_deref());
    let (name, version) = (plain(name.unwrap_or_default()), plain(version.unwrap_or_default()));
    let message = plain(&verification.message);
    match verification.reason {
        Reason::Verified => {
            let hash = verification.content_hash;
            session.output.say(&format!("verified {name} {version}, {message}, {hash}"));
        }
        Reason::NoIdentity => {
            session.output.say(&format!("verified `{bundle}`, which holds {name} {version}"));
            session.output.warn(&message);
        }
        _ => session.output.refuse(&format!("`{bundle}` is not verified: {message}"), verification.hint),
    }
}
