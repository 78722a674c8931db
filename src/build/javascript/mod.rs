//! JavaScript and TypeScript → a finished component, in this process: no Node, no network.

mod analyze;
mod bodies;
mod builtin;
mod diagnose;
mod engine;
mod entry;
mod finish;
mod frozen;
mod graph;
mod kept;
mod link;
mod locate;
mod memory;
mod quote;
mod reach;
mod rehearsal;
mod resolve;
mod runtime;
mod snapshot;
mod source_map;
pub mod survey;
mod table;
mod trace;
mod transform;
mod typecheck;
pub mod types;
mod world;
mod wrap;

pub use diagnose::{Diagnostic, Place};
pub use engine::{Engine, Linked};
pub use entry::find_entry;
pub use kept::Kept;
pub use quote::quote;
pub use snapshot::Exhausted;
pub use typecheck::check_types;

use super::Input;
use crate::bundle::Digest;
use crate::component::Package;
use crate::exit::Exit;
use frozen::{Frozen, Warnings};
use graph::Graph;
use kept::Text;
use resolve::Resolver;
use snapshot::Failure;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The interface every component imports: what it prints and how it fails goes there.
const LOGGING: &str = "alga:extension/logging";

/// What the engine's parts fail with; never the author's doing.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What a build needs beside the source.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Where the compiled engine is kept between builds.
    pub cache: &'a Path,
    /// Whether the source is made small.
    pub minify: bool,
}

/// What came of a build.
#[derive(Debug, Clone)]
pub struct Built {
    /// The component: exports `handler` alone.
    pub component: Vec<u8>,
    /// What the author should know, in sentences.
    pub warnings: Vec<String>,
    /// Every file that was read.
    pub inputs: Vec<Input>,
    /// What is in it, by package, the largest first.
    pub packages: Vec<Package>,
    /// The hash of the script in it.
    pub script: Digest,
    /// Where the script in it comes from: a source map.
    pub source_map: String,
}

