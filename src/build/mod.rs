//! Source → component: TypeScript and JavaScript, Rust, or a prebuilt module; and the UI beside it.

mod dependencies;
pub mod javascript;
mod locks;
mod prebuilt;
mod record;
mod rust;
mod ui;

pub use dependencies::{Dependency, Registry, dependencies, ui_package};
pub use locks::{locks, outside};
pub use record::Input;

use crate::component::{self, Identity, Problem};
use crate::exit::Exit;
use crate::manifest::Capability;
use crate::project::Project;
use crate::toolchain::{self, Tools};
use crate::{bundle::Digest, files};
use record::Record;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How to build.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Where compiled engines are kept between runs.
    pub cache: &'a Path,
    /// The programs that may be run.
    pub tools: &'a Tools,
    /// Whether JavaScript is made small.
    pub minify: bool,
}

/// What makes the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// JavaScript, in the QuickJS engine.
    QuickJs,
    /// Rust, by cargo.
    Rust,
    /// Whatever the author's own tool made.
    Prebuilt,
    /// There is no handler.
    None,
}

impl Engine {
    /// The word in output and in the component's identity.
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::QuickJs => "quickjs",
            Engine::Rust => "rust",
            Engine::Prebuilt => "prebuilt",
            Engine::None => "none",
        }
    }
}

