//! `new`: what it makes, what it refuses, what it asks for.

use crate::harness::Sandbox;
use serde_json::json;

#[test]
fn a_project_is_made_and_the_next_steps_are_said() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("new ticket-notes --template ts-handler --publisher Acme").ok();
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.stderr,
        "made `ticket-notes` from the template `ts-handler`: 11 files\n\nnext:\n  cd ticket-notes\n  alga-ext dev\n  \
         alga-ext invoke GET '/hello?greeting=Welcome'\n"
    );
    let manifest: serde_json::Value =
        serde_json::from_slice(&sandbox.read("ticket-notes/manifest.json")).unwrap();
    assert_eq!(manifest["name"], "com.acme.ticket-notes");
    assert_eq!(manifest["publisher"], "Acme");
    let readme = String::from_utf8(sandbox.read("ticket-notes/README.md")).unwrap();
    assert!(readme.starts_with("# Ticket notes\n"), "{readme}");
}

#[test]
fn the_document_names_the_project_the_template_and_every_file() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("--format json new hello --template rust-handler --id io.acme.greeter").ok();
    let document = run.json();
    assert_eq!(document["project"], json!(sandbox.path("hello")));
    assert_eq!(document["template"], "rust-handler");
    assert_eq!(document["publisher"], "acme");
    let files: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    let expected = [
        ".gitignore",
        ".vscode/alga-ext.yaml.schema.json",
        ".vscode/manifest.v2.schema.json",
        ".vscode/settings.json",
        "Cargo.toml",
        "README.md",
        "alga-ext.yaml",
        "manifest.json",
        "src/lib.rs",
        "wit/extension.wit",
    ];
    assert_eq!(files, expected);
    for file in files {
        assert!(sandbox.path("hello").join(file).is_file(), "{file}");
    }
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/wit/extension.wit");
    assert_eq!(sandbox.read("hello/wit/extension.wit"), fs_err::read(repository).unwrap());
}

#[test]
fn the_editor_finds_the_schemas_of_both_files_in_the_project() {
    let sandbox = Sandbox::new();
    sandbox.run("new shop --template ui --publisher Acme").ok();
    let settings: serde_json::Value =
        serde_json::from_slice(&sandbox.read("shop/.vscode/settings.json")).unwrap();
    assert_eq!(settings["json.schemas"][0]["fileMatch"], json!(["/manifest.json"]));
    for (name, url) in [
        ("manifest.v2", settings["json.schemas"][0]["url"].as_str().unwrap()),
        ("alga-ext.yaml", settings["yaml.schemas"].as_object().unwrap().keys().next().unwrap()),
    ] {
        let printed = sandbox.run_args(["schema", name]).ok().stdout;
        let written = fs_err::read_to_string(sandbox.path("shop").join(url)).unwrap();
        assert_eq!(written.trim_end(), printed.trim_end(), "{name}");
    }
    // They are the project's, not the bundle's.
    let ignored = String::from_utf8(sandbox.read("shop/.gitignore")).unwrap();
    assert!(!ignored.contains(".vscode"), "{ignored}");
}

#[test]
fn what_a_template_leaves_open_is_told_before_it_is_published() {
    let sandbox = Sandbox::new();
    sandbox.run("new shop --template ui --yes").ok();
    let run = sandbox.run("validate shop").ok();
    assert!(run.stdout.contains("warning[placeholder]: `name` is `com.example.shop`"), "{}", run.stdout);
    assert!(run.stdout.contains("warning[placeholder]: `publisher` is `example`"), "{}", run.stdout);
    sandbox.run("new other --template ui --publisher Acme").ok();
    assert_eq!(sandbox.run("validate other").ok().stdout, "");
}

#[test]
fn the_templates_are_listed_simplest_first() {
    let run = Sandbox::new().run("--format json new --list").ok();
    let templates = run.json()["templates"].clone();
    let ids: Vec<&str> =
        templates.as_array().unwrap().iter().map(|template| template["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ts-handler", "rust-handler", "ui", "fullstack", "scheduled", "integration"]);
    let run = Sandbox::new().run("new --list").ok();
    assert_eq!(run.stdout.lines().count(), ids.len());
    assert!(run.stdout.contains("integration   Incidents read from a status service"), "{}", run.stdout);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("new hello").expect_code(2);
    assert!(run.stderr.contains("`ts-handler`, `rust-handler`"), "{}", run.stderr);
    assert!(run.stderr.contains("--yes"), "{}", run.stderr);
    let run = sandbox.run("new").expect_code(2);
    assert!(run.stderr.contains("needs a name"), "{}", run.stderr);
    let run = sandbox.run("--format json new hello --yes").ok();
    assert_eq!(run.json()["template"], "ts-handler");
}

#[test]
fn a_template_nobody_knows_is_refused_with_those_there_are() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("new hello --template react").expect_code(2);
    assert!(
        run.stderr.contains("no template `react`") && run.stderr.contains("`fullstack`"),
        "{}",
        run.stderr
    );
    assert!(!sandbox.path("hello").exists());
}

