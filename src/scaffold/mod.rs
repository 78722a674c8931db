//! Templates, and projects made from them.

mod catalogue;
mod editor;
mod render;
mod variables;

pub use catalogue::{DEFAULT, Template, find, templates};
pub use render::{Options, Project, scaffold};
pub use variables::{Variables, check_id, check_name, check_publisher, default_id, default_publisher};

use crate::exit::Exit;
use std::path::PathBuf;

/// Why nothing was scaffolded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No template has that id.
    #[error("there is no template `{given}`; there are {}", quoted(known))]
    UnknownTemplate {
        /// What was asked for.
        given: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The project's name cannot be one.
    #[error(
        "`{given}` cannot be a project's name: it takes lower-case letters, digits and single hyphens, begins with a letter and has at most {} characters",
        variables::NAME_LIMIT
    )]
    Name {
        /// What was given.
        given: String,
        /// The nearest name that can be one.
        nearest: Option<String>,
    },
    /// The name is a path.
    #[error("`{given}` is a path, not a project's name")]
    NameIsPath {
        /// What was given.
        given: String,
        /// The name at its end, when that can be one.
        nearest: Option<String>,
    },
    /// The manifest's name cannot be one.
    #[error(
        "`{given}` cannot be a manifest's name: it takes two or more labels of lower-case letters, digits and inner hyphens, with dots between, at most {} characters",
        variables::ID_LIMIT
    )]
    Id {
        /// What was given.
        given: String,
        /// The nearest that can be one.
        nearest: Option<String>,
    },
    /// The publisher cannot be one.
    #[error(
        "`{given}` cannot be a publisher: it takes 1 to {} characters on one line",
        variables::PUBLISHER_LIMIT
    )]
    Publisher {
        /// What was given.
        given: String,
    },
    /// The folder has something in it.
    #[error("`{}` is not empty: it holds {}", path.display(), some(found))]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// The names in it, sorted.
        found: Vec<String>,
    },
    /// There is something, and it is no folder.
    #[error("`{}` exists and is not a folder", path.display())]
    NotFolder {
        /// What is there.
        path: PathBuf,
    },
    /// A template in this binary is broken.
    #[error("the template `{template}` is broken in `{file}`: {message}")]
    Template {
        /// Its id.
        template: String,
        /// The file in it.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::UnknownTemplate { .. }
            | Error::Name { .. }
            | Error::NameIsPath { .. }
            | Error::Id { .. }
            | Error::Publisher { .. }
            | Error::Occupied { .. }
            | Error::NotFolder { .. }
            | Error::Template { .. }
            | Error::Io(_) => Exit::NotJudged,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::UnknownTemplate { .. } => Some("`alga-ext new --list` says what each is for".into()),
            Error::Name { nearest, .. } => nearest.as_ref().map(|nearest| format!("`{nearest}` would do")),
            Error::NameIsPath { given, nearest } => {
                let name = nearest.as_deref().unwrap_or("<name>");
                Some(format!("name the folder apart: `alga-ext new {name} --dir {given}`"))
            }
            Error::Id { nearest, .. } => nearest.as_ref().map(|nearest| format!("`--id {nearest}` would do")),
            Error::Publisher { .. } => {
                Some("give your company's name: `--publisher \"Acme Networks\"`".into())
            }
            Error::Occupied { .. } | Error::NotFolder { .. } => {
                Some("name another folder with `--dir <dir>`; nothing that exists is touched".into())
            }
            Error::Template { .. } => Some("this is a defect of `alga-ext`; please report it".into()),
            Error::Io(_) => None,
        }
    }
}

/// `a`, `b` and `c`, each in backticks.
fn quoted(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        None => "none".into(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// The first few names, and how many more there are.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.get(..SHOWN) {
        Some(first) if names.len() > SHOWN => {
            let quoted: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and {} more", quoted.join(", "), names.len() - SHOWN)
        }
        _ => quoted(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_people_say_them() {
        let names = |count: usize| -> Vec<String> { (1..=count).map(|number| number.to_string()).collect() };
        assert_eq!(some(&names(1)), "`1`");
        assert_eq!(some(&names(3)), "`1`, `2` and `3`");
        assert_eq!(some(&names(5)), "`1`, `2`, `3` and 2 more");
    }
}
