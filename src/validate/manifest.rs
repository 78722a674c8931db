//! A manifest judged alone.

use super::judge::{Judge, with_help};
use super::{Overlay, capabilities, endpoints, identity, shape, ui};
use crate::findings::{Code, Edit, Finding, Findings, Fix, Text};
use crate::manifest::loose;
use crate::manifest::source::{self, Kind, MAX_BYTES, Node};
use std::path::Path;

/// Judges a manifest's text alone. `file` is the name findings carry.
pub fn manifest(text: &str, file: &str) -> Findings {
    Findings::new(judge(text, file).0)
}

/// Judges a manifest file alone; what cannot be read as text is a finding too.
pub(super) fn manifest_with(path: &Path, file: &str, overlay: &Overlay) -> std::io::Result<Findings> {
    Ok(match read(path, file, overlay)? {
        Ok(text) => manifest(&text, file),
        Err(finding) => Findings::new(vec![*finding]),
    })
}

/// The findings and, when the text is a JSON object, its tree.
pub(super) fn judge(text: &str, file: &str) -> (Vec<Finding>, Option<Node>) {
    if text.len() > MAX_BYTES {
        return (vec![too_large(file)], None);
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut judge = Judge::new(text, file);
    if body.len() < text.len() {
        let message = "the file begins with a byte order mark, which is no JSON";
        let help = "save it as UTF-8 without a byte order mark";
        let mark = Edit::delete((0..text.len() - body.len()).into());
        judge
            .add(0, 0, with_help(Code::MANIFEST_UNREADABLE, message, help))
            .fix(Fix::safe("remove the byte order mark", vec![mark]));
    }
    let root = match source::read(body) {
        Ok(root) => root,
        Err(error) => {
            let message = format!("not JSON: {error}");
            let finding = with_help(Code::MANIFEST_SYNTAX, message, error.help.unwrap_or_default());
            let extra = loose::to_strict(body).unwrap_or_default();
            let edits: Vec<Edit> = extra.into_iter().map(|range| Edit::delete(judge.span(range))).collect();
            let fix = Fix::safe("remove the comments and the commas after last items", edits);
            judge.add(error.start, error.end, finding).maybe(Some(fix).filter(|fix| !fix.edits.is_empty()));
            return (judge.findings, None);
        }
    };
    if !matches!(root.kind, Kind::Object(_)) {
        let message = format!("the manifest is {}, and an object is wanted", root.type_name());
        judge.value(&root, Code::WRONG_TYPE, message, "write `{\"name\": …}`");
        return (judge.findings, None);
    }
    shape::judge(&mut judge, &root);
    identity::judge(&mut judge, &root);
    capabilities::judge(&mut judge, &root);
    ui::judge(&mut judge, &root);
    endpoints::judge(&mut judge, &root);
    (judge.findings, Some(root))
}

/// The manifest's text, or the finding that there is none. Fails when the system does not let it be read.
pub(super) fn read(
    path: &Path,
    file: &str,
    overlay: &Overlay,
) -> std::io::Result<Result<String, Box<Finding>>> {
    if path.is_dir() {
        let message = "it is a folder, and a file is wanted";
        return Ok(Err(Box::new(Finding::new(Code::MANIFEST_UNREADABLE, message).in_file(file))));
    }
    Ok(decode(overlay.read(path, u64::try_from(MAX_BYTES).unwrap_or(u64::MAX))?, file))
}

/// Bytes as the manifest's text.
pub(super) fn decode(bytes: Vec<u8>, file: &str) -> Result<String, Box<Finding>> {
    if bytes.len() > MAX_BYTES {
        return Err(Box::new(too_large(file)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let text = String::from_utf8_lossy(&bytes);
        let message =
            if utf16 { "the file is UTF-16, and UTF-8 is wanted" } else { "a byte that is not UTF-8" };
        let finding =
            with_help(Code::MANIFEST_UNREADABLE, message, "save it as UTF-8 without a byte order mark");
        // Up to the first bad byte the replaced text has the same offsets.
        Box::new(finding.in_file(file).within(&Text::new(&text), valid, valid))
    })
}

fn too_large(file: &str) -> Finding {
    let message = format!("it is larger than {} KiB, no manifest", MAX_BYTES / 1024);
    Finding::new(Code::MANIFEST_UNREADABLE, message).in_file(file)
}
