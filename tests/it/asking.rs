//! The author's own commands: they may ask on the terminal, end with the process that runs them, and are quoted in full.

use crate::harness::{Run, Sandbox};
use crate::pack::packed;
use std::io::Write;
use std::process::Stdio;

const MANIFEST: &str =
    r#"{ "name": "com.acme.asking", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1" }"#;

fn project(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifest.json", MANIFEST);
    sandbox.write("alga-ext.yaml", config);
    sandbox.write("src/handler.js", "export const handler = () => ({ status: 204 });\n");
    sandbox
}

/// Runs a shell's command line at a terminal where somebody types; what hangs is ended.
fn at_a_terminal(sandbox: &Sandbox, line: &str, typed: &str) -> Run {
    let mut command = sandbox.command("timeout");
    command.args(["120", "script", "-qec", line, "/dev/null"]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    Run::new(&child.wait_with_output().unwrap())
}

fn alga(words: &str) -> String {
    format!("'{}' {words}", env!("CARGO_BIN_EXE_alga-ext"))
}

#[test]
#[cfg(target_os = "linux")]
fn a_build_command_asks_on_the_terminal() {
    let command = "printf PIN: > /dev/tty; read pin < /dev/tty; test \"$pin\" = 1234";
    let sandbox = project(&format!("build: {{ command: '{command}' }}\n"));
    let run = at_a_terminal(&sandbox, &alga("build"), "1234\n").ok();
    assert!(run.stdout.contains("PIN:"), "{}", run.stdout);
    assert!(sandbox.path("dist/main.wasm").is_file());
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_that_signs_asks_for_its_pin_on_the_terminal() {
    let sandbox = packed();
    sandbox.run("keys generate --no-password --out key").ok();
    sandbox.write("card.sh", "read pin < /dev/tty; echo the card refuses $pin >&2; exit 9\n");
    let line = "sign app/dist/bundle.tar.zst --external 'sh card.sh' --public-key key.pub";
    let run = at_a_terminal(&sandbox, &alga(line), "1234\n").expect_code(1);
    assert!(run.stdout.contains("the card refuses 1234"), "{}", run.stdout);
}

#[test]
#[cfg(target_os = "linux")]
fn at_a_terminal_too_a_command_ends_with_all_it_started_when_the_process_is_told_to_end() {
    // Whoever reads `up` knows that all of it runs; it would sleep for ten minutes.
    let sandbox = project("build: { command: 'sh work.sh; true' }\n");
    sandbox.write("work.sh", "sleep 600 & echo $! > child.pid; echo up > up; wait\n");
    let script = format!(
        "mkfifo up; {} & pid=$!; read up < up; kill -TERM $pid; wait $pid; echo ended $?",
        alga("build")
    );
    let run = at_a_terminal(&sandbox, &script, "").ok();
    assert!(run.stdout.contains("ended 143"), "{}", run.stdout);
    let sleeper = String::from_utf8(sandbox.read("child.pid")).unwrap();
    // Nobody may have asked yet how it ended; it is a process then that no longer runs.
    let status = fs_err::read_to_string(format!("/proc/{}/status", sleeper.trim())).unwrap_or_default();
    assert!(status.is_empty() || status.contains("zombie"), "{status}");
}

#[test]
fn what_a_failed_command_says_on_both_streams_is_quoted_with_how_much_came_before() {
    let command = "seq 100; echo the warning of the runtime >&2; exit 7";
    let sandbox = project(&format!("build: {{ command: '{command}' }}\n"));
    let run = sandbox.run("build -q").expect_code(1);
    let lines: Vec<&str> = run.stderr.lines().map(str::trim).collect();
    let begin = lines.iter().position(|line| line.ends_with("ended with exit code 7:")).unwrap();
    assert_eq!(
        lines[begin + 1..begin + 3],
        ["| … after 60 lines that are not quoted", "| 61"],
        "{}",
        run.stderr
    );
    assert_eq!(
        lines[begin + 41..],
        ["| 100", "and on standard error:", "| the warning of the runtime"],
        "{}",
        run.stderr
    );
}

#[test]
#[cfg(unix)]
fn all_errors_of_a_compiler_that_warns_too_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = project("");
    sandbox.write("tsconfig.json", "{}");
    // As Node warns when it runs a compiler: on the other stream.
    let script = "#!/bin/sh\necho '(node:1) ExperimentalWarning: it may change' >&2\n\
         for line in $(seq 200); do echo \"src/handler.js(1,$line): error TS2322: number $line is wrong.\"; done\nexit 2\n";
    let bin = sandbox.write("node_modules/.bin/tsc", script);
    fs_err::set_permissions(bin, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = sandbox.run("build --types").expect_code(1);
    assert_eq!(run.stderr.matches("(TS2322)").count(), 200, "{}", run.stderr);
}
