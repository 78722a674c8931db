//! What is inside a bundle, whatever holds it together: the index, `convert`, `ls`, `unpack`, `cat`; and that packing
//! makes the same bytes everywhere, and none twice.

use crate::harness::{Run, Sandbox};
use crate::pack::{packed, ui_project};
use alga_ext::bundle::{self, Container, Entry};
use serde_json::{Value, json};

const CONTAINERS: [&str; 3] = ["tar.zst", "tar.gz", "zip"];

/// A command's result and the most memory it had, in MiB.
#[cfg(target_os = "linux")]
pub(crate) fn measured(sandbox: &Sandbox, line: &str) -> (Run, u64) {
    let script = "import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)";
    let mut command = sandbox.command("python3");
    command.args(["-c", script, env!("CARGO_BIN_EXE_alga-ext")]).args(line.split_whitespace());
    let run = sandbox.run_command(&mut command);
    let peak: u64 = run.stderr.lines().last().unwrap().parse().unwrap();
    (run, peak / 1024)
}

/// Bytes that do not compress, others for every seed.
fn noise(mut state: u32, length: usize) -> Vec<u8> {
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn the_index_lists_every_file_and_says_what_the_bundle_was_made_of() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    sandbox.write("app/package-lock.json", "{}");
    let document = sandbox.run("-C app pack --format json").ok().json();
    let text = sandbox.run("cat app/dist/bundle.tar.zst META/bundle.json").ok().stdout;
    let index: Value = serde_json::from_str(&text).unwrap();
    let mut entries = document["entries"].as_array().unwrap().clone();
    entries.retain(|entry| entry["path"] != "META/bundle.json");
    assert_eq!(index["files"], json!(entries));
    assert_eq!(index["tool"]["name"], "alga-ext");
    assert_eq!(index["engine"], "none");
    assert_eq!(index["locks"][0]["path"], "package-lock.json");
    assert_eq!(index["requires"], json!({ "runtime": "wasm-js@1", "interfaces": [], "capabilities": [] }));
    let inspection = sandbox.run("inspect app/dist/bundle.tar.zst --format json").ok().json();
    let listing = sandbox.run("ls app/dist/bundle.tar.zst --format json").ok().json();
    assert_eq!(inspection["index"], index);
    assert_eq!(inspection["files_digest"], document["files_digest"]);
    assert_eq!(listing["files_digest"], document["files_digest"]);
    // The digest is of the list alone, as its definition says.
    let lines = entries.iter().map(|entry| {
        let word = |key: &str| entry[key].as_str().unwrap().to_owned();
        format!("{}\0{}\0{}\n", word("path"), entry["size"], word("sha256"))
    });
    let list = lines.collect::<Vec<_>>().concat();
    assert_eq!(document["files_digest"], bundle::Digest::of(list.as_bytes()).to_string());
}

#[test]
fn a_bundle_that_is_not_what_its_index_lists_is_refused() {
    let sandbox = packed();
    let whole = bundle::read(&sandbox.read("app/dist/bundle.tar.zst")).unwrap().entries;
    let changed = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = whole.clone();
        change(&mut entries);
        entries
    };
    let at = |entries: &[Entry], path: &str| entries.iter().position(|entry| entry.path == path).unwrap();
    let page = "ui/index.html";
    let cases: [(&str, Vec<Entry>, &str); 5] = [
        (
            "byte",
            changed(&|all| {
                let at = at(all, page);
                all[at].bytes[0] ^= 1;
            }),
            "the sha256 of `ui/index.html` is",
        ),
        (
            "size",
            changed(&|all| {
                let at = at(all, page);
                all[at].bytes.push(0);
            }),
            "bytes long, and",
        ),
        (
            "missing",
            changed(&|all| {
                let at = at(all, page);
                all.remove(at);
            }),
            "`ui/index.html` is listed and missing",
        ),
        (
            "extra",
            changed(&|all| all.push(Entry { path: "ui/more.js".into(), bytes: Vec::new() })),
            "`ui/more.js` is there and not listed",
        ),
        (
            "index",
            changed(&|all| {
                let at = at(all, "META/bundle.json");
                all[at].bytes = b"[]".to_vec();
            }),
            "does not list what is in the bundle",
        ),
    ];
    for (name, entries, said) in cases {
        for (container, extension) in Container::ALL.into_iter().zip(CONTAINERS) {
            let file = format!("{name}.{extension}");
            sandbox.write(&file, bundle::write(&entries, container).unwrap());
            for command in ["inspect", "ls", "unpack", "validate"] {
                let run = sandbox.run(&format!("{command} {file}")).expect_code(1);
                assert!(run.stderr.contains(said), "{command} {file}: {}", run.stderr);
            }
        }
        assert!(!sandbox.path(name).exists());
    }
}

