//! Keys and trust: `keys`, `sign`, `verify`, `attest`, `trust`.

use super::secret;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::fmt;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A secret from the environment: zeroed when dropped, and never printed.
#[derive(Clone)]
pub struct Secret(pub Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

fn hidden(variable: &str) -> Option<Secret> {
    secret(variable).filter(|text| !text.is_empty()).map(|text| Secret(Zeroizing::new(text)))
}

/// Where a key's password comes from; never an argument.
#[derive(Debug, Args)]
pub struct Password {
    /// A file whose first line is the key's password; else `ALGA_EXT_KEY_PASSWORD`, else it is asked for
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
    /// An open file descriptor whose first line is the key's password
    #[arg(long, value_name = "N", conflicts_with = "password_file")]
    pub password_fd: Option<u32>,
    /// `ALGA_EXT_KEY_PASSWORD`. Not clap's `env`, which comes with a flag, and what a flag says all processes can read.
    #[arg(skip = hidden("ALGA_EXT_KEY_PASSWORD"))]
    pub password: Option<Secret>,
}

/// Where the new password comes from, when one is changed.
#[derive(Debug, Args)]
pub struct NewPassword {
    /// A file whose first line is the new password; else `ALGA_EXT_NEW_KEY_PASSWORD`, else it is asked for
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub new_password_file: Option<PathBuf>,
    /// Keep the secret key unencrypted
    #[arg(long, conflicts_with = "new_password_file")]
    pub no_password: bool,
    /// `ALGA_EXT_NEW_KEY_PASSWORD`, read like the password.
    #[arg(skip = hidden("ALGA_EXT_NEW_KEY_PASSWORD"))]
    pub new_password: Option<Secret>,
}

/// Where the user's own keys are.
#[derive(Debug, Args)]
pub struct KeyFolder {
    /// The folder of keys; ~/.config/alga-ext/keys when absent
    #[arg(long, env = "ALGA_EXT_KEYS_DIR", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub keys: Option<PathBuf>,
    /// Where the user's configuration is
    #[arg(long, env = "XDG_CONFIG_HOME", hide = true, value_name = "DIR")]
    pub xdg_config_home: Option<PathBuf>,
}

/// What signs.
#[derive(Debug, Args)]
pub struct SigningKey {
    /// The secret key's file, or its name in the folder of keys; else `ALGA_EXT_SIGNING_KEY`, else the publisher's default
    #[arg(long, value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// An open file descriptor to read the secret key from
    #[arg(long, value_name = "N", conflicts_with = "key")]
    pub key_fd: Option<u32>,
    /// A command that signs: bytes on standard input, their 64-byte Ed25519 signature on standard output
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["key", "key_fd"], requires = "public_key")]
    pub external: Option<String>,
    /// The public key of --external: a file, or the key itself
    #[arg(long, value_name = "FILE|KEY")]
    pub public_key: Option<String>,
    /// `ALGA_EXT_SIGNING_KEY`, read like the password.
    #[arg(skip = hidden("ALGA_EXT_SIGNING_KEY"))]
    pub signing_key: Option<Secret>,
    /// Password.
    #[command(flatten)]
    pub password: Password,
    /// Folder.
    #[command(flatten)]
    pub folder: KeyFolder,
}

/// `keys`
#[derive(Debug, Args)]
pub struct Keys {
    /// What to do with keys.
    #[command(subcommand)]
    pub command: KeysCommand,
}

/// The verbs of `keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key pair: <FILE> (secret, mode 0600) and <FILE>.pub
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext keys generate --out acme.key",
        "\n  alga-ext keys generate --name acme --publisher 'Acme Inc'",
    ))]
    Generate(KeysGenerate),
    /// Store a secret key of minisign's in the folder of keys
    #[command(after_help = "Examples:\n  alga-ext keys import ~/.minisign/minisign.key --name acme")]
    Import(KeysImport),
    /// Print a public key
    #[command(after_help = "Examples:\n  alga-ext keys export acme > acme.pub")]
    Export(KeysExport),
    /// List the keys of the folder
    List(KeysList),
    /// Give a secret key another password
    #[command(after_help = "Examples:\n  alga-ext keys change-password acme")]
    ChangePassword(KeysChangePassword),
    /// Show or set which key signs for a publisher
    #[command(after_help = "Examples:\n  alga-ext keys default 'Acme Inc' acme")]
    Default(KeysDefault),
}

/// `keys generate`
#[derive(Debug, Args)]
pub struct KeysGenerate {
    /// The secret key's file; the public key goes beside it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "name")]
    pub out: Option<PathBuf>,
    /// Its name in the folder of keys
    #[arg(long, value_name = "NAME", conflicts_with = "out")]
    pub name: Option<String>,
    /// Whose default key it is to be
    #[arg(long, value_name = "NAME", requires = "name")]
    pub publisher: Option<String>,
    /// Keep the secret key unencrypted, for CI
    #[arg(long, conflicts_with_all = ["password_file", "password_fd"])]
    pub no_password: bool,
    /// Password.
    #[command(flatten)]
    pub password: Password,
    /// Folder.
    #[command(flatten)]
    pub folder: KeyFolder,
}

