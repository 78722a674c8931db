//! The command line itself.

use crate::harness::Sandbox;

#[test]
fn the_version_is_printed() {
    let run = Sandbox::new().run("--version").ok();
    assert_eq!(run.stdout, format!("alga-ext {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_word_that_is_no_command_is_wrong_usage() {
    let run = Sandbox::new().run("frobnicate").expect_code(2);
    assert!(run.stderr.contains("frobnicate"), "{}", run.stderr);
}

#[test]
fn without_a_project_the_way_to_one_is_named() {
    let run = Sandbox::new().run("build").expect_code(2);
    assert!(run.stderr.contains("alga-ext new"), "{}", run.stderr);
}

#[test]
fn the_wit_package_is_printed() {
    let run = Sandbox::new().run("wit").ok();
    assert!(run.stdout.contains("export handler: func(request: execute-request) -> execute-response;"));
}

#[test]
fn alone_it_says_what_there_is_to_ask() {
    let run = Sandbox::new().run("").expect_code(2);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    assert!(run.stderr.contains("Make a new extension from a template"), "{}", run.stderr);
    assert!(run.stderr.contains("Exit codes:"), "{}", run.stderr);
}

#[test]
fn help_tells_a_commands_own_options_from_those_of_all_and_gives_an_example() {
    for command in
        ["new", "build", "validate", "pack", "sign", "verify", "inspect", "dev", "invoke", "publish"]
    {
        let help = Sandbox::new().run_args([command, "-h"]).ok().stdout;
        let (own, global) = help.split_once("Global options:").unwrap();
        assert!(!own.contains("--color") && global.contains("--color"), "{help}");
        assert!(global.contains(&format!("Examples:\n  alga-ext {command}")), "{help}");
    }
}

#[test]
fn a_project_may_be_named_by_its_manifest() {
    let sandbox = Sandbox::new();
    sandbox.run("new notes --template ui --yes").ok();
    sandbox.run("build -C notes/manifest.json").ok();
    assert!(sandbox.path("notes/dist/ui/index.html").is_file());
}

#[test]
fn a_folder_named_as_a_project_is_the_only_one_looked_in() {
    let sandbox = Sandbox::new();
    sandbox.write("other/file", "");
    let run = sandbox.run("build -C other").expect_code(2);
    assert!(!run.stderr.contains("any folder above"), "{}", run.stderr);
    let run = sandbox.run("build -C nowhere").expect_code(2);
    assert!(run.stderr.contains("which is no folder"), "{}", run.stderr);
}

#[test]
fn wrong_usage_has_a_document_too() {
    let run = Sandbox::new().run("verify --format json").expect_code(2);
    assert_eq!(run.json()["error"]["exit"], 2);
    assert!(run.stderr.contains("--key"), "{}", run.stderr);
}
