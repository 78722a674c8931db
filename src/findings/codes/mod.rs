//! The table of rules, a file per subject: a new rule is one entry in one of them.

mod bundle;
mod capabilities;
mod component;
mod config;
mod endpoints;
mod findings;
mod identity;
mod limits;
mod manifest;
mod project;
mod secrets;
mod ui;
mod ui_code;

use super::Code;

/// Every rule by its subject, in the order of the docs.
pub(super) const SUBJECTS: &[(&str, &[Code])] = &[
    ("The manifest", manifest::RULES),
    ("Name, version, runtime", identity::RULES),
    ("Capabilities", capabilities::RULES),
    ("Endpoints", endpoints::RULES),
    ("What the handler calls", limits::RULES),
    ("The UI", ui::RULES),
    ("The code of the UI", ui_code::RULES),
    ("The project", project::RULES),
    ("The project file", config::RULES),
    ("The component", component::RULES),
    ("The bundle", bundle::RULES),
    ("Secrets", secrets::RULES),
    ("What is said about findings", findings::RULES),
];
