//! The module around the author's: what the engine lacks comes first, then the handler is made into the export.

use super::Error;
use super::analyze::{Export, Taken};
use super::builtin::{ENCODINGS, GLOBALS, Group, HANDED_ON, MEMBERS, WITH_BODY};
use super::graph::{Graph, Module, Target};
use super::link;
use super::reach::{self, HostUse};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// The name the wrapper knows the author's entry by.
const AUTHOR: &str = "alga-ext:author";

/// What the platform calls.
pub(super) const HANDLER: &str = "handler";
/// What is taken in its place.
const DEFAULT: &str = "default";

/// The wrapped source.
pub(super) struct Wrapped {
    /// The wrapper's number in the graph.
    pub(super) entry: usize,
    /// Whether the handler takes host bindings; `None` when only running it tells.
    pub(super) takes_host: Option<bool>,
}

/// Reads the author's entry with all it leads to, and wraps it.
pub(super) fn wrap(graph: &mut Graph<'_>, entry: &Path) -> Result<Wrapped, Error> {
    let author = graph.add_file(entry);
    let diagnostics = graph.take_diagnostics();
    if !diagnostics.is_empty() {
        return Err(Error::Source(diagnostics));
    }
    let name = exported_name(graph, author)?;
    let handler = find_handler(graph, author, name)?;
    let function = handler.and_then(|(number, binding)| {
        let analysis = &graph.module(number).analysis;
        let name = match analysis.default {
            Some(default) if default == binding => reach::DEFAULT,
            _ => &analysis.bindings.get(binding)?.name,
        };
        Some((number, name))
    });
    let parameters =
        function.and_then(|(number, name)| graph.module(number).reach.functions.get(name).cloned());
    let host_use = parameters.map(|parameters| parameters.host);
    let groups = match &host_use {
        Some(HostUse::None) => BTreeSet::new(),
        Some(HostUse::Groups(groups)) => groups.clone(),
        Some(HostUse::Escapes(own)) => own | &mentioned(graph, function),
        None => mentioned(graph, function),
    };
    let place = handler.and_then(|(module, binding)| {
        let module = graph.module(module);
        module.place(module.analysis.bindings.get(binding)?.at)
    });
    let place = place.unwrap_or_default();
    if name == DEFAULT {
        let file = &graph.module(author).source.name;
        let at = if place.is_empty() { file } else { &place };
        graph.warn(format!(
            "{at}: the handler is the default export; the platform calls it by its name: write `export function handler(…)`"
        ));
    }
    let takes_host = host_use.map(|host_use| host_use != HostUse::None);
    let mut text =
        String::from("import \"alga-ext:prelude/promise\";\nimport \"alga-ext:prelude/instance\";\n");
    text.push_str("import \"alga-ext:prelude/stack\";\n");
    if takes_host != Some(false) || calls_platform(graph) {
        text.push_str("import \"alga-ext:prelude/platform\";\n");
    }
    for module in preludes(graph) {
        let _ = writeln!(text, "import \"alga-ext:{module}\";");
    }
    let _ = writeln!(text, "import {{ {name} as own }} from \"{AUTHOR}\";");
    text.push_str("import { serve } from \"alga-ext:prelude/serve\";\n");
    let mut host = "undefined".to_owned();
    if takes_host != Some(false) {
        text.push_str("import { bind } from \"alga-ext:sdk/host/bindings\";\n");
        let mut keys = Vec::new();
        for Group { key, module, .. } in &groups {
            let _ = writeln!(text, "import {{ {key} }} from \"alga-ext:{module}\";");
            keys.push(*key);
        }
        host = format!("bind({{ {} }})", keys.join(", "));
    }
    let place = serde_json::Value::from(place);
    let _ = writeln!(text, "export const {HANDLER} = serve(own, {host}, \"{name}\", {place});");
    let entry = graph.add_text("entry", &text, &[(AUTHOR, author)]);
    let diagnostics = graph.take_diagnostics();
    if diagnostics.is_empty() { Ok(Wrapped { entry, takes_host }) } else { Err(Error::Source(diagnostics)) }
}

/// Whether a module imports an interface of the platform.
fn calls_platform(graph: &Graph<'_>) -> bool {
    let mut targets = graph.modules.iter().flat_map(|module| &module.targets);
    targets.any(|target| matches!(target, Target::Interface(name) if name.starts_with("alga:")))
}

