//! `keys`, `sign` and `verify`: what is accepted, what is refused, and with which exit code.

use crate::harness::{Run, Sandbox, tool};
use crate::pack::packed;
use alga_ext::bundle::Digest;

const BUNDLE: &str = "app/dist/bundle.tar.zst";
const SIGNATURE: &str = "app/dist/bundle.tar.zst.minisig";
const VERIFY: &str = "verify app/dist/bundle.tar.zst --key key.pub";

/// A packed extension, a key without password, and a signature.
pub(crate) fn signed() -> Sandbox {
    let sandbox = packed();
    sandbox.run("keys generate --no-password --out key").ok();
    sandbox.run(&format!("sign {BUNDLE} --key key")).ok();
    sandbox
}

#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, code: i32, reason: &str) -> Run {
    let run = sandbox.run(&format!("{line} --format json")).expect_code(code);
    let document = run.json();
    assert_eq!((&document["verified"], &document["reason"]), (&false.into(), &reason.into()), "{document:#}");
    assert!(run.stderr.starts_with("error: `app/dist/bundle.tar.zst` is not verified: "), "{}", run.stderr);
    run
}

#[test]
fn a_signed_bundle_verifies_and_says_who_and_what() {
    let sandbox = packed();
    let made = sandbox.run("keys generate --no-password --out key --format json").ok().json();
    let signature = sandbox.run(&format!("sign {BUNDLE} --key key --format json")).ok().json();
    let verified = sandbox.run(&format!("{VERIFY} --format json")).ok().json();
    assert_eq!(signature["signature"], sandbox.path(SIGNATURE).to_str().unwrap());
    assert_eq!(signature["key_id"], made["key_id"]);
    let hash = Digest::of(&sandbox.read(BUNDLE)).to_string();
    for (key, value) in [
        ("reason", "verified"),
        ("key_id", made["key_id"].as_str().unwrap()),
        ("name", "com.acme.hello"),
        ("version", "1.0.0"),
        ("publisher", "Acme Inc"),
        ("content_hash", &hash),
        (
            "trusted_comment",
            &format!(
                "alga-ext name=com.acme.hello version=1.0.0 publisher=Acme%20Inc content_hash={hash} key={} created={}",
                made["key_id"].as_str().unwrap(),
                signature["created"].as_str().unwrap()
            ),
        ),
    ] {
        assert_eq!(verified[key], value, "{key}");
    }
    let checks: Vec<(&str, &str)> = verified["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["check"].as_str().unwrap(), check["outcome"].as_str().unwrap()))
        .collect();
    let expected = [
        ("signature", "passed"),
        ("trust", "passed"),
        ("revocation", "skipped"),
        ("expiry", "passed"),
        ("hash", "passed"),
        ("index", "passed"),
        ("manifest", "passed"),
        ("component", "skipped"),
    ];
    assert_eq!(checks, expected);
    assert_eq!(verified["verified"], true);
    // The key itself will do as well as its file.
    let key = made["key"].as_str().unwrap();
    sandbox.run_args(["verify", BUNDLE, "--key", key]).ok();
    // And no file can stand in its way.
    if !key.contains('/') {
        sandbox.write(key, "another key");
        sandbox.run_args(["verify", BUNDLE, "--key", key]).ok();
    }
    let run = sandbox.run(&format!("{VERIFY} --expect-hash {hash}")).ok();
    assert!(run.stderr.starts_with("verified com.acme.hello 1.0.0"), "{run:?}");
    assert!(
        run.stdout.lines().any(|line| line.starts_with("hash") && line.contains(", as expected")),
        "{run:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_secret_key_is_its_owners_alone_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.run("keys generate --no-password --out keys/acme").ok();
    let mode = fs_err::metadata(sandbox.path("keys/acme")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = sandbox.read("keys/acme");
    let run = sandbox.run("keys generate --no-password --out keys/acme").expect_code(2);
    assert!(run.stderr.contains("is there already"), "{}", run.stderr);
    assert_eq!(sandbox.read("keys/acme"), before);
    fs_err::remove_file(sandbox.path("keys/acme")).unwrap();
    sandbox.run("keys generate --no-password --out keys/acme").expect_code(2);
    assert!(!sandbox.path("keys/acme").exists(), "a public key alone is not written over either");
}

#[test]
fn a_password_comes_from_the_environment_or_a_file_and_never_shows() {
    let sandbox = packed();
    let with_password = |line: &str, password: &str| {
        let mut command = sandbox.alga(line.split_whitespace());
        sandbox.run_command(command.env("ALGA_EXT_KEY_PASSWORD", password))
    };
    let made = with_password("keys generate --out key", "correct horse").ok();
    assert!(!made.stdout.contains("horse") && !made.stderr.contains("horse"));
    with_password(&format!("sign {BUNDLE} --key key"), "correct horse").ok();
    sandbox.run(VERIFY).ok();
    let wrong = with_password(&format!("sign {BUNDLE} --key key"), "wrong horse").expect_code(2);
    assert!(wrong.stderr.contains("the password is not this secret key's"), "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("wrong horse"));
    sandbox.write("password.txt", "correct horse\r\nanother line\n");
    sandbox.run(&format!("sign {BUNDLE} --key key --password-file password.txt")).ok();
    sandbox.write("password.txt", "\n");
    sandbox.run(&format!("sign {BUNDLE} --key key --password-file password.txt")).expect_code(2);
    for line in ["keys generate --out other".to_owned(), format!("sign {BUNDLE} --key key")] {
        let run = sandbox.run(&line).expect_code(2);
        for way in ["on a terminal", "`ALGA_EXT_KEY_PASSWORD`", "`--password-file`"] {
            assert!(run.stderr.contains(way), "{}", run.stderr);
        }
    }
    assert!(!sandbox.path("other").exists());
    for flag in ["--password", "--key-password-from-environment"] {
        sandbox.run(&format!("sign {BUNDLE} --key key {flag} x")).expect_code(2);
    }
}

#[test]
fn a_wrong_password_leaves_the_old_signature() {
    let sandbox = signed();
    let before = sandbox.read(SIGNATURE);
    sandbox.write("password", "x\n");
    sandbox.run("keys generate --out locked --password-file password").ok();
    sandbox.write("password", "y\n");
    sandbox.run(&format!("sign {BUNDLE} --key locked --password-file password")).expect_code(2);
    assert_eq!(sandbox.read(SIGNATURE), before);
}

#[test]
fn keys_that_are_missing_or_none_judge_nothing() {
    let sandbox = signed();
    for (line, said) in [
        (format!("verify {BUNDLE} --key nowhere.pub"), "neither a file nor a public key"),
        (format!("verify {BUNDLE} --key key"), "it is a secret key"),
        (format!("verify {BUNDLE} --key app/manifest.json"), "cannot be used as a key"),
        (format!("verify {BUNDLE} --key app"), "is a folder"),
        (format!("verify {BUNDLE} --key key.pub --expect-hash abc"), "is no content hash"),
        ("verify nowhere.tar.zst --key key.pub".to_owned(), "there is no bundle"),
        (format!("sign {BUNDLE} --key nowhere"), "there is no secret key"),
        (format!("sign {BUNDLE} --key key.pub"), "it is a public key"),
        ("sign nowhere.tar.zst --key key".to_owned(), "there is no bundle"),
    ] {
        let run = sandbox.run(&line).expect_code(2);
        let text = run.stderr.clone();
        assert!(text.contains(said), "{line}\n{text}");
    }
}

#[test]
fn only_a_bundle_is_signed() {
    let sandbox = signed();
    sandbox.write("text", "no archive");
    let run = sandbox.run("sign text --key key").expect_code(1);
    assert!(run.stderr.contains("this is no tar.zst, tar.gz or zip archive"), "{}", run.stderr);
    assert!(!sandbox.path("text.minisig").exists());
}

#[test]
fn each_disagreement_has_its_exit_code() {
    let sandbox = signed();
    let text = String::from_utf8(sandbox.read(SIGNATURE)).unwrap();
    let hash = Digest::of(b"other").hex();
    let run = refused(&sandbox, &format!("{VERIFY} --expect-hash {hash}"), 11, "hash-disagrees");
    assert_eq!(run.json()["content_hash"], Digest::of(&sandbox.read(BUNDLE)).to_string());
    sandbox.run("keys generate --no-password --out other").ok();
    refused(&sandbox, &format!("verify {BUNDLE} --key other.pub"), 12, "other-key");
    sandbox.write(SIGNATURE, text.replace("version=1.0.0", "version=9.0.0"));
    refused(&sandbox, VERIFY, 11, "comment-changed");
    sandbox.write(SIGNATURE, b"\xff\xfe");
    refused(&sandbox, VERIFY, 11, "malformed-signature");
    sandbox.write(SIGNATURE, vec![b'a'; 1 << 20]);
    refused(&sandbox, VERIFY, 11, "malformed-signature");
    fs_err::remove_file(sandbox.path(SIGNATURE)).unwrap();
    refused(&sandbox, VERIFY, 10, "no-signature");
    sandbox.write("elsewhere.minisig", &text);
    sandbox.run(&format!("{VERIFY} --signature elsewhere.minisig")).ok();
    let mut bytes = sandbox.read(BUNDLE);
    bytes[20] ^= 1;
    sandbox.write(BUNDLE, bytes);
    refused(&sandbox, &format!("{VERIFY} --signature elsewhere.minisig"), 11, "bytes-changed");
}

#[test]
fn a_signature_of_another_release_by_the_same_key_is_refused() {
    let sandbox = signed();
    let old = sandbox.read(SIGNATURE);
    let manifest = String::from_utf8(sandbox.read("app/manifest.json")).unwrap();
    sandbox.write("app/manifest.json", manifest.replace("1.0.0", "1.0.1"));
    sandbox.run("-C app pack").ok();
    sandbox.write(SIGNATURE, old);
    refused(&sandbox, VERIFY, 11, "bytes-changed");
}

/// A key holder whose tool lies about the bundle: the signature is good, its comment speaks of another release.
#[test]
fn a_well_signed_lie_about_the_release_is_refused() {
    let sandbox = signed();
    let hash = Digest::of(&sandbox.read(BUNDLE)).to_string();
    let verified = sandbox.run(&format!("{VERIFY} --format json")).ok().json();
    let truth = verified["trusted_comment"].as_str().unwrap().to_owned();
    let id = verified["key_id"].as_str().unwrap().to_owned();
    for lie in [
        truth.replace("1.0.0", "2.0.0"),
        truth.replace("hello", "other"),
        truth.replace("Acme%20Inc", "Evil"),
        truth.replace(&hash, &Digest::of(b"x").to_string()),
        truth.replace("%20", " "),
        format!("{truth} expires=never"),
        truth.split(" key=").next().unwrap().to_owned(),
        "alga-ext".to_owned(),
    ] {
        minisign(
            &sandbox,
            &[
                "-S",
                "-s",
                "key",
                "-m",
                BUNDLE,
                "-t",
                &lie,
                "-c",
                &format!("signature from alga-ext with key {id}"),
            ],
        );
        refused(&sandbox, VERIFY, 11, "identity-disagrees");
    }
    minisign(
        &sandbox,
        &[
            "-S",
            "-s",
            "key",
            "-m",
            BUNDLE,
            "-t",
            &truth,
            "-c",
            &format!("signature from alga-ext with key {id}"),
        ],
    );
    sandbox.run(VERIFY).ok();
}

/// Debian's minisign, in the sandbox.
#[track_caller]
pub(crate) fn minisign(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run_command(sandbox.command("minisign").args(arguments)).ok()
}

#[test]
fn minisign_accepts_our_signatures() {
    let sandbox = signed();
    let run = minisign(&sandbox, &["-Vm", BUNDLE, "-p", "key.pub"]);
    assert!(run.stdout.contains("alga-ext name=com.acme.hello"), "{}", run.stdout);
}

#[test]
fn we_accept_minisigns_signatures_and_say_that_they_name_no_release() {
    let sandbox = signed();
    // With `-l` minisign signs the bytes themselves, as its first versions did.
    for legacy in [&[][..], &["-l"]] {
        minisign(&sandbox, &[&["-S", "-s", "key", "-m", BUNDLE, "-x", "theirs.minisig"], legacy].concat());
        let run = sandbox.run(&format!("{VERIFY} --signature theirs.minisig --format json")).ok();
        let document = run.json();
        assert_eq!((&document["verified"], &document["reason"]), (&true.into(), &"no-identity".into()));
        assert_eq!(document["name"], "com.acme.hello");
        assert!(document["trusted_comment"].as_str().unwrap().starts_with("timestamp:"));
        assert!(run.stderr.contains("warning: the bytes are signed"), "{}", run.stderr);
    }
    sandbox.write("junk", "no bundle at all");
    minisign(&sandbox, &["-S", "-s", "key", "-m", "junk"]);
    let run = sandbox.run("verify junk --key key.pub --format json").expect_code(1);
    assert_eq!(run.json()["reason"], "no-bundle");
}

#[test]
fn minisigns_keys_sign_and_verify_here() {
    let sandbox = packed();
    minisign(&sandbox, &["-G", "-W", "-s", "theirs.key", "-p", "theirs.pub"]);
    sandbox.run(&format!("sign {BUNDLE} --key theirs.key")).ok();
    sandbox.run(&format!("verify {BUNDLE} --key theirs.pub")).ok();
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "theirs.pub"]);
}

#[test]
fn a_signature_may_expire() {
    let sandbox = signed();
    let run = sandbox.run(&format!("sign {BUNDLE} --key key --expires 90d --format json")).ok();
    let expires = run.json()["expires"].as_str().unwrap().to_owned();
    let comment = run.json()["trusted_comment"].as_str().unwrap().to_owned();
    assert!(comment.ends_with(&format!(" expires={expires}")), "{comment}");
    sandbox.run(VERIFY).ok();
    refused(&sandbox, &format!("{VERIFY} --at {expires}"), 13, "expired");
    sandbox.run(&format!("sign {BUNDLE} --key key --expires 2001-01-01")).expect_code(2);
    sandbox.run(&format!("sign {BUNDLE} --key key --expires soon")).expect_code(2);
}

#[test]
fn two_keys_sign_one_bundle_and_minisign_reads_both() {
    let sandbox = signed();
    let other = sandbox.run("keys generate --no-password --out other --format json").ok().json();
    let id = other["key_id"].as_str().unwrap();
    let signed = sandbox.run(&format!("sign {BUNDLE} --key other --format json")).ok().json();
    let further = format!("{BUNDLE}.{id}.minisig");
    assert_eq!(signed["signature"], sandbox.path(&further).to_str().unwrap());
    for key in ["key.pub", "other.pub"] {
        sandbox.run(&format!("verify {BUNDLE} --key {key}")).ok();
    }
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "key.pub"]);
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "other.pub", "-x", &further]);
    // The same key again replaces its own, and other bytes make all of them stale.
    sandbox.run(&format!("sign {BUNDLE} --key other")).ok();
    let page = sandbox.read("app/ui/index.html");
    sandbox.write("app/ui/index.html", [&page[..], b"\n"].concat());
    sandbox.run("-C app pack").ok();
    let run = sandbox.run(&format!("sign {BUNDLE} --key key")).ok();
    assert!(run.stderr.contains("was made for other bytes"), "{}", run.stderr);
    sandbox.run(VERIFY).ok();
}

