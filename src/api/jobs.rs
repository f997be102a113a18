//! Jobs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Decision, is_default, pool_id, scale_set_id};
use crate::model::{self, EntityId};
use crate::time::Timestamp;

/// The UUID that stands for none.
const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// A job.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Job {
    /// Row number.
    pub id: i64,
    /// Number at the forge.
    #[serde(skip_serializing_if = "is_default")]
    pub workflow_job_id: i64,
    /// Id at the service that assigned it to a scale set; its number at the forge may not be known then.
    #[serde(skip_serializing_if = "is_default")]
    pub scaleset_job_id: String,
    /// The workflow run it belongs to.
    #[serde(skip_serializing_if = "is_default")]
    pub run_id: i64,
    /// Which attempt of that run.
    #[serde(skip_serializing_if = "is_default")]
    pub run_attempt: i64,
    /// The last thing the forge said of it; the same words as `status`.
    #[serde(skip_serializing_if = "is_default")]
    pub action: String,
    /// How it ended.
    #[serde(skip_serializing_if = "is_default")]
    pub conclusion: String,
    /// `queued`, `in_progress` or `completed`.
    #[serde(skip_serializing_if = "is_default")]
    pub status: String,
    /// Name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// When it began; the zero time when it has not.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended; the zero time when it has not.
    #[schema(value_type = String, format = DateTime)]
    pub completed_at: Timestamp,
    /// The forge's number of the runner that took it.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_id: i64,
    /// Name of that runner.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_name: String,
    /// Number of its group.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_group_id: i64,
    /// Name of its group.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_group_name: String,
    /// Name of the repository.
    #[serde(skip_serializing_if = "is_default")]
    pub repository_name: String,
    /// Owner of the repository.
    #[serde(skip_serializing_if = "is_default")]
    pub repository_owner: String,
    /// Page of the run.
    #[serde(skip_serializing_if = "is_default")]
    pub workflow_run_url: String,
    /// Labels a runner must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The repository whose hook reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo_id: Option<String>,
    /// The organization whose hook reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    /// The enterprise whose hook reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enterprise_id: Option<String>,
    /// The forge instance whose hook reported it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forge_instance_id: Option<String>,
    /// The entity that makes its runner; the nil UUID when none does.
    pub locked_by: String,
    /// When the row was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Whether no pool fits it so far. It is kept for a while, and served when a pool that fits is there.
    #[serde(skip_serializing_if = "is_default")]
    pub unmatched: bool,
    /// The reason why it waits, as the last plan decided; in one sentence.
    #[serde(skip_serializing_if = "is_default")]
    pub why: String,
    /// The decision in full: pools, runner, place in line, forecast; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// That it lost its machine while it ran, and whether it is run again; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<JobLoss>,
}

/// The evidence that a job lost its machine, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobLoss {
    /// `machine_gone` or `machine_stopped`.
    pub kind: String,
    /// When the second list of the provider in a row had said so.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The runner that had the job.
    pub runner_name: String,
    /// Its pool.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pool_id: String,
    /// The number of its scale set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scale_set_id: i64,
    /// The provider.
    pub provider_name: String,
    /// `waits`, `asked` (the forge), `rerun`, or why it is not run again: `off`, `ended`, `step_failed`, `cancelled`, `rerun_elsewhere`,
    /// `limit_of_run`, `limit_of_day`, `too_late`.
    pub outcome: String,
    /// The attempt of the run that runs it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i64>,
    /// All of it in sentences.
    pub told: String,
}

impl From<&model::Loss> for JobLoss {
    fn from(loss: &model::Loss) -> Self {
        let (outcome, attempt) = match loss.rerun {
            model::Rerun::Waits => ("waits", None),
            model::Rerun::Asked { .. } => ("asked", None),
            model::Rerun::Done { attempt, .. } => ("rerun", Some(attempt)),
            model::Rerun::Left { because, .. } => (because.as_str(), None),
        };
        Self {
            kind: loss.kind.to_string(),
            at: loss.at,
            runner_name: loss.runner.to_string(),
            pool_id: pool_id(loss.set),
            scale_set_id: scale_set_id(loss.set),
            provider_name: loss.provider.to_string(),
            outcome: outcome.to_owned(),
            attempt,
            told: loss.to_string(),
        }
    }
}

impl From<&model::Job> for Job {
    fn from(job: &model::Job) -> Self {
        let entity = |id: Option<EntityId>| id.map(|id| id.to_string());
        Self {
            id: job.id.0,
            workflow_job_id: job.workflow_job_id.max(0),
            scaleset_job_id: job.service.as_ref().map(|service| service.id.clone()).unwrap_or_default(),
            run_id: job.run_id,
            run_attempt: job.run_attempt,
            action: job.status.to_string(),
            conclusion: job.conclusion.clone(),
            status: job.status.to_string(),
            name: job.name.clone(),
            started_at: job.started_at.unwrap_or(Timestamp::ZERO),
            completed_at: job.completed_at.unwrap_or(Timestamp::ZERO),
            runner_id: job.forge_runner_id,
            // Upstream takes the name from the row of the runner, and has rows of its own runners only.
            runner_name: job.runner_id.map(|_| job.runner_name.clone()).unwrap_or_default(),
            runner_group_id: job.runner_group_id,
            runner_group_name: job.runner_group_name.clone(),
            repository_name: job.repository_name.clone(),
            repository_owner: job.repository_owner.clone(),
            workflow_run_url: job.run_url.clone(),
            labels: job.labels.clone(),
            repo_id: entity(job.repository_id),
            org_id: entity(job.organization_id),
            enterprise_id: entity(job.enterprise_id),
            forge_instance_id: entity(job.instance_id),
            locked_by: entity(job.claimed_by).unwrap_or_else(|| NO_UUID.to_owned()),
            created_at: job.created_at,
            updated_at: job.updated_at,
            unmatched: job.matched_at.is_none(),
            why: job.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
            decision: None,
            loss: None,
        }
    }
}
