//! Where a source was when it did not come to an end, or took too much, while it was loaded.
//!
//! The engine ends in the middle and cannot be asked any more. So the script is evaluated again with a probe before each
//! of the author's statements: every now and then one of them tells its stack. Clocks and chance stand still, so that
//! both evaluations do the same.

mod instrument;

use super::engine::Engine;
use super::snapshot::{self, End, Evaluation, Failure};
use super::trace::Lines;
use instrument::Instrumented;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What a message of a probe begins with.
pub(super) const PROBE: &str = "at ";

/// Into so many parts an evaluation's time is divided: after the first it looks as if it would not end, and one with
/// probes begins beside it.
const PARTS: u32 = 5;
/// How long no statement may begin before the one under way is taken for what does not end.
const STUCK: Duration = Duration::from_millis(2500);
/// Work between two probes that tell, about.
const SPACING: Duration = Duration::from_millis(1);
/// The most statements between them.
const SPARSE: u64 = 1 << 20;
/// So many statements say where a source is. Where the machine is too busy for them, the time is up a bit later.
const ENOUGH: u64 = 1000;

/// Evaluates `script` for at most `limit`; a failure that has no place by itself is given one.
pub(super) fn evaluate(
    engine: &Engine,
    script: &str,
    lines: &Lines,
    limit: Duration,
) -> Result<Evaluation, Failure> {
    let end = End::after(limit);
    let beside = End::after(limit);
    let unneeded = Arc::clone(&beside.told);
    let (done, is_done) = channel::<()>();
    let (evaluated, beside) = std::thread::scope(|scope| {
        let beside = scope.spawn(move || {
            let is_long = is_done.recv_timeout(limit / PARTS) == Err(RecvTimeoutError::Timeout);
            is_long.then(|| locate(engine, script, lines, &beside))
        });
        let evaluated = snapshot::evaluate(engine, script, end);
        drop(done);
        unneeded.fetch_or(!matches!(evaluated, Err(Failure::Endless { .. })), Ordering::Relaxed);
        (evaluated, beside.join())
    });
    evaluated.map_err(|failure| match failure {
        Failure::Endless { .. } => Failure::Endless { stack: beside.ok().flatten().unwrap_or_default() },
        Failure::Exhausted { what, .. } => {
            Failure::Exhausted { what, stack: locate(engine, script, lines, &End::after(limit)) }
        }
        other => other,
    })
}

/// The stack that the script has in the end; empty when there is none.
fn locate(engine: &Engine, script: &str, lines: &Lines, end: &End) -> String {
    let Some(instrumented) = Instrumented::new(script, lines) else { return String::new() };
    let last = End { at: end.at + STUCK, told: Arc::clone(&end.told) };
    let first = snapshot::listen(engine, &instrumented.text, Probe::new(0, end), last);
    let Ok(first) = first else { return String::new() };
    let found = if first.is_over || end.told.load(Ordering::Relaxed) {
        first
    } else {
        // It ended after the last statement that told, by one of those that did not: from there on, each tells.
        let patience = first.began.elapsed() * 2 + STUCK;
        let end = End { at: end.at.max(Instant::now() + patience), told: Arc::clone(&end.told) };
        let again = Probe::new(first.passed, &end);
        match snapshot::listen(engine, &instrumented.text, again, end) {
            Ok(again) if again.passed >= first.passed => again,
            _ => first,
        }
    };
    instrumented.restore(&found.stack)
}

/// What listens to an instrumented script.
pub(super) struct Probe {
    /// The last stack that was told.
    stack: String,
    /// Statements up to that.
    passed: u64,
    /// Statements to the next one that tells.
    pace: u64,
    /// Up to here only the first and the last tell, behind it each does; 0 where they tell every now and then.
    from: u64,
    is_asked: bool,
    began: Instant,
    heard: Instant,
    end: End,
    /// It was stopped because the time was up.
    is_over: bool,
}

