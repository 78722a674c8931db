//! Manifest v2 as the rest of the tool uses it: lenient to read, because judging it is the work of `validate`.

mod blank;
mod capability;
mod endpoint;
pub mod keys;
pub mod loose;
pub mod source;

pub use blank::{is_blank, trim};
pub use capability::Capability;
pub use endpoint::{Endpoint, Match, normalise, segments, stored_path};

use crate::exit::Exit;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The text is no JSON object.
#[derive(Debug, thiserror::Error)]
#[error("{message} at line {line}, column {column}")]
pub struct Error {
    /// What is wrong, without the place.
    pub message: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
}

impl Error {
    /// The exit code: the manifest is at fault.
    pub fn exit(&self) -> Exit {
        Exit::AtFault
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        Some("`alga-ext validate` lists everything that is wrong with it".into())
    }
}

/// A manifest as far as it could be understood: what is missing or of the wrong type reads as absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Manifest {
    /// Reverse-domain name.
    pub name: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// `X.Y.Z`, or `X.Y.*` for the next free patch (contract/registry.md §1.7).
    pub version: String,
    /// `wasm-js@1`.
    pub runtime: String,
    /// As written, in order.
    pub capabilities: Vec<String>,
    /// The iframe UI, when there is one.
    pub ui: Option<Ui>,
    /// The declared endpoints; empty when there are none.
    pub endpoints: Vec<Endpoint>,
}

/// The iframe UI.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Ui {
    /// `ui/index.html`.
    pub entry: String,
    /// The label of the entry in the staff's navigation.
    pub app_menu: Option<String>,
    /// The label of the entry in the client portal; its presence lets client users in.
    pub client_portal_menu: Option<String>,
}

impl Manifest {
    /// Reads a manifest; fails only when the text is no JSON object.
    pub fn parse(text: &str) -> Result<Manifest, Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
            Error { message, line: error.line().max(1), column: error.column().max(1) }
        })?;
        let Value::Object(members) = value else {
            return Err(Error { message: "a manifest is a JSON object".into(), line: 1, column: 1 });
        };
        let strings = |key: &str| {
            let items = members.get(key).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).map(|item| trim(item).to_owned()).collect()
        };
        let endpoints = members.get("api").and_then(|api| api.get("endpoints")).and_then(Value::as_array);
        Ok(Manifest {
            name: string(&members, "name").unwrap_or_default(),
            publisher: string(&members, "publisher"),
            version: string(&members, "version").unwrap_or_default(),
            runtime: string(&members, "runtime").unwrap_or_default(),
            capabilities: strings("capabilities"),
            ui: members.get("ui").and_then(Value::as_object).map(Ui::read),
            endpoints: endpoints.into_iter().flatten().filter_map(Endpoint::read).collect(),
        })
    }

    /// The capabilities the platform knows among those asked for, with the three defaults
    /// (contract/runner.md §2.2): trimmed, lower-cased, without repeats.
    pub fn known_capabilities(&self) -> BTreeSet<Capability> {
        let asked = self.capabilities.iter().filter_map(|name| Capability::named(name));
        asked.chain(Capability::ALL.into_iter().filter(|capability| capability.is_default())).collect()
    }

    /// `<publisher>.<name>`, lower-cased: the slug the gateway also accepts (contract/registry.md §4.4).
    pub fn slug(&self) -> Option<String> {
        let publisher = self.publisher.as_deref()?;
        Some(format!("{publisher}.{}", self.name).to_lowercase())
    }

    /// The first declared endpoint that answers `method` and `path` (contract/registry.md §5.4).
    pub fn endpoint(&self, method: &str, path: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.matches(method, path) == Match::Yes)
    }
}

impl Ui {
    fn read(members: &Map<String, Value>) -> Ui {
        let label = |hook: &str| {
            let hook = members.get("hooks").and_then(|hooks| hooks.get(hook));
            hook.and_then(Value::as_object).and_then(|hook| string(hook, "label"))
        };
        Ui {
            entry: string(members, "entry").unwrap_or_default(),
            app_menu: label("appMenu"),
            client_portal_menu: label("clientPortalMenu"),
        }
    }
}

/// A trimmed, non-blank string member.
fn string(members: &Map<String, Value>, key: &str) -> Option<String> {
    let text = trim(members.get(key).and_then(Value::as_str)?);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_with_wrong_types_still_reads() {
        let manifest = Manifest::parse(r#"{"name": 5, "version": "1.0.0", "capabilities": "x"}"#).unwrap();
        assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("", "1.0.0"));
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let error = Manifest::parse("{\n  \"name\": }").unwrap_err();
        assert_eq!((error.line, error.column), (2, 11));
    }

    #[test]
    fn unknown_capabilities_vanish_and_defaults_are_added() {
        let manifest =
            Manifest::parse(r#"{"capabilities": ["\ufeff CAP:HTTP.FETCH ", "http.fetch"]}"#).unwrap();
        let known: Vec<&str> = manifest.known_capabilities().into_iter().map(Capability::id).collect();
        assert_eq!(known, ["cap:context.read", "cap:log.emit", "cap:user.read", "cap:http.fetch"]);
    }
}
