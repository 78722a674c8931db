//! The toolchain for Alga PSA extensions, as a library. `src/` reads like the life of an extension:
//!
//! | module | what it knows |
//! |---|---|
//! | [`scaffold`] | templates, and projects made from them |
//! | [`build`] | source → component: JavaScript and TypeScript, Rust, prebuilt |
//! | [`validate`] | the rules a manifest, project or bundle must keep |
//! | [`lsp`] | the same rules in an editor |
//! | [`bundle`] | archives: made the same on every machine, read with bounds |
//! | [`signing`] | keys, signatures, what a signature vouches for |
//! | [`release`] | pack, verify, inspect and publish as operations |
//! | [`host`], [`runner`] | the simulated platform, and the engine that calls the handler |
//! | [`dev`] | the development server |
//! | [`registry`] | the registry: wire shapes, client, embedded server |
//! | [`doctor`] | what a machine needs, and what to do where it lacks it |
//! | [`tour`] | all of it in one go |
//!
//! Below them lie the words: [`manifest`], [`config`], [`findings`], [`yaml`]; and the small parts: [`project`],
//! [`component`], [`toolchain`], [`files`], [`plain`](mod@plain), [`interrupt`], [`serve`], [`watch`]. Above them lie [`cli`], [`commands`],
//! [`output`] and [`error`].

pub mod build;
pub mod bundle;
pub mod cache;
pub mod cli;
pub mod commands;
pub mod component;
pub mod config;
pub mod dev;
pub mod doctor;
pub mod error;
pub mod exit;
pub mod files;
pub mod findings;
pub mod host;
pub mod interrupt;
pub mod lsp;
pub mod manifest;
pub mod output;
pub mod plain;
pub mod project;
pub mod registry;
pub mod release;
pub mod runner;
pub mod scaffold;
pub mod schemas;
pub mod serve;
pub mod signing;
pub mod toolchain;
pub mod tour;
pub mod validate;
pub mod watch;
pub mod wipe;
pub mod yaml;

use clap::{CommandFactory, Parser};
use exit::Exit;

/// Reads the command line, runs the command and says what went wrong.
pub fn main() -> Exit {
    let arguments = match cli::Cli::try_parse() {
        Ok(arguments) => arguments,
        // Nothing was asked: say what there is to ask. (Environment variables make clap think otherwise.)
        Err(error) if error.kind() == clap::error::ErrorKind::MissingSubcommand && is_bare() => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr().lock(), "{}", cli::Cli::command().render_help());
            return Exit::NotJudged;
        }
        Err(error) => {
            // Help and version are answers; everything else is wrong usage. A closed pipe has no reader to tell.
            let _ = error.print();
            if !error.use_stderr() {
                return Exit::Done;
            }
            if wants_json() {
                let text = error.to_string();
                let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
                output::document(&error::Error::Usage { what, hint: None });
            }
            return Exit::NotJudged;
        }
    };
    let session = match commands::Session::new(arguments.global) {
        Ok(session) => session,
        Err((output, error)) => {
            output.fail(&error);
            return error.exit();
        }
    };
    let outcome = commands::run(arguments.command, &session);
    interrupt::settle();
    match outcome {
        Ok(exit) => exit,
        Err(error::Error::BrokenPipe) => Exit::Done,
        Err(error) => {
            session.output.fail(&error);
            error.exit()
        }
    }
}

/// Whether a command line that could not be read asks for JSON all the same.
fn wants_json() -> bool {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let apart =
        words.windows(2).any(|pair| matches!(pair, [flag, format] if flag == "--format" && format == "json"));
    apart || words.iter().any(|word| word == "--format=json")
}

/// Whether the program was called by its name alone.
fn is_bare() -> bool {
    std::env::args_os().len() <= 1
}
