//! Asks the forge which runner groups are open to the repository of a job that runners pass by, and notes those that are closed.

use tracing::debug;

use super::context::EffectContext;
use crate::control::services::Error;
use crate::model::{EntityKind, Job, Runner, RunnerSetId, RunnerStatus, describe};

/// Only where something points at it: machines were made for the job in vain, an idle runner that fits does not take it, or a group was closed before.
/// Repositories have no groups. An answer that fails changes nothing: it is no word about groups.
pub(super) async fn ask(context: &EffectContext, job: &Job) -> Result<(), Error> {
    let (entity, pools) = (&context.view.entity, &context.view.pools);
    if !matches!(entity.at.kind, EntityKind::Organization | EntityKind::Enterprise) || !is_passed_by(context, job) {
        return Ok(());
    }
    let (organization, repository) = context.repository_of(job);
    let open = match context.call_forge(async |forge| forge.open_groups(organization, repository).await).await {
        Ok(Some(open)) => open,
        Ok(None) => return Ok(()),
        Err(fault) => {
            debug!(job.workflow_job_id = job.workflow_job_id, error = %describe(&fault), "the forge does not tell its open runner groups");
            return Ok(());
        }
    };
    let closed = pools.iter().filter(|pool| !open.contains(&pool.runner_group.to_lowercase())).map(|pool| pool.id).collect();
    Ok(context.services.store.set_closed_groups(entity.id, job.repository_key(), closed).await?)
}

fn is_passed_by(context: &EffectContext, job: &Job) -> bool {
    let fits = |set| context.view.pools.iter().any(|pool| RunnerSetId::Pool(pool.id) == set && pool.fits(&job.labels));
    let is_idle = |runner: &Runner| matches!(runner.runner_status, RunnerStatus::Idle | RunnerStatus::Online) && !runner.is_busy();
    let was_closed = || context.view.pools.iter().any(|pool| pool.memory.closed_to.contains_key(&job.repository_key()));
    job.memory.is_some() || was_closed() || context.view.runners.iter().any(|runner| is_idle(runner) && fits(runner.set_id))
}