#[test]
fn a_bundle_of_another_tool_is_read_and_said_to_have_no_index() {
    let sandbox = packed();
    let mut entries = bundle::read(&sandbox.read("app/dist/bundle.tar.zst")).unwrap().entries;
    entries.retain(|entry| entry.path != "META/bundle.json");
    sandbox.write("other.tar.zst", bundle::write(&entries, Container::TarZst).unwrap());
    let document = sandbox.run("inspect other.tar.zst --format json").ok().json();
    assert_eq!(document["index"], Value::Null);
    let ours = sandbox.run("inspect app/dist/bundle.tar.zst --format json").ok().json();
    assert_eq!(document["files_digest"], ours["files_digest"]);
    let text = sandbox.run("inspect other.tar.zst").ok().stdout;
    assert!(text.contains("none; another tool made this bundle"), "{text}");
    let run = sandbox.run("unpack other.tar.zst").ok();
    assert!(run.stderr.contains("no index lists them"), "{}", run.stderr);
}

#[test]
fn a_converted_bundle_keeps_its_files_digest_and_must_be_signed_again() {
    let sandbox = packed();
    let digest = |file: &str| {
        let document = sandbox.run(&format!("inspect {file} --format json")).ok().json();
        (document["files_digest"].clone(), document["content_hash"].clone())
    };
    let (files, content) = digest("app/dist/bundle.tar.zst");
    for to in ["tar.gz", "zip"] {
        let run = sandbox.run(&format!("convert app/dist/bundle.tar.zst --to {to} --out {to}")).ok();
        assert!(run.stderr.contains("so it must be signed again"), "{}", run.stderr);
        let (converted, other) = digest(to);
        assert_eq!(converted, files);
        assert_ne!(other, content);
        // It is what packing into that container would have made, and it leads back to the same bytes.
        sandbox.run(&format!("-C app pack --container {to}")).ok();
        assert!(sandbox.read(to) == sandbox.read(format!("app/dist/bundle.{to}")), "{to}");
        let document =
            sandbox.run(&format!("convert {to} --to tar.zst --out back --format json")).ok().json();
        assert_eq!(document["content_hash"], content);
        assert_eq!(document["must_be_signed"], true);
        assert!(sandbox.read("back") == sandbox.read("app/dist/bundle.tar.zst"));
        let mut sums = sandbox.command("sha256sum");
        sandbox.run_command(sums.args(["-c", "back.sha256"])).ok();
    }
    let run = sandbox.run("convert app/dist/bundle.tar.zst --to tar.zst").expect_code(2);
    assert!(run.stderr.contains("is the bundle itself"), "{}", run.stderr);
}

#[test]
fn files_are_listed_in_lines_and_as_a_tree() {
    let sandbox = packed();
    let size = |path: &str| {
        bundle::read(&sandbox.read("app/dist/bundle.tar.zst")).unwrap().entry(path).unwrap().len()
    };
    let (index, manifest) = (size("META/bundle.json"), size("manifest.json"));
    let list = sandbox.run("ls app/dist/bundle.tar.zst").ok().stdout;
    assert_eq!(
        list,
        format!(
            "{index:>11}  META/bundle.json\n{manifest:>11}  manifest.json\n       2160  ui/assets/app.js\n         91  ui/index.html\n"
        )
    );
    let tree = sandbox.run("ls --tree app/dist/bundle.tar.zst").ok().stdout;
    let lines = [
        "             META/".to_owned(),
        format!("{index:>11}    bundle.json"),
        format!("{manifest:>11}  manifest.json"),
        "             ui/".to_owned(),
        "               assets/".to_owned(),
        "       2160      app.js".to_owned(),
        "         91    index.html".to_owned(),
    ];
    assert_eq!(tree.lines().collect::<Vec<_>>(), lines);
}

