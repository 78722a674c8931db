//! Which findings count: denied ones are errors, allowed ones are not told.

use super::{Code, Findings, Severity};

/// What the caller wants of the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Every warning is an error.
    pub deny_warnings: bool,
    /// These are errors.
    pub deny: Vec<Code>,
    /// These are not told.
    pub allow: Vec<Code>,
}

impl Policy {
    /// The findings that are left, as bad as the caller says.
    pub fn apply(&self, findings: Findings) -> Findings {
        let (allowed, known, gone) = (findings.allowed, findings.known, findings.gone);
        let before = findings.findings.len();
        let mut left = findings.findings;
        left.retain(|finding| !self.allow.contains(&finding.code));
        let more = before - left.len();
        for finding in &mut left {
            if self.deny_warnings || self.deny.contains(&finding.code) {
                finding.severity = Severity::Error;
            }
        }
        Findings { allowed: allowed + more, known, gone, ..Findings::new(left) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Finding;
    use super::*;

    #[test]
    fn denied_warnings_are_errors_and_allowed_findings_are_counted() {
        let finding = |code| Finding::new(code, "x");
        let all = || {
            Findings::new(vec![
                finding(Code::UI_TYPE),
                finding(Code::HOOK_UNKNOWN),
                finding(Code::ENDPOINT_HEAD),
            ])
        };
        let policy =
            Policy { deny: vec![Code::HOOK_UNKNOWN], allow: vec![Code::UI_TYPE], ..Policy::default() };
        let left = policy.apply(all());
        assert_eq!((left.errors, left.warnings, left.allowed), (1, 1, 1));
        let strict = Policy { deny_warnings: true, ..Policy::default() }.apply(all());
        assert_eq!((strict.errors, strict.warnings), (3, 0));
    }
}