/// What the entry exports its handler as: by its own name, or as the default.
fn exported_name(graph: &Graph<'_>, author: usize) -> Result<&'static str, Error> {
    // One that leads nowhere is the linker's to complain of.
    if graph.module(author).analysis.exports.contains_key(HANDLER) {
        return Ok(HANDLER);
    }
    let Some(exports) = link::exports(graph, author) else { return Ok(HANDLER) };
    let found = [HANDLER, DEFAULT].into_iter().find(|name| exports.iter().any(|export| export == name));
    let file = graph.module(author).source.name.clone();
    found.ok_or(Error::NoHandler { file, exports, others: Vec::new() })
}

/// The module and the binding that the handler is in the end; `None` when only running it tells.
fn find_handler(graph: &Graph<'_>, author: usize, name: &str) -> Result<Option<(usize, usize)>, Error> {
    let (mut number, mut name) = (author, name.to_owned());
    // Re-exports are followed; a circle of them ends, and the linker complains.
    for _ in 0..=graph.modules.len() {
        let Some(module) = graph.modules.get(number) else { return Ok(None) };
        if !module.is_esm {
            return Ok(None);
        }
        let next = match module.analysis.exports.get(&name) {
            Some(Export::Local(index)) => {
                let Some(binding) = module.analysis.bindings.get(*index) else { return Ok(None) };
                match &binding.import {
                    None => return Ok(Some((number, *index))),
                    Some((request, taken)) => Some((*request, taken.clone())),
                }
            }
            Some(Export::From(request, taken)) => Some((*request, taken.clone())),
            None if !module.analysis.stars.is_empty() => return Ok(None),
            None => {
                let exports = module.analysis.exports.keys().cloned().collect();
                return Err(Error::NoHandler {
                    file: module.source.name.clone(),
                    exports,
                    others: Vec::new(),
                });
            }
        };
        let Some((request, Taken::Name(taken))) = next else { return Ok(None) };
        let Some(Target::Module(target)) = module.targets.get(request) else { return Ok(None) };
        (number, name) = (*target, taken);
    }
    Ok(None)
}

/// The groups that any file of the author's looks like using; what `handler` takes first is the request. The SDK
/// defines them all, and uses none.
fn mentioned(graph: &Graph<'_>, handler: Option<(usize, &str)>) -> BTreeSet<Group> {
    let mut groups = BTreeSet::new();
    let authored = graph.modules.iter().enumerate();
    for (number, module) in authored.filter(|(_, module)| !module.is_ours && !graph.is_sdk(module)) {
        groups.extend(&module.reach.mentioned);
        let functions = module.reach.functions.iter();
        let others = functions.filter(|(name, _)| handler != Some((number, name.as_str())));
        groups.extend(others.flat_map(|(_, parameters)| &parameters.first));
    }
    groups
}

/// The modules that define the globals the source uses.
fn preludes(graph: &Graph<'_>) -> Vec<&'static str> {
    let mut needed = Vec::new();
    for (word, global, module) in GLOBALS {
        // A global is also reached by way of `globalThis`, and by code made of text.
        let reaches = |used: &Module, word: &str| {
            let globals = &used.analysis.globals;
            let made_of_text = |name| globals.contains(name) && used.code.contains(&format!("{name}("));
            let indirectly =
                globals.contains("globalThis") || made_of_text("eval") || made_of_text("Function");
            globals.contains(global) || indirectly && has_word(&used.code, word)
        };
        let uses = if HANDED_ON.contains(&global) {
            graph.modules.iter().any(|used| reaches(used, global))
                && graph.modules.iter().any(|used| has_word(&used.code, word))
        } else {
            graph.modules.iter().any(|used| reaches(used, word) && has_word(&used.code, word))
        };
        if uses && !needed.contains(&module) {
            needed.push(module);
        }
    }
    if WITH_BODY.iter().any(|module| needed.contains(module)) {
        for (word, module) in MEMBERS {
            if graph.modules.iter().any(|used| has_word(&used.code, word)) && !needed.contains(&module) {
                needed.push(module);
            }
        }
    }
    let (encodings, plain) = ENCODINGS;
    let names_encoding = |used: &Module| {
        words(&used.code, "TextDecoder").any(|(_, after)| !plain.iter().any(|start| after.starts_with(start)))
    };
    if needed.contains(&"prelude/encoding") && graph.modules.iter().any(names_encoding) {
        needed.push(encodings);
    }
    needed
}

/// Whether `word` stands in the code, and not as a part of a longer one.
fn has_word(code: &str, word: &str) -> bool {
    words(code, word).next().is_some()
}

/// What stands before and after `word` in the code, wherever it is no part of a longer one.
fn words<'c>(code: &'c str, word: &'c str) -> impl Iterator<Item = (&'c str, &'c str)> {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
    let around =
        |(at, _)| (code.get(..at).unwrap_or_default(), code.get(at + word.len()..).unwrap_or_default());
    code.match_indices(word)
        .map(around)
        .filter(move |(before, after)| !before.ends_with(is_part) && !after.starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_word_is_not_a_part_of_another() {
        assert!(has_word("new URL(text)", "URL"));
        assert!(has_word("baseURL, globalThis.URL", "URL"));
        assert!(!has_word("baseURL + URLs + $URL + URL_", "URL"));
    }
}