#[test]
fn a_bundle_is_unpacked_whole_into_a_new_folder_or_not_at_all() {
    let sandbox = packed();
    for container in CONTAINERS {
        sandbox.run(&format!("-C app pack --container {container} --out {container}")).ok();
        sandbox.run(&format!("unpack {container} --out new/{container}")).ok();
        assert_eq!(sandbox.read(format!("new/{container}/ui/index.html")), sandbox.read("app/ui/index.html"));
        assert!(sandbox.path(format!("new/{container}/META/bundle.json")).is_file());
    }
    let run = sandbox.run("unpack app/dist/bundle.tar.zst --out new/zip").expect_code(2);
    assert!(run.stderr.contains("is there already"), "{}", run.stderr);
    sandbox.run("unpack app/dist/bundle.tar.zst").ok();
    assert!(sandbox.path("bundle/manifest.json").is_file());
    let whole = sandbox.read("app/dist/bundle.tar.zst");
    sandbox.write("cut.tar.zst", &whole[..whole.len() - 3]);
    sandbox.run("unpack cut.tar.zst --out cut").expect_code(1);
    let left = fs_err::read_dir(sandbox.root()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<String> = left.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(!left.iter().any(|name| name == "cut" || name.starts_with(".alga-ext-")), "{left:?}");
}

#[test]
fn one_file_is_printed_as_it_is() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    let bytes = noise(1, 200_000);
    sandbox.write("app/ui/noise.png", &bytes);
    sandbox.run("-C app pack").ok();
    let output = sandbox.alga(["cat", "app/dist/bundle.tar.zst", "ui/noise.png"]).output().unwrap();
    assert!(output.status.success() && output.stdout == bytes);
    let run = sandbox.run("cat app/dist/bundle.tar.zst index.html").expect_code(2);
    assert!(
        run.stderr.contains("holds no `index.html`") && run.stderr.contains("it holds `ui/index.html`"),
        "{}",
        run.stderr
    );
}

