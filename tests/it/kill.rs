//! Killed at any moment of `pack` and `sign`: each file is the old one or the complete new one, and the next run sweeps.

use crate::harness::Sandbox;
use crate::pack::ui_project;
use alga_ext::bundle::Digest;
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};

const BUNDLE: &str = "app/dist/bundle.tar.zst";
/// Kills that end a running process, of each command.
const HITS: u64 = 200;
/// More tries than this, and the moments are chosen badly.
const TRIES: u64 = 20 * HITS;
/// What every end of a process by `kill -9` says.
const KILLED: i32 = 9;

/// How far a process has come, by its own count: nanoseconds on a processor, and bytes it has read and written.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    nanoseconds: u64,
    bytes: u64,
}

impl Progress {
    /// Of a child that is not waited for; none when it is gone.
    fn of(child: &Child) -> Option<Progress> {
        let read = |file: &str| fs_err::read_to_string(format!("/proc/{}/{file}", child.id())).ok();
        let nanoseconds = read("schedstat")?.split(' ').next()?.parse().ok()?;
        let io = read("io")?;
        let count = |key: &str| io.lines().find_map(|line| line.strip_prefix(key)?.parse::<u64>().ok());
        Some(Progress { nanoseconds, bytes: count("rchar: ")? + count("wchar: ")? })
    }

    fn has_reached(self, goal: Progress) -> bool {
        self.nanoseconds >= goal.nanoseconds && self.bytes >= goal.bytes
    }
}

/// Ends the processes of one command the hard way, again and again.
struct Killer<'a> {
    sandbox: &'a Sandbox,
    line: String,
    /// What an undisturbed run comes to.
    whole: Progress,
    /// Tries that came too late.
    late: u64,
    /// The hits by the tenth of the run that they hit.
    tenths: BTreeSet<u64>,
}

impl Killer<'_> {
    fn new<'a>(sandbox: &'a Sandbox, line: &str) -> Killer<'a> {
        let mut child = start(sandbox, line);
        let mut whole = Progress::default();
        while child.try_wait().unwrap().is_none() {
            whole = Progress::of(&child).unwrap_or(whole);
        }
        Killer { sandbox, line: line.to_owned(), whole, late: 0, tenths: BTreeSet::new() }
    }

    /// Runs until it has killed once while the process was at work. The moment is one of its time on the processor or
    /// of its bytes, in turns: what it writes at the very end takes hardly any time.
    fn hit(&mut self, round: u64) {
        let of = |whole: u64, try_: u64| whole * ((round * 7919 + try_ * 6133) % 1009) / 1009;
        for try_ in 0..TRIES {
            let goal = if round.is_multiple_of(2) {
                Progress { nanoseconds: of(self.whole.nanoseconds, try_), bytes: 0 }
            } else {
                Progress { nanoseconds: 0, bytes: of(self.whole.bytes, try_) }
            };
            let mut child = start(self.sandbox, &self.line);
            while child.try_wait().unwrap().is_none()
                && Progress::of(&child).is_some_and(|progress| !progress.has_reached(goal))
            {
                std::thread::yield_now();
            }
            let _ = child.kill();
            let status = child.wait().unwrap();
            if status.signal() == Some(KILLED) {
                let tenth = |part: u64, whole: u64| part * 10 / whole.max(1);
                self.tenths.insert(
                    tenth(goal.nanoseconds, self.whole.nanoseconds).max(tenth(goal.bytes, self.whole.bytes)),
                );
                return;
            }
            assert!(status.success(), "`{}` ended with {status}", self.line);
            self.late += 1;
        }
        panic!("`{}` was never hit in {TRIES} tries", self.line);
    }

    #[expect(clippy::print_stdout, reason = "the count is what the test is asked for")]
    fn say(&self, files: &str) {
        let Killer { whole: Progress { nanoseconds, bytes }, late, tenths, line, .. } = self;
        assert!(tenths.len() >= 8, "the hits lie in the tenths {tenths:?} of the run alone");
        println!(
            "`{line}` ({} ms, {bytes} bytes): killed {HITS} times at work, in {} tenths of the run; {late} tries came \
             too late; {files} never torn",
            nanoseconds / 1_000_000,
            tenths.len(),
        );
    }
}

fn start(sandbox: &Sandbox, line: &str) -> Child {
    let mut command = sandbox.alga(line.split_whitespace());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn leftovers(folder: &Path) -> usize {
    let names =
        fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".alga-ext-")).count()
}

fn hash(sandbox: &Sandbox, path: &str) -> String {
    Digest::of(&sandbox.read(path)).hex()
}

#[test]
fn a_killed_pack_leaves_the_old_bundle_or_the_new_one() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    // Two states of the project, and what each of them packs to: the bundle, its checksum, its bill of materials.
    let files = [BUNDLE.to_owned(), format!("{BUNDLE}.sha256"), format!("{BUNDLE}.cdx.json")];
    let set = |state: usize| sandbox.write("app/ui/state.js", format!("{}\n", "x".repeat(20 + state)));
    let hashes = || files.each_ref().map(|file| hash(&sandbox, file));
    let whole = [0, 1].map(|state| {
        set(state);
        sandbox.run("-C app pack").ok();
        hashes()
    });
    assert_ne!(whole[0][0], whole[1][0]);
    set(0);
    let mut killer = Killer::new(&sandbox, "-C app pack");
    for round in 0..HITS {
        // Whichever of the two is there, the other one is made.
        set(usize::from(hash(&sandbox, BUNDLE) == whole[0][0]));
        killer.hit(round);
        for (at, found) in hashes().iter().enumerate() {
            let is_whole = whole.iter().any(|state| state[at] == *found);
            assert!(is_whole, "round {round} left a torn `{}`", files[at]);
        }
    }
    set(1);
    sandbox.run("-C app pack").ok();
    assert_eq!(leftovers(&sandbox.path("app/dist")), 0);
    assert_eq!(hashes(), whole[1]);
    let sums = ["-c", "bundle.tar.zst.sha256"];
    sandbox.run_command(sandbox.command("sha256sum").args(sums).current_dir(sandbox.path("app/dist"))).ok();
    killer.say("bundle, checksum and bill of materials");
}

#[test]
fn a_killed_sign_leaves_the_old_signature_or_the_new_one() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.run("-C app pack").ok();
    sandbox.run("keys generate --no-password --out key").ok();
    let line = format!("sign {BUNDLE} --key key");
    sandbox.run(&line).ok();
    let mut killer = Killer::new(&sandbox, &line);
    for round in 0..HITS {
        killer.hit(round);
        // Either one verifies; half of one would not.
        if round % 10 == 0 {
            sandbox.run(&format!("verify {BUNDLE} --key key.pub")).ok();
        }
        alga_ext::signing::Signature::parse(&sandbox.read(format!("{BUNDLE}.minisig"))).unwrap();
    }
    sandbox.run(&line).ok();
    assert_eq!(leftovers(&sandbox.path("app/dist")), 0);
    sandbox.run(&format!("verify {BUNDLE} --key key.pub")).ok();
    killer.say("the signature");
}
