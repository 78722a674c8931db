//! What a machine needs for extensions, checked, each lack with its exact remedy.

use crate::files;
use crate::toolchain::{self, Invocation, Stdout, Tools};
use serde::Serialize;
use std::ffi::OsStr;
use std::path::Path;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Something that only some extensions need is missing.
    Optional,
    /// Nothing works without it.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do; none when nothing is to be done.
    pub remedy: Option<String>,
}

/// What the machine is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Where compiled engines are kept.
    pub cache: &'a Path,
    /// Where work is done: the project, or the current folder.
    pub directory: &'a Path,
    /// The programs that builds may run.
    pub tools: &'a Tools,
    /// Seconds since 1970, as the machine's clock says.
    pub now: u64,
}

/// The release this tool was made for knows no earlier time: 2025-01-01.
const EARLIEST: u64 = 1_735_689_600;
/// What a Rust handler is built for unless cargo's configuration says otherwise.
const TARGET: &str = "wasm32-unknown-unknown";

/// Looks at everything.
pub fn examine(options: &Options<'_>) -> Vec<Check> {
    let cargo = cargo(options);
    let has_cargo = cargo.verdict == Verdict::Good;
    let mut checks =
        vec![writable("cache", options.cache), writable("folder", options.directory), clock(options.now)];
    checks.push(Check {
        name: "node",
        verdict: Verdict::Good,
        found: "not needed: TypeScript and JavaScript are built by this program".into(),
        remedy: None,
    });
    checks.push(cargo);
    if has_cargo {
        checks.push(target(options));
    }
    checks
}

/// Writes a file there, as every command that makes something does; a full disk shows here too.
fn writable(name: &'static str, folder: &Path) -> Check {
    let existed = folder.exists();
    let probe = folder.join(".alga-ext-probe");
    let written = files::write(&probe, &[0; 4096]).and_then(|()| fs_err::remove_file(&probe));
    match written {
        Ok(()) => {
            let made = if existed { "" } else { " (made now)" };
            Check {
                name,
                verdict: Verdict::Good,
                found: format!("`{}` is writable{made}", folder.display()),
                remedy: None,
            }
        }
        Err(error) => {
            let remedy = match error.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    format!("free some space on the disk of `{}`", folder.display())
                }
                _ if name == "cache" => {
                    "name another folder with the variable `ALGA_EXT_CACHE_DIR`, or make this one yours: \
                     `chown -R \"$USER\" <folder>`"
                        .replace("<folder>", &folder.to_string_lossy())
                }
                _ => format!(
                    "work in a folder of your own, or make this one yours: `chown -R \"$USER\" {}`",
                    folder.display()
                ),
            };
            Check { name, verdict: Verdict::Bad, found: error.to_string(), remedy: Some(remedy) }
        }
    }
}

/// Certificates of registries are judged by the clock.
fn clock(now: u64) -> Check {
    let days = now / 86_400;
    let year = 1970 + days * 400 / 146_097;
    if now >= EARLIEST {
        return Check {
            name: "clock",
            verdict: Verdict::Good,
            found: format!("the year is {year}"),
            remedy: None,
        };
    }
    let remedy = Some("set the clock: `sudo timedatectl set-ntp true`".into());
    Check {
        name: "clock",
        verdict: Verdict::Bad,
        found: format!("the clock says the year is {year}"),
        remedy,
    }
}

fn cargo(options: &Options<'_>) -> Check {
    let program = options.tools.cargo.as_deref().map_or(OsStr::new("cargo"), Path::as_os_str);
    match ask(options, program, &["--version"]) {
        Ok(version) => Check { name: "cargo", verdict: Verdict::Good, found: version, remedy: None },
        Err(error) => Check {
            name: "cargo",
            verdict: Verdict::Optional,
            found: format!("{error}; only Rust handlers need it"),
            remedy: Some("curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh".into()),
        },
    }
}

fn target(options: &Options<'_>) -> Check {
    let program = options.tools.rustc.as_deref().map_or(OsStr::new("rustc"), Path::as_os_str);
    let name = "wasm target";
    match ask(options, program, &["--print", "target-libdir", "--target", TARGET]) {
        Ok(folder) if Path::new(&folder).is_dir() => {
            Check { name, verdict: Verdict::Good, found: format!("`{TARGET}` is installed"), remedy: None }
        }
        _ => Check {
            name,
            verdict: Verdict::Optional,
            found: format!("`{TARGET}` is not installed; only Rust handlers need it"),
            remedy: Some(format!("rustup target add {TARGET}")),
        },
    }
}

fn ask(options: &Options<'_>, program: &OsStr, arguments: &[&str]) -> Result<String, toolchain::Error> {
    let output = toolchain::run(&Invocation {
        program,
        arguments: arguments.iter().map(Into::into).collect(),
        directory: options.directory,
        environment: Vec::new(),
        stdout: Stdout::Return,
        is_quiet: true,
    })?;
    Ok(String::from_utf8_lossy(&output).trim().to_owned())
}
