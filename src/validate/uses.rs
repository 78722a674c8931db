//! The capabilities asked for against those that are used, wherever that shows: in the source or in the imports.

use super::judge::{Judge, with_help};
use crate::findings::{Code, Edit, Fix};
use crate::manifest::source::Node;
use crate::manifest::{Capability, Manifest};
use std::collections::{BTreeMap, BTreeSet};

/// Why a capability is not used, when a component tells.
pub(super) const NOT_IMPORTED: &str = "the handler does not import its interface";

/// Something that uses a capability.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) capability: Capability,
    /// What uses it, and where.
    pub(super) what: String,
    /// Whether it does beyond doubt.
    pub(super) is_certain: bool,
}

/// What a component's imports show.
pub(super) fn imports(interfaces: &[&str]) -> Vec<Evidence> {
    let evidence = interfaces.iter().filter_map(|interface| {
        let capability = Capability::of_interface(interface)?;
        let what = format!("the import of `alga:extension/{interface}`");
        Some(Evidence { capability, what, is_certain: true })
    });
    evidence.collect()
}

/// Tells what is used beyond doubt and not asked for.
pub(super) fn missing(evidence: &[Evidence], manifest: &Manifest, tree: &Node, judge: &mut Judge) {
    let granted = manifest.known_capabilities();
    let mut missing: BTreeMap<Capability, Vec<&str>> = BTreeMap::new();
    for one in evidence.iter().filter(|one| one.is_certain && !granted.contains(&one.capability)) {
        missing.entry(one.capability).or_default().push(&one.what);
    }
    let list = tree.get("capabilities");
    for (capability, uses) in missing {
        let first = uses.first().copied().unwrap_or_default();
        let more = match uses.len() {
            0 | 1 => String::new(),
            2 => ", as does 1 more place".to_owned(),
            count => format!(", as do {} more places", count - 1),
        };
        let message = format!("{first} needs `{capability}`, which is not asked for{more}");
        let help = format!("add `\"{capability}\"` to `capabilities`; without it each call is denied");
        let (start, end) = list.map_or((tree.start, tree.start + 1), |list| (list.start, list.end));
        let fix = add(judge, tree, capability);
        judge.add(start, end, with_help(Code::CAPABILITY_MISSING, message, help)).maybe(fix);
    }
}

/// Tells what is asked for and not used; `is_certain` says whether it can be taken away unasked.
pub(super) fn unused(evidence: &[Evidence], why: &str, is_certain: bool, tree: &Node, judge: &mut Judge) {
    let Some(list) = tree.get("capabilities") else { return };
    let used: BTreeSet<Capability> = evidence.iter().map(|one| one.capability).collect();
    for (index, node) in list.items().unwrap_or_default().iter().enumerate() {
        let Some(capability) = node.as_str().and_then(Capability::named) else { continue };
        if capability.is_default() || used.contains(&capability) || judge.is_full() {
            continue;
        }
        let message = format!("`{capability}` is asked for, and {why}");
        let (title, edits) = (format!("remove `{capability}`"), vec![judge.without(list, index)]);
        let fix = if is_certain { Fix::safe(title, edits) } else { Fix::probable(title, edits) };
        judge.value(node, Code::CAPABILITY_UNUSED, message, "remove it, or use it").fix(fix);
    }
}

/// The fix that adds a capability, written as the list is.
fn add(judge: &Judge, tree: &Node, capability: Capability) -> Option<Fix> {
    let insert = |at: usize, text: String| Edit::new(judge.span(at..at), text);
    let Some(list) = tree.get("capabilities") else {
        let [.., before, end] = tree.members()? else { return None };
        let between = judge.between(before.value.end, end.start);
        let edit = insert(end.value.end, format!("{between}\"capabilities\": [\"{capability}\"]"));
        return Some(Fix::safe(format!("ask for `{capability}`"), vec![edit]));
    };
    let edit = match list.items()? {
        [] => Edit::new(judge.span(list.start..list.end), format!("[\"{capability}\"]")),
        [.., before, end] => {
            let between = judge.between(before.end, end.start);
            insert(end.end, format!("{between}\"{capability}\""))
        }
        [only] => {
            let indent = judge.between(list.start + 1, only.start);
            let separator = if indent.is_empty() { " " } else { indent };
            insert(only.end, format!(",{separator}\"{capability}\""))
        }
    };
    Some(Fix::safe(format!("ask for `{capability}`"), vec![edit]))
}
