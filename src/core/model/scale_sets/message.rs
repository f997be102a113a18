//! Messages of a session: what happened to the jobs of a scale set.

use super::ScaleSetStatistics;
use crate::time::Timestamp;

/// A message. The service sends it again until it is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleSetMessage {
    /// Its number; later messages have greater ones.
    pub id: i64,
    /// What it tells, in the order of the service.
    pub items: Vec<MessageItem>,
    /// The jobs and runners of the scale set; `None` = the service does not say.
    pub statistics: Option<ScaleSetStatistics>,
}

/// One thing that a message tells, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageItem {
    /// The text as the service sent it, visible and bounded: for a person who looks at what was set aside.
    pub text: String,
    /// What it means; else why it cannot be read.
    pub read: Result<JobMessage, String>,
}

/// What one item tells of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobMessage {
    /// What happened.
    pub kind: JobMessageKind,
    /// The service's number of the request for a runner; 0 where the service assigns by itself.
    pub request_id: i64,
    /// Owner of the repository.
    pub repository_owner: String,
    /// Name of the repository.
    pub repository_name: String,
    /// The service's id of the job, a text that is not the forge's number; empty = the service does not say.
    pub job_id: String,
    /// Name of the job.
    pub job_name: String,
    /// The workflow file and its version.
    pub workflow_ref: String,
    /// The workflow run; 0 = the service does not say.
    pub run_id: i64,
    /// The event that began the run.
    pub event: String,
    /// The labels that the job asks for.
    pub labels: Vec<String>,
    /// When the job was queued; `None` = the service does not say.
    pub queued_at: Option<Timestamp>,
    /// When it was assigned to the scale set.
    pub assigned_at: Option<Timestamp>,
    /// When it was assigned to a runner.
    pub runner_assigned_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// What happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobMessageKind {
    /// It can be acquired.
    Available,
    /// It is assigned to the scale set.
    Assigned,
    /// A runner runs it.
    Started {
        /// The runner.
        by: ServingRunner,
    },
    /// It is over.
    Completed {
        /// How it ended, in the service's word. `canceled` also for a job that no runner took in time; the service then assigns it again.
        result: String,
        /// The runner that had it.
        by: ServingRunner,
    },
    /// Something else: the service's word for it.
    Unknown(String),
}

/// The runner that an item names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServingRunner {
    /// The forge's number of the runner; 0 = none.
    pub agent_id: i64,
    /// Its name; empty = none.
    pub name: String,
}
