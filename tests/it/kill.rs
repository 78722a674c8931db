//! Killed at any moment of `pack` and `sign`: each file is the old one or the complete new one, and the next run sweeps.

use crate::harness::Sandbox;
use crate::pack::ui_project;
use alga_ext::bundle::Digest;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const BUNDLE: &str = "app/dist/bundle.tar.zst";
const ROUNDS: u32 = 100;

/// Starts it and ends it the hard way when `moment` has passed; whether it came to its end before.
fn kill(sandbox: &Sandbox, line: &str, moment: Duration) -> bool {
    let mut command = sandbox.alga(line.split_whitespace());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::park_timeout(moment);
    let _ = child.kill();
    child.wait().unwrap().success()
}

/// How long it takes undisturbed.
fn time(sandbox: &Sandbox, line: &str) -> Duration {
    let start = Instant::now();
    sandbox.run(line).ok();
    start.elapsed()
}

fn leftovers(folder: &Path) -> usize {
    let names =
        fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".alga-ext-")).count()
}

fn hash(sandbox: &Sandbox, path: &str) -> Option<String> {
    fs_err::read(sandbox.path(path)).ok().map(|bytes| Digest::of(&bytes).hex())
}

#[test]
fn a_killed_pack_leaves_the_old_bundle_or_the_new_one() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    // Two states of the project, and what each of them packs to.
    let set = |state: u32| sandbox.write("app/ui/state.js", format!("{}\n", "x".repeat(20 + state as usize)));
    let mut whole = Vec::new();
    let mut longest = Duration::ZERO;
    for state in [0, 1] {
        set(state);
        longest = longest.max(time(&sandbox, "-C app pack"));
        whole.push(hash(&sandbox, BUNDLE).unwrap());
    }
    let mut ended = 0;
    for round in 0..ROUNDS {
        set(round % 2);
        ended += u32::from(kill(&sandbox, "-C app pack", longest * (round * 37 % ROUNDS) / ROUNDS));
        let found = hash(&sandbox, BUNDLE).unwrap();
        assert!(whole.contains(&found), "round {round} left a torn bundle");
    }
    sandbox.run("-C app pack").ok();
    assert_eq!(leftovers(&sandbox.path("app/dist")), 0);
    assert_eq!(hash(&sandbox, BUNDLE).as_ref(), whole.get((ROUNDS as usize + 1) % 2));
    let sums = ["-c", "bundle.tar.zst.sha256"];
    sandbox.run_command(sandbox.command("sha256sum").args(sums).current_dir(sandbox.path("app/dist"))).ok();
    println!("pack: {ROUNDS} kills, {ended} came too late; never torn");
}

#[test]
fn a_killed_sign_leaves_the_old_signature_or_the_new_one() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.run("-C app pack").ok();
    sandbox.run("keys generate --no-password --out key").ok();
    let line = format!("sign {BUNDLE} --key key");
    let longest = time(&sandbox, &line);
    let mut ended = 0;
    for round in 0..ROUNDS {
        ended += u32::from(kill(&sandbox, &line, longest * (round * 37 % ROUNDS) / ROUNDS));
        // Either one verifies; half of one would not.
        if round % 5 == 0 {
            sandbox.run(&format!("verify {BUNDLE} --key key.pub")).ok();
        }
        alga_ext::signing::Signature::parse(&sandbox.read(format!("{BUNDLE}.minisig"))).unwrap();
    }
    sandbox.run(&line).ok();
    assert_eq!(leftovers(&sandbox.path("app/dist")), 0);
    sandbox.run(&format!("verify {BUNDLE} --key key.pub")).ok();
    println!("sign: {ROUNDS} kills, {ended} came too late; never torn");
}