/// What was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// `dist/main.wasm`; none when there is no handler.
    pub component: Option<PathBuf>,
    /// `dist/main.wasm.map`; none when the handler is no script.
    pub source_map: Option<PathBuf>,
    /// Its bytes.
    pub size: Option<u64>,
    /// Its SHA-256, 64 hexadecimal digits.
    pub sha256: Option<String>,
    /// What made it.
    pub engine: Engine,
    /// What it imports.
    pub imports: Vec<String>,
    /// What the author should know, in sentences.
    pub warnings: Vec<String>,
    /// Every file it was built from, absolute; the UI's are not among them.
    pub inputs: Vec<PathBuf>,
    /// How many files the UI has.
    pub ui_files: usize,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The JavaScript or TypeScript handler.
    #[error(transparent)]
    JavaScript(#[from] javascript::Error),
    /// The Rust handler.
    #[error(transparent)]
    Rust(#[from] rust::Error),
    /// The author's own tool, or its output.
    #[error(transparent)]
    Prebuilt(#[from] prebuilt::Error),
    /// The UI.
    #[error(transparent)]
    Ui(#[from] ui::Error),
    /// What came out is no component, or cannot be made one.
    #[error("`{}` is not a component", file.display())]
    Component {
        /// Where it came from.
        file: PathBuf,
        /// Why.
        source: component::Error,
    },
    /// What came out is a component that the platform would refuse or never call.
    #[error("`{}` does not fit the world `runner`{}", file.display(), sentences(problems))]
    World {
        /// Where it came from.
        file: PathBuf,
        /// In what; not empty.
        problems: Vec<Problem>,
    },
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::JavaScript(error) => error.exit(),
            Error::Rust(error) => error.exit(),
            Error::Prebuilt(error) => error.exit(),
            Error::Ui(error) => error.exit(),
            Error::Component { source, .. } => source.exit(),
            Error::World { .. } => Exit::AtFault,
            Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::JavaScript(error) => error.hint(),
            Error::Rust(error) => error.hint(),
            Error::Prebuilt(error) => error.hint(),
            Error::Ui(error) => error.hint(),
            Error::Component { source, .. } => source.hint(),
            Error::World { problems, .. } => problems.first().map(|problem| problem.hint().to_owned()),
            Error::Io(_) => None,
        }
    }
}

fn sentences(problems: &[Problem]) -> String {
    match problems {
        [only] => format!(": {only}"),
        several => several.iter().map(|problem| format!("\n  - {problem}")).collect::<Vec<_>>().concat(),
    }
}

/// Where the handler comes from.
#[derive(Debug)]
enum Source {
    JavaScript { entry: PathBuf, others: Vec<PathBuf> },
    Rust { manifest: PathBuf },
    Prebuilt { output: PathBuf },
    None,
}

impl Source {
    /// `build.output` first, because somebody wrote it down; then Rust, then JavaScript.
    fn find(project: &Project) -> Result<Source, Error> {
        let build = &project.config.build;
        if let Some(output) = &build.output {
            return Ok(Source::Prebuilt { output: project.root.join(output) });
        }
        let manifest = project.root.join("Cargo.toml");
        if build.entry.is_none() && manifest.is_file() {
            return Ok(Source::Rust { manifest });
        }
        if let Some((entry, others)) = javascript::find_entry(&project.root, build.entry.as_deref())? {
            return Ok(Source::JavaScript { entry, others });
        }
        // A component that lies in its place and that nothing of ours made is somebody's own work.
        let component = project.component();
        if component.is_file() && !prebuilt::is_ours(&component)? {
            return Ok(Source::Prebuilt { output: component });
        }
        Ok(Source::None)
    }

    fn engine(&self) -> Engine {
        match self {
            Source::JavaScript { .. } => Engine::QuickJs,
            Source::Rust { .. } => Engine::Rust,
            Source::Prebuilt { .. } => Engine::Prebuilt,
            Source::None => Engine::None,
        }
    }

    /// The file that decides which source it is.
    fn file(&self) -> Option<&Path> {
        match self {
            Source::JavaScript { entry, .. } => Some(entry),
            Source::Rust { manifest } => Some(manifest),
            Source::Prebuilt { output } => Some(output),
            Source::None => None,
        }
    }
}

/// A component in memory, with what it was made from.
struct Made {
    component: Vec<u8>,
    /// Where it came from, for messages.
    file: PathBuf,
    inputs: Vec<Input>,
    /// Those of the inputs that were saved after it was begun: it may hold what they were before.
    saved_meanwhile: Vec<PathBuf>,
    warnings: Vec<String>,
    packages: Vec<component::Package>,
    /// The hash of the script it holds, when it holds one.
    script: Option<Digest>,
    /// Whether that script was to be made small.
    minified: bool,
    /// Of that script.
    source_map: Option<String>,
}

/// Builds the project into `dist/`: `main.wasm`, `build.json`, `ui/`. Everything is made before anything is written.
pub fn build(project: &Project, options: &Options<'_>) -> Result<Built, Error> {
    // The author's own command may make any of the sources, so it comes before the search.
    if let Some(command) = &project.config.build.command {
        prebuilt::run(command, &project.root, options.tools)?;
    }
    let source = Source::find(project)?;
    let made = match &source {
        Source::JavaScript { entry, others } => Some(from_javascript(project, entry, others, options)?),
        Source::Rust { manifest } => Some(rust::build(manifest, &project.root, options.tools)?),
        Source::Prebuilt { output } => Some(prebuilt::build(output, &project.component())?),
        Source::None => None,
    };
    let ui = ui::collect(project, options.tools)?;
    finish(project, &source, made, ui)?.write(project)
}

/// A build that is done but for its files.
#[derive(Debug)]
pub struct Finished {
    built: Built,
    component: Option<Vec<u8>>,
    source_map: Option<String>,
    ui: ui::Files,
    record: Record,
}

impl Finished {
    /// The component, when there is one.
    pub fn component(&self) -> Option<&[u8]> {
        self.component.as_deref()
    }

    /// Writes `dist/`.
    pub fn write(self, project: &Project) -> Result<Built, Error> {
        write(project, &self)?;
        Ok(self.built)
    }
}

/// Judges what was made, and puts it together with the UI.
fn finish(project: &Project, source: &Source, made: Option<Made>, ui: ui::Files) -> Result<Finished, Error> {
    let mut record = Record::new(project, source, &ui)?;
    let mut built = Built {
        component: None,
        source_map: None,
        size: None,
        sha256: None,
        engine: source.engine(),
        imports: Vec::new(),
        warnings: Vec::new(),
        inputs: Vec::new(),
        ui_files: ui.files.len(),
    };
    let (mut component, mut source_map) = (None, None);
    if let Some(made) = made {
        built.warnings.clone_from(&made.warnings);
        built.warnings.extend(check(&made, project)?);
        let finished = record.finish(project, &made, source.engine())?;
        let outside = component::read(&finished);
        let outside = outside.map_err(|source| Error::Component { file: made.file.clone(), source })?;
        let digest = Digest::of(&finished);
        built.component = Some(project.component());
        built.size = Some(finished.len() as u64);
        built.sha256 = Some(digest.hex());
        built.imports = outside.imports;
        built.inputs = made.inputs.into_iter().map(|input| input.path).collect();
        record.component = Some(digest.to_string());
        component = Some(finished);
        record.source_map = made.source_map.as_ref().map(|map| Digest::of(map.as_bytes()).to_string());
        built.source_map = made.source_map.is_some().then(|| project.source_map());
        source_map = made.source_map;
    }
    Ok(Finished { built, component, source_map, ui, record })
}

/// A JavaScript project whose source was read: it can be loaded, and it can be finished.
#[derive(Debug)]
pub struct Begun {
    script: javascript::Script,
    source: Source,
}

/// Whether a project can be begun: its source is JavaScript, and no command of the author's own takes part.
pub fn begins(project: &Project) -> Result<bool, Error> {
    let commands = [&project.config.build.command, &project.config.ui.command];
    let commanded = commands.iter().any(|command| command.is_some());
    Ok(!commanded && matches!(Source::find(project)?, Source::JavaScript { .. }))
}

/// Reads the source of a project that [`begins`], but for what is `kept` of the last time; none when it does not
/// begin. Nothing is written.
pub fn begin(project: &Project, kept: &mut javascript::Kept) -> Result<Option<Begun>, Error> {
    let source = Source::find(project)?;
    let Source::JavaScript { entry, others } = &source else { return Ok(None) };
    let script = javascript::Script::link_again(&project.root, entry, false, kept);
    let script = script.map_err(|error| named_others(error, &names(project, others)))?;
    Ok(Some(Begun { script, source }))
}

impl Begun {
    /// The script with everything in it.
    pub fn script(&self) -> &str {
        &self.script.text
    }

    /// Every file it was read from, absolute.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.script.inputs.iter().map(|input| input.path.as_path())
    }

    /// Says why the script cannot be loaded, when it cannot be within `limit`.
    pub fn check(&self, engine: &javascript::Engine, limit: Duration) -> Result<(), Error> {
        Ok(self.script.check(engine, limit)?)
    }

    /// Does the rest of [`build`], but for the files in `dist/`.
    pub fn finish(self, project: &Project, engine: &Arc<javascript::Engine>) -> Result<Finished, Error> {
        let Begun { script, source } = self;
        let made = match &source {
            Source::JavaScript { entry, others } => {
                Some(made(project, entry, others, script.evaluate(engine)?.finish()?))
            }
            _ => None,
        };
        finish(project, &source, made, ui::read(project)?)
    }
}

