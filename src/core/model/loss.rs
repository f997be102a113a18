//! Jobs that lost their machine while they ran, and whether they are run again.
//!
//! Two witnesses must agree before a job is run again: the provider, in two lists in a row while the job ran, and the forge, when the job is over.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{ForgeJob, ForgeRun, Job, JobStatus, ProviderName, RunnerName, RunnerSetId};
use crate::time::Timestamp;

words! {
    /// What the provider says of the machine of a job that runs.
    LossKind {
        /// The provider no longer has it.
        Gone = "machine_gone",
        /// The provider has it, and it does not run.
        Stopped = "machine_stopped",
    }
}

words! {
    /// Why a job that lost its machine is not run again.
    LeftBecause {
        /// The setting is off.
        Off = "off",
        /// The job came to another end than a failure.
        Ended = "ended",
        /// A step of the job failed.
        StepFailed = "step_failed",
        /// The run was cancelled, or the job was before its machine was lost.
        Cancelled = "cancelled",
        /// Somebody has had the run run again.
        RerunElsewhere = "rerun_elsewhere",
        /// The job was run again as often as is allowed for one run.
        LimitOfRun = "limit_of_run",
        /// As many jobs of the entity were run again in a day as is allowed.
        LimitOfDay = "limit_of_day",
        /// The forge did not allow it in time.
        TooLate = "too_late",
    }
}

impl LeftBecause {
    /// The same in words.
    #[must_use]
    pub const fn explained(self) -> &'static str {
        match self {
            Self::Off => "that is switched off (--rerun-lost)",
            Self::Ended => "the job came to an end by itself",
            Self::StepFailed => "a step of the job failed",
            Self::Cancelled => "it was cancelled",
            Self::RerunElsewhere => "somebody else has run its run again",
            Self::LimitOfRun => "it was run again as often as --rerun-lost allows",
            Self::LimitOfDay => "as many jobs were run again in 24 hours as --rerun-lost-per-day allows",
            Self::TooLate => "the forge did not allow it within 24 hours",
        }
    }

    /// Whether an administrator should hear of it.
    #[must_use]
    pub const fn is_notable(self) -> bool {
        matches!(self, Self::LimitOfRun | Self::LimitOfDay | Self::TooLate)
    }
}

/// How often jobs that lost their machine are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RerunLimits {
    /// How often one job of a run; 0 = not at all.
    pub per_run: u32,
    /// How many jobs of the entity in 24 hours.
    pub per_day: u32,
}

impl RerunLimits {
    /// The most that can be set for one job of a run. What loses its machine ten times is the cause itself.
    pub const PER_RUN_MAX: u32 = 10;
    /// The most that can be set for one day.
    pub const PER_DAY_MAX: u32 = 10_000;
    /// The days' limit when none is set.
    pub const PER_DAY_DEFAULT: u32 = 100;
}

impl Default for RerunLimits {
    fn default() -> Self {
        Self { per_run: 0, per_day: Self::PER_DAY_DEFAULT }
    }
}

/// How far running it again has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Rerun {
    /// Nothing was asked of the forge so far.
    Waits,
    /// The forge is asked, or was and nobody knows whether it heard.
    Asked {
        /// When.
        at: Timestamp,
        /// The latest attempt of the run before.
        attempt: i64,
    },
    /// The forge runs it again.
    Done {
        /// When.
        at: Timestamp,
        /// The attempt of the run.
        attempt: i64,
    },
    /// It is not run again.
    Left {
        /// When that was decided.
        at: Timestamp,
        /// Why.
        because: LeftBecause,
    },
}

/// The evidence that a job lost its machine, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// What the provider says of the machine.
    pub kind: LossKind,
    /// When the second list of the provider in a row had said so.
    pub at: Timestamp,
    /// The runner that had the job.
    pub runner: RunnerName,
    /// Its pool.
    #[serde(rename = "pool")]
    pub set: RunnerSetId,
    /// The provider.
    pub provider: ProviderName,
    /// How far running it again has come.
    pub rerun: Rerun,
    /// How often that had to wait.
    pub tries: u32,
    /// The forge is not asked before this time.
    pub not_before: Option<Timestamp>,
    /// Why it waits; empty = it does not.
    pub waits_for: String,
}

impl Loss {
    /// For how long after the loss a job may be run again.
    pub const RERUN_WITHIN: Duration = Duration::from_hours(24);

    /// Whether something is left to decide.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.rerun, Rerun::Waits | Rerun::Asked { .. })
    }

    /// It has to wait.
    #[must_use]
    pub fn later(self, until: Timestamp, waits_for: String) -> Self {
        Self { tries: self.tries.saturating_add(1), not_before: Some(until), waits_for, ..self }
    }

    /// The forge is about to be asked.
    #[must_use]
    pub fn asked(self, at: Timestamp, attempt: i64, again_at: Timestamp) -> Self {
        Self { rerun: Rerun::Asked { at, attempt }, ..self.later(again_at, "the answer of the forge".to_owned()) }
    }

    /// The forge has certainly not done what it was asked.
    #[must_use]
    pub fn refused(self, until: Timestamp, waits_for: String) -> Self {
        Self { rerun: Rerun::Waits, not_before: Some(until), waits_for, ..self }
    }

    /// The end.
    #[must_use]
    pub fn ended(self, rerun: Rerun) -> Self {
        Self { rerun, not_before: None, waits_for: String::new(), ..self }
    }
}

