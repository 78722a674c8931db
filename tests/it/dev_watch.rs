//! `dev`: which changes are seen, and which of them a build is started for.

use crate::dev::{METHOD, PROBE, URL, echo, manifest, project, start, state, wait_for};
use crate::harness::{Sandbox, Server};
use crate::http::get;
use serde_json::{Value, json};

/// How often the command ran that adds a line to `dist/runs`.
fn runs(sandbox: &Sandbox) -> usize {
    String::from_utf8(sandbox.read("dist/runs")).unwrap().lines().count()
}

/// Waits for a swap of this part among others.
fn wait_for_swap(server: &mut Server, part: &str) {
    while !wait_for(server, "swapped")["changed"].as_array().unwrap().contains(&json!(part)) {}
}

#[test]
fn another_data_file_is_used_and_watched() {
    let sandbox = project(&echo(URL), "");
    let elsewhere = Sandbox::new();
    let data = elsewhere.write("data.yaml", "tenant: { id: one }\n");
    let mut server = start(&sandbox, &format!("--data {}", data.display()));
    wait_for(&mut server, "swapped");
    assert_eq!(state(&server)["tenant"], "one");
    elsewhere.write("data.yaml", "tenant: { id: two }\n");
    assert_eq!(wait_for(&mut server, "swapped")["changed"], json!(["config"]));
    assert_eq!(state(&server)["tenant"], "two");
    let missing = sandbox.run("dev --port 0 --data nowhere.yaml").expect_code(2);
    assert!(
        missing.stderr.contains("nowhere.yaml") && missing.stderr.contains("hint: "),
        "{}",
        missing.stderr
    );
}

#[test]
fn a_build_command_that_writes_files_is_not_started_by_them() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("source.wasm", echo(URL));
    let command = "cp source.wasm handler.wasm && cp source.wasm copy.bin && echo run >> dist/runs";
    sandbox.write("dist/runs", "");
    sandbox.write("alga-ext.yaml", format!("build: {{ command: '{command}', output: handler.wasm }}\n"));
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    sandbox.write("source.wasm", echo(METHOD));
    assert_eq!(wait_for(&mut server, "swapped")["changed"], json!(["handler"]));
    // What the UI's swap comes after has settled: the command ran for the start, the change and its copies at most.
    sandbox.write("ui/index.html", "<p>hello</p>");
    while wait_for(&mut server, "swapped")["changed"] != json!(["ui"]) {}
    let runs = runs(&sandbox);
    assert!((2..=4).contains(&runs), "{runs}");
}

#[test]
fn a_build_command_that_writes_something_new_each_time_does_not_start_itself() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("source.wasm", echo(URL));
    sandbox.write("dist/runs", "");
    let command = "cp source.wasm handler.wasm && date +%s%N > build.log && echo run >> dist/runs";
    sandbox.write("alga-ext.yaml", format!("build: {{ command: '{command}', output: handler.wasm }}\n"));
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    // One that starts itself does so before the next save is taken up.
    for round in 0..8 {
        sandbox.write("ui/index.html", format!("<p>{round}</p>"));
        wait_for_swap(&mut server, "ui");
    }
    let before = runs(&sandbox);
    assert!((1..=2).contains(&before), "{before}");
    sandbox.write("source.wasm", echo(METHOD));
    wait_for_swap(&mut server, "handler");
    sandbox.write("ui/index.html", "<p>done</p>");
    wait_for_swap(&mut server, "ui");
    assert_eq!(runs(&sandbox), before + 1);
    sandbox.write("build.log", "saved by hand");
    wait_for(&mut server, "built");
    assert!(runs(&sandbox) > before + 1);
}

