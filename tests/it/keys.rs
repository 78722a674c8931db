//! `keys`: the user's own folder of keys, and the ways a key and its password come in.

use crate::harness::Sandbox;
use crate::pack::packed;
use crate::sign::minisign;
use std::os::unix::fs::PermissionsExt;

const BUNDLE: &str = "app/dist/bundle.tar.zst";
const FOLDER: &str = ".config/alga-ext/keys";

#[test]
fn a_publisher_has_a_default_key() {
    let sandbox = packed();
    let made = sandbox
        .run_args([
            "keys",
            "generate",
            "--name",
            "acme",
            "--publisher",
            "Acme Inc",
            "--no-password",
            "--format",
            "json",
        ])
        .ok()
        .json();
    sandbox.run("keys generate --name other --no-password").ok();
    let permissions =
        fs_err::metadata(sandbox.path(format!("{FOLDER}/acme.key"))).unwrap().permissions().mode();
    assert_eq!(permissions & 0o777, 0o600);
    let ring = sandbox.run("keys list --format json").ok().json();
    let names: Vec<_> = ring["keys"].as_array().unwrap().iter().map(|key| key["name"].clone()).collect();
    assert_eq!(names, ["acme", "other"]);
    assert_eq!(ring["keys"][0]["publishers"], serde_json::json!(["Acme Inc"]));
    let signed = sandbox.run(&format!("sign {BUNDLE} --format json")).ok().json();
    assert_eq!(signed["key_id"], made["key_id"]);
    let public = sandbox.run("keys export acme").ok().stdout;
    assert!(!public.contains("secret"));
    sandbox.write("acme.pub", public);
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "acme.pub"]);
    sandbox.run_args(["keys", "default", "Acme Inc", "other"]).ok();
    let signed = sandbox.run(&format!("sign {BUNDLE} --format json")).ok().json();
    assert_ne!(signed["key_id"], made["key_id"]);
    // A name will do where a file is wanted; a name that leads elsewhere is none.
    sandbox.run(&format!("sign {BUNDLE} --key acme")).ok();
    sandbox.run("keys generate --name ../evil --no-password").expect_code(2);
    sandbox.run_args(["keys", "default", "Acme Inc", "nobody"]).expect_code(2);
    let elsewhere = sandbox.run(&format!("sign {BUNDLE} --keys elsewhere")).expect_code(2);
    assert!(elsewhere.stderr.contains("`Acme Inc` has no default one"), "{}", elsewhere.stderr);
}

#[test]
fn ci_gives_the_key_and_its_password_by_environment_or_descriptor() {
    let sandbox = packed();
    let run = |line: &str, variables: &[(&str, &str)]| {
        let mut command = sandbox.alga(line.split_whitespace());
        sandbox.run_command(command.envs(variables.iter().copied()))
    };
    run("keys generate --out key", &[("ALGA_EXT_KEY_PASSWORD", "correct horse")]).ok();
    let text = String::from_utf8(sandbox.read("key")).unwrap();
    fs_err::remove_file(sandbox.path("key")).unwrap();
    // The whole file, or its second line alone.
    for key in [text.as_str(), text.lines().nth(1).unwrap()] {
        let variables = [("ALGA_EXT_SIGNING_KEY", key), ("ALGA_EXT_KEY_PASSWORD", "correct horse")];
        let run = run(&format!("sign {BUNDLE}"), &variables).ok();
        assert!(!run.stdout.contains("horse") && !run.stderr.contains(key));
    }
    let wrong = run(&format!("sign {BUNDLE}"), &[("ALGA_EXT_SIGNING_KEY", "nonsense")]).expect_code(2);
    assert!(wrong.stderr.contains("`ALGA_EXT_SIGNING_KEY` cannot be used as a key"), "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("nonsense"), "{}", wrong.stderr);
    sandbox.write("text", &text);
    sandbox.write("password", "correct horse\n");
    let line = format!(
        "exec {} sign {BUNDLE} --key-fd 3 --password-fd 4 3<text 4<password",
        env!("CARGO_BIN_EXE_alga-ext")
    );
    sandbox.run_command(sandbox.command("sh").args(["-c", &line])).ok();
    sandbox.run(&format!("verify {BUNDLE} --key key.pub")).ok();
}

#[test]
fn a_key_of_minisigns_is_imported_and_its_password_changed() {
    let sandbox = packed();
    minisign(&sandbox, &["-G", "-W", "-s", "theirs.key", "-p", "theirs.pub"]);
    sandbox.write("one", "first\n");
    sandbox.write("two", "second\n");
    sandbox.run("keys import theirs.key --name theirs --new-password-file one").ok();
    sandbox.run("keys import theirs.key --name theirs --no-password").expect_code(2);
    let listed = sandbox.run("keys list").ok().stdout;
    assert!(listed.contains("encrypted"), "{listed}");
    sandbox.run("keys change-password theirs --password-file two --new-password-file two").expect_code(2);
    sandbox.run("keys change-password theirs --password-file one --new-password-file two").ok();
    sandbox.run(&format!("sign {BUNDLE} --key theirs --password-file one")).expect_code(2);
    sandbox.run(&format!("sign {BUNDLE} --key theirs --password-file two")).ok();
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "theirs.pub"]);
    // What this tool encrypted opens elsewhere: minisign asks for the password on standard input.
    let line = format!("printf 'second\\n' | minisign -S -s {FOLDER}/theirs.key -m {BUNDLE} -x out.minisig");
    sandbox.run_command(sandbox.command("sh").args(["-c", &line])).ok();
    minisign(&sandbox, &["-Vm", BUNDLE, "-p", "theirs.pub", "-x", "out.minisig"]);
    let mode = fs_err::metadata(sandbox.path(format!("{FOLDER}/theirs.key"))).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(Sandbox::new().run("keys list").ok().stdout.trim().is_empty());
}

