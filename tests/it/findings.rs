//! What `validate` says of findings beside the text: examples, fixes, formats, baselines, `explain`.

use crate::harness::{Run, Sandbox};
use crate::sarif;
use alga_ext::findings::{Code, ExampleKind};
use alga_ext::manifest::source;
use serde_json::{Value, json};
use std::path::Path;

/// The members of a manifest without fault, and the project around it.
const MEMBERS: [(&str, &str); 6] = [
    ("name", "\"com.acme.reports\""),
    ("publisher", "\"Acme\""),
    ("version", "\"1.0.0\""),
    ("runtime", "\"wasm-js@1\""),
    ("ui", r#"{"type": "iframe", "entry": "ui/index.html", "hooks": {"appMenu": {"label": "Reports"}}}"#),
    ("api", r#"{"endpoints": [{"method": "GET", "path": "/", "handler": "dist/main"}]}"#),
];

/// The manifest with these members, those of `fragment` as they are written.
fn manifest(fragment: &str) -> String {
    let own: Vec<&str> = MEMBERS
        .iter()
        .filter(|(key, _)| !fragment.contains(&format!("\"{key}\":")))
        .map(|(key, _)| *key)
        .collect();
    let rest = MEMBERS.iter().filter(|(key, _)| own.contains(key));
    let mut members: Vec<String> = rest.map(|(key, value)| format!("\"{key}\": {value}")).collect();
    members.extend((!fragment.is_empty()).then(|| fragment.to_owned()));
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

/// A project without fault.
fn project(sandbox: &Sandbox) {
    sandbox.write("project/manifest.json", manifest(""));
    sandbox.write("project/src/handler.ts", "export function handler() { return { status: 200 }; }\n");
    sandbox.write("project/ui/index.html", "<!doctype html>\n<title>Reports</title>\n");
}

fn codes(run: &Run) -> Vec<String> {
    let findings = run.json()["findings"].as_array().unwrap().clone();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_example_shows_its_code_and_its_mend_does_not() {
    let mut wrong = Vec::new();
    for code in Code::all() {
        let example = code.example();
        let judged = |text: &str| {
            let sandbox = Sandbox::new();
            project(&sandbox);
            match example.kind {
                ExampleKind::Fragment => sandbox.write("project/manifest.json", manifest(text)),
                ExampleKind::File(path) => sandbox.write(format!("project/{path}"), text),
                ExampleKind::Words => return None,
            };
            Some(codes(&sandbox.run("--format json validate project")))
        };
        let (Some(before), Some(after)) = (judged(example.wrong), judged(example.mended)) else { continue };
        let name = code.as_str();
        if !before.iter().any(|found| found == name) || after.iter().any(|found| found == name) {
            wrong.push(format!("{name}: {before:?} then {after:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_span_is_the_bytes_of_the_file_and_an_end_is_after_the_last() {
    let sandbox = Sandbox::new();
    let text = format!("\u{feff}{}", manifest("\"publisher\": \"Acmé\", \"version\": \"v1.0.0\""));
    sandbox.write("manifest.json", &text);
    let document = sandbox.run("--format json validate manifest.json").json();
    let finding = document["findings"].as_array().unwrap();
    let finding = finding.iter().find(|finding| finding["code"] == "version-invalid").unwrap();
    let at = |key: &str| usize::try_from(finding["span"][key].as_u64().unwrap()).unwrap();
    assert_eq!(&text[at("start")..at("end")], "\"v1.0.0\"");
    assert_eq!((&finding["line"], &finding["end_line"]), (&finding["end_line"], &finding["line"]));
    assert_eq!(finding["end_column"].as_u64().unwrap() - finding["column"].as_u64().unwrap(), 8);
}

const LOOSE: &str = r#"{
  "$schema": "https://example.com/manifest.json",
  "name": "com.acme.reports", // unique
  "publisher": "Acme",
  "version": "v1.2.3",
  "runtime": "wasm-js@1.0",
  "capabilities": ["cap:http.fetch", "CAP:storage.kv", "cap:http.fetch",],
  "precompiled": {"x86_64-linux-gnu": "x.cwasm"},
  "ui": {"type": "iframe", "entry": "./ui/index.html", "hooks": {"appMenu": {"label": "Reports", "icon": "x"}}},
  "api": {
    "endpoints": [
      {"method": "get", "path": "/notes",
       "handler": "dist/notes", "schedulable": true},
      {"method": "HEAD", "path": "status", "handler": "dist/main"},
    ]
  }
}
"#;

const STRICT: &str = r#"{
  "name": "com.acme.reports",
  "publisher": "Acme",
  "version": "1.2.3",
  "runtime": "wasm-js@1",
  "capabilities": ["cap:http.fetch", "cap:storage.kv"],
  "ui": {"type": "iframe", "entry": "ui/index.html", "hooks": {"appMenu": {"label": "Reports"}}},
  "api": {
    "endpoints": [
      {"method": "GET", "path": "/notes",
       "handler": "dist/main"},
      {"method": "GET", "path": "/status", "handler": "dist/main"}
    ]
  }
}
"#;

#[test]
fn fixes_keep_formatting_and_order_and_a_second_run_changes_nothing() {
    let sandbox = Sandbox::new();
    for (before, after) in [
        (LOOSE.to_owned(), STRICT.to_owned()),
        (format!("\u{feff}{}", LOOSE.replace('\n', "\r\n")), STRICT.replace('\n', "\r\n")),
    ] {
        sandbox.write("manifest.json", before);
        let run = sandbox.run("validate manifest.json --fix").ok();
        assert_eq!(String::from_utf8(sandbox.read("manifest.json")).unwrap(), after);
        assert!(
            run.stderr.starts_with("mended ") && run.stderr.ends_with("; no findings\n"),
            "{}",
            run.stderr
        );
        let again = sandbox.run("validate manifest.json --fix").ok();
        assert_eq!(again.stderr, "nothing to mend; no findings\n");
    }
}

#[test]
fn a_dry_run_prints_a_diff_that_git_can_apply_and_writes_nothing() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let before = manifest("\"version\": \"v1.0.0\"");
    sandbox.write("project/manifest.json", &before);
    let run = sandbox.run("validate project --fix --dry-run").expect_code(1);
    assert_eq!(sandbox.read("project/manifest.json"), before.as_bytes());
    insta::assert_snapshot!(run.stdout, @r#"
    --- a/manifest.json
    +++ b/manifest.json
    @@ -4,5 +4,5 @@
     "runtime": "wasm-js@1",
     "ui": {"type": "iframe", "entry": "ui/index.html", "hooks": {"appMenu": {"label": "Reports"}}},
     "api": {"endpoints": [{"method": "GET", "path": "/", "handler": "dist/main"}]},
    -"version": "v1.0.0"
    +"version": "1.0.0"
     }
    "#);
    let document = sandbox.run("--format json validate project --fix --dry-run").expect_code(1).json();
    assert_eq!(document["mended"][0]["diff"].as_str().unwrap(), run.stdout);
    assert_eq!((&document["mended"][0]["applied"], &document["findings"]), (&json!(1), &json!([])));
    sandbox.run("validate project --fix").ok();
    sandbox.run("validate project --fix --dry-run").ok();
}

#[test]
fn what_is_only_probably_meant_is_offered_and_not_done() {
    let sandbox = Sandbox::new();
    let text = manifest("\"capabilities\": [\"http.fetch\"], \"verison\": \"1.0.0\"");
    sandbox.write("manifest.json", &text);
    sandbox.run("validate manifest.json --fix").expect_code(1);
    assert_eq!(sandbox.read("manifest.json"), text.as_bytes());
    let document = sandbox.run("--format json validate manifest.json").expect_code(1).json();
    for finding in document["findings"].as_array().unwrap() {
        assert_eq!(finding["fix"]["safe"], false, "{finding}");
        let edit = &finding["fix"]["edits"][0];
        let mut mended = text.clone();
        let at = |key: &str| usize::try_from(edit[key].as_u64().unwrap()).unwrap();
        mended.replace_range(at("start")..at("end"), edit["replacement"].as_str().unwrap());
        assert!(source::read(&mended).is_ok() && mended != text, "{mended}");
    }
}

#[test]
fn a_bundle_or_component_is_mended_at_its_source() {
    let sandbox = Sandbox::new();
    sandbox.write("main.wasm", b"\0asm\x01\0\0\0");
    let run = sandbox.run("validate main.wasm").expect_code(1);
    assert!(
        run.stdout.contains("main.wasm: error[component-invalid]: it is a core module"),
        "{}",
        run.stdout
    );
    // Nothing there has a fix, so nothing is refused.
    sandbox.run("validate main.wasm --fix").expect_code(1);
}

#[test]
fn sarif_is_what_its_schema_wants_and_has_rules_regions_and_fixes() {
    let sandbox = Sandbox::new();
    sandbox.write("my project/manifest.json", manifest("\"version\": \"v1.2.3\""));
    sandbox.write("my project/ui/ä.exe", "");
    let document = sandbox.run_args(["--format", "sarif", "validate", "my project"]).expect_code(1).json();
    let schema = sarif::schema();
    assert_eq!(sarif::problems(&schema, &document), Vec::<String>::new());
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    let of = |code: &str| results.iter().find(|result| result["ruleId"] == code).unwrap();
    let version = of("version-invalid");
    let place = &version["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20project/manifest.json");
    assert_eq!((&place["region"]["startLine"], &place["region"]["endColumn"]), (&json!(7), &json!(20)));
    let change = &version["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(change["insertedContent"]["text"], "\"1.2.3\"");
    let file = &of("ui-file-type")["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(file["uri"], "my%20project/ui/%C3%A4.exe");
    let rule = usize::try_from(version["ruleIndex"].as_u64().unwrap()).unwrap();
    let rule = &run["tool"]["driver"]["rules"][rule];
    assert_eq!(
        (&rule["id"], &rule["defaultConfiguration"]["level"]),
        (&json!("version-invalid"), &json!("error"))
    );
    assert!(rule["help"]["markdown"].as_str().unwrap().contains("v1.2.3"), "{rule}");
}

#[test]
fn the_sarif_schema_is_not_satisfied_by_anything() {
    let schema = sarif::schema();
    for wrong in [
        json!({}),
        json!({ "version": "2.0.0", "runs": [] }),
        json!({ "version": "2.1.0", "runs": [{}] }),
        json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "x" } }, "extra": 1 }] }),
        json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "x" } }, "results": [{ "message": {} }] }] }),
    ] {
        assert!(!sarif::problems(&schema, &wrong).is_empty(), "{wrong}");
    }
}