#[test]
fn what_a_ui_command_writes_into_the_ui_does_not_start_it_again() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("ui/index.html", "<p>hello</p>");
    sandbox.write("dist/runs", "");
    sandbox.write("alga-ext.yaml", "ui: { command: 'date +%s%N > ui/stamp.js && echo run >> dist/runs' }\n");
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    for round in 1..9 {
        sandbox.write("manifest.json", manifest("{}").replace("1.0.0", &format!("1.0.{round}")));
        wait_for_swap(&mut server, "manifest");
    }
    let before = runs(&sandbox);
    assert!((1..=2).contains(&before), "{before}");
    sandbox.write("ui/index.html", "<p>changed</p>");
    wait_for_swap(&mut server, "ui");
    assert!(runs(&sandbox) > before);
}

#[test]
fn what_is_wrong_is_remembered_until_that_part_is_mended() {
    let sandbox = project(&echo(URL), "");
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    let problem = |server: &Server| state(server)["problem"].as_str().unwrap_or_default().to_owned();
    sandbox.write("manifest.json", "{ \"name\": ");
    wait_for(&mut server, "build_failed");
    sandbox.write("handler.wasm", "no wasm at all");
    wait_for(&mut server, "build_failed");
    sandbox.write("ui/index.html", "<p>hello</p>");
    wait_for_swap(&mut server, "ui");
    let both = problem(&server);
    assert!(both.contains("manifest.json") && both.contains("handler.wasm"), "{both}");
    sandbox.write("handler.wasm", echo(METHOD));
    wait_for_swap(&mut server, "handler");
    let one = problem(&server);
    assert!(one.contains("manifest.json") && !one.contains("handler.wasm"), "{one}");
    sandbox.write("manifest.json", manifest("{}"));
    wait_for(&mut server, "swapped");
    assert_eq!(state(&server)["problem"], Value::Null);
}

#[test]
fn what_alga_ext_yaml_names_is_seen_in_dist_and_target_too() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("web/dist/index.html", "<p>hello</p>");
    sandbox.write("target/wasm/release/handler.wasm", echo(URL));
    let names = "ui: { dir: ./web/dist }\nbuild: { output: other/../target/wasm/release/handler.wasm }\n";
    sandbox.write("other/file", "");
    sandbox.write("alga-ext.yaml", names);
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    sandbox.write("web/dist/assets/app.js", "1");
    wait_for_swap(&mut server, "ui");
    sandbox.write("target/wasm/release/handler.wasm", echo(METHOD));
    wait_for_swap(&mut server, "handler");
    assert_eq!(get(&server.url, &format!("{PROBE}/items")).text(), "GET");
    sandbox.write("public/dist/index.html", "<p>another</p>");
    sandbox.write("alga-ext.yaml", names.replace("./web", "public"));
    wait_for_swap(&mut server, "ui");
    sandbox.write("public/dist/index.html", "<p>changed</p>");
    wait_for_swap(&mut server, "ui");
}

#[test]
fn a_ui_that_took_the_place_of_another_is_seen_in_its_depth() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("{}"));
    sandbox.write("ui/deep/page.js", "1");
    let mut server = start(&sandbox, "");
    wait_for(&mut server, "swapped");
    fs_err::rename(sandbox.path("ui"), sandbox.path("old")).unwrap();
    sandbox.write("ui/deep/page.js", "1");
    sandbox.write("ui/index.html", "<p>new</p>");
    while state(&server)["ui"] != 2 {
        wait_for_swap(&mut server, "ui");
    }
    sandbox.write("ui/deep/page.js", "2");
    wait_for_swap(&mut server, "ui");
}

#[test]
fn a_data_file_beside_the_project_is_watched_however_it_is_spelled() {
    let sandbox = Sandbox::new();
    sandbox.write("project/manifest.json", manifest("{}"));
    sandbox.write("data.yaml", "tenant: { id: one }\n");
    sandbox.write("project/dist/data.yaml", "tenant: { id: one }\n");
    for (data, spelled) in
        [("data.yaml", "project/../data.yaml"), ("project/dist/data.yaml", "project/dist/data.yaml")]
    {
        let mut server = start(&sandbox, &format!("-C project --data {spelled}"));
        wait_for(&mut server, "swapped");
        sandbox.write(data, "tenant: { id: two }\n");
        wait_for_swap(&mut server, "config");
        assert_eq!(state(&server)["tenant"], "two");
    }
}
