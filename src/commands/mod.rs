//! One file per verb: take arguments, call one operation, say what happened.

mod attest;
mod build;
mod cache;
mod cat;
mod completions;
mod convert;
mod dev;
mod diff;
mod doctor;
mod explain;
mod inspect;
mod invoke;
mod keys;
mod ls;
mod lsp;
mod new;
mod pack;
mod password;
mod publish;
mod registry;
mod schema;
mod sign;
mod signer;
mod tour;
mod trust;
mod types;
mod unpack;
mod validate;
mod verify;
mod wit;

use crate::cli::{Command, Format, Global};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;
use crate::project::Project;
use crate::release::Keyring;
use crate::signing::Time;
use crate::toolchain::Tools;
use std::path::{Path, PathBuf};

/// What every command has at hand: the streams and the ambient facts, read once.
#[derive(Debug)]
pub struct Session {
    /// The two streams.
    pub output: Output,
    /// The current directory.
    pub directory: PathBuf,
    /// Where compiled engines and components are kept between runs.
    pub cache: PathBuf,
    /// The programs that builds may run.
    pub tools: Tools,
    /// The user's home.
    home: Option<PathBuf>,
    /// `-C`.
    project: Option<PathBuf>,
}

impl Session {
    /// Reads the ambient facts. An error comes with the streams to say it on.
    #[expect(clippy::disallowed_methods, reason = "the current directory is read here, once")]
    pub fn new(global: Global) -> Result<Session, (Output, Error)> {
        let output = Output::new(
            global.format,
            global.quiet,
            global.verbose,
            global.color,
            global.no_color.is_some_and(|value| !value.is_empty()),
        );
        let directory = match std::env::current_dir() {
            Ok(directory) => directory,
            Err(error) => return Err((output, error.into())),
        };
        let home = global.home;
        let cache = global.cache_dir.unwrap_or_else(|| {
            let base = global.xdg_cache_home.or_else(|| home.as_ref().map(|home| home.join(".cache")));
            base.unwrap_or_else(std::env::temp_dir).join("alga-ext")
        });
        let (home, tools_home) = (home.clone(), home);
        let tools = Tools {
            cargo: global.cargo,
            rustc: global.rustc,
            cargo_home: global.cargo_home.or_else(|| Some(tools_home?.join(".cargo"))),
            cargo_target: global.cargo_target,
            is_quiet: global.quiet,
        };
        Ok(Session { output, directory, cache, tools, home, project: global.project })
    }

    /// `path` as the user meant it: relative to the current directory.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// This moment; operations get it as a value.
    #[expect(clippy::disallowed_methods, reason = "the clock is read here")]
    pub fn now(&self) -> Time {
        Time::of(std::time::SystemTime::now())
    }

    /// A moment as the user typed it; this one when there is none.
    pub fn time(&self, text: Option<&str>) -> Result<Time, Error> {
        let now = self.now();
        text.map_or(Ok(now), |text| {
            Time::typed(text, now).ok_or_else(|| Error::Usage {
                what: format!("`{text}` is no time"),
                hint: Some(
                    "write days from now (`90d`), a day (`2027-01-31`) or a moment (`2027-01-31T12:00:00Z`)"
                        .into(),
                ),
            })
        })
    }

    /// The moment a signature is made: `SOURCE_DATE_EPOCH`, or now.
    pub fn created(&self, epoch: &crate::cli::Epoch) -> Result<Time, Error> {
        epoch.source_date_epoch.map_or(Ok(self.now()), |seconds| {
            Time::from_seconds(seconds).ok_or_else(|| Error::Usage {
                what: format!("`SOURCE_DATE_EPOCH` is `{seconds}`, and no moment that can be written"),
                hint: None,
            })
        })
    }

    /// The user's own folder of keys.
    pub fn keyring(&self, folder: &crate::cli::KeyFolder) -> Result<Keyring, Error> {
        if let Some(keys) = &folder.keys {
            return Ok(Keyring { folder: self.path(keys) });
        }
        let config = folder.xdg_config_home.clone().or_else(|| Some(self.home.as_ref()?.join(".config")));
        let config = config.ok_or_else(|| Error::Usage {
            what: "there is no home to keep keys in".into(),
            hint: Some("name a folder with `--keys`, or set `ALGA_EXT_KEYS_DIR`".into()),
        })?;
        Ok(Keyring { folder: config.join("alga-ext").join("keys") })
    }