#[test]
fn annotations_are_the_default_in_a_github_workflow_alone() {
    let sandbox = Sandbox::new();
    sandbox.write("ext/manifest.json", manifest("\"version\": \"v1.0.0\""));
    sandbox.write("ext/ui/index.html", "<p>");
    let line = "::error file=ext/manifest.json,line=7,endLine=7,col=12,endColumn=20,title=version-invalid::\
                `v1.0.0` is no version%0Ahelp: did you mean `1.0.0`?\n";
    let handler = "::error file=ext/manifest.json,line=6,endLine=6,col=1,endColumn=6,title=handler-missing::";
    let workflow = |words: &[&str]| {
        let mut command = sandbox.alga(words);
        sandbox.run_command(command.env("GITHUB_ACTIONS", "true")).expect_code(1)
    };
    let run = workflow(&["validate", "ext"]);
    assert!(run.stdout.contains(line) && run.stdout.contains(handler), "{}", run.stdout);
    assert_eq!(sandbox.run("validate ext --format github").expect_code(1).stdout, run.stdout);
    assert!(
        workflow(&["validate", "ext", "--format", "human"]).stdout.starts_with("manifest.json:6:1: error[")
    );
    assert!(workflow(&["--format", "json", "validate", "ext"]).json()["errors"] == 2);
}

