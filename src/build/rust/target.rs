//! Which target a Rust handler is built for: the one cargo's own configuration names, when that is WebAssembly.

use super::Error;
use crate::toolchain::Tools;
use serde::Deserialize;
use std::path::Path;

/// What needs nothing but the compiler's own target.
const DEFAULT: &str = "wasm32-unknown-unknown";

/// The part of cargo's configuration that names targets.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Configuration {
    build: Build,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Build {
    target: Option<Targets>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Targets {
    One(String),
    Many(Vec<String>),
}

/// The target: of the environment, else of the nearest configuration file from the project upwards, else of the
/// user's own, else the default. A target that is not WebAssembly is meant for something else.
pub(super) fn choose(root: &Path, tools: &Tools) -> Result<String, Error> {
    let folders = root.ancestors().map(|folder| folder.join(".cargo")).chain(tools.cargo_home.clone());
    let configured = match &tools.cargo_target {
        Some(target) => Some(Targets::One(target.clone())),
        None => first(folders.flat_map(|folder| [folder.join("config.toml"), folder.join("config")]))?,
    };
    let names = match configured {
        Some(Targets::One(name)) => vec![name],
        Some(Targets::Many(names)) => names,
        None => Vec::new(),
    };
    Ok(names.into_iter().find(|name| name.starts_with("wasm32")).unwrap_or_else(|| DEFAULT.to_owned()))
}

fn first(files: impl Iterator<Item = std::path::PathBuf>) -> Result<Option<Targets>, Error> {
    for file in files {
        let Ok(text) = fs_err::read_to_string(&file) else { continue };
        let configuration: Configuration = toml::from_str(&text)
            .map_err(|source| Error::Configuration { file, source: Box::new(source) })?;
        if configuration.build.target.is_some() {
            return Ok(configuration.build.target);
        }
    }
    Ok(None)
}

/// Whether the compiler said that it lacks the target's own libraries.
pub(super) fn is_missing(stderr: &str) -> bool {
    let lacks = ["can't find crate for `core`", "can't find crate for `std`"];
    lacks.iter().any(|words| stderr.contains(words)) || stderr.contains("target may not be installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_configuration_names_the_target() {
        let table = [
            ("", DEFAULT),
            ("[build]\ntarget = 'wasm32-wasip2'", "wasm32-wasip2"),
            ("[build]\ntarget = ['x86_64-unknown-linux-gnu', 'wasm32-wasip1']", "wasm32-wasip1"),
            ("[build]\ntarget = 'x86_64-unknown-linux-gnu'", DEFAULT),
        ];
        for (text, target) in table {
            let folder = tempfile::tempdir().unwrap();
            fs_err::create_dir_all(folder.path().join(".cargo")).unwrap();
            fs_err::create_dir_all(folder.path().join("project")).unwrap();
            fs_err::write(folder.path().join(".cargo/config.toml"), text).unwrap();
            assert_eq!(choose(&folder.path().join("project"), &Tools::default()).unwrap(), target, "{text}");
        }
    }

    #[test]
    fn the_environment_comes_first() {
        let tools = Tools { cargo_target: Some("wasm32-wasip1".into()), ..Tools::default() };
        assert_eq!(choose(Path::new("/nowhere"), &tools).unwrap(), "wasm32-wasip1");
    }
}
