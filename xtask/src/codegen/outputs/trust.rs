//! Documents: keys, signatures, statements and trust.

use super::Kind::{Any, Boolean, Map as Members, Objects, Text, Texts, Words};
use super::{Field, HASH, Output, may, must, output};

const KEY_ID: Field = must("key_id", Text, "16 hex digits");
const PAIR: &[Field] = &[
    KEY_ID,
    must("secret_key", Text, "The secret key's file"),
    must("public_key", Text, "The public key's file"),
    must("key", Text, "The public key itself"),
];
const LISTED: &[Field] = &[
    must("name", Text, "Its name, which `sign --key` takes"),
    KEY_ID,
    must("secret_key", Text, "The secret key's file"),
    must("key", Text, "The public key itself"),
    must("encrypted", Boolean, "A password protects it"),
    must("publishers", Texts, "Whose default it is"),
];
const CHECK: &[Field] = &[
    must(
        "check",
        Words(&[
            "signature",
            "trust",
            "revocation",
            "expiry",
            "seen",
            "hash",
            "index",
            "manifest",
            "component",
            "statement",
        ]),
        "What was asked",
    ),
    must("outcome", Words(&["passed", "failed", "skipped"]), "The answer"),
    must("says", Text, "In words"),
];
const VERIFICATION: &[Field] = &[
    must("path", Text, "The bundle"),
    must("verified", Boolean, "The answer"),
    must("reason", Text, "Why"),
    must("message", Text, "Why, in words"),
    may("hint", Text, "What to do"),
    may("key_id", Text, "Which key made the signature"),
    must("key_ids", Texts, "Every key whose signature fits"),
    may("name", Text, "The manifest's name"),
    may("version", Text, "The manifest's version"),
    may("publisher", Text, "The manifest's publisher"),
    HASH,
    may("trusted_comment", Text, "What the signature vouches for"),
    may("created", Text, "When it was signed, as the signer says"),
    may("expires", Text, "From when on the signature is not to be accepted"),
    must("at", Text, "The moment it was judged for"),
    must("first_use", Boolean, "The publisher was accepted because it is the first time"),
    must("checks", Objects(CHECK), "Every question, in order; the last may be the one that failed"),
];
const KNOWN: &[Field] = &[
    must("publisher", Text, "Whose it is"),
    KEY_ID,
    must("key", Text, "The public key itself"),
    must("chain", Texts, "The ids from the key that the file names to this one"),
    may("from", Text, "From when on it is valid"),
    may("until", Text, "Until when it is"),
    must("state", Words(&["valid", "not valid now", "revoked"]), "What it is worth"),
];
const CHANGE: &[Field] = &[must("trust", Text, "The trust file"), must("change", Text, "What became of it")];
const STATED: &[Field] =
    &[must("statement", Text, "The file to hand out"), must("says", Text, "What it says")];

/// Every document.
pub(super) const OUTPUTS: &[Output] = &[
    output("keys.generate", "alga-ext keys generate", "The key pair that was made", PAIR),
    output("keys.import", "alga-ext keys import", "The key pair that was stored", PAIR),
    output(
        "keys.export",
        "alga-ext keys export",
        "A public key",
        &[
            KEY_ID,
            must("key", Text, "The public key itself"),
            must("file", Text, "The text of a `.pub` file"),
        ],
    ),
    output(
        "keys.list",
        "alga-ext keys list",
        "The keys of the user's folder",
        &[must("folder", Text, "The folder"), must("keys", Objects(LISTED), "The keys")],
    ),
    output(
        "keys.change-password",
        "alga-ext keys change-password",
        "The key that has another password",
        &[
            KEY_ID,
            must("secret_key", Text, "The secret key's file"),
            must("encrypted", Boolean, "It has a password"),
        ],
    ),
    output(
        "keys.default",
        "alga-ext keys default",
        "Which key signs for whom",
        &[must("defaults", Members, "By publisher")],
    ),
    output(
        "sign",
        "alga-ext sign",
        "The signature that was written",
        &[
            must("signature", Text, "The file"),
            KEY_ID,
            must("name", Text, "The manifest's name"),
            must("version", Text, "The manifest's version"),
            may("publisher", Text, "The manifest's publisher"),
            HASH,
            must("created", Text, "When, as `2026-11-21T16:02:24Z`"),
            may("expires", Text, "From when on it is not to be accepted"),
            must("trusted_comment", Text, "What the signature vouches for"),
            must("warnings", Texts, "What may be wrong"),
        ],
    ),
    output(
        "attest",
        "alga-ext attest",
        "The statement that was written",
        &[
            must("statement", Text, "The file"),
            KEY_ID,
            must("subject", Any, "The bundle's name and hash"),
            must("predicate", Any, "What is said of it"),
        ],
    ),
    output("verify", "alga-ext verify", "Whether the bundle is what its publisher signed", VERIFICATION),
    output(
        "verify.dir",
        "alga-ext verify --dir",
        "Whether the bundles of a folder are",
        &[
            must("verified", Boolean, "Every one is"),
            must("reasons", Members, "How many there are of each outcome"),
            must("bundles", Objects(VERIFICATION), "Each, by path"),
            must(
                "unread",
                Objects(&[
                    must("path", Text, "A bundle, or a folder of some"),
                    must("message", Text, "Why it could not be judged"),
                ]),
                "What could not be judged, by path",
            ),
        ],
    ),
    output(
        "verify.rebuild",
        "alga-ext verify --rebuild",
        "Whether the source makes the same bundle",
        &[
            must("identical", Boolean, "The answer"),
            HASH,
            must("rebuilt_hash", Text, "That of what was built"),
            must(
                "differences",
                Objects(&[
                    must("file", Text, "Where, in the bundle; empty for the archive itself"),
                    must("what", Text, "How it differs"),
                    must("parts", Texts, "The sections, nested modules, functions and packages that differ"),
                ]),
                "Where they differ",
            ),
        ],
    ),
    output("trust.init", "alga-ext trust init", "The trust file that was made", CHANGE),
    output("trust.add", "alga-ext trust add", "The trust file that was changed", CHANGE),
    output("trust.remove", "alga-ext trust remove", "The trust file that was changed", CHANGE),
    output("trust.rotate", "alga-ext trust rotate", "The statement that was written", STATED),
    output("trust.revoke", "alga-ext trust revoke", "The statement that was written", STATED),
    output(
        "trust.list",
        "alga-ext trust list",
        "Whom the trust file trusts",
        &[
            must("keys", Objects(KNOWN), "Every key, with those that were introduced"),
            must("revoked", Any, "What is revoked"),
            must("seen", Members, "The last version that was accepted, by extension"),
            must("first_use", Text, "`refuse` or `pin`"),
        ],
    ),
    output("trust.explain", "alga-ext trust explain", "Why a bundle is or is not accepted", VERIFICATION),
];