#[test]
fn annotations_name_files_from_the_repository_on_wherever_the_job_runs() {
    let sandbox = Sandbox::new();
    sandbox.write("repository/packages/ext/manifest.json", manifest("\"version\": \"v1.0.0\""));
    sandbox.write("repository/tools/readme", "");
    let repository = sandbox.path("repository");
    let place = "::error file=packages/ext/manifest.json,line=7,";
    let said = |folder: &str, words: &[&str], workspace: &Path| {
        let mut command = sandbox.alga(words);
        command.current_dir(sandbox.path(folder)).env("GITHUB_WORKSPACE", workspace);
        sandbox.run_command(command.env("GITHUB_ACTIONS", "true")).expect_code(1).stdout
    };
    for (folder, words) in [
        ("repository", vec!["validate", "packages/ext"]),
        ("repository/packages", vec!["validate", "ext"]),
        ("repository/packages/ext", vec!["validate"]),
        ("repository/packages/ext", vec!["validate", "manifest.json"]),
        ("repository/packages/ext/", vec!["validate", "./manifest.json"]),
        ("repository/tools", vec!["validate", "../packages/ext"]),
        ("repository/tools", vec!["validate", "../packages/ext/manifest.json"]),
    ] {
        let stdout = said(folder, &words, &repository);
        assert!(stdout.contains(place), "{folder} {words:?}: {stdout}");
    }
    let absolute = repository.join("packages/ext");
    let stdout = said("repository/tools", &["validate", absolute.to_str().unwrap()], &repository);
    assert!(stdout.contains(place), "{stdout}");
    // A workspace elsewhere says nothing about where these files are.
    let stdout = said("repository/packages", &["validate", "ext"], &sandbox.path("elsewhere"));
    assert!(stdout.contains("::error file=ext/manifest.json,"), "{stdout}");
    let words = ["--format", "sarif", "validate"];
    let document: Value =
        serde_json::from_str(&said("repository/packages/ext", &words, &repository)).unwrap();
    let artifact = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(artifact["uri"], "packages/ext/manifest.json");
}