    /// Whether a project folder was named.
    pub fn names_project(&self) -> bool {
        self.project.is_some()
    }

    /// The project folder that was named, by itself or by its manifest, or the nearest above.
    pub fn project_root(&self) -> Result<PathBuf, Error> {
        match &self.project {
            Some(named) => {
                let named = self.directory.join(named);
                let is_manifest = named.is_file() && named.ends_with(crate::project::MANIFEST);
                Ok(if is_manifest { named.parent().unwrap_or(&named).to_path_buf() } else { named })
            }
            None => Ok(Project::find(&self.directory)?),
        }
    }

    /// The project, loaded.
    pub fn project(&self) -> Result<Project, Error> {
        Ok(Project::load(&self.project_root()?)?)
    }

    /// How to build.
    pub fn build_options(&self) -> crate::build::Options<'_> {
        crate::build::Options { cache: &self.cache, tools: &self.tools, minify: false }
    }

    /// Says so when the cache cannot be used; commands work without, slower.
    fn check_cache(&self) {
        if let Err(error) = crate::files::check_folder(&self.cache) {
            let cache = self.cache.display();
            self.output.warn(&format!(
                "the cache `{cache}` cannot be written, so every run compiles anew ({error}); \
                 `ALGA_EXT_CACHE_DIR` names another"
            ));
        }
    }

    /// Runs a future to its end on a runtime of its own; commands that need none start none.
    pub fn block_on<T>(&self, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
    }
}

/// Runs one command.
pub fn run(command: Command, session: &Session) -> Result<Exit, Error> {
    if let (Some(format @ (Format::Sarif | Format::Junit | Format::Github)), false) =
        (session.output.format(), matches!(command, Command::Validate(_)))
    {
        let word = format!("{format:?}").to_lowercase();
        return Err(Error::Usage {
            what: format!("`--format {word}` is for `validate` alone"),
            hint: Some("every command takes `human` and `json`".into()),
        });
    }
    if matches!(
        command,
        Command::Build(_)
            | Command::Pack(_)
            | Command::Diff(_)
            | Command::Dev(_)
            | Command::Invoke(_)
            | Command::Tour(_)
            | Command::Publish(crate::cli::Publish { bundle: None, .. })
    ) {
        session.check_cache();
    }
    match command {
        Command::New(arguments) => new::run(&arguments, session),
        Command::Build(arguments) => build::run(&arguments, session),
        Command::Validate(arguments) => validate::run(&arguments, session),
        Command::Lsp(_) => lsp::run(session),
        Command::Explain(arguments) => explain::run(&arguments, session),
        Command::Pack(arguments) => pack::run(&arguments, session),
        Command::Keys(arguments) => keys::run(&arguments, session),
        Command::Sign(arguments) => sign::run(&arguments, session),
        Command::Attest(arguments) => attest::run(&arguments, session),
        Command::Trust(arguments) => trust::run(&arguments, session),
        Command::Verify(arguments) => verify::run(&arguments, session),
        Command::Inspect(arguments) => inspect::run(&arguments, session),
        Command::Convert(arguments) => convert::run(&arguments, session),
        Command::Ls(arguments) => ls::run(&arguments, session),
        Command::Unpack(arguments) => unpack::run(&arguments, session),
        Command::Cat(arguments) => cat::run(&arguments, session),
        Command::Diff(arguments) => diff::run(&arguments, session),
        Command::Dev(arguments) => dev::run(&arguments, session),
        Command::Invoke(arguments) => invoke::run(&arguments, session),
        Command::Publish(arguments) => publish::run(&arguments, session),
        Command::Registry(arguments) => registry::run(&arguments, session),
        Command::Wit => wit::run(session),
        Command::Types(arguments) => types::run(&arguments, session),
        Command::Schema(arguments) => schema::run(&arguments, session),
        Command::Completions(arguments) => completions::run(&arguments, session),
        Command::Cache(arguments) => cache::run(&arguments, session),
        Command::Doctor => doctor::run(session),
        Command::Tour(arguments) => tour::run(&arguments, session),
    }
}
