//! What is said about the findings themselves.

use crate::findings::code::{file, rules, words};

rules! {
    FINDINGS_LIMIT: "findings-limit", Warning {
        summary: "There are more findings than are listed",
        why: "The first 1,000 of one file are listed.",
        platform: "alga-ext",
        example: words("a manifest with 2,000 unknown capabilities", "mend the first ones and judge again"),
    }
    ALLOW_UNKNOWN: "allow-unknown", Error {
        summary: "`validate.allow` names a code, or `validate.not_secret` a hash, that is none",
        why: "A misspelt code or hash allows nothing, and nobody notices. `alga-ext explain --list` lists the codes, and a finding about a secret shows its hash; of a code that is gone the entry can go too.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "validate:\n  allow:\n    - code: ui-inline-scripts\n      reason: the page is replaced next week\n",
            "validate:\n  allow: []\n",
        ),
    }
    ALLOW_UNUSED: "allow-unused", Warning {
        summary: "An entry of `validate.allow` or `validate.not_secret` allows nothing that is found",
        why: "What it was for is mended, or it names another file or other words than the finding has. An entry that stays would hide the next finding of its kind: remove it. About entries for what only a built component can show nothing is said before it is built.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "validate:\n  allow:\n    - code: endpoint-head\n      reason: an old client asks with HEAD\n",
            "validate:\n  allow: []\n",
        ),
    }
    ALLOW_EXPIRED: "allow-expired", Warning {
        summary: "An entry of `validate.allow` has ended",
        why: "After the day of its `until` an entry allows nothing: its findings are told again. Mend them, or think about a later day.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "validate:\n  allow:\n    - code: endpoint-head\n      reason: until the old client is gone\n      until: 2020-12-31\n",
            "validate:\n  allow: []\n",
        ),
    }
    ALLOW_WITHOUT_REASON: "allow-without-reason", Error {
        summary: "An entry of `validate.allow` or `.not_secret` has no reason, or a day that is none",
        why: "Whoever reads the entry later must be able to tell whether it still holds: write a `reason`, and `until` as `YYYY-MM-DD`. Such an entry allows nothing.",
        platform: "alga-ext",
        example: file(
            "alga-ext.yaml",
            "validate:\n  allow:\n    - code: endpoint-head\n      reason: \" \"\n",
            "validate:\n  allow: []\n",
        ),
    }
}
