//! The table of rules, a file per subject: a new rule is one entry in one of them.

mod bundle;
mod capabilities;
mod component;
mod endpoints;
mod findings;
mod identity;
mod limits;
mod manifest;
mod project;
mod ui;

use super::Code;

/// Every rule by its subject, in the order of the docs.
pub(super) const SUBJECTS: &[(&str, &[Code])] = &[
    ("The manifest", manifest::RULES),
    ("Name, version, runtime", identity::RULES),
    ("Capabilities", capabilities::RULES),
    ("Endpoints", endpoints::RULES),
    ("What the handler calls", limits::RULES),
    ("The UI", ui::RULES),
    ("The project", project::RULES),
    ("The component", component::RULES),
    ("The bundle", bundle::RULES),
    ("What is said about findings", findings::RULES),
];
