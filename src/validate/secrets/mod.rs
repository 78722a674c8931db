//! Secrets in files that are about to be packed: whoever installs the extension, or opens its UI, can read them.
//!
//! What is found is never printed: only its kind, its place and enough of it to recognise it.

mod rules;

use super::judge::with_help;
use crate::findings::{Code, Finding, Text};
use rules::Found;
use sha2::{Digest as _, Sha256};

/// Files whose names alone say that they hold secrets.
const NAMES: [&str; 10] = [
    ".env",
    ".npmrc",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "credentials.json",
];
/// The same by their endings.
const ENDINGS: [&str; 6] = [".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx"];
/// The digits of a hash that a finding shows, and the fewest that allow it.
pub(super) const DIGITS: usize = 16;
/// More than one file's secrets need telling.
const MOST: usize = 20;

/// Judges one file: its name and its bytes. `file` is its name in findings.
pub(super) fn judge(path: &str, file: &str, bytes: &[u8]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = name(path).map(|finding| finding.in_file(file)).into_iter().collect();
    let is_text = std::str::from_utf8(bytes).is_ok();
    let found = rules::search(bytes, is_text);
    if found.is_empty() {
        return findings;
    }
    let text = std::str::from_utf8(bytes).ok().map(Text::new);
    findings.extend(found.iter().take(MOST).map(|found| finding(found, bytes, file, text.as_ref())));
    findings
}

/// A file that is a secret as a whole.
fn name(path: &str) -> Option<Finding> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let dotenv =
        name.strip_prefix(".env.").is_some_and(|rest| !matches!(rest, "example" | "sample" | "template"));
    let is_one =
        NAMES.contains(&name.as_str()) || ENDINGS.iter().any(|ending| name.ends_with(ending)) || dotenv;
    is_one.then(|| {
        let message = format!("`{path}` is a file that holds secrets");
        with_help(
            Code::SECRET_FILE,
            message,
            "keep it outside of what is packed, and revoke what has been published",
        )
    })
}

fn finding(found: &Found, bytes: &[u8], file: &str, text: Option<&Text>) -> Finding {
    let secret = bytes.get(found.range.clone()).unwrap_or_default();
    let hash = hash(secret);
    let code = if found.is_certain { Code::SECRET_FOUND } else { Code::SECRET_LIKELY };
    let mut message = format!("`{}` looks like {}", redacted(secret), found.kind);
    if text.is_none() {
        message = format!("{message}, at byte {} of the file", found.range.start);
    }
    let help = format!(
        "take it out and revoke it; secrets of an installation come from `alga:extension/secrets`. If it is none, say so in alga-ext.yaml: `validate: {{ not_secret: [{{ sha256: {hash}, reason: … }}] }}`"
    );
    let finding = with_help(code, message, help).in_file(file);
    let Some(text) = text else { return finding };
    // A byte order mark is no part of the text that places are counted in.
    let mark = if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let at = |place: usize| place.saturating_sub(mark);
    let mut finding = finding.within(text, at(found.range.start), at(found.range.end));
    // The line would show it.
    finding.excerpt = None;
    finding
}

/// The digits that allow it.
fn hash(secret: &[u8]) -> String {
    let mut digits = format!("{:x}", Sha256::digest(secret));
    digits.truncate(DIGITS);
    digits
}

/// Enough to recognise it by: what says its kind, and its length.
fn redacted(secret: &[u8]) -> String {
    let text = String::from_utf8_lossy(secret);
    let length = text.chars().count();
    let shown: String = text.chars().take(if length >= 16 { 4 } else { 1 }).collect();
    let shown: String =
        shown.chars().map(|letter| if letter.is_control() || letter == '`' { '·' } else { letter }).collect();
    format!("{shown}… ({length} characters)")
}

/// The digits a finding shows.
fn digits(finding: &Finding) -> Option<&str> {
    let (_, rest) = finding.help.as_deref()?.split_once("sha256: ")?;
    rest.get(..DIGITS)
}

/// Whether two findings are about one secret.
pub(super) fn is_same(one: &Finding, other: &Finding) -> bool {
    digits(one).is_some() && digits(one) == digits(other)
}

/// Whether a finding's secret is allowed by this hash.
pub(super) fn is_allowed(finding: &Finding, hash: &str) -> bool {
    if !matches!(finding.code, Code::SECRET_FOUND | Code::SECRET_LIKELY | Code::CONFIG_SECRET) {
        return false;
    }
    let Some(own) = digits(finding) else { return false };
    hash.len() >= DIGITS && hash.to_ascii_lowercase().starts_with(own)
}

/// Judges a value of the project file, which is not packed and often shared.
pub(super) fn in_config(value: &str) -> Option<(&'static str, String)> {
    let found = rules::search(value.as_bytes(), true).into_iter().find(|found| found.is_certain)?;
    let secret = value.as_bytes().get(found.range)?;
    Some((found.kind, format!("`{}`; sha256: {}", redacted(secret), hash(secret))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner takes this file for one that leaks.
    fn token() -> String {
        format!("ghp{}{}", '_', "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
    }

    #[test]
    fn a_secret_is_placed_and_never_shown() {
        let text = format!("\u{feff}const a = 1;\nconst token = '{}';\n", token());
        let found = judge("ui/app.js", "ui/app.js", text.as_bytes());
        let shown = format!("{found:?}");
        assert!(!shown.contains(&token()) && shown.contains("GitHub"), "{shown}");
        assert_eq!((found[0].line, found[0].column), (Some(2), Some(16)));
        let span = found[0].span.unwrap();
        assert_eq!(&text[span.start..span.end], token());
    }

    #[test]
    fn a_hash_allows_one_secret_and_no_other() {
        let found = judge("ui/app.js", "ui/app.js", token().as_bytes());
        let own = hash(token().as_bytes());
        assert!(is_allowed(&found[0], &own));
        assert!(is_allowed(&found[0], &format!("{own}00ff")));
        assert!(!is_allowed(&found[0], "0000000000000000") && !is_allowed(&found[0], &own[..8]));
    }

    #[test]
    fn names_of_secret_files_are_told() {
        for (path, expected) in [
            ("ui/.env", true),
            ("ui/.env.production", true),
            ("ui/.env.example", false),
            ("keys/id_ed25519", true),
            ("ui/cert.P12", true),
            ("ui/environment.json", false),
        ] {
            assert_eq!(!judge(path, path, b"").is_empty(), expected, "{path}");
        }
    }

    #[test]
    fn in_a_binary_the_byte_is_told() {
        let mut bytes = vec![0, 0xff, 0xfe];
        bytes.extend(token().as_bytes());
        bytes.push(0);
        let found = judge("dist/main.wasm", "dist/main.wasm", &bytes);
        assert!(found[0].message.ends_with("at byte 3 of the file"), "{}", found[0].message);
    }
}