/// `keys import`
#[derive(Debug, Args)]
pub struct KeysImport {
    /// The secret key's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Its name in the folder of keys
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Passwords and folder.
    #[command(flatten)]
    pub rekey: Rekey,
}

/// `keys export`
#[derive(Debug, Args)]
pub struct KeysExport {
    /// The key's name, or its secret key's file
    pub key: PathBuf,
    /// Folder.
    #[command(flatten)]
    pub folder: KeyFolder,
}

/// `keys list`
#[derive(Debug, Args)]
pub struct KeysList {
    /// Folder.
    #[command(flatten)]
    pub folder: KeyFolder,
}

/// `keys change-password`
#[derive(Debug, Args)]
pub struct KeysChangePassword {
    /// The key's name, or its secret key's file
    pub key: PathBuf,
    /// Passwords and folder.
    #[command(flatten)]
    pub rekey: Rekey,
}

/// What opens a key, what it is closed with, and where it is.
#[derive(Debug, Args)]
pub struct Rekey {
    /// Password.
    #[command(flatten)]
    pub password: Password,
    /// New password.
    #[command(flatten)]
    pub new: NewPassword,
    /// Folder.
    #[command(flatten)]
    pub folder: KeyFolder,
}

/// `keys default`
#[derive(Debug, Args)]
pub struct KeysDefault {
    /// The publisher, as the manifest names it; all are shown when absent
    pub publisher: Option<String>,
    /// The name of the key that signs for it; shown when absent
    pub name: Option<String>,
    /// Folder.
    #[command(flatten)]
    pub folder: KeyFolder,
}

/// The moment a signature says it was made.
#[derive(Debug, Args)]
pub struct Epoch {
    /// The moment, in seconds since 1970; now when absent
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS", hide = true)]
    pub source_date_epoch: Option<i64>,
}

/// `sign`
#[derive(Debug, Args)]
pub struct Sign {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// From when on it is not to be accepted: days (90d), a day (2027-01-31) or a moment
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,
    /// What signs.
    #[command(flatten)]
    pub key: SigningKey,
    /// When.
    #[command(flatten)]
    pub epoch: Epoch,
}

/// What a statement must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Requirement {
    /// There were tests, and all passed
    Tests,
    /// The rules found no errors
    Validate,
}

/// `verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath, required_unless_present = "dir", conflicts_with = "dir")]
    pub bundle: Option<PathBuf>,
    /// Every bundle in this folder and those below it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// The public key: a file, or the key itself; with --trust, the key to pin when it is the first
    #[arg(long, value_name = "FILE|KEY", required_unless_present_any = ["trust", "rebuild"])]
    pub key: Option<String>,
    /// The trust file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub trust: Option<PathBuf>,
    /// Note in the trust file what was accepted: older versions are refused from then on
    #[arg(long, requires = "trust", conflicts_with = "dir")]
    pub remember: bool,
    /// The moment to judge for; now when absent
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// What a signed statement beside the bundle must say
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub require: Vec<Requirement>,
    /// The signature; <BUNDLE>.minisig and <BUNDLE>.<KEY ID>.minisig when absent
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "dir")]
    pub signature: Option<PathBuf>,
    /// The content hash it must have: sha256:<hex>, or the hex alone
    #[arg(long, value_name = "HASH", conflicts_with = "dir")]
    pub expect_hash: Option<String>,
    /// Build it anew from its source in a clean folder, and compare
    #[arg(long, conflicts_with = "dir")]
    pub rebuild: bool,
    /// The source: a folder, or a commit, tag or branch of the project; the project when absent
    #[arg(long, value_name = "DIR|REF", requires = "rebuild")]
    pub source: Option<String>,
}

/// `attest`
#[derive(Debug, Args)]
pub struct Attest {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// Results, as `invoke --format json` prints them, or any JSON with `passed`; repeatable
    #[arg(long = "tests", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tests: Vec<PathBuf>,
    /// What signs.
    #[command(flatten)]
    pub key: SigningKey,
    /// When.
    #[command(flatten)]
    pub epoch: Epoch,
}

/// `trust`
#[derive(Debug, Args)]
pub struct Trust {
    /// What to do with it.
    #[command(subcommand)]
    pub command: TrustCommand,
}

/// Which trust file.
#[derive(Debug, Args)]
pub struct TrustFile {
    /// The trust file
    #[arg(long, value_name = "FILE", default_value = "trust.yaml", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
}

