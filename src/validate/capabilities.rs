//! The capabilities asked for, against those the platform knows.

use super::judge::Judge;
use super::suggest;
use crate::findings::{Code, Fix};
use crate::manifest::source::Node;
use crate::manifest::{Capability, trim};
use std::collections::HashSet;

/// Names older documents and plans show, and why there is none of them.
const NEVER: [(&str, &str); 9] = [
    ("events.emit", "the platform has no events for extensions"),
    ("events.subscribe", "the platform has no events for extensions"),
    ("metrics", "the platform has no metrics for extensions; write to the log"),
    ("debug.logs", "it was planned and does not exist"),
    ("client.write", "it was planned and does not exist; `cap:client.read` reads"),
    ("service.write", "it was planned and does not exist; `cap:service.read` reads"),
    ("invoice.read", "it was planned and does not exist; `cap:invoice.manual.create` creates drafts"),
    ("invoice.finalize", "it was planned and does not exist; `cap:invoice.manual.create` creates drafts"),
    ("storage.write", "there is one capability for reading and writing: `cap:storage.kv`"),
];

/// Judges `capabilities`.
pub(super) fn judge(judge: &mut Judge, root: &Node) {
    let mut seen = HashSet::new();
    let Some(list) = root.get("capabilities") else { return };
    for (index, node) in list.items().unwrap_or_default().iter().enumerate() {
        if judge.is_full() {
            return;
        }
        let Some(name) = node.as_str().filter(|name| !trim(name).is_empty()) else { continue };
        match Capability::named(name) {
            None => {
                let message =
                    format!("`{}` is no capability; installing drops it without a word", trim(name));
                let meant = suggest::capability(name).map(|near| judge.suggest(node, near.id()));
                judge.value(node, Code::CAPABILITY_UNKNOWN, message, help(name)).maybe(meant);
            }
            Some(capability) => {
                let repeats = !seen.insert(capability);
                if repeats {
                    let message = format!("`capabilities[{index}]` asks for `{capability}` again");
                    let fix = Fix::safe("remove the repeated capability", vec![judge.without(list, index)]);
                    judge.value(node, Code::CAPABILITY_REPEATED, message, "remove it").fix(fix);
                } else if name != capability.id() {
                    let message = format!("`{name}` is another spelling of `{capability}`");
                    let fix = judge.rewrite(node, capability.id());
                    judge
                        .value(node, Code::CAPABILITY_SPELLING, message, format!("write `{capability}`"))
                        .fix(fix);
                }
                if capability.is_default() && !repeats {
                    let message = format!("every extension is granted `{capability}`, asked for or not");
                    let fix = Fix::safe(format!("remove `{capability}`"), vec![judge.without(list, index)]);
                    judge.value(node, Code::CAPABILITY_DEFAULT, message, "remove it").fix(fix);
                }
            }
        }
    }
}

fn help(name: &str) -> String {
    let bare = name.trim().to_lowercase();
    let bare = bare.strip_prefix("cap:").unwrap_or(&bare);
    if let Some((_, why)) = NEVER.iter().find(|(never, _)| *never == bare) {
        return format!("remove it: {why}");
    }
    if let Some(near) = suggest::capability(name) {
        return format!("did you mean `{near}`?");
    }
    let names: Vec<String> = Capability::ALL.iter().map(|capability| format!("`{capability}`")).collect();
    format!("the capabilities are {}", names.join(", "))
}
