//! The only place a process is spawned; a failure quotes the command line and what it said.

mod said;

pub use said::Said;

use crate::exit::Exit;
use crate::interrupt::{self, Undo};
use said::{Keep, Kept, MOST_OUTPUT, Reading};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

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
    /// To the caller: data, which a failure quotes only when nothing else was said.
    Return,
    /// To the caller, also when the program fails: words for people.
    Words,
    /// To our standard error: our own standard output is for data.
    Talk,
}

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
    #[error("`{command}` {how}{}", quote(stdout, stderr))]
    Failed {
        /// The command line.
        command: String,
        /// `ended with exit code 1`.
        how: String,
        /// What it said on its standard output, where that is words.
        stdout: Said,
        /// What it said on its standard error.
        stderr: Said,
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

    /// The same, quoting standard error from the first line that begins with `word`: what came before went well.
    #[must_use]
    pub fn quoting_from(self, word: &str) -> Error {
        match self {
            Error::Failed { command, how, stdout, stderr } => {
                Error::Failed { command, how, stdout, stderr: stderr.from(word) }
            }
            other => other,
        }
    }

    /// What the program said on standard output, when it failed: all of it where it was asked for as
    /// [`Stdout::Words`], else the end.
    pub fn stdout(&self) -> &str {
        match self {
            Error::Failed { stdout, .. } => &stdout.text,
            Error::Missing { .. } | Error::Start { .. } | Error::TooMuch { .. } => "",
        }
    }

    /// The end of what the program said on standard error, when it failed.
    pub fn stderr(&self) -> &str {
        match self {
            Error::Failed { stderr, .. } => &stderr.text,
            Error::Missing { .. } | Error::Start { .. } | Error::TooMuch { .. } => "",
        }
    }
}

fn quote(stdout: &Said, stderr: &Said) -> String {
    match (stdout.is_empty(), stderr.is_empty()) {
        (true, true) => ", and said nothing".into(),
        (false, true) => format!(":{stdout}"),
        (true, false) => format!(":{stderr}"),
        (false, false) => format!(":{stdout}\n  and on standard error:{stderr}"),
    }
}

/// Who the terminal is for while a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Terminal {
    /// The program has no business there, and a group of its own.
    Ours,
    /// The author's own command may ask there, for a PIN for one. A group of its own would be stopped for good when it
    /// reads from the terminal; in ours, the terminal's own Ctrl-C and Ctrl-Z reach it as they reach us.
    Shared,
}

impl Terminal {
    /// Shared, where there is one.
    fn shared() -> Terminal {
        #[cfg(unix)]
        if fs_err::File::open("/dev/tty").is_ok() {
            return Terminal::Shared;
        }
        Terminal::Ours
    }
}

/// Runs a command line in the system's shell; it may ask on the terminal.
pub fn shell(command: &str, directory: &Path, tools: &Tools) -> Result<(), Error> {
    let invocation = in_shell(command, directory, Stdout::Talk, tools.is_quiet);
    run_with(&invocation, None, Terminal::shared()).map(drop)
}

/// Runs a command line in the system's shell, gives it `input` on standard input and returns what it prints; it may
/// ask on the terminal.
pub fn feed(command: &str, directory: &Path, input: &[u8]) -> Result<Vec<u8>, Error> {
    run_with(&in_shell(command, directory, Stdout::Return, false), Some(input), Terminal::shared())
}

/// A command line for the system's shell.
fn in_shell<'a>(command: &str, directory: &'a Path, stdout: Stdout, is_quiet: bool) -> Invocation<'a> {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    Invocation {
        program: OsStr::new(program),
        arguments: vec![flag.into(), command.into()],
        directory,
        environment: Vec::new(),
        stdout,
        is_quiet,
    }
}

/// Runs a program to its end and returns its standard output, empty when that is talk.
pub fn run(invocation: &Invocation<'_>) -> Result<Vec<u8>, Error> {
    run_with(invocation, None, Terminal::Ours)
}

