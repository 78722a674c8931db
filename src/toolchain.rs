//! The only place a process is spawned; a failure quotes the command line and its stderr.

use crate::exit::Exit;
use crate::interrupt::{self, Undo};
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Which programs to use, and whether their talk is passed on.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// `cargo`, when another than the one on the path is meant.
    pub cargo: Option<PathBuf>,
    /// `rustc`, when another than cargo's own choice is meant.
    pub rustc: Option<PathBuf>,
    /// Where cargo keeps the user's configuration.
    pub cargo_home: Option<PathBuf>,
    /// The target the environment has cargo build for.
    pub cargo_target: Option<String>,
    /// Whether what a program says on standard error is kept back unless it fails.
    pub is_quiet: bool,
}

/// One run of a program.
#[derive(Debug, Clone)]
pub struct Invocation<'a> {
    /// The program: a name on the path, or a path.
    pub program: &'a OsStr,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub directory: &'a Path,
    /// What is added to the environment it inherits.
    pub environment: Vec<(&'static str, OsString)>,
    /// Where its standard output goes.
    pub stdout: Stdout,
    /// Whether its talk is kept back unless it fails.
    pub is_quiet: bool,
}

/// Where a program's standard output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stdout {
    /// To the caller.
    Return,
    /// To our standard error: our own standard output is for data.
    Talk,
}

/// More output than this is nobody's honest answer: 256 MiB.
const MOST_OUTPUT: u64 = 256 << 20;
/// How much of the talk a failure quotes.
const TAIL_LINES: usize = 40;
const TAIL_BYTES: usize = 16 << 10;
/// How long a program's output is awaited after its end, when something it left behind keeps it open.
const LINGER: Duration = Duration::from_secs(2);

/// Why a program did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such program.
    #[error("`{program}` cannot be found")]
    Missing {
        /// Its name or path.
        program: String,
    },
    /// The program could not be started.
    #[error("`{command}` could not be started")]
    Start {
        /// The command line.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// The program ended with a failure.
    #[error("`{command}` {how}{}", quote(stderr))]
    Failed {
        /// The command line.
        command: String,
        /// `ended with exit code 1`.
        how: String,
        /// The last lines of its standard error.
        stderr: String,
    },
    /// The program printed more than anybody reads.
    #[error("`{command}` printed more than {} MiB", MOST_OUTPUT >> 20)]
    TooMuch {
        /// The command line.
        command: String,
    },
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Missing { .. } | Error::Start { .. } => Exit::NotJudged,
            Error::Failed { .. } | Error::TooMuch { .. } => Exit::AtFault,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Missing { program } if program == "cargo" => {
                Some("install Rust from https://rustup.rs, or name it with the variable `CARGO`".into())
            }
            Error::Missing { .. } => Some("install it, or put its folder on the `PATH`".into()),
            Error::Start { .. } | Error::Failed { .. } | Error::TooMuch { .. } => None,
        }
    }

    /// The same, quoting from the first line that begins with `word`: what came before went well.
    #[must_use]
    pub fn quoting_from(self, word: &str) -> Error {
        match self {
            Error::Failed { command, how, stderr } => {
                let start = stderr.lines().position(|line| line.starts_with(word)).unwrap_or(0);
                let stderr = stderr.lines().skip(start).collect::<Vec<_>>().join("\n");
                Error::Failed { command, how, stderr }
            }
            other => other,
        }
    }

    /// The last lines of what the program said, when it failed.
    pub fn stderr(&self) -> &str {
        match self {
            Error::Failed { stderr, .. } => stderr,
            Error::Missing { .. } | Error::Start { .. } | Error::TooMuch { .. } => "",
        }
    }
}

fn quote(stderr: &str) -> String {
    if stderr.is_empty() {
        return ", and said nothing".into();
    }
    stderr.lines().fold(":".to_owned(), |text, line| text + "\n  | " + line)
}

/// Runs a command line in the system's shell.
pub fn shell(command: &str, directory: &Path, tools: &Tools) -> Result<(), Error> {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    run(&Invocation {
        program: OsStr::new(program),
        arguments: vec![flag.into(), command.into()],
        directory,
        environment: Vec::new(),
        stdout: Stdout::Talk,
        is_quiet: tools.is_quiet,
    })
    .map(|_| ())
}

/// Runs a command line in the system's shell, gives it `input` on standard input and returns what it prints.
pub fn feed(command: &str, directory: &Path, input: &[u8]) -> Result<Vec<u8>, Error> {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let invocation = Invocation {
        program: OsStr::new(program),
        arguments: vec![flag.into(), command.into()],
        directory,
        environment: Vec::new(),
        stdout: Stdout::Return,
        is_quiet: false,
    };
    run_with(&invocation, Some(input))
}

/// Runs a program to its end and returns its standard output, empty when that is talk.
pub fn run(invocation: &Invocation<'_>) -> Result<Vec<u8>, Error> {
    run_with(invocation, None)
}

