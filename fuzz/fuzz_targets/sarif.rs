//! Says what is found in the input in every form: as SARIF, JUnit, annotations and text, through a baseline and back.
#![no_main]

use alga_ext::findings::{Baseline, Finding, Findings};
use alga_ext::validate::{configuration, manifest};
use serde_json::Value;

#[path = "said.rs"]
mod said;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Up to the first line end the name of the file, then its text.
    let text = String::from_utf8_lossy(bytes);
    let (file, text) = text.split_once('\n').unwrap_or(("manifest.json", &text));
    let found = manifest(text, file).with(configuration(text, file).findings);
    said::findings(&found, text);
    known(&found, bytes);
});

/// A baseline of everything leaves nothing; one that is the input is read or refused.
fn known(found: &Findings, bytes: &[u8]) {
    let baseline = Baseline::of(found);
    let written = serde_json::to_vec(&baseline).expect("a baseline can be written");
    let read: Baseline = serde_json::from_slice(&written).expect("what is written can be read");
    let left = read.apply(found.clone());
    assert_eq!((left.findings, left.gone), (Vec::<Finding>::new(), 0));
    if let Ok(hostile) = serde_json::from_slice::<Baseline>(bytes) {
        let _ = hostile.apply(found.clone());
    }
    let _ = serde_json::from_slice::<Value>(bytes);
}
