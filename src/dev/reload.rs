//! From files on disk to the version that answers: load, rebuild, swap in place; a failure keeps what was good.

use super::Error;
use super::Signal;
use super::changes::{Changes, Moment, Seen};
use super::events::{Event, shorten};
use super::finish::{Finished, Finisher, Job};
use super::state::{self, Served, State};
use super::ui::Files;
use crate::build::javascript::Kept;
use crate::bundle::Digest;
use crate::host::{self, Platform};
use crate::project::Project;
use crate::runner::{Runner, Runtime, Script};
use crate::{build, config, project, watch};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a source may take to be loaded for the first request before that comes.
const AHEAD: Duration = Duration::from_secs(2);
/// How long one may take that did not load in that time: together as long as in a build.
const JUDGED: Duration = Duration::from_secs(8);

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
    /// What the author saved and what the author's own command wrote.
    seen: Seen,
    /// Such a command ran, and what changed meanwhile was not judged yet.
    ran: bool,
    problems: Problems,
    /// The first event, until it was told; others wait for it.
    first: Option<Event>,
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

/// What is wrong with each part now: it stays until the part is tried again.
#[derive(Debug, Default)]
struct Problems {
    /// The WebAssembly engine could not start.
    engine: Option<String>,
    /// The project could not be read.
    project: Option<String>,
    /// The platform data could not be used.
    data: Option<String>,
    /// The last build failed; any change may be the cure.
    build: Option<String>,
    /// What was built could not be loaded.
    handler: Option<String>,
    /// The UI's files could not be read.
    ui: Option<String>,
}

