//! What travels between a registry and its clients (contract/registry.md §3), written once for both sides.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The largest bundle a registry takes: 200 MiB (contract/registry.md §3.2).
pub const LARGEST_BUNDLE: u64 = 200 * 1024 * 1024;
/// The largest signature text that is kept.
pub const LARGEST_SIGNATURE: usize = 16 * 1024;
/// The code of a 409: this version was published before.
pub const ALREADY_EXISTS: &str = "EXTENSION_VERSION_ALREADY_EXISTS";
/// What `signature.algorithm` says of our signatures; the platform does not judge the value (§3.3).
pub const ALGORITHM: &str = "minisign";
/// Where the embedded registry serves its objects: the bundle base of §10.
pub const BUNDLE_BASE: &str = "bundles";

/// The key of a bundle's bytes (contract/registry.md §2.4).
pub fn canonical_key(tenant: &str, registry_id: &str, hex: &str) -> String {
    format!("tenants/{tenant}/extensions/{registry_id}/sha256/{hex}/bundle.tar.zst")
}

/// The query of `upload-proxy`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UploadQuery {
    /// Informational.
    pub filename: Option<String>,
    /// Bytes, as text: a number that is none is answered with a code of its own.
    pub size: Option<String>,
    /// 64 lower-case hex digits.
    pub declared_hash: Option<String>,
}

/// The answer of `upload-proxy`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    /// Where the bytes wait.
    pub upload: Staged,
    /// As sent.
    #[serde(default)]
    pub filename: Option<String>,
    /// As sent.
    #[serde(default)]
    pub size: Option<u64>,
    /// As sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_hash: Option<String>,
}

/// Where uploaded bytes wait for `finalize`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Staged {
    /// `sha256/_staging/<uuid>/bundle.tar.zst`.
    pub key: String,
    /// `staging`.
    #[serde(default)]
    pub strategy: Option<String>,
}

/// The body of `finalize`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finalize {
    /// What `upload-proxy` answered.
    pub key: String,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// 64 lower-case hex digits, compared with the bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_hash: Option<String>,
    /// The manifest's text; the embedded registry wants it to equal the bundle's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_json: Option<String>,
    /// A detached signature over the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// A detached signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The signature file's text.
    pub text: String,
    /// How it was made.
    #[serde(default)]
    pub algorithm: Option<String>,
}

/// The answer of `finalize`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finalized {
    /// What was published.
    pub extension: Extension,
    /// As which version; the resolved one.
    pub version: Version,
    /// 64 hex digits.
    pub content_hash: String,
    /// Where the bytes are.
    #[serde(default)]
    pub canonical_key: Option<String>,
}

/// A registry entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Extension {
    /// The registry id.
    pub id: String,
    /// The manifest's name.
    #[serde(default)]
    pub name: String,
    /// The manifest's publisher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
}

/// A version of a registry entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Version {
    /// The version's id.
    #[serde(default)]
    pub id: String,
    /// `X.Y.Z`.
    pub version: String,
}

/// What a 409 of the embedded registry says in `details`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The hash of the bytes that are there, 64 hex digits.
    pub content_hash: String,
    /// Whose version it is.
    #[serde(default)]
    pub registry_id: Option<String>,
    /// Which version.
    #[serde(default)]
    pub version: Option<String>,
}

/// The body of `abort`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Abort {
    /// What `upload-proxy` answered.
    pub key: String,
    /// For the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `install`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// The registry id; the embedded registry takes a name too.
    pub registry_id: String,
    /// The resolved version.
    pub version: String,
}

/// The body of `uninstall`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uninstall {
    /// The registry id; the embedded registry takes a name too.
    pub registry_id: String,
}

/// What `/api/v1` wraps its answers in.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer<T> {
    /// The answer.
    pub data: T,
}

/// The answer of `install`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Installed {
    /// The registry id.
    #[serde(default)]
    pub registry_id: Option<String>,
    /// The version.
    #[serde(default)]
    pub version: Option<String>,
    /// The installation.
    pub install_id: String,
    /// Whether it worked.
    pub success: bool,
    /// In words.
    #[serde(default)]
    pub message: Option<String>,
}

/// The answer of `uninstall`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uninstalled {
    /// The registry id.
    #[serde(default)]
    pub registry_id: Option<String>,
    /// Whether it worked.
    pub success: bool,
    /// In words.
    #[serde(default)]
    pub message: Option<String>,
}

/// One line of the list of extensions; the embedded registry's own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The registry id.
    pub id: String,
    /// The manifest's name.
    pub name: String,
    /// The manifest's publisher.
    pub publisher: String,
    /// The version published last.
    pub latest_version: Option<String>,
    /// How many versions there are.
    pub versions: u64,
    /// The version the tenant has installed.
    pub installed: Option<String>,
}

/// An extension's versions, newest first; the embedded registry's own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Versions {
    /// Whose.
    pub extension: Extension,
    /// Newest first.
    pub versions: Vec<Published>,
}

/// One published version (contract/registry.md §4.3).
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The version's id.
    pub version_id: String,
    /// `X.Y.Z`.
    pub version: String,
    /// RFC 3339, UTC.
    pub published_at: String,
    /// `sha256:` and 64 hex digits.
    pub content_hash: String,
    /// Bytes of the archive.
    pub size: u64,
    /// Whether the tenant has it installed.
    pub installed: bool,
    /// Where the bytes are, below the bundle base.
    pub canonical_key: String,
    /// The signature it was published with.
    #[serde(default)]
    pub signature: Option<Signature>,
}

/// An issue of `INVALID_MANIFEST`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Dotted, with `[i]` indexes; `$` is the whole.
    #[serde(default)]
    pub path: String,
    /// What is wrong.
    #[serde(default)]
    pub message: String,
}

/// An error as some layer of a registry wrote it: its code, its words, its details.
#[derive(Debug, Default, PartialEq)]
pub struct Envelope {
    /// `HASH_MISMATCH`, when there is one.
    pub code: Option<String>,
    /// In words.
    pub message: Option<String>,
    /// Anything.
    pub details: Option<Value>,
}

impl Envelope {
    /// Reads any of the four shapes of §3.3; none when the value is none of them.
    pub fn read(value: &Value) -> Option<Envelope> {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        match value.get("error")? {
            Value::String(message) => Some(Envelope {
                code: text(value, "code"),
                message: Some(message.clone()),
                details: value.get("details").cloned(),
            }),
            error @ Value::Object(_) => Some(Envelope {
                code: text(error, "code"),
                message: text(error, "message"),
                details: error.get("details").cloned(),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_four_error_envelopes_read() {
        for (value, code, message) in [
            (json!({"error": "no", "code": "HASH_MISMATCH", "details": {}}), Some("HASH_MISMATCH"), "no"),
            (json!({"success": false, "error": {"message": "no", "code": "X"}}), Some("X"), "no"),
            (
                json!({"error": {"code": "PRODUCT_ACCESS_DENIED", "message": "no"}}),
                Some("PRODUCT_ACCESS_DENIED"),
                "no",
            ),
            (json!({"error": "Unauthorized: API key missing"}), None, "Unauthorized: API key missing"),
        ] {
            let envelope = Envelope::read(&value).unwrap();
            assert_eq!((envelope.code.as_deref(), envelope.message.as_deref()), (code, Some(message)));
        }
        assert_eq!(Envelope::read(&json!({"error": 5})), None);
        assert_eq!(Envelope::read(&json!([1])), None);
    }
}
