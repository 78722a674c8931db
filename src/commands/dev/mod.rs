//! `dev`

mod lines;
mod print;

use super::Session;
use crate::cli;
use crate::dev;
use crate::error::Error;
use crate::exit::Exit;
use crate::serve;
use std::time::Duration;
use tokio::sync::watch;

/// How long the last events may take to be printed when the server has ended.
const LAST: Duration = Duration::from_millis(500);

/// Runs `dev`.
pub(super) fn run(arguments: &cli::Dev, session: &Session) -> Result<Exit, Error> {
    let project = session.project()?;
    let options = dev::Options {
        port: arguments.port,
        data: arguments.data.as_ref().map(|path| session.path(path)),
        watch: !arguments.no_watch,
        as_production: arguments.as_production,
        cache: session.cache.clone(),
        tools: session.tools.clone(),
    };
    session.block_on(async {
        // Nothing is sent: it closes when nothing is printed any more.
        let (printing, mut printed) = watch::channel(());
        let output = session.output.clone();
        let follow = |events| {
            // Printing may block on a slow reader; requests must not wait for it.
            std::thread::spawn(move || {
                // A reader that went away ends the server.
                let _ = print::all(&output, events);
                drop(printing);
            });
        };
        let stop = async {
            tokio::select! {
                () = serve::interrupted() => {}
                _ = printed.changed() => {}
            }
        };
        dev::run(project, options, follow, stop).await?;
        let _ = tokio::time::timeout(LAST, printed.changed()).await;
        Ok(Exit::Done)
    })
}