/// Why the source did not become a component.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configured entry is not there.
    #[error("`build.entry` names `{entry}`, and there is no such file")]
    NoEntry {
        /// As it was configured.
        entry: String,
    },
    /// The source has mistakes; all that were found.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Source(Vec<Diagnostic>),
    /// Nothing is exported under the name the platform calls.
    #[error("`{file}` does not export `handler`{}", exported(.exports))]
    NoHandler {
        /// The entry, relative to the project.
        file: String,
        /// What it does export.
        exports: Vec<String>,
        /// Files that could be the entry too.
        others: Vec<String>,
    },
    /// The types are to be checked, and there is no compiler.
    #[error("the types are checked by the project's own `tsc`, and `node_modules` has none")]
    NoTsc,
    /// The types are to be checked, and nothing says how.
    #[error("the types are checked as `tsconfig.json` says, and there is none")]
    NoTsconfig,
    /// The compiler itself failed.
    #[error(transparent)]
    Tsc(crate::toolchain::Error),
    /// The source threw while it was loaded.
    #[error("the source throws while it is loaded: {message}")]
    Threw {
        /// The error with its stack.
        message: String,
    },
    /// The source called the platform while it was loaded.
    #[error(
        "the source calls `{function}` of `{interface}` while it is loaded, and at build time no platform answers{stack}"
    )]
    Called {
        /// The interface.
        interface: String,
        /// The function.
        function: String,
        /// Where, with the lines of the source: empty, or lines that begin with a line break.
        stack: String,
    },
    /// The source did not come to an end while it was loaded.
    #[error("the source does not come to an end while it is loaded; it was stopped after 10 seconds{stack}")]
    Endless {
        /// Where, as in [`Error::Called`].
        stack: String,
    },
    /// The source took more than there is while it was loaded.
    #[error("the source {what} while it is loaded{stack}")]
    Exhausted {
        /// In what way.
        what: Exhausted,
        /// Where, as in [`Error::Called`].
        stack: String,
    },
    /// The engine failed.
    #[error("the JavaScript engine failed")]
    Engine(#[source] Fault),
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

fn exported(names: &[String]) -> String {
    match names {
        [] => "; it exports nothing".to_owned(),
        names => format!(
            "; it exports {}",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::NoEntry { .. }
            | Error::Source(_)
            | Error::NoHandler { .. }
            | Error::Threw { .. }
            | Error::Called { .. }
            | Error::Endless { .. }
            | Error::Exhausted { .. } => Exit::AtFault,
            Error::Tsc(error) => error.exit(),
            Error::NoTsc | Error::NoTsconfig | Error::Engine(_) | Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::NoEntry { .. } => Some("correct `build.entry` in `alga-ext.yaml`".into()),
            Error::NoTsc => {
                Some("run `npm install --save-dev typescript`, or build without `--types`".into())
            }
            Error::NoTsconfig => Some(
                "take the one that `alga-ext new --template ts-handler` writes, or build without `--types`"
                    .into(),
            ),
            Error::Tsc(error) => error.hint(),
            Error::Source(diagnostics) => diagnostics.iter().find_map(|diagnostic| diagnostic.help.clone()),
            Error::NoHandler { others, .. } if others.is_empty() => {
                Some("write `export function handler(request) { … }`".into())
            }
            Error::NoHandler { others, .. } => Some(format!(
                "if another file is the entry, name it as `build.entry` in `alga-ext.yaml`; there is `{}`",
                others.join("`, `")
            )),
            Error::Threw { .. } => Some(
                "code outside of functions runs once, at build time; move what can fail into `handler`"
                    .into(),
            ),
            Error::Called { .. } => {
                Some("call the platform inside `handler`, where there is a request".into())
            }
            Error::Endless { .. } | Error::Exhausted { .. } => Some(
                "code outside of functions runs once, at build time; move long work into `handler`".into(),
            ),
            Error::Engine(_) => {
                Some("this is a fault of alga-ext; `alga-ext doctor` checks the machine".into())
            }
            Error::Io(_) => None,
        }
    }
}

/// A source in one script, read and linked.
#[derive(Debug)]
pub struct Script {
    /// What the engine evaluates.
    pub text: String,
    /// Every file that was read.
    pub inputs: Vec<Input>,
    warnings: Vec<String>,
    lines: trace::Lines,
    /// The imported interfaces, each with whether only host bindings use it.
    interfaces: BTreeMap<String, bool>,
    /// Whether the handler takes host bindings; `None` when only running it tells.
    takes_host: Option<bool>,
    /// Where its sources are, without links.
    root: PathBuf,
    /// What is in it, by package, the largest first.
    pub packages: Vec<Package>,
    /// What its sources say, for the map.
    sources: Vec<Arc<Text>>,
    /// What its text shows that is frozen in a component.
    frozen: Warnings,
}

/// A script that was evaluated, and can become a component.
pub struct Evaluated {
    engine: Arc<Engine>,
    script: Script,
    evaluation: snapshot::Evaluation,
}

/// Builds the source that begins at `entry` (absolute) in the project in `root`.
pub fn build(root: &Path, entry: &Path, options: &Options<'_>) -> Result<Built, Error> {
    let script = Script::link_as_built(root, entry, options.minify)?;
    let engine = Engine::load(options.cache).map_err(Error::Engine)?;
    script.evaluate(&Arc::new(engine))?.finish()
}

impl Script {
    /// [`Script::link`], as [`build()`] does it.
    pub fn link_as_built(root: &Path, entry: &Path, minify: bool) -> Result<Script, Error> {
        match Script::link(root, entry, minify) {
            // A minified file is one line: the mistakes in it are found again where their lines are known.
            Err(Error::Source(_)) if minify => Script::link(root, entry, false),
            script => script,
        }
    }

    /// Reads the source that begins at `entry` (absolute) in the project in `root`, and makes it small when it is to be.
    pub fn link(root: &Path, entry: &Path, minify: bool) -> Result<Script, Error> {
        Script::link_again(root, entry, minify, &mut Kept::default())
    }

    /// The same, where what is `kept` of the script before is not read again.
    pub fn link_again(root: &Path, entry: &Path, minify: bool, kept: &mut Kept) -> Result<Script, Error> {
        // Files are known by their real paths: one that is reached over a link too is one module.
        let (project, root) = (root, fs_err::canonicalize(root)?);
        let (root, entry) = (root.as_path(), &*fs_err::canonicalize(entry)?);
        let resolver = Resolver::new(root, world::interfaces().map_err(Error::Engine)?);
        let mut graph = Graph::new(root, &resolver, minify, kept);
        let wrapped = wrap::wrap(&mut graph, entry)?;
        let linked = link::link(&graph, wrapped.entry, wrap::HANDLER).map_err(Error::Source)?;
        graph.keep();
        let as_given = |input: Input| {
            let path = input.path.strip_prefix(root).map(|inner| project.join(inner));
            Input { path: path.unwrap_or(input.path.clone()), ..input }
        };
        let mut frozen = Warnings::default();
        graph.modules.iter().for_each(|module| frozen.add_environment(module));
        linked.modules.iter().for_each(|(number, _)| graph.warn_of_intl(*number));
        Ok(Script {
            root: root.to_path_buf(),
            packages: packages(&mut graph, &linked.modules),
            sources: linked
                .modules
                .iter()
                .map(|(number, _)| Arc::clone(&graph.module(*number).text))
                .collect(),
            frozen,
            text: linked.text,
            inputs: std::mem::take(&mut graph.inputs).into_iter().map(as_given).collect(),
            warnings: std::mem::take(&mut graph.warnings),
            lines: linked.lines,
            interfaces: linked.interfaces,
            takes_host: wrapped.takes_host,
        })
    }

    /// Loads the script once, as every instance of the component will find it loaded.
    pub fn evaluate(self, engine: &Arc<Engine>) -> Result<Evaluated, Error> {
        let evaluation = self.load(engine, snapshot::TOP_LEVEL)?;
        Ok(Evaluated { engine: Arc::clone(engine), script: self, evaluation })
    }

    /// Says why the script cannot be loaded within `limit`, when that is so.
    pub fn check(&self, engine: &Engine, limit: Duration) -> Result<(), Error> {
        self.load(engine, limit).map(drop)
    }

    fn load(&self, engine: &Engine, limit: Duration) -> Result<snapshot::Evaluation, Error> {
        let quoted = |text: &str| quote(&self.lines.translate(text), &self.root);
        let below = |stack: &str| match quoted(stack) {
            none if none.is_empty() => none,
            stack => format!("\n{stack}"),
        };
        locate::evaluate(engine, &self.text, &self.lines, limit).map_err(|failure| match failure {
            Failure::Threw(text) => Error::Threw { message: quoted(&text) },
            Failure::Called { interface, function, stack } => {
                Error::Called { interface, function, stack: below(&stack) }
            }
            Failure::Endless { stack } => Error::Endless { stack: below(&stack) },
            Failure::Exhausted { what, stack } => Error::Exhausted { what, stack: below(&stack) },
            Failure::Engine(fault) => Error::Engine(fault),
        })
    }
}

impl Evaluated {
    /// The script.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// Takes the snapshot and closes it.
    pub fn finish(self) -> Result<Built, Error> {
        let Evaluated { engine, script, evaluation } = self;
        let snapshot = evaluation.snapshot(&engine).map_err(Error::Engine)?;
        let arity = snapshot.messages.iter().find_map(|message| message.strip_prefix("arity ")?.parse().ok());
        let arity: usize = arity.unwrap_or_default();
        let takes_host = script.takes_host.unwrap_or(arity > 1);
        let keep = |name: &str| {
            name == "alga:extension/types"
                || name == LOGGING
                || name.starts_with("wasi:clocks/")
                || name == runtime::POLL && script.interfaces.contains_key(runtime::MONOTONIC_CLOCK)
                || script.interfaces.get(name).is_some_and(|only_host| takes_host || !only_host)
        };
        let source = Digest::of(script.text.as_bytes());
        let component = finish::finish(&snapshot.component, keep)
            .and_then(|finished| bodies::fill(&finished, finish::OWN, engine.component(), &snapshot.memory))
            .map_err(Error::Engine)?;
        let mut warnings = script.warnings;
        let found = frozen(script.frozen, &engine, &script.text, &snapshot).map_err(Error::Engine)?;
        warnings.extend(found.sentences());
        let sources = script.sources.iter().map(|text| &text.source).filter(|source| !source.is_ours());
        let texts = sources.map(|source| (source.name.as_str(), source.text.as_str())).collect();
        let source_map = source_map::source_map(&script.lines, &script.text, &texts);
        let Script { inputs, packages, .. } = script;
        Ok(Built { component, warnings, inputs, packages, script: source, source_map })
    }
}

impl fmt::Debug for Evaluated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Evaluated").field("script", &self.script).finish_non_exhaustive()
    }
}