#[test]
fn a_key_held_elsewhere_signs_through_a_command() {
    let sandbox = packed();
    sandbox.run("keys generate --no-password --out key").ok();
    // What a card does: OpenSSL with the seed as PKCS #8.
    let text = String::from_utf8(sandbox.read("key")).unwrap();
    sandbox.write(
        "sign.py",
        format!(
            "import base64,sys,subprocess,tempfile\nseed=base64.b64decode('{}')[62:94]\n\
             der=bytes.fromhex('302e020100300506032b657004220420')+seed\n\
             k=tempfile.NamedTemporaryFile();k.write(der);k.flush()\n\
             m=tempfile.NamedTemporaryFile();m.write(sys.stdin.buffer.read());m.flush()\n\
             sys.stdout.buffer.write(subprocess.run(['openssl','pkeyutl','-sign','-rawin','-keyform','DER','-inkey',k.name,'-in',m.name],check=True,capture_output=True).stdout)\n",
            text.lines().nth(1).unwrap()
        ),
    );
    let sign =
        |command: &str| sandbox.run_args(["sign", BUNDLE, "--external", command, "--public-key", "key.pub"]);
    sign("python3 sign.py").ok();
    sandbox.run(VERIFY).ok();
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "key.pub"]);
    let before = sandbox.read(SIGNATURE);
    let run = sign("head -c 64 /dev/zero").expect_code(2);
    assert!(run.stderr.contains("none that the public key fits"), "{}", run.stderr);
    let run = sign("echo no card >&2; exit 3").expect_code(1);
    assert!(run.stderr.contains("no card"), "{}", run.stderr);
    assert_eq!(sandbox.read(SIGNATURE), before);
}

