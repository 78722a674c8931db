//! `verify --rebuild`: the source makes the same bundle, or the difference has a name.

use crate::harness::{Run, Sandbox};
use crate::rust_handlers::run_with_rust;
use std::path::Path;

fn git(sandbox: &Sandbox, words: &[&str]) -> Run {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"];
    sandbox.run_command(sandbox.command("git").args(identity).args(words)).ok()
}

/// All examples in a repository, with the WIT package where the Rust one looks for it.
fn examples() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    for name in fs_err::read_dir(repository.join("examples")).unwrap() {
        let name = name.unwrap();
        if name.file_type().unwrap().is_dir() {
            names.push(name.file_name().into_string().unwrap());
        }
    }
    names.sort();
    crate::extension::copy(&repository.join("examples"), &sandbox.path("examples"));
    crate::extension::copy(&repository.join("wit"), &sandbox.path("wit"));
    sandbox.write(".gitignore", "dist\ntarget\nnode_modules\n*.tar.zst*\n.config\n");
    git(&sandbox, &["init", "-q"]);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "-qm", "examples"]);
    (sandbox, names)
}

fn run(sandbox: &Sandbox, line: &str) -> Run {
    let mut command = sandbox.alga(line.split_whitespace());
    if line.contains("rust-") {
        run_with_rust(sandbox, &mut command)
    } else {
        sandbox.run_command(&mut command)
    }
}

#[test]
fn every_example_is_made_again_from_its_source() {
    let (sandbox, names) = examples();
    for name in &names {
        run(&sandbox, &format!("-C examples/{name} pack")).ok();
        let bundle = format!("examples/{name}/dist/bundle.tar.zst");
        let run = run(&sandbox, &format!("-C examples/{name} verify {bundle} --rebuild --format json"));
        let document = run.ok().json();
        assert_eq!(document["identical"], true, "{name}: {document:#}");
    }
    assert!(names.len() >= 3, "{names:?}");
}

#[test]
fn what_differs_is_named_by_file_section_and_package() {
    let (sandbox, _) = examples();
    run(&sandbox, "-C examples/notes pack --fast").ok();
    let bundle = "examples/notes/dist/bundle.tar.zst";
    let line = format!("-C examples/notes verify {bundle} --rebuild --format json");
    assert_eq!(run(&sandbox, &line).ok().json()["identical"], true, "--fast is found out");
    let source =
        fs_err::read_dir(sandbox.path("examples/notes/src")).unwrap().next().unwrap().unwrap().path();
    let text = fs_err::read_to_string(&source).unwrap();
    fs_err::write(
        &source,
        format!("{text}\nglobalThis.different = 'a good deal longer than it was before';\n"),
    )
    .unwrap();
    sandbox.write("examples/notes/ui/new.js", "1;\n");
    let run_now = run(&sandbox, &line).expect_code(1);
    let document = run_now.json();
    let files: Vec<&str> =
        document["differences"].as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
    assert!(files.contains(&"dist/main.wasm") && files.contains(&"META/bundle.json"), "{document:#}");
    let component =
        document["differences"].as_array().unwrap().iter().find(|one| one["file"] == "dist/main.wasm");
    let parts = component.unwrap()["parts"].to_string();
    assert!(parts.contains("data section") && parts.contains("package `"), "{parts}");
    // As it was committed it is still the same.
    assert_eq!(run(&sandbox, &format!("{line} --source HEAD")).ok().json()["identical"], true);
    let gone = run(&sandbox, &format!("{line} --source no-such-branch")).expect_code(1);
    assert!(gone.stderr.contains("no-such-branch"), "{}", gone.stderr);
}

#[test]
fn a_bundle_of_another_tool_is_not_built_again() {
    let sandbox = crate::pack::packed();
    sandbox.run("-C app verify app/dist/bundle.tar.zst --rebuild").ok();
    sandbox.run("unpack app/dist/bundle.tar.zst --out raw").ok();
    fs_err::remove_dir_all(sandbox.path("raw/META")).unwrap();
    let pack = "cd raw && tar --zstd -cf ../raw.tar.zst manifest.json ui";
    sandbox.run_command(sandbox.command("sh").args(["-c", pack])).ok();
    let run = sandbox.run("-C app verify raw.tar.zst --rebuild").expect_code(2);
    assert!(run.stderr.contains("was made by a tool that does not say so"), "{}", run.stderr);
}

#[test]
fn outside_git_what_the_last_build_read_above_the_project_is_taken_along() {
    let sandbox = Sandbox::new();
    sandbox.write("all/package.json", r#"{"workspaces": ["app", "shared"]}"#);
    sandbox.write("all/package-lock.json", r#"{"packages": {"": {}, "app": {}, "shared": {}}}"#);
    sandbox.write(
        "all/shared/package.json",
        r#"{"name": "shared", "version": "1.0.0", "main": "src/words.js"}"#,
    );
    sandbox.write("all/shared/src/words.js", "export const word = 'shared';\n");
    sandbox.write("all/app/package.json", r#"{"dependencies": {"shared": "*"}}"#);
    sandbox.write(
        "all/app/src/handler.ts",
        "import { word } from 'shared';\nimport { more } from '../../shared/more';\nexport const handler = () => ({ body: \
         word + more });\n",
    );
    sandbox.write("all/shared/more.ts", "export const more: string = '!';\n");
    sandbox.write("all/unrelated/secret.txt", "not read by the build\n");
    let manifest = r#"{"name": "com.acme.shared", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
        "api": {"endpoints": [{"method": "GET", "path": "/x", "handler": "dist/main"}]}}"#;
    sandbox.write("all/app/manifest.json", manifest);
    fs_err::create_dir_all(sandbox.path("all/node_modules")).unwrap();
    fs_err::os::unix::fs::symlink("../shared", sandbox.path("all/node_modules/shared")).unwrap();
    sandbox.run("-C all/app pack --out app.tar.zst").ok();
    let line = "-C all/app verify app.tar.zst --rebuild";
    sandbox.run(line).ok();
    // What was never built there is not known to need anything, and that is said.
    fs_err::remove_dir_all(sandbox.path("all/app/dist")).unwrap();
    let run = sandbox.run(line).expect_code(1);
    assert!(run.stderr.contains("makes no bundle in a clean folder"), "{}", run.stderr);
    assert!(run.stderr.contains("it stands in no git repository"), "{}", run.stderr);
}

#[test]
fn a_ui_with_packages_of_its_own_is_built_again_with_them() {
    let sandbox = Sandbox::new();
    crate::pack::ui_project(&sandbox, "app");
    let command = "mkdir -p web/out && cp ui/index.html web/node_modules/widgets/widget.js web/out";
    sandbox.write("app/alga-ext.yaml", format!("ui:\n  command: {command}\n  dir: web/out\n"));
    sandbox.write("app/web/package.json", r#"{"dependencies": {"widgets": "1"}}"#);
    let package = r#"{"name": "widgets", "version": "1.0.0", "license": "MIT"}"#;
    sandbox.write("app/web/node_modules/widgets/package.json", package);
    sandbox.write(
        "app/web/node_modules/widgets/widget.js",
        "parent.postMessage('ready', 'https://hello.example');\n",
    );
    sandbox.run("-C app pack --sbom embed").ok();
    let files = sandbox.run("ls app/dist/bundle.tar.zst").ok().stdout;
    assert!(files.contains("ui/widget.js"), "{files}");
    sandbox.run("-C app verify app/dist/bundle.tar.zst --rebuild").ok();
}
