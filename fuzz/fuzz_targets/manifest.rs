//! Reads the input as a manifest: no panic, places within the text, mends that come to an end, four verdicts.
#![no_main]

use alga_ext::findings::apply;
use alga_ext::manifest::Manifest;
use alga_ext::validate::against::{Validator, verdict};
use alga_ext::validate::manifest;

#[path = "said.rs"]
mod said;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for validator in Validator::ALL {
        let _ = verdict(bytes, validator);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Manifest::parse(text);
    let mut text = text.to_owned();
    for _ in 0..8 {
        let found = manifest(&text, "manifest.json");
        said::findings(&found, &text);
        let safe = found.findings.iter().filter(|finding| finding.is_fixable());
        let Some(fixed) = apply(&text, safe) else { return };
        assert_ne!(fixed.text, text, "a mend changes something");
        text = fixed.text;
    }
});
