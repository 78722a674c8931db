//! Against `jco componentize`, which authors use today: building, the size of what comes out, a request to it.

use super::pairs::Pairs;
use super::process::{Cost, cost};
use super::requests::{Asked, Subject};
use super::{Bench, Part, Row, median};
use crate::Problem;
use alga_ext::project::Project;
use alga_ext::runner::Runner;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Three figures of the same two components.
pub(super) const JCO: Part = Part { figures: &[BUILD, SIZE, REQUEST], measure: rows };
const BUILD: &str = "TypeScript template, warm build against jco";
const SIZE: &str = "TypeScript template, component against jco's";
const REQUEST: &str = "TypeScript template, one request against jco's component";

/// For the bench only: jco, what bundles for it, and the SDK as it is published.
const NPM: [(&str, &str); 4] = [
    ("@bytecodealliance/jco", "1.17.0"),
    ("@bytecodealliance/componentize-js", "0.19.3"),
    ("@alga-psa/extension-runtime", "0.3.0"),
    ("esbuild", "0.28.2"),
];

/// What an author writes beside the handler today: an export of one argument, and host bindings by hand.
const ENTRY: &str = "\
import { getUser } from 'alga:extension/user-v2';
import { logError, logInfo, logWarn } from 'alga:extension/logging';
import { handler as own, type ExecuteRequest } from './handler';

const host: any = {
  user: { getUser: async () => getUser() },
  logging: {
    info: async (message: string) => logInfo(message),
    warn: async (message: string) => logWarn(message),
    error: async (message: string) => logError(message),
  },
};

export const handler = (request: ExecuteRequest) => own(request, host);
";

/// What both components are asked, before anything is measured.
const QUESTIONS: [Asked<'static>; 5] = [
    ("GET", "/hello", None),
    ("GET", "/hello?greeting=Gr%C3%BC%C3%9F+Gott", None),
    ("POST", "/time-entries/round", Some("{\"minutes\": 16}")),
    ("POST", "/time-entries/round", Some("{\"minutes\": \"many\"}")),
    ("GET", "/nowhere", None),
];

/// The handler as one JavaScript module, and what turns it into a component.
struct Jco {
    folder: PathBuf,
    tools: PathBuf,
    wit: PathBuf,
}

fn rows(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.typescript()?;
    let jco = Jco::bundle(bench, &project)?;
    let (theirs, ours) = builds(bench, &jco, &project)?;
    let theirs_file = fs_err::read(jco.component())?;
    let ours_file = fs_err::read(Project::load(&project)?.component())?;
    Ok(vec![
        build_row(&ours, &theirs),
        size_row(&ours_file, &theirs_file),
        request_row(bench, &project, &theirs_file)?,
    ])
}

impl Jco {
    /// Installs the tools, and bundles the handler of `project`.
    fn bundle(bench: &Bench, project: &Path) -> Result<Jco, Problem> {
        let (folder, tools) = (bench.folder.join("jco"), bench.kept.join("node"));
        crate::setup::npm("bench", &NPM, &bench.root, &tools)?;
        fs_err::create_dir_all(&folder)?;
        fs_err::copy(project.join("src/handler.ts"), folder.join("handler.ts"))?;
        fs_err::write(folder.join("entry.ts"), ENTRY)?;
        let jco = Jco { folder, tools, wit: bench.root.join("wit") };
        let words =
            ["--bundle", "--format=esm", "--platform=neutral", "--target=es2022", "--external:alga:*"];
        let mut esbuild = jco.tool("esbuild");
        esbuild.arg("entry.ts").args(words).arg("--outfile=bundle.js").arg("--log-level=warning");
        said(&mut esbuild)?;
        Ok(jco)
    }

    /// The platform's own `build` disables everything, which makes the smallest and fastest component jco has: it
    /// imports nothing of WASI.
    fn componentize(&self) -> Command {
        let mut command = self.tool("jco");
        command.args(["componentize", "bundle.js", "--world-name", "runner", "--disable", "all", "--wit"]);
        command.arg(&self.wit).arg("--out").arg(self.component());
        command
    }