/// The engine's runtime, as every component of JavaScript begins.
pub(super) fn shipped_runtime() -> &'static [u8] {
    runtime::shipped()
}

/// The modules of a script, summed up by package.
fn packages(graph: &mut Graph<'_>, modules: &[(usize, usize)]) -> Vec<Package> {
    let mut packages: Vec<Package> = Vec::new();
    for (number, bytes) in modules {
        let module = graph.module(*number);
        let (is_ours, is_authors, path) = (module.is_ours, module.is_authors(), module.source.path.clone());
        let (name, version) = if is_ours {
            ("alga-ext".to_owned(), Some(env!("CARGO_PKG_VERSION").to_owned()))
        } else if is_authors {
            ("(project)".to_owned(), None)
        } else {
            let package = graph.package(&path);
            (package.name.unwrap_or_else(|| "(unnamed)".to_owned()), package.version)
        };
        let bytes = u64::try_from(*bytes).unwrap_or_default();
        match packages.iter_mut().find(|package| package.name == name && package.version == version) {
            Some(package) => {
                package.files += 1;
                package.bytes += bytes;
            }
            None => packages.push(Package { name, version, files: 1, bytes }),
        }
    }
    packages.sort_by(|one, other| (other.bytes, &one.name).cmp(&(one.bytes, &other.name)));
    packages
}

