//! The templates inside this binary: `templates/<id>/template.yaml` with the files under `content/`.

use super::Error;
use crate::yaml;
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

/// `templates/`, as it was when this binary was built.
static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The order in which templates are shown, simplest first.
const IDS: [&str; 6] = ["ts-handler", "rust-handler", "ui", "fullstack", "scheduled", "integration"];

/// The template taken when nobody says and nobody can be asked.
pub const DEFAULT: &str = "ts-handler";

/// One template.
#[derive(Debug, Clone, Serialize)]
pub struct Template {
    /// Its folder's name.
    pub id: &'static str,
    /// A few words.
    pub title: String,
    /// One or two sentences: what it makes, what it shows.
    pub description: String,
    /// Commands worth typing in the new project, in order.
    pub next: Vec<String>,
    /// The folder the WIT package is put in, for toolchains that read it.
    #[serde(skip)]
    pub wit: Option<String>,
    /// Path in the project, without `.tmpl`, and text before placeholders are filled in; sorted.
    #[serde(skip)]
    pub files: Vec<(String, &'static str)>,
}

/// The words of `template.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    title: String,
    description: String,
    next: Vec<String>,
    wit: Option<String>,
}

/// All templates, simplest first.
pub fn templates() -> Result<Vec<Template>, Error> {
    IDS.into_iter().map(load).collect()
}

/// The template of that id.
pub fn find(id: &str) -> Result<Template, Error> {
    let known = IDS.into_iter().find(|known| *known == id);
    load(known.ok_or_else(|| Error::UnknownTemplate { given: id.to_owned(), known: IDS.to_vec() })?)
}

fn load(id: &'static str) -> Result<Template, Error> {
    let broken = |file: &str, message: String| Error::Template {
        template: id.to_owned(),
        file: file.to_owned(),
        message,
    };
    let description = TEMPLATES.get_file(format!("{id}/template.yaml"));
    let description = description.and_then(include_dir::File::contents_utf8);
    let description = description.ok_or_else(|| broken("template.yaml", "it is missing".into()))?;
    let about: About =
        yaml::parse(description).map_err(|error| broken("template.yaml", error.to_string()))?;
    let root = format!("{id}/content");
    let content = TEMPLATES.get_dir(&root).ok_or_else(|| broken("content", "it is missing".into()))?;
    let mut files = Vec::new();
    let mut folders = vec![content];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let path =
                file.path().strip_prefix(&root).unwrap_or(file.path()).to_string_lossy().replace('\\', "/");
            let text = file.contents_utf8().ok_or_else(|| broken(&path, "it is not UTF-8 text".into()))?;
            files.push((project_path(&path), text));
        }
    }
    files.sort_unstable();
    let About { title, description, next, wit } = about;
    Ok(Template { id, title, description, next, wit, files })
}

/// Where a template's file goes: `.tmpl` keeps names from tools that would act on them here, and `gitignore` its dot.
fn project_path(path: &str) -> String {
    let path = path.strip_suffix(".tmpl").unwrap_or(path);
    match path.rsplit_once('/') {
        Some((folder, "gitignore")) => format!("{folder}/.gitignore"),
        None if path == "gitignore" => ".gitignore".to_owned(),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_templates_is_listed_and_reads() {
        let mut folders: Vec<String> = fs_err::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/templates"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort_unstable();
        let mut ids = IDS.to_vec();
        ids.sort_unstable();
        assert_eq!(folders, ids);
        for template in templates().unwrap() {
            assert!(template.files.iter().any(|(path, _)| path == "manifest.json"), "{}", template.id);
            assert!(!template.next.is_empty(), "{}", template.id);
        }
        assert!(IDS.contains(&DEFAULT));
    }

    #[test]
    fn disguised_names_become_what_they_are() {
        for (given, expected) in [
            ("gitignore.tmpl", ".gitignore"),
            ("guest/gitignore.tmpl", "guest/.gitignore"),
            ("Cargo.toml.tmpl", "Cargo.toml"),
            ("src/handler.ts", "src/handler.ts"),
        ] {
            assert_eq!(project_path(given), expected);
        }
    }

    #[test]
    fn an_unknown_template_names_those_there_are() {
        let error = find("react").unwrap_err();
        assert!(error.to_string().contains("`scheduled` and `integration`"), "{error}");
    }
}
