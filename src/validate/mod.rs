//! The rules a manifest, project or bundle must keep, a file per subject.
//!
//! What publishing refuses, or what would never work, is an error; what works and is probably not meant is a
//! warning (contract/registry.md §1.9). A rule says what was found, what was wanted and what to do.

pub mod against;
mod allow;
mod bounds;
mod bundle;
mod capabilities;
mod component;
mod configuration;
mod declared;
mod endpoints;
mod handler;
mod identity;
mod judge;
mod licenses;
mod literals;
mod manifest;
mod mend;
mod overlay;
mod pages;
mod project;
mod project_file;
mod reach;
mod routes;
mod rust;
mod rust_limits;
mod rust_tokens;
mod secrets;
mod shape;
mod subject;
mod suggest;
mod ui;
mod ui_contents;
mod ui_files;
mod ui_scripts;
mod ui_styles;
mod unanswered;
mod uses;

pub use bounds::Bounds;
pub use bundle::{bundle, files, spooled};
pub use configuration::configuration;
pub use licenses::licenses;
pub use manifest::manifest;
pub use mend::{Mended, MendedFile, mend};
pub use overlay::Overlay;
pub use project::{project, project_within};
pub use subject::{Error, Subject};
