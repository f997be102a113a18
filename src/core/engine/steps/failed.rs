//! Failed creations are retried with backoff and then given up; runners that failed or never became ready go.

use super::delete::may_be_registered;
use crate::engine::action::{Effect, RowChange};
use crate::engine::plan::Draft;
use crate::engine::snapshot::Snapshot;
use crate::model::{InstanceStatus, Reason, Runner, RunnerStatus};
use crate::time::Timestamp;

/// Retries or removes every runner that failed. None keeps its place longer than a person needs to see why.
pub(crate) fn failed(snapshot: &Snapshot, draft: &mut Draft) {
    for runner in &snapshot.runners {
        if !draft.is_free(runner.id) {
            continue;
        }
        match (runner.status, runner.runner_status) {
            (InstanceStatus::Error, _) => retry_or_give_up(snapshot, runner, draft),
            (InstanceStatus::Running, RunnerStatus::Failed) => {
                let until = runner.runner_status_at.after(snapshot.policy.failed_hold);
                hold_then_remove(snapshot, runner, until, Reason::RunnerFailed, draft);
            }
            (InstanceStatus::Running, RunnerStatus::Offline) => {
                let until = runner.runner_status_at.after(snapshot.policy.offline_hold);
                hold_then_remove(snapshot, runner, until, Reason::Offline, draft);
            }
            // A machine that ends its runner itself: no job can come to it any more.
            (InstanceStatus::Running, RunnerStatus::Terminated) => draft.remove(runner.id, Reason::EndedWithoutJob),
            (InstanceStatus::Running, RunnerStatus::Pending | RunnerStatus::Installing) => time_boot(snapshot, runner, draft),
            _ => {}
        }
    }
}

fn retry_or_give_up(snapshot: &Snapshot, runner: &Runner, draft: &mut Draft) {
    let Some(view) = snapshot.set(runner.set_id) else { return };
    if runner.is_heard_of() {
        // The provider failed after it had made the machine, and the machine works.
        draft.change(RowChange::AdoptMachine { runner: runner.id, machine: None });
    } else if runner.is_busy() {
        // A job is no reason to make a failed machine again.
    } else if !view.set.enabled {
        draft.remove(runner.id, Reason::PoolDisabled);
    } else if runner.create_attempt >= snapshot.policy.create_retries {
        let reason = Reason::GaveUp { attempts: runner.create_attempt + 1, fault: runner.fault.clone() };
        hold_then_remove(snapshot, runner, runner.status_at.after(snapshot.policy.failed_hold), reason, draft);
    } else if let Some(at) = runner.not_before.filter(|at| *at > snapshot.now) {
        draft.wait(at);
        draft.explain_runner(runner.id, Reason::RetryLater { at, fault: runner.fault.clone() });
    } else if view.provider_configured {
        retry(snapshot, runner, draft);
    } else {
        draft.explain_runner(runner.id, Reason::ProviderMissing { provider: runner.provider.clone() });
    }
}

/// A failed creation may have left a runner that has not been heard of yet. The runner is removed at the forge first, which refuses if it works.
fn retry(snapshot: &Snapshot, runner: &Runner, draft: &mut Draft) {
    let retry_after = snapshot.policy.backoff(runner.failures + 1);
    if !may_be_registered(runner) {
        draft.begin(Effect::RetryCreate { runner: runner.id, retry_after });
    } else if let Some((until, fault)) = snapshot.forge.blocked.as_ref().filter(|_| !snapshot.forge_is_open()) {
        draft.wait(*until);
        draft.explain_runner(runner.id, Reason::ForgeUnavailable { fault: fault.clone() });
    } else {
        draft.begin(Effect::Deregister { runner: runner.id, retry_after });
    }
}

/// Keeps a runner that is of no use visible for a while, unless its place is needed.
fn hold_then_remove(snapshot: &Snapshot, runner: &Runner, until: Timestamp, reason: Reason, draft: &mut Draft) {
    if runner.is_busy() {
        return;
    }
    if snapshot.now >= until || draft.is_full(runner.set_id) {
        draft.remove(runner.id, reason);
    } else {
        draft.wait(until);
        draft.explain_runner(runner.id, reason);
    }
}

/// The machine runs, so the clock of the runner set's bootstrap timeout runs too.
fn time_boot(snapshot: &Snapshot, runner: &Runner, draft: &mut Draft) {
    let Some(view) = snapshot.set(runner.set_id) else { return };
    let until = runner.status_at.after(view.set.bootstrap_timeout);
    if snapshot.now >= until {
        draft.remove(runner.id, Reason::BootTimeout);
    } else {
        draft.wait(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{World, changes_of, effects_of};
    use crate::model::Pool;

    #[test]
    fn a_failed_creation_is_retried_after_its_backoff() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(5);
        let id = world.failed_creation("quota", at);
        assert_eq!(world.run(failed).report.runners[&id], Reason::RetryLater { at, fault: "quota".into() });
        world.pass_secs(5);
        assert!(matches!(effects_of(&world, failed)[..], [Effect::RetryCreate { runner, .. }] if runner == id));
    }

    #[test]
    fn what_a_failed_creation_left_is_removed_at_the_forge_before_the_next_attempt() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(0);
        let id = world.failed_creation("cannot tag the machine", at);
        world.runner(id).agent_id = Some(7);
        assert!(matches!(effects_of(&world, failed)[..], [Effect::Deregister { runner, .. }] if runner == id));
        world.runner(id).deregistered = true;
        assert!(matches!(effects_of(&world, failed)[..], [Effect::RetryCreate { runner, .. }] if runner == id));
    }

    #[test]
    fn a_machine_that_works_although_its_creation_failed_is_adopted() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(0);
        let id = world.failed_creation("cannot tag the machine", at);
        world.runner(id).runner_status = RunnerStatus::Active;
        assert_eq!(changes_of(&world, failed), [RowChange::AdoptMachine { runner: id, machine: None }]);
    }

    #[test]
    fn after_the_last_attempt_it_stays_visible_and_then_goes() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(0);
        let id = world.failed_creation("quota", at);
        world.runner(id).create_attempt = 5;
        let plan = world.run(failed);
        assert!(plan.does_nothing());
        let reason = Reason::GaveUp { attempts: 6, fault: "quota".into() };
        assert_eq!(plan.report.runners[&id], reason);
        world.pass_secs(60);
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason }]);
    }

    #[test]
    fn a_machine_that_reports_its_end_without_a_job_goes_at_once_and_is_removed_at_the_forge() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Terminated;
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::EndedWithoutJob }]);
        assert!(may_be_registered(world.runner(id)));
    }

    #[test]
    fn a_failed_runner_yields_its_place_when_the_pool_is_full() {
        let mut world = World::with_pool(1, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Failed;
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::RunnerFailed }]);
    }

    #[test]
    fn a_runner_that_never_becomes_ready_goes_after_the_bootstrap_timeout() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Installing;
        let plan = world.run(failed);
        assert!(plan.does_nothing());
        let timeout = Pool::DEFAULT_BOOTSTRAP_TIMEOUT;
        assert_eq!(plan.wake_at, Some(world.snapshot.now.after(timeout)));
        world.pass_secs(timeout.as_secs());
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::BootTimeout }]);
    }

    #[test]
    fn a_runner_without_contact_may_come_back_unless_its_place_is_needed() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Offline;
        let plan = world.run(failed);
        assert!(plan.does_nothing());
        assert_eq!(plan.wake_at, Some(world.in_secs(300)));
        world.snapshot.sets[0].set.max_runners = 1;
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::Offline }]);
    }
}
