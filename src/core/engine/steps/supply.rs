//! Which runners can take a job, and what keeps those that cannot yet.

use super::drift::is_registered;
use super::late::is_late;
use crate::engine::observed::Observed;
use crate::engine::phase::settled_at;
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{
    CallKind, ForgeRunner, Importance, InstanceStatus, Job, JobStatus, ProviderMachine, Reason, Runner, RunnerStatus, ServiceDemand,
};
use crate::time::Timestamp;

/// Whether the runner can take a job now or will be able to: it is idle, or on its way to be, and not late.
///
/// A creation that was interrupted is no supply until its machine is found or heard of: the machine may never come. But its provider is asked for that
/// first, so that a restart of the server does not make two machines for a job.
pub(super) fn is_supply(snapshot: &Snapshot, draft: &Draft, runner: &Runner) -> bool {
    if draft.is_leaving(runner.id) || runner.is_busy() || is_late(snapshot, draft.index, runner) {
        return false;
    }
    let can_be_made = || draft.index.set(runner.set_id).is_some_and(|view| view.provider_configured);
    match runner.status {
        InstanceStatus::PendingCreate => can_be_made(),
        InstanceStatus::Creating => !is_interrupted(snapshot, runner) || may_be_found(draft, runner),
        InstanceStatus::Error => runner.create_attempt < snapshot.policy.create_retries && can_be_made(),
        InstanceStatus::Running => {
            matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing | RunnerStatus::Idle | RunnerStatus::Online)
                && !is_missed(snapshot, runner)
        }
        _ => false,
    }
}

/// Whether the server stopped while the runner's machine was being made, and nothing is known of the machine: it may be there, may come, or may never
/// come.
pub(super) fn is_interrupted(snapshot: &Snapshot, runner: &Runner) -> bool {
    runner.status == InstanceStatus::Creating && snapshot.is_free(runner.id) && !runner.is_heard_of()
}

/// Whether the last list of the forge lacks the runner, although it was ready for a while: it has probably had a job that no delivery told of. It stays
/// until the next list agrees, but no job counts on it.
pub(super) fn is_missed(snapshot: &Snapshot, runner: &Runner) -> bool {
    let since = settled_at(runner).after(snapshot.policy.settle);
    let lacks = |list: &Observed<ForgeRunner>| list.at() > since && list.find(runner.name.as_str()).is_none();
    is_registered(runner) && snapshot.forge.runners.as_ref().is_some_and(lacks)
}

/// Whether the machine of an interrupted creation is on the provider's list: this plan adopts it then. Also while the provider has not been asked for its
/// machines since this server acts for the entity. The provider is asked at once.
fn may_be_found(draft: &Draft, runner: &Runner) -> bool {
    let Some(view) = draft.index.set(runner.set_id).filter(|view| view.provider_configured) else { return false };
    let is_found = |machines: &Observed<ProviderMachine>| {
        machines.find(runner.name.as_str()).is_some_and(|machine| machine.status != InstanceStatus::Error)
    };
    view.machines.as_ref().map_or(view.machines_blocked.is_none(), is_found)
}

/// Whether the forge says that the runner works, but no delivery has said on which job. The runner probably has one of the waiting jobs,
/// and the delivery is late. This is believed for as long as an idle runner would be waited for, because the delivery may be lost.
pub(super) fn works_on_unknown_job(snapshot: &Snapshot, draft: &Draft, runner: &Runner) -> bool {
    runner.runner_status == RunnerStatus::Active
        && runner.job_id.is_none()
        && !draft.is_leaving(runner.id)
        && snapshot.now < believed_until(snapshot, runner)
}

/// Until when a runner that works on an unknown job is believed to have a waiting one.
pub(super) fn believed_until(snapshot: &Snapshot, runner: &Runner) -> Timestamp {
    runner.runner_status_at.after(snapshot.minimum_job_age_backoff.max(snapshot.policy.settle))
}

/// Whether the runner has a job that is in the service's count. One that has had it goes, and the next count is without the job.
pub(super) fn has_a_counted_job(runner: &Runner, demand: &ServiceDemand) -> bool {
    runner.is_busy() || (runner.job_id.is_some() && runner.runner_status_at > demand.counted_at)
}

/// Since when the oldest job waits that the service of a scale set has assigned, while its session works: the service counts more jobs than runners have.
pub(super) fn assigned_job_waits_since(snapshot: &Snapshot, draft: &Draft, view: &RunnerSetView) -> Option<Timestamp> {
    let demand = view.service.as_ref().filter(|demand| demand.is_current)?;
    let working = draft.awake_of(view.set.id).iter().filter(|runner| has_a_counted_job(runner, demand)).count();
    let is_of_set = |job: &Job| job.service.as_ref().is_some_and(|service| view.set.id == service.scale_set.into());
    let waiting = || snapshot.assigned.iter().filter(|job| job.status == JobStatus::Queued && is_of_set(job));
    if demand.assigned as usize > working { waiting().map(|job| job.created_at).min() } else { None }
}

/// Until when the forge cannot be asked, and why, if the next step of a runner without a machine needs the forge.
pub(super) fn needs_closed_forge(snapshot: &Snapshot, draft: &Draft, view: &RunnerSetView, runner: &Runner) -> Option<(Timestamp, Reason)> {
    if view.jit && runner.agent_id.is_none() {
        return draft.forge_closed(Importance::Act, CallKind::Register);
    }
    draft.forge_closed(Importance::Look, CallKind::Read).filter(|_| snapshot.forge.tools_at.is_none())
}

/// Until when the forge is not asked again to register a runner that it has refused, although it answers: the group of its pool is missing, for example.
pub(super) fn refused_until(snapshot: &Snapshot, draft: &Draft, runner: &Runner) -> Option<Timestamp> {
    let until = runner.not_before.filter(|at| *at > snapshot.now)?;
    let is_refused = runner.status == InstanceStatus::PendingCreate && runner.agent_id.is_none() && runner.failures > 0;
    // Where the forge answers nothing, other pools are no better.
    (is_refused && draft.forge_closed(Importance::Act, CallKind::Register).is_none()).then_some(until)
}
