//! The README and `docs/getting-started.md`, read by a newcomer that types every `alga-ext` line; and the tour.

use crate::harness::{Sandbox, Server};
use std::path::{Path, PathBuf};

/// A fenced block of shell commands.
pub(crate) struct Block {
    /// Marked as one whose command keeps running.
    is_background: bool,
    pub(crate) lines: Vec<String>,
}

/// The shell blocks of a page.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    let mut is_background = false;
    for line in page.lines() {
        match line {
            "<!-- background -->" => is_background = true,
            "```sh" => {
                blocks.push(Block { is_background, lines: Vec::new() });
                (inside, is_background) = (true, false);
            }
            "```" => inside = false,
            line if inside => blocks.last_mut().unwrap().lines.push(line.to_owned()),
            _ => {}
        }
    }
    blocks
}

/// A line as a shell would split it: single quotes, and comments at its end.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            '#' if !quoted && words.last().is_some_and(String::is_empty) => break,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A newcomer at a terminal: where they are, what they exported, what runs in their other windows.
struct Newcomer {
    sandbox: Sandbox,
    folder: PathBuf,
    exported: Vec<(String, String)>,
    servers: Vec<Server>,
    /// The address of the registry among them.
    registry: Option<String>,
    executed: usize,
}

impl Newcomer {
    fn new() -> Newcomer {
        let sandbox = Sandbox::new();
        let folder = sandbox.root().to_path_buf();
        let exported = vec![("ALGA_EXT_KEY_PASSWORD".into(), "correct horse".into())];
        Newcomer { sandbox, folder, exported, servers: Vec::new(), registry: None, executed: 0 }
    }

    /// Starts a server beside, on any free port.
    fn start(&mut self, arguments: &[String]) {
        let line = format!("-C {} {} --port 0", self.folder.display(), arguments.join(" "));
        let line = line.replace("../", &format!("{}/", self.sandbox.root().display()));
        let server = Server::start(&self.sandbox, &line);
        if arguments.first().is_some_and(|word| word == "registry") {
            self.registry = Some(server.url.clone());
        }
        self.servers.push(server);
        self.executed += 1;
    }

    /// Types every `alga-ext` line of a page; `address` is what the page calls the registry.
    fn follow(&mut self, page: &str, address: &str) {
        let text = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let before = self.executed;
        for block in blocks(&text) {
            for line in &block.lines {
                let words = words(line);
                match words.first().map(String::as_str) {
                    Some("cd") => self.folder = self.folder.join(&words[1]),
                    Some("export") => {
                        let (name, value) = words[1].split_once('=').unwrap();
                        self.exported.push((name.into(), value.replace(address, &self.registry())));
                    }
                    Some("alga-ext") if block.is_background => self.start(&words[1..]),
                    Some("alga-ext") => self.run(line, &words[1..], address),
                    Some("cargo") => {}
                    other => panic!("`{page}` says `{line}`, and nobody knows how to execute {other:?}"),
                }
            }
        }
        let written = text.lines().filter(|line| line.starts_with("alga-ext ")).count();
        assert_eq!(
            self.executed - before,
            written,
            "every command of `{page}` stands in a block that is executed"
        );
    }

    /// The page names the address a reader would see; here any free port was taken.
    fn registry(&self) -> String {
        self.registry.clone().expect("a registry runs before its address is used")
    }

    fn run(&mut self, line: &str, arguments: &[String], address: &str) {
        let named = |word: &String| if word == address { self.registry() } else { word.clone() };
        let mut command = self.sandbox.alga(arguments.iter().map(named));
        command.current_dir(&self.folder).envs(self.exported.iter().cloned());
        let run = self.sandbox.run_command(&mut command);
        assert_eq!(run.code, 0, "{line}\nstdout:\n{}\nstderr:\n{}", run.stdout, run.stderr);
        self.executed += 1;
    }
}

#[test]
fn the_getting_started_page_works_as_it_is_written() {
    let mut newcomer = Newcomer::new();
    newcomer.follow("docs/getting-started.md", "http://127.0.0.1:4880");
    assert!(newcomer.executed >= 12, "the page shows the whole way: {}", newcomer.executed);
}

#[test]
fn the_readme_works_as_it_is_written() {
    let mut newcomer = Newcomer::new();
    // Stands in for the platform the README publishes to.
    newcomer.start(&["registry".into(), "serve".into(), "--data".into(), "../platform".into()]);
    let key = String::from_utf8(newcomer.sandbox.read("platform/admin.key")).unwrap();
    newcomer.exported.push(("ALGA_API_KEY".into(), key.trim().into()));
    newcomer.follow("README.md", "https://psa.example.com");
    let listed =
        newcomer.sandbox.alga(["registry", "ls", "--format", "json", "--registry", &newcomer.registry()]);
    let listed = newcomer.sandbox.run_command({ listed }.env("ALGA_API_KEY", key.trim())).ok().json();
    assert_eq!(listed["extensions"][0]["latest"], "0.1.0");
}

#[test]
fn the_tour_shows_the_whole_life_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.alga(["tour", "--format", "json"]);
    let run = sandbox.run_command(command.env("TMPDIR", sandbox.root())).ok();
    let document = run.json();
    let steps: Vec<&str> =
        document["steps"].as_array().unwrap().iter().map(|step| step["command"].as_str().unwrap()).collect();
    assert_eq!(
        steps,
        [
            "alga-ext new",
            "alga-ext build",
            "alga-ext validate",
            "alga-ext pack",
            "alga-ext keys generate",
            "alga-ext sign",
            "alga-ext registry serve",
            "alga-ext publish",
            "alga-ext registry fetch",
            "alga-ext verify",
            "alga-ext invoke",
        ]
    );
    let last = document["steps"].as_array().unwrap().last().unwrap()["what"].as_str().unwrap();
    assert!(last.starts_with("GET /notes answers 200"), "{last}");
    let left = fs_err::read_dir(sandbox.root()).unwrap().count();
    assert_eq!(left, 0, "the tour removes its folder");
}