#[test]
fn names_that_cannot_be_one_are_refused_with_the_nearest_that_can() {
    let sandbox = Sandbox::new();
    for (name, hint) in [
        ("Ticket Notes", "`ticket-notes` would do"),
        ("UPPER", "`upper` would do"),
        ("../hello", "alga-ext new hello --dir ../hello"),
        ("9lives", "`lives` would do"),
    ] {
        let run = sandbox.run_args(["new", name, "--template", "ui"]).expect_code(2);
        assert!(run.stderr.contains(hint), "{name}: {}", run.stderr);
    }
    for arguments in
        [["--id", "Acme.hello"], ["--id", "hello"], ["--publisher", "  "], ["--publisher", "a\nb"]]
    {
        let run =
            sandbox.run_args([&["new", "hello", "--template", "ui"], &arguments[..]].concat()).expect_code(2);
        assert!(run.stderr.contains("hint: "), "{arguments:?}: {}", run.stderr);
    }
    assert_eq!(fs_err::read_dir(sandbox.root()).unwrap().count(), 0);
}

#[test]
fn what_exists_is_never_touched() {
    let sandbox = Sandbox::new();
    sandbox.write("hello/notes.txt", "mine");
    let run = sandbox.run("new hello --template ui").expect_code(2);
    assert!(run.stderr.contains("is not empty: it holds `notes.txt`"), "{}", run.stderr);
    assert!(run.stderr.contains("--dir"), "{}", run.stderr);
    assert_eq!(sandbox.read("hello/notes.txt"), b"mine");
    assert_eq!(fs_err::read_dir(sandbox.path("hello")).unwrap().count(), 1);

    sandbox.write("file", "mine");
    let run = sandbox.run("new hello --template ui --dir file").expect_code(2);
    assert!(run.stderr.contains("is not a folder"), "{}", run.stderr);
    assert_eq!(sandbox.read("file"), b"mine");
}

#[test]
fn an_empty_folder_can_be_filled_from_within() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.path("hello")).unwrap();
    let mut command = sandbox.alga(["new", "hello", "--template", "ui", "--dir", "."]);
    let run = sandbox.run_command(command.current_dir(sandbox.path("hello"))).ok();
    assert!(!run.stderr.contains("cd "), "{}", run.stderr);
    assert!(sandbox.path("hello/manifest.json").is_file());
}

#[test]
fn folders_on_the_way_are_made() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("new hello --template ui --dir work/extensions/hello").ok();
    assert!(run.stderr.contains("cd work/extensions/hello"), "{}", run.stderr);
    assert!(sandbox.path("work/extensions/hello/ui/index.html").is_file());
}

#[cfg(unix)]
#[test]
fn a_failure_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    sandbox.write("parent", "a file where a folder would have to be");
    sandbox.run("new hello --template ui --dir parent/hello").expect_code(2);
    assert_eq!(fs_err::read_dir(sandbox.root()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn others_can_read_a_new_project_as_they_can_any_folder() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.run("new hello --template ui").ok();
    fs_err::create_dir(sandbox.path("ordinary")).unwrap();
    let mode = |path: &str| fs_err::metadata(sandbox.path(path)).unwrap().permissions().mode();
    assert_eq!(mode("hello"), mode("ordinary"));
}

/// Types the arguments after the command as answers, each once its question stands there.
const TYPIST: &str = r#"
import os, pty, sys
program, count, *rest = sys.argv[1:]
arguments, answers = rest[: int(count)], rest[int(count) :]
child, terminal = pty.fork()
if child == 0:
    os.execv(program, [program, *arguments])
said = b""
def read():
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
while answers:
    question, answer, *answers = answers
    while question.encode() not in said:
        more = read()
        assert more, said
        said += more
    said = said.split(question.encode(), 1)[1]
    os.write(terminal, answer.encode() + b"\n")
while more := read():
    said += more
print(said.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

#[cfg(unix)]
#[test]
fn on_a_terminal_only_what_is_missing_is_asked() {
    let sandbox = Sandbox::new();
    let mut python = sandbox.command("python3");
    python.args(["-c", TYPIST, env!("CARGO_BIN_EXE_alga-ext"), "1", "new"]);
    python.args(["Name", "Ticket Notes", "`ticket-notes` would do", "\u{15}ticket-notes"]);
    python.args(["Template [ts-handler]", "ui", "Publisher [example]", "Acme Networks"]);
    python.args(["Manifest name [com.acme-networks.ticket-notes]", ""]);
    let run = sandbox.run_command(&mut python).ok();
    assert!(run.stdout.contains("made `ticket-notes` from the template `ui`"), "{}", run.stdout);
    let manifest: serde_json::Value =
        serde_json::from_slice(&sandbox.read("ticket-notes/manifest.json")).unwrap();
    assert_eq!(
        (&manifest["publisher"], &manifest["name"]),
        (&json!("Acme Networks"), &json!("com.acme-networks.ticket-notes"))
    );

    let mut python = sandbox.command("python3");
    python.args(["-c", TYPIST, env!("CARGO_BIN_EXE_alga-ext"), "6"]);
    python.args(["new", "second", "--template", "ui", "--publisher", "Acme"]);
    python.args(["Manifest name [com.acme.second]", "io.acme.second"]);
    sandbox.run_command(&mut python).ok();
    assert!(sandbox.path("second/manifest.json").is_file());

    let mut python = sandbox.command("python3");
    python.args(["-c", TYPIST, env!("CARGO_BIN_EXE_alga-ext"), "3", "new", "third", "--yes"]);
    sandbox.run_command(&mut python).ok();
    assert!(sandbox.path("third/src/handler.ts").is_file());
}

#[test]
fn a_project_option_is_no_place_for_a_new_project() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("-C elsewhere new hello --yes").expect_code(2);
    assert!(run.stderr.contains("--dir"), "{}", run.stderr);
    assert_eq!(fs_err::read_dir(sandbox.root()).unwrap().count(), 0);
}
