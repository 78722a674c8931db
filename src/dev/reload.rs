//! From files on disk to the version that answers: load, rebuild, swap in place; a failure keeps what was good.

use super::Error;
use super::Signal;
use super::events::{Event, shorten};
use super::finish::{Finished, Finisher, Job};
use super::state::{self, Served, State};
use super::ui::Files;
use crate::build::javascript::Kept;
use crate::bundle::Digest;
use crate::host::{self, Platform};
use crate::project::Project;
use crate::runner::{Runner, Runtime, Script};
use crate::{build, project};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The largest file whose contents are compared.
const MAX_COMPARED: u64 = 64 << 20;

/// How long a source may take to be loaded for the first request before that comes.
const AHEAD: Duration = Duration::from_secs(2);
/// How long one may take that did not load in that time: together as long as in a build.
const JUDGED: Duration = Duration::from_secs(8);

/// What kinds of files changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// The manifest, `alga-ext.yaml` or the data file.
    pub(super) words: bool,
    /// Something the handler, or the UI's own build, is made from.
    pub(super) source: bool,
    /// Files of the UI that are served as they are.
    pub(super) ui: bool,
}

impl Changes {
    /// Everything, as at the start.
    pub(super) const ALL: Changes = Changes { words: true, source: true, ui: true };

    /// Both together.
    pub(super) fn and(self, other: Changes) -> Changes {
        Changes {
            words: self.words || other.words,
            source: self.source || other.source,
            ui: self.ui || other.ui,
        }
    }

    /// Whether anything changed.
    pub(super) fn any(self) -> bool {
        self.words || self.source || self.ui
    }
}

/// The one place that replaces the served version; lives on a thread of its own.
#[derive(Debug)]
pub(super) struct Loader {
    state: Arc<State>,
    project: Project,
    runner: Option<Runner>,
    /// Every file the last build read; empty when it is not known.
    inputs: BTreeSet<PathBuf>,
    /// Files outside the project that matter.
    outside: Vec<PathBuf>,
    /// What changed files held, where the author's own command builds: what it writes anew must not start it again.
    contents: BTreeMap<PathBuf, Digest>,
    /// What the last build failed with; any change may be the cure.
    failed: Option<String>,
    /// The first event, until it was told; others wait for it.
    first: Option<Event>,
    held: Vec<Event>,
    /// What finishes a source that answers already; none where changes are not watched.
    finisher: Option<Finisher>,
    /// What lets a source answer before it is a component, on its way since the project was one that needs it.
    quick: Option<Preparing>,
    /// The script of the source that is being finished.
    finishing: Option<Digest>,
    /// What the next save need not read again.
    kept: Kept,
}

/// What a source is loaded into.
#[derive(Debug)]
struct Quick {
    engine: Arc<build::javascript::Engine>,
    runtime: Runtime,
    shim: Arc<str>,
}

/// A thread that comes to [`Quick`], and what came of it.
#[derive(Debug)]
enum Preparing {
    Begun(JoinHandle<Option<Quick>>),
    /// None when the engine failed; the whole build says why.
    Done(Option<Arc<Quick>>),
}

/// What one pass found wrong, in order of appearance.
type Problems = Vec<String>;

impl Loader {
    /// A loader for a project that was read already. `first` is told when the first version answers, or when it is
    /// clear that it has to be built.
    pub(super) fn new(state: Arc<State>, project: Project, first: Event) -> Loader {
        let outside = state.options.data.iter().cloned().collect();
        Loader {
            state,
            project,
            runner: None,
            inputs: BTreeSet::new(),
            outside,
            contents: BTreeMap::new(),
            failed: None,
            first: Some(first),
            held: Vec::new(),
            finisher: None,
            quick: None,
            finishing: None,
            kept: Kept::default(),
        }
    }

    /// Gets ready to answer a save before it is built; what is finished later goes to `done`.
    pub(super) fn prepare(&mut self, done: Sender<Signal>) {
        // Without the thread every save waits for its build, as at the start.
        self.finisher = Finisher::start(done).ok();
        if build::begins(&self.project).unwrap_or_default() {
            self.quick();
        }
    }

