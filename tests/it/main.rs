//! The integration tests: the built binary, run the way a user types it.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and it works as a user would, outside the house rules"
)]

mod against;
mod asking;
mod attest;
mod bad_input;
mod believed;
mod build;
mod bundles;
mod cli;
mod dev;
mod dev_browser;
mod dev_execute;
mod dev_terminal;
mod dev_watch;
mod diff;
mod doctor;
mod errors;
mod examples;
mod extension;
mod findings;
mod flips;
mod foreign_host;
mod guests;
mod handlers;
mod harness;
mod host;
mod hostile;
mod http;
mod inspect;
mod interrupts;
mod invoke;
mod javascript;
mod keys;
#[cfg(target_os = "linux")]
mod kill;
mod lifecycle;
mod lsp;
mod manifests;
#[cfg(target_os = "linux")]
mod memory;
mod new;
mod npm;
mod pack;
mod pages;
#[cfg(unix)]
mod password;
mod promises;
mod publish;
mod rebuild;
mod registry;
mod rules;
mod rust_handlers;
mod sarif;
mod sbom;
mod schema;
mod sign;
mod sources;
mod stale;
mod templates;
mod trust;
mod trust_file;
mod types;
mod validate;
mod wit;