/// The hash of the script that a component in `dist/` was made from, when it is the one that was built there.
pub fn script_of(project: &Project, component: Digest) -> Option<Digest> {
    let record = Record::read(project).ok()??;
    let is_it = record.component.as_deref() == Some(component.to_string().as_str());
    Digest::parse(record.script.as_deref().filter(|_| is_it)?)
}

/// The script that a component in `dist/` was made from, when its sources still make the same one.
pub fn source_of(project: &Project, component: &[u8]) -> Result<Option<String>, Error> {
    let Some(script) = script_of(project, Digest::of(component)) else { return Ok(None) };
    let begun = begin(project, &mut javascript::Kept::default())?;
    let text = begun.map(|begun| begun.script.text);
    Ok(text.filter(|text| Digest::of(text.as_bytes()) == script))
}

/// The declarations for a project that has no packages yet: paths and texts.
pub fn types_of_new() -> Result<Vec<(&'static str, String)>, Error> {
    Ok(javascript::types::files(true)?.into_iter().map(|file| (file.path, file.text)).collect())
}

/// The declarations for the project in `root`: all, but for the SDK's where the project has installed that.
pub fn types(root: &Path) -> Result<Vec<javascript::types::File>, Error> {
    Ok(javascript::types::of_project(root)?)
}

/// Whether `dist/` is missing something, or is not what the sources would build now. A project whose build or UI
/// has a command of its own is always stale: what that command reads is not known.
pub fn is_stale(project: &Project) -> Result<bool, Error> {
    Ok(current(project)?.is_none())
}

/// What stands in `dist/`, and is what the sources would build now.
#[derive(Debug)]
pub struct Current {
    /// The script that the component was made from, when it holds one.
    pub script: Option<String>,
}

/// What [`is_stale`] says no to.
pub fn current(project: &Project) -> Result<Option<Current>, Error> {
    if project.config.build.command.is_some() || project.config.ui.command.is_some() {
        return Ok(None);
    }
    let Some(record) = Record::read(project)? else { return Ok(None) };
    let source = Source::find(project)?;
    if !record.is_current(project, &source, &ui::read(project)?)? {
        return Ok(None);
    }
    let Source::JavaScript { entry, .. } = &source else { return Ok(Some(Current { script: None })) };
    // The files that were read do not tell alone: others, and those that are not there, decide which they are.
    match javascript::Script::link_as_built(&project.root, entry, record.minified) {
        Ok(script) if record.is_of(project, &script)? => Ok(Some(Current { script: Some(script.text) })),
        // The build has the words for what is wrong.
        _ => Ok(None),
    }
}

