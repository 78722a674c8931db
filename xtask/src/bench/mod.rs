//! `cargo xtask bench`: the figures the project promises, as ratios against a baseline of the same run.
//!
//! Everything runs on the release binary, in pairs: baseline, subject, baseline, subject; the medians count.
//! `cargo xtask bench <word>` measures the figures with that word in their name.

mod bundles;
mod http;
mod jco;
mod pairs;
mod process;
mod requests;
mod saves;
mod validate;

pub(crate) use http::hello;

use crate::Problem;
use alga_ext::manifest::Manifest;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// One line of the table.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: &'static str,
    /// The subject's figure with its unit.
    pub(crate) figure: String,
    /// What it is compared with, and that one's figure.
    pub(crate) baseline: String,
    /// Subject ÷ baseline.
    pub(crate) ratio: f64,
    /// What is promised.
    pub(crate) promise: &'static str,
    /// Whether the promise is kept here.
    pub(crate) kept: bool,
}

/// Figures that are measured together.
struct Part {
    /// What they are called in the table.
    figures: &'static [&'static str],
    measure: fn(&Bench) -> Result<Vec<Row>, Problem>,
}

/// Processes first: the most memory of one is at least that of who started it, and this process grows with its own
/// requests.
const PARTS: [Part; 12] = [
    process::START_UP,
    validate::VALIDATE,
    process::BUILDS,
    process::BUNDLE,
    bundles::PACKING,
    bundles::LARGE,
    process::READY,
    saves::TEMPLATE,
    saves::LARGE,
    requests::REQUESTS,
    http::HTTP,
    jco::JCO,
];

/// Where the bench works: the binary, a folder of its own, and one that is kept.
pub(crate) struct Bench {
    pub(crate) root: PathBuf,
    pub(crate) binary: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) cache: PathBuf,
    /// What takes long to come by, for the next run too.
    pub(crate) kept: PathBuf,
}

/// Builds the release binary, measures, prints the table. Fails when a promise is not kept. With a `word` only figures
/// that have it in their name; with a `binary` that one, and nothing is built.
pub(crate) fn run(root: &Path, word: Option<&str>, binary: Option<&Path>) -> Result<(), Problem> {
    if cfg!(debug_assertions) && binary.is_none() {
        // Requests are measured in this very process, so it has to be a release build itself.
        let words = ["run", "--quiet", "--release", "--package", "xtask", "--", "bench"];
        return crate::run_tool("cargo", &words.into_iter().chain(word).collect::<Vec<_>>(), root);
    }
    let is_wanted =
        |figure: &str| word.is_none_or(|word| figure.to_lowercase().contains(&word.to_lowercase()));
    let parts = PARTS.iter().filter(|part| part.figures.iter().any(|figure| is_wanted(figure)));
    let parts: Vec<&Part> = parts.collect();
    if parts.is_empty() {
        let figures: Vec<&str> = PARTS.iter().flat_map(|part| part.figures).copied().collect();
        let word = word.unwrap_or_default();
        return Err(
            format!("no figure has `{word}` in its name; there are\n  {}", figures.join("\n  ")).into()
        );
    }
    let bench = Bench::prepare(root, binary)?;
    let mut rows = Vec::new();
    for part in parts {
        let begun = Instant::now();
        rows.extend((part.measure)(&bench)?.into_iter().filter(|row| is_wanted(row.what)));
        crate::say(&format!("bench: {} in {:.0} s", part.figures.join("; "), begun.elapsed().as_secs_f64()));
    }
    print(&rows)?;
    fs_err::remove_dir_all(&bench.folder)?;
    let broken = rows.iter().filter(|row| !row.kept).count();
    if broken == 0 {
        Ok(())
    } else {
        Err(format!("{broken} of {} promises not kept on this machine", rows.len()).into())
    }
}

impl Bench {
    fn prepare(root: &Path, binary: Option<&Path>) -> Result<Bench, Problem> {
        let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()?;
        let target = metadata.target_directory.into_std_path_buf();
        let binary = if let Some(binary) = binary {
            fs_err::canonicalize(binary)?
        } else {
            crate::run_tool("cargo", &["build", "--release", "--bin", "alga-ext"], root)?;
            target.join("release").join(format!("alga-ext{}", std::env::consts::EXE_SUFFIX))
        };
        let folder = target.join("bench");
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        fs_err::create_dir_all(&folder)?;
        let (cache, kept) = (folder.join("cache"), target.join("tools").join("bench"));
        Ok(Bench { root: root.to_path_buf(), binary, folder, cache, kept })
    }

    /// The TypeScript template, scaffolded and built once.
    pub(crate) fn typescript(&self) -> Result<PathBuf, Problem> {
        let project = self.folder.join("ts");
        if !project.exists() {
            self.new_typescript("ts")?;
            self.alga(&["build"], &project)?;
        }
        Ok(project)
    }

    /// The TypeScript template under a name of its own.
    pub(crate) fn new_typescript(&self, name: &str) -> Result<PathBuf, Problem> {
        let arguments = ["new", name, "--template", "ts-handler", "--publisher", "bench", "--yes"];
        self.alga(&arguments, &self.folder)?;
        Ok(self.folder.join(name))
    }

    /// Runs the binary in `folder`; its standard output.
    pub(crate) fn alga(&self, arguments: &[&str], folder: &Path) -> Result<String, Problem> {
        let output = self.command(arguments, folder).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("`alga-ext {}` failed:\n{said}", arguments.join(" ")).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The binary with these arguments, in `folder`, on the bench's own cache.
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench measures whole processes, it has to start them itself"
    )]
    pub(crate) fn command(&self, arguments: &[&str], folder: &Path) -> std::process::Command {
        let mut command = std::process::Command::new(&self.binary);
        command.args(arguments).current_dir(folder).env("ALGA_EXT_CACHE_DIR", &self.cache);
        command
    }
}

/// The middle of the values.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

/// The value that so many in a hundred do not reach.
pub(crate) fn percentile(mut values: Vec<f64>, of_a_hundred: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * of_a_hundred / 100).copied().unwrap_or(f64::NAN)
}

/// The project's manifest, as the tool reads it.
pub(crate) fn manifest(project: &Path) -> Result<Manifest, Problem> {
    Ok(Manifest::parse(&fs_err::read_to_string(project.join("manifest.json"))?)?)
}

/// The path of the first GET endpoint.
pub(crate) fn first_get(manifest: &Manifest) -> Result<String, Problem> {
    let get = manifest.endpoints.iter().find(|endpoint| endpoint.method == "GET").ok_or("no GET endpoint")?;
    Ok(get.path.clone())
}

fn print(rows: &[Row]) -> Result<(), Problem> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "| figure | measured | baseline | ratio | promise | |")?;
    writeln!(stdout, "|---|---|---|---|---|---|")?;
    for Row { what, figure, baseline, ratio, promise, kept } in rows {
        let kept = if *kept { "kept" } else { "NOT kept" };
        writeln!(stdout, "| {what} | {figure} | {baseline} | {ratio:.2} | {promise} | {kept} |")?;
    }
    Ok(())
}
