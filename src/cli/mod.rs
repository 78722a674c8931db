//! The command line, as clap reads it. Environment variables are declared in this folder and nowhere else.

#![expect(rustdoc::invalid_html_tags, reason = "clap prints these comments, where `<NAME>` is a placeholder")]

mod bundle;
mod format;
mod registry;
mod review;
mod trust;
mod validate;

pub use bundle::{Cat, Container, Convert, Inspect, Ls, Pack, Sbom, Unpack};
pub use format::Format;
pub use registry::{
    Publish, Registry, RegistryCommand, RegistryFetch, RegistryInstall, RegistryLs, RegistryServe,
    RegistryUninstall, RegistryVersions, Remote,
};
pub use review::{Diff, Lsp};
pub use validate::{Against, Explain, Validate};

pub use trust::{
    Attest, Epoch, FirstUse, KeyFolder, Keys, KeysChangePassword, KeysCommand, KeysDefault, KeysExport,
    KeysGenerate, KeysImport, KeysList, NewPassword, Password, Rekey, Requirement, RevokeReason, Secret,
    Sign, SigningKey, Trust, TrustAdd, TrustCommand, TrustExplain, TrustFile, TrustInit, TrustRemove,
    TrustRevoke, TrustRotate, Verify,
};

use crate::wipe;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// The toolchain for Alga PSA extensions.
#[derive(Debug, Parser)]
#[command(name = "alga-ext", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done · 1 the extension, bundle or test is at fault · 2 nothing was judged \
(usage, environment) · 3 the registry refused or could not be reached · 4 published but not installed · verify \
adds 10 no signature, 11 bytes, comment or expected hash disagree, 12 another key, 13 revoked or expired"
)]
pub struct Cli {
    /// Options every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The project folder; else the nearest parent with a manifest.json
    #[arg(short = 'C', long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub project: Option<PathBuf>,
    /// How results are printed on standard output; text for people when absent
    #[arg(long, global = true, value_parser = Format::of_results(), value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Say nothing but errors on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Where compiled engines and components are kept between runs
    #[arg(long, global = true, env = "ALGA_EXT_CACHE_DIR", value_name = "DIR", hide = true)]
    pub cache_dir: Option<PathBuf>,
    /// Where the user's caches are
    #[arg(long, global = true, env = "XDG_CACHE_HOME", hide = true, value_name = "DIR")]
    pub xdg_cache_home: Option<PathBuf>,
    /// The user's home
    #[arg(long, global = true, env = "HOME", hide = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// The cargo that Rust handlers are built with
    #[arg(long, global = true, env = "CARGO", hide = true, value_name = "PATH")]
    pub cargo: Option<PathBuf>,
    /// The rustc that Rust handlers are built with
    #[arg(long, global = true, env = "RUSTC", hide = true, value_name = "PATH")]
    pub rustc: Option<PathBuf>,
    /// Where cargo keeps its configuration
    #[arg(long, global = true, env = "CARGO_HOME", hide = true, value_name = "DIR")]
    pub cargo_home: Option<PathBuf>,
    /// The target cargo builds for
    #[arg(long, global = true, env = "CARGO_BUILD_TARGET", hide = true, value_name = "TRIPLE")]
    pub cargo_target: Option<String>,
    /// Any value turns colour off
    #[arg(long, global = true, env = "NO_COLOR", hide = true, value_name = "ANY")]
    pub no_color: Option<String>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal
    Auto,
    /// Even into a pipe
    Always,
    /// Not at all
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new extension from a template
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext new",
        "\n  alga-ext new ticket-notes --template fullstack --publisher Acme --id com.acme.ticket-notes --yes",
    ))]
    New(New),
    /// Turn the source into dist/main.wasm and dist/ui
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext build",
        "\n  alga-ext build -C extensions/ticket-notes --format json",
    ))]
    Build(Build),
    /// Check the manifest, the project, a bundle or a component
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext validate",
        "\n  alga-ext validate --fix --dry-run",
        "\n  alga-ext validate dist/bundle.tar.zst --deny warnings --format sarif",
    ))]
    Validate(Validate),
    /// Say what a finding's code means, with an example and its mend
    #[command(after_help = "Examples:\n  alga-ext explain capability-unknown\n  alga-ext explain --list")]
    Explain(Explain),
    /// Speak the Language Server Protocol to an editor: findings, fixes and completions as you write
    #[command(after_help = "Editors start it themselves; docs/editors.md has the lines to configure.")]
    Lsp(Lsp),
    /// Make the bundle that is signed and published
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext pack",
        "\n  alga-ext pack --container zip --out ticket-notes.zip",
        "\n  alga-ext pack --fast --sbom embed",
    ))]
    Pack(Pack),
    /// Make and keep signing keys
    Keys(Keys),
    /// Sign a bundle
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext sign dist/bundle.tar.zst --key acme.key",
        "\n  alga-ext sign dist/bundle.tar.zst --expires 365d",
        "\n  alga-ext sign dist/bundle.tar.zst --external ./sign-with-card --public-key acme.pub",
    ))]
    Sign(Sign),
    /// State what was tested, validated and measured of a bundle, signed
    #[command(
        after_help = "Examples:\n  alga-ext attest dist/bundle.tar.zst --tests results.json --key acme.key"
    )]
    Attest(Attest),
    /// Check a bundle's signatures and what is in it, offline
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext verify dist/bundle.tar.zst --key acme.key.pub",
        "\n  alga-ext verify bundle.tar.zst --trust trust.yaml --require tests,validate",
        "\n  alga-ext verify --dir incoming --trust trust.yaml",
        "\n  alga-ext verify dist/bundle.tar.zst --rebuild --source v1.2.0",
    ))]
    Verify(Verify),
    /// Say whom to believe
    Trust(Trust),
    /// Show what is in a bundle or a wasm file
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext inspect dist/bundle.tar.zst",
        "\n  alga-ext inspect dist/main.wasm --format json",
    ))]
    Inspect(Inspect),
    /// Put a bundle's files into another container
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext convert dist/bundle.tar.zst --to zip",
        "\n  alga-ext convert upload.zip --to tar.zst --out bundle.tar.zst",
    ))]
    Convert(Convert),
    /// List a bundle's files
    #[command(after_help = "Examples:\n  alga-ext ls dist/bundle.tar.zst --tree")]
    Ls(Ls),
    /// Unpack a bundle into a new folder
    #[command(after_help = "Examples:\n  alga-ext unpack dist/bundle.tar.zst --out bundle")]
    Unpack(Unpack),
    /// Print a file of a bundle
    #[command(after_help = "Examples:\n  alga-ext cat dist/bundle.tar.zst manifest.json")]
    Cat(Cat),
    /// Say what changes between two versions, and what they may do that they could not
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext diff dist/bundle.tar.zst .",
        "\n  alga-ext diff old.tar.zst new.tar.zst --require-approval approvals.yaml",
    ))]
    Diff(Diff),
    /// Run the extension on this machine and reload it as it changes
    #[command(after_help = "Examples:\n  alga-ext dev\n  alga-ext dev --port 0 --data own.local.yaml")]
    Dev(Dev),
    /// Call the handler once
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext invoke GET '/hello?greeting=Welcome'",
        "\n  alga-ext invoke POST /notes --body '{\"text\":\"hi\"}'",
        "\n  alga-ext invoke POST /import --body @report.json --header 'content-type: application/json'",
    ))]
    Invoke(Invoke),
    /// Upload, finalize and install a bundle
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext publish --registry https://alga.example.com --tenant acme",
        "\n  alga-ext publish dist/bundle.tar.zst --registry http://127.0.0.1:4880 --tenant acme --api-key-file registry/admin.key",
    ))]
    Publish(Publish),
    /// Run a registry, or talk to one
    Registry(Registry),
    /// Print the interface extensions are built against
    Wit,
    /// Write the types of the platform, the SDK and a handler's globals for an editor and tsc
    #[command(after_help = "Examples:\n  alga-ext types\n  alga-ext types --check")]
    Types(Types),
    /// Print a JSON Schema
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext schema",
        "\n  alga-ext schema manifest.v2 > manifest.schema.json",
    ))]
    Schema(Schema),
    /// Print a completion script
    #[command(after_help = concat!(
        "Examples:",
        "\n  alga-ext completions bash > ~/.local/share/bash-completion/completions/alga-ext",
    ))]
    Completions(Completions),
    /// Show what is kept between runs, or clear it
    #[command(after_help = "Examples:\n  alga-ext cache\n  alga-ext cache clear")]
    Cache(Cache),
    /// Check the machine
    Doctor,
    /// See the whole life of an extension, from template to a verified, running bundle
    Tour(Tour),
}

