//! Ctrl-C at any moment of any command: no process stays, no temporary file, and nothing is half-written.

use crate::harness::Sandbox;
use crate::registry::{Registry, bundle};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How often each command is interrupted, a later moment each time.
const ROUNDS: u32 = 12;

/// A sandbox whose temporary folder lies inside.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.path("tmp")).unwrap();
    sandbox
}

/// `alga-ext` with these words and the sandbox's own temporary folder and cache.
fn alga(sandbox: &Sandbox, line: &str) -> Command {
    let mut command = sandbox.alga(line.split_whitespace());
    command.env("TMPDIR", sandbox.path("tmp")).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs it to its end or interrupts it when `moment` has passed; whether it came to its end.
fn interrupt(mut command: Command, moment: Duration) -> bool {
    let mut child = command.spawn().unwrap();
    let pid = child.id().to_string();
    let (ended, end) = mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let status = child.wait().unwrap();
        let _ = ended.send(());
        status
    });
    if end.recv_timeout(moment).is_err() {
        // It may have ended just now.
        let _ = Command::new("kill").args(["-INT", &pid]).stderr(Stdio::null()).status().unwrap();
        end.recv_timeout(Duration::from_secs(20)).expect("it ends soon after it was told to");
    }
    let status = waiting.join().unwrap();
    // 130, or the system's own way before anything was begun that would have to be undone.
    let is_interrupted = status.code() == Some(130) || status.code().is_none();
    assert!(is_interrupted || status.success(), "{status} after {moment:?}");
    status.success()
}

/// What must not be there after an interrupt: temporary files, and processes that work in the sandbox.
fn leftovers(sandbox: &Sandbox) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![sandbox.root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(".alga-ext-") || folder.ends_with("tmp") {
                found.push(entry.path().display().to_string());
            } else if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    let Ok(processes) = std::fs::read_dir("/proc") else { return found };
    for process in processes.flatten() {
        let works_in = std::fs::read_link(process.path().join("cwd")).unwrap_or_default();
        if works_in.starts_with(sandbox.root()) {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    found
}

/// Interrupts `line` at moments spread over how long it takes; `check` sees whether it came to its end.
fn at_any_moment(sandbox: &Sandbox, line: &str, mut check: impl FnMut(bool)) {
    let started = Instant::now();
    assert!(interrupt(alga(sandbox, line), Duration::from_mins(2)), "{line}");
    let whole = started.elapsed();
    check(true);
    for round in 0..ROUNDS {
        let moment = whole * round / ROUNDS;
        let is_whole = interrupt(alga(sandbox, line), moment);
        assert_eq!(leftovers(sandbox), Vec::<String>::new(), "`{line}`, interrupted after {moment:?}");
        check(is_whole);
    }
}

/// A project whose build and UI take a moment.
fn project(sandbox: &Sandbox) {
    let manifest = r#"{ "name": "com.acme.probe", "publisher": "Acme", "version": "1.0.0", "runtime": "wasm-js@1",
        "ui": { "type": "iframe", "entry": "ui/index.html", "hooks": { "appMenu": { "label": "Probe" } } } }"#;
    sandbox.write("manifest.json", manifest);
    sandbox.write("ui/index.html", "<!doctype html><title>Probe</title>");
    for number in 0..40 {
        let line = |line: u64| format!("export const line{line} = {};\n", line * (number + 3) * 7919);
        sandbox.write(format!("ui/part{number}.js"), (0..2000).map(line).collect::<String>());
    }
}

#[test]
fn new_leaves_a_whole_project_or_none() {
    let sandbox = sandbox();
    let line = "new demo --template fullstack --publisher Acme --id com.acme.demo --yes";
    let (folder, mut whole) = (sandbox.path("demo"), Vec::new());
    at_any_moment(&sandbox, line, |_| {
        if !folder.exists() {
            return;
        }
        let files = names(&folder);
        if whole.is_empty() {
            whole.clone_from(&files);
        }
        assert_eq!(files, whole);
        fs_err::remove_dir_all(&folder).unwrap();
    });
}

/// The files below a folder, in order.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(names(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    files
}

#[test]
fn build_leaves_a_whole_component_or_none() {
    let sandbox = sandbox();
    sandbox.run("new demo --template ts-handler --publisher Acme --id com.acme.demo --yes").ok();
    let component = sandbox.path("demo/dist/main.wasm");
    at_any_moment(&sandbox, "build -C demo", |is_whole| {
        assert!(component.exists() || !is_whole);
        if component.exists() {
            alga_ext::component::validate(&fs_err::read(&component).unwrap()).unwrap();
            fs_err::remove_dir_all(component.parent().unwrap()).unwrap();
        }
    });
}

#[test]
fn pack_leaves_a_whole_bundle_or_none() {
    let sandbox = sandbox();
    project(&sandbox);
    at_any_moment(&sandbox, "pack", |is_whole| {
        let path = sandbox.path("dist/bundle.tar.zst");
        assert!(path.exists() || !is_whole);
        if path.exists() {
            sandbox.run("inspect dist/bundle.tar.zst").ok();
        }
        if sandbox.path("dist").exists() {
            fs_err::remove_dir_all(sandbox.path("dist")).unwrap();
        }
    });
}

#[test]
fn publish_can_be_interrupted_and_said_again() {
    let sandbox = sandbox();
    let registry = Registry::start_elsewhere();
    let key = sandbox.write("api.key", &registry.key);
    let line = |version: &str| {
        sandbox.write("bundle.tar.zst", bundle(version, &"x".repeat(200_000)));
        let (url, key) = (registry.url(), key.display());
        format!("publish bundle.tar.zst --registry {url} --tenant acme --api-key-file {key}")
    };
    let started = Instant::now();
    assert!(interrupt(alga(&sandbox, &line("1.0.0")), Duration::from_mins(2)));
    let whole = started.elapsed();
    for round in 0..ROUNDS {
        let line = line(&format!("1.1.{round}"));
        interrupt(alga(&sandbox, &line), whole * round / ROUNDS);
        assert_eq!(leftovers(&sandbox), Vec::<String>::new());
        // Whatever the first try left at the registry, the second is told that it is there or puts it there.
        sandbox.run(&line).ok();
    }
}

#[test]
fn tour_takes_its_folder_and_its_registry_with_it() {
    let sandbox = sandbox();
    at_any_moment(&sandbox, "tour", |_| {});
}

#[test]
fn servers_end_at_any_moment_of_their_start() {
    let sandbox = sandbox();
    project(&sandbox);
    for line in ["dev --port 0", "registry serve --data data --port 0"] {
        for round in 0..ROUNDS {
            interrupt(alga(&sandbox, line), Duration::from_millis(15) * round);
            assert_eq!(leftovers(&sandbox), Vec::<String>::new(), "{line}");
        }
    }
    drop(Registry::start(&sandbox));
}
