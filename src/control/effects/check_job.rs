//! `CheckJob`: asks the forge how a job stands, and takes in the answer as if a delivery had brought it.

use tracing::{debug, info};

use super::context::EffectContext;
use super::outcome::Outcome;
use super::runner_groups;
use crate::control::services::Error;
use crate::control::unshown;
use crate::engine::{Standing, Unshown};
use crate::model::{DemandSource, ForgeJob, Job, JobFact, JobId, JobStatus, Reason, Retry, describe};
use crate::store::EntityView;
use crate::time::Timestamp;

/// An answer does not end a fault of the entity: credentials that may see jobs may still be refused runners.
pub(super) async fn run(context: &EffectContext, job: JobId) -> Result<Outcome, Error> {
    let at = context.now();
    let checked = |answer| Outcome::JobChecked { job, at, answer, was_held_back: was_held_back(context, job) };
    let Some(row) = context.view.jobs.iter().find(|known| known.id == job) else { return Ok(Outcome::InRows) };
    let number = row.workflow_job_id;
    let (owner, repository) = context.repository_of(row);
    let told = match context.call_forge(async |forge| forge.find_job(owner, repository, number).await).await {
        Ok(told) => told,
        Err(fault) => {
            // It is no word about the job: the credentials may lack the permission to see it.
            let Some(said) = fault.of_one() else { return context.forge_failed(&fault).await };
            debug!(job.workflow_job_id = number, error = %describe(&fault), "the forge does not show the job");
            unshown::tell(&context.services, context.view.entity.id, &said).await?;
            return Ok(checked(Err(Unshown { said, may_pass: fault.retry() == Retry::Soon, times: 1 })));
        }
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
    if standing == Standing::Waits {
        runner_groups::ask(context, row).await?;
    }
    Ok(checked(Ok(standing)))
}

/// The forge was asked, and said nothing.
pub(super) fn died(context: &EffectContext, job: JobId, fault: String) -> Outcome {
    let answer = Err(Unshown { said: fault, may_pass: true, times: 1 });
    Outcome::JobChecked { job, at: context.now(), answer, was_held_back: was_held_back(context, job) }
}

fn was_held_back(context: &EffectContext, job: JobId) -> bool {
    context.view.jobs.iter().any(|row| row.id == job && row.reason == Some(Reason::HeldBack))
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