#[test]
fn rsign_and_this_tool_accept_each_others_signatures() {
    let sandbox = signed();
    let rsign = |arguments: &[&str]| {
        sandbox.run_command(
            sandbox.command(tool("rsign/bin/rsign")).args(arguments).stdin(std::process::Stdio::null()),
        )
    };
    let run = rsign(&["verify", BUNDLE, "-p", "key.pub", "-x", SIGNATURE]).ok();
    assert!(run.stderr.contains("alga-ext name=com.acme.hello"), "{run:?}");
    rsign(&["sign", "-W", "-s", "key", "-x", "theirs.minisig", BUNDLE]).ok();
    let run = sandbox.run(&format!("{VERIFY} --signature theirs.minisig --format json")).ok();
    assert_eq!(run.json()["reason"], "no-identity");
    let mut bytes = sandbox.read(BUNDLE);
    bytes[100] ^= 1;
    sandbox.write(BUNDLE, bytes);
    assert_ne!(rsign(&["verify", BUNDLE, "-p", "key.pub", "-x", SIGNATURE]).code, 0);
    refused(&sandbox, VERIFY, 11, "bytes-changed");
}

#[test]
fn a_signature_of_another_person_with_another_tool_is_not_written_over() {
    let sandbox = packed();
    sandbox.run("keys generate --no-password --out key").ok();
    minisign(&sandbox, &["-G", "-W", "-s", "theirs.key", "-p", "theirs.pub"]);
    minisign(&sandbox, &["-S", "-s", "theirs.key", "-m", BUNDLE]);
    let theirs = sandbox.read(SIGNATURE);
    let run = sandbox.run(&format!("sign {BUNDLE} --key key")).ok();
    assert_eq!(sandbox.read(SIGNATURE), theirs);
    assert!(!run.stderr.contains("other bytes"), "{}", run.stderr);
    sandbox.run(VERIFY).ok();
    sandbox.run(&format!("verify {BUNDLE} --key theirs.pub")).ok();
    // By the same key, it is replaced.
    sandbox.run(&format!("sign {BUNDLE} --key theirs.key")).ok();
    assert_ne!(sandbox.read(SIGNATURE), theirs);
    // What is no signature is replaced, too.
    sandbox.write(SIGNATURE, "nonsense");
    sandbox.run(&format!("sign {BUNDLE} --key key")).ok();
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "key.pub"]);
}