#[test]
fn names_of_strangers_do_not_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let hostile = "\u{202e}\u{2066}\u{1b}[31m";
    let endpoint = "{\"method\": \"GET\", \"path\": \"/\u{202e}b c\", \"handler\": \"dist/main\"}";
    sandbox.write(
        "project/manifest.json",
        manifest(&format!(
            "\"\u{2066}key\": 1, \"capabilities\": [\"cap:\u{202e}x\"], \"api\": {{\"endpoints\": [{endpoint}]}}"
        )),
    );
    sandbox.write(format!("project/ui/{hostile}.exe"), "");
    sandbox.write("project/alga-ext.yaml", "grants: [\"cap:\u{2066}y\"]\n");
    let strangers = ['\u{202e}', '\u{2066}', '\u{1b}'];
    for format in ["human", "github", "junit", "sarif"] {
        let run = sandbox.run_args(["validate", "project", "--format", format]).expect_code(1);
        assert!(!run.stdout.contains(strangers), "{format}: {}", run.stdout);
        assert!(!run.stderr.contains(strangers), "{format}: {}", run.stderr);
        assert!(
            run.stdout.contains("ui-file-name") && run.stdout.contains("capability-unknown"),
            "{}",
            run.stdout
        );
    }
    // What programs read is as it is.
    let document = sandbox.run("--format json validate project").expect_code(1).json();
    let files =
        document["findings"].as_array().unwrap().iter().filter_map(|finding| finding["file"].as_str());
    assert!(files.into_iter().any(|file| file.contains(hostile)), "{document}");
}

#[test]
fn junit_has_a_failed_case_for_each_error() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("\"version\": \"<&>\", \"capabilities\": [\"CAP:http.fetch\"]"));
    let run = sandbox.run("validate manifest.json --format junit").expect_code(1);
    insta::assert_snapshot!(run.stdout, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="alga-ext validate" tests="2" failures="1">
      <testsuite name="manifest.json" tests="2" failures="1">
        <testcase classname="manifest.json" name="version-invalid at 7:12" file="manifest.json" line="7">
          <failure type="version-invalid" message="`&lt;&amp;&gt;` is no version">manifest.json:7:12: error[version-invalid]: `&lt;&amp;&gt;` is no version
       |
     7 | &quot;version&quot;: &quot;&lt;&amp;&gt;&quot;, &quot;capabilities&quot;: [&quot;CAP:http.fetch&quot;]
       |            ^^^^^
       = help: write `X.Y.Z`, or `X.Y.*` for the next free patch</failure>
        </testcase>
        <testcase classname="manifest.json" name="capability-spelling at 7:36" file="manifest.json" line="7">
          <system-out>manifest.json:7:36: warning[capability-spelling]: `CAP:http.fetch` is another spelling of `cap:http.fetch`
       |
     7 | &quot;version&quot;: &quot;&lt;&amp;&gt;&quot;, &quot;capabilities&quot;: [&quot;CAP:http.fetch&quot;]
       |                                    ^^^^^^^^^^^^^^^^
       = help: write `cap:http.fetch` (`--fix` does it)</system-out>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
    sandbox.write("manifest.json", manifest(""));
    let run = sandbox.run("validate manifest.json --format junit").ok();
    assert!(run.stdout.contains("tests=\"1\" failures=\"0\""), "{}", run.stdout);
}

