//! `registry serve`

use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::registry::{self, server};
use crate::serve;
use serde_json::json;

/// Runs `registry serve`.
pub(super) fn serve(arguments: &cli::RegistryServe, session: &Session) -> Result<Exit, Error> {
    let data = session.path(&arguments.data);
    let output = session.output.clone();
    session.block_on(async {
        let options = server::Options {
            data: &data,
            port: arguments.port,
            calls_a_minute: arguments.rate_limit,
            report: Box::new(move |line| output.warn(line)),
        };
        let bound = server::bind(options).await.map_err(registry::Error::from)?;
        let (url, key) = (bound.url(), bound.admin_key().display().to_string());
        session.output.event(&json!({ "event": "listening", "url": url, "admin_key_file": key }), || {
            format!("listening on {url}\nthe admin's API key is in `{key}`; Ctrl-C ends the registry")
        })?;
        bound.serve(serve::interrupted()).await;
        Ok(())
    })?;
    Ok(Exit::Done)
}
