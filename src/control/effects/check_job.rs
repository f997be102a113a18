//! `CheckJob`: asks the forge how a job stands, and takes in the answer as if a delivery had brought it.

use tracing::{debug, info};

use super::context::EffectContext;
use super::outcome::Outcome;
use crate::control::services::Error;
use crate::engine::Standing;
use crate::model::{DemandSource, ForgeJob, Job, JobFact, JobId, JobStatus};
use crate::store::EntityView;
use crate::time::Timestamp;

/// An answer does not end a fault of the entity: credentials that may see jobs may still be refused runners.
pub(super) async fn run(context: &EffectContext, job: JobId) -> Result<Outcome, Error> {
    let at = context.now();
    let checked = |standing| Outcome::JobChecked { job, at, standing };
    let Some(row) = context.view.jobs.iter().find(|known| known.id == job) else { return Ok(Outcome::InRows) };
    let number = row.workflow_job_id;
    let (owner, repository) = context.repository_of(row);
    let told = match context.call_forge(async |forge| forge.find_job(owner, repository, number).await).await {
        Ok(told) => told,
        Err(fault) if fault.concerns_everything() => return context.forge_failed(&fault).await,
        Err(fault) => {
            debug!(job.workflow_job_id = number, %fault, "the forge does not say how the job stands");
            return Ok(checked(None));
        }
    };
    let Some(told) = told else {
        // 404 and 403 are no word about the job: the credentials may lack the permission to see it.
        debug!(job.workflow_job_id = number, "the forge does not show the job");
        return Ok(checked(None));
    };
    if told.status != row.status {
        info!(job.workflow_job_id = number, before = %row.status, now = %told.status, "the forge says more of the job than its deliveries did");
    }
    let standing = match told.status {
        JobStatus::Queued if told.held_back => Standing::HeldBack,
        JobStatus::Queued => Standing::Waits,
        JobStatus::InProgress | JobStatus::Completed => Standing::NotWaiting,
    };
    context.services.store.record_job(fact(&context.view, row, told, at)).await?;
    Ok(checked(Some(standing)))
}

/// The forge was asked, and said nothing.
pub(super) fn died(context: &EffectContext, job: JobId) -> Outcome {
    Outcome::JobChecked { job, at: context.now(), standing: None }
}

/// The forge's answer about a job, as a fact.
fn fact(view: &EntityView, job: &Job, told: ForgeJob, at: Timestamp) -> JobFact {
    JobFact {
        source: DemandSource::Answer,
        at,
        entity: view.entity.id,
        entity_kind: view.entity.at.kind,
        endpoint: job.endpoint.clone(),
        workflow_job_id: job.workflow_job_id,
        run_id: job.run_id,
        run_attempt: job.run_attempt,
        name: job.name.clone(),
        status: told.status,
        conclusion: told.conclusion,
        labels: job.labels.clone(),
        repository_number: job.repository_number,
        repository_owner: job.repository_owner.clone(),
        repository_name: job.repository_name.clone(),
        run_url: job.run_url.clone(),
        forge_runner_id: told.runner_id,
        runner_name: told.runner_name,
        runner_group_id: told.runner_group_id,
        runner_group_name: told.runner_group_name,
        queued_at: Some(job.queued_at),
        started_at: told.started_at,
        completed_at: told.completed_at,
    }
}