/// The verbs of `trust`.
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// Make a trust file that trusts nobody
    Init(TrustInit),
    /// Trust a key for a publisher, or take in a signed statement
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext trust add 'Acme Inc' --key acme.pub --until 2027-12-31",
        "\n  alga-ext trust add --statement acme.rotation.json",
    ))]
    Add(TrustAdd),
    /// No longer trust a publisher, or one of its keys
    #[command(after_help = "Examples:\n  alga-ext trust remove 'Acme Inc'")]
    Remove(TrustRemove),
    /// As a publisher, let a key introduce its successor: a statement for those who trust it
    #[command(
        after_help = "Examples:\n  alga-ext trust rotate 'Acme Inc' --to new.pub --key old.key --out rotation.json"
    )]
    Rotate(TrustRotate),
    /// As a publisher, revoke a key or a bundle: a statement for those who trust it
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext trust revoke 'Acme Inc' --revoked-key 0123456789ABCDEF --reason compromised --key acme.key --out revoked.json",
    ))]
    Revoke(TrustRevoke),
    /// Show whom the file trusts
    List(TrustFile),
    /// Say step by step why a bundle is or is not accepted
    #[command(after_help = "Examples:\n  alga-ext trust explain bundle.tar.zst")]
    Explain(TrustExplain),
}

/// `trust init`
#[derive(Debug, Args)]
pub struct TrustInit {
    /// Which.
    #[command(flatten)]
    pub file: TrustFile,
    /// What becomes of a publisher who is not listed
    #[arg(long, value_enum, default_value_t = FirstUse::Refuse, value_name = "WHAT")]
    pub first_use: FirstUse,
}

/// What becomes of a publisher who is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FirstUse {
    /// It is refused
    Refuse,
    /// Its key, when it is named, is accepted and pinned
    Pin,
}

/// `trust add`
#[derive(Debug, Args)]
pub struct TrustAdd {
    /// The publisher, as manifests name it
    #[arg(required_unless_present_any = ["statement", "revoker"], conflicts_with = "statement")]
    pub publisher: Option<String>,
    /// The public key: a file, or the key itself
    #[arg(long, value_name = "FILE|KEY")]
    pub key: Option<String>,
    /// From when on it is valid: a day or a moment
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Until when it is valid: days (90d), a day or a moment
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// How many of the publisher's keys must sign
    #[arg(long, value_name = "N")]
    pub threshold: Option<usize>,
    /// A signed statement: a rotation or a revocation
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub statement: Option<PathBuf>,
    /// A public key that may revoke anything
    #[arg(long, value_name = "FILE|KEY")]
    pub revoker: Option<String>,
    /// The moment to judge a statement for; now when absent
    #[arg(long, value_name = "TIME", requires = "statement")]
    pub at: Option<String>,
    /// Which.
    #[command(flatten)]
    pub file: TrustFile,
}

/// `trust remove`
#[derive(Debug, Args)]
pub struct TrustRemove {
    /// The publisher
    pub publisher: String,
    /// The id of the one key to remove; all when absent
    #[arg(long, value_name = "ID")]
    pub key_id: Option<String>,
    /// How many of the keys that are left must sign; as many as before when absent
    #[arg(long, value_name = "N", requires = "key_id")]
    pub threshold: Option<usize>,
    /// Which.
    #[command(flatten)]
    pub file: TrustFile,
}

/// `trust rotate`
#[derive(Debug, Args)]
pub struct TrustRotate {
    /// The publisher, as manifests name it
    pub publisher: String,
    /// The new public key: a file, or the key itself
    #[arg(long, value_name = "FILE|KEY")]
    pub to: String,
    /// From when on the new key is valid; now when absent
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Until when it is valid
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The file to write
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// The old key.
    #[command(flatten)]
    pub key: SigningKey,
    /// When.
    #[command(flatten)]
    pub epoch: Epoch,
}

/// Why something is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RevokeReason {
    /// Somebody else may have the key: nothing it ever signed is believed
    Compromised,
    /// Another key took its place: what it signed before is believed
    Superseded,
    /// It is not to be used any more
    Withdrawn,
}

/// `trust revoke`
#[derive(Debug, Args)]
pub struct TrustRevoke {
    /// The publisher, as manifests name it
    pub publisher: String,
    /// The id of the key to revoke
    #[arg(long, value_name = "ID", required_unless_present = "hash", conflicts_with = "hash")]
    pub revoked_key: Option<String>,
    /// The content hash of the bundle to revoke
    #[arg(long, value_name = "HASH")]
    pub hash: Option<String>,
    /// Why
    #[arg(long, value_enum)]
    pub reason: RevokeReason,
    /// Why, in words
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub note: String,
    /// Since when; now when absent
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// The file to write
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// What signs.
    #[command(flatten)]
    pub key: SigningKey,
    /// When.
    #[command(flatten)]
    pub epoch: Epoch,
}

/// `trust explain`
#[derive(Debug, Args)]
pub struct TrustExplain {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// The moment to judge for; now when absent
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The key to pin when it is the first
    #[arg(long, value_name = "FILE|KEY")]
    pub key: Option<String>,
    /// Which.
    #[command(flatten)]
    pub file: TrustFile,
}
