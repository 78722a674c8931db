//! The built component: whether the platform can run it, what it links that no capability governs, and what it is made
//! of.

use super::judge::with_help;
use crate::component::{self, Component, Kind};
use crate::findings::{Code, Finding, Findings};

/// Judges a component without a manifest: whether the platform can run it.
pub(super) fn alone(bytes: &[u8], file: &str) -> Findings {
    Findings::new(world(bytes, file).map_or_else(|broken| broken, |(_, found)| found))
}

/// Judges the component that stands in `file`: what is wrong with it, and it itself when it can be read.
pub(super) fn judge(bytes: &[u8], file: &str) -> (Option<Component>, Vec<Finding>) {
    match world(bytes, file) {
        Ok((component, found)) => (Some(component), found),
        Err(broken) => (None, broken),
    }
}

/// A component that can be read, and what is wrong with it; an error is why it cannot be one.
fn world(bytes: &[u8], file: &str) -> Result<(Component, Vec<Finding>), Vec<Finding>> {
    let broken =
        |message: String, help: String| vec![with_help(Code::COMPONENT_INVALID, message, help).in_file(file)];
    let failed = |error: component::Error| broken(error.to_string(), error.hint().unwrap_or_default());
    let component = component::read(bytes).map_err(failed)?;
    if component.kind == Kind::Module {
        let message = "it is a core module, and the platform runs components only";
        let help = "name it as `build.output` in alga-ext.yaml; `alga-ext build` makes a component of it";
        return Err(broken(message.into(), help.into()));
    }
    let problems = component::check_world(bytes).map_err(failed)?;
    let found = problems.into_iter().map(|problem| {
        let code = if problem.is_fatal() { Code::COMPONENT_WORLD } else { Code::COMPONENT_EXTRA_EXPORT };
        with_help(code, problem.to_string(), problem.hint()).in_file(file)
    });
    let mut found: Vec<Finding> = found.collect();
    found.extend(makeup(&component, bytes.len(), file));
    Ok((component, found))
}

/// What a component is made of: imports beside the platform's, frozen clocks, what only debuggers read, its size.
fn makeup(component: &Component, size: usize, file: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say =
        |code, message: String, help: &str| found.push(with_help(code, message, help).in_file(file));
    let imports = |package: &str| component.imports.iter().any(|import| import.starts_with(package));
    let ungoverned: Vec<String> = component
        .imports
        .iter()
        .filter(|import| import.starts_with("wasi:http/"))
        .map(|import| format!("`{import}`"))
        .collect();
    if !ungoverned.is_empty() {
        let message = format!("it imports {}, which no capability governs", ungoverned.join(" and "));
        let help = "send requests with `alga:extension/http` and `cap:http.fetch`; jco: build with `--disable http fetch-event`";
        say(Code::COMPONENT_UNGOVERNED, message, help);
    }
    // ComponentizeJS gives the engine a clock and randomness of its own where it imports none, both fixed at build.
    if component.producers.iter().any(|(field, name)| field == "processed-by" && name == "ComponentizeJS") {
        let clock = imports("wasi:clocks/wall-clock");
        let random = imports("wasi:random/random");
        let frozen = match (clock, random) {
            (true, true) => None,
            (false, false) => Some("the clock stands still and random values repeat"),
            (false, true) => Some("the clock stands still"),
            (true, false) => Some("random values repeat"),
        };
        if let Some(frozen) = frozen {
            let message = format!("ComponentizeJS built it without WASI, so {frozen} in every instance");
            let help = "build the source with `alga-ext build`, or with jco and `--disable http fetch-event` in place of `--disable all`";
            say(Code::COMPONENT_FROZEN, message, help);
        }
    }
    if component.debug_bytes > LEAST_DEBUG {
        let message = format!(
            "{} of its {} are debug information, which the platform never reads",
            size_of(component.debug_bytes),
            size_of(size as u64)
        );
        let help = "name it as `build.output` in alga-ext.yaml and `alga-ext build` leaves it out; Rust: `strip = \"debuginfo\"` in the release profile";
        say(Code::COMPONENT_DEBUG_INFO, message, help);
    }
    if size as u64 > LARGE {
        let message = format!(
            "it is {} large, and the platform compiles it anew for each request",
            size_of(size as u64)
        );
        let help = "leave out what it does not need; JavaScript that `alga-ext build` makes a component of is about 1.6 MiB";
        say(Code::COMPONENT_LARGE, message, help);
    }
    found
}

/// Bytes of debug information that are not worth a word.
const LEAST_DEBUG: u64 = 64 << 10;
/// Bytes beyond which compiling takes longer than a caller waits: jco's components, at 12 MB, take 15 s.
const LARGE: u64 = 8 << 20;

fn size_of(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size for people has two digits")]
    let bytes = bytes as f64;
    if bytes < 1024.0 * 1024.0 {
        format!("{:.0} KiB", bytes / 1024.0)
    } else {
        format!("{:.1} MiB", bytes / 1024.0 / 1024.0)
    }
}