/// What loading the source did that the author should know of, beside what is known already.
fn frozen(
    mut warnings: Warnings,
    engine: &Engine,
    script: &str,
    snapshot: &snapshot::Snapshot,
) -> Result<Warnings, Fault> {
    let mut messages = snapshot.messages.clone();
    if snapshot.read_clock {
        messages.extend(snapshot::watch_clock(engine, script, snapshot::TOP_LEVEL)?);
    }
    for message in &messages {
        let (kind, text) = message.split_once(' ').unwrap_or((message, ""));
        match Frozen::of(kind) {
            Some(what) => warnings.add(what, text),
            // Told once by each evaluation.
            None if kind == "console" => warnings.add_console(text),
            None => {}
        }
    }
    for (is_read, what) in [(snapshot.read_clock, Frozen::Clock), (snapshot.read_random, Frozen::Random)] {
        if is_read && !warnings.has(what) {
            warnings.add(what, "");
        }
    }
    Ok(warnings)
}

/// The bytes of a section.
fn slice(bytes: &[u8], range: std::ops::Range<u64>) -> Result<&[u8], Fault> {
    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
    bytes.get(range).ok_or_else(|| "a section beyond the end".into())
}

#[cfg(test)]
mod bindings;
#[cfg(test)]
mod globals;
#[cfg(test)]
mod minified;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod shown;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod web;
