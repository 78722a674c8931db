//! Why nothing came of a call to a registry.

use crate::bundle::{Container, Digest};
use crate::exit::Exit;
use crate::findings::Findings;
use crate::registry::wire::{Issue, LARGEST_BUNDLE};
use crate::{release, signing};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// Why the registry refused, or could not be called or believed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("`{given}` is no registry's address: {why}")]
    Address {
        /// As it was given, without what may be a secret.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no API key.
    #[error("there is no API key")]
    NoKey,
    /// The API key cannot be sent.
    #[error("the API key holds a character that no key has")]
    KeyText,
    /// The tenant cannot be sent.
    #[error("`{}` is no tenant", tenant.escape_debug())]
    Tenant {
        /// As it was given.
        tenant: String,
    },
    /// This machine cannot make calls.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
    /// No answer.
    #[error("{what}: `{address}` could not be reached{}", after(*tries))]
    Unreachable {
        /// The call.
        what: &'static str,
        /// The registry.
        address: String,
        /// How often it was tried.
        tries: u32,
        /// Why.
        source: reqwest::Error,
    },
    /// No answer in time.
    #[error("{what}: `{address}` gave no answer in {} s", limit.as_secs_f64())]
    Late {
        /// The call.
        what: &'static str,
        /// The registry.
        address: String,
        /// How long it had.
        limit: Duration,
    },
    /// The registry said no.
    #[error("{what}: the registry refused with status {status}{}: {message}{}", coded(code.as_deref()), after(*tries))]
    Refused {
        /// The call.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// `HASH_MISMATCH`.
        code: Option<String>,
        /// In the registry's words.
        message: String,
        /// Anything.
        details: Option<Box<Value>>,
        /// How often it was tried.
        tries: u32,
    },
    /// The answer is an error, in no words a registry uses.
    #[error("{what}: `{address}` answered with status {status} and what no registry says: `{excerpt}`{}", after(*tries))]
    Foreign {
        /// The call.
        what: &'static str,
        /// The registry.
        address: String,
        /// The HTTP status.
        status: u16,
        /// How it begins.
        excerpt: String,
        /// How often it was tried.
        tries: u32,
    },
    /// The registry is somewhere else.
    #[error("{what}: `{address}` answered with a redirect to `{to}`, which is not followed with an API key")]
    Redirected {
        /// The call.
        what: &'static str,
        /// The registry.
        address: String,
        /// Where it points.
        to: String,
    },
    /// The answer claims success and makes no sense.
    #[error("{what}: the registry's answer cannot be used: {why}")]
    Nonsense {
        /// The call.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The registry speaks of other bytes than the ones that were sent or asked for.
    #[error("{what}: the registry's bytes have the hash {theirs}, and {ours} was expected")]
    OtherBytes {
        /// The call.
        what: &'static str,
        /// What it has.
        theirs: Digest,
        /// What it should have.
        ours: Digest,
    },
    /// The version was published before, with other bytes.
    #[error(
        "version `{version}` of `{name}` is published already with other bytes: {theirs} is there, {ours} was sent"
    )]
    Taken {
        /// The extension.
        name: String,
        /// The version.
        version: String,
        /// What is there.
        theirs: Digest,
        /// What was to be published.
        ours: Digest,
    },
    /// The version was published before, and the registry does not say with which bytes.
    #[error(
        "version `{version}` of `{name}` is published already with unknown bytes: the registry does not say which; {ours} was sent"
    )]
    TakenUnknown {
        /// The extension.
        name: String,
        /// The version.
        version: String,
        /// What was to be published.
        ours: Digest,
        /// Whether an earlier try of the same call may have published it.
        repeated: bool,
    },
    /// Published, and not installed.
    #[error("version `{version}` of `{registry_id}` is published and not installed")]
    NotInstalled {
        /// The registry id.
        registry_id: String,
        /// The resolved version.
        version: String,
        /// Why.
        source: Box<Error>,
    },
    /// The bundle is over the registry's cap.
    #[error("`{}` has {size} bytes, and a registry takes {LARGEST_BUNDLE} at most", path.display())]
    TooLarge {
        /// The bundle.
        path: PathBuf,
        /// Bytes.
        size: u64,
    },
    /// The bundle is held together in a way the platform does not run.
    #[error("`{}` is a {container}, and the platform runs bundles that are tar.zst", path.display())]
    Container {
        /// The bundle.
        path: PathBuf,
        /// What it is.
        container: Container,
    },
    /// The rules say no.
    #[error("nothing was sent\n{0}")]
    Findings(Findings),
    /// The file beside the bundle is no signature.
    #[error("`{}` cannot be sent as the bundle's signature", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// Why.
        source: signing::Error,
    },
    /// The signature beside the bundle is another bundle's.
    #[error("`{}` signs {theirs}, and the bundle is {ours}", path.display())]
    OtherSignature {
        /// The signature.
        path: PathBuf,
        /// What it signs.
        theirs: String,
        /// The bundle's content hash.
        ours: String,
    },
    /// The bundle could not be read.
    #[error(transparent)]
    Release(Box<release::Error>),
    /// What was fetched could not be kept.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// There is no such version.
    #[error("`{extension}` has no version `{version}`")]
    NoVersion {
        /// As it was named.
        extension: String,
        /// As it was named.
        version: String,
    },
    /// Nothing is published.
    #[error("`{extension}` has no version")]
    NoVersions {
        /// As it was named.
        extension: String,
    },
}

