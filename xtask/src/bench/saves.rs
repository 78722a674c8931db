//! From a save to the first answer of the new source in `dev`, and what a request costs once it is compiled.

use super::pairs::Pairs;
use super::{Bench, Part, Row, http, median, percentile, process};
use crate::Problem;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

/// Saves of the template.
pub(super) const TEMPLATE: Part = Part { figures: &[MIDDLE, LATE, SETTLED], measure: template };
const MIDDLE: &str = "TypeScript save → first response in dev, p50 of 50";
const LATE: &str = "TypeScript save → first response in dev, p95 of 50";
const SETTLED: &str = "TypeScript request in dev, five seconds after a save";
const SAVES: usize = 50;

/// Saves of the template with much code beside it.
pub(super) const LARGE: Part = Part { figures: &[MIDDLE_OF_LARGE], measure: large };
const MIDDLE_OF_LARGE: &str = "350 KB of TypeScript, save → first response in dev, p50 of 10";
const SAVES_OF_LARGE: usize = 10;
/// Functions that make 350 KB, once they are bundled.
const FUNCTIONS: usize = 2300;
const BUNDLED: u64 = 350_000;

/// When a source has settled.
const LATER: Duration = Duration::from_secs(5);
/// What the template's answer begins with, where a save puts its number.
const ANSWER: &str = "jsonResponse({ message:";

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

fn template(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.new_typescript("saved")?;
    let mut server = Server::start(bench, &project)?;
    let saves = server.saves(SAVES)?;
    let settled = settled(bench, &project, &mut server)?;
    Ok(vec![saves.row(MIDDLE, 50, "≤ 40 ms", 40.0), saves.row(LATE, 95, "≤ 80 ms", 80.0), settled])
}

fn large(bench: &Bench) -> Result<Vec<Row>, Problem> {
    let project = bench.new_typescript("large")?;
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
    fs_err::write(project.join("src/pieces.ts"), code)?;
    let handler = project.join("src/handler.ts");
    let text = fs_err::read_to_string(&handler)?;
    let text = format!("import {{ pieces }} from './pieces';\n(globalThis as any).pieces = pieces;\n{text}");
    fs_err::write(&handler, text)?;
    bench.alga(&["build"], &project)?;
    let bundled = bundled(bench, &project)?;
    if bundled < BUNDLED {
        return Err(
            format!("the large project is {bundled} bytes once bundled, and has to be {BUNDLED}").into()
        );
    }
    let saves = Server::start(bench, &project)?.saves(SAVES_OF_LARGE)?;
    Ok(vec![saves.row(MIDDLE_OF_LARGE, 50, "≤ 250 ms", 250.0)])
}

/// The bytes of the project's own code in its component.
fn bundled(bench: &Bench, project: &Path) -> Result<u64, Problem> {
    let said = bench.alga(&["inspect", "dist/main.wasm", "--modules", "--format", "json"], project)?;
    let said: Value = serde_json::from_str(&said)?;
    let packages = said.pointer("/build/packages").and_then(Value::as_array).ok_or("no packages")?;
    let is_own = |package: &&Value| package.get("name").and_then(Value::as_str) == Some("(project)");
    let own = packages.iter().find(is_own).and_then(|own| own.get("bytes")).and_then(Value::as_u64);
    Ok(own.ok_or("the project is not in its component")?)
}

/// Milliseconds of saves until they answered, and of the builds after them.
struct Saves {
    answers: Vec<f64>,
    builds: Vec<f64>,
}

impl Saves {
    fn row(&self, what: &'static str, of_a_hundred: usize, promise: &'static str, most: f64) -> Row {
        let (figure, build) = (percentile(self.answers.clone(), of_a_hundred), median(self.builds.clone()));
        Row {
            what,
            figure: format!("{figure:.1} ms"),
            baseline: format!("the whole build after it, {build:.0} ms"),
            ratio: figure / build,
            promise,
            kept: figure <= most,
        }
    }
}

/// Requests to a server five seconds after a save, against a server that was started on the finished component.
fn settled(bench: &Bench, project: &Path, server: &mut Server) -> Result<Row, Problem> {
    let finished = http::Server::start(bench, project, &["--format", "json"])?;
    let address = finished.address.to_string();
    let mut pairs = Pairs::default();
    for _ in 0..3 {
        let saved = Instant::now();
        server.save()?;
        server.wait_for("swapped")?;
        server.request()?;
        std::thread::sleep(LATER.saturating_sub(saved.elapsed()));
        for _ in 0..5 {
            let plain = milliseconds_of_one(&address, &server.path)?;
            pairs.push(plain, milliseconds_of_one(&server.address, &server.path)?);
        }
        server.wait_for("built")?;
    }
    let ratio = pairs.ratio();
    Ok(Row {
        what: SETTLED,
        figure: format!("{:.2} ms", pairs.subject()),
        baseline: format!("a server started on the finished component, {:.2} ms", pairs.baseline()),
        ratio,
        promise: "≤ 1.2",
        kept: ratio <= 1.2,
    })
}

/// Milliseconds of one of many requests, each on a connection of its own.
fn milliseconds_of_one(address: &str, path: &str) -> Result<f64, Problem> {
    let mut times = Vec::new();
    for _ in 0..41 {
        let asked = Instant::now();
        get(address, path)?;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(times))
}

/// The whole answer of a server, which has to be 200.
fn get(address: &str, path: &str) -> Result<String, Problem> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(answer) } else { Err(format!("not 200: `{answer}`").into()) }
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
        if !source.contains(ANSWER) {
            return Err(format!("`{}` has no `{ANSWER}` to number", handler.display()).into());
        }
        let mut server = Server { child, events, address, path, handler, source, round: 0 };
        server.wait_for("swapped")?;
        Ok(server)
    }

    /// Saves, one after the other, each after the component of the one before is there.
    fn saves(&mut self, count: usize) -> Result<Saves, Problem> {
        self.warm_up()?;
        let mut saves = Saves { answers: Vec::new(), builds: Vec::new() };
        for _ in 0..count {
            let begun = Instant::now();
            self.save()?;
            self.wait_for("swapped")?;
            self.request()?;
            saves.answers.push(begun.elapsed().as_secs_f64() * 1e3);
            let built = self.wait_for("built")?;
            let microseconds = built.get("duration_us").and_then(Value::as_f64).ok_or("no duration")?;
            saves.builds.push(microseconds / 1e3);
        }
        Ok(saves)
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
        let answer = format!("jsonResponse({{ round: {}, message:", self.round);
        Ok(fs_err::write(&self.handler, self.source.replacen(ANSWER, &answer, 1))?)
    }

    /// One request, which the source of the last save has to answer.
    fn request(&self) -> Result<(), Problem> {
        let answer = get(&self.address, &self.path)?;
        if answer.contains(&format!("\"round\":{},", self.round)) {
            return Ok(());
        }
        Err(format!("save {} is told to answer, and the answer is `{answer}`", self.round).into())
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
