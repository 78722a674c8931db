//! `cache`: what is kept between runs, and its end.

use super::Session;
use crate::cache::{self, Kind};
use crate::cli;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::size;
use serde_json::json;

/// Runs `cache`.
pub(super) fn run(arguments: &cli::Cache, session: &Session) -> Result<Exit, Error> {
    let folder = &session.cache;
    let kinds = match arguments.command {
        None => cache::survey(folder)?,
        Some(cli::CacheCommand::Clear) => {
            #[expect(clippy::disallowed_methods, reason = "what others are still writing is told by its age")]
            let now = std::time::SystemTime::now();
            cache::clear(folder, now)?
        }
    };
    let bytes: u64 = kinds.iter().map(|kind| kind.size).sum();
    let document =
        json!({ "folder": folder, "kinds": kinds, "size": bytes, "cleared": arguments.command.is_some() });
    match arguments.command {
        None => session.output.data(&document, || table(&folder.display().to_string(), &kinds))?,
        Some(cli::CacheCommand::Clear) => {
            session.output.data(&document, String::new)?;
            let entries: u64 = kinds.iter().map(|kind| kind.entries).sum();
            session.output.say(&format!(
                "removed {entries} entries, {}, from `{}`",
                size(bytes),
                folder.display()
            ));
        }
    }
    Ok(Exit::Done)
}

/// The folder, then a kind a line.
fn table(folder: &str, kinds: &[Kind]) -> String {
    let mut lines = vec![folder.to_owned()];
    for kind in kinds {
        lines.push(format!("{:>10}  {:>4}  {}", size(kind.size), kind.entries, kind.what));
    }
    lines.join("\n")
}
