//! The password that is asked for on a terminal: typed unseen, twice when it is chosen, and the terminal is as it was.

use crate::harness::{Run, Sandbox};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A terminal in which a line of the shell runs, by `script` of util-linux.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    shown: String,
}

impl Terminal {
    fn start(sandbox: &Sandbox, line: &str) -> Terminal {
        let line = line.replace("alga-ext", env!("CARGO_BIN_EXE_alga-ext"));
        let mut command = sandbox.command("script");
        command.args(["-q", "-e", "-c", &line, "typescript"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (keys, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Terminal { child, keys, screen, shown: String::new() }
    }

    /// Reads on until this is shown.
    fn wait_for(&mut self, text: &str) {
        let mut piece = [0; 256];
        while !self.shown.contains(text) {
            let count = self.screen.read(&mut piece).unwrap();
            assert_ne!(count, 0, "`{text}` was never shown:\n{}", self.shown);
            self.shown.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
        let end = self.shown.find(text).unwrap() + text.len();
        self.shown.drain(..end);
    }

    fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// What was shown after the last that was waited for, and the exit code.
    fn end(mut self) -> Run {
        self.screen.read_to_string(&mut self.shown).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        Run { code, stdout: self.shown, stderr: String::new() }
    }
}

const PROMPT: &str = "Password of the secret key: ";
const AGAIN: &str = "The same again: ";

#[test]
fn a_password_is_typed_unseen_and_the_same_again() {
    let sandbox = crate::pack::packed();
    let mut terminal = Terminal::start(&sandbox, "alga-ext keys generate --out key && stty");
    terminal.wait_for(PROMPT);
    terminal.type_in("correct horse\n");
    terminal.wait_for(AGAIN);
    terminal.type_in("wrong horse\n");
    terminal.wait_for("these are two different passwords");
    terminal.wait_for(PROMPT);
    // Nothing is no password, and is asked for again.
    terminal.type_in("\n");
    terminal.wait_for(PROMPT);
    terminal.type_in("correct horse\n");
    terminal.wait_for(AGAIN);
    terminal.type_in("correct horse\n");
    let run = terminal.end().ok();
    assert!(run.stdout.contains("made key") && !run.stdout.contains("-echo"), "{}", run.stdout);
    let typescript = String::from_utf8_lossy(&sandbox.read("typescript")).into_owned();
    assert!(!typescript.contains("horse"), "{typescript}");
    for (password, code) in [("wrong horse", 2), ("correct horse", 0)] {
        let mut terminal = Terminal::start(&sandbox, "alga-ext sign app/dist/bundle.tar.zst --key key");
        terminal.wait_for(PROMPT);
        terminal.type_in(&format!("{password}\n"));
        let run = terminal.end().expect_code(code);
        assert!(!run.stdout.contains(AGAIN) && !run.stdout.contains("horse"), "{}", run.stdout);
    }
    sandbox.run("verify app/dist/bundle.tar.zst --key key.pub").ok();
}

#[test]
fn an_interrupt_at_the_prompt_leaves_a_terminal_that_shows_what_is_typed() {
    let sandbox = Sandbox::new();
    let line = "alga-ext keys generate --out key; echo it ended with $?; stty";
    for keys in ["\u{3}", "half a pass\u{3}"] {
        let mut terminal = Terminal::start(&sandbox, &format!("trap : INT; {line}"));
        terminal.wait_for(PROMPT);
        terminal.type_in(keys);
        terminal.wait_for("it ended with 130");
        let run = terminal.end().ok();
        assert!(!run.stdout.contains("-echo"), "{}", run.stdout);
        assert!(!sandbox.path("key").exists() && !sandbox.path("key.pub").exists());
    }
    // The end of what is typed is no password either.
    let mut terminal = Terminal::start(&sandbox, line);
    terminal.wait_for(PROMPT);
    terminal.type_in("\u{4}");
    terminal.wait_for("no password was typed");
    terminal.wait_for("it ended with 2");
    assert!(!terminal.end().ok().stdout.contains("-echo"));
}