/// `types`
#[derive(Debug, Args)]
pub struct Types {
    /// Write nothing; fail when a file differs from what this version writes
    #[arg(long)]
    pub check: bool,
}

/// `new`
#[derive(Debug, Args)]
pub struct New {
    /// The project's name, and its folder's
    pub name: Option<String>,
    /// Which template; `--list` shows them
    #[arg(long, value_name = "ID")]
    pub template: Option<String>,
    /// Who publishes it
    #[arg(long, value_name = "NAME")]
    pub publisher: Option<String>,
    /// The manifest's name, reverse-domain: com.acme.name
    #[arg(long, value_name = "NAME")]
    pub id: Option<String>,
    /// The folder to make it in; ./<name> when absent
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Ask nothing
    #[arg(long, short)]
    pub yes: bool,
    /// Show the templates
    #[arg(long)]
    pub list: bool,
}

/// `build`
#[derive(Debug, Args)]
pub struct Build {
    /// Check the types before, with the project's own tsc
    #[arg(long)]
    pub types: bool,
    /// Make the source small: stacks still name its lines
    #[arg(long)]
    pub minify: bool,
}

/// `cache`
#[derive(Debug, Args)]
pub struct Cache {
    /// What to do with it; shown when absent.
    #[command(subcommand)]
    pub command: Option<CacheCommand>,
}

