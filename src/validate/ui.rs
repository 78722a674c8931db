//! The `ui` block, and whether anything leads to the extension.

use super::judge::Judge;
use super::shape::rewritten;
use crate::findings::Code;
use crate::manifest::normalise;
use crate::manifest::source::Node;

/// The page the platform serves (contract/ui.md §1.8).
pub(super) const PAGE: &str = "ui/index.html";

/// Judges `ui`.
pub(super) fn judge(judge: &mut Judge, root: &Node) {
    let endpoints =
        root.get("api").is_some_and(|api| api.get("endpoints").is_none_or(|list| !is_empty(list)));
    let Some(ui) = root.get("ui") else {
        if !endpoints {
            let help = "declare an endpoint in `api.endpoints`, or a `ui`";
            let message = "neither a UI nor an endpoint is declared: nothing leads to the extension";
            judge.add(
                root.start,
                root.start + 1,
                super::judge::with_help(Code::NOTHING_REACHABLE, message, help),
            );
        }
        return;
    };
    if let Some((node, kind)) = text(ui, "type").filter(|(_, kind)| *kind != "iframe") {
        judge.value(
            node,
            Code::UI_TYPE,
            format!("`ui.type` is `{kind}`, and `iframe` is wanted"),
            "write `iframe`",
        );
    }
    if let Some((node, entry)) = text(ui, "entry") {
        if entry.contains("..") {
            let message = format!("`ui.entry` is `{entry}`, and publishing refuses `..`");
            judge.value(node, Code::PATH_PARENT, message, format!("write `{PAGE}`"));
        } else if normalise(entry) != PAGE {
            let message =
                format!("`ui.entry` is `{entry}`, and the platform serves `{PAGE}` whatever it says");
            let fix = judge.rewrite(node, PAGE);
            let help = format!("write `{PAGE}` and put the page there");
            judge.value(node, Code::UI_ENTRY_UNUSED, message, help).fix(fix);
        } else {
            rewritten(judge, node, "ui.entry", PAGE);
        }
    }
    let hooks = ui.get("hooks");
    let hooked = |hooks: &Node| {
        hooks.members().is_none_or(|members| {
            members.iter().any(|member| matches!(member.key.as_str(), "appMenu" | "clientPortalMenu"))
        })
    };
    if ui.members().is_some() && !hooks.is_some_and(hooked) {
        let help =
            "add `\"hooks\": {\"appMenu\": {\"label\": \"…\"}}`, or `clientPortalMenu` for the client portal";
        judge.value(
            hooks.unwrap_or(ui),
            Code::UI_WITHOUT_HOOKS,
            "the UI has no hook, so no menu leads to it",
            help,
        );
    }
}

fn text<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, &'a str)> {
    let node = node.get(key)?;
    let text = node.as_str()?;
    (!crate::manifest::trim(text).is_empty()).then_some((node, text))
}

fn is_empty(list: &Node) -> bool {
    list.items().is_some_and(<[Node]>::is_empty)
}