fn from_javascript(
    project: &Project,
    entry: &Path,
    others: &[PathBuf],
    options: &Options<'_>,
) -> Result<Made, Error> {
    let built = javascript::build(
        &project.root,
        entry,
        &javascript::Options { cache: options.cache, minify: options.minify },
    );
    let built = built.map_err(|error| named_others(error, &names(project, others)))?;
    Ok(Made { minified: options.minify, ..made(project, entry, others, built) })
}

fn made(project: &Project, entry: &Path, others: &[PathBuf], built: javascript::Built) -> Made {
    let mut warnings = built.warnings;
    if !others.is_empty() {
        let entry = names(project, &[entry.to_path_buf()]).concat();
        let others = names(project, others).join("`, `");
        warnings
            .insert(0, format!("`{entry}` is the entry; `{others}` could be too: name one as `build.entry`"));
    }
    Made {
        component: built.component,
        file: entry.to_path_buf(),
        inputs: built.inputs,
        saved_meanwhile: Vec::new(),
        warnings,
        packages: built.packages,
        script: Some(built.script),
        minified: false,
        source_map: Some(built.source_map),
    }
}

/// Files as seen from the project.
fn names(project: &Project, files: &[PathBuf]) -> Vec<String> {
    let name = |file: &PathBuf| file.strip_prefix(&project.root).unwrap_or(file).display().to_string();
    files.iter().map(name).collect()
}

/// An entry without a handler may be the wrong one of several.
fn named_others(error: javascript::Error, names: &[String]) -> javascript::Error {
    match error {
        javascript::Error::NoHandler { file, exports, .. } => {
            javascript::Error::NoHandler { file, exports, others: names.to_vec() }
        }
        other => other,
    }
}

/// Judges a component against the world, which can fail, and against the capabilities, which only warns.
fn check(made: &Made, project: &Project) -> Result<Vec<String>, Error> {
    let failed = |source| Error::Component { file: made.file.clone(), source };
    let problems = component::check_world(&made.component).map_err(failed)?;
    let (fatal, others): (Vec<Problem>, Vec<Problem>) = problems.into_iter().partition(Problem::is_fatal);
    if !fatal.is_empty() {
        return Err(Error::World { file: made.file.clone(), problems: fatal });
    }
    let mut warnings: Vec<String> =
        others.iter().map(|problem| format!("the component: {problem}")).collect();
    let granted = project.manifest.known_capabilities();
    let outside = component::read(&made.component).map_err(failed)?;
    for interface in outside.interfaces() {
        if let Some(capability) = Capability::of_interface(interface)
            && !granted.contains(&capability)
        {
            warnings.push(format!(
                "the handler imports `{}/{interface}` and `manifest.json` does not ask for `{capability}`: \
                 the platform denies those calls",
                component::PACKAGE
            ));
        }
    }
    Ok(warnings)
}

/// Writes what was built, the record last: until it stands, the project is stale.
fn write(project: &Project, finished: &Finished) -> Result<(), Error> {
    match &finished.component {
        Some(bytes) => write_changed(&project.component(), bytes)?,
        // What an earlier build left of a handler that is gone.
        None if project.component().exists() => fs_err::remove_file(project.component())?,
        None => {}
    }
    match &finished.source_map {
        Some(map) => write_changed(&project.source_map(), map.as_bytes())?,
        // Another tool may have put its own there.
        None if project.source_map().exists() && Record::has_source_map(project)? => {
            fs_err::remove_file(project.source_map())?;
        }
        None => {}
    }
    ui::write(project, &finished.ui)?;
    write_changed(&project.dist().join(record::FILE), &finished.record.to_bytes()?)
}

/// A file that already says the same is left alone, so that nobody watching it wakes up.
fn write_changed(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    match fs_err::read(path) {
        Ok(present) if present == bytes => Ok(()),
        _ => Ok(files::write(path, bytes)?),
    }
}

/// The identity of a component made by `engine` from inputs of this hash.
fn identity(engine: Engine, source: Digest) -> Identity {
    Identity::new(engine.as_str(), &source.hex())
}

impl From<toolchain::Error> for Error {
    fn from(error: toolchain::Error) -> Error {
        Error::Prebuilt(prebuilt::Error::Command(error))
    }
}
