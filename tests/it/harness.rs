//! A sandbox for one test: a temporary folder, a cleared environment, a home inside.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// One test's folder and environment.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
}

/// What a run printed and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn new(output: &Output) -> Run {
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test unless the run ended with `code`.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Run {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless the run ended with 0.
    #[track_caller]
    pub(crate) fn ok(self) -> Run {
        self.expect_code(0)
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }
}

/// The cache all tests of this run share, so that the JavaScript engine is compiled once.
pub(crate) fn shared_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// What `cargo xtask setup` put into `target/tools`, wherever the target folder is.
#[track_caller]
pub(crate) fn tool(path: &str) -> PathBuf {
    let tool = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools").join(path);
    assert!(tool.exists(), "`{}` is missing: run `cargo xtask setup`", tool.display());
    tool
}

/// Gives the project in `folder` the packages that `cargo xtask setup` installed.
#[track_caller]
pub(crate) fn link_packages(folder: &Path) {
    let (packages, link) = (tool("node/node_modules"), folder.join("node_modules"));
    #[cfg(unix)]
    fs_err::os::unix::fs::symlink(packages, link).unwrap();
    #[cfg(windows)]
    fs_err::os::windows::fs::symlink_dir(packages, link).unwrap();
}

impl Sandbox {
    /// An empty sandbox.
    pub(crate) fn new() -> Sandbox {
        Sandbox { root: tempfile::tempdir().unwrap() }
    }

    /// The sandbox's folder.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path in the sandbox.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(path)
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, bytes).unwrap();
        path
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> Vec<u8> {
        fs_err::read(self.path(path)).unwrap()
    }

    /// A command in the sandbox, its environment cleared but for what names the tools.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env_clear();
        for name in ["PATH", "RUSTUP_HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let (None, Some(home)) = (std::env::var_os("RUSTUP_HOME"), std::env::var_os("HOME")) {
            command.env("RUSTUP_HOME", Path::new(&home).join(".rustup"));
            command.env("CARGO_HOME", Path::new(&home).join(".cargo"));
        }
        command.env("HOME", self.root()).env("ALGA_EXT_CACHE_DIR", shared_cache());
        command
    }

    /// `alga-ext` with these arguments, not yet run.
    pub(crate) fn alga<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_alga-ext"));
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs `alga-ext` with these words, split at spaces.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_args(line.split_whitespace())
    }

    /// Runs `alga-ext` with these arguments.
    pub(crate) fn run_args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Run {
        Run::new(&self.alga(arguments).output().unwrap())
    }

    /// Runs a prepared command.
    #[expect(clippy::unused_self, reason = "what runs in a sandbox is run by it")]
    pub(crate) fn run_command(&self, command: &mut Command) -> Run {
        Run::new(&command.output().unwrap())
    }
}

/// A server started by a test, ended when dropped.
pub(crate) struct Server {
    child: Child,
    /// Its address, `http://127.0.0.1:<port>`.
    pub(crate) url: String,
    /// The lines of standard output after the first.
    pub(crate) events: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

impl Server {
    /// Starts `alga-ext --format json <arguments>` and waits for its `listening` event.
    pub(crate) fn start(sandbox: &Sandbox, line: &str) -> Server {
        use std::io::BufRead;
        let mut command = sandbox.alga(["--format", "json"]);
        command.args(line.split_whitespace()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut events = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let first = events.next().expect("the server says where it listens").unwrap();
        let event: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert_eq!(event["event"], "listening", "{first}");
        let url = event["url"].as_str().unwrap().trim_end_matches('/').to_owned();
        Server { child, url, events }
    }

    /// The next event, parsed.
    pub(crate) fn next_event(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.events.next().expect("an event").unwrap()).unwrap()
    }

    /// Waits for its end; the exit code, none when a signal ended it.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
