//! One request in the runner, instance included: TypeScript and Rust against the smallest component there is.

use super::pairs::Pairs;
use super::{Bench, Part, Row};
use crate::Problem;
use alga_ext::config::Config;
use alga_ext::host::{Options, Persona, Platform};
use alga_ext::manifest::Manifest;
use alga_ext::project::Project;
use alga_ext::runner::{Handler, Outcome, Request, Response, Runner};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

/// A handler that answers 200 and nothing else: what an instance costs when the guest does no work.
const SMALLEST: &str = r#"(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "handler") (param i32) (result i32)
    (i32.store16 (i32.const 16) (i32.const 200))
    (i32.const 16)))"#;

/// Method, path and body.
pub(super) type Asked<'a> = (&'a str, &'a str, Option<&'a str>);

/// A loaded handler with the platform it is called on and the request it is called with.
pub(super) struct Subject {
    handler: Handler,
    platform: Arc<Platform>,
    path: String,
}

/// The Rust template, scaffolded and built once.
pub(super) fn rust_project(bench: &Bench) -> Result<PathBuf, Problem> {
    let project = bench.folder.join("rust");
    if !project.exists() {
        bench.alga(
            &["new", "rust", "--template", "rust-handler", "--publisher", "bench", "--yes"],
            &bench.folder,
        )?;
        let mut command = bench.command(&["build"], &project);
        // The standard library is built once for all runs, where it has to be.
        command.env("CARGO_TARGET_DIR", bench.kept.join("rust"));
        let output = with_rust(&project, &mut command)?.output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
    }
    Ok(project)
}

/// A command with a wasm-capable Rust: the machine's own, or Debian's with a standard library built on the way.
fn with_rust<'a>(project: &Path, command: &'a mut Command) -> Result<&'a mut Command, Problem> {
    let libraries =
        crate::answer("rustc", &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"], project);
    if libraries.is_some_and(|libraries| Path::new(&libraries).is_dir()) {
        return Ok(command);
    }
    fs_err::create_dir_all(project.join(".cargo"))?;
    let config = "[unstable]\nbuild-std = [\"std\", \"panic_abort\"]\n[target.wasm32-unknown-unknown]\nlinker = \"wasm-ld\"\n";
    fs_err::write(project.join(".cargo/config.toml"), config)?;
    Ok(command.env("CARGO", "/usr/bin/cargo").env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1"))
}

/// Both languages against the smallest handler.
pub(super) const REQUESTS: Part = Part { figures: &[TYPESCRIPT, RUST], measure: rows };
const TYPESCRIPT: &str = "TypeScript template, one request";
const RUST: &str = "Rust template, one request";

fn rows(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let runner = Runner::new(Some(&bench.cache))?;
    let smallest = alga_ext::component::from_module(&wat::parse_str(SMALLEST)?)?;
    let manifest = Manifest::parse(r#"{"name": "bench.smallest", "version": "1.0.0"}"#)?;
    let smallest = Subject::new(&runner, &smallest, &manifest, &Config::default(), "/".into())?;
    let typescript = Subject::project(&runner, &bench.typescript()?)?;
    let rust = Subject::project(&runner, &rust_project(bench)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        Ok(vec![
            row(TYPESCRIPT, &typescript, &smallest, 400.0, "≤ 400 µs mean").await?,
            row(RUST, &rust, &smallest, 60.0, "≤ 60 µs mean").await?,
        ])
    })
}

async fn row(
    what: &'static str,
    subject: &Subject,
    smallest: &Subject,
    most: f64,
    promise: &'static str,
) -> Result<Row, Problem> {
    subject.mean(200).await?;
    let mut pairs = Pairs::default();
    for _ in 0..7 {
        let empty = smallest.mean(1000).await?;
        pairs.push(empty, subject.mean(1000).await?);
    }
    let figure = pairs.subject();
    Ok(Row {
        what,
        figure: format!("{figure:.0} µs mean"),
        baseline: format!("smallest handler, {:.0} µs", pairs.baseline()),
        ratio: pairs.ratio(),
        promise,
        kept: figure <= most,
    })
}

impl Subject {
    fn new(
        runner: &Runner,
        wasm: &[u8],
        manifest: &Manifest,
        config: &Config,
        path: String,
    ) -> Result<Subject, Problem> {
        let platform = Platform::new(config, manifest, &Options::default())?;
        Ok(Subject { handler: runner.load(wasm)?, platform, path })
    }

    /// A project that was built, and its first GET endpoint.
    pub(super) fn project(runner: &Runner, root: &Path) -> Result<Subject, Problem> {
        let project = Project::load(root)?;
        let path = super::first_get(&project.manifest)?;
        let wasm = fs_err::read(project.component())?;
        Subject::new(runner, &wasm, &project.manifest, &project.config, path)
    }

    /// Another component in the place of this one.
    pub(super) fn with_component(&self, runner: &Runner, wasm: &[u8]) -> Result<Subject, Problem> {
        let (platform, path) = (Arc::clone(&self.platform), self.path.clone());
        Ok(Subject { handler: runner.load(wasm)?, platform, path })
    }

    async fn call(&self, (method, path, body): Asked<'_>) -> Outcome {
        let call = self.platform.call(self.platform.user(Persona::Internal), None);
        let request = Request {
            method: method.into(),
            url: path.into(),
            headers: Vec::new(),
            body: body.map(|body| body.as_bytes().to_vec()),
        };
        self.handler.call(&self.platform, call, request).await
    }

    /// What it answers, and what it logs.
    pub(super) async fn ask(&self, asked: Asked<'_>) -> Result<(Response, Vec<String>), Problem> {
        let outcome = self.call(asked).await;
        let response = outcome.result.map_err(|failure| format!("{asked:?} fails: {}", failure.message))?;
        Ok((response, outcome.logs.into_iter().map(|log| log.message).collect()))
    }

    /// Microseconds a request, over `count` of them, one after the other.
    pub(super) async fn mean(&self, count: u32) -> Result<f64, Problem> {
        let start = Instant::now();
        for _ in 0..count {
            match self.call(("GET", &self.path, None)).await.result {
                Ok(response) if response.status == 200 => {}
                Ok(response) => return Err(format!("`{}` answers {}", self.path, response.status).into()),
                Err(failure) => return Err(format!("`{}` fails: {}", self.path, failure.message).into()),
            }
        }
        Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(count))
    }
}
