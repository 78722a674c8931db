//! From a save to the first answer of the new source in `dev`, and what a request costs once it is compiled.

use super::{Bench, Row, median, percentile, process};
use crate::Problem;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Instant;

/// Saves of one row.
const SAVES: usize = 50;
/// Functions that make about 350 KB of source.
const FUNCTIONS: usize = 1900;

/// A dev server that watches, ended when dropped.
struct Server {
    child: Child,
    events: BufReader<ChildStdout>,
    address: String,
    path: String,
    handler: PathBuf,
    source: String,
    round: usize,
}

/// The template as it is, and with much code beside it.
pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let template = project(bench, "saved")?;
    let [first, late, after] = row(
        bench,
        &template,
        SAVES,
        [
            ("TypeScript save → first response in dev, p50 of 50", "≤ 40 ms", 40.0),
            ("TypeScript save → first response in dev, p95 of 50", "≤ 80 ms", 80.0),
            ("TypeScript request in dev, once a save is compiled", "≤ 1.2 × before the save", 1.2),
        ],
    )?;
    let large = project(bench, "large")?;
    let mut code = String::new();
    for number in 0..FUNCTIONS {
        writeln!(
            code,
            "export function piece{number}(count: number, word: string): string {{\n  let text = word;\n  \
             for (let index = 0; index < count; index++) text += String(index * {number}) + 'piece';\n  \
             return text;\n}}"
        )?;
    }
    let names: Vec<String> = (0..FUNCTIONS).map(|number| format!("piece{number}")).collect();
    writeln!(code, "export const pieces = [{}];", names.join(", "))?;
    fs_err::write(large.join("src/pieces.ts"), code)?;
    let handler = large.join("src/handler.ts");
    let text = fs_err::read_to_string(&handler)?;
    let text = format!("import {{ pieces }} from './pieces';\n(globalThis as any).pieces = pieces;\n{text}");
    fs_err::write(&handler, text)?;
    let [large, ..] = row(
        bench,
        &large,
        10,
        [
            ("350 KB of TypeScript, save → first response in dev, p50 of 10", "≤ 250 ms", 250.0),
            ("", "", 0.0),
            ("", "", 0.0),
        ],
    )?;
    Ok(vec![first, late, after, large])
}

fn project(bench: &Bench, name: &str) -> Result<PathBuf, Problem> {
    let arguments = ["new", name, "--template", "ts-handler", "--publisher", "bench", "--yes"];
    bench.alga(&arguments, &bench.folder)?;
    Ok(bench.folder.join(name))
}

type Promise = (&'static str, &'static str, f64);

/// Saves, one after the other, each after the component of the one before is there; a request before each is what one
/// costs that is compiled. The baseline is a build of the same project between them.
fn row(bench: &Bench, project: &Path, saves: usize, promises: [Promise; 3]) -> Result<[Row; 3], Problem> {
    let mut server = Server::start(bench, project)?;
    server.warm_up()?;
    let before = server.request_of_many()?;
    let (mut builds, mut answers, mut requests) = (vec![], vec![], vec![]);
    for _ in 0..saves {
        let saved = Instant::now();
        server.save()?;
        server.wait_for("swapped")?;
        server.request()?;
        answers.push(saved.elapsed().as_secs_f64() * 1e3);
        builds.push(server.built()?);
        requests.push(server.request_of_many()?);
    }
    drop(server);
    let (build, after) = (median(builds), median(requests));
    let figures = [percentile(answers.clone(), 50), percentile(answers, 95), after];
    let [first, late, settled] = promises;
    let answer = |(what, promise, most): Promise, figure: f64| Row {
        what,
        figure: format!("{figure:.1} ms"),
        baseline: format!("the whole build after it, {build:.0} ms"),
        ratio: figure / build,
        promise,
        kept: figure <= most,
    };
    let [p50, p95, _] = figures;
    let settled = Row {
        what: settled.0,
        figure: format!("{after:.2} ms"),
        baseline: format!("before the first save, {before:.2} ms"),
        ratio: after / before,
        promise: settled.1,
        kept: after <= before * settled.2,
    };
    Ok([answer(first, p50), answer(late, p95), settled])
}

impl Server {
    fn start(bench: &Bench, project: &Path) -> Result<Server, Problem> {
        let mut command = bench.command(&["dev", "--port", "0", "--format", "json"], project);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut events = BufReader::new(stdout);
        let address = process::listening(&mut events)?.trim_start_matches("http://").to_owned();
        let manifest = super::manifest(project)?;
        let path = format!("/api/ext-proxy/{}{}", manifest.name, super::first_get(&manifest)?);
        let handler = project.join("src/handler.ts");
        let source = fs_err::read_to_string(&handler)?;
        let mut server = Server { child, events, address, path, handler, source, round: 0 };
        server.wait_for("swapped")?;
        Ok(server)
    }

    /// Saves until the source answers before it is built, which it does once the runtime is compiled.
    fn warm_up(&mut self) -> Result<(), Problem> {
        for _ in 0..1000 {
            self.save()?;
            if self.wait_for_either("built", "swapped")? {
                self.wait_for("swapped")?;
            } else {
                self.wait_for("built")?;
                return Ok(());
            }
        }
        Err("`dev` does not answer before a save is built".into())
    }

    fn save(&mut self) -> Result<(), Problem> {
        self.round += 1;
        let text = format!("{}\n(globalThis as any).round = {};\n", self.source, self.round);
        Ok(fs_err::write(&self.handler, text)?)
    }

    fn next(&mut self) -> Result<Value, Problem> {
        let mut line = String::new();
        if self.events.read_line(&mut line)? == 0 {
            return Err("the server ended".into());
        }
        let event: Value = serde_json::from_str(&line)?;
        match event.get("event").and_then(Value::as_str) {
            Some("build_failed") => Err(format!("a save failed: {event}").into()),
            _ => Ok(event),
        }
    }

    fn wait_for(&mut self, name: &str) -> Result<Value, Problem> {
        loop {
            let event = self.next()?;
            if event.get("event").and_then(Value::as_str) == Some(name) {
                return Ok(event);
            }
        }
    }

    /// Whether the first of the two came first.
    fn wait_for_either(&mut self, first: &str, second: &str) -> Result<bool, Problem> {
        loop {
            let event = self.next()?;
            match event.get("event").and_then(Value::as_str) {
                Some(name) if name == first => return Ok(true),
                Some(name) if name == second => return Ok(false),
                _ => {}
            }
        }
    }

    /// Waits for the component; the milliseconds its build took.
    fn built(&mut self) -> Result<f64, Problem> {
        let built = self.wait_for("built")?;
        let microseconds = built.get("duration_us").and_then(Value::as_f64).ok_or("no duration")?;
        Ok(microseconds / 1e3)
    }

    fn request(&self) -> Result<(), Problem> {
        let mut connection = TcpStream::connect(&self.address)?;
        write!(
            connection,
            "GET {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.path, self.address
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("`{answer}`").into()) }
    }

    /// Milliseconds of one of several requests.
    fn request_of_many(&self) -> Result<f64, Problem> {
        let mut times = Vec::new();
        for _ in 0..21 {
            let asked = Instant::now();
            self.request()?;
            times.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        Ok(median(times))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
