//! `verify --rebuild`: whether the source still makes this bundle.

use crate::bundle::Digest;
use crate::cli;
use crate::commands::Session;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::{self, Undo};
use crate::output::plain;
use crate::release::{self, RebuildOptions, Source};
use std::path::Path;

/// Builds anew in a temporary folder, and says where what comes out differs. `verified` is what was judged before; it has
/// to be the same bundle still.
pub(super) fn run(
    arguments: &cli::Verify,
    verified: Option<Digest>,
    session: &Session,
) -> Result<Exit, Error> {
    let bundle = session.path(arguments.bundle.as_deref().unwrap_or(Path::new("")));
    let named = arguments.source.as_deref().map(|source| (source, session.path(Path::new(source))));
    let root;
    let source = match &named {
        Some((_, folder)) if folder.is_dir() => Source::Folder(folder),
        Some((reference, _)) => {
            root = session.project_root()?;
            Source::Commit(&root, reference)
        }
        None => {
            root = session.project_root()?;
            Source::Folder(&root)
        }
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix("alga-ext-rebuild-");
    let (folder, _guard) =
        interrupt::hold(|| builder.tempdir(), |folder| Undo::Remove(folder.path().to_path_buf()))?;
    let options = RebuildOptions { source, build: session.build_options(), folder: folder.path() };
    let rebuilt = release::rebuild(&bundle, &options)?;
    if verified.is_some_and(|verified| verified != rebuilt.content_hash) {
        let what = format!("`{}` changed after it was verified", bundle.display());
        session.output.refuse(&what, Some("verify it again when nothing writes to it"));
        return Ok(Exit::Disagrees);
    }
    session.output.data(&rebuilt, || {
        let row = |difference: &release::Difference| {
            let head = format!("{} {}", plain(&difference.file), difference.what);
            let parts = difference.parts.iter().map(|part| format!("  {}", plain(part)));
            std::iter::once(head).chain(parts).collect::<Vec<_>>().join("\n")
        };
        rebuilt.differences.iter().map(row).collect::<Vec<_>>().join("\n")
    })?;
    if rebuilt.identical {
        session.output.say(&format!("built anew from source, and identical: {}", rebuilt.content_hash));
        return Ok(Exit::Done);
    }
    let what = format!("`{}` is not what its source builds: {}", bundle.display(), rebuilt.rebuilt_hash);
    session.output.refuse(&what, Some("look whether this is the source it was made from"));
    Ok(Exit::AtFault)
}
