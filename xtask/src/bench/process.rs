//! Whole processes: start-up, builds, the dev server's readiness; wall time, CPU time, peak memory.

use super::{Bench, Part, Row, median};
use crate::Problem;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What one process cost.
pub(super) struct Cost {
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
    peak_bytes: u64,
}

impl Cost {
    #[expect(clippy::cast_precision_loss, reason = "megabytes, for people")]
    pub(super) fn megabytes(&self) -> f64 {
        self.peak_bytes as f64 / 1e6
    }
}

/// Runs a process to its end. What it started itself, and waited for, counts too.
pub(super) fn cost(command: &mut Command) -> Result<Cost, Problem> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let used = child.wait4()?;
    let wall = start.elapsed();
    if !used.status.success() {
        return Err(format!("{command:?} ended with {}", used.status).into());
    }
    Ok(Cost { wall, cpu: used.rusage.utime + used.rusage.stime, peak_bytes: used.rusage.maxrss })
}

#[expect(clippy::disallowed_methods, reason = "the smallest process there is, as a baseline")]
fn nothing() -> Command {
    Command::new("true")
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How long the smallest commands take.
pub(super) const START_UP: Part = Part { figures: &[VERSION, VALIDATE], measure: start_ups };
const VERSION: &str = "`--version`, whole process";
const VALIDATE: &str = "`validate`, whole process";

/// What a build takes.
pub(super) const BUILDS: Part = Part { figures: &[COLD, WARM, MEMORY], measure: builds };
const COLD: &str = "TypeScript template, cold build";
const WARM: &str = "TypeScript template, warm build after an edit";
const MEMORY: &str = "TypeScript template, most memory of a build";

/// How large a bundle is.
pub(super) const BUNDLE: Part = Part { figures: &[SIZE], measure: bundle_size };
const SIZE: &str = "TypeScript template, bundle";

/// When the dev server answers.
pub(super) const READY: Part = Part { figures: &[ANSWERS], measure: ready };
const ANSWERS: &str = "`dev` ready, warm cache";

fn start_ups(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.typescript()?;
    Ok(vec![
        start_up(bench, VERSION, &["--version"], &project)?,
        start_up(bench, VALIDATE, &["validate"], &project)?,
    ])
}

fn start_up(bench: &Bench, what: &'static str, arguments: &[&str], project: &Path) -> Result<Row, Problem> {
    let (mut base, mut walls, mut peaks, mut ratios) = (vec![], vec![], vec![], vec![]);
    for _ in 0..31 {
        let empty = milliseconds(cost(&mut nothing())?.wall);
        let subject = cost(&mut bench.command(arguments, project))?;
        ratios.push(milliseconds(subject.wall) / empty);
        base.push(empty);
        walls.push(milliseconds(subject.wall));
        peaks.push(subject.megabytes());
    }
    let (wall, peak) = (median(walls), median(peaks));
    Ok(Row {
        what,
        figure: format!("{wall:.1} ms, {peak:.1} MB"),
        baseline: format!("`true`, {:.1} ms", median(base)),
        ratio: median(ratios),
        promise: "≤ 15 ms, ≤ 30 MB",
        kept: wall <= 15.0 && peak <= 30.0,
    })
}

fn builds(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.typescript()?;
    let entry = project.join("src/handler.ts");
    let source = fs_err::read_to_string(&entry)?;
    let (mut colds, mut warms, mut empty, mut ratios) = (vec![], vec![], vec![], vec![]);
    for round in 0..5 {
        if bench.cache.exists() {
            fs_err::remove_dir_all(&bench.cache)?;
        }
        fs_err::write(&entry, format!("{source}\n// cold {round}\n"))?;
        let cold = cost(&mut bench.command(&["build"], &project))?;
        for again in 0..5 {
            fs_err::write(&entry, format!("{source}\n// warm {round} {again}\n"))?;
            let warm = cost(&mut bench.command(&["build"], &project))?;
            ratios.push(warm.wall.as_secs_f64() / cold.wall.as_secs_f64());
            warms.push(warm);
        }
        colds.push(cold);
        empty.push(cost(&mut bench.command(&["--version"], &project))?.megabytes());
    }
    fs_err::write(&entry, source)?;
    bench.alga(&["build"], &project)?;
    let seconds = |costs: &[Cost]| median(costs.iter().map(|cost| cost.wall.as_secs_f64()).collect());
    let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu.as_secs_f64()).collect());
    let most = |costs: &[Cost]| costs.iter().map(Cost::megabytes).fold(0.0, f64::max);
    let (cold, warm, ratio) = (seconds(&colds), seconds(&warms), median(ratios));
    let (cold_cpu, warm_cpu) = (cpu(&colds), cpu(&warms));
    let (cold_memory, warm_memory, empty) = (most(&colds), most(&warms), median(empty));
    Ok(vec![
        Row {
            what: COLD,
            figure: format!("{cold:.2} s, {cold_cpu:.2} s CPU"),
            baseline: format!("warm build, {warm:.3} s"),
            ratio: 1.0 / ratio,
            promise: "≤ 2 s, ≤ 3 s CPU",
            kept: cold <= 2.0 && cold_cpu <= 3.0,
        },
        Row {
            what: WARM,
            figure: format!("{warm:.3} s, {:.0} ms CPU", warm_cpu * 1e3),
            baseline: format!("cold build, {cold:.2} s"),
            ratio,
            promise: "≤ 0.2 s, ≤ 60 ms CPU",
            kept: warm <= 0.2 && warm_cpu <= 0.060,
        },
        Row {
            what: MEMORY,
            figure: format!("{cold_memory:.0} MB cold, {warm_memory:.0} MB warm"),
            baseline: format!("`--version`, {empty:.1} MB"),
            ratio: cold_memory.max(warm_memory) / empty,
            promise: "≤ 250 MB",
            kept: cold_memory.max(warm_memory) <= 250.0,
        },
    ])
}

