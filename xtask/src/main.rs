//! The project's own tasks: `cargo xtask <task>`.

mod bench;
mod codegen;
mod setup;
mod tidy;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What went wrong, in words.
pub(crate) type Problem = Box<dyn std::error::Error>;

/// The project's own tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what the tests need, at pinned versions; quick when it is there
    Setup,
    /// Set up, then run every test of the workspace
    Test {
        /// Handed on to `cargo test --workspace`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Write schemas, docs tables and man pages from the code
    Codegen {
        /// Write nothing; fail when a file differs
        #[arg(long)]
        check: bool,
    },
    /// Measure what the project promises, as ratios of the same run; builds the release binary first
    Bench {
        /// Only the figures whose name has this in it
        word: Option<String>,
        /// Measure this binary, and requests in this very process; for a quick look at one figure
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Answer hello until the bench ends it: what it compares the dev server with, in a process of its own like that one
    #[command(hide = true)]
    Hello,
    /// Check what the compiler does not: layers, owners of crates, sizes, duplicates, the top level
    Tidy,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = root();
    let done = match arguments.task {
        Task::Setup => setup::run(&root),
        Task::Test { rest } => test(&root, &rest),
        Task::Codegen { check } => codegen::run(check).map_err(Problem::from),
        Task::Bench { word, binary } => bench::run(&root, word.as_deref(), binary.as_deref()),
        Task::Hello => bench::hello(),
        Task::Tidy => tidy::run(&root),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            say(&format!("error: {problem}"));
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

fn test(root: &Path, rest: &[String]) -> Result<(), Problem> {
    setup::run(root)?;
    let words = ["test", "--workspace"].into_iter().chain(rest.iter().map(String::as_str));
    run_tool("cargo", &words.collect::<Vec<_>>(), root)
}

/// Runs a program in `folder` with our own streams; a failure names the command line.
pub(crate) fn run_tool(program: &str, arguments: &[&str], folder: &Path) -> Result<(), Problem> {
    #[expect(clippy::disallowed_methods, reason = "tasks run programs with their own streams")]
    let status = Command::new(program).args(arguments).current_dir(folder).status();
    let line = format!("{program} {}", arguments.join(" "));
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` ended with {status}").into()),
        Err(error) => Err(format!("`{line}` could not be started: {error}").into()),
    }
}

/// What a program prints, trimmed; none when it is not there or fails.
pub(crate) fn answer(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tasks ask programs for their versions")]
    let output = Command::new(program).args(arguments).current_dir(folder).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// One line about what happens.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    // When standard error is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}
