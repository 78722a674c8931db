//! No byte of a signed bundle or of its signature can change unseen: every position of a small bundle in each container,
//! random ones of a large one, some of them through the binary.

use crate::harness::Sandbox;
use crate::pack::ui_project;
use alga_ext::release::{self, Against, VerifyOptions};
use alga_ext::signing::{PublicKey, Time};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What a byte becomes, each in turn.
const FLIPS: [u8; 4] = [0x01, 0x20, 0x80, 0xff];
const CONTAINERS: [&str; 3] = ["tar.zst", "tar.gz", "zip"];

/// Random enough, and the same each time (xorshift).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

struct Case {
    sandbox: Sandbox,
    bundle: String,
    key: PublicKey,
}

impl Case {
    /// A signed bundle; `ballast` bytes in it do not compress.
    fn new(container: &str, ballast: usize) -> Case {
        let sandbox = Sandbox::new();
        ui_project(&sandbox, "app");
        if ballast > 0 {
            let mut seeded = Seeded(7);
            let noise: Vec<u8> = (0..ballast).map(|_| u8::try_from(seeded.below(256)).unwrap()).collect();
            sandbox.write("app/ui/noise.png", noise);
        }
        sandbox.run(&format!("-C app pack --container {container}")).ok();
        sandbox.run("keys generate --no-password --out key").ok();
        let bundle = format!("app/dist/bundle.{container}");
        sandbox.run(&format!("sign {bundle} --key key")).ok();
        let key = PublicKey::parse(&String::from_utf8(sandbox.read("key.pub")).unwrap()).unwrap();
        Case { sandbox, bundle, key }
    }

    fn files(&self) -> [PathBuf; 2] {
        [self.sandbox.path(&self.bundle), self.sandbox.path(format!("{}.minisig", self.bundle))]
    }

    /// The operation behind `verify`; the command adds the exit code and nothing else.
    fn code(&self) -> u8 {
        let at = Time::of(std::time::SystemTime::now());
        let against = Against::Key(&self.key);
        let options = VerifyOptions { against, signature: None, expected: None, at, require: &[] };
        let verification = release::verify(&self.sandbox.path(&self.bundle), &options).unwrap();
        assert_eq!(verification.verified, verification.reason.exit().code() == 0);
        verification.reason.exit().code()
    }

    /// Changes one byte for as long as `look` looks.
    fn changed<T>(path: &Path, at: usize, flip: u8, look: impl FnOnce() -> T) -> T {
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at as u64).unwrap();
        file.write_all_at(&[byte[0] ^ flip], at as u64).unwrap();
        let seen = look();
        file.write_all_at(&byte, at as u64).unwrap();
        seen
    }
}

#[test]
fn every_byte_of_a_small_bundle_and_of_its_signature_counts() {
    for container in CONTAINERS {
        let case = Case::new(container, 0);
        assert_eq!(case.code(), 0);
        let mut counts = Vec::new();
        for path in case.files() {
            let bytes = fs_err::read(&path).unwrap();
            for at in 0..bytes.len() {
                for flip in FLIPS {
                    let code = Case::changed(&path, at, flip, || case.code());
                    assert_eq!(code, 11, "{}, byte {at} with {flip:#x}", path.display());
                }
            }
            for cut in 0..bytes.len() {
                fs_err::write(&path, &bytes[..cut]).unwrap();
                assert_eq!(case.code(), 11, "{}, cut at {cut}", path.display());
            }
            for more in [&b"\0"[..], b"\n", b"\r\n", b"x"] {
                fs_err::write(&path, [&bytes, more].concat()).unwrap();
                assert_eq!(case.code(), 11, "{} with {more:?} more", path.display());
            }
            fs_err::write(&path, &bytes).unwrap();
            counts.push(format!("{} bytes × {} flips, {} cuts", bytes.len(), FLIPS.len(), bytes.len()));
        }
        assert_eq!(case.code(), 0);
        println!("{container}: bundle {}; signature {}: all refused", counts[0], counts[1]);
    }
}

#[test]
fn ten_thousand_random_changes_of_a_large_bundle_are_refused() {
    std::thread::scope(|scope| {
        for container in CONTAINERS {
            scope.spawn(move || {
                let case = Case::new(container, 100_000);
                let mut seeded = Seeded(0x5eed);
                let [bundle, _] = case.files();
                let length = fs_err::metadata(&bundle).unwrap().len();
                assert!(length > 100_000);
                for _ in 0..10_000 {
                    let at = seeded.below(usize::try_from(length).unwrap());
                    let flip = u8::try_from(1 + seeded.below(255)).unwrap();
                    let code = Case::changed(&bundle, at, flip, || case.code());
                    assert_eq!(code, 11, "{container}, byte {at} with {flip:#x}");
                }
                assert_eq!(case.code(), 0);
                println!("{container}: 10000 random changes of {length} bytes: all refused");
            });
        }
    });
}

#[test]
fn two_hundred_changes_are_refused_by_the_binary() {
    let case = Case::new("tar.zst", 0);
    let mut seeded = Seeded(0xb17);
    let line = format!("verify {} --key key.pub", case.bundle);
    for round in 0..200 {
        let path = &case.files()[round % 2];
        let length = usize::try_from(fs_err::metadata(path).unwrap().len()).unwrap();
        let (at, flip) = (seeded.below(length), u8::try_from(1 + seeded.below(255)).unwrap());
        let run = Case::changed(path, at, flip, || case.sandbox.run(&line));
        assert_eq!(run.code, 11, "{}, byte {at} with {flip:#x}: {}", path.display(), run.stderr);
    }
    case.sandbox.run(&line).ok();
    println!("200 changes through the binary: all refused");
}