fn bundle_size(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.typescript()?;
    bench.alga(&["pack"], &project)?;
    let bundle = fs_err::metadata(project.join("dist/bundle.tar.zst"))?.len();
    let component = fs_err::metadata(project.join("dist/main.wasm"))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a ratio of file sizes")]
    let ratio = bundle as f64 / component as f64;
    Ok(vec![Row {
        what: SIZE,
        figure: format!("{} KB", bundle.div_ceil(1000)),
        baseline: format!("its component, {} KB", component.div_ceil(1000)),
        ratio,
        promise: "≤ 600 KB",
        kept: bundle <= 600_000,
    }])
}

fn ready(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.typescript()?;
    let (mut base, mut walls, mut ratios) = (vec![], vec![], vec![]);
    // The first start fills the cache.
    ready_once(bench, &project)?;
    for _ in 0..9 {
        let version = milliseconds(cost(&mut bench.command(&["--version"], &project))?.wall);
        let subject = milliseconds(ready_once(bench, &project)?);
        base.push(version);
        ratios.push(subject / version);
        walls.push(subject);
    }
    let wall = median(walls);
    Ok(vec![Row {
        what: ANSWERS,
        figure: format!("{wall:.0} ms"),
        baseline: format!("`--version`, {:.1} ms", median(base)),
        ratio: median(ratios),
        promise: "≤ 150 ms",
        kept: wall <= 150.0,
    }])
}

fn ready_once(bench: &Bench, project: &Path) -> Result<Duration, Problem> {
    let mut command = bench.command(&["dev", "--port", "0", "--no-watch", "--format", "json"], project);
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let stdout = child.stdout.take().ok_or("no standard output")?;
    let listening = listening(&mut BufReader::new(stdout));
    let elapsed = start.elapsed();
    child.kill()?;
    child.wait()?;
    listening.map(|_| elapsed)
}

/// Reads lines until the server says where it listens.
pub(super) fn listening(reader: &mut BufReader<impl std::io::Read>) -> Result<String, Problem> {
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let event: serde_json::Value = serde_json::from_str(&line)?;
        let word = |key: &str| event.get(key).and_then(serde_json::Value::as_str);
        if let (Some("listening"), Some(url)) = (word("event"), word("url")) {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        line.clear();
    }
    Err("the server ended before it listened".into())
}
