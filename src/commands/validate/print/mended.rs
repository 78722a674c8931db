//! What `--fix` has mended, or would.

use super::Printer;
use crate::cli::Format;
use crate::error::Error;
use crate::findings::Findings;
use crate::validate::{Mended, MendedFile};
use serde::Serialize;

/// What `--fix` prints as JSON.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    findings: &'a Findings,
    mended: &'a [MendedFile],
}

impl Printer<'_> {
    /// What was mended, and what is left.
    pub(in crate::commands::validate) fn mended(&self, mended: &Mended) -> Result<(), Error> {
        let document = Document { findings: &mended.left, mended: &mended.files };
        self.output.data(&document, || self.text(&mended.left))?;
        for file in &mended.files {
            self.output.detail(&format!("{}: {}", file.file, count(file.applied, "finding")));
        }
        if mended.files.is_empty() {
            self.output.say(&format!("nothing to mend; {}", mended.left.summary()));
        } else {
            self.output.say(&format!("mended {}; {}", amount(mended), mended.left.summary()));
        }
        Ok(())
    }

    /// What would be mended, as a diff.
    pub(in crate::commands::validate) fn proposal(&self, mended: &Mended) -> Result<(), Error> {
        let document = Document { findings: &mended.left, mended: &mended.files };
        self.output.data(&document, || match self.format {
            Format::Human => {
                let diffs: String = mended.files.iter().map(|file| file.diff.as_str()).collect();
                let diffs = diffs.trim_end_matches('\n');
                if self.output.colors_data() { painted(diffs) } else { diffs.to_owned() }
            }
            _ => self.text(&mended.left),
        })?;
        if mended.files.is_empty() {
            self.output.say(&format!("nothing to mend; {}", mended.left.summary()));
        } else {
            let left = mended.left.summary();
            self.output.say(&format!("`--fix` mends {}, then: {left}; nothing is written", amount(mended)));
        }
        Ok(())
    }
}

/// A diff as git colours one.
fn painted(diff: &str) -> String {
    let lines: Vec<String> = diff
        .lines()
        .map(|line| {
            let style = match line.as_bytes() {
                [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => "1",
                [b'-', ..] => "31",
                [b'+', ..] => "32",
                [b'@', ..] => "36",
                _ => return line.to_owned(),
            };
            format!("\u{1b}[{style}m{line}\u{1b}[0m")
        })
        .collect();
    lines.join("\n")
}

fn amount(mended: &Mended) -> String {
    format!("{} in {}", count(mended.applied(), "finding"), count(mended.files.len(), "file"))
}

fn count(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
