//! `build --types`: the project's own `tsc`, its errors told as the build's.

use super::Error;
use super::diagnose::{Diagnostic, Source};
use crate::toolchain::{self, Invocation, Stdout};
use std::path::{Path, PathBuf};

/// What npm calls the compiler.
const TSC: &str = if cfg!(windows) { "tsc.cmd" } else { "tsc" };

/// Checks the types of the project in `root`.
pub fn check_types(root: &Path) -> Result<(), Error> {
    let root = fs_err::canonicalize(root)?;
    let bins = root.ancestors().map(|folder| folder.join("node_modules/.bin").join(TSC));
    let tsc = bins.into_iter().find(|path| path.is_file()).ok_or(Error::NoTsc)?;
    if !root.join("tsconfig.json").is_file() {
        return Err(Error::NoTsconfig);
    }
    let result = toolchain::run(&Invocation {
        program: tsc.as_os_str(),
        arguments: ["--noEmit", "--pretty", "false", "--project", "tsconfig.json"].map(Into::into).to_vec(),
        directory: &root,
        environment: Vec::new(),
        stdout: Stdout::Words,
        is_quiet: true,
    });
    match result {
        Ok(_) => Ok(()),
        Err(error) => {
            let diagnostics = diagnostics(&root, error.stdout());
            Err(if diagnostics.is_empty() { Error::Tsc(error) } else { Error::Source(diagnostics) })
        }
    }
}

/// `src/handler.ts(3,5): error TS2322: …`, with what follows indented.
fn diagnostics(root: &Path, said: &str) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for line in said.lines() {
        match (parse(root, line), diagnostics.last_mut()) {
            (Some(diagnostic), _) => diagnostics.push(diagnostic),
            (None, Some(last)) if line.starts_with(' ') => {
                last.message.push('\n');
                last.message.push_str(line);
            }
            _ => {}
        }
    }
    diagnostics
}

fn parse(root: &Path, line: &str) -> Option<Diagnostic> {
    let (place, rest) = line.split_once("error TS")?;
    let (code, message) = rest.split_once(": ")?;
    let message = format!("{} (TS{code})", super::transform::sentence(message));
    let place = place.trim_end().trim_end_matches(':');
    let Some((file, place)) = place.strip_suffix(')').and_then(|place| place.rsplit_once('(')) else {
        return Some(Diagnostic { message, place: None, help: None });
    };
    let (line, column) = place.split_once(',')?;
    let path: PathBuf = root.join(file);
    let text = fs_err::read_to_string(&path).unwrap_or_default();
    let source = Source::new(root, path, text);
    let place = source.place_at(line.parse().ok()?, column.parse().ok()?);
    Some(Diagnostic { message, place: Some(place), help: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_tsc_are_shown_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("src")).unwrap();
        fs_err::write(folder.path().join("src/a.ts"), "// é\nconst é: number = 'x';\n").unwrap();
        let said = "src/a.ts(2,7): error TS2322: Type 'string' is not assignable to type 'number'.\n  More of it.\nerror TS5023: Unknown compiler option 'x'.";
        let shown: Vec<String> = diagnostics(folder.path(), said).iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "src/a.ts:2:7: type 'string' is not assignable to type 'number' (TS2322)\n  More of it.\n    |\n  2 | const é: number = 'x';\n    |       ^",
                "unknown compiler option 'x' (TS5023)",
            ]
        );
    }
}
