//! A project written from a template: rendered in memory, written beside, moved into place at once.

use super::Error;
use super::catalogue::Template;
use super::editor;
use super::variables::Variables;
use crate::component;
use crate::interrupt::{self, Undo};
use std::path::{Path, PathBuf};

/// What to make, and where.
#[derive(Debug)]
pub struct Options<'a> {
    /// The template.
    pub template: &'a Template,
    /// What its placeholders stand for.
    pub variables: &'a Variables,
    /// The folder to make: absent, or empty.
    pub folder: &'a Path,
    /// Declarations for a project in TypeScript: paths and texts.
    pub types: &'a [(&'static str, String)],
}

/// A project that was made.
#[derive(Debug)]
pub struct Project {
    /// Its folder.
    pub folder: PathBuf,
    /// The files in it, relative, sorted.
    pub files: Vec<String>,
}

/// Makes a project. An existing file is never touched. A failure leaves nothing behind but the folders above that
/// had to be made.
pub fn scaffold(options: &Options) -> Result<Project, Error> {
    let mut files = render(options.template, options.variables)?;
    if options.template.files.iter().any(|(path, _)| path == "tsconfig.json") {
        files.extend(options.types.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
        files.sort_unstable();
    }
    let folder = options.folder;
    let exists = is_empty_folder(folder)?;
    let parent = match folder.parent() {
        // An existing folder may be somebody's current directory: it is filled, not replaced.
        _ if exists => folder,
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs_err::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".alga-ext-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o777));
    }
    let (beside, _guard) =
        interrupt::hold(|| builder.tempdir_in(parent), |folder| Undo::Remove(folder.path().to_path_buf()))?;
    for (path, text) in &files {
        let path = beside.path().join(path);
        if let Some(folder) = path.parent() {
            // Not after an interrupt, which has removed them all.
            interrupt::commit(|| fs_err::create_dir_all(folder))?;
        }
        fs_err::write(&path, text)?;
    }
    interrupt::commit(|| {
        if exists {
            move_entries(beside.path(), folder)
        } else {
            fs_err::rename(beside.path(), folder).map_err(Error::from)
        }
    })?;
    Ok(Project { folder: folder.to_path_buf(), files: files.into_iter().map(|(path, _)| path).collect() })
}

/// The template's files with every placeholder filled in, sorted by path.
fn render(template: &Template, variables: &Variables) -> Result<Vec<(String, String)>, Error> {
    let mut files = Vec::with_capacity(template.files.len() + 1);
    for (path, text) in &template.files {
        let text = fill(text, path, variables).map_err(|message| Error::Template {
            template: template.id.to_owned(),
            file: path.clone(),
            message,
        })?;
        files.push((path.clone(), text));
    }
    if let Some(folder) = &template.wit {
        files.push((format!("{folder}/extension.wit"), component::WIT.to_owned()));
    }
    files.extend(editor::files());
    files.sort_unstable();
    Ok(files)
}

/// `{{placeholder}}` replaced, escaped as the file's language wants it.
fn fill(text: &str, path: &str, variables: &Variables) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (placeholder, after) = after.split_once("}}").ok_or("a `{{` is not closed")?;
        let value = variables.get(placeholder).ok_or_else(|| format!("nothing is called `{placeholder}`"))?;
        filled.push_str(before);
        filled.push_str(&escaped(&value, path));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A publisher may hold quotes and angle brackets; they must not end the string or the element they stand in.
fn escaped(value: &str, path: &str) -> String {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json" | "yaml" | "ts" | "js" | "toml" | "rs") => {
            let quoted = serde_json::Value::from(value).to_string();
            let inner = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"'));
            inner.unwrap_or(value).to_owned()
        }
        Some("html") => {
            value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
        }
        _ => value.to_owned(),
    }
}

/// Whether the folder is there; an error when anything is in its place or in it.
fn is_empty_folder(folder: &Path) -> Result<bool, Error> {
    match fs_err::symlink_metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
        Ok(_) if !folder.is_dir() => return Err(Error::NotFolder { path: folder.to_path_buf() }),
        Ok(_) => {}
    }
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        found.push(entry?.file_name().to_string_lossy().into_owned());
    }
    found.sort_unstable();
    if found.is_empty() { Ok(true) } else { Err(Error::Occupied { path: folder.to_path_buf(), found }) }
}

/// Moves everything in `from` into `to`; when one cannot be moved, those before it are removed again.
fn move_entries(from: &Path, to: &Path) -> Result<(), Error> {
    let mut moved: Vec<PathBuf> = Vec::new();
    for entry in fs_err::read_dir(from)? {
        let outcome = entry.and_then(|entry| {
            let target = to.join(entry.file_name());
            fs_err::rename(entry.path(), &target).map(|()| target)
        });
        match outcome {
            Ok(target) => moved.push(target),
            Err(error) => {
                for target in moved {
                    let removed = if target.is_dir() {
                        fs_err::remove_dir_all(&target)
                    } else {
                        fs_err::remove_file(&target)
                    };
                    // The first failure is the one to tell.
                    let _ = removed;
                }
                return Err(error.into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;
    use crate::scaffold::{find, templates};

    fn variables() -> Variables {
        Variables::new("ticket-notes", "com.acme.ticket-notes", "O'Neil & \"Sons\" <x>").unwrap()
    }

    #[test]
    fn every_template_renders_with_no_placeholder_left() {
        for template in templates().unwrap() {
            for (path, text) in render(&template, &variables()).unwrap() {
                assert!(!text.contains("{{") && !text.contains("}}"), "{} {path}", template.id);
            }
        }
    }

    #[test]
    fn quotes_in_a_publisher_stay_inside_the_manifest_string() {
        for template in templates().unwrap() {
            let files = render(&template, &variables()).unwrap();
            let (_, text) = files.iter().find(|(path, _)| path == "manifest.json").unwrap();
            let manifest = Manifest::parse(text).unwrap();
            assert_eq!(manifest.publisher.as_deref(), Some("O'Neil & \"Sons\" <x>"), "{}", template.id);
            assert_eq!(manifest.name, "com.acme.ticket-notes");
        }
    }

    #[test]
    fn a_placeholder_nobody_knows_is_a_broken_template() {
        assert_eq!(fill("{{nmae}}", "a.md", &variables()).unwrap_err(), "nothing is called `nmae`");
        assert_eq!(fill("{{name", "a.md", &variables()).unwrap_err(), "a `{{` is not closed");
        assert_eq!(
            fill("<b>{{publisher}}", "a.html", &variables()).unwrap(),
            "<b>O'Neil &amp; \"Sons\" &lt;x&gt;".replace('"', "&quot;")
        );
    }

    #[test]
    fn an_empty_folder_is_filled_and_stays_the_same_folder() {
        let folder = tempfile::tempdir().unwrap();
        let template = find("ts-handler").unwrap();
        let options =
            Options { template: &template, variables: &variables(), folder: folder.path(), types: &[] };
        let project = scaffold(&options).unwrap();
        for file in &project.files {
            assert!(folder.path().join(file).is_file(), "{file}");
        }
        let left: Vec<_> =
            fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".alga-ext-")), "{left:?}");
    }
}
