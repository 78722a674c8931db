//! YAML with the line and column of what is wrong; the only file that names `serde_yaml`.

mod tree;

pub use tree::tree;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// YAML that could not be read, and where.
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

/// Reads a value from YAML text. An empty document reads as an empty mapping.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    serde_yaml::from_str(if empty { "{}" } else { text }).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Error { message, line, column }
    })
}

/// Writes a value as YAML text.
pub fn print<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_yaml::to_string(value).map_err(|error| Error { message: error.to_string(), line: 1, column: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_broken_document_names_line_and_column() {
        let error = parse::<BTreeMap<String, String>>("a: b\nc: [").unwrap_err();
        assert!(error.line >= 2, "{error}");
    }

    #[test]
    fn an_empty_document_is_an_empty_mapping() {
        assert!(parse::<BTreeMap<String, String>>("# nothing\n").unwrap().is_empty());
    }
}
