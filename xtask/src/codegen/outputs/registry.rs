//! Documents: publishing, and registries.

use super::Kind::{Any, Boolean, Integer, Objects, Text};
use super::{HASH, Output, may, must, output};

/// Every document.
pub(super) const OUTPUTS: &[Output] = &[
    output(
        "publish",
        "alga-ext publish",
        "What was published",
        &[
            may("registry_id", Text, "The extension's id in the registry; null in a dry run"),
            must("version", Text, "The version it has there"),
            HASH,
            may("install_id", Text, "The installation; null without one"),
            must("already_there", Boolean, "The registry had these bytes before"),
            must("dry_run", Boolean, "Nothing was sent"),
            may("name", Text, "Of a dry run: the manifest's name"),
            may("registry", Text, "Of a dry run: where it would go"),
            may("tenant", Text, "Of a dry run: the tenant it would be published for"),
            may("size", Integer, "Of a dry run: bytes of the bundle"),
            may("signed", Boolean, "Of a dry run: a signature would be sent along"),
            may("install", Boolean, "Of a dry run: it would be installed too"),
        ],
    ),
    output(
        "registry.serve",
        "alga-ext registry serve",
        "One line of the stream; the first is `listening`",
        &[
            must("event", Text, "What happened"),
            may("url", Text, "Where it listens"),
            may("admin_key_file", Text, "Where the admin's API key is"),
        ],
    ),
    output(
        "registry.ls",
        "alga-ext registry ls",
        "The registry's extensions",
        &[must(
            "extensions",
            Objects(&[
                must("registry_id", Text, "Its id"),
                must("name", Text, "Its name"),
                may("publisher", Text, "Who publishes it"),
                may("latest", Text, "The newest version"),
                may("versions", Any, "How many versions there are"),
                may("installed", Any, "What the tenant has installed"),
            ]),
            "Every extension",
        )],
    ),
    output(
        "registry.versions",
        "alga-ext registry versions",
        "An extension's versions",
        &[
            must("registry_id", Text, "Its id"),
            must("name", Text, "Its name"),
            may("publisher", Text, "Who publishes it"),
            must(
                "versions",
                Objects(&[
                    must("version", Text, "The version"),
                    may("content_hash", Text, "Of its bundle"),
                    may("size", Integer, "Its bundle's bytes"),
                    may("published_at", Text, "When"),
                    may("signed", Boolean, "Whether a signature lies beside it"),
                    may("installed", Any, "Whether the tenant has it"),
                ]),
                "Every version",
            ),
        ],
    ),
    output(
        "registry.fetch",
        "alga-ext registry fetch",
        "The bundle that was fetched",
        &[
            must("registry_id", Text, "The extension's id"),
            may("name", Text, "The extension's name"),
            must("version", Text, "The version"),
            HASH,
            must("path", Text, "The file that was written"),
            must("size", Integer, "Its bytes"),
            may("signature", Any, "The signature's file"),
        ],
    ),
    output(
        "registry.install",
        "alga-ext registry install",
        "The installation",
        &[
            must("registry_id", Text, "The extension's id"),
            must("version", Text, "The version"),
            may("install_id", Text, "The installation"),
        ],
    ),
    output(
        "registry.uninstall",
        "alga-ext registry uninstall",
        "What was removed",
        &[
            must("registry_id", Text, "The extension's id"),
            must("uninstalled", Boolean, "Whether it is gone"),
            may("message", Text, "What the registry says"),
        ],
    ),
];