/// The verbs of `cache`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum CacheCommand {
    /// Remove every entry; safe beside a running build, which makes anew what it misses
    #[command(after_help = "Examples:\n  alga-ext cache clear")]
    Clear,
}

/// A secret's environment variable.
#[expect(clippy::disallowed_methods, reason = "environment variables are declared in this folder")]
fn secret(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_some() {
        wipe::from_now_on();
    }
    found
}

/// `dev`
#[derive(Debug, Args)]
pub struct Dev {
    /// The port on the loopback address; any free one when 0
    #[arg(long, default_value_t = 4870, value_name = "N")]
    pub port: u16,
    /// Platform data instead of the project's alga-ext.yaml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub data: Option<PathBuf>,
    /// Do not rebuild when files change
    #[arg(long)]
    pub no_watch: bool,
    /// Behave as the platform does where it has a defect
    #[arg(long)]
    pub as_production: bool,
}

/// Who a call is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Persona {
    /// Staff of the tenant
    Internal,
    /// A user of the client portal
    Client,
    /// Nobody: a schedule or a service
    None,
}

/// `invoke`
#[derive(Debug, Args)]
pub struct Invoke {
    /// GET, POST, PUT, PATCH or DELETE
    pub method: String,
    /// The endpoint's path, with its query
    pub path: String,
    /// The request body: text, or @FILE
    #[arg(long, value_name = "TEXT|@FILE")]
    pub body: Option<String>,
    /// A request header, `name: value`; repeatable
    #[arg(long = "header", short = 'H', value_name = "K:V")]
    pub headers: Vec<String>,
    /// Who calls
    #[arg(long, value_enum, default_value_t = Persona::Internal)]
    pub user: Persona,
    /// Platform data instead of the project's alga-ext.yaml
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub data: Option<PathBuf>,
    /// Call the handler of this bundle, not the project's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub bundle: Option<PathBuf>,
    /// Behave as the platform does where it has a defect
    #[arg(long)]
    pub as_production: bool,
}

/// `schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Which schema; all names are listed when absent
    pub name: Option<String>,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `tour`
#[derive(Debug, Args)]
pub struct Tour {
    /// Keep the folder it works in
    #[arg(long)]
    pub keep: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
