//! `cargo xtask bench`: the figures the project promises, as ratios against a baseline of the same run.
//!
//! Everything runs on the release binary, in pairs: baseline, subject, baseline, subject; the medians count.

mod http;
mod process;
mod requests;
mod saves;

use crate::Problem;
use alga_ext::manifest::Manifest;
use std::path::{Path, PathBuf};

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

/// Where the bench works: the release binary and a folder of its own.
pub(crate) struct Bench {
    pub(crate) binary: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) cache: PathBuf,
}

/// Builds the release binary, measures, prints the table. Fails when a promise is not kept.
pub(crate) fn run(root: &Path) -> Result<(), Problem> {
    if cfg!(debug_assertions) {
        // Requests are measured in this very process, so it has to be a release build itself.
        return crate::run_tool(
            "cargo",
            &["run", "--quiet", "--release", "--package", "xtask", "--", "bench"],
            root,
        );
    }
    let bench = Bench::prepare(root)?;
    let mut rows = process::rows(&bench)?;
    rows.extend(saves::rows(&bench)?);
    rows.extend(requests::rows(&bench)?);
    rows.extend(http::rows(&bench)?);
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
    fn prepare(root: &Path) -> Result<Bench, Problem> {
        let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec()?;
        let target = metadata.target_directory.into_std_path_buf();
        crate::run_tool("cargo", &["build", "--release", "--bin", "alga-ext"], root)?;
        let folder = target.join("bench");
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        fs_err::create_dir_all(&folder)?;
        let binary = target.join("release").join(format!("alga-ext{}", std::env::consts::EXE_SUFFIX));
        let bench = Bench { binary, cache: folder.join("cache"), folder };
        bench.alga(
            &["new", "ts", "--template", "ts-handler", "--publisher", "bench", "--yes"],
            &bench.folder,
        )?;
        Ok(bench)
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
