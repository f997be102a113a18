//! Asks the forge which runner groups are open to the repository of a job that runners pass by, and notes those that are closed.

use std::time::Duration;

use tracing::debug;

use super::context::EffectContext;
use crate::control::services::Error;
use crate::model::{EntityKind, Job, Pool, Runner, RunnerSetId, RunnerStatus, describe};

/// So long an answer that groups are closed stands for all jobs of the repository.
const ASKED_AGAIN_AFTER: Duration = Duration::from_mins(10);

/// Only where something points at it: machines were made for the job in vain, an idle runner that fits does not take it, or a group was closed before.
///
/// Repositories have no groups. Of the groups of an enterprise an organization does not tell which is the default one. An answer that fails changes
/// nothing: it is no word about groups.
pub(super) async fn ask(context: &EffectContext, job: &Job) -> Result<(), Error> {
    let (entity, pools) = (&context.view.entity, &context.view.pools);
    if entity.at.kind != EntityKind::Organization || is_known(context, job) || !is_passed_by(context, job) {
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

/// Whether another job of the repository has brought an answer a short while ago.
fn is_known(context: &EffectContext, job: &Job) -> bool {
    let (key, now) = (job.repository_key(), context.now());
    let told_at = |pool: &Pool| pool.memory.closed_to.get(&key).copied();
    context.view.pools.iter().filter_map(told_at).any(|at| at.after(ASKED_AGAIN_AFTER) > now)
}

fn is_passed_by(context: &EffectContext, job: &Job) -> bool {
    let fits = |set| context.view.pools.iter().any(|pool| RunnerSetId::Pool(pool.id) == set && pool.fits(&job.labels));
    let is_idle = |runner: &Runner| matches!(runner.runner_status, RunnerStatus::Idle | RunnerStatus::Online) && !runner.is_busy();
    let was_closed = || context.view.pools.iter().any(|pool| pool.memory.closed_to.contains_key(&job.repository_key()));
    job.memory.is_some() || was_closed() || context.view.runners.iter().any(|runner| is_idle(runner) && fits(runner.set_id))
}