/// The evidence and the outcome, in sentences.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runner, provider, at, .. } = self;
        let (says, end) = match self.kind {
            LossKind::Gone => ("no longer has", ""),
            LossKind::Stopped => ("says that", ", has stopped"),
        };
        write!(f, "provider {provider} {says} the machine of {runner}, which ran the job{end} (known since {at})")?;
        match self.rerun {
            Rerun::Waits | Rerun::Asked { .. } if !self.waits_for.is_empty() => {
                write!(f, "; running it again waits for {}", self.waits_for)
            }
            Rerun::Waits | Rerun::Asked { .. } => f.write_str("; the forge has not ended the job yet"),
            Rerun::Done { at, attempt } => write!(f, "; it is run again as attempt {attempt} of its run (since {at})"),
            Rerun::Left { because, .. } => write!(f, "; it is not run again: {}", because.explained()),
        }
    }
}

/// A job that lost its machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostJob {
    /// The job.
    pub job: Job,
    /// The evidence.
    pub loss: Loss,
}

/// What was run again before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RerunPast {
    /// How often this job of the run.
    pub of_run: u32,
    /// How many jobs of the entity in the last 24 hours.
    pub of_day: u32,
    /// The latest attempt of the run that this installation began; 0 = none.
    pub attempt: i64,
}

/// Everything that decides whether a job is run again.
#[derive(Clone, Copy, Debug)]
pub struct RerunEvidence<'a> {
    /// What is known here.
    pub lost: &'a LostJob,
    /// The job at the forge; `None` = the forge does not show it.
    pub job: Option<&'a ForgeJob>,
    /// Its run at the forge; `None` = the forge does not show it.
    pub run: Option<&'a ForgeRun>,
    /// What was run again before.
    pub past: RerunPast,
    /// What is allowed.
    pub limits: RerunLimits,
    /// The time.
    pub now: Timestamp,
}

/// The decision about a job that lost its machine and is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RerunVerdict {
    /// The forge is to be asked to run it again; `attempt` is the latest one of the run so far.
    Ask {
        /// That attempt.
        attempt: i64,
    },
    /// The forge was asked before, and has done it.
    Done {
        /// The attempt of the run that it began.
        attempt: i64,
    },
    /// Not yet.
    Wait(&'static str),
    /// Never.
    Leave(LeftBecause),
}

impl RerunEvidence<'_> {
    /// Decides. What a test has failed, or a person has cancelled, is never run again; nothing is run again twice.
    #[must_use]
    pub fn decide(self) -> RerunVerdict {
        use RerunVerdict::{Ask, Done, Leave, Wait};
        let Self { lost: LostJob { job: row, loss }, past, limits, .. } = self;
        if let (Rerun::Asked { attempt, .. }, Some(run)) = (loss.rerun, self.run)
            && run.attempt > attempt
        {
            return Done { attempt: run.attempt };
        }
        // What the forge was asked for before that was switched off may be done, although it does not show the run now.
        let may_be_done = matches!(loss.rerun, Rerun::Asked { .. }) && self.run.is_none();
        if limits.per_run == 0 && !may_be_done {
            return Leave(LeftBecause::Off);
        }
        if loss.at.after(Loss::RERUN_WITHIN) < self.now {
            return Leave(LeftBecause::TooLate);
        }
        let (Some(job), Some(run)) = (self.job, self.run) else {
            return Wait("the forge to show the job and its run; the credentials need the permission Actions, read and write");
        };
        if job.status != JobStatus::Completed {
            return Wait("the end of the job at the forge");
        }
        if job.failed_step {
            return Leave(LeftBecause::StepFailed);
        }
        let lost_before_its_end = job.completed_at.is_some_and(|end| loss.at <= end);
        match job.conclusion.as_str() {
            "failure" => {}
            // A runner whose machine is taken away may still report this, and so does a job that is cancelled before its machine goes.
            "cancelled" if lost_before_its_end => {}
            "cancelled" => return Leave(LeftBecause::Cancelled),
            _ => return Leave(LeftBecause::Ended),
        }
        if run.conclusion == "cancelled" {
            return Leave(LeftBecause::Cancelled);
        }
        if run.attempt > row.run_attempt.max(past.attempt) {
            return Leave(LeftBecause::RerunElsewhere);
        }
        if past.of_run >= limits.per_run {
            return Leave(LeftBecause::LimitOfRun);
        }
        if past.of_day >= limits.per_day {
            return Leave(LeftBecause::LimitOfDay);
        }
        if run.is_over { Ask { attempt: run.attempt } } else { Wait("the end of its run: other jobs of it still run") }
    }
}

#[cfg(test)]
mod tests;
