//! What a process still has in memory once it has done its work with a key and tells of it: neither the key nor the
//! password.

use crate::harness::Sandbox;
use crate::pack::packed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const BUNDLE: &str = "app/dist/bundle.tar.zst";
const PASSWORD: &str = "correct horse battery staple";
/// Where the seed is in a secret key, and how long a piece of it is looked for.
const SEED: std::ops::Range<usize> = 62..94;
const PIECE: usize = 16;
/// How long a process may take to come to its words.
const PATIENCE: Duration = Duration::from_mins(10);
/// What is read of a process at once, in bytes.
const BLOCK: usize = 1 << 20;

/// A process that has come to its last words and cannot say them, because nobody reads what it has said.
struct Stuck {
    child: Child,
    /// Read by nobody.
    _ear: UnixStream,
}

impl Stuck {
    fn at_its_words(sandbox: &Sandbox, line: &str) -> Stuck {
        let (mut mouth, ear) = UnixStream::pair().unwrap();
        mouth.set_nonblocking(true).unwrap();
        let filled = std::iter::repeat_with(|| mouth.write(&[b'.'; 64])).find_map(Result::err).unwrap();
        assert_eq!(filled.kind(), ErrorKind::WouldBlock);
        mouth.set_nonblocking(false).unwrap();
        let mut command = sandbox.alga(line.split_whitespace());
        command.stdout(Stdio::from(OwnedFd::from(mouth))).stderr(Stdio::null());
        let mut stuck = Stuck { child: command.spawn().unwrap(), _ear: ear };
        let begun = Instant::now();
        while !stuck.writes() {
            let ended = stuck.child.try_wait().unwrap();
            assert!(ended.is_none(), "`{line}` ended before it said anything: {ended:?}");
            assert!(begun.elapsed() < PATIENCE, "`{line}` says nothing");
            std::thread::yield_now();
        }
        stuck
    }

    /// Whether it is in the system call that writes to standard output.
    fn writes(&self) -> bool {
        let call = fs_err::read_to_string(format!("/proc/{}/syscall", self.child.id())).unwrap_or_default();
        call.starts_with(&format!("{} 0x1 ", libc::SYS_write))
    }

    /// Those of the needles that are in what it can write to: its heap and its stacks.
    fn remembers<'a>(&self, needles: &[(&'a str, Vec<u8>)]) -> Vec<&'a str> {
        let id = self.child.id();
        let memory = fs_err::File::open(format!("/proc/{id}/mem")).unwrap();
        let maps = fs_err::read_to_string(format!("/proc/{id}/maps")).unwrap();
        let longest = needles.iter().map(|(_, needle)| needle.len()).max().unwrap();
        let mut found = Vec::new();
        for map in maps.lines().filter(|map| map.contains(" rw-p ")) {
            let (from, to) = map.split(' ').next().unwrap().split_once('-').unwrap();
            let (mut at, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
            let mut block = vec![0; BLOCK + longest];
            while at < to {
                let wanted = block.len().min(usize::try_from(to - at).unwrap());
                let Ok(count) = memory.file().read_at(&mut block[..wanted], at) else { break };
                let finder = |needle: &[u8]| block[..count].windows(needle.len()).any(|part| part == needle);
                let is_blank = block[..count].iter().all(|byte| *byte == 0);
                found.extend(
                    needles.iter().filter(|(_, needle)| !is_blank && finder(needle)).map(|(name, _)| *name),
                );
                at += BLOCK as u64;
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The password, and of an unencrypted key every half that would do to sign: of its text, its seed and what Ed25519 makes
/// of that.
fn needles(key: &str) -> Vec<(&'static str, Vec<u8>)> {
    let line = key.lines().nth(1).unwrap();
    let seed = &STANDARD.decode(line).unwrap()[SEED];
    let expanded = Sha512::digest(seed);
    vec![
        ("password", PASSWORD.into()),
        ("text", line[96..128].into()),
        ("seed's first half", seed[..PIECE].into()),
        ("seed's second half", seed[PIECE..].into()),
        ("scalar's inside", expanded[8..8 + PIECE].into()),
        ("nonce's prefix", expanded[32..32 + PIECE].into()),
    ]
}

#[test]
fn what_signs_forgets_the_key_and_the_password() {
    let sandbox = packed();
    sandbox.write("password", format!("{PASSWORD}\n"));
    let stuck = Stuck::at_its_words(&sandbox, "keys generate --out key --no-password");
    let key = String::from_utf8(sandbox.read("key")).unwrap();
    let secrets = needles(&key);
    let public = String::from_utf8(sandbox.read("key.pub")).unwrap().lines().nth(1).unwrap().to_owned();
    let control = ("public key", public.into_bytes());
    let with_control = [secrets.as_slice(), std::slice::from_ref(&control)].concat();
    // What it is about to say is found, so what is not found is not there.
    assert_eq!(stuck.remembers(&with_control), ["public key"]);
    let id = sandbox.run("keys export key").ok().stdout.lines().next().unwrap().to_owned();
    let control = ("key id", id.rsplit(' ').next().unwrap().into());
    let with_control = [secrets.as_slice(), &[control]].concat();
    let closed = "keys generate --out closed --format json --password-file password";
    assert_eq!(Stuck::at_its_words(&sandbox, closed).remembers(&secrets), [""; 0]);
    for line in [
        "sign app/dist/bundle.tar.zst --format json --key key",
        "attest app/dist/bundle.tar.zst --format json --key key",
        "keys change-password key --format json --new-password-file password",
        "sign app/dist/bundle.tar.zst --format json --key key --password-file password",
        "keys import key --format json --name other --password-file password --no-password",
    ] {
        assert_eq!(Stuck::at_its_words(&sandbox, line).remembers(&with_control), ["key id"], "{line}");
    }
    sandbox.run(&format!("verify {BUNDLE} --key key.pub")).ok();
}
