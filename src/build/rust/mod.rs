//! A Rust handler: its crate found by `cargo metadata`, built by cargo, made a component.

mod inputs;
mod needs;
mod target;

pub(super) use needs::dependencies;

use super::{Input, Made};
use crate::component::{self, Kind};
use crate::exit::Exit;
use crate::toolchain::{self, Invocation, Stdout, Tools};
use cargo_metadata::{CrateType, Message, Metadata, MetadataCommand, Package};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Why there is no component of the crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `cargo metadata` failed.
    #[error("cargo cannot read `{}`", manifest.display())]
    Metadata {
        /// The manifest.
        manifest: PathBuf,
        /// Why.
        source: toolchain::Error,
    },
    /// cargo said something this tool does not understand.
    #[error("cargo's answer cannot be read")]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No crate is built as a library for others to call.
    #[error("no crate of `{}` is a `cdylib`, which a handler is", manifest.display())]
    NoHandlerCrate {
        /// The manifest.
        manifest: PathBuf,
    },
    /// Several crates could be the handler.
    #[error("several crates could be the handler: {}", crates.join(", "))]
    ManyHandlerCrates {
        /// Their names.
        crates: Vec<String>,
    },
    /// cargo's configuration cannot be read.
    #[error("`{}` has a mistake", file.display())]
    Configuration {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
    /// The compiler lacks the target.
    #[error("this Rust toolchain cannot build for `{target}`")]
    NoTarget {
        /// The target.
        target: String,
        /// What cargo said.
        source: toolchain::Error,
    },
    /// cargo failed.
    #[error("cargo did not build the handler")]
    Cargo(#[source] toolchain::Error),
    /// cargo succeeded and made no wasm.
    #[error("cargo built `{package}` and made no `.wasm` file of it")]
    NoArtifact {
        /// The crate.
        package: String,
    },
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Metadata { source, .. } | Error::Cargo(source) => source.exit(),
            Error::Answer(_) | Error::NoTarget { .. } => Exit::NotJudged,
            Error::NoHandlerCrate { .. }
            | Error::ManyHandlerCrates { .. }
            | Error::Configuration { .. }
            | Error::NoArtifact { .. } => Exit::AtFault,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Metadata { source, .. } | Error::Cargo(source) => source.hint(),
            Error::Answer(_) => Some("use cargo 1.85 or newer".into()),
            Error::NoHandlerCrate { .. } => {
                Some("add `[lib]` with `crate-type = [\"cdylib\"]` to the handler's `Cargo.toml`".into())
            }
            Error::ManyHandlerCrates { .. } => {
                Some("put `manifest.json` beside the `Cargo.toml` of the one that is the handler".into())
            }
            Error::Configuration { .. } => None,
            Error::NoTarget { target, .. } => Some(format!("run `rustup target add {target}`")),
            Error::NoArtifact { .. } => {
                Some("build for `wasm32-unknown-unknown`, `wasm32-wasip1` or `wasm32-wasip2`".into())
            }
        }
    }
}

/// Builds the crate of `manifest` in the project folder `root`, by cargo's own configuration.
pub(super) fn build(manifest: &Path, root: &Path, tools: &Tools) -> Result<Made, super::Error> {
    let cargo = Cargo { root, tools };
    let begun = inputs::time()?;
    let metadata = cargo.metadata(manifest)?;
    let package = handler_crate(&metadata, manifest)?;
    let target = target::choose(root, tools)?;
    let artifact = cargo.build(package, &target)?;
    let bytes = fs_err::read(&artifact)?;
    let failed = |source| super::Error::Component { file: artifact.clone(), source };
    let component = match component::read(&bytes).map_err(failed)?.kind {
        Kind::Component => bytes,
        Kind::Module => component::from_module(&bytes).map_err(failed)?,
    };
    component::validate(&component).map_err(failed)?;
    let files = inputs::of(&artifact, root, metadata.workspace_root.as_std_path());
    let saved_meanwhile = inputs::saved_since(begun, &files);
    let warnings = saved_meanwhile.first().map(|file| {
        let file = file.strip_prefix(root).unwrap_or(file).display();
        format!("`{file}` was saved while cargo ran, and may not be in the component: build again")
    });
    Ok(Made {
        component,
        file: artifact,
        inputs: files.iter().map(|file| Input::now(file)).collect::<Result<_, _>>()?,
        saved_meanwhile,
        warnings: warnings.into_iter().collect(),
        packages: Vec::new(),
        script: None,
        minified: false,
        source_map: None,
    })
}

