//! The built component: whether the platform can run it, and its imports against the capabilities asked for.

use super::judge::{Judge, with_help};
use crate::component::{self, Component, Kind};
use crate::findings::{Code, Finding, Findings};
use crate::manifest::source::Node;
use crate::manifest::{Capability, Manifest};
use std::collections::BTreeSet;

/// Judges a component without a manifest: whether the platform can run it.
pub(super) fn alone(bytes: &[u8], file: &str) -> Findings {
    Findings::new(world(bytes, file).map_or_else(|broken| broken, |(_, found)| found))
}

/// Judges the component that stands in `file`; what is wrong with the manifest's capabilities goes to `judge`.
pub(super) fn judge(
    bytes: &[u8],
    file: &str,
    manifest: &Manifest,
    tree: &Node,
    judge: &mut Judge,
) -> Vec<Finding> {
    let (component, found) = match world(bytes, file) {
        Ok(found) => found,
        Err(broken) => return broken,
    };
    capabilities(&component.interfaces(), manifest, tree, judge);
    found
}

/// A component that can be read, and what is wrong with it; an error is why it cannot be one.
fn world(bytes: &[u8], file: &str) -> Result<(Component, Vec<Finding>), Vec<Finding>> {
    let broken =
        |message: String, help: String| vec![with_help(Code::COMPONENT_INVALID, message, help).in_file(file)];
    let failed = |error: component::Error| broken(error.to_string(), error.hint().unwrap_or_default());
    let component = component::read(bytes).map_err(failed)?;
    if component.kind == Kind::Module {
        let message = "it is a core module, and the platform runs components only";
        let help = "name it as `build.output` in alga-ext.yaml; `alga-ext build` makes a component of it";
        return Err(broken(message.into(), help.into()));
    }
    let problems = component::check_world(bytes).map_err(failed)?;
    let found = problems.into_iter().map(|problem| {
        let code = if problem.is_fatal() { Code::COMPONENT_WORLD } else { Code::COMPONENT_EXTRA_EXPORT };
        with_help(code, problem.to_string(), problem.hint()).in_file(file)
    });
    let found = found.collect();
    Ok((component, found))
}

/// Imports beyond the capabilities, and capabilities beyond the imports.
fn capabilities(interfaces: &[&str], manifest: &Manifest, tree: &Node, judge: &mut Judge) {
    let granted = manifest.known_capabilities();
    let imported: BTreeSet<Capability> =
        interfaces.iter().filter_map(|interface| Capability::of_interface(interface)).collect();
    let list = tree.get("capabilities");
    for capability in imported.difference(&granted) {
        let opened = capability.interfaces();
        let used: Vec<String> = interfaces
            .iter()
            .filter(|interface| opened.contains(interface))
            .map(|interface| format!("`alga:extension/{interface}`"))
            .collect();
        let message =
            format!("the handler imports {} and `{capability}` is not asked for", used.join(" and "));
        let help = format!("add `\"{capability}\"` to `capabilities`; without it each call is denied");
        let (start, end) = list.map_or((tree.start, tree.start + 1), |list| (list.start, list.end));
        judge.add(start, end, with_help(Code::CAPABILITY_MISSING, message, help));
    }
    for node in list.and_then(Node::items).unwrap_or_default() {
        let Some(capability) = node.as_str().and_then(Capability::named) else { continue };
        if !capability.is_default() && !imported.contains(&capability) {
            let message =
                format!("`{capability}` is asked for, and the handler does not import its interface");
            judge.value(node, Code::CAPABILITY_UNUSED, message, "remove it, or use it");
        }
    }
}