#[test]
fn machine_user_locale_umask_time_and_path_change_no_byte() {
    let sandbox = Sandbox::new();
    let files = ["manifest.json", "ui/index.html", "ui/assets/app.js", "ui/b.js", "ui/é.json"];
    let make = |folder: &str, order: &[&str], umask: &str, environment: &[(&str, &str)]| {
        ui_project(&sandbox, "template");
        sandbox.write("template/ui/b.js", "b();");
        sandbox.write("template/ui/é.json", "{}");
        for (at, file) in order.iter().enumerate() {
            let path = sandbox.write(format!("{folder}/{file}"), sandbox.read(format!("template/{file}")));
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000 + at as u64);
            fs_err::OpenOptions::new().write(true).open(path).unwrap().file().set_modified(time).unwrap();
        }
        CONTAINERS.map(|container| {
            let mut command = sandbox.command("sh");
            let script = format!("umask {umask}; exec \"$0\" \"$@\"");
            command.args(["-c", &script, env!("CARGO_BIN_EXE_alga-ext"), "-C", folder]);
            command.args(["pack", "--sbom", "embed", "--container", container]);
            for (name, value) in environment {
                command.env(name, value);
            }
            sandbox.run_command(&mut command).ok();
            sandbox.read(format!("{folder}/dist/bundle.{container}"))
        })
    };
    let backwards: Vec<&str> = files.iter().rev().copied().collect();
    let one = make("here", &files, "022", &[("TZ", "UTC"), ("LC_ALL", "C")]);
    let other =
        [("TZ", "Asia/Kathmandu"), ("LC_ALL", "tr_TR.UTF-8"), ("USER", "somebody"), ("LANG", "ja_JP")];
    let two = make("a deeper/place é", &backwards, "077", &other);
    assert!(one == two);
    // The one time that is written is in the bill of materials, and only when it is given.
    let three = make("third", &files, "000", &[("SOURCE_DATE_EPOCH", "1700000000")]);
    assert!(one != three);
    let bill = sandbox.run("cat third/dist/bundle.zip META/sbom.cdx.json").ok().json();
    assert_eq!(bill["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
}

#[test]
fn what_did_not_change_is_not_made_twice_and_times_do_not_decide() {
    let sandbox = packed();
    let bundle = sandbox.path("app/dist/bundle.tar.zst");
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let set = |path: &std::path::Path| {
        fs_err::OpenOptions::new().write(true).open(path).unwrap().file().set_modified(old).unwrap();
    };
    let pack = || sandbox.run("-C app pack --format json").ok().json()["unchanged"].clone();
    let is_old = || fs_err::metadata(&bundle).unwrap().modified().unwrap() == old;
    set(&bundle);
    set(&sandbox.path("app/ui/assets/app.js"));
    assert_eq!((pack(), is_old()), (json!(true), true));
    // The same length and the same time, and other bytes.
    let script = sandbox.read("app/ui/assets/app.js");
    sandbox.write("app/ui/assets/app.js", String::from_utf8(script).unwrap().replace("hello", "HELLO"));
    set(&sandbox.path("app/ui/assets/app.js"));
    assert_eq!((pack(), is_old()), (json!(false), false));
    assert_eq!(pack(), json!(true));
    // A bundle that somebody touched is made again.
    let whole = sandbox.read("app/dist/bundle.tar.zst");
    sandbox.write("app/dist/bundle.tar.zst", &whole[1..]);
    assert_eq!(pack(), json!(false));
    assert!(sandbox.read("app/dist/bundle.tar.zst") == whole);
    let run = sandbox.run("-C app pack --fast").ok();
    assert!(run.stderr.starts_with("packed"), "{}", run.stderr);
}

#[test]
fn what_a_killed_run_left_is_gone_after_the_next() {
    let sandbox = packed();
    sandbox.write("app/dist/.alga-ext-left", "half a bundle");
    sandbox.run("-C app pack").ok();
    assert!(!sandbox.path("app/dist/.alga-ext-left").exists());
}

/// The debug binary takes some memory for itself; a bundle that was held would be more than all of it.
#[cfg(target_os = "linux")]
#[test]
fn a_large_ui_is_never_in_memory_as_a_whole() {
    let sandbox = Sandbox::new();
    ui_project(&sandbox, "app");
    for file in 0..6 {
        sandbox.write(format!("app/ui/{file}.png"), noise(file + 1, 16 << 20));
        let row = format!("<path d=\"M{file} 1L2 3\"/>\n");
        sandbox.write(format!("app/ui/{file}.svg"), row.repeat(200_000));
    }
    sandbox.run("keys generate --no-password --out key").ok();
    let bundle = "app/dist/bundle.tar.zst";
    for line in [
        "-C app validate".to_owned(),
        "-C app pack --fast".to_owned(),
        format!("validate {bundle}"),
        format!("inspect {bundle}"),
        format!("ls {bundle}"),
        format!("unpack {bundle}"),
        format!("convert {bundle} --to zip --fast"),
        "inspect app/dist/bundle.zip".to_owned(),
        format!("attest {bundle} --key key"),
    ] {
        let (run, peak) = measured(&sandbox, &line);
        run.ok();
        assert!(peak < 64, "`{line}` took {peak} MiB for 120 MiB of files");
    }
}

#[test]
fn what_a_killed_unpack_or_convert_left_is_swept_by_the_next() {
    let sandbox = packed();
    for line in [
        "unpack app/dist/bundle.tar.zst --out here/out",
        "convert app/dist/bundle.tar.zst --to zip --out here/b.zip",
    ] {
        sandbox.write("here/.alga-ext-unpack-killed/bundle/ui/index.html", "half");
        sandbox.write("here/.alga-ext-file", "half");
        sandbox.run(line).ok();
        let left = fs_err::read_dir(sandbox.path("here")).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!left.iter().any(|name| name.starts_with(".alga-ext-")), "{line}: {left:?}");
    }
}

#[test]
fn a_manifest_longer_than_is_read_is_refused_and_not_cut() {
    let sandbox = packed();
    sandbox.run("keys generate --no-password --out key").ok();
    // Blanks that do not compress to nothing, behind a manifest that is whole; then what makes it none.
    let mut state = 1_u32;
    let blanks = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [b' ', b'\n', b'\t', b'\r'][(state >> 30) as usize]
    });
    let mut bytes = sandbox.read("app/manifest.json");
    bytes.extend(blanks.take(16 << 20));
    bytes.push(b'x');
    let entries = [Entry { path: "manifest.json".into(), bytes }];
    sandbox.write("long.tar.zst", bundle::write(&entries, Container::TarZst).unwrap());
    for line in ["sign long.tar.zst --key key", "inspect long.tar.zst", "attest long.tar.zst --key key"] {
        let run = sandbox.run(line).expect_code(1);
        assert!(
            run.stderr.contains("manifest.json` is larger than 16777216 bytes"),
            "{line}\n{}",
            run.stderr
        );
    }
}
