//! Every form of lock file, each of the same few packages: `a` needs `@s/b`, that needs `c`; `d` is for development.

use super::*;

const INTEGRITY: &str =
    "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
const ASKED: &str = r#"{"dependencies": {"a": "^1.0.0"}, "devDependencies": {"d": "4.0.0"}}"#;

fn npm() -> Lock {
    let text = r#"{"packages": {
        "": {"dependencies": {"a": "^1.0.0"}, "devDependencies": {"d": "4.0.0"}},
        "packages/ui": {"dependencies": {"a": "^1.0.0", "shared": "*", "gone": "1"}},
        "packages/shared": {"version": "0.1.0", "optionalDependencies": {"e": "5.0.0"}},
        "node_modules/a": {"version": "1.0.0", "integrity": "INTEGRITY", "license": "MIT", "dependencies": {"@s/b": "2"}},
        "node_modules/@s/b": {"version": "9.0.0"},
        "node_modules/a/node_modules/@s/b": {"version": "2.0.0", "dependencies": {"c": "3", "a": "1"}},
        "node_modules/c": {"name": "real", "version": "3.0.0"},
        "node_modules/d": {"version": "4.0.0", "dev": true},
        "node_modules/e": {"version": "5.0.0", "optional": true},
        "node_modules/shared": {"resolved": "packages/shared", "link": true}
    }}"#;
    Lock::Npm(serde_json::from_str(&text.replace("INTEGRITY", INTEGRITY)).unwrap())
}

fn pnpm(key: fn(&str) -> String, part: &str) -> Lock {
    let (a, b, c) = (key("a@1.0.0"), key("@s/b@2.0.0"), key("c@3.0.0"));
    let text = format!(
        "importers:\n  .:\n    dependencies:\n      a: {{specifier: ^1.0.0, version: 1.0.0}}\n    devDependencies:\n      \
         d: {{specifier: 4.0.0, version: 4.0.0}}\n  packages/ui:\n    dependencies:\n      shared: {{specifier: '*', \
         version: link:../shared}}\n  packages/shared:\n    dependencies:\n      c: {{specifier: 3, version: 3.0.0}}\n\
         packages:\n  {a}:\n    resolution: {{integrity: {INTEGRITY}}}\n{part}  {a}:\n    dependencies:\n      \
         '@s/b': 2.0.0\n  {b}:\n    dependencies:\n      c: 3.0.0\n  {c}: {{}}\n"
    );
    Lock::Pnpm(yaml::parse(&text).unwrap())
}

fn yarn(berry: bool) -> Lock {
    let text = format!(
        "# yarn lockfile v1\n\n\"a@^1.0.0\", \"a@~1.0.0\":\n  version \"1.0.0\"\n  resolved \"https://x\"\n  integrity \
         {INTEGRITY}\n  dependencies:\n    \"@s/b\" \"2\"\n\n\"@s/b@2\":\n  version \"2.0.0\"\n  dependencies:\n    c \
         \"npm:real@3\"\n\n\"c@npm:real@3\":\n  version \"3.0.0\"\n\nd@4.0.0:\n  version \"4.0.0\"\n"
    );
    let later = "__metadata:\n  version: 8\n\n\"a@npm:^1.0.0, a@npm:~1.0.0\":\n  version: 1.0.0\n  dependencies:\n    \
                 \"@s/b\": \"npm:2\"\n  checksum: 10c0/ab\n\n\"@s/b@npm:2\":\n  version: 2.0.0\n  dependencies:\n    c: \
                 \"npm:real@3\"\n\n\"c@npm:real@3\":\n  version: 3.0.0\n\n\"d@npm:4.0.0\":\n  version: 4.0.0\n";
    Lock::Yarn(entries(if berry { later } else { &text }))
}

fn needed(lock: &Lock, inside: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("package.json"), ASKED).unwrap();
    lock.needed(folder.path(), inside)
        .into_iter()
        .map(|(name, version)| format!("{name}@{version}"))
        .collect()
}

