//! The answer to a person who asks why a job waits or a runner is as it is: rows as of now, given to the planner's explanation.

use super::observations::Observations;
use super::reconcile::snapshot_of;
use super::services::{Error, Services};
use crate::engine;
use crate::model::{EntityId, Job, JobWhy, LeaseHolder, LeasedTask, Runner, RunnerWhy};
use crate::store::EntityView;

/// Why a job waits. The entity that serves it tells, or else the first one that reported it.
///
/// # Errors
/// When the database fails.
pub async fn why_job(services: &Services, job: &Job) -> Result<Option<JobWhy>, Error> {
    let reporters: Vec<EntityId> =
        [job.repository_id, job.organization_id, job.enterprise_id, job.instance_id].into_iter().flatten().collect();
    let mut first = None;
    for entity in job.claimed_by.into_iter().chain(reporters.iter().copied()) {
        let Some((view, snapshot, lease)) = look(services, entity).await? else { continue };
        let runs = services.store.recent_runs(entity, view.entity.at.kind).await?;
        // The rows may have moved on since the job was read.
        let row = snapshot.jobs.iter().chain(&snapshot.assigned).find(|row| row.id == job.id).map_or(job, AsRef::as_ref);
        let mut why = engine::explain_job(&snapshot, row, &runs, lease);
        if job.claimed_by == Some(entity) && reporters.len() > 1 {
            why.served_by = Some(view.entity.at.to_string());
        }
        if job.claimed_by == Some(entity) || why.pools.iter().any(|pool| pool.missing.is_empty()) {
            return Ok(Some(why));
        }
        first.get_or_insert(why);
    }
    Ok(first)
}

/// Why a runner is as it is.
///
/// # Errors
/// When the database fails.
pub async fn why_runner(services: &Services, runner: &Runner) -> Result<Option<RunnerWhy>, Error> {
    let Some((_, snapshot, lease)) = look(services, runner.entity_id).await? else { return Ok(None) };
    Ok(Some(engine::explain_runner(&snapshot, runner, lease)))
}

async fn look(services: &Services, entity: EntityId) -> Result<Option<(EntityView, engine::Snapshot, Option<LeaseHolder>)>, Error> {
    let Some(view) = services.store.entity_view(entity).await? else { return Ok(None) };
    let lease = services.store.find_lease(LeasedTask::Reconcile(entity)).await?;
    let snapshot = snapshot_of(services, &Observations::default(), &view, services.clock.now());
    Ok(Some((view, snapshot, lease)))
}

#[cfg(test)]
mod tests;
