//! The findings of a run so far. Checks that build on others ask here what those came to.

use super::check::Check;
use super::judgement::{Judged, Verdict, settled};
use super::report::Finding;

/// The findings of a run so far.
#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Keeps the judgement of a check.
    pub(super) fn record(&mut self, check: Check, judged: Judged) {
        self.0.push(Finding::new(check, settled(judged)));
    }

    /// The verdict of a check; `Skip` when the check has not run.
    pub(super) fn verdict(&self, check: Check) -> Verdict {
        self.0.iter().find(|finding| finding.check == check).map_or(Verdict::Skip, |finding| finding.verdict)
    }

    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}
