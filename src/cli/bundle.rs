//! Bundles: `pack`, `convert`, `ls`, `unpack`, `cat`, `inspect`.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// How a bundle is held together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Container {
    /// What the platform runs
    #[value(name = "tar.zst")]
    TarZst,
    /// For tools without zstd
    #[value(name = "tar.gz")]
    TarGz,
    /// For archives people open
    Zip,
}

/// `pack`
#[derive(Debug, Args)]
pub struct Pack {
    /// The file to write; dist/bundle.<container> when absent
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// How the bundle is held together
    #[arg(long, value_enum, default_value_t = Container::TarZst)]
    pub container: Container,
    /// Be quick rather than small
    #[arg(long)]
    pub fast: bool,
    /// Where the bill of materials goes, in CycloneDX
    #[arg(long, value_enum, default_value_t = Sbom::Beside)]
    pub sbom: Sbom,
    /// The time the bill of materials says it was made, in seconds since 1970; it says none when absent
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS", hide = true)]
    pub source_date_epoch: Option<u64>,
}

/// Where the bill of materials goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sbom {
    /// Beside the bundle: <bundle>.cdx.json
    Beside,
    /// Beside the bundle, and into it: META/sbom.cdx.json
    Embed,
    /// Nowhere
    None,
}

/// `convert`
#[derive(Debug, Args)]
pub struct Convert {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// How it is to be held together
    #[arg(long, value_enum)]
    pub to: Container,
    /// The file to write; the bundle's name with the container's extension when absent
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Be quick rather than small
    #[arg(long)]
    pub fast: bool,
}

/// `ls`
#[derive(Debug, Args)]
pub struct Ls {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// As a tree of folders
    #[arg(long)]
    pub tree: bool,
}

/// `unpack`
#[derive(Debug, Args)]
pub struct Unpack {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// The folder to make; the bundle's name without its extension, here, when absent
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// `cat`
#[derive(Debug, Args)]
pub struct Cat {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// The file in it
    pub path: String,
}

/// `inspect`
#[derive(Debug, Args)]
pub struct Inspect {
    /// A bundle, a component or a core module
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Show what is in the component, by package and size
    #[arg(long)]
    pub modules: bool,
}