#[test]
fn formats_of_findings_are_for_validate_alone() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("--format sarif doctor").expect_code(2);
    assert!(run.stderr.starts_with("error: `--format sarif` is for `validate` alone"), "{}", run.stderr);
    let help = sandbox.run("doctor --help").ok().stdout;
    assert!(!help.contains("sarif"), "{help}");
    assert!(sandbox.run("validate --help").ok().stdout.contains("sarif"));
    sandbox.run("validate --format yaml").expect_code(2);
}

#[test]
fn explain_prints_the_long_text_and_knows_near_names() {
    let sandbox = Sandbox::new();
    let run = sandbox.run("explain endpoint-head").ok();
    insta::assert_snapshot!(run.stdout, @r#"
    warning[endpoint-head]: A HEAD endpoint is treated as GET

    The gateway reads HEAD as GET: the handler is called for both. Declare GET.

    for example, in manifest.json:

        "api": {"endpoints": [{"method": "HEAD", "path": "/status", "handler": "dist/main"}]}

    mended:

        "api": {"endpoints": [{"method": "GET", "path": "/status", "handler": "dist/main"}]}

    the platform's behaviour is written down in registry.md §5.3, registry.md §5.4
    "#);
    let document = sandbox.run("--format json explain endpoint-head").ok().json();
    assert_eq!(document["platform"], "registry.md §5.3, registry.md §5.4");
    let run = sandbox.run("explain endpont-head").expect_code(2);
    assert!(run.stderr.contains("did you mean `endpoint-head`?"), "{}", run.stderr);
    let run = sandbox.run("explain zebra").expect_code(2);
    assert!(run.stderr.contains("hint: `alga-ext explain --list` lists the codes"), "{}", run.stderr);
    let list = sandbox.run("explain --list").ok().stdout;
    assert_eq!(list.lines().count(), Code::all().count());
    let document = sandbox.run("--format json explain --list").ok().json();
    assert_eq!(document["codes"].as_array().map(Vec::len), Some(Code::all().count()));
    sandbox.run("explain").expect_code(2);
}

#[test]
fn notes_name_the_section_when_more_is_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("\"version\": \"1\""));
    assert!(!sandbox.run("validate manifest.json").expect_code(1).stdout.contains("registry.md"));
    let run = sandbox.run("validate manifest.json -v").expect_code(1);
    assert!(run.stdout.contains("   = note: registry.md §1.3, registry.md §1.7: "), "{}", run.stdout);
    let run = sandbox.run("validate manifest.json --color always").expect_code(1);
    assert!(run.stdout.contains("\u{1b}[1;31merror[version-invalid]:\u{1b}[0m"), "{}", run.stdout);
}

#[test]
fn denied_warnings_fail_and_allowed_codes_are_counted() {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", manifest("\"version\": \"01.0.0\""));
    sandbox.run("validate manifest.json").ok();
    for deny in ["--deny warnings", "--deny version-not-semver"] {
        let run = sandbox.run(&format!("validate manifest.json {deny}")).expect_code(1);
        assert!(run.stdout.contains("error[version-not-semver]"), "{}", run.stdout);
    }
    sandbox.run("validate manifest.json --deny ui-type").ok();
    let run = sandbox.run("validate manifest.json --deny warnings --allow version-not-semver").ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "no findings, 1 allowed\n"));
    let run = sandbox.run("validate manifest.json --allow version-not-semvr").expect_code(2);
    assert!(run.stderr.contains("did you mean `version-not-semver`?"), "{}", run.stderr);
}