    fn component(&self) -> PathBuf {
        self.folder.join("main.wasm")
    }

    /// A program of a package, in the folder.
    #[expect(clippy::disallowed_methods, reason = "the bench measures whole processes")]
    fn tool(&self, name: &str) -> Command {
        let modules = self.tools.join("node_modules");
        let mut command = Command::new("node");
        command.arg(modules.join(".bin").join(name)).env("NODE_PATH", modules).current_dir(&self.folder);
        command
    }
}

/// Runs a program that has to succeed, and shows what it said when it does not.
fn said(command: &mut Command) -> Result<(), Problem> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let words = [output.stdout, output.stderr].concat();
    Err(format!("{command:?} ended with {}:\n{}", output.status, String::from_utf8_lossy(&words)).into())
}

/// What building cost, in pairs: theirs, ours.
fn builds(bench: &Bench, jco: &Jco, project: &Path) -> Result<(Vec<Cost>, Vec<Cost>), Problem> {
    let entry = project.join("src/handler.ts");
    let source = fs_err::read_to_string(&entry)?;
    // The first of each reads its files from the disk.
    said(&mut jco.componentize())?;
    bench.alga(&["build"], project)?;
    let (mut theirs, mut ours) = (vec![], vec![]);
    for round in 0..3 {
        theirs.push(cost(&mut jco.componentize())?);
        fs_err::write(&entry, format!("{source}\n// edit {round}\n"))?;
        ours.push(cost(&mut bench.command(&["build"], project))?);
    }
    fs_err::write(&entry, source)?;
    bench.alga(&["build"], project)?;
    Ok((theirs, ours))
}

fn build_row(ours: &[Cost], theirs: &[Cost]) -> Row {
    let wall = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall.as_secs_f64()).collect());
    let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu.as_secs_f64()).collect());
    let pairs = ours.iter().zip(theirs);
    let ratio =
        median(pairs.map(|(ours, theirs)| ours.wall.as_secs_f64() / theirs.wall.as_secs_f64()).collect());
    Row {
        what: BUILD,
        figure: format!("{:.3} s, {:.0} ms CPU", wall(ours), cpu(ours) * 1e3),
        baseline: format!(
            "`jco componentize` of a finished bundle, {:.1} s, {:.1} s CPU",
            wall(theirs),
            cpu(theirs)
        ),
        ratio,
        promise: "≤ 1/50",
        kept: ratio <= 0.02,
    }
}

fn size_row(ours: &[u8], theirs: &[u8]) -> Row {
    #[expect(clippy::cast_precision_loss, reason = "a ratio of file sizes")]
    let ratio = ours.len() as f64 / theirs.len() as f64;
    Row {
        what: SIZE,
        figure: format!("{} KB", ours.len().div_ceil(1000)),
        baseline: format!("jco's, {} KB", theirs.len().div_ceil(1000)),
        ratio,
        promise: "≤ 1/6",
        kept: ratio <= 1.0 / 6.0,
    }
}

/// Both components in the same runner; they have to give the same answers first.
fn request_row(bench: &Bench, project: &Path, theirs: &[u8]) -> Result<Row, Problem> {
    let runner = Runner::new(Some(&bench.cache))?;
    let ours = Subject::project(&runner, project)?;
    let theirs = ours.with_component(&runner, theirs)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        for question in QUESTIONS {
            let (one, other) = (ours.ask(question).await?, theirs.ask(question).await?);
            if one != other {
                return Err(format!("{question:?}: ours answers {one:?}, and jco's {other:?}").into());
            }
        }
        let mut pairs = Pairs::default();
        ours.mean(200).await?;
        theirs.mean(200).await?;
        for _ in 0..7 {
            let jco = theirs.mean(500).await?;
            pairs.push(jco, ours.mean(500).await?);
        }
        let ratio = pairs.ratio();
        Ok(Row {
            what: REQUEST,
            figure: format!("{:.0} µs mean", pairs.subject()),
            baseline: format!("jco's component, {:.0} µs", pairs.baseline()),
            ratio,
            promise: "≤ 1/2",
            kept: ratio <= 0.5,
        })
    })
}
