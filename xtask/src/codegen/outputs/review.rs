//! Documents: what reviewers read.

use super::Kind::{Integer, Object, Objects, Text, Texts, Words};
use super::{Field, Output, may, must, output};

const SIDE: &[Field] = &[
    must("path", Text, "The file or folder"),
    must("kind", Words(&["project", "bundle", "manifest", "component"]), "What it is"),
    may("name", Text, "The manifest's name"),
    may("version", Text, "The manifest's version"),
    may("publisher", Text, "The manifest's publisher"),
    may("built_by", Text, "What built the component"),
];

const CHANGE: &[Field] = &[
    must("name", Text, "What is different"),
    must("change", Words(&["added", "removed", "changed"]), "How"),
    may("old", Text, "What it was, or where it stood"),
    may("new", Text, "What it is, or where it stands"),
    may("widening", Text, "The name by which this widening is approved"),
];

const SIZE: &[Field] = &[
    must("name", Words(&["archive", "files", "component", "ui"]), "Of what"),
    may("old", Integer, "Bytes before"),
    may("new", Integer, "Bytes after"),
];

const APPROVAL: &[Field] =
    &[must("name", Text, "What is approved"), must("reason", Text, "Why"), must("by", Text, "By whom")];

const WIDENING: &[Field] =
    &[must("name", Text, "What it is approved by"), may("approval", Object(APPROVAL), "The approval")];

/// Every document.
pub(super) const OUTPUTS: &[Output] = &[output(
    "diff",
    "alga-ext diff",
    "What changes between two versions",
    &[
        must("old", Object(SIDE), "The old one"),
        must("new", Object(SIDE), "The new one"),
        must("identity", Objects(CHANGE), "Name, publisher, version, and what built the component"),
        must("capabilities", Objects(CHANGE), "What it may call"),
        must("hosts", Objects(CHANGE), "Hosts that code and pages name"),
        must("endpoints", Objects(CHANGE), "What it answers"),
        must("hooks", Objects(CHANGE), "Where its UI appears"),
        must("imports", Objects(CHANGE), "What the component imports"),
        must("dependencies", Objects(CHANGE), "Packages and their versions"),
        must("files", Objects(CHANGE), "The files that are packed"),
        must("sizes", Objects(SIZE), "Lengths that differ"),
        must("widenings", Objects(WIDENING), "What the new one may do and the old one could not"),
        must("unused_approvals", Texts, "Approvals of nothing that widens"),
        must("not_compared", Texts, "What a side does not say"),
    ],
)];