impl From<release::Error> for Error {
    fn from(error: release::Error) -> Error {
        Error::Release(Box::new(error))
    }
}

fn after(tries: u32) -> String {
    if tries > 1 { format!(" (tried {tries} times)") } else { String::new() }
}

fn coded(code: Option<&str>) -> String {
    code.map(|code| format!(" {code}")).unwrap_or_default()
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Address { .. }
            | Error::NoKey
            | Error::KeyText
            | Error::Tenant { .. }
            | Error::Http(_)
            | Error::Io(_) => Exit::NotJudged,
            Error::TooLarge { .. }
            | Error::Container { .. }
            | Error::Findings(_)
            | Error::Signature { .. }
            | Error::OtherSignature { .. } => Exit::AtFault,
            Error::Release(error) => error.exit(),
            Error::NotInstalled { .. } => Exit::NotInstalled,
            Error::Unreachable { .. }
            | Error::Late { .. }
            | Error::Refused { .. }
            | Error::Foreign { .. }
            | Error::Redirected { .. }
            | Error::Nonsense { .. }
            | Error::OtherBytes { .. }
            | Error::Taken { .. }
            | Error::TakenUnknown { .. }
            | Error::NoVersion { .. }
            | Error::NoVersions { .. } => Exit::Registry,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::Address { .. } => "give it as `--registry https://host`",
            Error::NoKey => "set `ALGA_API_KEY`, or name a file that holds the key with `--api-key-file`",
            Error::KeyText => "the key is one line of visible characters",
            Error::Tenant { .. } => "give the tenant's identifier with `--tenant`",
            Error::Unreachable { .. } => {
                "is it running, and is `--registry` right? `alga-ext registry serve` runs one here"
            }
            Error::Late { .. } => "give it longer with `--timeout`",
            Error::Refused { status, code, details, .. } => {
                return refused(*status, code.as_deref(), details.as_deref());
            }
            Error::Foreign { .. } => "is `--registry` the address of a registry?",
            Error::Redirected { .. } => "give the address it redirects to with `--registry`, if you trust it",
            Error::OtherBytes { .. } | Error::Nonsense { .. } => {
                "do not trust this registry before you know why"
            }
            Error::Taken { .. } | Error::TakenUnknown { repeated: false, .. } => {
                "a version never changes: raise `version` in manifest.json and publish again"
            }
            Error::TakenUnknown { repeated: true, .. } => {
                "an earlier try of this very call may have published it: look at the registry before you raise `version`"
            }
            Error::NotInstalled { registry_id, version, .. } => {
                return Some(format!("install it with `alga-ext registry install {registry_id} {version}`"));
            }
            Error::Container { .. } => "pack again, without `--container`",
            Error::Findings(_) => "mend the errors above; `alga-ext validate` checks again",
            Error::Signature { .. } | Error::OtherSignature { .. } => {
                "sign the bundle again with `alga-ext sign`, or remove the signature"
            }
            Error::Release(error) => return error.hint(),
            Error::TooLarge { .. } => "`alga-ext inspect` shows which files are large",
            Error::NoVersion { extension, .. } => {
                return Some(format!("`alga-ext registry versions {extension}` lists what there is"));
            }
            Error::NoVersions { .. } | Error::Http(_) | Error::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

/// What a refusal asks of its reader.
fn refused(status: u16, code: Option<&str>, details: Option<&Value>) -> Option<String> {
    let issues = details.and_then(|details| details.get("issues")).cloned();
    let issues: Vec<Issue> =
        issues.and_then(|issues| serde_json::from_value(issues).ok()).unwrap_or_default();
    if !issues.is_empty() {
        let shown = issues.iter().take(10);
        let lines: Vec<String> = shown
            .map(|issue| super::call::plain(&format!("`{}`: {}", issue.path, issue.message), 200))
            .collect();
        return Some(format!("mend the manifest: {}", lines.join("; ")));
    }
    let hint = match (status, code) {
        (_, Some("PRODUCT_ACCESS_DENIED" | "TIER_ACCESS_DENIED")) => {
            "the tenant's plan does not include this"
        }
        (401, _) => "is the API key right, and does it belong to the tenant?",
        (403, _) => "the API key may not do this for this tenant",
        (404, _) => "`alga-ext registry ls` lists what there is",
        (429, _) => "wait a minute, then try again",
        (501, _) => "the platform's enterprise edition has a registry, and this is another edition",
        (500, _) => "the version may be taken by now: look before you publish again",
        (502..=504, _) => "try again later",
        _ => return None,
    };
    Some(hint.to_owned())
}