fn run_with(invocation: &Invocation<'_>, input: Option<&[u8]>) -> Result<Vec<u8>, Error> {
    let line = invocation.line();
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound if invocation.directory.is_dir() => {
            Error::Missing { program: invocation.program.to_string_lossy().into_owned() }
        }
        _ => Error::Start { command: line.clone(), source },
    };
    let (mut child, guard) =
        interrupt::hold(|| invocation.spawn(input.is_some()), |child| Undo::EndGroup(child.id()))
            .map_err(failed)?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input.map(<[u8]>::to_vec)) {
        // A program that reads none of it has closed it, and is judged by what it prints.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let is_quiet = invocation.is_quiet;
    let talk = child.stderr.take().map(|stream| in_background(move || tee(stream, is_quiet)));
    let output = child.stdout.take().map(|stream| match invocation.stdout {
        Stdout::Return => in_background(move || take(stream)),
        Stdout::Talk => in_background(move || Collected::Tail(tee(stream, is_quiet).tail())),
    });
    let status = child.wait().map_err(failed)?;
    // What the program left running in its group ends with it, or its output would never end.
    interrupt::end_group(child.id());
    drop(guard);
    let collected = |stream: Option<mpsc::Receiver<Collected>>| {
        stream.and_then(|stream| stream.recv_timeout(LINGER).ok()).unwrap_or(Collected::Tail(String::new()))
    };
    let (talk, output) = (collected(talk), collected(output));
    if !status.success() {
        let mut stderr = talk.tail();
        if let (Collected::Tail(said), true) = (&output, stderr.is_empty()) {
            stderr.clone_from(said);
        }
        return Err(Error::Failed { command: line, how: how(status), stderr });
    }
    match output {
        Collected::Output(bytes) => Ok(bytes),
        Collected::Tail(_) => Ok(Vec::new()),
        Collected::TooMuch => Err(Error::TooMuch { command: line }),
    }
}

impl Invocation<'_> {
    #[expect(clippy::disallowed_methods, reason = "the one place a process is spawned")]
    fn spawn(&self, is_fed: bool) -> io::Result<Child> {
        let mut command = Command::new(self.program);
        command.args(&self.arguments).current_dir(self.directory);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(if is_fed { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that an interrupt ends the program with everything it started.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }

    /// The command line as somebody would type it.
    pub fn line(&self) -> String {
        let words = std::iter::once(self.program).chain(self.arguments.iter().map(OsString::as_os_str));
        let words = words.map(|word| {
            let word = word.to_string_lossy();
            let is_plain = !word.is_empty()
                && !word.contains(|c: char| c.is_whitespace() || "'\"$&|;<>()*?".contains(c));
            if is_plain { word.into_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    status.code().map_or_else(|| "was ended".to_owned(), |code| format!("ended with exit code {code}"))
}

/// What was read from one stream.
enum Collected {
    Output(Vec<u8>),
    Tail(String),
    TooMuch,
}

impl Collected {
    fn tail(self) -> String {
        match self {
            Collected::Tail(text) => text,
            Collected::Output(_) | Collected::TooMuch => String::new(),
        }
    }
}

/// Runs a reader on a thread of its own; the answer comes through the channel.
fn in_background(read: impl FnOnce() -> Collected + Send + 'static) -> mpsc::Receiver<Collected> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(read()));
    receiver
}

fn take(mut stream: impl Read) -> Collected {
    let mut bytes = Vec::new();
    let read = (&mut stream).take(MOST_OUTPUT + 1).read_to_end(&mut bytes);
    if read.is_err() || bytes.len() as u64 > MOST_OUTPUT {
        let _ = io::copy(&mut stream, &mut io::sink());
        return Collected::TooMuch;
    }
    Collected::Output(bytes)
}

/// Passes a stream on to standard error and keeps its end.
fn tee(mut stream: impl Read, is_quiet: bool) -> Collected {
    let mut tail: VecDeque<u8> = VecDeque::with_capacity(TAIL_BYTES);
    let mut buffer = [0_u8; 4096];
    loop {
        let bytes = match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => buffer.get(..count).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        if !is_quiet {
            // Nobody may be listening any more; the program's work goes on.
            let _ = io::stderr().lock().write_all(bytes);
        }
        tail.extend(bytes);
        tail.drain(..tail.len().saturating_sub(TAIL_BYTES));
    }
    let text = String::from_utf8_lossy(tail.make_contiguous()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let kept = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
    Collected::Tail(kept.join("\n").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, stdout: Stdout) -> Result<Vec<u8>, Error> {
        run(&Invocation {
            program: OsStr::new("sh"),
            arguments: vec!["-c".into(), script.into()],
            directory: Path::new("/"),
            environment: vec![("GREETING", "hello".into())],
            stdout,
            is_quiet: true,
        })
    }

    #[test]
    fn the_output_comes_back_and_the_environment_goes_in() {
        assert_eq!(sh("echo $GREETING", Stdout::Return).unwrap(), b"hello\n");
        assert_eq!(sh("echo $GREETING", Stdout::Talk).unwrap(), b"");
    }

    #[test]
    fn a_failure_quotes_the_command_and_its_last_lines() {
        let error = sh("for i in $(seq 100); do echo line $i >&2; done; exit 3", Stdout::Return).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("sh -c") && text.contains("exit code 3"), "{text}");
        assert!(text.contains("line 100") && !text.contains("line 60\n"), "{text}");
    }

    #[test]
    fn what_failed_on_standard_output_is_quoted_when_nothing_else_was_said() {
        let error = sh("echo broken; exit 1", Stdout::Talk).unwrap_err();
        assert_eq!(error.stderr(), "broken");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let tools = Invocation {
            program: OsStr::new("no-such-program"),
            arguments: vec![],
            directory: Path::new("/"),
            environment: vec![],
            stdout: Stdout::Return,
            is_quiet: true,
        };
        assert!(
            matches!(run(&tools).unwrap_err(), Error::Missing { program } if program == "no-such-program")
        );
    }

    #[test]
    fn what_a_program_leaves_behind_ends_with_it() {
        // `sleep` would hold the streams open for a minute.
        let started = std::time::Instant::now();
        sh("sleep 60 & echo $!", Stdout::Return).unwrap();
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
