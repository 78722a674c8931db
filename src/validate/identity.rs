//! Name, version and runtime.

use super::judge::Judge;
use super::shape::rewritten;
use crate::findings::{Code, Fix};
use crate::manifest::source::Node;
use crate::manifest::trim;

/// The one runtime there is.
const RUNTIME: &str = "wasm-js@1";

/// Judges what identifies an extension.
pub(super) fn judge(judge: &mut Judge, root: &Node) {
    if let Some((node, name)) = text(root, "name")
        && !is_reverse_domain(name)
    {
        let message = format!("`{name}` is not in reverse-domain form");
        let help = "write two or more lower-case labels of letters, digits and hyphens: `com.acme.reports`";
        judge.value(node, Code::NAME_NOT_REVERSE_DOMAIN, message, help);
    }
    if let Some((node, version)) = text(root, "version") {
        if !is_version(version) {
            let message = format!("`{version}` is no version");
            let fix = version.strip_prefix(['v', 'V']).filter(|rest| is_version(rest));
            let fix = fix
                .map(|rest| judge.rewrite(node, rest))
                .or_else(|| near_version(version).map(|near| judge.suggest(node, &near)));
            judge.value(node, Code::VERSION_INVALID, message, version_help(version)).maybe(fix);
        } else if !is_wildcard(version) && !is_semantic(version) {
            let message = format!("`{version}` is published and is not semantic versioning");
            let help = "no leading zeros, no empty identifiers: `1.2.3`, `1.2.3-beta.1`";
            judge.value(node, Code::VERSION_NOT_SEMVER, message, help);
        } else if let Some(front) = version.strip_suffix('*').filter(|_| is_wildcard(version)) {
            let message = format!(
                "`{version}` is published as `{front}0`, or as one more than the highest `{front}N` there is"
            );
            judge.value(
                node,
                Code::VERSION_WILDCARD,
                message,
                "write the number where a release must say it",
            );
        }
    }
    for key in ["name", "publisher"] {
        if let Some((node, text)) = text(root, key).filter(|(_, text)| is_placeholder(text)) {
            let message = format!("`{key}` is `{text}`, which a template left");
            judge.value(node, Code::PLACEHOLDER, message, "write your own before it is published");
        }
    }
    for key in ["name", "publisher", "version"] {
        if let Some((node, stored)) = text(root, key) {
            rewritten(judge, node, key, stored);
        }
    }
    if let Some((node, runtime)) = text(root, "runtime") {
        let help = "write `wasm-js@1`";
        let fix = runtime_fix(judge, node, runtime);
        if !runtime.contains(['@', '-']) {
            let message =
                format!("`{runtime}` is no runtime: publishing wants a name and a version with `@`");
            judge.value(node, Code::RUNTIME_INVALID, message, help).fix(fix);
        } else if runtime != RUNTIME {
            let message = format!("`{runtime}` is no runtime the platform has");
            judge.value(node, Code::RUNTIME_UNKNOWN, message, help).fix(fix);
        }
    }
}

fn text<'a>(root: &'a Node, key: &str) -> Option<(&'a Node, &'a str)> {
    let node = root.get(key)?;
    let text = trim(node.as_str()?);
    (!text.is_empty()).then_some((node, text))
}

/// Words that stand for a name nobody has given yet.
const PLACEHOLDERS: [&str; 16] = [
    "example",
    "publisher",
    "company",
    "yourcompany",
    "yourcompanyname",
    "yourname",
    "yourorg",
    "yourorganization",
    "yourpublisher",
    "mycompany",
    "changeme",
    "todo",
    "tbd",
    "placeholder",
    "packagename",
    "yourdomain",
];

/// Whether a name, or the second label of one in reverse-domain form, is a template's.
fn is_placeholder(text: &str) -> bool {
    let left = ["{{", "}}", "${", "__PACKAGE_NAME__", "<%"].iter().any(|mark| text.contains(mark));
    let bare = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let label = text.split('.').nth(1).filter(|_| is_reverse_domain(text)).unwrap_or(text);
    left || PLACEHOLDERS.contains(&bare(label).as_str()) || text.starts_with('<') && text.ends_with('>')
}

