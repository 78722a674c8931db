//! `cargo xtask setup`: what the tests need, at pinned versions; what is there already is left alone.

use crate::{Problem, answer, run_tool, say};
use std::path::{Path, PathBuf};

/// Whether something is not there yet.
type IsMissing = fn(&Path) -> bool;

/// Programs from Debian: the package, and whether it is needed.
const DEBIAN: [(&str, IsMissing); 9] = [
    ("minisign", |root| answer("minisign", &["-v"], root).is_none()),
    ("strace", |root| answer("strace", &["-V"], root).is_none()),
    ("zstd", |root| answer("zstd", &["--version"], root).is_none()),
    ("unzip", |root| answer("unzip", &["-v"], root).is_none()),
    // The tests drive the UI in a browser.
    ("chromium", |root| answer("chromium", &["--version"], root).is_none()),
    // Rust for handlers, when rustup's compiler lacks the target: the standard library is built on the way.
    ("rustc-web", |root| !has_wasm_target(root) && !Path::new("/usr/bin/rustc").exists()),
    ("cargo-web", |root| !has_wasm_target(root) && !Path::new("/usr/bin/cargo").exists()),
    ("rust-web-src", |root| {
        !has_wasm_target(root) && !Path::new("/usr/lib/rustlib/src/rust/library").exists()
    }),
    ("lld", |root| !has_wasm_target(root) && answer("wasm-ld", &["--version"], root).is_none()),
];

/// Packages from npm, installed into `target/tools/node`: what drives the browser, and what handlers are tried with.
const NPM: [(&str, &str); 23] = [
    ("playwright-core", "1.65.1"),
    ("typescript", "5.9.3"),
    ("promises-aplus-tests", "2.1.2"),
    ("lodash", "4.18.1"),
    ("zod", "4.6.7"),
    ("date-fns", "4.4.0"),
    ("dayjs", "1.11.23"),
    ("uuid", "14.0.3"),
    ("nanoid", "5.1.16"),
    ("ms", "2.1.3"),
    ("semver", "7.8.6"),
    ("ajv", "8.20.0"),
    ("yaml", "2.9.1"),
    ("marked", "18.2.1"),
    ("papaparse", "5.7.1"),
    ("immer", "11.2.10"),
    ("ramda", "0.32.0"),
    ("rxjs", "7.8.2"),
    ("bignumber.js", "11.1.5"),
    ("luxon", "3.7.2"),
    ("validator", "13.15.35"),
    ("fast-xml-parser", "5.12.1"),
    ("mustache", "4.2.0"),
];
/// Packages from `PyPI`, installed into the virtual environment `target/tools/python`.
const PYPI: [(&str, &str); 2] = [
    ("wasmtime", "44.0.0"),
    // It carries the schema of CycloneDX.
    ("cyclonedx-python-lib[json-validation]", "11.12.0"),
];
/// Programs from crates.io, installed into `target/tools/<program>`.
const CRATES: [(&str, &str, &str); 1] = [("rsign2", "0.6.7", "rsign")];
/// The oldest Node the npm packages run on.
const NODE: u32 = 20;

/// Installs what is missing.
pub(crate) fn run(root: &Path) -> Result<(), Problem> {
    debian(root)?;
    // Of the crates that carry a schema, none is compiled; the tests read them without the network.
    run_tool("cargo", &["fetch", "--locked", "--quiet"], root)?;
    let tools = tools(root)?;
    fs_err::create_dir_all(&tools)?;
    npm("setup", &NPM, root, &tools.join("node"))?;
    python(root, &tools.join("python"))?;
    crates(root, &tools)
}

/// `target/tools`, wherever the target folder is.
fn tools(root: &Path) -> Result<PathBuf, Problem> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf().join("tools"))
}

