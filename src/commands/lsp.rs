//! `lsp`: the language server on standard input and output.

use super::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::lsp::{self, Ahead, Server};
use std::io::BufReader;

/// Runs `lsp` until the editor says `exit` or closes the stream.
pub(super) fn run(session: &Session) -> Result<Exit, Error> {
    if session.output.format().is_some() {
        return Err(Error::Usage {
            what: "`lsp` prints messages of its protocol, in no other format".into(),
            hint: Some("leave `--format` out".into()),
        });
    }
    let messages = Ahead::of(BufReader::new(std::io::stdin()))?;
    let mut server = Server::default();
    let mut end = None;
    loop {
        let next = match end {
            None if server.is_idle() => messages.next(),
            None if !server.is_full() => messages.ready(),
            _ => None,
        };
        match next {
            // As much as there is, before the first is answered.
            Some(Ok(Some(frame))) => {
                server.take(frame);
                continue;
            }
            Some(Ok(None)) => end = Some(Ok(())),
            Some(Err(error)) => end = Some(Err(error)),
            None => {}
        }
        for message in server.step() {
            session.output.raw(&lsp::write(&message))?;
        }
        if let Some(exit) = server.exit() {
            return Ok(exit);
        }
        if let (Some(end), true) = (&mut end, server.is_idle()) {
            return std::mem::replace(end, Ok(())).map(|()| server.exit_at_end()).map_err(Error::from);
        }
    }
}
