//! What holds of findings, and of every form they are said in.

use alga_ext::findings::{Findings, github, junit, sarif, text};

/// Findings about this text.
pub fn findings(found: &Findings, source: &str) {
    for span in found.findings.iter().filter_map(|finding| finding.span) {
        assert!(source.get(span.start..span.end).is_some(), "{span:?} is within the text");
    }
    let shown = text::render(found, text::Style { color: false, notes: true });
    let is_plain = |letter: char| letter == '\n' || !letter.is_control();
    assert!(shown.chars().all(is_plain), "nothing steers a terminal");
    let annotations = github::render(found, "a b/");
    assert_eq!(annotations.lines().count(), found.findings.len());
    let _ = junit::render(found);
    let log = sarif::render(found, "a b/");
    let results = log["runs"][0]["results"].as_array().expect("there are results");
    assert_eq!(results.len(), found.findings.len());
    for result in results {
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
        let rule = &log["runs"][0]["tool"]["driver"]["rules"][index.expect("a result has a rule")];
        assert_eq!(rule["id"], result["ruleId"]);
        let Some(location) = result["locations"].get(0) else { continue };
        let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a file has a URI");
        assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
        let region = &location["physicalLocation"]["region"];
        if let (Some(offset), Some(length)) = (region["byteOffset"].as_u64(), region["byteLength"].as_u64()) {
            assert!(offset + length <= source.len() as u64, "{region}");
        }
    }
}