/// Whether the machine's own Rust builds for `wasm32-unknown-unknown`.
fn has_wasm_target(root: &Path) -> bool {
    let folder = answer("rustc", &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"], root);
    folder.is_some_and(|folder| Path::new(&folder).is_dir())
}

fn debian(root: &Path) -> Result<(), Problem> {
    let mut missing: Vec<&str> =
        DEBIAN.iter().filter(|(_, is_missing)| is_missing(root)).map(|(package, _)| *package).collect();
    if answer("python3", &["-c", "import ensurepip, venv"], root).is_none() {
        missing.push("python3-venv");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let by_hand =
        format!("apt-get update && apt-get install -y --no-install-recommends {}", missing.join(" "));
    let is_root = answer("id", &["-u"], root).as_deref() == Some("0");
    let may_sudo = !is_root && answer("sudo", &["-n", "true"], root).is_some();
    if answer("apt-get", &["--version"], root).is_none() || !(is_root || may_sudo) {
        return Err(format!(
            "the tests need {}, and this needs an administrator; run\n\n  sudo sh -c '{by_hand}'\n\nand then again \
             `cargo xtask setup`",
            missing.join(", ")
        )
        .into());
    }
    say(&format!("setup: installing {}", missing.join(", ")));
    let mut install = vec!["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let program = if is_root { "env" } else { "sudo" };
    if is_root {
        install.drain(..2);
    }
    run_tool(program, &[install.as_slice(), &["-q", "update"]].concat(), root)?;
    let words = ["-q", "install", "-y", "--no-install-recommends"];
    run_tool(program, &[install.as_slice(), words.as_slice(), missing.as_slice()].concat(), root)
}

/// Installs packages from npm into `folder`, at their versions; `task` is who needs them.
pub(crate) fn npm(task: &str, packages: &[(&str, &str)], root: &Path, folder: &Path) -> Result<(), Problem> {
    let is_there = |(name, version): &(&str, &str)| {
        let manifest = fs_err::read_to_string(folder.join("node_modules").join(name).join("package.json"));
        manifest.is_ok_and(|text| text.contains(&format!("\"version\": \"{version}\"")))
    };
    if packages.iter().all(is_there) {
        return Ok(());
    }
    let node = answer("node", &["--version"], root).unwrap_or_default();
    let major = node.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) || answer("npm", &["--version"], root).is_none() {
        let found = if node.is_empty() { "none" } else { &node };
        return Err(format!(
            "`cargo xtask {task}` needs Node {NODE} or newer with its npm, found {found}; install it from \
             https://nodejs.org and then run it again"
        )
        .into());
    }
    let packages: Vec<String> = packages.iter().map(|(name, version)| format!("{name}@{version}")).collect();
    say(&format!("{task}: installing {} from npm", packages.join(", ")));
    fs_err::create_dir_all(folder)?;
    let place = folder.to_string_lossy();
    let words = ["install", "--prefix", &place, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    let packages = packages.iter().map(String::as_str);
    run_tool("npm", &words.into_iter().chain(packages).collect::<Vec<_>>(), folder)
}

fn crates(root: &Path, folder: &Path) -> Result<(), Problem> {
    for (name, version, program) in CRATES {
        let place = folder.join(program);
        let binary = place.join("bin").join(program).to_string_lossy().into_owned();
        if answer(&binary, &["--version"], root).is_some_and(|said| said.ends_with(version)) {
            continue;
        }
        say(&format!("setup: installing {name} {version} from crates.io"));
        let place = place.to_string_lossy().into_owned();
        let words =
            ["install", name, "--version", version, "--locked", "--quiet", "--force", "--root", &place];
        run_tool("cargo", &words, root)?;
    }
    Ok(())
}

fn python(root: &Path, folder: &Path) -> Result<(), Problem> {
    let python = folder.join("bin").join("python");
    let interpreter = python.to_string_lossy();
    let is_there = |(name, version): &(&str, &str)| {
        let name = name.split('[').next().unwrap_or(name);
        let question = format!("import importlib.metadata as m; print(m.version('{name}'))");
        python.exists() && answer(&interpreter, &["-c", &question], root).as_deref() == Some(version)
    };
    if PYPI.iter().all(is_there) {
        return Ok(());
    }
    let packages: Vec<String> = PYPI.iter().map(|(name, version)| format!("{name}=={version}")).collect();
    say(&format!("setup: installing {} from PyPI", packages.join(", ")));
    run_tool("python3", &["-m", "venv", "--clear", &folder.to_string_lossy()], root)?;
    let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let packages = packages.iter().map(String::as_str);
    run_tool(&interpreter, &words.into_iter().chain(packages).collect::<Vec<_>>(), root)
}
