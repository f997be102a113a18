//! Demand: what a source tells about a job.

use super::words::words;
use super::{EndpointName, EntityId, EntityKind, JobStatus};
use crate::time::Timestamp;

words! {
    /// Where a fact about a job is from.
    DemandSource {
        /// A delivery of a webhook.
        Delivery = "delivery",
        /// The forge's answer about one job.
        Answer = "answer",
    }
}

/// A fact that a source tells about a job.
///
/// Facts are idempotent on (endpoint, job, attempt): the same fact again changes nothing, and a fact about an earlier state is ignored.
/// GitHub gives each attempt of a job a new job number, so `endpoint` and `workflow_job_id` name one attempt.
#[derive(Clone, Debug)]
pub struct JobFact {
    /// Where the fact is from.
    pub source: DemandSource,
    /// When the fact was true: the forge's own time, or the time of receipt where the forge gives none.
    pub at: Timestamp,
    /// The entity that the source belongs to.
    pub entity: EntityId,
    /// The kind of that entity.
    pub entity_kind: EntityKind,
    /// The forge that has the job.
    pub endpoint: EndpointName,
    /// The job's number at the forge; each attempt has its own.
    pub workflow_job_id: i64,
    /// The workflow run that the job belongs to.
    pub run_id: i64,
    /// Name of the job.
    pub name: String,
    /// Where the job stands.
    pub status: JobStatus,
    /// How the job ended; empty while it has not.
    pub conclusion: String,
    /// The labels a runner must have.
    pub labels: Vec<String>,
    /// Owner of the repository.
    pub repository_owner: String,
    /// Name of the repository.
    pub repository_name: String,
    /// Page of the run.
    pub run_url: String,
    /// The forge's number of the runner that took the job; 0 = none.
    pub forge_runner_id: i64,
    /// Name of that runner; empty = none.
    pub runner_name: String,
    /// Number of that runner's group.
    pub runner_group_id: i64,
    /// Name of that runner's group.
    pub runner_group_name: String,
    /// When the forge queued the job; `None` = the forge does not say.
    pub queued_at: Option<Timestamp>,
    /// When the job began to run.
    pub started_at: Option<Timestamp>,
    /// When the job ended.
    pub completed_at: Option<Timestamp>,
}
