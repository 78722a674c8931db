//! What a release is made of: pack if stale, open, sign, attest, verify, trust, inspect, compare.

mod attest;
mod convert;
pub mod diff;
mod gather;
mod inspect;
mod keys;
mod open;
mod pack;
mod packed;
mod rebuild;
mod sbom;
mod sign;
mod signer;
mod survey;
mod trust;
mod unpack;
mod verify;

pub use attest::{AttestOptions, Attested, Requirement, attest, statement_path};
pub use convert::{ConvertOptions, Converted, convert, stem};
pub use inspect::{Inspection, Subject, inspect};
pub use keys::{
    Entry as KeyEntry, KeyFiles, Keyring, change_password, generate_keys, import_key, open_secret,
    read_secret,
};
pub use open::{Opened, open, read_bounded};
pub use pack::{PackOptions, Packed, pack};
pub use rebuild::{Difference, RebuildOptions, Rebuilt, Source, rebuild};
pub use sbom::Sbom;
pub use sign::{SignOptions, Signed, sign};
pub use signer::{External, Signer};
pub use survey::{Surveyed, survey, survey_component};
pub use trust::{
    Added, add_key, add_statement, change_trust, init_trust, read_trust, remember, remove, revocation,
    rotation, set_threshold,
};
pub use unpack::{Unpacked, unpack};
pub use verify::{
    Against, Check, Outcome, Question, Reason, Summary, Unread, Verification, VerifyOptions, public_key,
    verify, verify_all,
};

use crate::exit::Exit;
use crate::findings::Findings;
use crate::{build, bundle, component, manifest, project, signing, toolchain, yaml};
use std::path::{Path, PathBuf};

/// Where a bundle's signature lies: `<bundle>.minisig`.
pub fn signature_path(bundle: &Path) -> PathBuf {
    beside(bundle, ".minisig")
}

/// Where a bundle's checksum lies: `<bundle>.sha256`.
pub fn checksum_path(bundle: &Path) -> PathBuf {
    beside(bundle, ".sha256")
}

fn beside(bundle: &Path, extension: &str) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(extension);
    PathBuf::from(name)
}

