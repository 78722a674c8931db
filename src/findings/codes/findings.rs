//! What is said about the findings themselves.

use crate::findings::code::{rules, words};

rules! {
    FINDINGS_LIMIT: "findings-limit", Warning {
        summary: "There are more findings than are listed",
        why: "The first 1,000 of one file are listed.",
        platform: "alga-ext",
        example: words("a manifest with 2,000 unknown capabilities", "mend the first ones and judge again"),
    }
}