/// The schema's name rule (contract/registry.md §1.3).
pub(super) fn is_reverse_domain(name: &str) -> bool {
    let label = |label: &str| {
        let inside = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        !label.is_empty() && label.chars().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.contains('.') && name.split('.').all(label)
}

/// The publishing gate's version rule (contract/registry.md §1.3).
pub(super) fn is_version(version: &str) -> bool {
    let run = |text: &str| {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-';
        !text.is_empty() && text.chars().all(allowed)
    };
    let (rest, build) = version.split_once('+').map_or((version, None), |(rest, build)| (rest, Some(build)));
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
    let three = core.split('.').count() == 3 && core.split('.').all(is_number);
    is_wildcard(version) || three && pre.is_none_or(run) && build.is_none_or(run)
}

/// The grammar of semantic versioning 2.0.0, in numbers of any length.
pub(super) fn is_semantic(version: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| is_number(text) && (text == "0" || !text.starts_with('0'));
    let identifier = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let (rest, build) = version.split_once('+').map_or((version, None), |(rest, build)| (rest, Some(build)));
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
    let pre_is_good =
        pre.is_none_or(|pre| pre.split('.').all(|part| identifier(part) && (!digits(part) || number(part))));
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre_is_good
        && build.is_none_or(|build| build.split('.').all(identifier))
}

fn is_wildcard(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    matches!(parts.as_slice(), [major, minor, "*"] if is_number(major) && is_number(minor))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Another spelling of `wasm-js@1` can only mean it; any other runtime may have been meant.
fn runtime_fix(judge: &Judge, node: &Node, runtime: &str) -> Fix {
    let letters: String = runtime.chars().filter(char::is_ascii_alphanumeric).collect();
    let bare = letters.to_ascii_lowercase();
    let is_spelling = matches!(bare.trim_end_matches('0'), "wasmjs" | "wasmjs1" | "wasmjsv1");
    if is_spelling { judge.rewrite(node, RUNTIME) } else { judge.suggest(node, RUNTIME) }
}

/// The version someone probably meant.
fn near_version(version: &str) -> Option<String> {
    let bare = version.strip_prefix(['v', 'V', '=', '^', '~']).unwrap_or(version);
    let padded = format!("{bare}.0");
    [bare.to_owned(), padded.clone(), format!("{padded}.0")].into_iter().find(|version| is_version(version))
}

fn version_help(version: &str) -> String {
    match near_version(version) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write `X.Y.Z`, or `X.Y.*` for the next free patch".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_judged_as_publishing_does() {
        for good in ["1.2.3", "01.2.3", "1.0.0-..", "1.0.0-a-b.1+x.-", "0.1.*", "1.0.0+build"] {
            assert!(is_version(good), "{good}");
        }
        for bad in
            ["", "1", "1.2", "1.2.3.4", "1.*", "1.*.0", "*", "v1.0.0", "1.0.0-", "1.0.0+", "1.0.x", "1.0.*-a"]
        {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn semantic_versions_are_those_of_semver_org() {
        for good in [
            "0.0.4",
            "1.1.2-prerelease+meta",
            "1.0.0-0A.is.legal",
            "99999999999999999999999.1.0",
            "1.0.0-a--b",
        ] {
            assert!(is_semantic(good), "{good}");
        }
        for bad in [
            "1",
            "1.2",
            "1.2.3-0123",
            "1.0.0-..",
            "01.1.1",
            "1.2.3+",
            "0.1.*",
            " 1.2.3",
            "1.2.3-+b",
            "v1.2.3",
        ] {
            assert!(!is_semantic(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_judged_as_the_schema_does() {
        for good in ["com.acme", "com.acme.x-1", "a.b.c.d"] {
            assert!(is_reverse_domain(good), "{good}");
        }
        for bad in ["acme", "Com.acme", "com..acme", "com.acme_x", "-a.b", "a.b-", ".a", "a."] {
            assert!(!is_reverse_domain(bad), "{bad}");
        }
    }

    #[test]
    fn a_near_version_is_suggested() {
        assert_eq!(version_help("v1.2.3"), "did you mean `1.2.3`?");
        assert_eq!(version_help("1.2"), "did you mean `1.2.0`?");
        assert_eq!(version_help("1"), "did you mean `1.0.0`?");
        assert!(version_help("latest").starts_with("write"));
    }
}