/// Why a release could not be made or judged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project could not be built.
    #[error(transparent)]
    Build(#[from] build::Error),
    /// The project could not be read.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// The rules say no.
    #[error("nothing was packed\n{0}")]
    Findings(Findings),
    /// A part of the project is a link.
    #[error("`{}` is a symbolic link; a bundle holds the project's own files only", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A file's name is not UTF-8.
    #[error("the name of `{}` is not UTF-8", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// The files make no bundle.
    #[error("the project cannot be packed")]
    Pack(#[source] bundle::Error),
    /// The file that was named is not there.
    #[error("there is no {kind} at `{}`", path.display())]
    Missing {
        /// What it should be.
        kind: Kind,
        /// Where it should be.
        path: PathBuf,
    },
    /// A folder stands where a file should.
    #[error("`{}` is a folder, and a file is wanted", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file is larger than anything that is read.
    #[error("`{}` is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most there may be.
        limit: u64,
    },
    /// The archive is none, or not a safe one.
    #[error("`{}` cannot be read as a bundle", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// Why.
        source: bundle::Error,
    },
    /// The archive that is being read is none, or not a safe one.
    #[error(transparent)]
    Unread(#[from] bundle::Error),
    /// What would be written is there already.
    #[error("`{}` is there already", path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// A bundle was to be converted into itself.
    #[error("`{}` is the bundle itself", path.display())]
    Itself {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file in the bundle.
    #[error("`{}` holds no `{wanted}`", bundle.display())]
    NotInBundle {
        /// The bundle.
        bundle: PathBuf,
        /// As it was asked for.
        wanted: String,
        /// A name like it.
        like: Option<String>,
    },
    /// There is no manifest at the root.
    #[error("`{}` is no bundle: it has no manifest.json at its root{}", path.display(), found(nested.as_deref()))]
    NoManifest {
        /// The bundle.
        path: PathBuf,
        /// A manifest further down.
        nested: Option<String>,
    },
    /// The manifest is not UTF-8.
    #[error("the manifest in `{}` is not UTF-8", path.display())]
    Encoding {
        /// The bundle.
        path: PathBuf,
    },
    /// The manifest in the bundle is no JSON object.
    #[error("the manifest in `{}` cannot be read", path.display())]
    Manifest {
        /// The bundle.
        path: PathBuf,
        /// Why.
        source: manifest::Error,
    },
    /// A wasm file, or the one in a bundle, cannot be read.
    #[error("`{}` cannot be read as a component", path.display())]
    Component {
        /// The file; of a bundle, with its place in it.
        path: PathBuf,
        /// Why.
        source: component::Error,
    },
    /// The two sides say nothing of the same things.
    #[error("`{}` and `{}` have nothing in common to compare", old.display(), new.display())]
    NothingInCommon {
        /// The old side.
        old: PathBuf,
        /// The new side.
        new: PathBuf,
    },
    /// The file of approvals is none.
    #[error("`{}` lists no approvals: {what}", path.display())]
    Approvals {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// A key's file or text is no key.
    #[error("`{key}` cannot be used as a key")]
    Key {
        /// As it was given.
        key: String,
        /// Why.
        source: signing::Error,
    },
    /// A key is never written over.
    #[error("`{}` is there already, and a key that is lost cannot be made again", path.display())]
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// There is neither a file nor a key of this name.
    #[error("`{key}` is neither a file nor a public key")]
    NoKey {
        /// As it was given.
        key: String,
    },
    /// A key of the user's folder has a name that is none.
    #[error("`{name}` is no name for a key")]
    KeyName {
        /// As it was given.
        name: String,
    },
    /// The list of default keys cannot be read.
    #[error("`{}` has a mistake", path.display())]
    Defaults {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: yaml::Error,
    },
    /// There is no trust file.
    #[error("there is no trust file at `{}`", path.display())]
    NoTrust {
        /// Where it should be.
        path: PathBuf,
    },
    /// The trust file cannot be used.
    #[error("`{}` cannot be used as a trust file", path.display())]
    Trust {
        /// The file.
        path: PathBuf,
        /// Why.
        source: signing::trust::Error,
    },
    /// The trust file has no such publisher or key.
    #[error("the trust file does not list `{what}`")]
    NotListed {
        /// The publisher or the key's id.
        what: String,
    },
    /// Fewer keys would be left than must sign.
    #[error("{threshold} keys must sign for `{publisher}`, and {keys} would be left")]
    Threshold {
        /// Whose.
        publisher: String,
        /// How many must.
        threshold: usize,
        /// How many there would be.
        keys: usize,
    },
    /// A key belongs to one publisher.
    #[error("key {key} is trusted for `{owner}` already, and a key is one publisher's")]
    KeyOfAnother {
        /// The key's id.
        key: String,
        /// Whose it is.
        owner: String,
    },
    /// A statement is by nobody who may make it.
    #[error("the statement is not believed: {why}")]
    Unbelieved {
        /// Why.
        why: String,
    },
    /// A file of results holds something else.
    #[error("`{}` holds no results: neither `status` nor `passed` is in it", path.display())]
    Results {
        /// The file.
        path: PathBuf,
    },
    /// An old signature is of all bytes at once.
    #[error(
        "the signature is of the bytes themselves, not of their hash, and the bundle is larger than {limit} bytes"
    )]
    OldSignature {
        /// The most there may be.
        limit: u64,
    },
    /// There is nothing to verify.
    #[error("there is no bundle in `{}`", folder.display())]
    NoBundles {
        /// The folder.
        folder: PathBuf,
    },
    /// Another tool made the bundle, so that building again would show nothing.
    #[error("`{}` was made by {made_by}, and this is alga-ext {}", path.display(), env!("CARGO_PKG_VERSION"))]
    OtherTool {
        /// The bundle.
        path: PathBuf,
        /// Its name and version.
        made_by: String,
    },
    /// The clean folder does not make a bundle.
    #[error("the source in `{}` makes no bundle in a clean folder", source_folder.display())]
    NotRebuilt {
        /// The project's folder.
        source_folder: PathBuf,
        /// Whether it stands in no git repository.
        is_alone: bool,
        /// Why.
        #[source]
        error: Box<Error>,
    },
    /// A program failed.
    #[error(transparent)]
    Tool(#[from] toolchain::Error),
    /// Nothing was signed.
    #[error(transparent)]
    Signing(#[from] signing::Error),
    /// The system said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What a file that was named should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bundle.
    Bundle,
    /// A secret key.
    SecretKey,
    /// A bundle, component or module.
    Archive,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Kind::Bundle => "bundle",
            Kind::SecretKey => "secret key",
            Kind::Archive => "bundle or wasm file",
        })
    }
}

impl Kind {
    /// Opens a file of this kind; that there is none is said in its own words.
    fn open(self, path: &Path, limit: u64) -> Result<std::fs::File, Error> {
        match open::open_bounded(path, limit) {
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::Missing { kind: self, path: path.to_path_buf() })
            }
            other => other,
        }
    }

    /// Reads a file of this kind; that there is none is said in its own words.
    fn read(self, path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
        match read_bounded(path, limit) {
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::Missing { kind: self, path: path.to_path_buf() })
            }
            other => other,
        }
    }
}