    /// The runtime for sources; none while it is compiled, which takes longer than the build that answers instead.
    fn quick(&mut self) -> Option<Arc<Quick>> {
        let runner = self.runner.clone()?;
        self.finisher.as_ref()?;
        match self.quick.take() {
            None => {
                let cache = self.state.options.cache.clone();
                let body = move || Quick::load(&runner, &cache);
                let thread = std::thread::Builder::new().name("runtime".into()).spawn(body).ok()?;
                self.quick = Some(Preparing::Begun(thread));
                None
            }
            Some(Preparing::Begun(thread)) if !thread.is_finished() => {
                self.quick = Some(Preparing::Begun(thread));
                None
            }
            Some(Preparing::Begun(thread)) => {
                let quick = thread.join().ok().flatten().map(Arc::new);
                self.quick = Some(Preparing::Done(quick.clone()));
                quick
            }
            Some(Preparing::Done(quick)) => {
                self.quick = Some(Preparing::Done(quick.clone()));
                quick
            }
        }
    }

    /// Files to watch wherever they lie.
    pub(super) fn outside(&self) -> &[PathBuf] {
        &self.outside
    }

    fn tell(&mut self, event: Event) {
        match self.first {
            Some(_) => self.held.push(event),
            None => self.state.events.publish(event),
        }
    }

    fn announce(&mut self) {
        for event in self.first.take().into_iter().chain(std::mem::take(&mut self.held)) {
            self.state.events.publish(event);
        }
    }

    /// Loads what is there for the first time, building it when it is stale.
    pub(super) fn start(&mut self) {
        let begun = Instant::now();
        let cache = self.state.options.cache.clone();
        let (runner, stale) = std::thread::scope(|scope| {
            let runner = scope.spawn(move || Runner::new(Some(&cache)));
            let stale = build::is_stale(&self.project);
            (runner.join(), stale)
        });
        let mut problems = Problems::new();
        match runner {
            Ok(Ok(runner)) => self.runner = Some(runner),
            Ok(Err(error)) => problems.push(describe(&error)),
            Err(_) => problems.push("the WebAssembly engine could not start".into()),
        }
        let stale = stale.unwrap_or_else(|error| {
            problems.push(describe(&error));
            false
        });
        if stale {
            self.announce();
        }
        self.pass(Changes { source: stale, ..Changes::ALL }, begun, problems);
        self.announce();
    }

    /// Takes up what changed.
    pub(super) fn reload(&mut self, mut changes: Changes, begun: Instant) {
        let mut problems = Problems::new();
        if changes.words {
            match Project::load(&self.state.root) {
                Ok(project) => {
                    let rebuild = differs(&project.config.build, &self.project.config.build)
                        || differs(&project.config.ui, &self.project.config.ui);
                    changes.source |= rebuild;
                    changes.ui |= rebuild;
                    self.project = project;
                }
                Err(error) => problems.push(describe(&error)),
            }
        }
        self.pass(changes, begun, problems);
    }

    fn pass(&mut self, changes: Changes, begun: Instant, mut problems: Problems) {
        let before = self.state.served();
        let mut next = Served::clone(&before);
        let mut component = changes.source;
        if changes.source {
            component = !self.begin(&mut next, begun, &mut problems);
            if component {
                // Nothing older is to be taken for this.
                self.finish(None);
                self.build(&mut problems);
            }
        } else {
            problems.extend(self.failed.clone());
        }
        if (component || next.handler.is_none())
            && let Err(error) = self.load_handler(&mut next)
        {
            problems.push(describe(&error));
        }
        if changes.ui || changes.source {
            match Files::read(&self.project.ui()) {
                Ok(ui) => self.take_ui(&mut next, ui),
                Err(error) => problems.push(describe(&error)),
            }
        }
        if changes.words
            && let Err(error) = self.load_words(&mut next)
        {
            problems.push(describe(&error));
        }
        next.digest = next.digest_now();
        next.problem = (!problems.is_empty()).then(|| shorten(problems.join("\n\n")));
        self.swap(&before, next, begun, changes.source);
    }

    fn finish(&mut self, job: Option<Job>) {
        self.finishing = job.as_ref().map(|job| job.script);
        if let Some(finisher) = &self.finisher {
            finisher.put(job);
        }
    }

