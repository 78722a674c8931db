//! What each of the platform's own validators says of a manifest, as far as the contract writes them down
//! (contract/registry.md §1.1–1.5): four readers, four verdicts, in their own paths.

mod checks;
mod json;
mod runtime;
mod schema;
mod server;
mod zod;

use super::subject::{Error, Subject};
use crate::bundle as archive;
use crate::findings::Text;
use crate::manifest::source::{self, MAX_BYTES, Node};
use crate::project::MANIFEST;
use checks::{Issues, Step, Style};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// More issues than anyone reads; the rest of a hostile manifest is left out.
const MOST: usize = 1000;

/// One of the platform's validators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Validator {
    /// The parser of the publish gate: the only one that decides.
    Server,
    /// The zod schema of the legacy registry.
    Zod,
    /// The JSON Schema for editors, draft 7.
    Schema,
    /// Install, gateway and runner, which refuse nothing and drop what they do not know.
    Runtime,
}

impl Validator {
    /// All of them, the one that decides first.
    pub const ALL: [Validator; 4] =
        [Validator::Server, Validator::Zod, Validator::Schema, Validator::Runtime];

    /// The word it goes by.
    pub fn as_str(self) -> &'static str {
        match self {
            Validator::Server => "server",
            Validator::Zod => "zod",
            Validator::Schema => "schema",
            Validator::Runtime => "runtime",
        }
    }

    fn style(self) -> Style {
        match self {
            Validator::Server | Validator::Runtime => Style::Brackets,
            Validator::Zod => Style::Dots,
            Validator::Schema => Style::Pointer,
        }
    }
}

/// What one validator says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Whose verdict it is.
    pub validator: Validator,
    /// Whether the validator lets the manifest pass.
    pub accepted: bool,
    /// Why not; of `runtime` what is dropped, which refuses nothing.
    pub issues: Vec<Issue>,
    /// What is left of an accepted manifest: what publishing stores, what zod returns, what works at run time.
    pub keeps: Option<Value>,
}

/// One complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The place as the validator writes it: `api.endpoints[0].path`, `api.endpoints.0.path` or `/api/endpoints/0/path`.
    pub path: String,
    /// What is wrong there. The platform's words are not part of the contract; these are ours.
    pub message: String,
    /// Where it is in the file, counted from 1; of a missing key the object that lacks it.
    pub line: Option<usize>,
    /// Counted from 1, in characters.
    pub column: Option<usize>,
}

/// The bytes of the manifest that a validator would read of this subject.
pub fn manifest_of(subject: &Subject) -> Result<Vec<u8>, Error> {
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let bounded = |path: &Path| crate::files::read_bounded(path, limit).map_err(Error::Io);
    match subject {
        Subject::Project(root) => bounded(&root.join(MANIFEST)),
        Subject::Manifest { path, .. } => bounded(path),
        Subject::Bundle(path) => {
            let bytes = crate::files::read_bounded(path, archive::limits::UNPACKED)?;
            let bundle = archive::read(&bytes)?;
            // The server takes the first that is at the root or one folder deep (contract/registry.md §2.5).
            let found = bundle.entries.into_iter().find(|entry| {
                let folder = entry.path.strip_suffix(MANIFEST);
                folder.is_some_and(|folder| {
                    folder.is_empty() || folder.ends_with('/') && folder.matches('/').count() == 1
                })
            });
            found.map(|entry| entry.bytes).ok_or(Error::NoManifest { what: "the bundle" })
        }
        Subject::Component { .. } => Err(Error::NoManifest { what: "a component" }),
        Subject::Config { .. } => Err(Error::NoManifest { what: "`alga-ext.yaml`" }),
    }
}

/// What `validator` says of a manifest.
pub fn verdict(bytes: &[u8], validator: Validator) -> Verdict {
    // As Node decodes: what is not UTF-8 becomes U+FFFD, a byte order mark stays and is no JSON.
    let text = String::from_utf8_lossy(bytes);
    let read = serde_json::from_str(&text).or_else(|error| json::read(&text).ok_or(error));
    let value: Value = match read {
        Ok(value) => value,
        Err(error) => {
            let words = error.to_string();
            let message = format!("not JSON: {}", words.split(" at line ").next().unwrap_or(&words));
            let (line, column) = (Some(error.line().max(1)), Some(error.column().max(1)));
            let issues = vec![Issue { path: "$".into(), message, line, column }];
            return Verdict { validator, accepted: false, issues, keeps: None };
        }
    };
    let mut issues = Issues::default();
    let keeps = match validator {
        Validator::Server => server::judge(&value, &mut issues),
        Validator::Zod => zod::judge(&value, &mut issues),
        Validator::Schema => schema::judge(&value, &mut issues),
        Validator::Runtime => runtime::judge(&value, &mut issues),
    };
    let accepted = validator == Validator::Runtime || issues.is_empty();
    let tree = source::read(&text).ok();
    let places = Text::new(&text);
    let issues = issues.into_list().take(MOST);
    let issues = issues.map(|(steps, message)| {
        let place = tree.as_ref().map(|tree| places.line_and_column(start(tree, &steps)));
        let (line, column) = place.unzip();
        Issue { path: validator.style().path(&steps), message, line, column }
    });
    let issues = issues.collect();
    Verdict { validator, accepted, issues, keeps: keeps.filter(|_| accepted) }
}

/// The first byte of what the steps lead to: the key of a member, an item, or the last that is there.
fn start(tree: &Node, steps: &[Step]) -> usize {
    let mut node = tree;
    let mut start = tree.start;
    for step in steps {
        let next = match step {
            Step::Key(key) => {
                let members = node.members().unwrap_or_default();
                let member = members.iter().rev().find(|member| member.key == *key);
                member.map(|member| (member.start, &member.value))
            }
            Step::Index(index) => {
                node.items().and_then(|items| items.get(*index)).map(|item| (item.start, item))
            }
        };
        let Some((at, inner)) = next else { break };
        (start, node) = (at, inner);
    }
    start
}
