//! Figures measured in pairs, so that a machine that slows down slows both.

use super::median;

/// The baseline's figures and the subject's, in the order in which they were measured.
#[derive(Default)]
pub(super) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    /// Adds one of each.
    pub(super) fn push(&mut self, baseline: f64, subject: f64) {
        self.0.push((baseline, subject));
    }

    /// The baseline's median.
    pub(super) fn baseline(&self) -> f64 {
        median(self.0.iter().map(|(baseline, _)| *baseline).collect())
    }

    /// The subject's median.
    pub(super) fn subject(&self) -> f64 {
        median(self.0.iter().map(|(_, subject)| *subject).collect())
    }

    /// The median of subject ÷ baseline, pair by pair.
    pub(super) fn ratio(&self) -> f64 {
        median(self.0.iter().map(|(baseline, subject)| subject / baseline).collect())
    }
}
