//! Registries: `publish` and `registry`.

use super::secret;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// Which registry, as whom.
#[derive(Debug, Args)]
pub struct Remote {
    /// The registry's address
    #[arg(long, value_name = "URL", env = "ALGA_API_BASE_URL")]
    pub registry: String,
    /// The tenant
    #[arg(long, value_name = "ID", env = "ALGA_TENANT_ID")]
    pub tenant: Option<String>,
    /// A file whose first line is the API key; else `ALGA_API_KEY`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub api_key_file: Option<PathBuf>,
    /// `ALGA_API_KEY`, read like the password: what a flag says all processes can read.
    #[arg(skip = secret("ALGA_API_KEY"))]
    pub api_key: Option<String>,
    /// How long a call may take; one that moves a bundle gets more by its size
    #[arg(long, default_value = "60", value_parser = seconds, value_name = "SECONDS")]
    pub timeout: Duration,
    /// How often a call is repeated when the registry is busy or cannot be reached
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(..=20), value_name = "N")]
    pub retries: u32,
    /// The pause before the first repetition; later ones are longer
    #[arg(long, default_value = "0.5", value_parser = seconds, value_name = "SECONDS", hide = true)]
    pub retry_pause: Duration,
}

/// A time span from a number of seconds: more than nothing, a day at most.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is wanted".to_owned())?;
    let fits = seconds > 0.0 && seconds <= 86_400.0;
    let span = fits.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten();
    span.ok_or_else(|| "a number of seconds above 0, up to 86400, is wanted".to_owned())
}

/// `publish`
#[derive(Debug, Args)]
pub struct Publish {
    /// The bundle; the project is packed when absent
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: Option<PathBuf>,
    /// Where to.
    #[command(flatten)]
    pub remote: Remote,
    /// Publish and stop there
    #[arg(long)]
    pub no_install: bool,
    /// Check everything, send nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `registry`
#[derive(Debug, Args)]
pub struct Registry {
    /// What to do.
    #[command(subcommand)]
    pub command: RegistryCommand,
}

/// The verbs of `registry`.
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Run a registry on this machine
    #[command(after_help = "Examples:\n  alga-ext registry serve --data registry")]
    Serve(RegistryServe),
    /// List the extensions
    Ls(RegistryLs),
    /// List an extension's versions
    Versions(RegistryVersions),
    /// Fetch a bundle
    Fetch(RegistryFetch),
    /// Install a version for the tenant
    Install(RegistryInstall),
    /// Remove the tenant's installation
    Uninstall(RegistryUninstall),
}

/// `registry serve`
#[derive(Debug, Args)]
pub struct RegistryServe {
    /// Where rows and bundles are kept
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: PathBuf,
    /// The port on the loopback address; any free one when 0
    #[arg(long, default_value_t = 4880, value_name = "N")]
    pub port: u16,
    /// How many calls a minute each of upload, finalize and abort takes
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "N")]
    pub rate_limit: u32,
}

/// `registry ls`
#[derive(Debug, Args)]
pub struct RegistryLs {
    /// Where.
    #[command(flatten)]
    pub remote: Remote,
}

/// `registry versions`
#[derive(Debug, Args)]
pub struct RegistryVersions {
    /// The extension: its registry id or its name
    pub id: String,
    /// Where.
    #[command(flatten)]
    pub remote: Remote,
}

/// `registry fetch`
#[derive(Debug, Args)]
pub struct RegistryFetch {
    /// The extension: its registry id or its name
    pub id: String,
    /// The version
    #[arg(id = "published", value_name = "VERSION")]
    pub version: String,
    /// The file to write; <name>-<version>.tar.zst when absent
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub remote: Remote,
}

/// `registry install`
#[derive(Debug, Args)]
pub struct RegistryInstall {
    /// The extension: its registry id or its name
    pub id: String,
    /// The version; the newest when absent
    #[arg(id = "published", value_name = "VERSION")]
    pub version: Option<String>,
    /// Where.
    #[command(flatten)]
    pub remote: Remote,
}

/// `registry uninstall`
#[derive(Debug, Args)]
pub struct RegistryUninstall {
    /// The extension: its registry id or its name
    pub id: String,
    /// Where.
    #[command(flatten)]
    pub remote: Remote,
}