#[test]
fn what_a_package_needs_is_followed_to_its_end() {
    assert_eq!(needed(&npm(), ""), ["@s/b@2.0.0", "a@1.0.0", "real@3.0.0"]);
    let pnpms = [
        pnpm(|key| format!("'{key}'"), "snapshots:\n"),
        pnpm(|key| format!("'/{key}'"), "snapshots:\n"),
        pnpm(|key| format!("{key:?}"), "snapshots:\n"),
    ];
    for lock in &pnpms {
        assert_eq!(needed(lock, ""), ["@s/b@2.0.0", "a@1.0.0", "c@3.0.0"]);
        assert_eq!(needed(lock, "packages/ui"), ["c@3.0.0"]);
        assert_eq!(needed(lock, "packages/none"), [""; 0]);
    }
    for berry in [false, true] {
        assert_eq!(needed(&yarn(berry), ""), ["@s/b@2.0.0", "a@1.0.0", "real@3.0.0"], "{berry}");
    }
    let old = r#"{"dependencies": {"a": {"version": "1.0.0", "dependencies": {"c": {"version": "3.0.0"}}},
        "d": {"version": "4.0.0", "dev": true}}}"#;
    assert_eq!(needed(&Lock::Npm(serde_json::from_str(old).unwrap()), ""), ["a@1.0.0", "c@3.0.0"]);
}

#[test]
fn packages_of_a_workspace_are_followed_and_not_listed() {
    assert_eq!(needed(&npm(), "packages/ui"), ["@s/b@2.0.0", "a@1.0.0", "e@5.0.0", "real@3.0.0"]);
    assert_eq!(needed(&npm(), "packages/none"), [""; 0]);
}

#[test]
fn peers_that_npm_installs_are_needed_and_optional_ones_are_not() {
    let text = r#"{"packages": {
        "": {"dependencies": {"a": "1"}, "devDependencies": {"o": "1"}},
        "node_modules/a": {"version": "1.0.0", "peerDependencies": {"p": "2", "o": "1", "absent": "1"},
            "peerDependenciesMeta": {"o": {"optional": true}}},
        "node_modules/p": {"version": "2.0.0", "peer": true, "dependencies": {"q": "3"}},
        "node_modules/q": {"version": "3.0.0", "peer": true},
        "node_modules/o": {"version": "1.0.0", "dev": true}
    }}"#;
    assert_eq!(
        needed(&Lock::Npm(serde_json::from_str(text).unwrap()), ""),
        ["a@1.0.0", "p@2.0.0", "q@3.0.0"]
    );
}

#[test]
fn hashes_and_licences_are_read_from_every_form() {
    let a = ("a".to_owned(), "1.0.0".to_owned());
    for lock in [npm(), pnpm(|key| format!("'{key}'"), "snapshots:\n"), yarn(false)] {
        assert_eq!(lock.all()[&a].integrity.as_deref(), Some(INTEGRITY), "{lock:?}");
    }
    assert_eq!(npm().all()[&a].licence.as_deref(), Some("MIT"));
    assert!(npm().all().contains_key(&("real".to_owned(), "3.0.0".to_owned())));
    let old =
        r#"{"dependencies": {"@a/b": {"version": "1.0.0", "dependencies": {"c": {"version": "2.0.0"}}}}}"#;
    assert_eq!(Lock::Npm(serde_json::from_str(old).unwrap()).all().len(), 2);
}

#[test]
fn a_lock_file_in_circles_or_of_nonsense_ends() {
    let text = r#"{"packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1", "dependencies": {"a": "1"}},
        "node_modules/b": 7}}"#;
    assert_eq!(needed(&Lock::Npm(serde_json::from_str(text).unwrap()), ""), ["a@1"]);
    for text in ["", "a", "  x\n", "\"", "@:\n  version\n", "é\n  é é\n    é\n"] {
        let lock = Lock::Yarn(entries(text));
        lock.all();
        needed(&lock, "");
    }
}