    /// Loads the source and lets it answer, where that can be; false where it has to be built first.
    fn begin(&mut self, next: &mut Served, saved: Instant, problems: &mut Problems) -> bool {
        if !build::begins(&self.project).unwrap_or_default() {
            return false;
        }
        let (Some(quick), Some(runner)) = (self.quick(), self.runner.clone()) else { return false };
        self.tell(Event::Building);
        let started = Instant::now();
        let begun = match build::begin(&self.project, &mut self.kept) {
            Ok(Some(begun)) => begun,
            Ok(None) => return false,
            Err(error) => {
                self.fail(&error, problems);
                return true;
            }
        };
        self.take_inputs(begun.inputs());
        let script = Digest::of(begun.script().as_bytes());
        if next.handler.is_none() || next.component != Some(script) {
            // The instance that shows whether it loads is the one that answers the first request.
            let source = Script { shim: Arc::clone(&quick.shim), text: begun.script().to_owned() };
            let handler = quick.runtime.loaded(Arc::new(source), AHEAD);
            // What fails, or takes long, is for the build to judge: it has the words for it.
            if !handler.is_loaded()
                && let Err(error) = begun.check(&quick.engine, JUDGED)
            {
                self.fail(&error, problems);
                return true;
            }
            (next.handler, next.component) = (Some(handler), Some(script));
        }
        self.failed = None;
        let (project, engine, spent) = (self.project.clone(), Arc::clone(&quick.engine), started.elapsed());
        self.finish(Some(Job { project, runner, engine, begun, script, saved, spent }));
        true
    }

    /// Puts a component in the place of the source it was made from. Nobody is told: it answers the same.
    pub(super) fn take_finished(&mut self, finished: Finished) {
        let Finished { script, saved, spent, result } = finished;
        if self.finishing != Some(script) {
            return;
        }
        self.finishing = None;
        let before = self.state.served();
        let mut next = Served::clone(&before);
        let mut problems = Problems::new();
        let written = result.and_then(|(finished, handler)| Ok((finished.write(&self.project)?, handler)));
        let built = match written {
            Ok((built, handler)) => {
                if next.component == Some(script) {
                    next.handler = handler;
                }
                Some(built)
            }
            Err(error) => {
                self.fail(&error, &mut problems);
                next.problem = Some(shorten(problems.join("\n\n")));
                None
            }
        };
        self.swap(&before, next, saved, false);
        // Whoever reads that the source of now failed is not to read that the one before it was built.
        if let Some(built) = built.filter(|_| self.failed.is_none()) {
            self.tell_built(built, spent);
        }
    }

    fn fail(&mut self, error: &dyn std::error::Error, problems: &mut Problems) {
        let message = describe(error);
        self.failed = Some(message.clone());
        problems.push(message);
    }

