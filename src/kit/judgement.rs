//! The verdict of a check, with its reason and its evidence.

use serde::Serialize;

/// From best to worst. The worst of several observations counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It could not be judged.
    Skip,
    /// The server can work with it, but better behaviour exists.
    Warn,
    /// It does not hold.
    Fail,
}

impl Verdict {
    /// As it is shown and written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One call that shows the reason. No field contains the machine's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The call as a shell command. A document on standard input is mentioned, not shown.
    pub call: String,
    /// How it ended.
    pub status: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The end of standard output.
    pub stdout: String,
    /// The end of standard error.
    pub stderr: String,
}

/// A verdict with its reason.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) detail: String,
    pub(super) evidence: Vec<Evidence>,
}

/// A judgement. The error side is the judgement of a check that could not go on.
pub(super) type Judged = Result<Judgement, Judgement>;

impl Judgement {
    /// It holds.
    pub(super) const fn pass() -> Self {
        Self { verdict: Verdict::Pass, detail: String::new(), evidence: Vec::new() }
    }

    /// It holds, and there is something to say.
    pub(super) fn pass_with(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::pass() }
    }

    /// It cannot be judged.
    pub(super) fn skip(detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skip, detail: detail.into(), evidence: Vec::new() }
    }

    /// It could be better.
    pub(super) fn warn(detail: impl Into<String>, evidence: impl Into<Evidence>) -> Self {
        Self { verdict: Verdict::Warn, detail: detail.into(), evidence: vec![evidence.into()] }
    }

    /// It does not hold.
    pub(super) fn fail(detail: impl Into<String>, evidence: impl Into<Evidence>) -> Self {
        Self { verdict: Verdict::Fail, detail: detail.into(), evidence: vec![evidence.into()] }
    }

    /// The worse of the two; the first when they are equal.
    pub(super) fn and(self, other: Self) -> Self {
        if other.verdict > self.verdict { other } else { self }
    }
}

/// The judgement, whether or not the check was carried to its end.
pub(super) fn settled(judged: Judged) -> Judgement {
    judged.unwrap_or_else(|judgement| judgement)
}