impl Problems {
    /// All in one text, in order; none when nothing is wrong.
    fn text(&self) -> Option<String> {
        let Problems { engine, project, data, build, handler, ui } = self;
        let all: Vec<&str> =
            [engine, project, data, build, handler, ui].into_iter().flatten().map(String::as_str).collect();
        (!all.is_empty()).then(|| shorten(all.join("\n\n")))
    }
}

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
            seen: Seen::default(),
            ran: false,
            problems: Problems::default(),
            first: Some(first),
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

    /// What alga-ext.yaml names and no command makes: it is watched wherever it lies.
    pub(super) fn named(&self) -> BTreeSet<PathBuf> {
        let config = &self.project.config;
        let ui =
            Some(self.ui()).filter(|ui| config.ui.command.is_none() && !self.project.root.starts_with(ui));
        let output = config.build.output.as_ref().filter(|_| config.build.command.is_none());
        let output = output.map(|output| self.in_project(&self.project.root.join(output)));
        ui.into_iter().chain(output).chain(self.state.options.data.clone()).collect()
    }

    /// The UI's folder, as changes in it are named.
    fn ui(&self) -> PathBuf {
        self.in_project(&self.project.ui())
    }

    /// A path of the project as changes of it are named.
    fn in_project(&self, path: &Path) -> PathBuf {
        watch::named(&self.project.root, path)
    }

    /// Whether the author's own command ran since this was last asked.
    pub(super) fn take_ran(&mut self) -> bool {
        std::mem::take(&mut self.ran)
    }

    /// Tells the author of something that is no fault of the sources.
    pub(super) fn warn(&self, message: String) {
        self.tell(Event::Warning { message });
    }

    fn tell(&self, event: Event) {
        self.state.events.publish(event);
    }

    fn announce(&mut self) {
        self.state.events.publish_all(self.first.take());
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
        match runner {
            Ok(Ok(runner)) => self.runner = Some(runner),
            Ok(Err(error)) => self.problems.engine = Some(describe(&error)),
            Err(_) => self.problems.engine = Some("the WebAssembly engine could not start".into()),
        }
        let stale = stale.unwrap_or_else(|error| {
            self.problems.build = Some(describe(&error));
            false
        });
        if stale {
            self.announce();
        }
        self.pass(Changes { source: stale, ..Changes::ALL }, begun);
        self.announce();
    }

    /// Takes up what changed.
    pub(super) fn reload(&mut self, mut changes: Changes, begun: Instant) {
        if changes.words {
            let loaded = Project::load(&self.state.root);
            self.problems.project = loaded.as_ref().err().map(|error| describe(error));
            if let Ok(project) = loaded {
                let rebuild = !config::same(&project.config.build, &self.project.config.build)
                    || !config::same(&project.config.ui, &self.project.config.ui);
                changes.source |= rebuild;
                changes.ui |= rebuild;
                self.project = project;
            }
        }
        self.pass(changes, begun);
    }

    fn pass(&mut self, changes: Changes, begun: Instant) {
        let before = self.state.served();
        let mut next = Served::clone(&before);
        let mut component = changes.source;
        if changes.source {
            component = !self.begin(&mut next, begun);
            if component {
                // Nothing older is to be taken for this.
                self.finish(None);
                self.build();
            }
        }
        if component || next.handler.is_none() {
            self.problems.handler = self.load_handler(&mut next).err().map(|error| describe(&error));
        }
        if changes.ui || changes.source {
            let read = Files::read(&self.project.ui());
            self.problems.ui = read.as_ref().err().map(|error| describe(error));
            if let Ok(ui) = read {
                self.take_ui(&mut next, ui);
            }
        }
        if changes.words {
            self.problems.data = self.load_words(&mut next).err().map(|error| describe(&error));
        }
        next.digest = next.digest_now();
        next.problem = self.problems.text();
        let retried = changes.source && (self.problems.build.is_some() || self.problems.handler.is_some());
        self.swap(&before, next, begun, retried);
    }

    fn finish(&mut self, job: Option<Job>) {
        self.finishing = job.as_ref().map(|job| job.script);
        if let Some(finisher) = &self.finisher {
            finisher.put(job);
        }
    }

    /// Loads the source and lets it answer, where that can be; false where it has to be built first.
    fn begin(&mut self, next: &mut Served, saved: Instant) -> bool {
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
                self.fail(&error);
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
                self.fail(&error);
                return true;
            }
            (next.handler, next.component) = (Some(handler), Some(script));
        }
        (self.problems.build, self.problems.handler) = (None, None);
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
        let written = result.and_then(|(finished, handler)| Ok((finished.write(&self.project)?, handler)));
        let built = match written {
            Ok((built, handler)) => {
                if next.component == Some(script) {
                    next.handler = handler;
                }
                Some(built)
            }
            Err(error) => {
                self.fail(&error);
                next.problem = self.problems.text();
                None
            }
        };
        self.swap(&before, next, saved, false);
        // Whoever reads that the source of now failed is not to read that the one before it was built.
        if let Some(built) = built.filter(|_| self.problems.build.is_none()) {
            self.tell_built(built, spent);
        }
    }

    fn fail(&mut self, error: &dyn std::error::Error) {
        self.problems.build = Some(describe(error));
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

    fn build(&mut self) {
        self.tell(Event::Building);
        let begun = Instant::now();
        let options = build::Options {
            cache: &self.state.options.cache,
            tools: &self.state.options.tools,
            minify: false,
        };
        let config = &self.project.config;
        self.ran = config.build.command.is_some() || config.ui.command.is_some();
        match build::build(&self.project, &options) {
            Ok(built) => {
                self.problems.build = None;
                let inputs: Vec<PathBuf> = built.inputs.iter().map(|path| self.in_project(path)).collect();
                self.take_inputs(inputs.iter().map(PathBuf::as_path));
                self.tell_built(built, begun.elapsed());
            }
            Err(error) => self.fail(&error),
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
        if ui.as_ref().map(Files::digest) == next.ui.as_ref().map(|ui| ui.digest()) {
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
        let unchanged = config::same(&config, &*next.config) && *next.manifest == self.project.manifest;
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

    /// `retried`: what is wrong was tried again, and is told again.
    fn swap(&mut self, before: &Served, next: Served, begun: Instant, retried: bool) {
        let first = !self.state.is_ready();
        let mut changed = Vec::new();
        if next.component != before.component {
            changed.push("handler");
        }
        let ui = |served: &Served| served.ui.as_ref().map(|ui| ui.digest());
        if ui(&next) != ui(before) {
            changed.push("ui");
        }
        if next.manifest != before.manifest || first {
            changed.push("manifest");
        }
        if !config::same(&*next.config, &*before.config) || first {
            changed.push("config");
        }
        let told = next.problem == before.problem && !retried;
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

    /// What changed files are to this project.
    pub(super) fn judge(&mut self, paths: &BTreeSet<PathBuf>, moment: Moment) -> Changes {
        if moment == Moment::Command {
            self.seen.command_ended(paths);
        }
        paths.iter().fold(Changes::default(), |changes, path| changes.and(self.classify(path, moment)))
    }

    /// What a changed file is; nothing when it does not matter.
    fn classify(&mut self, path: &Path, moment: Moment) -> Changes {
        let words = path == self.project.root.join(project::MANIFEST)
            || path == self.project.root.join(project::CONFIG)
            || self.state.options.data.as_deref() == Some(path);
        if words {
            return Changes { words, ..Changes::default() };
        }
        let config = &self.project.config;
        let in_ui = path.starts_with(self.ui());
        let is_output = config.build.command.is_some()
            && config
                .build
                .output
                .as_ref()
                .is_some_and(|output| path == self.in_project(&self.project.root.join(output)));
        match (in_ui, &config.ui.command) {
            (true, None) => Changes { ui: true, ..Changes::default() },
            // What the author's own UI build writes.
            (true, Some(_)) if config.ui.dir.is_some() => Changes::default(),
            _ if is_output => Changes::default(),
            _ => {
                let by_command = config.build.command.is_some() || config.ui.command.is_some();
                let known = !self.inputs.is_empty() && self.problems.build.is_none() && !by_command;
                let source = !known || self.inputs.contains(path);
                Changes {
                    source: source && (!by_command || self.seen.is_saved(path, moment)),
                    ..Changes::default()
                }
            }
        }
    }
}

impl Quick {
    fn load(runner: &Runner, cache: &Path) -> Option<Quick> {
        let engine = build::javascript::Engine::load(cache).ok()?;
        let runtime = runner.runtime(engine.component()).ok()?;
        Some(Quick { runtime, shim: engine.shim().into(), engine: Arc::new(engine) })
    }
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