/// The one crate built as a `cdylib`: the one beside the extension's manifest, else the workspace's only one.
fn handler_crate<'a>(metadata: &'a Metadata, manifest: &Path) -> Result<&'a Package, Error> {
    let is_handler = |package: &Package| {
        package.targets.iter().any(|target| target.crate_types.contains(&CrateType::CDyLib))
    };
    let candidates: Vec<&Package> =
        metadata.workspace_packages().into_iter().filter(|package| is_handler(package)).collect();
    let beside = |package: &&Package| same_file(package.manifest_path.as_std_path(), manifest);
    let is_package = metadata.packages.iter().any(|package| beside(&package));
    match candidates.as_slice() {
        _ if is_package => candidates.into_iter().find(beside),
        [] => None,
        [only] => Some(*only),
        several => {
            let crates = several.iter().map(|package| format!("`{}`", package.name)).collect();
            return Err(Error::ManyHandlerCrates { crates });
        }
    }
    .ok_or_else(|| Error::NoHandlerCrate { manifest: manifest.to_path_buf() })
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (fs_err::canonicalize(one), fs_err::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// cargo, run in the project folder.
struct Cargo<'a> {
    root: &'a Path,
    tools: &'a Tools,
}

impl Cargo<'_> {
    fn run(&self, arguments: Vec<OsString>, is_quiet: bool) -> Result<Vec<u8>, toolchain::Error> {
        let program = self.tools.cargo.as_deref().map_or(OsStr::new("cargo"), Path::as_os_str);
        let rustc = self.tools.rustc.as_ref().map(|rustc| ("RUSTC", rustc.clone().into_os_string()));
        toolchain::run(&Invocation {
            program,
            arguments,
            directory: self.root,
            environment: rustc.into_iter().collect(),
            stdout: Stdout::Return,
            is_quiet,
        })
    }

    fn metadata(&self, manifest: &Path) -> Result<Metadata, Error> {
        self.metadata_with(manifest, &["--no-deps"])
    }

    fn metadata_with(&self, manifest: &Path, more: &[&str]) -> Result<Metadata, Error> {
        let words = ["metadata", "--format-version", "1"];
        let mut arguments: Vec<OsString> = words.iter().chain(more).map(OsString::from).collect();
        arguments.extend(["--manifest-path".into(), manifest.into()]);
        let answer = self.run(arguments, true);
        let answer = answer.map_err(|source| Error::Metadata { manifest: manifest.to_path_buf(), source })?;
        MetadataCommand::parse(String::from_utf8_lossy(&answer)).map_err(|error| Error::Answer(error.into()))
    }

    /// Builds a crate's library and returns the `.wasm` that cargo says it made.
    fn build(&self, package: &Package, target: &str) -> Result<PathBuf, Error> {
        let words = [
            "build",
            "--release",
            "--lib",
            "--message-format",
            "json-render-diagnostics",
            "--target",
            target,
        ];
        let mut arguments: Vec<OsString> = words.map(OsString::from).to_vec();
        arguments.extend(["--manifest-path".into(), package.manifest_path.as_os_str().into()]);
        let answer = self.run(arguments, self.tools.is_quiet).map_err(|source| {
            let source = source.quoting_from("error");
            if target::is_missing(source.stderr()) {
                Error::NoTarget { target: target.to_owned(), source }
            } else {
                Error::Cargo(source)
            }
        })?;
        for message in Message::parse_stream(answer.as_slice()) {
            let message = message.map_err(|error| Error::Answer(error.into()))?;
            let Message::CompilerArtifact(artifact) = message else { continue };
            if artifact.package_id == package.id
                && artifact.target.crate_types.contains(&CrateType::CDyLib)
                && let Some(file) = artifact.filenames.iter().find(|file| file.extension() == Some("wasm"))
            {
                return Ok(file.clone().into_std_path_buf());
            }
        }
        Err(Error::NoArtifact { package: package.name.to_string() })
    }
}
