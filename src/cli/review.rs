//! The options of commands for editors and reviewers: `lsp`, `diff`.

use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `lsp`
#[derive(Debug, Args)]
pub struct Lsp {
    /// Taken because some editors say it; there is no other way to speak
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// `diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// The old one: a bundle, a component, a manifest or a project's folder
    #[arg(value_hint = ValueHint::AnyPath)]
    pub old: PathBuf,
    /// The new one; the project when absent
    #[arg(value_hint = ValueHint::AnyPath)]
    pub new: Option<PathBuf>,
    /// Fail unless each widening is approved by name in this YAML or JSON file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub require_approval: Option<PathBuf>,
}