#[test]
fn a_baseline_keeps_old_findings_quiet_and_tells_new_ones() {
    let sandbox = Sandbox::new();
    let endpoint =
        |path: &str| format!("{{\"method\": \"GET\", \"path\": \"{path}\", \"handler\": \"dist/main\"}}");
    let with = |paths: &[&str]| {
        let endpoints: Vec<String> = paths.iter().map(|path| endpoint(path)).collect();
        sandbox.write(
            "manifest.json",
            manifest(&format!("\"api\": {{\"endpoints\": [{}]}}", endpoints.join(",\n"))),
        );
    };
    with(&["/a b"]);
    let run = sandbox.run("validate manifest.json --baseline known.json --write-baseline").ok();
    assert!(run.stderr.starts_with("1 finding is in `"), "{}", run.stderr);
    with(&["/first", "/a b"]);
    let run = sandbox.run("validate manifest.json --baseline known.json").ok();
    assert_eq!(run.stderr, "no findings, 1 in the baseline\n");
    with(&["/c d", "/a b"]);
    let run = sandbox.run("--format json validate manifest.json --baseline known.json").expect_code(1).json();
    assert_eq!((&run["known"], run["findings"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    assert!(run["findings"][0]["message"].as_str().unwrap().contains("/c d"), "{run}");
    with(&["/"]);
    let run = sandbox.run("validate manifest.json --baseline known.json").ok();
    assert_eq!(run.stderr, "no findings, 1 gone from the baseline\n");
    for broken in ["nowhere.json", "manifest.json"] {
        let run = sandbox.run(&format!("validate manifest.json --baseline {broken}")).expect_code(2);
        assert!(
            run.stderr.contains("is no baseline") && run.stderr.contains("--write-baseline"),
            "{}",
            run.stderr
        );
    }
    let value: Value = serde_json::from_slice(&sandbox.read("known.json")).unwrap();
    assert_eq!(value["version"], 1);
}

#[test]
fn a_baseline_knows_a_finding_again_whose_call_moved() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let handler = |before: &str| {
        let text = format!(
            "{before}export async function handler() {{ await fetch('https://a.example/'); return {{ status: 204 }}; }}\n"
        );
        sandbox.write("project/src/handler.ts", text);
    };
    handler("");
    let found = sandbox.run("validate project").stdout;
    assert!(found.contains("at src/handler.ts:1:"), "{found}");
    sandbox.run("validate project --baseline known.json --write-baseline").ok();
    handler("// A line above.\n");
    let run = sandbox.run("validate project --baseline known.json").ok();
    assert!(!run.stdout.contains("fetch"), "{}", run.stdout);
}

#[test]
fn a_project_allows_what_it_gives_a_reason_for() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let head =
        |path: &str| format!("{{\"method\": \"HEAD\", \"path\": \"{path}\", \"handler\": \"dist/main\"}}");
    let api = format!("\"api\": {{\"endpoints\": [{}, {}]}}", head("/a"), head("/b"));
    sandbox.write("project/manifest.json", manifest(&api));
    let allow = |entries: &str| {
        sandbox.write("project/alga-ext.yaml", format!("validate:\n  allow:\n{entries}"));
        sandbox.run("--format json validate project")
    };
    let all = allow(
        "    - code: endpoint-head\n      file: ./manifest.json\n      reason: old\n      until: 2999-01-31\n",
    );
    assert_eq!((&all.json()["allowed"], codes(&all)), (&json!(2), Vec::new()));
    let one = allow("    - code: endpoint-head\n      about: \"api.endpoints[1]\"\n      reason: old\n");
    assert_eq!((&one.json()["allowed"], codes(&one)), (&json!(1), vec!["endpoint-head".to_owned()]));
    let other = allow("    - code: endpoint-head\n      file: ui/\n      reason: old\n");
    assert_eq!(codes(&other), ["allow-unused", "endpoint-head", "endpoint-head"]);
    let ended = allow("    - {code: endpoint-head, reason: old, until: 2020-02-29}\n");
    assert_eq!(codes(&ended), ["allow-expired", "endpoint-head", "endpoint-head"]);
    let finding = &ended.json()["findings"][0];
    assert_eq!(
        (&finding["file"], &finding["line"], &finding["column"]),
        (&json!("alga-ext.yaml"), &json!(3), &json!(49))
    );
    let missing = allow("    - code: endpoint-head\n").expect_code(1);
    assert!(missing.stdout.contains("missing field `reason`"), "{}", missing.stdout);
    // What is allowed is not mended either.
    allow("    - code: endpoint-head\n      reason: old\n");
    sandbox.run("validate project --fix").ok();
    assert_eq!(sandbox.read("project/manifest.json"), manifest(&api).as_bytes());
}

#[test]
fn watching_judges_each_change_once_and_ends_with_the_last_verdict() {
    use std::io::BufRead;
    let sandbox = Sandbox::new();
    project(&sandbox);
    let mut command = sandbox.alga(["--format", "json", "-C", "project", "validate", "--watch"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["errors"], 0);
    sandbox.write("project/manifest.json", manifest("\"version\": \"1\""));
    // What is half written is judged too, as an editor's save may be seen twice.
    while next()["findings"][0]["code"] != "version-invalid" {}
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
