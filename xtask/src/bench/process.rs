//! Whole processes: start-up, builds, the dev server's readiness; wall time, CPU time, peak memory.

use super::{Bench, Row, median};
use crate::Problem;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What one process cost.
struct Cost {
    wall: Duration,
    cpu: Duration,
    peak_bytes: u64,
}

fn cost(command: &mut Command) -> Result<Cost, Problem> {
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

/// Start-up, builds and readiness.
pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.folder.join("ts");
    let mut rows = vec![
        start_up(bench, "`--version`, whole process", &["--version"], &project)?,
        start_up(bench, "`validate`, whole process", &["validate"], &project)?,
    ];
    rows.extend(builds(bench, &project)?);
    rows.push(bundle_size(bench, &project)?);
    rows.push(ready(bench, &project)?);
    Ok(rows)
}

fn start_up(bench: &Bench, what: &'static str, arguments: &[&str], project: &Path) -> Result<Row, Problem> {
    let (mut base, mut walls, mut peaks, mut ratios) = (vec![], vec![], vec![], vec![]);
    for _ in 0..31 {
        let empty = milliseconds(cost(&mut nothing())?.wall);
        let subject = cost(&mut bench.command(arguments, project))?;
        ratios.push(milliseconds(subject.wall) / empty);
        base.push(empty);
        walls.push(milliseconds(subject.wall));
        #[expect(clippy::cast_precision_loss, reason = "megabytes, for people")]
        peaks.push(subject.peak_bytes as f64 / 1e6);
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

fn builds(bench: &Bench, project: &Path) -> Result<Vec<Row>, Problem> {
    let entry = project.join("src/handler.ts");
    let source = fs_err::read_to_string(&entry)?;
    let (mut cold, mut warm, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..5 {
        if bench.cache.exists() {
            fs_err::remove_dir_all(&bench.cache)?;
        }
        fs_err::write(&entry, format!("{source}\n// cold {round}\n"))?;
        let first = cost(&mut bench.command(&["build"], project))?;
        fs_err::write(&entry, format!("{source}\n// warm {round}\n"))?;
        let second = cost(&mut bench.command(&["build"], project))?;
        cold.push(first.cpu.as_secs_f64());
        warm.push(second.wall.as_secs_f64());
        ratios.push(second.wall.as_secs_f64() / first.wall.as_secs_f64());
    }
    fs_err::write(&entry, source)?;
    bench.alga(&["build"], project)?;
    let (cold, warm) = (median(cold), median(warm));
    Ok(vec![
        Row {
            what: "TypeScript template, cold build",
            figure: format!("{cold:.2} s CPU"),
            baseline: format!("warm build, {warm:.3} s"),
            ratio: cold / warm,
            promise: "≤ 3 s CPU",
            kept: cold <= 3.0,
        },
        Row {
            what: "TypeScript template, warm build after an edit",
            figure: format!("{warm:.3} s"),
            baseline: "cold build, wall".into(),
            ratio: median(ratios),
            promise: "≤ 0.2 s",
            kept: warm <= 0.2,
        },
    ])
}

fn bundle_size(bench: &Bench, project: &Path) -> Result<Row, Problem> {
    bench.alga(&["pack"], project)?;
    let bundle = fs_err::metadata(project.join("dist/bundle.tar.zst"))?.len();
    let component = fs_err::metadata(project.join("dist/main.wasm"))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a ratio of file sizes")]
    let ratio = bundle as f64 / component as f64;
    Ok(Row {
        what: "TypeScript template, bundle",
        figure: format!("{} KB", bundle.div_ceil(1000)),
        baseline: format!("its component, {} KB", component.div_ceil(1000)),
        ratio,
        promise: "≤ 600 KB",
        kept: bundle <= 600_000,
    })
}

fn ready(bench: &Bench, project: &Path) -> Result<Row, Problem> {
    let (mut base, mut walls, mut ratios) = (vec![], vec![], vec![]);
    // The first start fills the cache.
    ready_once(bench, project)?;
    for _ in 0..9 {
        let version = milliseconds(cost(&mut bench.command(&["--version"], project))?.wall);
        let subject = milliseconds(ready_once(bench, project)?);
        base.push(version);
        ratios.push(subject / version);
        walls.push(subject);
    }
    let wall = median(walls);
    Ok(Row {
        what: "`dev` ready, warm cache",
        figure: format!("{wall:.0} ms"),
        baseline: format!("`--version`, {:.1} ms", median(base)),
        ratio: median(ratios),
        promise: "≤ 150 ms",
        kept: wall <= 150.0,
    })
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
