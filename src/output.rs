//! What is said and where: data on standard output, talk on standard error, progress only on a terminal.

use crate::cli::{Color, Format};
use crate::error::Error;
pub use crate::plain::plain;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// The two streams, and how much goes to them.
#[derive(Debug, Clone)]
pub struct Output {
    format: Option<Format>,
    quiet: bool,
    verbose: u8,
    color: bool,
    color_data: bool,
}

impl Output {
    /// From the global options.
    pub fn new(format: Option<Format>, quiet: bool, verbose: u8, color: Color, no_color: bool) -> Output {
        let colors = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => !no_color && is_terminal,
        };
        let color_data = colors(std::io::stdout().is_terminal());
        Output { format, quiet, verbose, color: colors(std::io::stderr().is_terminal()), color_data }
    }

    /// The format that was asked for.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Whether results are printed as JSON.
    pub fn is_json(&self) -> bool {
        self.format == Some(Format::Json)
    }

    /// Whether to colour what goes to standard error.
    pub fn is_colored(&self) -> bool {
        self.color
    }

    /// Whether to colour what goes to standard output.
    pub fn colors_data(&self) -> bool {
        self.color_data
    }

    /// How often `-v` was given.
    pub fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Prints a command's one result: the document, or its human form (without a last newline).
    pub fn data<T: Serialize>(&self, document: &T, human: impl FnOnce() -> String) -> Result<(), Error> {
        let text = if self.is_json() {
            serde_json::to_string_pretty(document).map_err(Error::Document)?
        } else {
            human()
        };
        if text.is_empty() { Ok(()) } else { print(format!("{text}\n").as_bytes()) }
    }

    /// Prints one event of a stream: a line of JSON, or its human form on standard error.
    pub fn event<T: Serialize>(&self, event: &T, human: impl Fn() -> String) -> Result<(), Error> {
        self.events(std::iter::once(event), |_| human())
    }

    /// Prints events of a stream as [`Output::event`] does, all with one write.
    pub fn events<'a, T: Serialize + 'a>(
        &self,
        events: impl Iterator<Item = &'a T>,
        human: impl Fn(&T) -> String,
    ) -> Result<(), Error> {
        if self.is_json() {
            let mut lines = Vec::new();
            for event in events {
                serde_json::to_writer(&mut lines, event).map_err(Error::Document)?;
                lines.push(b'\n');
            }
            return print(&lines);
        }
        let lines: Vec<String> = events.map(human).filter(|line| !line.is_empty()).collect();
        self.say(&lines.join("\n"));
        Ok(())
    }

    /// Whether only what went wrong is told: quiet, and nothing is data.
    pub fn is_silent(&self) -> bool {
        self.quiet && !self.is_json()
    }

    /// Prints bytes as they are, in either format.
    pub fn raw(&self, bytes: &[u8]) -> Result<(), Error> {
        print(bytes)
    }

    /// One line about what happened.
    pub fn say(&self, line: &str) {
        if !self.quiet && !line.is_empty() {
            talk(line);
        }
    }

    /// One line for those who asked for more (`-v`).
    pub fn detail(&self, line: &str) {
        if self.verbose > 0 {
            talk(line);
        }
    }

    /// One line about what may be wrong.
    pub fn warn(&self, line: &str) {
        if !self.quiet {
            talk(&format!("{} {line}", self.paint("warning:", "33")));
        }
    }

    /// One line about a judgement that went against what was judged; even the quiet hear it.
    pub fn refuse(&self, line: &str, hint: Option<&str>) {
        let hint = hint.map(|hint| format!("\n\nhint: {hint}")).unwrap_or_default();
        talk(&format!("{} {line}{hint}", self.paint("error:", "1;31")));
    }

    /// Says why a command failed; as JSON also on standard output.
    pub fn fail(&self, error: &Error) {
        let rendered = error.render();
        let rendered = match rendered.strip_prefix("error:") {
            Some(rest) => format!("{}{rest}", self.paint("error:", "1;31")),
            None => rendered,
        };
        talk(&rendered);
        if self.is_json() {
            document(error);
        }
    }

    /// A bar counting `length` bytes, shown on a terminal only.
    pub fn bytes_bar(&self, length: u64) -> ProgressBar {
        if self.quiet || self.is_json() || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(length);
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}")
        {
            bar.set_style(style);
        }
        bar
    }

    /// A spinner with a message, shown on a terminal only.
    pub fn spinner(&self, message: &str) -> ProgressBar {
        if self.quiet || self.is_json() || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(message.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        bar
    }

    /// `text` in an ANSI style, when colour is on; colour only repeats what the text says.
    pub fn paint(&self, text: &str, style: &str) -> String {
        if self.color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A failure as the one document on standard output; when that is gone there is nobody left to tell.
pub fn document(error: &Error) {
    let document = serde_json::json!({ "error": error.document() });
    let _ = print(format!("{document:#}\n").as_bytes());
}

/// Writes to standard output. A reader that went away is [`Error::BrokenPipe`], which ends the command quietly.
fn print(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Error::BrokenPipe,
        _ => Error::Io(error),
    })
}

/// Writes a line to standard error; when that is gone there is nobody left to tell.
fn talk(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A stranger's lines as they may be shown: each as [`plain`] shows it, with its tabs.
pub fn plain_lines(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(plain).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Lines with columns as wide as they need to be, without what a terminal would obey.
pub fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
/// A size for people.
pub fn size(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let count = count as f64;
    match count {
        count if count >= 1024.0 * 1024.0 => format!("{:.1} MiB", count / 1024.0 / 1024.0),
        count if count >= 1024.0 => format!("{:.1} KiB", count / 1024.0),
        count => format!("{count} B"),
    }
}