impl Probe {
    fn new(from: u64, end: &End) -> Probe {
        let (began, end) = (Instant::now(), end.clone());
        Probe {
            stack: String::new(),
            passed: 0,
            pace: 1,
            from,
            is_asked: false,
            began,
            heard: began,
            end,
            is_over: false,
        }
    }

    /// A statement tells its stack.
    pub(super) fn hear(&mut self, stack: &str) -> wasmtime::Result<()> {
        stack.clone_into(&mut self.stack);
        self.passed += self.pace;
        if self.end.has_come() && (self.passed >= ENOUGH || self.is_unneeded()) {
            self.is_over = true;
            return Err(wasmtime::format_err!("the time is up"));
        }
        let spent = self.heard.elapsed();
        self.pace = match self.from {
            0 if spent < SPACING => (self.pace * 2).min(SPARSE),
            0 if spent > SPACING * 2 => (self.pace / 2).max(1),
            0 => self.pace,
            from => from.saturating_sub(self.passed).max(1),
        };
        (self.heard, self.is_asked) = (Instant::now(), true);
        Ok(())
    }

    /// Whether nobody wants to know any more.
    fn is_unneeded(&self) -> bool {
        self.end.told.load(Ordering::Relaxed)
    }

    /// How many statements are to pass, after one has told.
    pub(super) fn take_pace(&mut self) -> Option<u64> {
        std::mem::take(&mut self.is_asked).then_some(self.pace)
    }

    /// Whether no statement has begun for long, as far as that can be told.
    pub(super) fn is_stuck(&self) -> bool {
        self.passed > 0 && self.passed >= self.from && self.heard.elapsed() > STUCK
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Script, testing};
    use super::*;

    /// Why a source is not loaded in so much time.
    fn refusal(spin: &str, seconds: u64) -> String {
        let handler = "import { spin } from './spin';\nconst made = spin(1);\nexport const handler = () => ({ body: `${made}` });\n";
        let folder = testing::project(&[("src/handler.ts", handler), ("src/spin.ts", spin)]);
        let engine = Engine::load(&testing::cache()).unwrap();
        let script = Script::link(folder.path(), &folder.path().join("src/handler.ts"), false).unwrap();
        script.check(&engine, Duration::from_secs(seconds)).expect_err("it is not loaded").to_string()
    }

    #[test]
    fn the_place_of_a_loop_without_an_end_is_told_whatever_its_form() {
        let endless = "the source does not come to an end while it is loaded; it was stopped after 10 seconds\n    at spin (src/spin.ts:";
        for (spin, place) in [
            ("export function spin(n: number) {\n  while (true) {}\n}", "2:17)"),
            ("export function spin(n: number) {\n  for (;;) n += 1;\n}", "2:12)"),
            ("export function spin(n: number) {\n  do n++; while (n > 0);\n}", "2:6)"),
            (
                "export function spin(n: number) {\n  for (const text = 'a'.repeat(64) + '!'; ; )\n    n += Number(/^(a+)+$/.test(text));\n}",
                "3:5)",
            ),
        ] {
            let error = refusal(spin, 1);
            assert!(error.starts_with(&format!("{endless}{place}\n")), "{error}");
            assert!(
                error.contains("\n    > ") && error.contains("at <anonymous> (src/handler.ts:2:14)"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_takes_too_much_is_told_with_its_place() {
        let error = refusal(
            "export function spin(n: number): number {\n  return deeper(n) + 1;\n}\nconst deeper = (n: number): number => spin(n + 1) + 1;\n",
            10,
        );
        assert!(error.starts_with("the source calls itself deeper than the stack reaches while"), "{error}");
        assert!(
            error.contains("at deeper (src/spin.ts:4:") && error.contains("at spin (src/spin.ts:2:"),
            "{error}"
        );
        let error = refusal(
            "const all: unknown[] = [];\nexport function spin(n: number) {\n  for (;;) all.push(new Uint8Array(1 << 26));\n}",
            10,
        );
        assert!(
            error.starts_with("the source takes more than 512 MiB of memory while it is loaded\n"),
            "{error}"
        );
        assert!(error.contains("at spin (src/spin.ts:3:"), "{error}");
    }
}
