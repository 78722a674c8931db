//! Documents: bundles.

use super::Kind::{Any, Boolean, Integer, Objects, Text, Texts};
use super::{Field, HASH, Output, may, must, output};

const FILE: &[Field] = &[
    must("path", Text, "Where, in the bundle"),
    must("size", Integer, "Its bytes"),
    must("sha256", Text, "64 hex digits"),
];

const FILES: Field = must("files_digest", Text, "`sha256:` and 64 hex digits, the same in every container");

/// Every document.
pub(super) const OUTPUTS: &[Output] = &[
    output(
        "pack",
        "alga-ext pack",
        "The bundle that was written",
        &[
            must("bundle", Text, "The file"),
            HASH,
            FILES,
            must("size", Integer, "Its bytes"),
            must("entries", Objects(FILE), "The files in it"),
            may("sbom", Text, "The bill of materials beside it"),
            must("unchanged", Boolean, "Just this bundle was there already"),
            may("warnings", Texts, "What may be wrong"),
        ],
    ),
    output(
        "convert",
        "alga-ext convert",
        "The bundle in another container",
        &[
            must("bundle", Text, "The new file"),
            must("from", Text, "The old container"),
            must("to", Text, "The new container"),
            HASH,
            must("old_content_hash", Text, "That of the old bundle"),
            FILES,
            must("size", Integer, "The new file's bytes"),
            must("must_be_signed", Boolean, "The bytes are others, so that no signature holds"),
            may("warnings", Texts, "What may be wrong"),
        ],
    ),
    output(
        "ls",
        "alga-ext ls",
        "A bundle's files",
        &[
            must("path", Text, "The bundle"),
            must("container", Text, "How it is held together"),
            HASH,
            FILES,
            must("has_index", Boolean, "It has an index, which lists exactly these files"),
            must("files", Objects(FILE), "The files"),
        ],
    ),
    output(
        "unpack",
        "alga-ext unpack",
        "The folder that was made of a bundle",
        &[
            must("folder", Text, "The folder"),
            FILES,
            must("has_index", Boolean, "The bundle has an index, which lists exactly these files"),
            must("files", Objects(FILE), "What was written"),
        ],
    ),
    output(
        "inspect",
        "alga-ext inspect",
        "What is in a bundle or wasm file",
        &[
            must("path", Text, "The file"),
            must("kind", Text, "What it is"),
            may("container", Text, "How the bundle is held together"),
            may("name", Text, "The manifest's name"),
            may("version", Text, "The manifest's version"),
            may("publisher", Text, "The manifest's publisher"),
            must("hash", Text, "SHA-256 of the file"),
            HASH,
            must("size", Integer, "The file's bytes"),
            may("files_digest", Text, "What the files have in every container; null for a wasm file"),
            may("index", Any, "META/bundle.json, as `bundle.index` describes it; null without one"),
            must("files", Objects(FILE), "The bundle's files"),
            must("imports", Texts, "What the component imports"),
            must("exports", Texts, "What the component exports"),
            must("capabilities", Texts, "What the manifest asks for, or what the imports need"),
            may("build", Any, "Which tool built it from which source"),
        ],
    ),
];
