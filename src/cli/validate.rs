//! `validate` and `explain`.

use super::Format;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `validate`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Validate {
    /// A manifest, a project folder, a bundle or a component; the project when absent
    #[arg(value_hint = ValueHint::AnyPath)]
    pub path: Option<PathBuf>,
    /// Mend what can be mended without changing what is meant, and say what is left
    #[arg(long)]
    pub fix: bool,
    /// Write nothing, print what --fix would change, and fail when there is anything
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// Findings that are errors: `warnings`, or a code; repeatable
    #[arg(long, value_name = "warnings|CODE")]
    pub deny: Vec<String>,
    /// A code that is not told; repeatable
    #[arg(long, value_name = "CODE")]
    pub allow: Vec<String>,
    /// npm packages of a project's handler or UI build under this licence are errors, such as `GPL-3.0` or `AGPL-*`; repeatable
    #[arg(long, value_name = "SPDX")]
    pub deny_license: Vec<String>,
    /// Findings listed in this file are counted and not told
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Write what is found now into the baseline
    #[arg(long, requires = "baseline", conflicts_with = "fix")]
    pub write_baseline: bool,
    /// Print what the platform's own validators say instead: one or more, separated by commas
    #[arg(
        long,
        value_name = "VALIDATOR",
        value_delimiter = ',',
        conflicts_with_all = ["fix", "deny", "allow", "deny_license", "baseline", "watch"]
    )]
    pub against: Vec<Against>,
    /// Judge again whenever a file changes, until Ctrl-C
    #[arg(long, conflicts_with_all = ["fix", "write_baseline"])]
    pub watch: bool,
    /// How findings are printed; annotations in a GitHub workflow, else text for people
    // Of the same type as the global option, whose values these are: the word may stand before the verb or after it.
    #[arg(long, id = "format", value_name = "FORMAT", value_parser = Format::of_findings())]
    pub format: Option<Format>,
    /// Set in GitHub workflows
    #[arg(long, env = "GITHUB_ACTIONS", hide = true, value_name = "BOOL")]
    pub github_actions: Option<String>,
    /// Where a GitHub workflow's repository is
    #[arg(long, env = "GITHUB_WORKSPACE", hide = true, value_name = "DIR")]
    pub github_workspace: Option<PathBuf>,
}

/// One of the platform's validators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Against {
    /// The parser of the publish gate, which alone decides
    Server,
    /// The zod schema of the legacy registry
    Zod,
    /// The platform's JSON Schema for editors
    Schema,
    /// Install, gateway and runner: what they drop, and what is left
    Runtime,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The finding's code
    #[arg(required_unless_present = "list")]
    pub code: Option<String>,
    /// Every code with what it finds
    #[arg(long, conflicts_with = "code")]
    pub list: bool,
}
