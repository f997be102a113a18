//! All findings of a run.

use std::path::PathBuf;

use serde::Serialize;

use super::check::Check;
use super::judgement::{Evidence, Judgement, Verdict};

/// The document that explains every check.
const REFERENCE: &str = "docs/providers.md";

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The check.
    #[serde(skip)]
    pub check: Check,
    /// Its id.
    pub id: &'static str,
    /// The section of the report.
    pub group: &'static str,
    /// The condition.
    pub title: &'static str,
    /// Whether the check holds.
    pub verdict: Verdict,
    /// The observation, or the reason why the check was not judged. It may be empty when the check holds.
    pub detail: String,
    /// The calls that show the reason.
    pub evidence: Vec<Evidence>,
    /// How to mend the provider; nothing when the check holds.
    pub mend: Option<&'static str>,
    /// Where to read on.
    pub reference: String,
}

impl Finding {
    pub(super) fn new(check: Check, judgement: Judgement) -> Self {
        Self {
            check,
            id: check.id(),
            group: check.group().title(),
            title: check.title(),
            verdict: judgement.verdict,
            detail: judgement.detail,
            evidence: judgement.evidence,
            mend: (judgement.verdict >= Verdict::Warn).then(|| check.mend()),
            reference: format!("{REFERENCE}#{}", check.id().replace('.', "")),
        }
    }
}

/// How many findings of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Checks that hold.
    pub pass: usize,
    /// Checks with a warning.
    pub warn: usize,
    /// Checks that do not hold.
    pub fail: usize,
    /// Checks that were not judged.
    pub skip: usize,
}

/// All findings of a run: one for every check, in their order.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The provider.
    pub executable: PathBuf,
    /// Whether machines were made.
    pub live: bool,
    /// Whether no check failed.
    pub passed: bool,
    /// How many of each kind.
    pub summary: Summary,
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// A report with a finding for every check: those without one are skipped for the reason given.
    pub(super) fn new(executable: PathBuf, live: bool, mut findings: Vec<Finding>, otherwise: impl Fn(Check) -> &'static str) -> Self {
        for check in Check::ALL {
            if !findings.iter().any(|finding| finding.check == *check) {
                findings.push(Finding::new(*check, Judgement::skip(otherwise(*check))));
            }
        }
        findings.sort_by_key(|finding| Check::ALL.iter().position(|check| *check == finding.check));
        let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
        let summary =
            Summary { pass: count(Verdict::Pass), warn: count(Verdict::Warn), fail: count(Verdict::Fail), skip: count(Verdict::Skip) };
        Self { executable, live, passed: summary.fail == 0, summary, findings }
    }

    /// The finding of a check.
    #[must_use]
    pub fn finding(&self, check: Check) -> &Finding {
        self.findings.iter().find(|finding| finding.check == check).expect("a report has a finding for every check")
    }
}
