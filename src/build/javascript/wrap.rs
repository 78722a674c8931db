//! The module around the author's: what the engine lacks comes first, then the handler is made into the export.

use super::Error;
use super::analyze::{Export, Taken};
use super::builtin::{GLOBALS, GROUPS, Group};
use super::graph::{Graph, Target};
use super::link;
use super::reach::HostUse;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// The name the wrapper knows the author's entry by.
const AUTHOR: &str = "alga-ext:author";

/// What the platform calls.
pub(super) const HANDLER: &str = "handler";

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
    let host_use = handler_use(graph, author)?;
    if let Some(exports) =
        link::exports(graph, author).filter(|names| !names.iter().any(|name| name == HANDLER))
    {
        return Err(Error::NoHandler {
            file: graph.module(author).source.name.clone(),
            exports,
            others: Vec::new(),
        });
    }
    let groups = match &host_use {
        Some(HostUse::None) => BTreeSet::new(),
        Some(HostUse::Groups(groups)) => groups.clone(),
        Some(HostUse::Escapes) | None => mentioned(graph),
    };
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
    let _ = writeln!(text, "import {{ {HANDLER} as own }} from \"{AUTHOR}\";");
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
    let _ = writeln!(text, "export const {HANDLER} = serve(own, {host});");
    let entry = graph.add_text("entry", &text, &[(AUTHOR, author)]);
    let diagnostics = graph.take_diagnostics();
    if diagnostics.is_empty() { Ok(Wrapped { entry, takes_host }) } else { Err(Error::Source(diagnostics)) }
}

/// Whether a module imports an interface of the platform.
fn calls_platform(graph: &Graph<'_>) -> bool {
    let mut targets = graph.modules.iter().flat_map(|module| &module.targets);
    targets.any(|target| matches!(target, Target::Interface(name) if name.starts_with("alga:")))
}

/// How the exported handler uses its second parameter; `None` when its text does not tell.
fn handler_use(graph: &Graph<'_>, author: usize) -> Result<Option<HostUse>, Error> {
    let (mut number, mut name) = (author, HANDLER.to_owned());
    // Re-exports are followed; a circle of them ends, and the linker complains.
    for _ in 0..=graph.modules.len() {
        let Some(module) = graph.modules.get(number) else { return Ok(None) };
        if !module.is_esm {
            return Ok(None);
        }
        let next = match module.analysis.exports.get(&name) {
            Some(Export::Local(binding)) => {
                let Some(binding) = module.analysis.bindings.get(*binding) else { return Ok(None) };
                match &binding.import {
                    None => return Ok(module.reach.functions.get(&binding.name).cloned()),
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

/// The groups that any file of the author's looks like using. The SDK defines them all, and uses none.
fn mentioned(graph: &Graph<'_>) -> BTreeSet<Group> {
    let authored = graph.modules.iter().filter(|module| !module.is_ours && !graph.is_sdk(module));
    authored
        .flat_map(|module| module.reach.mentioned.iter().copied())
        .filter(|group| GROUPS.contains(group))
        .collect()
}

/// The modules that define the globals the source uses.
fn preludes(graph: &Graph<'_>) -> Vec<&'static str> {
    let mut needed = Vec::new();
    for (word, global, module) in GLOBALS {
        let uses = graph.modules.iter().any(|used| {
            let globals = &used.analysis.globals;
            // A global is also reached by way of `globalThis`, and by code made of text.
            let may = [global, "globalThis", "eval", "Function"].iter().any(|name| globals.contains(*name));
            may && used.code.contains(word)
        });
        if uses && !needed.contains(&module) {
            needed.push(module);
        }
    }
    needed
}
