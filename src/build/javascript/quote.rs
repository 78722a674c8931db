//! Three lines of the source under the first frame of an error that names a column, as it was and as each of its causes.

use crate::files;
use std::fmt::Write;
use std::path::Path;

/// Larger files are not quoted.
const LARGEST: u64 = 5 << 20;
/// Longer lines are not quoted; a minified file has no readable line.
const LONGEST: usize = 400;
/// What is a source. A guest writes the text in which files are named.
const SOURCES: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// `text` with lines of the sources in the project in `root` where a stack names them.
pub fn quote(text: &str, root: &Path) -> String {
    let mut quoted = String::with_capacity(text.len());
    let mut is_open = true;
    for line in text.lines() {
        let is_frame = line.trim_start().starts_with("at ");
        // Whatever is no frame begins another error.
        is_open |= !is_frame;
        if !quoted.is_empty() {
            quoted.push('\n');
        }
        quoted.push_str(line);
        if is_open
            && is_frame
            && let Some(lines) = place(line).and_then(|place| lines(place, root))
        {
            quoted.push_str(&lines);
            is_open = false;
        }
    }
    quoted
}

/// The place that ends a line of a stack: `src/handler.ts:3:12`.
pub(super) fn frame(line: &str) -> Option<&str> {
    // The last frame of an error inside an `AggregateError` has its bracket.
    let frame = line.trim().trim_end_matches(']').strip_prefix("at ")?;
    match frame.strip_suffix(')') {
        Some(frame) => Some(frame.rsplit_once('(')?.1),
        None => Some(frame),
    }
}

/// The file, line and column that end a line of a stack.
fn place(line: &str) -> Option<(&str, usize, usize)> {
    let place = frame(line)?;
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file, line.parse().ok()?, column.parse().ok()?))
}

fn lines((file, line, column): (&str, usize, usize), root: &Path) -> Option<String> {
    let extension = Path::new(file).extension()?.to_str()?;
    let root = fs_err::canonicalize(root).ok()?;
    let path = fs_err::canonicalize(root.join(file)).ok()?;
    if !SOURCES.contains(&extension) || !path.starts_with(&root) {
        return None;
    }
    let text = files::read_text(&path, LARGEST).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let first = line.saturating_sub(1).max(1);
    let shown: Vec<(usize, &str)> =
        (1..).zip(text.lines()).skip(first - 1).take(line.saturating_add(2) - first).collect();
    if !shown.iter().any(|(number, _)| *number == line) || shown.iter().any(|(_, text)| text.len() > LONGEST)
    {
        return None;
    }
    let width = shown.last().map_or(1, |(number, _)| number.to_string().len());
    let mut quoted = String::new();
    for (number, text) in shown {
        let sign = if number == line { '>' } else { ' ' };
        let _ = write!(quoted, "\n    {sign} {number:width$} | {text}");
        if number == line {
            let before = text.chars().take(column.saturating_sub(1));
            let indent: String = before.map(|character| if character == '\t' { '\t' } else { ' ' }).collect();
            let _ = write!(quoted, "\n      {:width$} | {indent}^", "");
        }
    }
    Some(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_no_file_has_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("a.ts"), "one\n").unwrap();
        for line in ["0", "2", "18446744073709551615", "18446744073709551616"] {
            let text = format!("Error: no\n    at a.ts:{line}:1");
            assert_eq!(quote(&text, folder.path()), text);
        }
        let text = format!("Error: no\n    at a.ts:1:{}", usize::MAX);
        assert!(quote(&text, folder.path()).contains("> 1 | one"));
    }

    #[test]
    fn the_first_frame_of_an_error_and_of_its_cause_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("src")).unwrap();
        fs_err::write(folder.path().join("src/a.ts"), "one\n\ttwo('é');\nthree\nfour\n").unwrap();
        fs_err::write(folder.path().join("secret.yaml"), "one\ntwo\n").unwrap();
        let text = "uncaught Error: no\n    at x (node_modules/p/index.js:3)\n    at two (src/a.ts:2:2)\n    at <anonymous> (src/a.ts:3:1)\n\
                    caused by Error: not\n    at src/a.ts:1:3\n\
                    caused by Error: none\n    at a (secret.yaml:1:1)\n    at b (../a.ts:1:1)\n    at c (src/a.ts:9:1)";
        let expected = "uncaught Error: no\n    at x (node_modules/p/index.js:3)\n    at two (src/a.ts:2:2)\n      1 | one\n    > 2 | \ttwo('é');\n        | \t^\n      3 | three\n    at <anonymous> (src/a.ts:3:1)\n\
                        caused by Error: not\n    at src/a.ts:1:3\n    > 1 | one\n        |   ^\n      2 | \ttwo('é');\n\
                        caused by Error: none\n    at a (secret.yaml:1:1)\n    at b (../a.ts:1:1)\n    at c (src/a.ts:9:1)";
        assert_eq!(quote(text, folder.path()), expected);
    }
}