fn found(nested: Option<&str>) -> String {
    nested.map(|path| format!(", only at `{path}`")).unwrap_or_default()
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Build(error) => error.exit(),
            Error::Project(error) => error.exit(),
            Error::Findings(_)
            | Error::Link { .. }
            | Error::Name { .. }
            | Error::NoManifest { .. }
            | Error::Encoding { .. }
            | Error::TooLarge { .. }
            | Error::OldSignature { .. }
            | Error::Manifest { .. } => Exit::AtFault,
            Error::Tool(error) => error.exit(),
            Error::NotRebuilt { error, .. } => error.exit(),
            Error::Unbelieved { .. } => Exit::OtherKey,
            Error::Pack(error) | Error::Unread(error) | Error::Bundle { source: error, .. } => error.exit(),
            Error::Missing { .. }
            | Error::Folder { .. }
            | Error::Exists { .. }
            | Error::Itself { .. }
            | Error::NotInBundle { .. }
            | Error::KeyExists { .. }
            | Error::NothingInCommon { .. }
            | Error::Approvals { .. }
            | Error::NoKey { .. }
            | Error::Key { .. }
            | Error::KeyName { .. }
            | Error::Defaults { .. }
            | Error::NoTrust { .. }
            | Error::Trust { .. }
            | Error::NotListed { .. }
            | Error::KeyOfAnother { .. }
            | Error::Threshold { .. }
            | Error::Results { .. }
            | Error::NoBundles { .. }
            | Error::OtherTool { .. }
            | Error::Io(_) => Exit::NotJudged,
            Error::Signing(error) => error.exit(),
            Error::Component { source, .. } => source.exit(),
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::Build(error) => return error.hint(),
            Error::Project(error) => return error.hint(),
            Error::Pack(error) | Error::Unread(error) | Error::Bundle { source: error, .. } => {
                return error.hint();
            }
            Error::Signing(error) | Error::Key { source: error, .. } => return error.hint(),
            Error::Component { source, .. } => return source.hint(),
            Error::Findings(_) => "mend the errors above; `alga-ext validate` checks again",
            Error::Link { .. } => "put the file itself there",
            Error::Name { .. } => "rename it; browsers and the platform read UTF-8 names only",
            Error::NoManifest { .. } | Error::Encoding { .. } | Error::Manifest { .. } => {
                "make the bundle with `alga-ext pack`"
            }
            Error::Missing { kind: Kind::SecretKey, .. } => {
                "make one with `alga-ext keys generate --out <file>`"
            }
            Error::Missing { .. } => "make a bundle with `alga-ext pack`",
            Error::Exists { .. } => "name another place with `--out`, or move it away",
            Error::Itself { .. } => "name another file with `--out`",
            Error::NotInBundle { like: Some(like), .. } => {
                return Some(format!("it holds `{}`", like.escape_debug()));
            }
            Error::NotInBundle { .. } => "`alga-ext ls <bundle>` lists what it holds",
            Error::KeyExists { .. } => "choose another name with `--out`, or move it away",
            Error::NoKey { .. } => {
                "give the `.pub` file that `alga-ext keys generate` wrote, or its second line"
            }
            Error::NothingInCommon { .. } => "name two bundles, projects or manifests, or two components",
            Error::Approvals { .. } => {
                "write a list such as `- {name: \"cap:http.fetch\", reason: \"sends reports\", by: \"Ada\"}`"
            }
            Error::Tool(error) => return error.hint(),
            Error::NotRebuilt { is_alone: true, .. } => {
                "it stands in no git repository, and of what lies around it only what its last build read is taken along: \
                 run `alga-ext build` there first, or put it under git"
            }
            Error::NotRebuilt { .. } => "what git ignores is not taken along, but for `node_modules`",
            Error::KeyName { .. } => "letters, digits, `-`, `_` and `.` make one",
            Error::Defaults { .. } => "it lists publishers, each with the name of a key; or remove it",
            Error::NoTrust { .. } => "make one with `alga-ext trust init`, or name it with `--trust`",
            Error::Trust { .. } => "`alga-ext schema trust.yaml` prints what it may hold",
            Error::NotListed { .. } => "`alga-ext trust list` shows who is",
            Error::Threshold { .. } => {
                "trust another key first, or name how many must sign with `--threshold`"
            }
            Error::KeyOfAnother { .. } => "`alga-ext trust remove` takes it from there",
            Error::Unbelieved { .. } => {
                "ask its signer; if it is true, change the trust file with `alga-ext trust add` or `remove`"
            }
            Error::Results { .. } => {
                "give documents of `alga-ext invoke --format json`, or any with `\"passed\": true`"
            }
            Error::OldSignature { .. } => "sign it anew with `alga-ext sign`",
            Error::OtherTool { .. } => "build it again with the version that made it",
            Error::NoBundles { .. } => "bundles are told by their names: `.tar.zst`, `.tar.gz`, `.zip`",
            Error::Folder { .. } | Error::TooLarge { .. } | Error::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}
