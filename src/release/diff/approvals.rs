//! What reviewers have approved: names, each with why and by whom.

use super::super::Error;
use crate::{files, yaml};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The largest file of approvals that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// What is approved, such as `cap:http.fetch` or `host:api.example.com`.
    pub name: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
}

/// Reads a YAML or JSON list of approvals.
pub fn approvals(path: &Path) -> Result<Vec<Approval>, Error> {
    let refuse = |what: String| Error::Approvals { path: path.to_path_buf(), what };
    let text = match files::read_text(path, LARGEST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(refuse("there is no such file".into()));
        }
        text => text?,
    };
    let is_empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if is_empty {
        return Ok(Vec::new());
    }
    let approvals: Vec<Approval> = yaml::parse(&text).map_err(|error| refuse(error.to_string()))?;
    for approval in &approvals {
        for (key, text) in [("name", &approval.name), ("reason", &approval.reason), ("by", &approval.by)] {
            if text.trim().is_empty() {
                return Err(refuse(format!("the `{key}` of `{}` is empty", approval.name)));
            }
        }
    }
    Ok(approvals)
}
