//! Jobs and their steps.

use crate::model::{JobStatus, words};
use crate::time::Timestamp;

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Login of the repository's owner.
    pub owner: String,
    /// Name of the repository.
    pub repo: String,
    /// Name of the job in its workflow.
    pub name: String,
    /// Labels that a runner must have to take it.
    pub labels: Vec<String>,
    /// Shell commands, run one after the other until one fails.
    pub steps: Vec<String>,
}

words! {
    /// How a job or a step ended.
    Conclusion {
        /// Exit status 0.
        Success = "success",
        /// Another exit status, or the runner was lost.
        Failure = "failure",
        /// Cancelled before its end.
        Cancelled = "cancelled",
        /// Not run, because a step before it failed.
        Skipped = "skipped",
    }
}

/// A step of a job.
#[derive(Clone, Debug)]
pub struct Step {
    /// Shell command.
    pub command: String,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// Exit status of its process.
    pub exit_code: Option<i32>,
    /// Output and error output of its process.
    pub log: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// A workflow job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Number at the forge.
    pub id: i64,
    /// Number of the workflow run it belongs to.
    pub run_id: i64,
    /// Which attempt of that run it belongs to, counted from 1.
    pub run_attempt: i64,
    /// Login of the repository's owner.
    pub owner: String,
    /// Name of the repository.
    pub repo: String,
    /// Name in the workflow.
    pub name: String,
    /// Labels that a runner must have to take it.
    pub labels: Vec<String>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Its status.
    pub status: JobStatus,
    /// Whether the forge holds the job back, for an approval or another run of its concurrency group: no runner gets the job.
    pub held: bool,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// The runner that has it or had it. While the job is still queued, that runner has been given it but has not begun.
    pub runner: Option<JobRunner>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// When its runner was lost, before the forge ended it.
    pub lost_at: Option<Timestamp>,
}

impl Job {
    /// The logs of all steps, one after the other.
    #[must_use]
    pub fn log(&self) -> String {
        self.steps.iter().map(|step| step.log.as_str()).collect()
    }
}

/// The runner of a job, as the job remembers it; the runner itself may be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRunner {
    /// Number at the forge.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Number of its group.
    pub group_id: i64,
    /// Name of its group.
    pub group_name: String,
}