#[test]
fn a_key_behind_a_link_gets_its_password_where_it_is() {
    let sandbox = Sandbox::new();
    sandbox.run("keys generate --out vault/acme.key --no-password").ok();
    sandbox.write("one", "first\n");
    fs_err::create_dir_all(sandbox.path(FOLDER)).unwrap();
    let link = sandbox.path(format!("{FOLDER}/acme.key"));
    fs_err::os::unix::fs::symlink(sandbox.path("vault/acme.key"), &link).unwrap();
    sandbox.run("keys change-password acme --new-password-file one").ok();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    let text = String::from_utf8(sandbox.read("vault/acme.key")).unwrap();
    assert!(text.contains("minisign encrypted secret key"), "{text}");
    let mode = fs_err::metadata(sandbox.path("vault/acme.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // The list of defaults may lie elsewhere, too.
    sandbox.write("vault/defaults.yaml", "Acme Inc: other\n");
    let defaults = sandbox.path(format!("{FOLDER}/defaults.yaml"));
    fs_err::os::unix::fs::symlink(sandbox.path("vault/defaults.yaml"), &defaults).unwrap();
    sandbox.run_args(["keys", "default", "Acme Inc", "acme"]).ok();
    assert_eq!(sandbox.read("vault/defaults.yaml"), b"Acme Inc: acme\n");
}

#[test]
fn what_is_no_key_in_the_folder_of_keys_spoils_no_list() {
    let sandbox = Sandbox::new();
    sandbox.run("keys generate --name acme --no-password").ok();
    sandbox.run("keys generate --name bare --no-password").ok();
    fs_err::remove_file(sandbox.path(format!("{FOLDER}/bare.key.pub"))).unwrap();
    sandbox.write(format!("{FOLDER}/my old.key"), "x");
    sandbox.write(format!("{FOLDER}/broken.key"), "nonsense");
    fs_err::create_dir(sandbox.path(format!("{FOLDER}/folder.key"))).unwrap();
    let run = sandbox.run("keys list --format json").ok();
    let keys = run.json()["keys"].clone();
    let names: Vec<&str> = keys.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme"]);
    for said in ["`my old` is no name for a key", "bare.key.pub", "broken.key"] {
        assert!(run.stderr.contains(said), "{said}\n{}", run.stderr);
    }
    assert_eq!(run.stderr.matches("warning:").count(), 3, "{}", run.stderr);
}

#[test]
fn a_folder_named_like_a_key_does_not_hide_it() {
    let sandbox = packed();
    sandbox.run("keys generate --name acme --no-password").ok();
    fs_err::create_dir(sandbox.path("acme")).unwrap();
    sandbox.run(&format!("sign {BUNDLE} --key acme")).ok();
}
