//! Who may import whom, and which module owns which foreign crate: the tables of the architecture, and their check.

use super::File;

/// Modules by layer, lowest first. A module may import every layer below its own.
const LAYERS: [(&str, &[&str]); 4] = [
    (
        "words",
        &[
            "cache",
            "config",
            "exit",
            "files",
            "findings",
            "interrupt",
            "manifest",
            "plain",
            "schemas",
            "wipe",
            "yaml",
        ],
    ),
    (
        "parts",
        &["bundle", "component", "host", "project", "runner", "serve", "signing", "toolchain", "watch"],
    ),
    ("operations", &["scaffold", "build", "validate", "lsp", "release", "registry", "dev", "doctor"]),
    ("edge", &["cli", "commands", "error", "lib", "main", "output", "tour"]),
];

/// Imports within a layer: words and the edge among themselves, operations those before them, and this one part.
const WITHIN: [(&str, &str); 1] = [("runner", "host")];

/// The modules that may name a foreign crate.
const OWNERS: [(&str, &[&str]); 29] = [
    ("aws_lc_rs", &["signing"]),
    ("axum", &["dev", "registry", "serve"]),
    ("blake2b_simd", &["signing"]),
    ("cargo_metadata", &["build/rust"]),
    ("clap", &["cli", "lib", "commands/completions"]),
    ("clap_complete", &["cli", "commands/completions"]),
    ("componentize_qjs", &["build/javascript"]),
    ("dialoguer", &["commands"]),
    ("flate2", &["bundle"]),
    ("hyper", &["serve"]),
    ("include_dir", &["scaffold"]),
    ("indicatif", &["output", "commands"]),
    ("minisign", &["signing"]),
    ("oxc", &["build/javascript"]),
    ("oxc_resolver", &["build/javascript"]),
    ("reqwest", &["registry", "host/http"]),
    ("rpassword", &["commands/password"]),
    ("rusqlite", &["dev", "registry"]),
    ("rustix", &["interrupt"]),
    ("saphyr_parser", &["yaml"]),
    ("scrypt", &["signing"]),
    ("serde_yaml", &["yaml"]),
    ("tar", &["bundle"]),
    ("toml", &["build/rust"]),
    ("wasm_encoder", &["build", "component"]),
    ("wasmparser", &["build", "component"]),
    ("wasmtime", &["build/javascript", "host", "runner"]),
    ("zip", &["bundle"]),
    ("zstd", &["bundle"]),
];

pub(super) fn offences(files: &[File]) -> Vec<String> {
    let mut offences = Vec::new();
    for File { path, text } in files {
        let Some(place) = path.strip_prefix("src/").map(|path| path.trim_end_matches(".rs")) else {
            continue;
        };
        let module = place.split('/').next().unwrap_or(place);
        let code = code(text);
        let Some(own) = layer(module) else {
            offences.push(format!("`{path}`: `{module}` stands in no layer of xtask/src/tidy/layers.rs"));
            continue;
        };
        for other in imports(&code) {
            if other != module && !may_import(own, module, &other) {
                offences.push(format!("`{path}` imports `{other}`, which `{module}` may not"));
            }
        }
        for (foreign, owners) in OWNERS {
            let owns = owners.iter().any(|owner| place == *owner || place.starts_with(&format!("{owner}/")));
            if !owns && names(&code, foreign) {
                offences.push(format!(
                    "`{path}` names the crate `{foreign}`, which belongs to {}",
                    owners.join(", ")
                ));
            }
        }
    }
    offences
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, modules)| modules.contains(&module))
}

fn may_import(own: usize, module: &str, other: &str) -> bool {
    let Some(theirs) = layer(other) else {
        // Not a module: an item of lib.rs.
        return true;
    };
    if theirs != own {
        return theirs < own;
    }
    let place =
        |name: &str| LAYERS.get(own).and_then(|(_, modules)| modules.iter().position(|known| *known == name));
    match LAYERS.get(own) {
        Some(("operations", _)) => place(other) < place(module),
        Some(("parts", _)) => WITHIN.contains(&(module, other)),
        _ => true,
    }
}

/// The text without its unit tests and comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules named after `crate::`, in braces too.
fn imports(code: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            modules.push(word(rest));
            continue;
        };
        let mut depth = 0_usize;
        let mut start = true;
        for (index, character) in list.char_indices() {
            match character {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                character if start && depth == 0 && !character.is_whitespace() => {
                    modules.push(word(list.get(index..).unwrap_or_default()));
                    start = false;
                }
                _ => {}
            }
        }
    }
    modules.sort();
    modules.dedup();
    modules
}

fn word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

/// Whether the code has a path that begins with the crate's name.
fn names(code: &str, foreign: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    code.match_indices(&format!("{foreign}::")).any(|(index, _)| {
        let before = code.get(..index).unwrap_or_default().chars().next_back();
        before.is_none_or(|character| !is_name(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(path: &str, text: &str) -> Vec<String> {
        offences(&[File { path: path.into(), text: text.into() }])
    }

    #[test]
    fn an_import_upwards_is_an_offence() {
        assert_eq!(judge("src/manifest/mod.rs", "use crate::host;").len(), 1);
        assert_eq!(
            judge("src/build/mod.rs", "use crate::{files, project::{Project, CONFIG}, release};").len(),
            1
        );
        assert_eq!(judge("src/bundle/mod.rs", "fn f() { crate::signing::sign() }").len(), 1);
        assert_eq!(judge("src/dev/mod.rs", "use crate::build;\nuse crate::host::Platform;").len(), 0);
    }

    #[test]
    fn a_foreign_crate_has_its_owner() {
        assert_eq!(judge("src/host/mod.rs", "use aws_lc_rs::rand;").len(), 1);
        assert_eq!(judge("src/signing/mod.rs", "use aws_lc_rs::rand;").len(), 0);
        assert_eq!(judge("src/host/mod.rs", "mod a { use super::zip::x; }\n// tar::Archive").len(), 0);
    }
}