    fn take_inputs<'p>(&mut self, inputs: impl Iterator<Item = &'p Path>) {
        self.inputs = inputs.map(Path::to_path_buf).collect();
        self.outside = self.state.options.data.iter().chain(&self.inputs).cloned().collect();
    }

    fn tell_built(&mut self, built: build::Built, spent: Duration) {
        self.tell(Event::Built {
            size: built.size,
            sha256: built.sha256,
            engine: serde_json::to_value(built.engine).unwrap_or_default(),
            duration_us: micros(spent),
            warnings: built.warnings.into_iter().map(shorten).collect(),
        });
    }

    fn build(&mut self, problems: &mut Problems) {
        self.tell(Event::Building);
        let begun = Instant::now();
        let options = build::Options {
            cache: &self.state.options.cache,
            tools: &self.state.options.tools,
            minify: false,
        };
        match build::build(&self.project, &options) {
            Ok(built) => {
                self.failed = None;
                self.take_inputs(built.inputs.iter().map(PathBuf::as_path));
                self.tell_built(built, begun.elapsed());
            }
            Err(error) => self.fail(&error, problems),
        }
    }

    fn load_handler(&self, next: &mut Served) -> Result<(), Error> {
        let component = self.project.component();
        if !component.is_file() {
            (next.handler, next.component) = (None, None);
            return Ok(());
        }
        let bytes = fs_err::read(component)?;
        let digest = Digest::of(&bytes);
        // A save that changes nothing in the script is to find what it made.
        let digest = build::script_of(&self.project, digest).unwrap_or(digest);
        if next.handler.is_some() && next.component == Some(digest) {
            return Ok(());
        }
        let Some(runner) = &self.runner else { return Ok(()) };
        next.handler = Some(runner.load(&bytes)?);
        next.component = Some(digest);
        Ok(())
    }

    fn take_ui(&mut self, next: &mut Served, ui: Option<Files>) {
        let listing = ui.as_ref().map(Files::listing);
        if listing == next.ui.as_ref().map(|ui| ui.listing()) {
            return;
        }
        for pitfall in ui.iter().flat_map(Files::pitfalls) {
            self.tell(Event::Warning { message: pitfall });
        }
        next.ui = ui.map(Arc::new);
    }

    fn load_words(&mut self, next: &mut Served) -> Result<(), Error> {
        let config = state::data(&self.project, &self.state.options)?;
        let options = host::Options { as_production: self.state.options.as_production };
        let unchanged = !differs(&config, &*next.config) && *next.manifest == self.project.manifest;
        match &next.platform {
            Some(_) if unchanged => {}
            Some(platform) => next.platform = Some(platform.renewed(&config, &self.project.manifest)?),
            None => next.platform = Some(Platform::new(&config, &self.project.manifest, &options)?),
        }
        if !unchanged || !self.state.is_ready() {
            let warnings = next.platform.iter().flat_map(|platform| platform.warnings());
            warnings
                .cloned()
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|message| self.tell(Event::Warning { message }));
        }
        next.manifest = Arc::new(self.project.manifest.clone());
        next.config = Arc::new(config);
        Ok(())
    }

    fn swap(&mut self, before: &Served, next: Served, begun: Instant, rebuilt: bool) {
        let first = !self.state.is_ready();
        let mut changed = Vec::new();
        if next.component != before.component {
            changed.push("handler");
        }
        let listing = |served: &Served| served.ui.as_ref().map(|ui| ui.listing());
        if listing(&next) != listing(before) {
            changed.push("ui");
        }
        if next.manifest != before.manifest || first {
            changed.push("manifest");
        }
        if differs(&*next.config, &*before.config) || first {
            changed.push("config");
        }
        let told = next.problem == before.problem && !rebuilt;
        let failed = next.problem.clone().filter(|_| !told).map(|message| Event::BuildFailed {
            message,
            still_serving: next.handler.is_some() || next.ui.is_some(),
        });
        let recovered = before.problem.is_some() && next.problem.is_none();
        let hash = next.digest.to_string();
        self.state.replace(next);
        self.state.set_ready();
        if !changed.is_empty() || recovered {
            self.tell(Event::Swapped { hash, changed, duration_us: micros(begun.elapsed()) });
        }
        if let Some(failed) = failed {
            self.tell(failed);
        }
    }

    /// What a changed file is to this project; none when it does not matter.
    pub(super) fn classify(&mut self, path: &Path) -> Changes {
        let words = path == self.project.root.join(project::MANIFEST)
            || path == self.project.root.join(project::CONFIG)
            || self.state.options.data.as_deref() == Some(path);
        if words {
            return Changes { words, ..Changes::default() };
        }
        let config = &self.project.config;
        let in_ui = path.starts_with(self.project.ui());
        let is_output = config.build.command.is_some()
            && config.build.output.as_ref().is_some_and(|output| path == self.project.root.join(output));
        match (in_ui, &config.ui.command) {
            (true, None) => Changes { ui: true, ..Changes::default() },
            // What the author's own UI build writes.
            (true, Some(_)) if config.ui.dir.is_some() => Changes::default(),
            _ if is_output => Changes::default(),
            _ => {
                let by_command = config.build.command.is_some() || config.ui.command.is_some();
                let known = !self.inputs.is_empty() && self.failed.is_none() && !by_command;
                let source = !known || self.inputs.contains(path);
                Changes { source: source && !(by_command && self.is_repeated(path)), ..Changes::default() }
            }
        }
    }

    /// Whether a file was written and holds what it held when it was last seen to change.
    fn is_repeated(&mut self, path: &Path) -> bool {
        let small = fs_err::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_COMPARED);
        let digest = Digest::of(&if small { fs_err::read(path).unwrap_or_default() } else { Vec::new() });
        self.contents.insert(path.to_path_buf(), digest) == Some(digest)
    }
}

impl Quick {
    fn load(runner: &Runner, cache: &Path) -> Option<Quick> {
        let engine = build::javascript::Engine::load(cache).ok()?;
        let runtime = runner.runtime(engine.component()).ok()?;
        Some(Quick { runtime, shim: engine.shim().into(), engine: Arc::new(engine) })
    }
}

/// Whether two values would be written differently.
fn differs<T: Serialize>(one: &T, other: &T) -> bool {
    serde_json::to_value(one).ok() != serde_json::to_value(other).ok()
}

/// An error with its causes, as the terminal shows it.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}\n  caused by: {words}");
        }
        source = error.source();
    }
    text
}

fn micros(spent: Duration) -> u64 {
    u64::try_from(spent.as_micros()).unwrap_or(u64::MAX)
}
