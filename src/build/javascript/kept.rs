//! What was made of the modules of the last script, kept so that a save reads again only what changed.

use super::analyze::Analysis;
use super::diagnose::{Diagnostic, Source};
use super::reach::Reach;
use super::trace::Mark;
use super::transform::Options;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of all texts together, as written and as transformed; with more of them nothing is kept.
const MOST: usize = 48 << 20;

/// What a file says, whoever asks for it.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) source: Source,
    /// How it was to be read.
    pub(super) options: Options,
    /// Whether it is an ECMAScript module, and not CommonJS.
    pub(super) is_esm: bool,
    pub(super) code: String,
    /// For each line of the code the line it comes from.
    pub(super) lines: Vec<usize>,
    /// For each line of the code where its pieces come from.
    pub(super) marks: Vec<Vec<Mark>>,
    pub(super) reach: Reach,
    pub(super) analysis: Analysis,
}

impl Text {
    /// Whether it is the project's own, and no package's.
    pub(super) fn is_authors(&self) -> bool {
        let mut parts = self.source.path.components();
        !self.source.is_ours() && !parts.any(|part| part.as_os_str() == "node_modules")
    }

    /// Where a byte of the transformed code comes from: `src/handler.ts:3:12`.
    pub(super) fn place(&self, at: usize) -> Option<String> {
        let before = self.code.get(..at)?;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let marks = self.marks.get(before.matches('\n').count())?;
        let mark = marks.iter().rev().find(|mark| mark.at <= at - start)?;
        Some(format!("{}:{}:{}", self.source.name, mark.line, mark.column + at - start - mark.at + 1))
    }

    /// A mistake at a line of the transformed code, counted from 0, on `word`.
    pub(super) fn diagnostic(
        &self,
        line: usize,
        word: &str,
        message: String,
        help: Option<String>,
    ) -> Diagnostic {
        // A line that nothing is known of follows the last one that something is known of.
        let known = self.lines.get(..=line).unwrap_or(&self.lines).iter().rev().find(|line| **line > 0);
        let place = Some(self.source.word_on_line(known.copied().unwrap_or(1), word));
        Diagnostic { message, place, help }
    }

    fn bytes(&self) -> usize {
        self.source.text.len() + self.code.len()
    }
}

/// The texts of the last script, by file; ours have no path and go by their names.
#[derive(Debug, Default)]
pub struct Kept {
    texts: HashMap<PathBuf, Arc<Text>>,
}

impl Kept {
    /// What was made of the same text, read in the same way.
    pub(super) fn find(&self, source: &Source, options: Options) -> Option<Arc<Text>> {
        let kept = self.texts.get(&key(source))?;
        (kept.source == *source && kept.options == options).then(|| Arc::clone(kept))
    }

    /// Keeps a text in the place of what the file held before.
    pub(super) fn keep(&mut self, text: &Arc<Text>) {
        self.texts.insert(key(&text.source), Arc::clone(text));
    }

    /// Forgets what nobody holds: no module, and no script that is still being finished.
    pub(super) fn keep_used(&mut self) {
        self.texts.retain(|_, kept| Arc::strong_count(kept) > 1);
        if self.texts.values().map(|kept| kept.bytes()).sum::<usize>() > MOST {
            self.texts.clear();
        }
    }
}

fn key(source: &Source) -> PathBuf {
    if source.is_ours() { PathBuf::from(&source.name) } else { source.path.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::transform::Format;
    use super::*;

    fn text(path: &str, text: &str) -> Arc<Text> {
        let source = Source { path: path.into(), name: path.into(), text: text.into() };
        Arc::new(Text { source, ..Text::default() })
    }

    #[test]
    fn only_the_same_text_read_in_the_same_way_is_found() {
        let (mut kept, one) = (Kept::default(), text("/a.ts", "1"));
        kept.keep(&one);
        let same = Options::default();
        let found = kept.find(&one.source, same);
        assert!(found.is_some_and(|found| Arc::ptr_eq(&found, &one)));
        assert!(kept.find(&one.source, Options { format: Format::CommonJs, ..same }).is_none());
        assert!(kept.find(&one.source, Options { minify: true, ..same }).is_none());
        assert!(kept.find(&one.source, Options { decorators: true, ..same }).is_none());
        assert!(kept.find(&text("/a.ts", "2").source, same).is_none());
        assert!(kept.find(&text("/b.ts", "1").source, same).is_none());
    }

    #[test]
    fn what_no_module_holds_is_forgotten_and_so_is_too_much() {
        let (mut kept, one) = (Kept::default(), text("/a.ts", "1"));
        kept.keep(&one);
        kept.keep(&text("/b.ts", "1"));
        kept.keep_used();
        assert!(kept.find(&one.source, Options::default()).is_some());
        assert_eq!(kept.texts.len(), 1);
        let large = text("/c.ts", &" ".repeat(MOST));
        kept.keep(&large);
        kept.keep_used();
        assert_eq!(kept.texts.len(), 0);
    }
}
