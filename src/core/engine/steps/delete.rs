//! What is marked for deletion goes: first at the forge, so that it can take no job, then at the provider.

use crate::engine::action::Effect;
use crate::engine::plan::Draft;
use crate::engine::snapshot::Snapshot;
use crate::model::{CallKind, Importance, InstanceStatus, Reason, Runner, RunnerStatus};

/// Moves every runner that is on its way out one step further. A deletion that was interrupted is repeated: both effects are idempotent.
pub(crate) fn delete(snapshot: &Snapshot, draft: &mut Draft) {
    for runner in draft.awake().into_iter().filter(|runner| runner.status.is_leaving()) {
        if snapshot.is_being_made(runner.id) {
            end_creation(snapshot, draft, runner);
            continue;
        }
        if !draft.is_free(runner.id) {
            continue;
        }
        if let Some(at) = runner.not_before.filter(|at| *at > snapshot.now) {
            draft.wait(at);
            draft.explain_runner(runner.id, Reason::RetryLater { at, fault: runner.fault.clone() });
            continue;
        }
        let forced = runner.status == InstanceStatus::PendingForceDelete;
        let retry_after = snapshot.policy.backoff(runner.failures + 1);

        if may_be_registered(runner) {
            match draft.forge_closed(Importance::Act, CallKind::Write) {
                None => {
                    draft.begin(Effect::Deregister { runner: runner.id, retry_after });
                    continue;
                }
                // Only the forge can tell whether such a runner works. It stays until the forge answers, or until the calls for it are there. A
                // machine that failed is not kept for as long as a forge is down.
                Some((until, reason)) if !forced && (!says_that_it_failed(runner) || snapshot.forge_is_open()) => {
                    draft.wait(until);
                    draft.explain_runner(runner.id, reason);
                    continue;
                }
                Some(_) => {}
            }
        }
        let configured = draft.index.set(runner.set_id).is_some_and(|view| view.provider_configured);
        if configured || forced {
            let look_again_after = snapshot.policy.observe_again;
            draft.begin(Effect::DeleteMachine { runner: runner.id, retry_after, look_again_after });
        } else {
            draft.explain_runner(runner.id, Reason::ProviderMissing { provider: runner.provider.clone() });
        }
    }
}

/// A provider may answer only when the machine has already done its job. It gets a moment more, and then the machine goes.
/// The answer for a machine that has not spoken is waited for: to end its creation might leave half a machine.
fn end_creation(snapshot: &Snapshot, draft: &mut Draft, runner: &Runner) {
    let forced = runner.status == InstanceStatus::PendingForceDelete;
    let until = runner.status_at.after(snapshot.policy.answer_hold);
    if forced || (runner.has_spoken() && until <= snapshot.now) {
        draft.end_creation(runner.id);
    } else if runner.has_spoken() {
        draft.wait(until);
    }
}

/// Whether the runner failed by its own word. One that was late, and was held for a look, may work by now.
fn says_that_it_failed(runner: &Runner) -> bool {
    let may_have_been_late = matches!(runner.reason, Some(Reason::KeptLongEnough | Reason::GoneAtProvider));
    runner.runner_status == RunnerStatus::Failed && !may_have_been_late
}

/// Whether the forge may still give this runner a job. After its job an ephemeral runner is gone there by itself.
pub(super) fn may_be_registered(runner: &Runner) -> bool {
    let had_its_job = runner.runner_status == RunnerStatus::Terminated && runner.job_id.is_some();
    !runner.deregistered && !had_its_job && (runner.agent_id.is_some() || runner.token_fetched)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::testing::{World, effects_of, ends_of};
    use crate::model::{Budget, BudgetLimits, Rate};

    #[test]
    fn an_idle_runner_is_removed_at_the_forge_before_its_machine() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).status = InstanceStatus::PendingDelete;
        assert!(matches!(effects_of(&world, delete)[..], [Effect::Deregister { runner, .. }] if runner == id));

        world.runner(id).deregistered = true;
        assert!(matches!(effects_of(&world, delete)[..], [Effect::DeleteMachine { runner, .. }] if runner == id));
    }

    #[test]
    fn a_runner_whose_job_is_over_costs_no_forge_call() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).status = InstanceStatus::PendingDelete;
        (world.runner(id).runner_status, world.runner(id).job_id) = (RunnerStatus::Terminated, Some(crate::model::JobId(1)));
        world.block_forge("connection refused");
        assert!(matches!(effects_of(&world, delete)[..], [Effect::DeleteMachine { .. }]));
    }

    #[test]
    fn while_the_forge_is_down_a_runner_that_might_work_stays() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).status = InstanceStatus::PendingDelete;
        world.block_forge("connection refused");
        let plan = world.run(delete);
        assert!(plan.does_nothing());
        assert_eq!(plan.report.runners[&id], Reason::ForgeUnavailable { fault: "connection refused".into() });
        assert!(plan.wake_at.is_some(), "it is tried again when the forge may answer");
    }

    #[test]
    fn while_calls_are_spent_a_failed_runner_stays_and_one_that_is_removed_by_force_goes() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        (world.runner(id).status, world.runner(id).runner_status) = (InstanceStatus::PendingDelete, RunnerStatus::Failed);
        let now = world.snapshot.now;
        let limits = BudgetLimits { points: Rate { limit: 5, within: Duration::from_mins(1) }, ..BudgetLimits::default() };
        let mut budget = Budget::new(limits, now);
        budget.take(now, Importance::Act, CallKind::Write);
        budget.end(now, CallKind::Write, None);
        world.snapshot.forge.budget = Some(("app".into(), budget));
        let plan = world.run(delete);
        assert!(plan.does_nothing(), "its registration may still get a job: {plan:?}");
        assert!(matches!(plan.report.runners[&id], Reason::BudgetSpent { .. }));
        assert!(plan.wake_at.is_some_and(|at| at >= world.in_secs(60)), "{:?}", plan.wake_at);

        world.runner(id).status = InstanceStatus::PendingForceDelete;
        assert!(matches!(effects_of(&world, delete)[..], [Effect::DeleteMachine { .. }]));
    }

    #[test]
    fn a_deletion_that_failed_waits_for_its_backoff() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let at = world.in_secs(30);
        let runner = world.runner(id);
        (runner.status, runner.not_before, runner.deregistered) = (InstanceStatus::PendingDelete, Some(at), true);
        let plan = world.run(delete);
        assert!(plan.does_nothing());
        assert_eq!(plan.wake_at, Some(at));
    }

    #[test]
    fn a_provider_that_does_not_answer_cannot_keep_a_machine_whose_job_is_over() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let runner = world.runner(id);
        (runner.status, runner.runner_status, runner.job_id) =
            (InstanceStatus::PendingDelete, RunnerStatus::Terminated, Some(crate::model::JobId(1)));
        world.snapshot.in_flight.insert(crate::engine::Target::Creation(id));
        let plan = world.run(delete);
        assert!(plan.does_nothing());
        assert!(plan.wake_at.is_some());
        world.pass_secs(60);
        assert_eq!(ends_of(&world, delete), [id]);
    }

    #[test]
    fn an_interrupted_deletion_is_repeated() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let runner = world.runner(id);
        (runner.status, runner.deregistered) = (InstanceStatus::Deleting, true);
        assert!(matches!(effects_of(&world, delete)[..], [Effect::DeleteMachine { .. }]));
    }
}
