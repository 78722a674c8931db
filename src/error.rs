//! The top of the errors: one transparent variant per module; exit code and hint are exhaustive matches.

use crate::exit::Exit;
use crate::output::plain;
use crate::{
    build, bundle, dev, host, lsp, manifest, project, registry, release, runner, scaffold, signing, validate,
};
use serde_json::json;

/// Everything a command can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project could not be found or read.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// The manifest could not be read.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// Nothing was scaffolded.
    #[error(transparent)]
    Scaffold(#[from] scaffold::Error),
    /// Nothing was built.
    #[error(transparent)]
    Build(#[from] build::Error),
    /// The bundle could not be made or read.
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    /// Nothing was judged.
    #[error(transparent)]
    Validate(#[from] validate::Error),
    /// The editor does not speak the protocol.
    #[error(transparent)]
    Lsp(#[from] lsp::Error),
    /// Keys and signatures.
    #[error(transparent)]
    Signing(#[from] signing::Error),
    /// The release could not be made or judged.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The platform data could not be read.
    #[error(transparent)]
    Host(#[from] host::Error),
    /// The handler could not be loaded or called.
    #[error(transparent)]
    Runner(#[from] runner::Error),
    /// The dev server could not run.
    #[error(transparent)]
    Dev(#[from] dev::Error),
    /// The registry refused, or could not be reached or run.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// The command line was well-formed and still makes no sense.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Standard output has no reader any more.
    #[error("standard output was closed")]
    BrokenPipe,
    /// A result could not be written as JSON.
    #[error("the result could not be written as JSON")]
    Document(#[source] serde_json::Error),
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Project(error) => error.exit(),
            Error::Manifest(error) => error.exit(),
            Error::Scaffold(error) => error.exit(),
            Error::Build(error) => error.exit(),
            Error::Bundle(error) => error.exit(),
            Error::Validate(error) => error.exit(),
            Error::Lsp(error) => error.exit(),
            Error::Signing(error) => error.exit(),
            Error::Release(error) => error.exit(),
            Error::Host(error) => error.exit(),
            Error::Runner(error) => error.exit(),
            Error::Dev(error) => error.exit(),
            Error::Registry(error) => error.exit(),
            Error::Usage { .. } | Error::Document(_) | Error::Io(_) => Exit::NotJudged,
            Error::BrokenPipe => Exit::Done,
        }
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Project(error) => error.hint(),
            Error::Manifest(error) => error.hint(),
            Error::Scaffold(error) => error.hint(),
            Error::Build(error) => error.hint(),
            Error::Bundle(error) => error.hint(),
            Error::Validate(error) => error.hint(),
            Error::Lsp(error) => error.hint(),
            Error::Signing(error) => error.hint(),
            Error::Release(error) => error.hint(),
            Error::Host(error) => error.hint(),
            Error::Runner(error) => error.hint(),
            Error::Dev(error) => error.hint(),
            Error::Registry(error) => error.hint(),
            Error::Usage { hint, .. } => hint.clone(),
            Error::BrokenPipe | Error::Document(_) | Error::Io(_) => None,
        }
    }

    /// The causes below the first line, outermost first, without repeats.
    fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut last = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let text = error.to_string();
            if !last.contains(&text) {
                causes.push(text.clone());
            }
            last = text;
            source = error.source();
        }
        causes
    }

    /// `error: what`, a line per cause, a blank line and the hint. What strangers wrote is in all of them, so nothing that
    /// a terminal would obey is left.
    pub fn render(&self) -> String {
        use std::fmt::Write;
        let mut text = format!("error: {self}");
        for cause in self.causes() {
            let _ = write!(text, "\n  caused by: {cause}");
        }
        if let Some(hint) = self.hint() {
            let _ = write!(text, "\n\nhint: {hint}");
        }
        let cells = |line: &str| line.split('\t').map(plain).collect::<Vec<_>>().join("\t");
        let lines = text.split('\n').map(|line| cells(line.strip_suffix('\r').unwrap_or(line)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The same as a JSON value: `message`, `causes`, `hint`, `exit`.
    pub fn document(&self) -> serde_json::Value {
        json!({
            "message": self.to_string(),
            "causes": self.causes(),
            "hint": self.hint(),
            "exit": self.exit().code(),
        })
    }
}
