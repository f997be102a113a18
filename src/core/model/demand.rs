//! Demand: what a source tells about a job.

use std::time::Duration;

use super::words::words;
use super::{EndpointName, EntityId, EntityKind, ForgeJob, JobStatus};
use crate::time::Timestamp;

words! {
    /// Where a fact about a job is from.
    DemandSource {
        /// A delivery of a webhook.
        Delivery = "delivery",
        /// The forge's answer about one job.
        Answer = "answer",
        /// The forge's list of the jobs that wait or run.
        Listing = "listing",
        /// A message of the session of a scale set.
        Session = "session",
    }
}

/// A fact that a source tells about a job.
///
/// Facts are idempotent on (endpoint, repository, job, attempt): the same fact again changes nothing, and a fact about an earlier state is ignored.
/// GitHub gives each attempt of a job a new job number. The repository counts as well, because a hook can tell any number: it must not speak of
/// the jobs of others.
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
    /// Which attempt of that run; 0 = the forge does not say.
    pub run_attempt: i64,
    /// Name of the job.
    pub name: String,
    /// Where the job stands.
    pub status: JobStatus,
    /// How the job ended; empty while it has not.
    pub conclusion: String,
    /// The labels a runner must have.
    pub labels: Vec<String>,
    /// The forge's number of the repository, which stays when the repository is renamed; `None` = the forge does not say.
    pub repository_number: Option<i64>,
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

impl JobFact {
    /// From this age on a delivery alone makes no machine. A forge delivers within seconds; what is older was sent again, by a person after an
    /// outage or by somebody who has captured the delivery.
    pub const BELIEVED_FOR: Duration = Duration::from_mins(5);

    /// Whether this is a delivery about a job that was put into the queue long ago, so that the forge has to be asked whether the job still waits.
    #[must_use]
    pub fn needs_proof(&self, now: Timestamp) -> bool {
        self.source == DemandSource::Delivery && self.status == JobStatus::Queued && self.at.after(Self::BELIEVED_FOR) < now
    }

    /// The forge's answer about the job of this fact.
    #[must_use]
    pub fn answered(self, told: ForgeJob, at: Timestamp) -> Self {
        Self {
            source: DemandSource::Answer,
            at,
            status: told.status,
            conclusion: told.conclusion,
            forge_runner_id: told.runner_id,
            runner_name: told.runner_name,
            runner_group_id: told.runner_group_id,
            runner_group_name: told.runner_group_name,
            started_at: told.started_at,
            completed_at: told.completed_at,
            ..self
        }
    }
}
