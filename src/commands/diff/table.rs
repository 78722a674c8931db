//! The differences, as people read them.

use crate::output;
use crate::release::diff::{Change, Diff, Verb};
use std::fmt::Write;

/// The subjects that differ, a change a line.
pub(super) fn of(diff: &Diff) -> String {
    let mut text = String::new();
    for (subject, changes) in diff.subjects().into_iter().filter(|(_, changes)| !changes.is_empty()) {
        let _ = writeln!(text, "{subject}");
        let rows: Vec<[String; 3]> = changes.iter().map(|change| row(change, diff)).collect();
        for line in output::table(&rows).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !diff.sizes.is_empty() {
        let _ = writeln!(text, "sizes");
        let rows: Vec<[String; 2]> =
            diff.sizes.iter().map(|size| [size.name.clone(), growth(size.old, size.new)]).collect();
        for line in output::table(&rows).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !diff.not_compared.is_empty() {
        let _ = writeln!(text, "not compared, for one side does not say: {}", diff.not_compared.join(", "));
    }
    if text.is_empty() { "no difference".to_owned() } else { text.trim_end().to_owned() }
}

/// `+ cap:http.fetch`, what is said of it, and whether it widens.
fn row(change: &Change, diff: &Diff) -> [String; 3] {
    let (sign, said) = match (change.change, &change.old, &change.new) {
        (Verb::Added, _, new) => ('+', new.clone().unwrap_or_default()),
        (Verb::Removed, old, _) => ('-', old.clone().unwrap_or_default()),
        (Verb::Changed, old, new) if old == new => ('~', old.clone().unwrap_or_default()),
        (Verb::Changed, old, new) => {
            let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
            ('~', format!("{} → {}", shown(old), shown(new)))
        }
    };
    let approval = diff.widenings.iter().find(|widening| Some(&widening.name) == change.widening.as_ref());
    let widens = approval.map(|widening| match &widening.approval {
        None => format!("WIDENS `{}`", widening.name),
        Some(approval) => format!("approved by {}: {}", approval.by, approval.reason),
    });
    [format!("{sign} {}", change.name), said, widens.unwrap_or_default()]
}

/// `1.4 MiB → 1.5 MiB (+34.9 KiB)`
fn growth(old: Option<u64>, new: Option<u64>) -> String {
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let sign = if new < old { '-' } else { '+' };
    format!("{} → {} ({sign}{})", output::size(old), output::size(new), output::size(old.abs_diff(new)))
}
