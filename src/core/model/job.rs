//! Jobs: the demand.

use super::words::words;
use super::{EndpointName, EntityId, JobId, JobMemory, Reason, RunnerId, ScaleSetId};
use crate::time::Timestamp;

words! {
    /// The state of a job at the forge. It only moves forward: the order of the variants is the order of time.
    /// States that come before `queued` at the forge (`waiting`, `pending`) have no word here.
    #[derive(PartialOrd, Ord)]
    JobStatus {
        /// Waits for a runner.
        Queued = "queued",
        /// Runs on a runner.
        InProgress = "in_progress",
        /// Is over.
        Completed = "completed",
    }
}

/// A workflow job: one row per (endpoint, repository, workflow job id), however many hooks reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Row number.
    pub id: JobId,
    /// The forge it came from.
    pub endpoint: EndpointName,
    /// The job's number at the forge; unique per endpoint, as far as hooks tell the truth.
    pub workflow_job_id: i64,
    /// The service that assigned it to a scale set of ours; `None` = the labels choose its runner set.
    pub service: Option<ServiceJob>,
    /// The workflow run it belongs to.
    pub run_id: i64,
    /// Which attempt of that run; 0 = the forge does not say.
    pub run_attempt: i64,
    /// Its name in the workflow.
    pub name: String,
    /// Where it stands.
    pub status: JobStatus,
    /// How it ended; empty while it has not.
    pub conclusion: String,
    /// The labels a runner must have, as the forge sent them.
    pub labels: Vec<String>,
    /// The forge's number of the repository; `None` = the forge did not say.
    pub repository_number: Option<i64>,
    /// Owner of the repository.
    pub repository_owner: String,
    /// Name of the repository.
    pub repository_name: String,
    /// Page of the run at the forge.
    pub run_url: String,
    /// The forge's number of the runner that took it; 0 = none.
    pub forge_runner_id: i64,
    /// Name of the runner that took it; empty = none.
    pub runner_name: String,
    /// Runner group of that runner.
    pub runner_group_id: i64,
    /// Name of that group.
    pub runner_group_name: String,
    /// The runner of ours that took it.
    pub runner_id: Option<RunnerId>,
    /// The repository whose hook reported it.
    pub repository_id: Option<EntityId>,
    /// The organization whose hook reported it.
    pub organization_id: Option<EntityId>,
    /// The enterprise whose hook reported it.
    pub enterprise_id: Option<EntityId>,
    /// The forge instance whose hook reported it.
    pub instance_id: Option<EntityId>,
    /// The one entity that makes runners for it; `None` = not claimed yet.
    pub claimed_by: Option<EntityId>,
    /// The machines that were made for it in vain; `None` = there were none.
    pub memory: Option<JobMemory>,
    /// The reason why it waits, as the last plan recorded it.
    pub reason: Option<Reason>,
    /// When the forge queued it.
    pub queued_at: Timestamp,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// When a pool was first there that fits; `None` = none so far. It is later than `created_at` where the job was kept until one was there.
    pub matched_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A job as the service of a scale set knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceJob {
    /// The scale set that it is assigned to.
    pub scale_set: ScaleSetId,
    /// The service's id of it, which is not the forge's number.
    pub id: String,
}

impl ServiceJob {
    /// The number that the job has here as long as the forge's own is not known. It is negative, and those of forges are not.
    #[must_use]
    pub fn number(&self) -> i64 {
        // FNV-1a of 64 bits: ids of one service are random, and differ.
        let hash = self.id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        -1 - (hash >> 1).cast_signed()
    }
}

impl Job {
    /// What the job's repository is remembered by: owner and name in lower case.
    #[must_use]
    pub fn repository_key(&self) -> String {
        format!("{}/{}", self.repository_owner, self.repository_name).to_lowercase()
    }
}
