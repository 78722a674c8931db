//! What comes after a project was made.

use crate::commands::Session;
use crate::scaffold::Template;
use std::path::Path;

/// What to type next, beginning with the way there.
pub(super) fn after(template: &Template, session: &Session, folder: &Path) -> Vec<String> {
    let mut steps = Vec::new();
    if folder != session.directory && folder != session.path(Path::new(".")) {
        let shown = folder.strip_prefix(&session.directory).unwrap_or(folder).display().to_string();
        let plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
        steps.push(if shown.chars().all(plain) {
            format!("cd {shown}")
        } else {
            format!("cd '{}'", shown.replace('\'', "'\\''"))
        });
    }
    steps.extend(template.next.iter().cloned());
    steps
}