fn run_with(invocation: &Invocation<'_>, input: Option<&[u8]>, terminal: Terminal) -> Result<Vec<u8>, Error> {
    let line = invocation.line();
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound if invocation.directory.is_dir() => {
            Error::Missing { program: invocation.program.to_string_lossy().into_owned() }
        }
        _ => Error::Start { command: line.clone(), source },
    };
    let spawn = || invocation.spawn(input.is_some(), terminal);
    let undo = |child: &Child| match terminal {
        Terminal::Ours => Undo::EndGroup(child.id()),
        Terminal::Shared => Undo::EndTree(child.id()),
    };
    let (mut child, guard) = interrupt::hold(spawn, undo).map_err(failed)?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input.map(<[u8]>::to_vec)) {
        // A program that reads none of it has closed it, and is judged by what it prints.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let is_told = !invocation.is_quiet;
    let stderr = child.stderr.take().map(|stream| Reading::begin(stream, Keep::Tail, is_told));
    let stdout = child.stdout.take().map(|stream| match invocation.stdout {
        Stdout::Return => Reading::begin(stream, Keep::All, false),
        Stdout::Words => Reading::begin(stream, Keep::All, is_told),
        Stdout::Talk => Reading::begin(stream, Keep::Tail, is_told),
    });
    let status = child.wait().map_err(failed)?;
    if terminal == Terminal::Ours {
        // What the program left running in its group ends with it, or its output would never end.
        interrupt::end_group(child.id());
    }
    drop(guard);
    let deadline = Instant::now() + LINGER;
    let read = |stream: Option<Reading>| stream.map(|stream| stream.until(deadline)).unwrap_or_default();
    let (stderr, stdout) = (read(stderr).into_said(), read(stdout));
    if status.success() {
        return match invocation.stdout {
            _ if stdout.is_too_much => Err(Error::TooMuch { command: line }),
            Stdout::Return | Stdout::Words => Ok(stdout.into_bytes()),
            Stdout::Talk => Ok(Vec::new()),
        };
    }
    let is_words = invocation.stdout != Stdout::Return || stderr.is_empty();
    let stdout = Some(stdout).filter(|_| is_words).map(Kept::into_said).unwrap_or_default();
    Err(Error::Failed { command: line, how: how(status), stdout, stderr })
}

impl Invocation<'_> {
    #[expect(clippy::disallowed_methods, reason = "the one place a process is spawned")]
    fn spawn(&self, is_fed: bool, terminal: Terminal) -> io::Result<Child> {
        let mut command = Command::new(self.program);
        command.args(&self.arguments).current_dir(self.directory);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(if is_fed { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that an interrupt ends the program with everything it started.
        #[cfg(unix)]
        if terminal == Terminal::Ours {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
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
        assert!(text.contains("after 60 lines that are not quoted\n  | line 61\n"), "{text}");
    }

    #[test]
    fn what_was_said_on_either_stream_is_quoted() {
        let said = "echo broken; echo a warning >&2; exit 1";
        for (stdout, quoted) in [
            (Stdout::Talk, ":\n  | broken\n  and on standard error:\n  | a warning"),
            (Stdout::Words, ":\n  | broken\n  and on standard error:\n  | a warning"),
            // Data is told only when there are no words.
            (Stdout::Return, ":\n  | a warning"),
        ] {
            let text = sh(said, stdout).unwrap_err().to_string();
            assert!(text.ends_with(&format!("ended with exit code 1{quoted}")), "{text}");
        }
        let text = sh("echo broken; exit 1", Stdout::Return).unwrap_err().to_string();
        assert!(text.ends_with("exit code 1:\n  | broken"), "{text}");
        assert!(sh("exit 1", Stdout::Talk).unwrap_err().to_string().ends_with(", and said nothing"));
    }

    #[test]
    fn words_are_kept_whole_when_the_program_fails() {
        let error = sh("seq 20000; exit 1", Stdout::Words).unwrap_err();
        assert_eq!(error.stdout().lines().count(), 20_000);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_was_printed_is_returned_though_something_else_holds_the_stream() {
        // In a session of its own it does not end with the program's group.
        let answer = sh("setsid sleep 20 & echo answer", Stdout::Return).unwrap();
        assert_eq!(answer, b"answer\n");
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
